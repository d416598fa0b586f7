/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SPOOL_HELP_H
#define TESTS_SPOOL_HELP_H
/* What the spool's tests share: a folder of their own, records that can be checked from their number alone. */
#include "property.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metrics.h"
#include "spool/spool.h"

enum { NUMBERS = 200000 };
static const uint8_t test_key[32] = "the spool's tests use this key.";

/* In memory where there is such a place: the tests are about order, not about a disk's speed. */
static inline char *place_new(void)
{
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    char *dir = NULL;
    assert_true(asprintf(&dir, "%s/moongate-spool-XXXXXX", base) > 0);
    assert_non_null(mkdtemp(dir));
    return dir;
}

static inline int place_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline void place_empty(const char *dir)
{
    nftw(dir, place_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void place_free(char *dir)
{
    place_empty(dir);
    free(dir);
}

static inline struct spool_options options_small(const char *dir)
{
    return (struct spool_options){.folder = dir, .segment_bytes = 64 << 10, .max_bytes = 4 << 20, .refuse_percent = 90,
                                  .keep_s = 0, .key = test_key, .kid = 1};
}

static inline struct spool *must_open(const struct spool_options *options)
{
    struct spool *sp = NULL;
    struct err err = {0};
    if (!spool_open(options, &sp, &err))
        fail_msg("open: %s", err.text);
    return sp;
}

/* Record ${n} has this id, type, and payload. */
static inline void record_id(uint64_t n, char out[37])
{
    snprintf(out, 37, "01900000-0000-7000-8000-%012" PRIx64, n & 0xffffffffffff);
}

static inline uint64_t record_number(const char *id)
{
    return strtoull(id + 24, NULL, 16);
}

static inline uint8_t record_type(uint64_t n)
{
    return (uint8_t)(1 + n % 255);
}

static inline size_t record_fill(uint64_t n, size_t most, uint8_t *out)
{
    struct random r = {n * 7919 + 1};
    size_t size = random_below(&r, most + 1);
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)random_next(&r);
    return size;
}

static inline bool put_sized(struct spool *sp, uint64_t n, size_t most, struct err *err)
{
    uint8_t *payload = malloc(most + 1);
    char id[37];
    record_id(n, id);
    assert_non_null(payload);
    bool ok = spool_append(sp, record_type(n), id, (struct bytes){payload, record_fill(n, most, payload)}, err);
    free(payload);
    return ok;
}

enum { MOST = 200 };
static inline bool put(struct spool *sp, uint64_t n)
{
    struct err err = {0};
    return put_sized(sp, n, MOST, &err);
}

static inline void must_put(struct spool *sp, uint64_t n)
{
    struct err err = {0};
    if (!put_sized(sp, n, MOST, &err))
        fail_msg("append %" PRIu64 ": %s", n, err.text);
}

/* How often each number came out, and the last one. */
struct seen {
    uint8_t *times;
    uint64_t count, last;
    bool in_order;
};

static inline struct seen seen_new(void)
{
    struct seen seen = {.times = calloc(NUMBERS, 1), .in_order = true};
    assert_non_null(seen.times);
    return seen;
}

static inline void seen_check(struct seen *seen, const struct spool_record *record, size_t most)
{
    uint64_t n = record_number(record->id);
    uint8_t *payload = malloc(most + 1);
    assert_non_null(payload);
    assert_true(n < NUMBERS);
    size_t size = record_fill(n, most, payload);
    assert_int_equal(record->type, record_type(n));
    assert_int_equal(record->payload.n, size);
    assert_memory_equal(record->payload.p, payload, size);
    free(payload);
    seen->in_order = seen->in_order && (seen->count == 0 || n > seen->last);
    seen->last = n;
    seen->times[n]++;
    seen->count++;
}

/* Read everything there is; say so to the spool if ${done}. */
static inline void take_sized(struct spool *sp, struct seen *seen, bool done, size_t most)
{
    struct arena *a = arena_new();
    struct err err = {0};
    for (;;) {
        struct list list;
        if (!spool_read(sp, a, 100, 64 << 10, &list, &err))
            fail_msg("read: %s", err.text);
        for (size_t i = 0; i < list.n; i++)
            seen_check(seen, (struct spool_record *)list.items + i, most);
        if (done)
            assert_true(spool_done(sp, &err));
        if (list.n == 0)
            break;
        arena_reset(a);
    }
    arena_free(a);
}

static inline void take_all(struct spool *sp, struct seen *seen, bool done)
{
    take_sized(sp, seen, done, MOST);
}

/* The only sub-folder of a process in ${dir}: its name. */
static inline void only_folder(const char *dir, char out[300])
{
    DIR *d = opendir(dir);
    assert_non_null(d);
    out[0] = 0;
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (strlen(e->d_name) > 36 && e->d_name[36] == '-')
            snprintf(out, 300, "%s/%s", dir, e->d_name);
    closedir(d);
    assert_true(out[0]);
}

static inline uint64_t bytes_under(const char *dir)
{
    uint64_t sum = 0;
    DIR *d = opendir(dir);
    if (!d)
        return 0;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        struct stat st;
        char *path = NULL;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        assert_true(asprintf(&path, "%s/%s", dir, e->d_name) > 0);
        if (lstat(path, &st) == 0)
            sum += S_ISDIR(st.st_mode) ? bytes_under(path)
                   : st.st_nlink == 1 || strstr(path, "quarantine") ? (uint64_t)st.st_size : 0;
        free(path);
    }
    closedir(d);
    return sum;
}

/* A whole file in memory, and back. */
static inline uint8_t *file_get(const char *path, size_t *n_r)
{
    struct stat st;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    uint8_t *p = malloc((size_t)st.st_size + 1);
    assert_non_null(p);
    assert_int_equal(read(fd, p, (size_t)st.st_size), st.st_size);
    close(fd);
    *n_r = (size_t)st.st_size;
    return p;
}

static inline void file_put(const char *path, const uint8_t *p, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, n), n);
    close(fd);
}

/* Expected damage is logged; it would only fill the screen. */
static inline void quiet(void)
{
    log_open(open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_ERROR);
}

#endif
