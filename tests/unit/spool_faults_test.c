/* SPDX-License-Identifier: MIT */
/* Every write, sync, preallocation and rename of a small life of a spool fails once, and from there on for a while. Whatever
 * happens, what was acknowledged comes out, nothing torn does, and the spool works again when the disk does. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "spool_disk.h"

/* Sanitizers make it slow; they look at every fifth call. It has no factor in common with what else depends on the number. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { EVERY = 5 };
#else
enum { EVERY = 1 };
#endif
enum { RECORDS = 160, LONGEST = 2000, STRIDE = RECORDS + 10 };

struct life {
    const char *dir;
    bool sync_each;
    uint8_t acked[STRIDE];
    struct seen seen;                  /* what came out, in all its parts */
    struct seen part;                  /* since it was opened last */
};

static void part_end(struct life *life)
{
    for (uint64_t n = 0; n < STRIDE; n++) {
        if (life->part.times[n] > 1)
            fail_msg("record %" PRIu64 " came out %d times without a restart", n, life->part.times[n]);
        life->seen.times[n] += life->part.times[n];
    }
    free(life->part.times);
    life->part = seen_new();
}

/* Read all there is; errors are allowed while the disk fails. */
static bool take_some(struct spool *sp, struct life *life)
{
    struct arena *a = arena_new();
    struct err err;
    struct list list = {NULL, 1};
    bool ok = true;
    while (ok && list.n > 0) {
        ok = spool_read(sp, a, 30, SIZE_MAX, &list, &err);
        for (size_t i = 0; ok && i < list.n; i++)
            seen_check(&life->part, (struct spool_record *)list.items + i, LONGEST);
        ok = ok && spool_done(sp, &err);
        arena_reset(a);
    }
    arena_free(a);
    return ok;
}

/* Open, append and read in turns, close; whether it could be opened. */
static bool live(struct life *life, uint64_t from, uint64_t to)
{
    struct spool_options o = options_small(life->dir);
    struct spool *sp;
    struct err err = {0};
    o.sync_each = life->sync_each;
    if (!spool_open(&o, &sp, &err))
        return false;
    for (uint64_t n = from; n < to; n++) {
        life->acked[n] = put_sized(sp, n, LONGEST, &err);
        if (n % 9 == 8)
            spool_sync(sp);
        if (n % 40 == 39)
            (void)!take_some(sp, life);
    }
    /* The disk may be well again by now, and a second has passed. */
    spool_sync(sp);
    (void)!take_some(sp, life);
    spool_close(sp);
    part_end(life);
    return true;
}

/* After the fault: all that was acknowledged is out or comes out now; and it works. */
static void check(struct life *life, long call)
{
    struct spool_options o = options_small(life->dir);
    struct spool *sp = must_open(&o);
    struct spool_status status;
    if (!take_some(sp, life))
        fail_msg("call %ld: reading fails on a disk that is well", call);
    life->acked[RECORDS] = put_sized(sp, RECORDS, LONGEST, &(struct err){0});
    assert_true(life->acked[RECORDS]);
    assert_true(take_some(sp, life));
    spool_status(sp, &status);
    assert_int_equal(status.waiting, 0);
    assert_false(status.failed || status.refusing);
    spool_close(sp);
    part_end(life);
    for (uint64_t n = 0; n <= RECORDS; n++)
        if (life->acked[n] && !life->seen.times[n])
            fail_msg("call %ld: record %" PRIu64 " was acknowledged and is lost", call, n);
}

/* One life in which calls [k, k + width) fail; false when there were no k calls. */
static bool life_with_fault(enum disk_fault fault, long k, long width, bool sync_each, uint64_t *acked)
{
    char *dir = place_new();
    struct life life = {.dir = dir, .sync_each = sync_each, .seen = seen_new(), .part = seen_new()};
    disk_forget();
    disk.fault = fault;
    disk.calls = 0;
    disk.fail_from = k;
    disk.fail_to = k + width;
    disk.watching = disk.armed = true;
    bool opened = live(&life, 0, RECORDS / 2);
    opened = live(&life, RECORDS / 2, RECORDS) || opened;
    disk.armed = false;
    check(&life, k);
    disk.watching = false;
    for (uint64_t n = 0; n < RECORDS; n++)
        *acked += life.acked[n];
    if (width == 1 && opened && !life.acked[0] && !life.acked[RECORDS - 1])
        fail_msg("call %ld: nothing works after one fault", k);
    free(life.seen.times);
    free(life.part.times);
    place_free(dir);
    return disk.calls > k;
}

