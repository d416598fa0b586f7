/* SPDX-License-Identifier: MIT */
/* spool_bench [FOLDER [BYTES]]: what an append costs, with 1, 2 and 4 threads, with and without sync_each, and how fast it
 * is read. CPU is that of the appending threads alone, from the kernel's count. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/log.h"
#include "spool/spool.h"

enum { MOST_THREADS = 64, RUN_US = 2000000 };

struct worker {
    struct spool *sp;
    size_t bytes;
    _Atomic bool *stop;
    uint64_t n, cpu_ns, worst_us;
};

static uint64_t thread_cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void *append(void *arg)
{
    struct worker *w = arg;
    char id[ID_TEXT];
    uint8_t *payload = calloc(1, w->bytes + 1);
    struct err err;
    id_new(id);
    uint64_t from = thread_cpu();
    while (!atomic_load_explicit(w->stop, memory_order_relaxed)) {
        int64_t at = clock_mono();
        if (!spool_append(w->sp, 1, id, (struct bytes){payload, w->bytes}, &err)) {
            fprintf(stderr, "spool_bench: %s\n", err.text);
            exit(1);
        }
        uint64_t took = (uint64_t)(clock_mono() - at);
        w->worst_us = took > w->worst_us ? took : w->worst_us;
        w->n++;
    }
    w->cpu_ns = thread_cpu() - from;
    free(payload);
    return NULL;
}

static void must(bool ok, const struct err *err)
{
    if (ok)
        return;
    fprintf(stderr, "spool_bench: %s\n", err->text);
    exit(1);
}

static void read_all(struct spool *sp, size_t *n_r)
{
    struct arena *a = arena_new();
    struct list list = {NULL, 1};
    struct err err;
    while (list.n > 0) {
        must(spool_read(sp, a, 500, 4 << 20, &list, &err), &err);
        must(spool_done(sp, &err), &err);
        *n_r += list.n;
        arena_reset(a);
    }
    arena_free(a);
}

static void run(const char *folder, size_t bytes, int threads, bool sync_each)
{
    static const uint8_t key[32] = "bench";
    struct spool_options o = {.folder = folder, .segment_bytes = 16 << 20, .max_bytes = (uint64_t)12 << 30, .refuse_percent = 90,
                              .sync_each = sync_each, .key = key, .kid = 1};
    struct spool *sp;
    struct err err;
    struct worker w[MOST_THREADS];
    pthread_t t[MOST_THREADS];
    _Atomic bool stop = false;
    must(spool_open(&o, &sp, &err), &err);
    int64_t from = clock_mono();
    for (int i = 0; i < threads; i++) {
        w[i] = (struct worker){.sp = sp, .bytes = bytes, .stop = &stop};
        if (pthread_create(&t[i], NULL, append, &w[i]) != 0)
            exit(1);
    }
    while (clock_mono() - from < RUN_US) {
        usleep(200000);
        spool_sync(sp);
    }
    atomic_store(&stop, true);
    uint64_t n = 0, cpu = 0, worst = 0;
    for (int i = 0; i < threads; i++) {
        pthread_join(t[i], NULL);
        n += w[i].n;
        cpu += w[i].cpu_ns;
        worst = w[i].worst_us > worst ? w[i].worst_us : worst;
    }
    double wall = (double)(clock_mono() - from) / 1e6;
    size_t read_n = 0;
    from = clock_mono();
    read_all(sp, &read_n);
    double read_s = (double)(clock_mono() - from) / 1e6;
    printf("%-6s %2d threads %5zu B: %8.0f/s, %5.2f us CPU each, %7.1f us each, worst %6.1f ms; read %8.0f/s%s\n",
           sync_each ? "power" : "second", threads, bytes, (double)n / wall, (double)cpu / 1e3 / (double)n,
           wall * 1e6 * threads / (double)n, (double)worst / 1e3, (double)read_n / read_s, read_n == n ? "" : "  NOT ALL READ");
    spool_close(sp);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "/tmp/moongate-spool-bench";
    size_t bytes = argc > 2 ? strtoul(argv[2], NULL, 10) : 1024;
    log_open(STDERR_FILENO, LOG_WARN);
    for (int threads = 1; threads <= 4; threads *= 2)
        run(folder, bytes, threads, false);
    for (int threads = 1; threads <= MOST_THREADS; threads *= 4)
        run(folder, bytes, threads, true);
    rmdir(folder);
    return 0;
}
