/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

#include <string.h>

#include "property.h"

static const struct {
    const char *text;
    size_t valid;               /* bytes before the first that is not valid */
} cases[] = {
    {"", 0}, {"plain", 5}, {"é", 2}, {"月门", 6}, {"😀", 4}, {"\x7F", 1},
    {"\xC2\x80", 2}, {"\xDF\xBF", 2}, {"\xE0\xA0\x80", 3}, {"\xEF\xBF\xBF", 3}, {"\xF0\x90\x80\x80", 4},
    {"\xF4\x8F\xBF\xBF", 4}, {"\xED\x9F\xBF", 3}, {"\xEE\x80\x80", 3},
    {"\x80", 0}, {"\xBF", 0}, {"\xFE", 0}, {"\xFF", 0}, {"\xF5\x80\x80\x80", 0}, {"\xF8\x88\x80\x80\x80", 0},
    {"\xC0\xAF", 0}, {"\xC1\xBF", 0}, {"\xE0\x80\xAF", 0}, {"\xE0\x9F\xBF", 0}, {"\xF0\x80\x80\xAF", 0},
    {"\xF0\x8F\xBF\xBF", 0}, {"\xF4\x90\x80\x80", 0}, {"\xED\xA0\x80", 0}, {"\xED\xBF\xBF", 0},
    {"\xED\xA0\xBD\xED\xB8\x80", 0}, {"\xC2", 0}, {"\xE6\x9C", 0}, {"\xF0\x9F\x98", 0}, {"\xC2x", 0}, {"\xE6x\x88", 0},
    {"\xE6\x9Cx", 0}, {"\xF0\x9F\x98x", 0}, {"long enough for words\x80", 21}, {"12345678\xFF", 8}, {"1234567\xC3", 7},
};

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bytes text = bytes_of(cases[i].text);
        if (utf8_check(text) != cases[i].valid || utf8_valid(text) != (cases[i].valid == text.n))
            fail_msg("case %zu: %zu bytes valid, not %zu", i, utf8_check(text), cases[i].valid);
    }
    assert_true(utf8_valid((struct bytes){NULL, 0}));
    assert_true(utf8_valid((struct bytes){(const uint8_t *)"a\0b", 3}));
}

static void test_count(void **state)
{
    (void)state;
    assert_int_equal(utf8_count(""), 0);
    assert_int_equal(utf8_count("aé月😀"), 4);
}

/* Every code point comes back from its encoding; every cut of it is refused. */
static void test_cut(void **state)
{
    (void)state;
    const struct { const char *text; size_t most, n; } rows[] = {
        {"", 0, 0}, {"", 5, 0}, {"abc", 5, 3}, {"abc", 3, 3}, {"abc", 2, 2}, {"月月", 6, 6}, {"月月", 5, 3}, {"月月", 4, 3}, {"月月", 3, 3}, {"月", 2, 0}, {"a😀", 4, 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(utf8_cut(rows[i].text, rows[i].most), rows[i].n);
}

static void test_every_code_point(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        char text[4];
        uint32_t back = 0;
        size_t n = utf8_encode(code, text);
        bool surrogate = code >= 0xD800 && code <= 0xDFFF;
        const uint8_t *p = (const uint8_t *)text;
        if (utf8_decode(p, p + n, &back) != n || back != (surrogate ? 0xFFFD : code))
            fail_msg("U+%04X came back as U+%04X", code, back);
        for (size_t cut = 0; cut < n; cut++)
            if (utf8_decode(p, p + cut, &back) != 0)
                fail_msg("U+%04X cut to %zu bytes was taken", code, cut);
    }
    char text[4];
    assert_int_equal(utf8_encode(0x110000, text), 3);
    assert_memory_equal(text, "\xEF\xBF\xBD", 3);
}

/* A text is valid exactly if decoding it and encoding the result gives it back. */
static void test_random_bytes(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int turn = 0; turn < 20000; turn++) {
        uint8_t text[24];
        size_t n = random_below(&r, sizeof(text)), good = 0;
        for (size_t i = 0; i < n; i++)
            text[i] = (uint8_t)(random_below(&r, 3) ? random_below(&r, 128) : random_next(&r));
        uint8_t *exact = malloc(n ? n : 1);             /* so that a read past the end is seen */
        memcpy(exact, text, n);
        for (size_t step; good < n; good += step) {
            uint32_t code;
            char again[4];
            step = utf8_decode(exact + good, exact + n, &code);
            if (step == 0)
                break;
            assert_int_equal(utf8_encode(code, again), step);
            assert_memory_equal(again, exact + good, step);
        }
        assert_int_equal(utf8_check((struct bytes){exact, n}), good);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_count),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
