/* SPDX-License-Identifier: MIT */
/* segment: see segment.h for the layout. Reading never trusts a length before the CRC of the head that holds it. */
#include "spool/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"

static const char MAGIC[8] = "MOONSPL\n";
enum { COPY = SEGMENT_HEAD / 2, HEAD_USED = 120, BLOCK = 4096, CHUNK = 256 << 10, BOUND_MAX = 160 };

void segment_name(uint32_t number, char out[SEGMENT_NAME])
{
    snprintf(out, SEGMENT_NAME, "%08" PRIu32 ".seg", number);
}

/* What the data key is bound to: the place of the segment. */
static struct bytes bound_to(const char *folder, uint32_t number, char out[BOUND_MAX])
{
    int n = snprintf(out, BOUND_MAX, "moongate spool %d|%s|%" PRIu32, SEGMENT_VERSION, folder, number);
    return (struct bytes){(const uint8_t *)out, (size_t)n};
}

static void copy_write(const struct segment_head *head, uint8_t *p)
{
    memcpy(p, MAGIC, sizeof(MAGIC));
    put_le(p + 8, SEGMENT_VERSION, 4);
    put_le(p + 12, head->number, 4);
    put_le(p + 16, head->kid, 4);
    put_le(p + 24, (uint64_t)head->created, 8);
    put_le(p + 32, head->size, 8);
    memcpy(p + 40, head->boot, sizeof(head->boot));
    memcpy(p + 56, head->sealed_key, sizeof(head->sealed_key));
    put_le(p + 116, crypto_crc32c(0, p, 116), 4);
}

void segment_head_write(const struct segment_head *head, const char *folder, const uint8_t master[CRYPTO_KEY],
                        uint8_t key_r[CRYPTO_KEY], uint8_t out[SEGMENT_HEAD])
{
    struct segment_head sealed = *head;
    char bound[BOUND_MAX];
    crypto_random(key_r, CRYPTO_KEY);
    crypto_seal_into(master, (struct bytes){key_r, CRYPTO_KEY}, bound_to(folder, head->number, bound), sealed.sealed_key);
    memset(out, 0, SEGMENT_HEAD);
    copy_write(&sealed, out);
    copy_write(&sealed, out + COPY);
}

static bool copy_read(const uint8_t *p, struct segment_head *head_r)
{
    if (memcmp(p, MAGIC, sizeof(MAGIC)) != 0 || get_le(p + 116, 4) != crypto_crc32c(0, p, 116))
        return false;
    *head_r = (struct segment_head){
        .version = (uint32_t)get_le(p + 8, 4), .number = (uint32_t)get_le(p + 12, 4), .kid = (uint32_t)get_le(p + 16, 4),
        .created = (int64_t)get_le(p + 24, 8), .size = get_le(p + 32, 8),
    };
    memcpy(head_r->boot, p + 40, sizeof(head_r->boot));
    memcpy(head_r->sealed_key, p + 56, sizeof(head_r->sealed_key));
    return true;
}

/* The version a copy claims, whatever the rest of it looks like; 0 if it claims none. */
static uint32_t copy_version(const uint8_t *p)
{
    return memcmp(p, MAGIC, sizeof(MAGIC)) == 0 ? (uint32_t)get_le(p + 8, 4) : 0;
}

