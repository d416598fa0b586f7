/* SPDX-License-Identifier: MIT */
/* Time that jumps: a day forward or back, in one life and between two. And what waits for time to pass: folders of processes that
 * die later are taken over, segments that are done go. */
#include <sys/syscall.h>

#include "spool_help.h"

#include "base/clock.h"

static int64_t shift_wall, shift_mono; /* seconds */

/* A program's own function goes before the C library's. */
int clock_gettime(clockid_t clock, struct timespec *at)
{
    int rc = (int)syscall(SYS_clock_gettime, clock, at);
    at->tv_sec += clock == CLOCK_REALTIME ? shift_wall : clock == CLOCK_MONOTONIC ? shift_mono : 0;
    return rc;
}

enum { DAY = 86400 };

static void days_forth_and_back(void **state)
{
    (void)state;
    char *dir = place_new();
    struct spool_options o = options_small(dir);
    struct seen seen = seen_new();
    uint64_t n = 0;
    for (int life = 0; life < 12; life++) {
        shift_wall = life % 3 * DAY - DAY;
        struct spool *sp = must_open(&o);
        for (int part = 0; part < 3; part++) {
            shift_wall += part == 1 ? DAY : -DAY / 2;
            for (int i = 0; i < 300; i++)
                must_put(sp, n++);
        }
        if (life % 2)
            take_all(sp, &seen, true);
        spool_close(sp);
    }
    struct spool *sp = must_open(&o);
    take_all(sp, &seen, true);
    assert_int_equal(seen.count, n);
    for (uint64_t i = 0; i < n; i++)
        assert_int_equal(seen.times[i], 1);
    spool_close(sp);
    shift_wall = 0;
    free(seen.times);
    place_free(dir);
}

static void the_late_orphan(void **state)
{
    (void)state;
    char *dir = place_new();
    struct spool_options o = options_small(dir), foreign = o;
    struct spool *one = must_open(&o), *two = must_open(&o);
    struct seen seen = seen_new();
    struct spool_status status;
    uint8_t key[32] = "a key that we do not have";
    for (uint64_t n = 0; n < 100; n++)
        must_put(two, n);
    take_all(one, &seen, true);
    spool_close(two);
    take_all(one, &seen, true);
    assert_int_equal(seen.count, 0);
    shift_mono += 6;
    take_all(one, &seen, true);
    assert_int_equal(seen.count, 100);

    /* One that cannot be read is left alone, and does not stop the others. */
    foreign.key = key;
    char *other = place_new(), from[300], to[600];
    foreign.folder = other;
    two = must_open(&foreign);
    must_put(two, 1);
    spool_close(two);
    only_folder(other, from);
    snprintf(to, sizeof(to), "%s/01900000-0000-7000-8000-000000000009-9", dir);
    assert_int_equal(rename(from, to), 0);
    shift_mono += 6;
    take_all(one, &seen, true);
    assert_int_equal(seen.count, 100);
    shift_mono += 6;
    must_put(one, 150);
    take_all(one, &seen, true);
    assert_int_equal(seen.count, 101);
    spool_status(one, &status);
    assert_false(status.failed || status.refusing);
    assert_true(status.bytes >= bytes_under(dir) - 4096);
    spool_close(one);
    place_free(other);
    free(seen.times);
    place_free(dir);
}

/* keep_s runs on: through wall jumps, through restarts. */
static void kept_as_long_as_said(void **state)
{
    (void)state;
    char *dir = place_new();
    struct spool_options o = options_small(dir);
    struct seen seen = seen_new();
    o.keep_s = 600;
    struct spool *sp = must_open(&o);
    for (uint64_t n = 0; n < 2000; n++)
        must_put(sp, n);
    take_all(sp, &seen, true);
    uint64_t kept = bytes_under(dir);
    assert_true(kept > 3 * o.segment_bytes);
    shift_wall = DAY;
    shift_mono += 300;
    take_all(sp, &seen, true);
    assert_int_equal(bytes_under(dir), kept);
    shift_wall = 0;
    spool_close(sp);

    shift_wall = -DAY;
    sp = must_open(&o);
    take_all(sp, &seen, true);
    assert_true(bytes_under(dir) > 3 * o.segment_bytes);
    shift_mono += 601;
    take_all(sp, &seen, true);
    assert_true(bytes_under(dir) <= o.segment_bytes);
    assert_int_equal(seen.count, 2000);
    spool_close(sp);
    shift_wall = 0;
    free(seen.times);
    place_free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_forth_and_back),
        cmocka_unit_test(the_late_orphan),
        cmocka_unit_test(kept_as_long_as_said),
    };
    quiet();
    return cmocka_run_group_tests_name("spool_clock", tests, NULL, NULL);
}
