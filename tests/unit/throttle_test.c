/* SPDX-License-Identifier: MIT */
#include "gate/throttle.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "property.h"

static struct throttle t;

static int begin(void **state)
{
    (void)state;
    throttle_init(&t, "test", 20);
    return 0;
}

/* Make the table believe that ${s} seconds have passed. */
static void pass(int64_t s)
{
    for (size_t i = 0; i < THROTTLE_SLOTS; i++)
        t.slots[i].at -= s * 1000000;
}

static void take_all(const char *address)
{
    for (int i = 0; i < 20; i++)
        assert_int_equal(throttle_take(&t, address), 0);
}

static void test_a_minutes_worth_and_no_more(void **state)
{
    (void)state;
    take_all("192.0.2.7");
    int64_t wait = throttle_take(&t, "192.0.2.7");
    assert_true(wait >= 1 && wait <= 4);
    pass(wait);
    assert_int_equal(throttle_take(&t, "192.0.2.7"), 0);
    assert_true(throttle_take(&t, "192.0.2.7") > 0);
    pass(3600);
    take_all("192.0.2.7");
    assert_true(throttle_take(&t, "192.0.2.7") > 0);
}

static void test_networks(void **state)
{
    (void)state;
    const struct { const char *one, *two; bool same; } cases[] = {
        {"192.0.2.1", "192.0.2.254", true},
        {"192.0.2.1", "192.0.3.1", false},
        {"2001:db8:1:aa00::1", "2001:db8:1:aaff:ffff::9", true},
        {"2001:db8:1:aa00::1", "2001:db8:1:ab00::1", false},
        {"::ffff:192.0.2.1", "192.0.2.9", true},
        {"::FFFF:192.0.2.1", "::ffff:192.0.3.1", false},
        {"::1", "127.0.0.1", false},
        {"local", "local", true},
        {"local", "other", false},
        {"", "", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        throttle_init(&t, "test", 20);
        take_all(cases[i].one);
        if ((throttle_take(&t, cases[i].two) > 0) != cases[i].same)
            fail_msg("%s and %s", cases[i].one, cases[i].two);
    }
}

static void test_a_full_table_forgets_the_oldest(void **state)
{
    (void)state;
    char address[32];
    take_all("10.0.0.1");
    pass(10);
    for (int i = 0; i < THROTTLE_SLOTS - 1; i++) {
        snprintf(address, sizeof(address), "11.%d.%d.1", i / 256, i % 256);
        assert_int_equal(throttle_take(&t, address), 0);
    }
    assert_int_equal(throttle_take(&t, "10.0.0.1"), 0);        /* still known: three tries came back in ten seconds */
    for (int i = 0; i < 2; i++)
        assert_int_equal(throttle_take(&t, "10.0.0.1"), 0);
    assert_true(throttle_take(&t, "10.0.0.1") > 0);
    assert_int_equal(throttle_take(&t, "12.0.0.1"), 0);        /* takes the place of 11.0.0.1 */
    take_all("11.0.0.1");                                       /* forgotten, so all twenty are there again */
}

static atomic_int let;

static void *taker(void *arg)
{
    (void)arg;
    for (int i = 0; i < 200; i++)
        atomic_fetch_add(&let, throttle_take(&t, "192.0.2.1") == 0);
    return NULL;
}

static void test_threads_share_one_minute(void **state)
{
    (void)state;
    pthread_t threads[4];
    atomic_store(&let, 0);
    int64_t began = clock_mono();
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, taker, NULL), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    int most = 20 + 1 + (int)((clock_mono() - began) / 3000000);
    assert_in_range(atomic_load(&let), 20, most);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_minutes_worth_and_no_more, begin),
        cmocka_unit_test_setup(test_networks, begin),
        cmocka_unit_test_setup(test_a_full_table_forgets_the_oldest, begin),
        cmocka_unit_test_setup(test_threads_share_one_minute, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
