/* SPDX-License-Identifier: MIT */
/* kill -9 at random moments: what was acknowledged is there afterwards, once, and nothing else came to be. The acknowledged
 * numbers live in another process than the one that dies. */
#include "spool_help.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"

enum { TURNS = 150, PER_TURN = 1200, WRITERS = 2 };

/* What the child says: a number, and whether it was appended or read. */
struct message {
    uint64_t n, read;
};

struct child {
    struct spool *sp;
    int pipe;
    uint64_t from, to;
};

static void say(int fd, uint64_t n, bool read_it)
{
    struct message message = {n, read_it};
    if (write(fd, &message, sizeof(message)) != sizeof(message))
        _exit(3);
}

static void *child_writes(void *arg)
{
    struct child *child = arg;
    for (uint64_t n = child->from; n < child->to; n++) {
        while (!put(child->sp, n))
            usleep(100);
        say(child->pipe, n, false);
    }
    return NULL;
}

/* Reads as the replayer does: first the database (here: the parent), then done. */
static void child_reads(struct spool *sp, int fd)
{
    struct arena *a = arena_new();
    for (;;) {
        struct list list;
        struct err err;
        if (!spool_read(sp, a, 50, 16 << 10, &list, &err))
            _exit(4);
        for (size_t i = 0; i < list.n; i++)
            say(fd, record_number(((struct spool_record *)list.items)[i].id), true);
        if (!spool_done(sp, &err))
            _exit(5);
        arena_reset(a);
        usleep(200);
    }
}

static void child_run(const struct spool_options *o, int fd, uint64_t from, bool reads)
{
    struct spool *sp = must_open(o);
    struct child part[WRITERS];
    pthread_t threads[WRITERS];
    for (uint64_t i = 0; i < WRITERS; i++) {
        part[i] = (struct child){sp, fd, from + i * PER_TURN / WRITERS, from + (i + 1) * PER_TURN / WRITERS};
        if (pthread_create(&threads[i], NULL, child_writes, &part[i]) != 0)
            _exit(6);
    }
    if (reads)
        child_reads(sp, fd);
    for (;;) {
        usleep(1000);
        spool_sync(sp);
    }
}

/* Note what the child says until ${until} (clock_mono µs) or the pipe's end. */
static void listen_to(int fd, uint8_t *acked, uint8_t *read_there, int64_t until)
{
    struct message message;
    for (;;) {
        int64_t left = until - clock_mono();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (left <= 0 || poll(&p, 1, (int)(left / 1000) + 1) == 0)
            return;
        if (read(fd, &message, sizeof(message)) != sizeof(message))
            return;
        assert_true(message.n < NUMBERS);
        (message.read ? read_there : acked)[message.n]++;
    }
}

static void kill_loop(bool reads)
{
    char *dir = place_new();
    struct random r = random_start();
    struct spool_options o = options_small(dir);
    struct seen seen = seen_new();
    uint8_t *acked = calloc(NUMBERS, 1), *read_there = calloc(NUMBERS, 1);
    uint64_t total = 0;
    for (uint64_t turn = 0; turn < TURNS; turn++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        o.sync_each = turn % 3 == 0;
        pid_t pid = fork();
        if (pid == 0) {
            close(ends[0]);
            child_run(&o, ends[1], turn * PER_TURN, reads);
        }
        assert_true(pid > 0);
        close(ends[1]);
        listen_to(ends[0], acked, read_there, clock_mono() + 500 + (int64_t)random_below(&r, 20000));
        kill(pid, SIGKILL);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        listen_to(ends[0], acked, read_there, INT64_MAX);
        close(ends[0]);
        if (reads && turn % 4)
            continue;
        struct spool *sp = must_open(&o);
        take_all(sp, &seen, true);
        spool_close(sp);
        for (uint64_t n = 0; n < (turn + 1) * PER_TURN; n++) {
            total += acked[n] == 1 && n >= turn * PER_TURN;
            if (acked[n] && !seen.times[n] && !read_there[n])
                fail_msg("turn %" PRIu64 ": record %" PRIu64 " was acknowledged and is lost", turn, n);
            if (seen.times[n] > 1)
                fail_msg("turn %" PRIu64 ": record %" PRIu64 " came %d times", turn, n, seen.times[n]);
        }
    }
    assert_int_equal(metric_get(METRIC_spool_dropped_total), 0);
    print_message("%d kills, %" PRIu64 " acknowledged in the last turns checked\n", TURNS, total);
    assert_true(total > 100);        /* it did work between the kills */
    free(acked);
    free(read_there);
    free(seen.times);
    place_free(dir);
}

static void killed_while_writing(void **state)
{
    (void)state;
    kill_loop(false);
}

/* Also killed while it takes over the folders of those killed before, and reads, and removes. */
static void killed_while_recovering(void **state)
{
    (void)state;
    kill_loop(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_while_writing),
        cmocka_unit_test(killed_while_recovering),
    };
    quiet();
    return cmocka_run_group_tests_name("spool_kill", tests, NULL, NULL);
}
