/* SPDX-License-Identifier: MIT */
#include "base/loop.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "property.h"

enum { THREADS = 4, TASKS = 2000 };

struct world {                          /* what the callbacks of a test share */
    struct loop *loop;
    int ran, ends[2], got;
    struct loop_fd *watch, *other;
    struct loop_task task;
    struct loop_timer timer;
};

static int start(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    if (!w || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, w->ends) != 0)
        return 1;
    w->loop = loop_new();
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    loop_free(w->loop);
    close(w->ends[0]);
    close(w->ends[1]);
    free(w);
    return 0;
}

static void stop(void *arg)
{
    struct world *w = arg;
    w->ran++;
    loop_stop(w->loop);
}

static void stop_after(struct world *w, int64_t micros)
{
    w->timer.run = stop;
    w->timer.arg = w;
    loop_timer_set(w->loop, &w->timer, clock_mono() + micros);
}

/* ---- tasks ---- */

static void post_again(void *arg)
{
    struct world *w = arg;
    w->ran++;
    if (w->ran < 10)
        loop_post(w->loop, &w->task);
    else
        loop_stop(w->loop);
}

static void test_a_task_posts_itself(void **state)
{
    struct world *w = *state;
    w->task = (struct loop_task){.run = post_again, .arg = w};
    loop_post(w->loop, &w->task);
    loop_run(w->loop);
    assert_int_equal(w->ran, 10);
    assert_true(loop_stopping(w->loop));
}

struct poster {
    pthread_t thread;
    struct loop *loop;
    struct numbered {
        struct loop_task task;
        struct poster *poster;
        int number;
    } tasks[TASKS];
    int next;                           /* the loop's thread only */
    atomic_int *left;
};

static void run_numbered(void *arg)
{
    struct numbered *n = arg;
    assert_int_equal(n->number, n->poster->next++);      /* in the order they were posted */
    memset(&n->task, 0xEE, sizeof(n->task));            /* it is ours again */
    if (atomic_fetch_sub(n->poster->left, 1) == 1)
        loop_stop(n->poster->loop);
}

static void *post_all(void *arg)
{
    struct poster *p = arg;
    for (int i = 0; i < TASKS; i++) {
        p->tasks[i] = (struct numbered){{.run = run_numbered, .arg = &p->tasks[i]}, p, i};
        loop_post(p->loop, &p->tasks[i].task);
        if (i % 500 == 0)
            nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);      /* so that the loop falls asleep in between */
    }
    return NULL;
}

static void test_tasks_of_many_threads(void **state)
{
    struct world *w = *state;
    struct poster *p = calloc(THREADS, sizeof(*p));
    atomic_int left = THREADS * TASKS;
    assert_non_null(p);
    for (size_t i = 0; i < THREADS; i++) {
        p[i].loop = w->loop;
        p[i].left = &left;
        assert_int_equal(pthread_create(&p[i].thread, NULL, post_all, &p[i]), 0);
    }
    loop_run(w->loop);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(p[i].thread, NULL);
        assert_int_equal(p[i].next, TASKS);
    }
    free(p);
}

static void *stop_soon(void *arg)
{
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    loop_stop(arg);
    return NULL;
}

static void test_stopped_from_another_thread(void **state)
{
    struct world *w = *state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, w->loop), 0);
    assert_false(loop_stopping(w->loop));
    loop_run(w->loop);
    pthread_join(thread, NULL);
}

static void let_go(void *arg)
{
    struct world *w = arg;
    w->ran++;
    assert_true(loop_stopping(w->loop));
    loop_keep(w->loop, -1);
}

static void test_a_stop_drains(void **state)
{
    struct world *w = *state;
    loop_keep(w->loop, 1);
    loop_stop(w->loop);
    w->timer = (struct loop_timer){.run = let_go, .arg = w};
    loop_timer_set(w->loop, &w->timer, clock_mono() + 20000);
    int64_t before = clock_mono();
    loop_run(w->loop);
    assert_true(clock_mono() - before >= 20000);
    assert_int_equal(w->ran, 1);
}

