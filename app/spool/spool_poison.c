/* SPDX-License-Identifier: MIT */
/* spool_poison: records the database refuses, kept aside so that the others go on. Each is a file in dlq/ that looks like a very
 * short segment: header, the record, and an entry of the spool's own type with the reason. Poisoning twice leaves one file. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"
#include "spool/spool_private.h"

static const char DLQ[] = "dlq", NEW_FILE[] = "new";
enum { FILE_NAME = 96, WHY_MAX = 1024 };

/* Sorts by time of birth; the same record has the same name. */
static void file_name(const struct spool_record *record, char out[FILE_NAME])
{
    snprintf(out, FILE_NAME, "%016" PRIx64 "-%s-%03d", (uint64_t)record->at, record->id, record->type);
}

static struct bytes file_content(struct spool *sp, struct arena *a, const struct spool_record *record, const char *why)
{
    size_t why_n = strnlen(why, WHY_MAX);
    size_t n = SEGMENT_HEAD + entry_size(record->payload.n) + entry_size(why_n);
    uint8_t *p = arena_alloc(a, n), *at = p + SEGMENT_HEAD, key[CRYPTO_KEY];
    struct segment_head head = {.kid = sp->options.kid, .created = clock_wall(), .size = n};
    memcpy(head.boot, sp->boot, sizeof(head.boot));
    segment_head_write(&head, DLQ, sp->master, key, p);

    struct entry entry = {.type = record->type, .seq = record->seq, .at = record->at};
    struct entry reason = {.seq = record->seq + 1, .at = head.created};
    if (!entry_id_read(record->id, entry.id))
        memset(entry.id, 0, sizeof(entry.id));
    entry_seal(&entry, key, record->payload, at);
    entry_write(&entry, at);
    at += entry_length(&entry);
    entry_seal(&reason, key, (struct bytes){(const uint8_t *)why, why_n}, at);
    entry_write(&reason, at);
    secret_wipe(key, sizeof(key));
    return (struct bytes){p, n};
}

static int folder_open(struct spool *sp)
{
    if (mkdirat(sp->root_fd, DLQ, 0700) == 0)
        (void)fsync(sp->root_fd);
    return openat(sp->root_fd, DLQ, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* Durable, and only then under its name: the caller goes on past the record. */
static bool file_write(int dir, const char *name, struct bytes content)
{
    int fd = openat(dir, NEW_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    bool ok = write_all(fd, content.p, content.n, 0) && sync_file(fd) && renameat(dir, NEW_FILE, dir, name) == 0 &&
              fsync(dir) == 0;
    int reason = errno;
    if (!ok)
        unlinkat(dir, NEW_FILE, 0);
    close(fd);
    errno = reason;
    return ok;
}

bool spool_poison(struct spool *sp, const struct spool_record *record, const char *why, struct err *err)
{
    char name[FILE_NAME];
    struct stat st;
    struct arena *a = arena_new();
    struct bytes content = file_content(sp, a, record, why ? why : "");
    file_name(record, name);
    int64_t most = (int64_t)(sp->options.max_bytes / 8), bytes = (int64_t)content.n;
    int dir = folder_open(sp);
    bool known = dir >= 0 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    bool fits = known || (atomic_load(&sp->aside_bytes) + bytes <= most &&
                          (uint64_t)(atomic_load(&sp->bytes) + bytes) <= sp->options.max_bytes + sp->options.segment_bytes);
    bool ok = dir >= 0 && fits && (known || file_write(dir, name, content));
    if (!ok)
        fail(err, ERR_RECORDING, "cannot keep record %s aside in %s/%s: %s", record->id, sp->options.folder, DLQ,
             dir >= 0 && !fits ? "it is full; hint: look at what is in it, then remove it" : strerror(errno));
    if (dir >= 0)
        close(dir);
    arena_free(a);
    if (!ok || known)
        return ok;
    atomic_fetch_add(&sp->bytes, bytes);
    atomic_fetch_add(&sp->aside_bytes, bytes);
    atomic_fetch_add(&sp->poison, 1);
    log_error(NULL, "spool record kept aside", "run=%s type=%d file=%s/%s", record->id, record->type, DLQ, name);
    return true;
}

/* ---- reading them again ---- */

static bool file_read(int dir, const char *name, struct arena *a, struct bytes *content_r, struct err *err)
{
    struct stat st;
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > SEGMENT_HEAD + 2 * ENTRY_MAX) {
        if (fd >= 0)
            close(fd);
        return fail(err, ERR_INTERNAL, "cannot read %s/%s", DLQ, name);
    }
    struct window w = {.p = arena_alloc(a, (size_t)st.st_size), .room = (size_t)st.st_size};
    window_open(&w, fd);
    (void)window_at(&w, 0, 1, (uint64_t)st.st_size);
    close(fd);
    *content_r = (struct bytes){w.p, w.n};
    return true;
}

static bool entry_take(struct bytes content, size_t *at, const uint8_t *key, struct arena *a, struct spool_record *record_r,
                       struct err *err)
{
    struct entry entry;
    const uint8_t *p = content.p + *at;
    if (*at + ENTRY_HEAD > content.n || !entry_read(p, &entry) || *at + entry_length(&entry) > content.n ||
        !entry_sound(&entry, p + ENTRY_HEAD))
        return fail(err, ERR_INTERNAL, "damaged at byte %zu", *at);
    *at += entry_length(&entry);
    return entry_open(&entry, key, p + ENTRY_HEAD, a, record_r, err);
}

static bool file_parse(struct spool *sp, struct bytes content, struct arena *a, struct spool_record *record_r, const char **why_r,
                       struct err *err)
{
    struct segment_head head;
    struct spool_record reason;
    struct segment_keys keys = spool_keys(sp);
    uint8_t key[CRYPTO_KEY];
    size_t at = SEGMENT_HEAD;
    if (segment_head_read(content.p, content.n, &head) != SEGMENT_GOOD)
        return fail(err, ERR_INTERNAL, "not a record kept aside");
    if (!segment_key(&head, DLQ, &keys, key, err))
        return false;
    bool ok = entry_take(content, &at, key, a, record_r, err) && entry_take(content, &at, key, a, &reason, err);
    if (ok)
        *why_r = arena_copy(a, reason.payload.p, reason.payload.n);
    secret_wipe(key, sizeof(key));
    return ok;
}

static int is_record(const struct dirent *e)
{
    return e->d_name[0] != '.' && strcmp(e->d_name, NEW_FILE) != 0;
}

bool spool_dlq_each(struct spool *sp, bool (*each)(void *arg, const struct spool_record *, const char *why), void *arg,
                    struct err *err)
{
    struct dirent **names;
    int dir = folder_open(sp);
    int n = dir < 0 ? -1 : scandirat(dir, ".", &names, is_record, alphasort);
    if (n < 0) {
        if (dir >= 0)
            close(dir);
        return fail(err, ERR_INTERNAL, "cannot list %s/%s: %s", sp->options.folder, DLQ, strerror(errno));
    }
    struct arena *a = arena_new();
    bool more = true;
    for (int i = 0; i < n; i++) {
        struct bytes content = {0};
        struct spool_record record;
        const char *why = "";
        struct err damage;
        if (more && file_read(dir, names[i]->d_name, a, &content, &damage) && file_parse(sp, content, a, &record, &why, &damage))
            more = each(arg, &record, why);
        else if (more)
            log_err(NULL, LOG_WARN, "record kept aside is not readable", &damage);
        arena_reset(a);
        free(names[i]);
    }
    free(names);
    arena_free(a);
    close(dir);
    return true;
}
