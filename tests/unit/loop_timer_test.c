/* SPDX-License-Identifier: MIT */
#include "base/loop_private.h"

#include "base/clock.h"
#include "property.h"

enum { TIMERS = 200 };

struct clockwork {
    struct loop_timers timers;
    struct ticking {
        struct loop_timer timer;
        struct clockwork *work;
        int64_t due;                    /* what it was last set to; -1 = not set */
    } all[TIMERS];
    int64_t last;                       /* when the one that ran last was due */
    size_t ran;
};

static void tick(void *arg)
{
    struct ticking *t = arg;
    assert_int_equal(t->timer.slot, 0);
    assert_true(t->due >= t->work->last);
    t->work->last = t->due;
    t->due = -1;
    t->work->ran++;
}

static struct clockwork *make(void)
{
    struct clockwork *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    for (size_t i = 0; i < TIMERS; i++)
        w->all[i] = (struct ticking){{.run = tick, .arg = &w->all[i]}, w, -1};
    return w;
}

static void set(struct clockwork *w, size_t i, int64_t at)
{
    w->all[i].due = at;
    loop_timers_set(&w->timers, &w->all[i].timer, at);
}

static void clear(struct clockwork *w, size_t i)
{
    w->all[i].due = -1;
    loop_timers_clear(&w->timers, &w->all[i].timer);
}

/* Whatever is set, moved and cleared: each timer knows its place, the heap is one, and all run once in order. */
static void test_property_order(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int round = 0; round < 120; round++) {
        struct clockwork *w = make();
        size_t changes = random_below(&r, 1000), waiting = 0;
        for (size_t i = 0; i < changes; i++) {
            size_t which = random_below(&r, TIMERS);
            if (random_below(&r, 3) == 0)
                clear(w, which);
            else
                set(w, which, (int64_t)random_below(&r, 100));
        }
        for (size_t i = 0; i < TIMERS; i++)
            waiting += w->all[i].due >= 0;
        assert_int_equal(w->timers.n, waiting);
        for (size_t slot = 1; slot <= waiting; slot++) {
            assert_int_equal(w->timers.heap[slot]->slot, slot);
            assert_true(slot == 1 || w->timers.heap[slot / 2]->at <= w->timers.heap[slot]->at);
        }
        loop_timers_run(&w->timers);
        assert_int_equal(w->ran, waiting);
        assert_int_equal(w->timers.n, 0);
        loop_timers_free(&w->timers);
        free(w);
    }
}

static void test_only_those_that_are_due(void **state)
{
    (void)state;
    struct clockwork *w = make();
    int64_t now = clock_mono();
    assert_int_equal(loop_timers_patience(&w->timers), -1);
    loop_timers_run(&w->timers);
    set(w, 0, now + 10 * INT64_C(1000000));
    set(w, 1, now - 1);
    set(w, 2, now + INT64_C(365) * 86400 * 1000000);
    assert_int_equal(loop_timers_patience(&w->timers), 0);
    loop_timers_run(&w->timers);
    assert_int_equal(w->ran, 1);
    assert_in_range(loop_timers_patience(&w->timers), 8000, 10000);
    clear(w, 0);
    clear(w, 0);
    assert_int_equal(loop_timers_patience(&w->timers), 60000);
    w->last = 0;
    set(w, 2, 0);
    loop_timers_run(&w->timers);
    assert_int_equal(w->ran, 2);
    loop_timers_free(&w->timers);
    free(w);
}

struct pair {
    struct loop_timers timers;
    struct loop_timer first, second;
    int ran;
};

static void clear_second(void *arg)
{
    struct pair *p = arg;
    p->ran++;
    loop_timers_clear(&p->timers, &p->second);
    loop_timers_set(&p->timers, &p->first, 0);
}

static void never(void *arg)
{
    (void)arg;
    fail_msg("a cleared timer ran");
}

static void test_a_due_timer_cleared_by_another_does_not_run(void **state)
{
    (void)state;
    struct pair p = {.ran = 0};
    p.first = (struct loop_timer){.run = clear_second, .arg = &p};
    p.second = (struct loop_timer){.run = never, .arg = &p};
    loop_timers_set(&p.timers, &p.second, 2);
    loop_timers_set(&p.timers, &p.first, 1);
    loop_timers_run(&p.timers);
    assert_int_equal(p.ran, 1);                         /* set again to the past: the next turn's */
    assert_int_equal(p.timers.n, 1);
    for (int64_t then = clock_mono(); clock_mono() <= then + 1;)
        ;
    loop_timers_run(&p.timers);
    assert_int_equal(p.ran, 2);
    loop_timers_free(&p.timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_property_order),
        cmocka_unit_test(test_only_those_that_are_due),
        cmocka_unit_test(test_a_due_timer_cleared_by_another_does_not_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