static void test_tasks_posted_before_a_stop_run(void **state)
{
    struct world *w = *state;
    w->task = (struct loop_task){.run = stop, .arg = w};
    loop_post(w->loop, &w->task);
    loop_stop(w->loop);
    loop_run(w->loop);
    assert_int_equal(w->ran, 1);
}

/* ---- descriptors ---- */

static void read_one(void *arg, int fd, int got)
{
    struct world *w = arg;
    char c;
    w->ran++;
    w->got |= got;
    if (read(fd, &c, 1) == 1 && c == '.')
        loop_stop(w->loop);
}

static void test_level_triggered(void **state)
{
    struct world *w = *state;
    assert_int_equal(write(w->ends[1], "abc.", 4), 4);
    w->watch = loop_watch(w->loop, w->ends[0], LOOP_READ, read_one, w);
    assert_non_null(w->watch);
    loop_run(w->loop);
    assert_int_equal(w->ran, 4);
    assert_int_equal(w->got, LOOP_READ);
    loop_unwatch(w->loop, w->watch);
    loop_unwatch(w->loop, NULL);
}

static void note(void *arg, int fd, int got)
{
    struct world *w = arg;
    (void)fd;
    w->ran++;
    w->got |= got;
    loop_unwatch(w->loop, w->watch);
    loop_stop(w->loop);
}

static void test_what_is_got(void **state)
{
    (void)state;
    static const struct {
        int wanted, shut, got;          /* shut: 0 nothing, 1 the peer stopped sending, 2 it closed */
    } cases[] = {
        {LOOP_WRITE, 0, LOOP_WRITE},
        {LOOP_READ | LOOP_WRITE, 0, LOOP_WRITE},
        {LOOP_READ, 1, LOOP_READ},
        {LOOP_HANGUP, 1, LOOP_HANGUP},
        {LOOP_READ | LOOP_HANGUP, 1, LOOP_READ | LOOP_HANGUP},
        {LOOP_READ, 2, LOOP_READ | LOOP_HANGUP},
        {LOOP_WRITE, 2, LOOP_WRITE | LOOP_HANGUP},
        {LOOP_HANGUP, 2, LOOP_HANGUP},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world v = {.loop = loop_new()};
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, v.ends), 0);
        if (cases[i].shut == 1)
            shutdown(v.ends[1], SHUT_WR);
        if (cases[i].shut == 2)
            close(v.ends[1]);
        v.watch = loop_watch(v.loop, v.ends[0], cases[i].wanted, note, &v);
        loop_run(v.loop);
        assert_int_equal(v.got, cases[i].got);
        loop_free(v.loop);
        close(v.ends[0]);
        if (cases[i].shut != 2)
            close(v.ends[1]);
    }
}

/* Nothing wanted is silence, even from a peer that hung up; wanting again hears of it. */
static void want_again(void *arg)
{
    struct world *w = arg;
    assert_int_equal(w->got, 0);
    loop_want(w->loop, w->watch, LOOP_READ);
}

static void test_wanting_nothing_is_silence(void **state)
{
    struct world *w = *state;
    w->watch = loop_watch(w->loop, w->ends[0], LOOP_READ, note, w);
    loop_want(w->loop, w->watch, 0);
    assert_int_equal(shutdown(w->ends[1], SHUT_RDWR), 0);
    w->timer = (struct loop_timer){.run = want_again, .arg = w};
    loop_timer_set(w->loop, &w->timer, clock_mono() + 10000);
    loop_run(w->loop);
    assert_int_equal(w->ran, 1);
    assert_int_equal(w->got, LOOP_READ | LOOP_HANGUP);
}

static void test_what_cannot_be_watched(void **state)
{
    struct world *w = *state;
    assert_null(loop_watch(w->loop, -1, LOOP_READ, note, w));
    FILE *regular = tmpfile();
    assert_non_null(regular);
    assert_null(loop_watch(w->loop, fileno(regular), LOOP_READ, note, w));
    fclose(regular);
}

/* Both descriptors are ready in one batch; the first that is called unwatches both, and frees what the other's
 * callback would have used. */
