/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "property.h"

static void test_appends(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct buf b = buf_new(a, 1000);
    const char *text;
    struct err err;
    assert_int_equal(buf_view(&b).n, 0);
    assert_true(buf_done(&b, &text, &err));
    assert_string_equal(text, "");
    buf_text(&b, "one ");
    buf_text(&b, NULL);
    buf_char(&b, '2');
    buf_bytes(&b, bytes_of(" three "));
    buf_add(&b, NULL, 0);
    buf_printf(&b, "%d %s ", 4, "five");
    buf_int(&b, -6);
    assert_true(buf_done(&b, &text, &err));
    assert_string_equal(text, "one 2 three 4 five -6");
    assert_true(bytes_equal_text(buf_view(&b), text));
    buf_printf(&b, "%0400d", 7);
    assert_int_equal(b.n, 421);
    buf_clear(&b);
    assert_true(buf_done(&b, &text, &err));
    assert_string_equal(text, "");
    arena_free(a);
}

static void test_ints(void **state)
{
    (void)state;
    static const int64_t cases[] = {0, 1, -1, 9, 10, 99, 100, -100, INT64_MAX, INT64_MIN, INT64_MIN + 1, 1000000007};
    struct arena *a = arena_new();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = buf_new(a, 20);
        buf_int(&b, cases[i]);
        assert_true(bytes_equal_text(buf_view(&b), arena_printf(a, "%" PRId64, cases[i])));
    }
    arena_free(a);
}

static void test_the_maximum_is_exact_and_sticky(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct buf b = buf_new(a, 5);
    const char *text;
    struct err err = {.kind = ERR_NONE};
    buf_text(&b, "12345");
    assert_true(buf_done(&b, &text, &err));
    assert_string_equal(text, "12345");
    buf_char(&b, '6');
    assert_false(buf_done(&b, &text, &err));
    assert_int_equal(err.kind, ERR_TOO_LARGE);
    b = buf_new(a, 5);
    buf_text(&b, "1234");
    buf_text(&b, "too long");
    buf_text(&b, "5");
    assert_true(b.overflow);
    assert_true(bytes_equal_text(buf_view(&b), "1234"));
    buf_printf(&b, "%s", "");
    buf_clear(&b);
    buf_printf(&b, "%0300d", 1);
    assert_true(b.overflow);
    b = buf_new(a, SIZE_MAX);
    buf_text(&b, "fine");
    assert_true(buf_done(&b, &text, &err));
    arena_free(a);
}

/* Whatever is appended, the content is the joined pieces while they fit, and never more than the maximum. */
static void test_content_is_the_joined_pieces(void **state)
{
    (void)state;
    struct random r = random_start();
    struct arena *a = arena_new();
    char whole[8192];
    for (int turn = 0; turn < 200; turn++) {
        size_t max = random_below(&r, 4000), n = 0;
        struct buf b = buf_new(a, max);
        bool fits = true;
        for (size_t i = random_below(&r, 30); i > 0; i--) {
            char piece[700];
            size_t length = random_below(&r, random_below(&r, 5) ? 20 : sizeof(piece) - 1);
            memset(piece, 'a' + (int)random_below(&r, 26), length);
            piece[length] = '\0';
            fits = fits && n + length <= max;
            if (fits) {
                memcpy(whole + n, piece, length);
                n += length;
            }
            if (random_below(&r, 2))
                buf_printf(&b, "%s", piece);
            else
                buf_add(&b, piece, length);
        }
        assert_int_equal(b.overflow, !fits);
        assert_int_equal(b.n, n);
        if (n > 0)
            assert_memory_equal(b.p, whole, n);
        arena_reset(a);
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appends),
        cmocka_unit_test(test_ints),
        cmocka_unit_test(test_the_maximum_is_exact_and_sticky),
        cmocka_unit_test(test_content_is_the_joined_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
