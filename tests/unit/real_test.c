/* SPDX-License-Identifier: MIT */
#include "base/real.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "property.h"

static void test_reads(void **state)
{
    (void)state;
    static const struct { const char *text; double n; } right[] = {
        {"0", 0}, {"-0", 0}, {"1", 1}, {"-1.5", -1.5}, {"1e3", 1000}, {"1E+3", 1000}, {"25e-2", 0.25}, {"0.1", 0.1},
        {"1.7976931348623157e308", DBL_MAX}, {"5e-324", 5e-324}, {"1e-400", 0}, {"9007199254740993", 9007199254740992},
    };
    static const char *const wrong[] = {
        "", "nan", "inf", "-inf", "Infinity", "0x10", "1e999", "-1e999", " 1", "1 ", "1,5", "1.5.5", "e5", "1e", "--1", "1f",
    };
    double n;
    for (size_t i = 0; i < COUNT(right); i++) {
        assert_true(real_read(bytes_of(right[i].text), &n));
        assert_true(n == right[i].n);
    }
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(real_read(bytes_of(wrong[i]), &n));
    char digits[600];
    memset(digits, '1', sizeof(digits));
    assert_false(real_read((struct bytes){(const uint8_t *)digits, 501}, &n));
    assert_false(real_read((struct bytes){(const uint8_t *)digits, 500}, &n));      /* 1e499 */
    memcpy(digits, "0.", 2);
    assert_true(real_read((struct bytes){(const uint8_t *)digits, 500}, &n));
    assert_true(n == 0.1111111111111111);
    assert_false(real_read((struct bytes){(const uint8_t *)"1\0", 2}, &n));
    assert_true(real_read((struct bytes){(const uint8_t *)"123", 2}, &n));
    assert_true(n == 12);
}

static void test_writes_the_shortest(void **state)
{
    (void)state;
    static const struct { double n; const char *text; } cases[] = {
        {0, "0"}, {1, "1"}, {-1.5, "-1.5"}, {0.1, "0.1"}, {0.1 + 0.2, "0.30000000000000004"}, {1e21, "1e+21"},
        {1.0 / 3, "0.3333333333333333"}, {100, "100"}, {123456789, "123456789"}, {DBL_MAX, "1.7976931348623157e+308"},
        {-DBL_MAX, "-1.7976931348623157e+308"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[REAL_TEXT];
        size_t length = real_write(cases[i].n, text);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(length, strlen(text));
    }
}

static void round_trip(struct random *r, int turns)
{
    for (int turn = 0; turn < turns; turn++) {
        uint64_t bits = random_next(r);
        double n, back;
        memcpy(&n, &bits, sizeof(n));
        if (turn % 2)
            n = (double)(int64_t)random_below(r, 1000000) / 1000;
        if (!isfinite(n))
            continue;
        char text[REAL_TEXT];
        size_t length = real_write(n, text);
        assert_true(length < REAL_TEXT);
        assert_true(real_read((struct bytes){(const uint8_t *)text, length}, &back));
        assert_true(back == n);
    }
}

static void test_everything_comes_back(void **state)
{
    (void)state;
    struct random r = random_start();
    round_trip(&r, 20000);
}

/* Numbers of any length, point and exponent read as the C library reads them, to the last bit. */
static void test_reads_as_the_library_does(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int turn = 0; turn < 20000; turn++) {
        char text[64];
        size_t n = 0, digits = 1 + random_below(&r, 20), point = random_below(&r, 30);
        double got;
        if (random_below(&r, 2))
            text[n++] = '-';
        for (size_t i = 0; i < digits; i++) {
            if (i == point && i)
                text[n++] = '.';
            text[n++] = (char)('0' + (random_below(&r, 4) ? random_below(&r, 10) : 0));
        }
        if (random_below(&r, 4) == 0)
            n += (size_t)snprintf(text + n, 8, "e%d", (int)random_below(&r, 40) - 20);
        text[n] = '\0';
        assert_true(real_read((struct bytes){(const uint8_t *)text, n}, &got));
        double want = strtod(text, NULL);
        if (memcmp(&got, &want, sizeof(got)) != 0)
            fail_msg("%s: %.17g, not %.17g", text, got, want);
    }
}

/* As %g writes the fewest digits that read back, whether as float or by way of a double. */
static void assert_shortest(float n)
{
    char text[REAL_TEXT], want[64];
    int digits = 1;
    size_t length = real_write_float(n, text);
    do {
        snprintf(want, sizeof(want), "%.*g", digits, (double)n);
    } while (digits++ < 9 && strtof(want, NULL) != n);
    assert_int_equal(length, strlen(text));
    assert_true(strtof(text, NULL) == n);
    assert_true((float)strtod(text, NULL) == n);
    if (strlen(text) > strlen(want))
        fail_msg("%s is longer than %s", text, want);
}

static void test_floats(void **state)
{
    (void)state;
    static const struct { float n; const char *text; } cases[] = {
        {0, "0"}, {1, "1"}, {-1.5f, "-1.5"}, {0.1f, "0.1"}, {-0.1f, "-0.1"}, {1.0f / 3, "0.33333334"}, {-0.0078125f, "-0.0078125"},
        {0.99999994f, "0.99999994"}, {0.0001f, "0.0001"}, {1e-5f, "1e-05"}, {123456789.0f, "1.2345679e+08"}, {1e20f, "1e+20"},
        {FLT_MAX, "3.4028235e+38"}, {FLT_MIN, "1.1754944e-38"}, {-0.016f, "-0.016"}, {1e-45f, "1e-45"}, {3.6585e-41f, "3.6585e-41"}, {0.09999999f, "0.09999999"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[REAL_TEXT];
        assert_int_equal(real_write_float(cases[i].n, text), strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
    }
    struct random r = random_start();
    for (int turn = 0; turn < 20000; turn++) {
        uint32_t bits = (uint32_t)random_next(&r);
        float any, usual = (float)((double)(int64_t)(random_next(&r) >> 11) / 9007199254740992.0 - 0.5);
        memcpy(&any, &bits, sizeof(any));
        if (isfinite(any))
            assert_shortest(any);
        assert_shortest(usual);
        assert_shortest(usual / 1000);
    }
}

/* A locale with a decimal comma, if the system has one, changes nothing. */
static void test_no_locale_changes_it(void **state)
{
    (void)state;
    static const char *const commas[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "ru_RU.UTF-8"};
    bool found = false;
    for (size_t i = 0; i < COUNT(commas) && !found; i++)
        found = setlocale(LC_ALL, commas[i]) != NULL;
    char text[REAL_TEXT];
    double n;
    real_write(0.5, text);
    assert_string_equal(text, "0.5");
    assert_true(real_read(bytes_of("0.5"), &n));
    assert_true(n == 0.5);
    setlocale(LC_ALL, "C");
    if (!found)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_writes_the_shortest),
        cmocka_unit_test(test_everything_comes_back),
        cmocka_unit_test(test_reads_as_the_library_does),
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_no_locale_changes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
