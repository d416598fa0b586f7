/* SPDX-License-Identifier: MIT */
#include "base/lock.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "property.h"

enum { THREADS = 4, TIMES = 5000 };

static struct {
    struct lock lock;
    pthread_cond_t changed;
    long count;
    bool done;
} shared = {.lock = LOCK_INIT("shared")};

static void *count_up(void *arg)
{
    (void)arg;
    for (int i = 0; i < TIMES; i++) {
        lock_take(&shared.lock);
        lock_assert_held(&shared.lock);
        shared.count++;
        lock_drop(&shared.lock);
    }
    return NULL;
}

static void test_one_at_a_time(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, NULL), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(shared.count, THREADS * TIMES);
}

static void *finish(void *arg)
{
    (void)arg;
    lock_take(&shared.lock);
    shared.done = true;
    pthread_cond_signal(&shared.changed);
    lock_drop(&shared.lock);
    return NULL;
}

static void test_waits_for_a_change(void **state)
{
    int64_t deadlines[] = {0, clock_mono() + 10 * INT64_C(1000000)};
    (void)state;
    lock_cond_init(&shared.changed);
    for (size_t i = 0; i < COUNT(deadlines); i++) {
        pthread_t thread;
        shared.done = false;
        lock_take(&shared.lock);
        assert_int_equal(pthread_create(&thread, NULL, finish, NULL), 0);
        while (!shared.done)
            assert_true(lock_wait(&shared.lock, &shared.changed, deadlines[i]));
        lock_assert_held(&shared.lock);
        lock_drop(&shared.lock);
        pthread_join(thread, NULL);
    }
}

static void test_waits_no_longer_than_the_deadline(void **state)
{
    (void)state;
    lock_take(&shared.lock);
    int64_t before = clock_mono();
    while (lock_wait(&shared.lock, &shared.changed, before + 20000))
        ;
    assert_true(clock_mono() - before >= 20000);
    assert_false(lock_wait(&shared.lock, &shared.changed, 1));
    assert_false(lock_wait(&shared.lock, &shared.changed, -1));
    lock_drop(&shared.lock);
}

static void take_twice(void)
{
    lock_take(&shared.lock);
    lock_take(&shared.lock);
}

static void drop_untaken(void)
{
    lock_drop(&shared.lock);
}

static void assert_untaken(void)
{
    lock_assert_held(&shared.lock);
}

static void test_mistakes_end_the_process(void **state)
{
    (void)state;
    void (*const mistakes[])(void) = {take_twice, drop_untaken, assert_untaken};
    for (size_t i = 0; i < COUNT(mistakes); i++) {
        pid_t child = fork();
        if (child == 0) {
            dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
            signal(SIGABRT, SIG_DFL);
            setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
            mistakes[i]();
            _exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
}

static void test_init_at_run_time(void **state)
{
    (void)state;
    struct lock lock;
    lock_init(&lock, "local");
    lock_take(&lock);
    lock_drop(&lock);
    assert_string_equal(lock.name, "local");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_at_a_time),
        cmocka_unit_test(test_waits_for_a_change),
        cmocka_unit_test(test_waits_no_longer_than_the_deadline),
        cmocka_unit_test(test_mistakes_end_the_process),
        cmocka_unit_test(test_init_at_run_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
