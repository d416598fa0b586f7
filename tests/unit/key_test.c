/* SPDX-License-Identifier: MIT */
#include "gate/key.h"

#include <ctype.h>

#include "gate_help.h"

static void test_form(void **state)
{
    (void)state;
    char text[KEY_TEXT + 1], again[KEY_TEXT + 1], id[KEY_ID + 1];
    assert_int_equal(KEY_TEXT, 66);
    for (int i = 0; i < 200; i++) {
        key_new(text);
        assert_int_equal(strlen(text), KEY_TEXT);
        assert_memory_equal(text, "mgk_", 4);
        assert_int_equal(text[16], '_');
        for (size_t k = 4; k < KEY_TEXT; k++)
            assert_true(k == 16 || isalnum((unsigned char)text[k]));
        assert_true(key_parse(text, id));
        assert_int_equal(strlen(id), KEY_ID);
        assert_memory_equal(id, text + 4, KEY_ID);
        key_new(again);
        assert_string_not_equal(text, again);
        assert_memory_not_equal(text + 4, again + 4, KEY_ID);
    }
}

/* Every one of 62 letters is drawn about as often as the others. */
static void test_letters_are_drawn_alike(void **state)
{
    (void)state;
    size_t seen[128] = {0}, all = 0;
    char text[KEY_TEXT + 1];
    for (int i = 0; i < 2000; i++) {
        key_new(text);
        for (size_t k = 17; k < 17 + KEY_SECRET; k++, all++)
            seen[(unsigned char)text[k] & 127]++;
    }
    for (int c = 0; c < 128; c++) {
        if (isalnum(c) && (seen[c] * 62 < all * 8 / 10 || seen[c] * 62 > all * 12 / 10))
            fail_msg("%c: %zu of %zu", c, seen[c], all);
        assert_true(isalnum(c) || !seen[c]);
    }
}

/* The check digits catch every change of a single character, and every swap of two neighbours. */
static void test_typing_errors(void **state)
{
    (void)state;
    char text[KEY_TEXT + 1], id[KEY_ID + 1];
    key_new(text);
    for (size_t i = 0; i < KEY_TEXT; i++) {
        char right = text[i];
        for (int c = 1; c < 256; c++) {
            text[i] = (char)c;
            if (text[i] != right && key_parse(text, id))
                fail_msg("character %zu as %d is not seen", i, c);
        }
        text[i] = right;
        if (i && text[i - 1] != right) {
            text[i] = text[i - 1];
            text[i - 1] = right;
            assert_false(key_parse(text, id));
            text[i - 1] = text[i];
            text[i] = right;
        }
    }
    assert_true(key_parse(text, id));
}

static void test_what_is_no_key(void **state)
{
    (void)state;
    char text[KEY_TEXT + 1], id[KEY_ID + 1];
    key_new(text);
    const char *const cases[] = {
        "", "mgk_", "sk-0123456789", arena_printf(a, "%s ", text), arena_printf(a, " %s", text), arena_printf(a, "%sA", text),
        arena_printf(a, "%.65s", text), arena_printf(a, "MGK_%s", text + 4), arena_printf(a, "%s%s", text, text),
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_false(key_parse(cases[i], id));
}

static void test_hash(void **state)
{
    (void)state;
    uint8_t pepper[32] = {1}, other[32] = {2}, one[32], two[32];
    char text[KEY_TEXT + 1];
    key_new(text);
    key_hash(pepper, text, one);
    key_hash(pepper, text, two);
    assert_memory_equal(one, two, 32);
    crypto_hmac((struct bytes){pepper, 32}, bytes_of(text), two);
    assert_memory_equal(one, two, 32);
    key_hash(other, text, two);
    assert_memory_not_equal(one, two, 32);
    key_new(text);
    key_hash(pepper, text, two);
    assert_memory_not_equal(one, two, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_letters_are_drawn_alike),
        cmocka_unit_test(test_typing_errors),
        cmocka_unit_test(test_what_is_no_key),
        cmocka_unit_test(test_hash),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
