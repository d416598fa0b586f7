/* SPDX-License-Identifier: MIT */
#include "gate/estimate.h"

#include "property.h"

static void test_examples(void **state)
{
    (void)state;
    const struct { size_t bytes, wide; int64_t tokens; } cases[] = {
        {0, 0, 0}, {1, 0, 1}, {4, 0, 1}, {5, 0, 2}, {400, 0, 100},
        {3, 1, 1}, {12, 4, 3}, {300, 100, 75}, {2, 1, 1}, {16, 4, 4},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(estimate_tokens(cases[i].bytes, cases[i].wide), cases[i].tokens);
}

/* Longer texts are never fewer tokens, any text is at least one, and nothing wraps around. */
static void test_order(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int i = 0; i < 200; i++) {
        size_t bytes = 1 + random_below(&r, 1 << 20), wide = random_below(&r, bytes + 1);
        int64_t n = estimate_tokens(bytes, wide);
        assert_true(n >= 1 && n <= (int64_t)(bytes + 3 * wide));
        assert_true(estimate_tokens(bytes + 1, wide) >= n);
        assert_true(estimate_tokens(bytes, wide + 1) >= n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_examples), cmocka_unit_test(test_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