static bool all_zero(const uint8_t *p, size_t n)
{
    return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

enum segment_found segment_head_read(const uint8_t *p, size_t n, struct segment_head *head_r)
{
    bool first = n >= HEAD_USED, second = n >= COPY + HEAD_USED;
    if ((first && copy_read(p, head_r)) || (second && copy_read(p + COPY, head_r)))
        return head_r->version == SEGMENT_VERSION ? SEGMENT_GOOD : SEGMENT_OF_OTHER_VERSION;
    if (all_zero(p, n))
        return SEGMENT_EMPTY;
    /* A later version may check its header in another way, but both copies will say which version it is. */
    uint32_t version = second ? copy_version(p) : 0;
    *head_r = (struct segment_head){.version = version};
    return version > SEGMENT_VERSION && copy_version(p + COPY) == version ? SEGMENT_OF_OTHER_VERSION : SEGMENT_DAMAGED;
}

/* The master key that sealed ${kid}'s segments. */
static bool master_find(const struct segment_keys *keys, uint32_t kid, uint8_t master_r[CRYPTO_KEY])
{
    if (kid != keys->kid)
        return keys->find && keys->find(keys->keys, kid, master_r);
    memcpy(master_r, keys->master, CRYPTO_KEY);
    return true;
}

bool segment_key(const struct segment_head *head, const char *folder, const struct segment_keys *keys, uint8_t key_r[CRYPTO_KEY],
                 struct err *err)
{
    char bound[BOUND_MAX];
    uint8_t master[CRYPTO_KEY];
    struct bytes key;
    struct err why;
    if (!master_find(keys, head->kid, master))
        return fail(err, ERR_INPUT, "spool segment %s/%08" PRIu32 " was sealed with master key kid %" PRIu32
                    ", but the key given is kid %" PRIu32 "; hint: start with that key", folder, head->number, head->kid, keys->kid);
    struct arena *a = arena_new();
    bool ok = crypto_open(a, master, (struct bytes){head->sealed_key, sizeof(head->sealed_key)},
                          bound_to(folder, head->number, bound), &key, &why) && key.n == CRYPTO_KEY;
    if (ok) {
        memcpy(key_r, key.p, CRYPTO_KEY);
        secret_wipe((void *)(uintptr_t)key.p, key.n);
    }
    arena_free(a);
    secret_wipe(master, sizeof(master));
    return ok || fail(err, ERR_INPUT, "spool segment %s/%08" PRIu32 " does not open with master key kid %" PRIu32
                      "; hint: wrong key, or the file was moved", folder, head->number, head->kid);
}

bool write_all(int fd, const uint8_t *p, size_t n, uint64_t at)
{
    while (n > 0) {
        ssize_t took = pwrite(fd, p, n, (off_t)at);
        if (took < 0 && errno == EINTR)
            continue;
        if (took <= 0) {
            errno = took == 0 ? EIO : errno;
            return false;
        }
        p += took;
        at += (uint64_t)took;
        n -= (size_t)took;
    }
    return true;
}

bool sync_file(int fd)
{
    int rc;
    do
        rc = fdatasync(fd);
    while (rc != 0 && errno == EINTR);
    return rc == 0;
}

/* posix_fallocate returns its error, and may be interrupted. */
static bool preallocate(int fd, uint64_t size)
{
    int rc;
    do
        rc = posix_fallocate(fd, 0, (off_t)size);
    while (rc == EINTR);
    errno = rc;
    return rc == 0;
}

bool segment_create(int folder_fd, const char *folder, const struct segment_head *head, const uint8_t master[CRYPTO_KEY],
                    struct segment *segment_r, struct err *err)
{
    char name[SEGMENT_NAME];
    uint8_t first[SEGMENT_HEAD];
    struct segment segment = {.number = head->number, .size = head->size, .end = SEGMENT_HEAD};
    segment_name(head->number, name);
    segment_head_write(head, folder, master, segment.key, first);
    segment.fd = openat(folder_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (segment.fd >= 0 && preallocate(segment.fd, head->size) && write_all(segment.fd, first, sizeof(first), 0) &&
        sync_file(segment.fd) && fsync(folder_fd) == 0) {
        *segment_r = segment;
        return true;
    }
    int reason = errno;
    if (segment.fd >= 0) {
        close(segment.fd);
        unlinkat(folder_fd, name, 0);
    }
    secret_wipe(segment.key, sizeof(segment.key));
    fail(err, ERR_RECORDING, "cannot create spool segment %s/%s of %" PRIu64 " bytes: %s", folder, name, head->size,
         strerror(reason));
    errno = reason;
    return false;
}

void window_open(struct window *w, int fd)
{
    w->fd = fd;
    w->from = 0;
    w->n = 0;
    w->unreadable = 0;
}

/* One read; a block that cannot be read becomes zeros, so that what is behind it can still be found. 0 at the end of the file. */
static size_t window_read(struct window *w, uint8_t *p, size_t n, uint64_t at)
{
    for (;;) {
        ssize_t got = pread(w->fd, p, n, (off_t)at);
        if (got >= 0)
            return (size_t)got;
        if (errno == EINTR)
            continue;
        if (n > BLOCK) {
            n = BLOCK - at % BLOCK;
            continue;
        }
        memset(p, 0, n);
        w->unreadable += n;
        return n;
    }
}

const uint8_t *window_at(struct window *w, uint64_t at, size_t n, uint64_t limit)
{
    if (at >= w->from && at + n <= w->from + w->n)
        return w->p + (at - w->from);
    size_t keep = at >= w->from && at < w->from + w->n ? (size_t)(w->from + w->n - at) : 0;
    if (keep)
        memmove(w->p, w->p + (at - w->from), keep);
    w->from = at;
    w->n = keep;
    size_t most = n > CHUNK || CHUNK > w->room ? w->room : CHUNK, want = limit - at < most ? (size_t)(limit - at) : most;
    while (w->n < want) {
        size_t got = window_read(w, w->p + w->n, want - w->n, at + w->n);
        if (got == 0)
            break;
        w->n += got;
    }
    return w->n >= n ? w->p : NULL;
}

/* Whether a whole, undamaged entry begins at ${at}. */
static bool entry_at(struct window *w, uint64_t at, uint64_t limit, struct entry *entry_r, const uint8_t **sealed_r)
{
    const uint8_t *p = at + ENTRY_HEAD <= limit ? window_at(w, at, ENTRY_HEAD, limit) : NULL;
    if (!p || !entry_read(p, entry_r) || at + entry_length(entry_r) > limit)
        return false;
    p = window_at(w, at, entry_length(entry_r), limit);
    *sealed_r = p ? p + ENTRY_HEAD : NULL;
    return p && entry_sound(entry_r, *sealed_r);
}

enum found segment_next(struct window *w, uint64_t *at, uint64_t limit, struct entry *entry_r, const uint8_t **sealed_r,
                        uint64_t *skipped_r)
{
    bool zeros = true;
    *skipped_r = 0;
    for (uint64_t here = *at; here < limit; here += 8) {
        if (entry_at(w, here, limit, entry_r, sealed_r)) {
            *skipped_r = here - *at;
            *at = here;
            return FOUND_ENTRY;
        }
        size_t n = limit - here < 8 ? (size_t)(limit - here) : 8;
        const uint8_t *p = window_at(w, here, n, limit);
        if (!p)
            break;
        zeros = zeros && all_zero(p, n);
    }
    return zeros ? FOUND_END : FOUND_TORN;
}