static void every_call(enum disk_fault fault, long width, bool sync_each, long step)
{
    uint64_t acked = 0;
    long k = 0;
    while (life_with_fault(fault, k, width, sync_each, &acked))
        k += step * EVERY;
    print_message("%ld calls, %.1f of %d records acknowledged on average\n", k, (double)acked / (double)(k / step / EVERY + 1), RECORDS);
    assert_true(k > 50);
}

static void input_output_error(void **state)
{
    (void)state;
    every_call(DISK_EIO, 1, false, 1);
}

static void input_output_error_power(void **state)
{
    (void)state;
    every_call(DISK_EIO, 1, true, 1);
}

static void errors_for_a_while(void **state)
{
    (void)state;
    every_call(DISK_EIO, 2, false, 3);
    every_call(DISK_EIO, 7, false, 3);
    every_call(DISK_EIO, 30, true, 7);
}

static void disk_full(void **state)
{
    (void)state;
    every_call(DISK_ENOSPC, 1, false, 1);
    every_call(DISK_ENOSPC, 20, true, 5);
}

static void short_writes(void **state)
{
    (void)state;
    every_call(DISK_SHORT, 1, false, 1);
    every_call(DISK_SHORT, 1000000, false, 100000);
    every_call(DISK_SHORT_THEN_EIO, 1, false, 1);
}

/* A disk that never comes back: everything is refused, nothing hangs, and no file piles up. */
static void dead_disk(void **state)
{
    (void)state;
    char *dir = place_new();
    struct spool_options o = options_small(dir);
    struct spool *sp = must_open(&o);
    struct seen seen = seen_new();
    struct spool_status status;
    struct err err = {0};
    for (uint64_t n = 0; n < 20; n++)
        must_put(sp, n);
    disk.fault = DISK_EIO;
    disk.calls = disk.fail_from = 0;
    disk.fail_to = 1000000;
    disk.watching = disk.armed = true;
    for (int i = 0; i < 200; i++) {
        assert_false(put(sp, 20));
        assert_false(spool_reserve(sp, &err));
        spool_sync(sp);
    }
    spool_status(sp, &status);
    assert_true(status.failed && status.refusing);
    assert_true(bytes_under(dir) <= 4 * o.segment_bytes);
    disk.armed = false;
    spool_sync(sp);
    spool_status(sp, &status);
    assert_false(status.failed || status.refusing);
    must_put(sp, 21);
    take_all(sp, &seen, true);
    assert_int_equal(seen.count, 21);
    assert_int_equal(seen.times[20], 0);
    disk.watching = false;
    spool_close(sp);
    free(seen.times);
    place_free(dir);
}

/* What a process says before it dies, in memory that outlives it. */
struct will {
    uint8_t acked[STRIDE], replayed[STRIDE];
};

static void die_at(const char *dir, struct will *will, long k, bool inside, bool sync_each)
{
    struct spool_options o = options_small(dir);
    struct arena *a = arena_new();
    struct list list;
    struct err err;
    disk.kill_at = k;
    disk.kill_inside = inside;
    disk.fail_from = disk.fail_to = disk.calls = 0;
    disk.armed = true;
    o.sync_each = sync_each;
    for (uint64_t n = 0; n < RECORDS;) {
        struct spool *sp = must_open(&o);
        for (uint64_t end = n + RECORDS / 2; n < end; n++) {
            will->acked[n] = put_sized(sp, n, LONGEST, &err);
            if (n % 9 == 8)
                spool_sync(sp);
            if (n % 30 != 29 || !spool_read(sp, a, 25, SIZE_MAX, &list, &err))
                continue;
            for (size_t i = 0; i < list.n; i++)
                will->replayed[record_number(((struct spool_record *)list.items)[i].id)] = 1;
            if (!spool_done(sp, &err))
                _exit(2);
        }
        spool_close(sp);
    }
    _exit(0);
}

