/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "property.h"

static void test_bytes_of_text(void **state)
{
    (void)state;
    assert_int_equal(bytes_of("月门").n, 6);
    assert_int_equal(bytes_of("").n, 0);
    assert_int_equal(bytes_of(NULL).n, 0);
}

static void test_bytes_equal(void **state)
{
    (void)state;
    assert_true(bytes_equal(bytes_of("ab"), bytes_of("ab")));
    assert_false(bytes_equal(bytes_of("ab"), bytes_of("abc")));
    assert_false(bytes_equal(bytes_of("ab"), bytes_of("ac")));
    assert_true(bytes_equal((struct bytes){NULL, 0}, bytes_of("")));
    assert_true(bytes_equal_text((struct bytes){(const uint8_t *)"abc", 2}, "ab"));
    assert_false(bytes_equal_text((struct bytes){(const uint8_t *)"a\0b", 3}, "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_of_text),
        cmocka_unit_test(test_bytes_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
