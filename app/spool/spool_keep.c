/* SPDX-License-Identifier: MIT */
/* spool_keep: what goes and what stays. Segments that are done stay for keep_s, because a database that fails over may lose what
 * it had acknowledged; when the disk share runs short that comfort goes first. Damaged segments stay in quarantine/, by a link,
 * up to an eighth of the spool. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metrics.h"
#include "spool/spool_private.h"

static const char QUARANTINE[] = "quarantine", DLQ[] = "dlq";
enum { PRESSURE_PERCENT = 70 };

static bool under_pressure(const struct spool *sp)
{
    int64_t used = atomic_load(&sp->bytes) - atomic_load(&sp->room);
    return used > (int64_t)(sp->options.max_bytes / 100 * PRESSURE_PERCENT) || atomic_load(&sp->full) ||
           sp->folder_n > FOLDERS_MAX * 3 / 4;
}

static void segment_remove(struct spool *sp, struct folder *f, struct folder_segment *s)
{
    char name[SEGMENT_NAME];
    segment_name(s->number, name);
    if (sp->reading.folder == f && sp->reading.number == s->number)
        read_close(sp);
    if (unlinkat(f->fd, name, 0) == 0) {
        /* One kept in quarantine/ stays on the disk. */
        if (!s->kept)
            atomic_fetch_sub(&sp->bytes, (int64_t)s->size);
    } else if (errno != ENOENT) {
        log_warn(NULL, "spool segment not removed", "folder=%s segment=%s reason=\"%s\"", f->name, name, strerror(errno));
        s->expires = clock_mono() + 60000000;
        return;
    }
    folder_segment_forget(f, s);
}

static void folder_sweep(struct spool *sp, struct folder *f)
{
    int64_t now = clock_mono();
    for (size_t i = f->segment_n; i-- > 0;) {
        struct folder_segment *s = &f->segments[i];
        bool unused = s->limit <= SEGMENT_HEAD;
        if (s->number < f->done.number && (unused || (s->expires && now >= s->expires)))
            segment_remove(sp, f, s);
    }
}

/* Oldest first, until there is room again. */
static void folder_squeeze(struct spool *sp, struct folder *f)
{
    while (f->segment_n && f->segments[0].number < f->done.number && under_pressure(sp)) {
        size_t n = f->segment_n;
        segment_remove(sp, f, &f->segments[0]);
        if (f->segment_n == n)
            return;
    }
}

static void folder_remove(struct spool *sp, size_t i)
{
    struct folder *f = sp->folders[i];
    if (sp->reading.folder == f)
        read_close(sp);
    unlinkat(f->fd, "cursor", 0);
    unlinkat(f->fd, "cursor.new", 0);
    if (unlinkat(sp->root_fd, f->name, AT_REMOVEDIR) != 0 && errno != ENOENT)
        log_warn(NULL, "spool folder not removed", "folder=%s reason=\"%s\"", f->name, strerror(errno));
    folder_free(f);
    sp->folder_n--;
    memmove(sp->folders + i, sp->folders + i + 1, (sp->folder_n - i) * sizeof(sp->folders[0]));
}

void keep_sweep(struct spool *sp)
{
    for (size_t i = 0; i < sp->folder_n; i++) {
        folder_sweep(sp, sp->folders[i]);
        folder_squeeze(sp, sp->folders[i]);
    }
    folder_sweep(sp, sp->own);
    folder_squeeze(sp, sp->own);
    for (size_t i = sp->folder_n; i-- > 0;)
        if (sp->folders[i]->segment_n == 0)
            folder_remove(sp, i);
}

void keep_quarantine(struct spool *sp, struct folder *f, struct folder_segment *s)
{
    char name[SEGMENT_NAME], kept[sizeof(QUARANTINE) + FOLDER_NAME + SEGMENT_NAME + 2];
    int64_t most = (int64_t)(sp->options.max_bytes / 8);
    if (s->kept)
        return;
    segment_name(s->number, name);
    snprintf(kept, sizeof(kept), "%s/%s.%s", QUARANTINE, f->name, name);
    if (atomic_load(&sp->aside_bytes) + (int64_t)s->size > most) {
        log_warn(NULL, "damaged spool segment not kept, quarantine is full", "folder=%s segment=%s", f->name, name);
        return;
    }
    if (mkdirat(sp->root_fd, QUARANTINE, 0700) != 0 && errno != EEXIST)
        log_warn(NULL, "no quarantine folder", "reason=\"%s\"", strerror(errno));
    if (linkat(f->fd, name, sp->root_fd, kept, 0) == 0) {
        s->kept = true;
        atomic_fetch_add(&sp->aside_bytes, (int64_t)s->size);
        atomic_fetch_add(&sp->quarantined, 1);
        metric_add(METRIC_spool_damaged_total, 1);
    } else if (errno == EEXIST) {
        s->kept = true;
    } else {
        log_warn(NULL, "damaged spool segment not kept", "folder=%s segment=%s reason=\"%s\"", f->name, name, strerror(errno));
    }
}

/* Those under a full name; one that was being written when the process died has none. */
static uint64_t files_in(int root_fd, const char *name)
{
    uint64_t n = 0;
    int fd = openat(root_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        n += strchr(e->d_name, '-') != NULL;
    closedir(dir);
    return n;
}

void keep_count(struct spool *sp)
{
    int64_t bytes = (int64_t)folder_bytes(sp->root_fd, QUARANTINE, false) + (int64_t)folder_bytes(sp->root_fd, DLQ, true);
    atomic_store(&sp->quarantined, files_in(sp->root_fd, QUARANTINE));
    atomic_store(&sp->poison, files_in(sp->root_fd, DLQ));
    atomic_store(&sp->aside_bytes, bytes);
    atomic_fetch_add(&sp->bytes, bytes);
}
