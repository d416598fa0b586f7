/* SPDX-License-Identifier: MIT */
/* spool: records on local disk, first written, then moved to the database by a reader, exactly once if the database ignores
 * what it has already. It does not know what a record means.
 *
 *   <folder>/<boot id>-<pid>/00000001.seg …   segments of one process, which holds the flock of the sub-folder; "cursor"
 *   <folder>/quarantine/                      segments that were found damaged
 *   <folder>/dlq/                             records the database refused
 *
 * Layout: segment.h (a file), entry.h (a record). Writing: spool_append.c, spool_sync.c (durability, errors), spool_room.c
 * (bounds). Reading: spool_read.c (order, damage, folders of dead processes), spool_keep.c (removal). The decisions and the
 * figures are in docs/decisions/0001-spool-format.md.
 *
 * Promises. An appended record survives kill -9 (it is in the page cache), and the loss of power after the next spool_sync,
 * or at once with sync_each. Recovery: at the end of a segment what is not a whole record is a write that was cut short, and
 * was never acknowledged; damage before a whole record is skipped, said, counted, and the segment kept. After a write or
 * sync error what was not synced is written again to a new segment, with the seqs it had, so that it is handed out once; if
 * that fails too, the spool is failed and refuses until a try once a second works. Disk use is never more than max_bytes and
 * one segment. */
#include "spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "base/log.h"
#include "base/secret.h"
#include "spool/spool_private.h"

enum { SEGMENT_LEAST = 64 << 10, SEGMENT_MOST = 1 << 30, WINDOW = ENTRY_MAX + (256 << 10) };

static bool options_valid(const struct spool_options *o, struct err *err)
{
    if (o->segment_bytes < SEGMENT_LEAST || o->segment_bytes > SEGMENT_MOST || o->segment_bytes % 4096)
        return fail(err, ERR_INPUT, "spool segments have 64 KiB to 1 GiB, a multiple of 4096, not %zu", o->segment_bytes);
    if (o->max_bytes < 2 * (uint64_t)o->segment_bytes || o->max_bytes > (uint64_t)1 << 44)
        return fail(err, ERR_INPUT, "the spool needs room for two segments of %zu bytes at least, and has %" PRIu64,
                    o->segment_bytes, o->max_bytes);
    if (o->refuse_percent < 1 || o->refuse_percent > 100 || o->keep_s < 0)
        return fail(err, ERR_INPUT, "spool: refuse_percent is 1–100, got %d; keep_s is not negative, got %d", o->refuse_percent,
                    o->keep_s);
    return true;
}

static bool folder_ready(struct spool *sp, struct err *err)
{
    const char *folder = sp->options.folder;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return fail(err, ERR_INPUT, "cannot make spool folder %s: %s", folder, strerror(errno));
    sp->root_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (sp->root_fd < 0)
        return fail(err, ERR_INPUT, "cannot open spool folder %s: %s", folder, strerror(errno));
    if (faccessat(sp->root_fd, ".", W_OK | X_OK, AT_EACCESS) != 0)
        return fail(err, ERR_INPUT, "spool folder %s is not writable: %s", folder, strerror(errno));
    return true;
}

/* Different after each start of the machine; a random one where the system does not say. */
static void boot_id(char out[ID_TEXT])
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, ID_TEXT - 1);
    if (fd >= 0)
        close(fd);
    out[n > 0 ? n : 0] = 0;
    if (!id_valid(out))
        id_new(out);
}

static bool own_folder(struct spool *sp, struct err *err)
{
    char boot[ID_TEXT], base[FOLDER_NAME];
    boot_id(boot);
    (void)!entry_id_read(boot, sp->boot);
    snprintf(base, sizeof(base), "%s-%ld", boot, (long)getpid());
    if (!folder_make(sp->root_fd, base, sp->name, &sp->own_fd, err))
        return false;
    sp->own = folder_new(sp->name, sp->own_fd, 0);
    sp->own->own = true;
    sp->own->done = sp->own->read = (struct position){.number = 1, .offset = SEGMENT_HEAD, .next_seq = 1};
    return true;
}

static bool first_segment(struct spool *sp, struct err *err)
{
    lock_take(&sp->lock);
    bool ok = room_prepare(sp, false, err);
    if (ok)
        room_activate(sp);
    lock_drop(&sp->lock);
    if (!ok)
        err->kind = ERR_INPUT;
    return ok;
}

