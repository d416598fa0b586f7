/* SPDX-License-Identifier: MIT */
/* spool_fuzz: whatever stands in a segment, opening and reading it neither crashes nor hangs, and every record that comes
 * out is one that was put in, byte for byte. The first byte says how the input is used: as the whole file, as what follows a
 * good header, as changes to a good file, or as a recipe that copies and changes entries and makes their check sums fit. */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "spool/entry.h"
#include "spool/segment.h"
#include "spool/spool.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { RECORDS = 8, LONGEST = 300, MOST = 64 << 10 };

static const uint8_t key[CRYPTO_KEY] = "fuzz";
static char root[64], writer[80];
static uint8_t good[MOST], file[MOST];
static size_t good_n, starts[RECORDS + 1];

static void must(bool ok)
{
    if (!ok)
        abort();
}

static size_t payload_of(size_t i, uint8_t out[LONGEST])
{
    size_t n = i * 37 % LONGEST;
    memset(out, (int)('a' + i), n);
    return n;
}

static void id_of(size_t i, char out[37])
{
    snprintf(out, 37, "01900000-0000-7000-8000-%012zx", i & 0xffff);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void empty(void)
{
    nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct spool *open_spool(void)
{
    struct spool_options o = {.folder = root, .segment_bytes = 64 << 10, .max_bytes = 1 << 20, .refuse_percent = 90, .key = key,
                              .kid = 1};
    struct spool *sp;
    struct err err;
    return spool_open(&o, &sp, &err) ? sp : NULL;
}

/* A good file, written as the spool writes it, under a name that stays. */
static void make_good(void)
{
    snprintf(root, sizeof(root), "%s/moongate-fuzz-%ld", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (long)getpid());
    snprintf(writer, sizeof(writer), "01900000-0000-7000-8000-000000000001-1");
    log_open(open("/dev/null", O_WRONLY), LOG_ERROR);
    atexit(empty);
    struct segment_head head = {.number = 1, .kid = 1, .created = 1, .size = MOST};
    uint8_t data_key[CRYPTO_KEY], payload[LONGEST];
    segment_head_write(&head, writer, key, data_key, good);
    good_n = SEGMENT_HEAD;
    for (size_t i = 0; i < RECORDS; i++) {
        struct entry entry = {.type = (uint8_t)(i + 1), .seq = i + 1, .at = 1};
        char id[37];
        id_of(i, id);
        must(entry_id_read(id, entry.id));
        starts[i] = good_n;
        entry_seal(&entry, data_key, (struct bytes){payload, payload_of(i, payload)}, good + good_n);
        entry_write(&entry, good + good_n);
        good_n += entry_length(&entry);
    }
    starts[RECORDS] = good_n;
}

/* A byte of the input, 0 after its end. */
struct input {
    const uint8_t *p;
    size_t n;
};

static uint8_t next(struct input *in)
{
    return in->n ? (in->n--, *in->p++) : 0;
}

static size_t changed(struct input *in)
{
    memcpy(file, good, good_n);
    while (in->n) {
        size_t at = (size_t)(next(in) << 8 | next(in)) % good_n;
        file[at] ^= next(in);
    }
    return good_n;
}

/* Entries of the good file, some with a changed head or body whose check sums are right again, and noise between. */
static size_t cooked(struct input *in)
{
    size_t n = SEGMENT_HEAD;
    memcpy(file, good, SEGMENT_HEAD);
    while (in->n && n + ENTRY_HEAD + 2 * LONGEST < MOST) {
        uint8_t op = next(in), *p = file + n;
        size_t i = next(in) % RECORDS, size = starts[i + 1] - starts[i];
        if (op % 4 == 3) {
            for (size_t k = 0; k < i * 4; k++)
                file[n++] = next(in);
            continue;
        }
        memcpy(p, good + starts[i], size);
        if (op % 4 == 1)
            p[next(in) % 44] = next(in);
        if (op % 4 == 2)
            p[ENTRY_HEAD + next(in) % (size - ENTRY_HEAD)] ^= next(in);
        size_t sealed = (size_t)get_le(p, 4) <= size - ENTRY_HEAD ? (size_t)get_le(p, 4) : size - ENTRY_HEAD;
        put_le(p + 40, crypto_crc32c(0, p + ENTRY_HEAD, sealed), 4);
        put_le(p + 44, crypto_crc32c(0, p, 44), 4);
        n += size;
    }
    return n;
}

static size_t make_file(struct input *in)
{
    uint8_t how = next(in) % 4;
    size_t before = how == 1 ? SEGMENT_HEAD : 0, n = in->n < MOST - before ? in->n : MOST - before;
    if (how == 2)
        return changed(in);
    if (how == 3)
        return cooked(in);
    memcpy(file, good, before);
    memcpy(file + before, in->p, n);
    return before + n;
}

static void put_file(size_t n)
{
    char path[200];
    must(mkdir(root, 0700) == 0);
    snprintf(path, sizeof(path), "%s/%s", root, writer);
    must(mkdir(path, 0700) == 0);
    snprintf(path, sizeof(path), "%s/%s/00000001.seg", root, writer);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    must(fd >= 0 && write(fd, file, n) == (ssize_t)n);
    close(fd);
}

/* Only what was sealed may come out: type, id, time and payload of one of the records. */
static void check(const struct spool_record *record)
{
    uint8_t payload[LONGEST];
    char id[37];
    size_t i = record->type - 1U;
    must(i < RECORDS);
    id_of(i, id);
    must(strcmp(id, record->id) == 0 && record->at == 1 && record->payload.n == payload_of(i, payload));
    must(memcmp(record->payload.p, payload, record->payload.n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct input in = {p, n};
    if (!good_n)
        make_good();
    put_file(make_file(&in));
    struct spool *sp = open_spool();
    struct arena *a = arena_new();
    struct err err;
    struct list list = {NULL, sp != NULL};
    for (size_t turns = 0; list.n > 0; turns++) {
        must(turns < MOST / ENTRY_HEAD && spool_read(sp, a, 7, 1000, &list, &err));
        for (size_t i = 0; i < list.n; i++)
            check((struct spool_record *)list.items + i);
        must(spool_done(sp, &err));
        arena_reset(a);
    }
    arena_free(a);
    if (sp)
        spool_close(sp);
    empty();
    return 0;
}
