/* SPDX-License-Identifier: MIT */
#include "gate/outcome.h"

#include "gate_help.h"

/* A breaker hears of what a provider did, not of what its callers did. */
static void test_who_is_to_blame(void **state)
{
    (void)state;
    const struct { const char *what; enum err_kind kind, said; enum remedy remedy; bool gone, stopping; enum breaker_told told; } rows[] = {
        {"a good answer", ERR_NONE, ERR_UPSTREAM, REMEDY_OTHER, false, false, BREAKER_OK},
        {"a 500", ERR_UPSTREAM, ERR_UPSTREAM, REMEDY_RETRY, false, false, BREAKER_FAILED},
        {"a wrong key", ERR_UPSTREAM_AUTH, ERR_UPSTREAM_AUTH, REMEDY_OTHER, false, false, BREAKER_FAILED},
        {"a bad request", ERR_UPSTREAM_INPUT, ERR_UPSTREAM_INPUT, REMEDY_CALLER, false, false, BREAKER_UNKNOWN},
        {"tools for a model that has none", ERR_UPSTREAM_INPUT, ERR_UPSTREAM_INPUT, REMEDY_OTHER, false, false, BREAKER_UNKNOWN},
        {"a caller who takes too little", ERR_CANCELLED, ERR_UPSTREAM, REMEDY_OTHER, false, false, BREAKER_UNKNOWN},
        {"a caller who hung up", ERR_NONE, ERR_UPSTREAM, REMEDY_OTHER, true, false, BREAKER_UNKNOWN},
        {"the gateway stops", ERR_BUSY, ERR_UPSTREAM, REMEDY_OTHER, false, true, BREAKER_UNKNOWN},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct run run = {.gone = rows[i].gone, .stopping = rows[i].stopping, .failed = rows[i].kind != ERR_NONE, .err = {.kind = rows[i].kind},
                          .reader = {.error = {.kind = rows[i].said, .remedy = rows[i].remedy}}};
        if (outcome_told(&run) != rows[i].told)
            fail_msg("%s: told %d", rows[i].what, outcome_told(&run));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_who_is_to_blame)};
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
