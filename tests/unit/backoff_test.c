/* SPDX-License-Identifier: MIT */
/* backoff: its bounds for every try, and that its whole range is used. */
#include "gate/backoff.h"

#include "property.h"

static void test_bounds(void **state)
{
    (void)state;
    const struct { int64_t base, max, n, retry_after, least, most; } cases[] = {
        {200, 5000, 1, 0, 0, 200},     {200, 5000, 2, 0, 0, 400},        {200, 5000, 5, 0, 0, 3200},          {200, 5000, 6, 0, 0, 5000},
        {200, 5000, 500, 0, 0, 5000},  {200, 100, 1, 0, 0, 100},         {0, 0, 3, 0, 0, 0},                  {200, 5000, 1, 3000, 3000, 3300},
        {200, 5000, 9, 1, 1, 1},       {200, 5000, 1, 60000, 60000, 66000},
    };
    struct random r = random_start();
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct backoff_rules rules = {cases[i].base, cases[i].max};
        int64_t least = INT64_MAX, most = -1;
        for (int k = 0; k < 5000; k++) {
            int64_t ms = backoff_ms(&rules, cases[i].n, cases[i].retry_after, random_next(&r));
            assert_in_range(ms, cases[i].least, cases[i].most);
            least = ms < least ? ms : least;
            most = ms > most ? ms : most;
        }
        assert_true(most - least >= (cases[i].most - cases[i].least) * 9 / 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bounds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