static void unwatch_both(void *arg, int fd, int got)
{
    struct world *w = arg;
    (void)fd;
    (void)got;
    w->ran++;
    loop_unwatch(w->loop, w->watch);
    loop_unwatch(w->loop, w->other);
    w->watch = w->other = NULL;
    stop_after(w, 10000);
}

static void test_unwatch_inside_a_callback(void **state)
{
    struct world *w = *state;
    assert_int_equal(write(w->ends[0], "x", 1), 1);
    assert_int_equal(write(w->ends[1], "x", 1), 1);
    w->watch = loop_watch(w->loop, w->ends[0], LOOP_READ, unwatch_both, w);
    w->other = loop_watch(w->loop, w->ends[1], LOOP_READ, unwatch_both, w);
    loop_run(w->loop);
    assert_int_equal(w->ran, 2);                        /* one callback and the timer */
}

/* The other descriptor's number is given to a quiet pipe while the batch still holds an event of the old one. */
static void replace_other(void *arg, int fd, int got)
{
    struct world *w = arg;
    bool first = fd == w->ends[0];
    int number = first ? w->ends[1] : w->ends[0], quiet[2];
    (void)got;
    w->ran++;
    loop_unwatch(w->loop, first ? w->other : w->watch);
    assert_int_equal(pipe(quiet), 0);
    assert_int_equal(dup2(quiet[0], number), number);
    close(quiet[0]);
    loop_unwatch(w->loop, first ? w->watch : w->other);
    w->other = loop_watch(w->loop, number, LOOP_READ, replace_other, w);
    w->watch = NULL;
    w->got = quiet[1];
    stop_after(w, 10000);
}

static void test_a_number_used_again(void **state)
{
    struct world *w = *state;
    assert_int_equal(write(w->ends[0], "x", 1), 1);
    assert_int_equal(write(w->ends[1], "x", 1), 1);
    w->watch = loop_watch(w->loop, w->ends[0], LOOP_READ, replace_other, w);
    w->other = loop_watch(w->loop, w->ends[1], LOOP_READ, replace_other, w);
    loop_run(w->loop);
    assert_int_equal(w->ran, 2);                        /* one callback and the timer */
    loop_unwatch(w->loop, w->other);
    close(w->got);
}

/* ---- timers on a loop; the heap has loop_timer_test.c ---- */

static void test_a_timer_is_not_early(void **state)
{
    struct world *w = *state;
    int64_t before = clock_mono();
    stop_after(w, 15000);
    loop_run(w->loop);
    assert_int_equal(w->ran, 1);
    assert_true(clock_mono() - before >= 15000);
    assert_int_equal(w->timer.slot, 0);
}

static void stop_later(void *arg)
{
    struct world *w = arg;
    w->ran++;
    if (w->ran == 5)
        loop_stop(w->loop);
    loop_timer_set(w->loop, &w->timer, 0);              /* the past, for ever */
}

static void test_a_timer_in_the_past_starves_nobody(void **state)
{
    struct world *w = *state;
    w->timer = (struct loop_timer){.run = stop_later, .arg = w};
    loop_timer_set(w->loop, &w->timer, 0);
    loop_run(w->loop);
    assert_int_equal(w->ran, 5);
    loop_timer_clear(w->loop, &w->timer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_task_posts_itself, start, end),
        cmocka_unit_test_setup_teardown(test_tasks_of_many_threads, start, end),
        cmocka_unit_test_setup_teardown(test_stopped_from_another_thread, start, end),
        cmocka_unit_test_setup_teardown(test_a_stop_drains, start, end),
        cmocka_unit_test_setup_teardown(test_tasks_posted_before_a_stop_run, start, end),
        cmocka_unit_test_setup_teardown(test_level_triggered, start, end),
        cmocka_unit_test(test_what_is_got),
        cmocka_unit_test_setup_teardown(test_wanting_nothing_is_silence, start, end),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_watched, start, end),
        cmocka_unit_test_setup_teardown(test_unwatch_inside_a_callback, start, end),
        cmocka_unit_test_setup_teardown(test_a_number_used_again, start, end),
        cmocka_unit_test_setup_teardown(test_a_timer_is_not_early, start, end),
        cmocka_unit_test_setup_teardown(test_a_timer_in_the_past_starves_nobody, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
