/* SPDX-License-Identifier: MIT */
/* breaker: each transition as a row, then walks of random calls against what must always hold. */
#include "gate/breaker.h"

#include <stdio.h>
#include <string.h>

#include "property.h"

static struct breakers b;
static struct breaker_rules rules = {.window_s = 60, .calls_min = 5, .open_percent = 50, .open_s = 5, .open_max_s = 60, .probe_s = 30};
static int64_t now;
enum { SECOND = 1000000 };

static int begin(void **state)
{
    (void)state;
    breakers_init(&b);
    now = 1000 * (int64_t)SECOND;
    return 0;
}

static bool tell(bool probe, enum breaker_told told)
{
    struct breaker_view v;
    return breaker_tell(&b, "p", "m", &rules, now, probe, told, "status_503", &v);
}

static struct breaker_view see(void)
{
    struct breaker_view v;
    breaker_see(&b, "p", "m", &rules, now, &v);
    return v;
}

static bool pass(bool *probe_r)
{
    return breaker_pass(&b, "p", "m", &rules, now, probe_r);
}

static void fail_times(int n)
{
    for (int i = 0; i < n; i++)
        tell(false, BREAKER_FAILED);
}

static void test_closed_until_enough_fail(void **state)
{
    (void)state;
    bool probe;
    assert_int_equal(see().state, BREAKER_CLOSED);
    fail_times(4);
    assert_int_equal(see().state, BREAKER_CLOSED);
    assert_true(tell(false, BREAKER_FAILED));
    assert_int_equal(see().state, BREAKER_OPEN);
    assert_string_equal(see().reason, "status_503");
    assert_int_equal(see().next_probe, now + 5 * SECOND);
    assert_false(pass(&probe));
}

static void test_one_failure_never_opens(void **state)
{
    (void)state;
    static const struct breaker_rules eager = {.window_s = 60, .calls_min = 1, .open_percent = 1, .open_s = 5, .open_max_s = 60, .probe_s = 30};
    struct breaker_view v;
    assert_false(breaker_tell(&b, "p", "m", &eager, now, false, BREAKER_FAILED, "status_429", &v));
    assert_int_equal(v.state, BREAKER_CLOSED);
}

static void test_rate_not_count(void **state)
{
    (void)state;
    for (int i = 0; i < 11; i++)
        tell(false, BREAKER_OK);
    fail_times(10);
    assert_int_equal(see().state, BREAKER_CLOSED);
    assert_true(tell(false, BREAKER_FAILED));
}

static void test_the_window_forgets(void **state)
{
    (void)state;
    fail_times(4);
    now += 61 * (int64_t)SECOND;
    assert_int_equal(see().calls, 0);
    fail_times(4);
    assert_int_equal(see().state, BREAKER_CLOSED);
}

static void test_one_probe(void **state)
{
    (void)state;
    bool probe;
    fail_times(5);
    now += 5 * (int64_t)SECOND;
    assert_int_equal(see().state, BREAKER_HALF_OPEN);
    assert_true(see().probe);
    assert_true(pass(&probe) && probe);
    assert_false(pass(&probe));
    assert_false(tell(false, BREAKER_OK));               /* a call from before says nothing about now */
    assert_int_equal(see().state, BREAKER_HALF_OPEN);
    assert_true(tell(true, BREAKER_OK));
    assert_int_equal(see().state, BREAKER_CLOSED);
    assert_int_equal(see().calls, 0);
}

/* Let pass as the probe and then not made: a request this provider has no words for. */
static void test_a_probe_that_asks_nothing(void **state)
{
    bool probe;

    (void)state;
    fail_times(5);
    now += 5 * (int64_t)SECOND;
    assert_true(pass(&probe) && probe);
    breaker_unpass(&b, "p", "m", false);
    assert_false(pass(&probe));
    breaker_unpass(&b, "p", "m", true);
    assert_int_equal(see().state, BREAKER_HALF_OPEN);
    assert_true(pass(&probe) && probe);
    assert_true(tell(true, BREAKER_OK));
    breaker_unpass(&b, "p", "m", true);
    assert_int_equal(see().state, BREAKER_CLOSED);
}

static void test_a_failed_probe_doubles_the_pause(void **state)
{
    (void)state;
    const int64_t pauses[] = {5, 10, 20, 40, 60, 60};
    bool probe;
    fail_times(5);
    for (size_t i = 0; i < COUNT(pauses); i++) {
        assert_int_equal(see().next_probe - see().since, pauses[i] * SECOND);
        now = see().next_probe;
        assert_true(pass(&probe) && probe);
        assert_true(tell(true, BREAKER_FAILED));
    }
}

