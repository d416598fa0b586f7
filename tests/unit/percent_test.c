/* SPDX-License-Identifier: MIT */
#include "base/percent.h"

#include "gate_help.h"

static void test_all_bytes(void **state)
{
    (void)state;
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (int c = 1; c < 256; c++) {
        const char text[] = {(char)c, '\0'}, *coded = percent_encode(text, a);
        if (strchr(plain, c))
            assert_string_equal(coded, text);
        else
            assert_string_equal(coded, arena_printf(a, "%%%02X", (unsigned)c));
    }
    assert_string_equal(percent_encode("", a), "");
    assert_string_equal(percent_encode("a/../b c?d#e:月", a), "a%2F..%2Fb%20c%3Fd%23e%3A%E6%9C%88");
}

static void test_nul(void **state)
{
    (void)state;
    struct buf buf = buf_new(a, 100);
    percent_write(&buf, "a\0b", 3);
    const char *text = NULL;
    must(buf_done(&buf, &text, &err));
    assert_string_equal(text, "a%00b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_bytes), cmocka_unit_test(test_nul)};
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
