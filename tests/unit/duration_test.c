/* SPDX-License-Identifier: MIT */
#include "base/duration.h"

#include <stdio.h>
#include <string.h>

#include "property.h"

static void test_durations(void **state)
{
    (void)state;
    const struct { const char *text; size_t n; int64_t ms; } cases[] = {
        {"12ms", 4, 12}, {"1s", 2, 1000}, {"6m0s", 4, 360000}, {"2m59.56s", 8, 179560}, {"1h2m3s", 6, 3723000}, {"34s", 3, 34000},
        {"5.289s.", 6, 5289}, {"20 s", 4, 20000}, {"20 seconds later", 10, 20000}, {"300ms or", 5, 300}, {"1m 5s", 2, 60000}, {"1.5h", 4, 5400000},
        {"900us", 5, 1}, {"900\xc2\xb5s", 6, 1}, {"0s", 2, 0}, {"0.0001s", 7, 1}, {"1d", 2, 86400000},
        {"99999999999999999999999d", 24, INT64_C(31536000000)}, {"9999999999h9999999999h", 22, INT64_C(31536000000)},
        {"", 0, 0}, {"s", 0, 0}, {"12", 0, 0}, {"12x", 0, 0}, {"-1s", 0, 0}, {".5s", 0, 0}, {"5.s", 0, 0}, {" 5s", 0, 0}, {"12  s", 0, 0},
        {"1mss", 0, 0}, {"5 monkeys", 0, 0}, {"1s5", 2, 1000},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t ms;
        size_t n = duration_scan(cases[i].text, &ms);
        if (n != cases[i].n || ms != cases[i].ms)
            fail_msg("%s: %zu bytes, %lld ms", cases[i].text, n, (long long)ms);
    }
}

static void test_whole(void **state)
{
    (void)state;
    const struct { const char *text; int64_t unit, ms; } cases[] = {
        {"20", 1000, 20000}, {"0.5", 1000, 500}, {"250", 1, 250}, {"0.2", 1, 1}, {"1m30s", 1000, 90000}, {"0", 1000, 0},
        {"99999999999999999999", 1000, INT64_C(31536000000)}, {"-1", 1000, -1}, {"1s x", 1000, -1}, {"", 1000, -1}, {"1.2.3", 1000, -1}, {"x", 1, -1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t ms;
        if (!duration_read(cases[i].text, cases[i].unit, &ms))
            ms = -1;
        if (ms != cases[i].ms)
            fail_msg("%s: %lld ms", cases[i].text, (long long)ms);
    }
}

/* Any h, m, s and ms written out read back as their sum. */
static void test_sums(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int i = 0; i < 200; i++) {
        int h = (int)random_below(&r, 100), m = (int)random_below(&r, 1000), s = (int)random_below(&r, 1000), part = (int)random_below(&r, 1000);
        char text[60];
        int64_t ms;
        snprintf(text, sizeof(text), "%dh%dm%d.%03ds", h, m, s, part);
        assert_int_equal(duration_scan(text, &ms), strlen(text));
        assert_int_equal(ms, ((h * INT64_C(60) + m) * 60 + s) * 1000 + part);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_durations), cmocka_unit_test(test_whole), cmocka_unit_test(test_sums)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
