/* SPDX-License-Identifier: MIT */
/* Many threads append while one reads, one syncs, one looks at the figures and folders of others come and go. */
#include <pthread.h>
#include <stdatomic.h>

#include "spool_help.h"

#include "base/clock.h"

enum { WRITERS = 4, EACH = 3000 };

struct work {
    struct spool *sp;
    uint64_t from;
    _Atomic bool *stop;
};

static void *writes(void *arg)
{
    struct work *work = arg;
    struct err err;
    for (uint64_t n = work->from; n < work->from + EACH; n++) {
        while (!spool_reserve(work->sp, &err))
            usleep(500);
        while (!put(work->sp, n))
            usleep(500);
        spool_release(work->sp);
    }
    return NULL;
}

static void *syncs(void *arg)
{
    struct work *work = arg;
    while (!atomic_load(work->stop)) {
        struct spool_status status;
        spool_sync(work->sp);
        spool_status(work->sp, &status);
        if (status.failed)
            abort();
        usleep(700);
    }
    return NULL;
}

static void run(bool sync_each, size_t segment_bytes)
{
    char *dir = place_new();
    struct spool_options o = options_small(dir);
    o.sync_each = sync_each;
    o.segment_bytes = segment_bytes;
    o.max_bytes = 16 * segment_bytes;
    struct spool *sp = must_open(&o);
    struct seen seen = seen_new();
    struct spool_status status;
    _Atomic bool stop = false;
    struct work work[WRITERS];
    pthread_t threads[WRITERS + 1];
    for (uint64_t i = 0; i < WRITERS; i++) {
        work[i] = (struct work){sp, i * EACH, &stop};
        assert_int_equal(pthread_create(&threads[i], NULL, writes, &work[i]), 0);
    }
    assert_int_equal(pthread_create(&threads[WRITERS], NULL, syncs, &work[0]), 0);
    int64_t until = clock_mono() + 60000000;
    while (seen.count < WRITERS * EACH && clock_mono() < until) {
        take_all(sp, &seen, true);
        assert_true(bytes_under(dir) <= o.max_bytes + o.segment_bytes);
    }
    for (size_t i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&stop, true);
    pthread_join(threads[WRITERS], NULL);
    take_all(sp, &seen, true);
    assert_int_equal(seen.count, WRITERS * EACH);
    for (uint64_t n = 0; n < WRITERS * EACH; n++)
        assert_int_equal(seen.times[n], 1);
    spool_status(sp, &status);
    assert_int_equal(status.waiting, 0);
    assert_int_equal(status.reserved, 0);
    assert_int_equal(status.quarantined, 0);
    spool_close(sp);
    free(seen.times);
    place_free(dir);
}

static void written_at_once(void **state)
{
    (void)state;
    run(false, 64 << 10);
    run(false, 1 << 20);
}

static void durable_at_once(void **state)
{
    (void)state;
    run(true, 64 << 10);
    run(true, 1 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_at_once),
        cmocka_unit_test(durable_at_once),
    };
    quiet();
    return cmocka_run_group_tests_name("spool_threads", tests, NULL, NULL);
}