static void test_a_probe_that_never_tells(void **state)
{
    (void)state;
    bool probe;
    fail_times(5);
    now += 5 * (int64_t)SECOND;
    assert_true(pass(&probe));
    now += 30 * (int64_t)SECOND;
    assert_true(pass(&probe) && probe);
    assert_false(tell(true, BREAKER_UNKNOWN));           /* hung up: the next may try at once */
    assert_true(pass(&probe) && probe);
}

/* An operator's hand decides, and nothing is learned meanwhile. */
static void test_forced(void **state)
{
    (void)state;
    bool probe;
    rules.force = BREAKER_FORCED_OPEN;
    assert_false(pass(&probe));
    assert_false(see().passes);
    rules.force = BREAKER_BYPASS;
    fail_times(50);
    assert_true(pass(&probe));
    assert_false(probe);
    rules.force = BREAKER_FREE;
    assert_int_equal(see().state, BREAKER_CLOSED);
    assert_int_equal(see().calls, 0);
    fail_times(5);
    rules.force = BREAKER_FORCED_CLOSED;
    assert_true(pass(&probe));
    rules.force = BREAKER_FREE;
    assert_false(pass(&probe));
}

static void test_each_its_own(void **state)
{
    (void)state;
    struct breaker_view v;
    bool probe;
    fail_times(5);
    assert_true(breaker_pass(&b, "p", "other", &rules, now, &probe));
    assert_true(breaker_pass(&b, "pm", "", &rules, now, &probe));
    breaker_forget(&b, "p");
    breaker_see(&b, "p", "m", &rules, now, &v);
    assert_int_equal(v.state, BREAKER_CLOSED);
}

/* More than there is room for: the longest unused go. */
static void test_many(void **state)
{
    (void)state;
    char name[32];
    bool probe;
    fail_times(5);
    for (int i = 0; i < 3 * BREAKERS; i++) {
        snprintf(name, sizeof(name), "model-%d", i);
        now++;
        assert_true(breaker_pass(&b, "p", name, &rules, now, &probe));
        assert_false(pass(&probe));                      /* what is asked stays known */
    }
}

/* Whatever happens: at most one probe at a time, an open one lets none pass before its pause is over, a pause is never made shorter. */
static void test_walks(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int walk = 0; walk < 200; walk++) {
        int64_t probing_since = -1, pause_end = 0;
        int flying = 0;
        begin(NULL);
        for (int step = 0; step < 400; step++) {
            struct breaker_view before = see();
            bool probe = false, passed;
            now += (int64_t)random_below(&r, 3 * SECOND);
            if (before.state == BREAKER_OPEN && now < before.next_probe) {
                assert_true(before.next_probe >= pause_end);
                pause_end = before.next_probe;
                assert_false(pass(&probe));
            }
            if (random_below(&r, 3) == 0 && flying > 0) {
                flying--;
                tell(false, random_below(&r, 3) ? BREAKER_FAILED : BREAKER_OK);
                continue;
            }
            if (probing_since >= 0 && random_below(&r, 2)) {
                bool in_time = now - probing_since < rules.probe_s * SECOND;
                enum breaker_told told = (enum breaker_told)random_below(&r, 3);
                tell(true, told);
                if (in_time && told == BREAKER_OK)
                    assert_int_not_equal(see().state, BREAKER_HALF_OPEN);
                probing_since = -1;
                continue;
            }
            passed = pass(&probe);
            if (passed && probe) {
                assert_true(probing_since < 0 || now - probing_since >= rules.probe_s * SECOND);
                assert_int_equal(see().state, BREAKER_HALF_OPEN);
                probing_since = now;
            } else {
                flying += passed;
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_closed_until_enough_fail, begin), cmocka_unit_test_setup(test_one_failure_never_opens, begin),
        cmocka_unit_test_setup(test_rate_not_count, begin),           cmocka_unit_test_setup(test_the_window_forgets, begin),
        cmocka_unit_test_setup(test_one_probe, begin),                cmocka_unit_test_setup(test_a_failed_probe_doubles_the_pause, begin),
        cmocka_unit_test_setup(test_a_probe_that_never_tells, begin), cmocka_unit_test_setup(test_forced, begin),
        cmocka_unit_test_setup(test_each_its_own, begin),             cmocka_unit_test_setup(test_many, begin),
        cmocka_unit_test_setup(test_walks, begin),                    cmocka_unit_test_setup(test_a_probe_that_asks_nothing, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
