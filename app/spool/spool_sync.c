/* SPDX-License-Identifier: MIT */
/* spool_sync: what is written becomes durable. One thread at a time syncs, the others append on or wait for it (leader and
 * followers). After an error no descriptor is synced again, for the kernel may have dropped the pages and would say "done":
 * what was not yet synced is written again, from memory, to a new segment. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"
#include "spool/spool_private.h"

enum { LINGER_LEAST = 50, LINGER_MOST = 1000 };    /* µs */

static void segment_close(struct segment *segment)
{
    if (segment->fd >= 0)
        close(segment->fd);
    secret_wipe(segment->key, sizeof(segment->key));
    *segment = (struct segment){.fd = -1};
}

/* Let others append before the sync, so that one sync serves them all: as long as a sync takes, so that nobody waits more than
 * twice as long as alone, and 1 ms at most. */
static void linger_for_others(struct spool *sp)
{
    int64_t us = sp->sync_us < LINGER_MOST ? sp->sync_us : LINGER_MOST;
    if (us < LINGER_LEAST)
        return;
    lock_drop(&sp->lock);
    nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
    lock_take(&sp->lock);
}

/* The first ${n} closing segments are durable. */
static void closing_done(struct spool *sp, size_t n)
{
    for (size_t i = 0; i < n; i++)
        segment_close(&sp->closing[i]);
    sp->closing_n -= n;
    memmove(sp->closing, sp->closing + n, sp->closing_n * sizeof(sp->closing[0]));
}

void sync_now(struct spool *sp, bool linger)
{
    int fds[CLOSING_MAX + 1];
    lock_assert_held(&sp->lock);
    sp->syncing = true;
    if (linger)
        linger_for_others(sp);
    struct tail *syncing = &sp->tails[sp->filling];
    uint64_t last = sp->next_seq - 1;
    size_t closing_n = sp->closing_n, n = 0;
    sp->filling ^= 1;
    for (size_t i = 0; i < closing_n; i++)
        fds[n++] = sp->closing[i].fd;
    fds[n++] = sp->live.fd;

    lock_drop(&sp->lock);
    bool ok = true;
    int64_t began = clock_mono();
    for (size_t i = 0; i < n && ok; i++)
        ok = sync_file(fds[i]);
    if (!ok)
        log_error(NULL, "spool sync failed, writing again elsewhere", "folder=%s reason=\"%s\"", sp->name, strerror(errno));
    int64_t took = clock_mono() - began;
    lock_take(&sp->lock);

    sp->sync_us = took;
    if (ok) {
        closing_done(sp, closing_n);
        tail_clear(syncing);
        sp->synced_seq = last;
    } else {
        (void)sync_repair(sp);
    }
    sp->syncing = false;
    pthread_cond_broadcast(&sp->changed);
}

/* The segment is left as it is; one that was never used goes. */
static void live_leave(struct spool *sp)
{
    char name[SEGMENT_NAME];
    struct segment *live = &sp->live;
    closing_done(sp, sp->closing_n);
    if (live->fd < 0)
        return;
    atomic_fetch_sub(&sp->room, (int64_t)(live->size - live->end));
    segment_name(live->number, name);
    if (live->end == SEGMENT_HEAD && unlinkat(sp->own_fd, name, 0) == 0) {
        atomic_fetch_sub(&sp->bytes, (int64_t)live->size);
        sp->written_n--;
    }
    segment_close(live);
}

/* Write a tail's entries into the live segment, under its key and with the seqs they had. */
static bool tail_write(struct spool *sp, const struct tail *tail)
{
    struct arena *a = arena_new();
    struct entry entry;
    struct bytes payload;
    bool ok = true;
    for (size_t at = 0; ok && tail_next(tail, &at, &entry, &payload); arena_reset(a)) {
        uint8_t *sealed = arena_alloc(a, entry_size(payload.n));
        entry_seal(&entry, sp->live.key, payload, sealed);
        ok = append_entry(sp, &entry, sealed);
    }
    arena_free(a);
    return ok;
}

/* Both tails in a fresh segment, and durable there. The room of the tails is chosen so that they fit. */
static bool repair_once(struct spool *sp, struct err *err)
{
    live_leave(sp);
    while (sp->spare_n == 0) {
        if (sp->preparing)
            lock_wait(&sp->lock, &sp->changed, 0);
        else if (!room_prepare(sp, false, err))
            return false;
    }
    room_activate(sp);
    if (!tail_write(sp, &sp->tails[sp->filling ^ 1]) || !tail_write(sp, &sp->tails[sp->filling]))
        return fail(err, ERR_RECORDING, "cannot write segment %" PRIu32 ": %s", sp->live.number, strerror(errno));
    int fd = sp->live.fd;
    lock_drop(&sp->lock);
    bool ok = sync_file(fd);
    int reason = errno;
    lock_take(&sp->lock);
    return ok || fail(err, ERR_RECORDING, "cannot sync segment %" PRIu32 ": %s", sp->live.number, strerror(reason));
}

bool sync_repair(struct spool *sp)
{
    struct err err = {0};
    bool ok = false;
    lock_assert_held(&sp->lock);
    sp->repairing = true;
    for (int i = 0; i < REPAIRS && !ok; i++)
        ok = repair_once(sp, &err);
    if (ok) {
        tail_clear(&sp->tails[0]);
        tail_clear(&sp->tails[1]);
        sp->synced_seq = sp->next_seq - 1;
    } else {
        live_leave(sp);
    }
    atomic_store(&sp->failed, !ok);
    uint32_t number = sp->live.number;
    lock_drop(&sp->lock);
    if (ok)
        log_warn(NULL, "spool goes on in a new segment", "folder=%s segment=%" PRIu32, sp->name, number);
    else
        log_err(NULL, LOG_ERROR, "spool failed, runs are refused", &err);
    lock_take(&sp->lock);
    sp->repairing = false;
    pthread_cond_broadcast(&sp->changed);
    return ok;
}

bool sync_wait(struct spool *sp, uint64_t seq, struct err *err)
{
    while (sp->synced_seq < seq) {
        if (atomic_load(&sp->failed))
            return fail(err, ERR_RECORDING, "the spool could not be synced");
        if (sp->syncing) {
            sp->followers++;
            lock_wait(&sp->lock, &sp->changed, 0);
            sp->followers--;
        } else {
            sync_now(sp, sp->followers > 0);
        }
    }
    return true;
}

void spool_sync(struct spool *sp)
{
    lock_take(&sp->lock);
    while (sp->syncing)
        lock_wait(&sp->lock, &sp->changed, 0);
    if (atomic_load(&sp->failed)) {
        sp->syncing = true;
        (void)sync_repair(sp);
        sp->syncing = false;
        pthread_cond_broadcast(&sp->changed);
    } else if (sp->synced_seq + 1 < sp->next_seq) {
        sync_now(sp, false);
    }
    room_ahead(sp);
    lock_drop(&sp->lock);
}