/* Whatever the process was doing to the disk when it died. */
static void killed_at_every_call(void **state)
{
    (void)state;
    struct will *will = mmap(NULL, sizeof(*will), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(will != MAP_FAILED);
    long k = 0;
    /* Six in a row survive when there are no more calls, with sync_each and without. */
    for (int survived = 0; survived < 6; k += EVERY) {
        char *dir = place_new();
        struct spool_options o = options_small(dir);
        struct seen seen = seen_new();
        int status;
        memset(will, 0, sizeof(*will));
        pid_t pid = fork();
        if (pid == 0)
            die_at(dir, will, k / 2, k % 2, k % 3 == 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        bool died = WIFSIGNALED(status);
        survived = died ? 0 : survived + 1;
        assert_true(died ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
        struct spool *sp = must_open(&o);
        take_sized(sp, &seen, true, LONGEST);
        spool_close(sp);
        for (uint64_t n = 0; n < RECORDS; n++)
            if (seen.times[n] > 1 || (will->acked[n] && !will->replayed[n] && !seen.times[n]))
                fail_msg("killed at call %ld: record %" PRIu64 " came %d times", k / 2, n, seen.times[n]);
        free(seen.times);
        place_free(dir);
    }
    print_message("%ld calls\n", k / 2);
    assert_true(k / 2 > 150);
    munmap(will, sizeof(*will));
}

/* The same with threads: errors come and go while four write, one syncs and one reads. */
enum { WRITERS = 4, EACH = 1500 };

struct work {
    struct spool *sp;
    uint64_t from;
    uint8_t *acked;
    _Atomic bool *stop;
};

static void *writes(void *arg)
{
    struct work *work = arg;
    for (uint64_t n = work->from; n < work->from + EACH; n++) {
        work->acked[n] = put(work->sp, n);
        if (!work->acked[n])
            usleep(200);
    }
    return NULL;
}

static void *syncs(void *arg)
{
    struct work *work = arg;
    while (!atomic_load(work->stop)) {
        spool_sync(work->sp);
        usleep(500);
    }
    return NULL;
}

static void errors_among_threads(bool sync_each)
{
    char *dir = place_new();
    struct spool_options o = options_small(dir);
    struct random r = random_start();
    struct seen seen = seen_new();
    uint8_t *acked = calloc(NUMBERS, 1);
    _Atomic bool stop = false;
    o.sync_each = sync_each;
    struct spool *sp = must_open(&o);
    struct work work[WRITERS];
    pthread_t threads[WRITERS + 1];
    disk_forget();
    disk.fault = DISK_EIO;
    disk.calls = disk.fail_from = disk.fail_to = 0;
    disk.watching = disk.armed = true;
    for (uint64_t i = 0; i < WRITERS; i++) {
        work[i] = (struct work){sp, i * EACH, acked, &stop};
        assert_int_equal(pthread_create(&threads[i], NULL, writes, &work[i]), 0);
    }
    assert_int_equal(pthread_create(&threads[WRITERS], NULL, syncs, &work[0]), 0);
    for (int i = 0; i < 40; i++) {
        pthread_mutex_lock(&disk.mutex);
        disk.fail_from = disk.calls + (long)random_below(&r, 50);
        disk.fail_to = disk.fail_from + 1 + (long)random_below(&r, 5);
        pthread_mutex_unlock(&disk.mutex);
        usleep(1000 + (useconds_t)random_below(&r, 4000));
        take_all(sp, &seen, true);
    }
    for (size_t i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&stop, true);
    pthread_join(threads[WRITERS], NULL);
    disk.armed = disk.watching = false;
    spool_sync(sp);
    take_all(sp, &seen, true);
    uint64_t good = 0;
    for (uint64_t n = 0; n < WRITERS * EACH; n++) {
        good += acked[n];
        if (acked[n] ? seen.times[n] != 1 : seen.times[n] > 1)
            fail_msg("record %" PRIu64 ", acknowledged %d, came out %d times", n, acked[n], seen.times[n]);
    }
    assert_true(good > EACH);
    spool_close(sp);
    free(acked);
    free(seen.times);
    place_free(dir);
}

static void threads_on_a_failing_disk(void **state)
{
    (void)state;
    errors_among_threads(false);
    errors_among_threads(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_output_error),
        cmocka_unit_test(input_output_error_power),
        cmocka_unit_test(errors_for_a_while),
        cmocka_unit_test(disk_full),
        cmocka_unit_test(short_writes),
        cmocka_unit_test(dead_disk),
        cmocka_unit_test(killed_at_every_call),
        cmocka_unit_test(threads_on_a_failing_disk),
    };
    quiet();
    return cmocka_run_group_tests_name("spool_faults", tests, NULL, NULL);
}
