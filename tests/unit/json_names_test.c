/* SPDX-License-Identifier: MIT */
/* Names given twice, where the object is too large to compare them in pairs. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "property.h"

static bool checks(const struct buf *b, struct err *err)
{
    struct json value;
    return json_check(buf_view(b), NULL, &value, err);
}

/* Objects of ${n} names; every third is written with an escape, and the last is that at ${twice}, otherwise written. */
static struct buf object(struct arena *a, size_t n, size_t twice)
{
    struct buf b = buf_new(a, 64 << 20);
    buf_char(&b, '{');
    for (size_t i = 0; i < n; i++)
        buf_printf(&b, "%s\"%s%zu\":%zu", i ? "," : "", i % 3 ? "k" : "\\u006b", i, i);
    if (twice < n)
        buf_printf(&b, ",\"%s%zu\":0", twice % 3 ? "\\u006b" : "k", twice);
    buf_char(&b, '}');
    return b;
}

static void test_sizes_around_the_limits(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 15, 16, 17, 18, 127, 128, 129, 170, 171, 172, 255, 256, 257, 1000, 5000};
    struct arena *a = arena_new();
    struct err err;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct buf b = object(a, sizes[i], SIZE_MAX);
        if (!checks(&b, &err))
            fail_msg("%zu names: %s", sizes[i], err.text);
        for (size_t twice = 0; twice < sizes[i]; twice += 1 + sizes[i] / 7) {
            b = object(a, sizes[i], twice);
            if (checks(&b, &err))
                fail_msg("%zu names: number %zu twice was taken", sizes[i], twice);
            assert_non_null(strstr(err.text, "twice"));
        }
        arena_reset(a);
    }
    arena_free(a);
}

/* Large objects inside and beside large objects keep their names apart. */
static void test_large_inside_large(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct buf inner = object(a, 300, SIZE_MAX), b = buf_new(a, 64 << 20);
    struct err err;
    buf_char(&b, '{');
    for (int i = 0; i < 300; i++) {
        buf_printf(&b, "\"k%d\":", i);
        buf_bytes(&b, buf_view(&inner));
        buf_char(&b, ',');
    }
    struct buf twice = buf_new(a, 64 << 20);
    buf_bytes(&twice, buf_view(&b));
    buf_text(&b, "\"k300\":0}");
    buf_text(&twice, "\"k17\":0}");
    assert_true(checks(&b, &err));
    assert_false(checks(&twice, &err));
    arena_free(a);
}

/* 100,000 names take their time in proportion: twenty times as many as 5,000 within a hundred times the time. */
static void test_many_names_take_linear_time(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct buf few = object(a, 5000, SIZE_MAX), many = object(a, 100000, SIZE_MAX), twice = object(a, 100000, 12345);
    struct err err;
    clock_t t0 = clock();
    for (int i = 0; i < 5; i++)
        assert_true(checks(&few, &err));
    clock_t t1 = clock();
    for (int i = 0; i < 5; i++)
        assert_true(checks(&many, &err));
    clock_t t2 = clock();
    assert_true(t2 - t1 < 100 * (t1 - t0) + CLOCKS_PER_SEC / 10);
    assert_false(checks(&twice, &err));
    arena_free(a);
}

/* Random names of few letters, spelled plainly or with escapes: refused exactly if two mean the same. */
static void test_random_names(void **state)
{
    (void)state;
    static const char *const spellings[][2] = {
        {"a", "\\u0061"}, {"b", "\\u0062"}, {"/", "\\/"}, {"月", "\\u6708"}, {"😀", "\\ud83D\\uDE00"}, {"\\\\", "\\u005C"},
    };
    struct random r = random_start();
    struct arena *a = arena_new();
    size_t refused = 0;
    for (int turn = 0; turn < 2000; turn++) {
        unsigned names[40];
        size_t n = 1 + random_below(&r, COUNT(names));
        bool twice = false;
        struct buf b = buf_new(a, 1 << 20);
        struct err err;
        buf_char(&b, '{');
        for (size_t i = 0; i < n; i++) {
            names[i] = (unsigned)random_below(&r, 6 * 6 * 6 * 6);
            for (size_t k = 0; k < i; k++)
                twice = twice || names[k] == names[i];
            buf_text(&b, i ? ",\"" : "\"");
            for (unsigned rest = names[i], k = 0; k < 4; k++, rest /= 6)
                buf_text(&b, spellings[rest % 6][random_below(&r, 2)]);
            buf_text(&b, "\":0");
        }
        buf_char(&b, '}');
        if (checks(&b, &err) == twice)
            fail_msg("%s: %.*s", twice ? "taken" : "refused", (int)b.n, b.p);
        refused += twice;
        arena_reset(a);
    }
    assert_in_range(refused, 100, 1900);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_around_the_limits),
        cmocka_unit_test(test_large_inside_large),
        cmocka_unit_test(test_many_names_take_linear_time),
        cmocka_unit_test(test_random_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