static struct spool *spool_new(const struct spool_options *options)
{
    struct spool *sp = calloc(1, sizeof(*sp));
    char *folder = strdup(options->folder);
    if (!sp || !folder)
        abort();
    sp->options = *options;
    sp->options.folder = folder;
    sp->options.key = NULL;
    memcpy(sp->master, options->key, sizeof(sp->master));
    sp->root_fd = sp->own_fd = sp->live.fd = sp->reading.fd = -1;
    lock_init(&sp->lock, "spool");
    lock_cond_init(&sp->changed);
    sp->next_number = 1;
    sp->next_seq = 1;
    size_t half = (options->segment_bytes - SEGMENT_HEAD) / 2 & ~(size_t)7;
    sp->tail_room = half < TAIL_ROOM ? half : TAIL_ROOM;
    tail_make(&sp->tails[0], sp->tail_room);
    tail_make(&sp->tails[1], sp->tail_room);
    sp->written_room = (size_t)(options->max_bytes / options->segment_bytes) + REPAIRS + 2;
    sp->written = calloc(sp->written_room, sizeof(*sp->written));
    sp->folders = calloc(FOLDERS_MAX, sizeof(struct folder *));
    sp->window = (struct window){.p = calloc(1, WINDOW), .room = WINDOW};
    if (!sp->written || !sp->folders || !sp->window.p)
        abort();
    return sp;
}

static void spool_free(struct spool *sp)
{
    read_close(sp);
    for (size_t i = 0; i < sp->folder_n; i++)
        folder_free(sp->folders[i]);
    folder_free(sp->own);
    if (sp->root_fd >= 0)
        close(sp->root_fd);
    tail_free(&sp->tails[0]);
    tail_free(&sp->tails[1]);
    pthread_cond_destroy(&sp->changed);
    pthread_mutex_destroy(&sp->lock.mutex);
    free(sp->window.p);
    free(sp->folders);
    free(sp->written);
    free((char *)(uintptr_t)sp->options.folder);
    secret_wipe(sp, sizeof(*sp));
    free(sp);
}

/* The preallocated rest goes back to the disk; a folder in which nothing was written goes altogether. */
static void segments_close(struct spool *sp)
{
    char name[SEGMENT_NAME];
    for (size_t i = 0; i < sp->spare_n; i++) {
        segment_name(sp->spares[i].number, name);
        unlinkat(sp->own_fd, name, 0);
        close(sp->spares[i].fd);
    }
    for (size_t i = 0; i < sp->closing_n; i++)
        close(sp->closing[i].fd);
    if (sp->live.fd >= 0) {
        segment_name(sp->live.number, name);
        if (sp->live.end > SEGMENT_HEAD)
            (void)!ftruncate(sp->live.fd, (off_t)sp->live.end);
        else
            unlinkat(sp->own_fd, name, 0);
        close(sp->live.fd);
    }
    if (sp->next_seq == 1)
        unlinkat(sp->root_fd, sp->name, AT_REMOVEDIR);
}

bool spool_open(const struct spool_options *options, struct spool **spool_r, struct err *err)
{
    if (!options_valid(options, err))
        return false;
    struct spool *sp = spool_new(options);
    bool ok = folder_ready(sp, err) && own_folder(sp, err);
    if (ok) {
        keep_count(sp);
        ok = read_adopt(sp, true, err) && first_segment(sp, err);
    }
    if (!ok) {
        if (sp->own)
            segments_close(sp);
        spool_free(sp);
        return false;
    }
    spool_again(sp);
    read_publish(sp);
    *spool_r = sp;
    return true;
}

void spool_close(struct spool *sp)
{
    lock_take(&sp->lock);
    while (sp->syncing || sp->preparing)
        lock_wait(&sp->lock, &sp->changed, 0);
    if (atomic_load(&sp->failed)) {
        if (!sync_repair(sp))
            log_error(NULL, "spool closed with records that may not be on disk", "folder=%s from_seq=%" PRIu64, sp->name,
                      sp->synced_seq + 1);
    } else if (sp->synced_seq + 1 < sp->next_seq) {
        sync_now(sp, false);
    }
    segments_close(sp);
    lock_drop(&sp->lock);
    spool_free(sp);
}

void spool_status(struct spool *sp, struct spool_status *status_r)
{
    uint64_t last = atomic_load(&sp->last_seq), done = atomic_load(&sp->own_done);
    *status_r = (struct spool_status){
        .bytes = (uint64_t)atomic_load(&sp->bytes),
        .max_bytes = sp->options.max_bytes,
        .waiting = atomic_load(&sp->adopted_waiting) + (last > done ? last - done : 0),
        .appended = atomic_load(&sp->appended),
        .poison = atomic_load(&sp->poison),
        .quarantined = atomic_load(&sp->quarantined),
        .reserved = (uint64_t)atomic_load(&sp->reserved),
        .refusing = room_refusing(sp),
        .failed = atomic_load(&sp->failed),
    };
    status_r->oldest_at = status_r->waiting ? atomic_load(&sp->oldest_at) : 0;
}
