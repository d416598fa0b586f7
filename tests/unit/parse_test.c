/* SPDX-License-Identifier: MIT */
#include "base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "property.h"

static const struct {
    const char *text;
    int64_t min, max, n;
    bool ok;
} ints[] = {
    {"0", 0, 10, 0, true}, {"-0", 0, 10, 0, true}, {"10", 0, 10, 10, true}, {"007", 0, 10, 7, true},
    {"-5", -5, 10, -5, true}, {"9223372036854775807", INT64_MIN, INT64_MAX, INT64_MAX, true},
    {"-9223372036854775808", INT64_MIN, INT64_MAX, INT64_MIN, true},
    {"11", 0, 10, 0, false}, {"-1", 0, 10, 0, false}, {"", 0, 10, 0, false}, {"-", -9, 10, 0, false},
    {"+1", 0, 10, 0, false}, {" 1", 0, 10, 0, false}, {"1 ", 0, 10, 0, false}, {"1.0", 0, 10, 0, false},
    {"1e1", 0, 10, 0, false}, {"0x1", 0, 10, 0, false}, {"--1", -9, 10, 0, false}, {"1-", 0, 10, 0, false},
    {"9223372036854775808", INT64_MIN, INT64_MAX, 0, false}, {"-9223372036854775809", INT64_MIN, INT64_MAX, 0, false},
    {"99999999999999999999999999", INT64_MIN, INT64_MAX, 0, false}, {"１", 0, 10, 0, false}, {NULL, 0, 10, 0, false},
};

static void test_ints(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ints); i++) {
        int64_t n = 77;
        struct err err = {.kind = ERR_NONE};
        if (parse_int(ints[i].text, ints[i].min, ints[i].max, "n", &n, &err) != ints[i].ok)
            fail_msg("\"%s\"", ints[i].text);
        assert_int_equal(n, ints[i].ok ? ints[i].n : 77);
        assert_int_equal(err.kind, ints[i].ok ? ERR_NONE : ERR_INPUT);
    }
    struct err err;
    int64_t n;
    assert_false(parse_int("70000", 1, 65535, "port", &n, &err));
    assert_string_equal(err.text, "port is \"70000\", allowed: 1–65535");
}

static void test_words(void **state)
{
    (void)state;
    static const char *const words[] = {"local", "cloud", NULL};
    size_t i;
    struct err err;
    assert_true(parse_word("cloud", words, "mode", &i, &err));
    assert_int_equal(i, 1);
    static const char *const wrong[] = {"", "clou", "cloudy", "Cloud", " cloud", NULL};
    for (size_t k = 0; k < COUNT(wrong); k++) {
        assert_false(parse_word(wrong[k], words, "mode", &i, &err));
        assert_string_equal(err.allowed, "local, cloud");
        assert_string_equal(err.field, "mode");
    }
    const char *many[100] = {NULL};
    for (size_t k = 0; k + 1 < COUNT(many); k++)
        many[k] = "a_word_of_the_list";
    assert_false(parse_word("x", many, "mode", &i, &err));
    assert_int_equal(strlen(err.allowed), sizeof(err.allowed) - 1);
}

static void test_bools(void **state)
{
    (void)state;
    static const char *const yes[] = {"true", "1", "on", "yes"}, *const no[] = {"false", "0", "off", "no"};
    static const char *const neither[] = {"", "TRUE", "2", "y", NULL};
    struct err err;
    bool b;
    for (size_t i = 0; i < COUNT(yes); i++) {
        assert_true(parse_bool(yes[i], "b", &b, &err));
        assert_true(b);
        assert_true(parse_bool(no[i], "b", &b, &err));
        assert_false(b);
    }
    for (size_t i = 0; i < COUNT(neither); i++)
        assert_false(parse_bool(neither[i], "b", &b, &err));
}

static void test_hex(void **state)
{
    (void)state;
    uint8_t out[3];
    char text[7];
    hex_write((struct bytes){(const uint8_t *)"\x00\xfe\x7a", 3}, text);
    assert_string_equal(text, "00fe7a");
    assert_true(hex_read("00Fe7a", out, 3));
    assert_memory_equal(out, "\x00\xfe\x7a", 3);
    static const char *const wrong[] = {"", "00fe7", "00fe7a0", "00fe7g", "0 fe7a", "00fe7a ", "0x00fe",
                                        "\xff\xff\xff\xff\xff\xff"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(hex_read(wrong[i], out, 3));
    assert_true(hex_read("", out, 0));
}

static void test_base64(void **state)
{
    (void)state;
    static const char *const cases[][3] = {             /* RFC 4648 section 10 and the letters that differ */
        {"", "", ""}, {"f", "Zg==", "Zg"}, {"fo", "Zm8=", "Zm8"}, {"foo", "Zm9v", "Zm9v"}, {"foob", "Zm9vYg==", "Zm9vYg"},
        {"fooba", "Zm9vYmE=", "Zm9vYmE"}, {"foobar", "Zm9vYmFy", "Zm9vYmFy"}, {"\xfb\xff\xfe", "+//+", "-__-"},
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bytes back;
        assert_string_equal(base64_write(bytes_of(cases[i][0]), a), cases[i][1]);
        assert_string_equal(base64url_write(bytes_of(cases[i][0]), a), cases[i][2]);
        assert_true(base64_read(bytes_of(cases[i][1]), a, &back));
        assert_true(bytes_equal_text(back, cases[i][0]));
        assert_true(base64url_read(cases[i][2], a, &back));
        assert_true(bytes_equal_text(back, cases[i][0]));
    }
    static const char *const wrong[] = {"Z", "Zg==", "Zh", "Zm9", "Zm9v\n", "Zm 9v", "+//+", "Zm9vY", "\xc3\xa9\xc3\xa9"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct bytes back;
        if (base64url_read(wrong[i], a, &back))
            fail_msg("\"%s\" was taken", wrong[i]);
    }
    arena_free(a);
}

static void test_everything_comes_back(void **state)
{
    (void)state;
    struct random r = random_start();
    struct arena *a = arena_new();
    for (int turn = 0; turn < 500; turn++) {
        uint8_t in[100], out[100];
        char hex[201];
        size_t n = random_below(&r, sizeof(in));
        for (size_t i = 0; i < n; i++)
            in[i] = (uint8_t)random_next(&r);
        hex_write((struct bytes){in, n}, hex);
        assert_true(hex_read(hex, out, n));
        assert_memory_equal(in, out, n);
        struct bytes back;
        assert_true(base64url_read(base64url_write((struct bytes){in, n}, a), a, &back));
        assert_true(bytes_equal(back, (struct bytes){in, n}));
        int64_t number = (int64_t)random_next(&r) >> random_below(&r, 63), read;
        struct err err;
        assert_true(parse_int(arena_printf(a, "%" PRId64, number), INT64_MIN, INT64_MAX, "n", &read, &err));
        assert_int_equal(read, number);
        arena_reset(a);
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ints),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_bools),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_everything_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
