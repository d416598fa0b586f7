/* SPDX-License-Identifier: MIT */
/* folder: see folder.h. Names in a folder: 00000001.seg …, cursor. Everything in it may be damaged or hostile. */
#include "spool/folder.h"

#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/secret.h"

static const char CURSOR[] = "cursor", CURSOR_NEW[] = "cursor.new", CURSOR_MAGIC[8] = "MOONCUR1";
enum { CURSOR_BYTES = 40, TRIES = 1000, SEGMENTS_MAX = 1 << 20 };

bool folder_name_valid(const char *name)
{
    size_t n = strlen(name);
    if (n < 38 || n >= FOLDER_NAME || name[36] != '-' || !isdigit((unsigned char)name[37]))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isdigit((unsigned char)name[i]) && name[i] != '-' && !(i < 36 && name[i] >= 'a' && name[i] <= 'f'))
            return false;
    return true;
}

struct folder *folder_new(const char *name, int fd, size_t room)
{
    struct folder *f = calloc(1, sizeof(*f));
    if (!f)
        abort();
    snprintf(f->name, sizeof(f->name), "%s", name);
    f->fd = fd;
    f->segment_room = room;
    f->segments = calloc(room ? room : 1, sizeof(*f->segments));
    if (!f->segments)
        abort();
    return f;
}

void folder_free(struct folder *f)
{
    if (!f)
        return;
    close(f->fd);
    free(f->segments);
    free(f);
}

bool folder_lock(int root_fd, const char *name, int *fd_r)
{
    struct stat st;
    int fd = openat(root_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && st.st_nlink > 0) {
        *fd_r = fd;
        return true;
    }
    close(fd);
    return false;
}

/* The process number and boot id are not enough: a container's first process has the same of both after each start. */
bool folder_make(int root_fd, const char *base, char name_r[FOLDER_NAME], int *fd_r, struct err *err)
{
    for (int i = 0; i < TRIES; i++) {
        snprintf(name_r, FOLDER_NAME, i ? "%s-%d" : "%s", base, i);
        if (mkdirat(root_fd, name_r, 0700) != 0) {
            if (errno == EEXIST)
                continue;
            return fail(err, ERR_INPUT, "cannot make spool folder %s: %s", name_r, strerror(errno));
        }
        if (folder_lock(root_fd, name_r, fd_r)) {
            if (fsync(root_fd) == 0)
                return true;
            int reason = errno;
            close(*fd_r);
            unlinkat(root_fd, name_r, AT_REMOVEDIR);
            return fail(err, ERR_INPUT, "cannot sync the spool's folder: %s", strerror(reason));
        }
        /* Another process took it for an orphan before it was locked: the next name. */
    }
    return fail(err, ERR_INPUT, "no free name for a spool folder like %s", base);
}

struct folder_segment *folder_segment_from(const struct folder *f, uint32_t number)
{
    for (size_t i = 0; i < f->segment_n; i++)
        if (f->segments[i].number >= number)
            return &f->segments[i];
    return NULL;
}

static struct folder_segment *segment_add(struct folder *f, uint32_t number)
{
    if (f->segment_n == f->segment_room) {
        f->segment_room = f->segment_room ? 2 * f->segment_room : 16;
        f->segments = reallocarray(f->segments, f->segment_room, sizeof(*f->segments));
        if (!f->segments)
            abort();
    }
    f->segments[f->segment_n] = (struct folder_segment){.number = number};
    return &f->segments[f->segment_n++];
}

void folder_segment_set(struct folder *f, uint32_t number, uint64_t size, uint64_t limit)
{
    struct folder_segment *s = folder_segment_from(f, number);
    if (!s)
        s = segment_add(f, number);
    assert(s->number == number);
    s->size = size;
    s->limit = limit;
}

void folder_segment_forget(struct folder *f, struct folder_segment *s)
{
    size_t i = (size_t)(s - f->segments);
    f->segment_n--;
    memmove(s, s + 1, (f->segment_n - i) * sizeof(*s));
}

void folder_segment_trim(struct folder *f, struct folder_segment *s, uint64_t end)
{
    char name[SEGMENT_NAME];
    segment_name(s->number, name);
    int fd = end < s->size ? openat(f->fd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (fd < 0)
        return;
    if (ftruncate(fd, (off_t)end) == 0)
        s->size = s->limit = end;
    close(fd);
}

static int by_number(const void *a, const void *b)
{
    const struct folder_segment *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

static bool number_of(const char *name, uint32_t *number_r)
{
    char digits[9], again[SEGMENT_NAME];
    int64_t n;
    struct err err;
    if (strlen(name) != 12 || strcmp(name + 8, ".seg") != 0)
        return false;
    memcpy(digits, name, 8);
    digits[8] = 0;
    for (size_t i = 0; i < 8; i++)
        if (!isdigit((unsigned char)digits[i]))
            return false;
    const char *first = digits + strspn(digits, "0");
    if (!*first || !parse_int(first, 1, 99999999, "segment", &n, &err))
        return false;
    *number_r = (uint32_t)n;
    segment_name(*number_r, again);
    return strcmp(again, name) == 0;
}

/* A directory stream of its own; the folder's descriptor keeps its lock and position. */
static DIR *list_open(int fd)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir && copy >= 0)
        close(copy);
    return dir;
}

static bool segments_list(struct folder *f, struct err *err)
{
    DIR *dir = list_open(f->fd);
    if (!dir)
        return fail(err, ERR_INPUT, "cannot list spool folder %s: %s", f->name, strerror(errno));
    for (struct dirent *e; (e = readdir(dir)) != NULL && f->segment_n < SEGMENTS_MAX;) {
        uint32_t number;
        struct stat st;
        if (!number_of(e->d_name, &number) || fstatat(f->fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
            continue;
        struct folder_segment *s = segment_add(f, number);
        s->size = s->limit = (uint64_t)st.st_size;
    }
    closedir(dir);
    if (f->segment_n)
        qsort(f->segments, f->segment_n, sizeof(*f->segments), by_number);
    return true;
}

bool folder_open_segment(struct folder *f, uint32_t number, const struct segment_keys *keys, int *fd_r,
                         uint8_t key_r[CRYPTO_KEY], enum segment_found *found_r, struct err *err)
{
    char name[SEGMENT_NAME];
    uint8_t first[SEGMENT_HEAD];
    struct segment_head head = {0};
    segment_name(number, name);
    int fd = openat(f->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return fail(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_INPUT, "cannot read spool segment %s/%s: %s", f->name, name,
                    strerror(errno));
    struct window w = {.p = first, .room = sizeof(first)};
    window_open(&w, fd);
    (void)window_at(&w, 0, 1, sizeof(first));
    *fd_r = fd;
    *found_r = segment_head_read(first, w.n, &head);
    if (*found_r == SEGMENT_GOOD && head.number != number)
        *found_r = SEGMENT_DAMAGED;
    if (*found_r == SEGMENT_OF_OTHER_VERSION) {
        close(fd);
        return fail(err, ERR_INPUT, "spool segment %s/%s has version %" PRIu32 ", not %d; hint: start the newer program", f->name,
                    name, head.version, SEGMENT_VERSION);
    }
    if (*found_r == SEGMENT_GOOD && !segment_key(&head, f->name, keys, key_r, err)) {
        close(fd);
        return false;
    }
    if (*found_r == SEGMENT_GOOD && (f->born == 0 || head.created < f->born))
        f->born = head.created;
    return true;
}

/* The lowest and highest seq of a segment as its heads say; stops at the first damage. */
static void seqs_of(struct window *w, const struct folder_segment *s, uint64_t *first_r, uint64_t *last_r)
{
    struct entry entry;
    *first_r = *last_r = 0;
    for (uint64_t at = SEGMENT_HEAD; at + ENTRY_HEAD <= s->limit; at += entry_length(&entry)) {
        const uint8_t *p = window_at(w, at, ENTRY_HEAD, s->limit);
        if (!p || !entry_read(p, &entry))
            break;
        *first_r = *first_r ? *first_r : entry.seq;
        *last_r = entry.seq > *last_r ? entry.seq : *last_r;
    }
}

/* Whether only zeros follow ${at}. */
static bool holds_nothing(struct window *w, uint64_t at, uint64_t limit)
{
    uint64_t skipped;
    struct entry entry;
    const uint8_t *sealed;
    return segment_next(w, &at, limit, &entry, &sealed, &skipped) == FOUND_END && w->unreadable == 0;
}

/* Check one segment; one that was preallocated and never used is removed. *removed_r */
static bool segment_check(struct folder *f, struct folder_segment *s, const struct segment_keys *keys, struct window *w,
                          bool *removed_r, struct err *err)
{
    int fd;
    uint8_t key[CRYPTO_KEY];
    char name[SEGMENT_NAME];
    enum segment_found found;
    if (!folder_open_segment(f, s->number, keys, &fd, key, &found, err))
        return false;
    secret_wipe(key, sizeof(key));
    window_open(w, fd);
    uint64_t from = found == SEGMENT_EMPTY ? 0 : SEGMENT_HEAD;
    bool unused = found != SEGMENT_DAMAGED && holds_nothing(w, from, s->limit);
    if (!unused && !sync_file(fd))
        log_warn(NULL, "adopted spool segment not synced", "folder=%s segment=%" PRIu32 " reason=\"%s\"", f->name, s->number,
                 strerror(errno));
    close(fd);
    segment_name(s->number, name);
    *removed_r = unused && unlinkat(f->fd, name, 0) == 0;
    if (*removed_r)
        folder_segment_forget(f, s);
    return true;
}

static bool cursor_read(struct folder *f, struct position *at_r, int64_t *written_r)
{
    uint8_t p[CURSOR_BYTES];
    struct stat st;
    int fd = openat(f->fd, CURSOR, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    bool ok = pread(fd, p, sizeof(p), 0) == (ssize_t)sizeof(p) && fstat(fd, &st) == 0 &&
              memcmp(p, CURSOR_MAGIC, sizeof(CURSOR_MAGIC)) == 0 && get_le(p + 36, 4) == crypto_crc32c(0, p, 36);
    close(fd);
    if (!ok)
        return false;
    *at_r = (struct position){.number = (uint32_t)get_le(p + 8, 4), .offset = get_le(p + 16, 8), .next_seq = get_le(p + 24, 8)};
    *written_r = (int64_t)st.st_mtim.tv_sec * 1000000;
    return at_r->offset >= SEGMENT_HEAD && at_r->offset % 8 == 0;
}

bool folder_cursor_write(struct folder *f, struct err *err)
{
    uint8_t p[CURSOR_BYTES] = {0};
    memcpy(p, CURSOR_MAGIC, sizeof(CURSOR_MAGIC));
    put_le(p + 8, f->done.number, 4);
    put_le(p + 16, f->done.offset, 8);
    put_le(p + 24, f->done.next_seq, 8);
    put_le(p + 36, crypto_crc32c(0, p, 36), 4);
    int fd = openat(f->fd, CURSOR_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = fd >= 0 && write_all(fd, p, sizeof(p), 0) && renameat(f->fd, CURSOR_NEW, f->fd, CURSOR) == 0;
    int reason = errno;
    if (fd >= 0)
        close(fd);
    return ok || fail(err, ERR_INTERNAL, "cannot write %s/%s: %s", f->name, CURSOR, strerror(reason));
}

/* Where reading begins: the cursor if it points into what is there, else the first segment. */
static void start_at(struct folder *f)
{
    struct position at;
    f->done = (struct position){.number = f->segment_n ? f->segments[0].number : 1, .offset = SEGMENT_HEAD};
    f->done.next_seq = f->done.number == 1;
    if (cursor_read(f, &at, &f->done_at) && at.number >= f->done.number) {
        struct folder_segment *s = folder_segment_from(f, at.number);
        if (!s || s->number != at.number || at.offset <= s->limit)
            f->done = at;
        if (s && s->number != at.number)
            f->done.offset = SEGMENT_HEAD;
    }
    f->read = f->done;
}

/* The last seq, from the last segment back; and the first if no cursor said it. */
static void seqs_find(struct folder *f, struct window *w)
{
    uint64_t first = 0, last = 0;
    for (size_t i = f->segment_n; i-- > 0;) {
        struct folder_segment *s = &f->segments[i];
        char name[SEGMENT_NAME];
        segment_name(s->number, name);
        bool lowest = i == 0 && f->done.next_seq == 0;
        if (s->number < f->done.number || (last && !lowest))
            continue;
        int fd = openat(f->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0)
            continue;
        uint64_t from, to;
        window_open(w, fd);
        seqs_of(w, s, &from, &to);
        close(fd);
        last = to > last ? to : last;
        first = lowest ? from : first;
    }
    f->last_seq = last;
    if (f->done.next_seq == 0 && first)
        f->read.next_seq = f->done.next_seq = first;
}

bool folder_load(struct folder *f, const struct segment_keys *keys, struct window *w, struct err *err)
{
    if (!segments_list(f, err))
        return false;
    for (size_t i = 0; i < f->segment_n;) {
        bool removed;
        if (!segment_check(f, &f->segments[i], keys, w, &removed, err))
            return false;
        i += !removed;
    }
    start_at(f);
    seqs_find(f, w);
    return true;
}

uint64_t folder_waiting(const struct folder *f)
{
    if (f->ended || f->last_seq < f->done.next_seq)
        return 0;
    return f->done.next_seq ? f->last_seq + 1 - f->done.next_seq : f->last_seq ? 1 : 0;
}

uint64_t folder_bytes(int root_fd, const char *name, bool links_too)
{
    uint64_t sum = 0;
    struct stat st;
    int fd = openat(root_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
            (links_too || st.st_nlink == 1))
            sum += (uint64_t)st.st_size;
    closedir(dir);
    return sum;
}
