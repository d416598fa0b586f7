/* SPDX-License-Identifier: MIT */
/* spool_room: segments are created ahead of need, so that going on in the next one takes no time and cannot fail for lack of disk
 * once room was promised. A run is admitted only while the room that is preallocated already holds what all admitted runs may
 * still write, and while what is used stays below the refuse line. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "spool/spool_private.h"

static bool within(const struct spool *sp, bool ahead)
{
    uint64_t bytes = (uint64_t)atomic_load(&sp->bytes);
    return bytes + (ahead ? sp->options.segment_bytes : 0) <= sp->options.max_bytes;
}

static void spare_add(struct spool *sp, const struct segment *segment)
{
    sp->spares[sp->spare_n++] = *segment;
    atomic_fetch_add(&sp->room, (int64_t)(segment->size - segment->end));
    atomic_store(&sp->full, false);
}

bool room_prepare(struct spool *sp, bool ahead, struct err *err)
{
    struct segment segment;
    struct segment_head head = {.number = sp->next_number, .kid = sp->options.kid, .created = clock_wall(),
                                .size = sp->options.segment_bytes};
    lock_assert_held(&sp->lock);
    memcpy(head.boot, sp->boot, sizeof(head.boot));
    if (!within(sp, ahead))
        return fail(err, ERR_RECORDING, "the spool holds %" PRId64 " of %" PRIu64 " bytes", atomic_load(&sp->bytes),
                    sp->options.max_bytes);
    sp->preparing = true;
    sp->next_number++;
    atomic_fetch_add(&sp->bytes, (int64_t)head.size);
    lock_drop(&sp->lock);
    bool ok = segment_create(sp->own_fd, sp->name, &head, sp->master, &segment, err);
    bool no_room = !ok && (errno == ENOSPC || errno == EDQUOT);
    if (no_room && !atomic_exchange(&sp->full, true))
        log_err(NULL, LOG_ERROR, "the spool's disk is full", err);
    lock_take(&sp->lock);
    sp->preparing = false;
    if (ok)
        spare_add(sp, &segment);
    else
        atomic_fetch_sub(&sp->bytes, (int64_t)head.size);
    pthread_cond_broadcast(&sp->changed);
    return ok;
}

void room_activate(struct spool *sp)
{
    lock_assert_held(&sp->lock);
    sp->live = sp->spares[0];
    sp->spare_n--;
    memmove(sp->spares, sp->spares + 1, sp->spare_n * sizeof(sp->spares[0]));
    assert(sp->written_n < sp->written_room);
    sp->written[sp->written_n++] = (struct written){sp->live.number, sp->live.end};
    for (size_t i = 0; i < CRYPTO_KEY / 8; i++) {
        uint64_t word;
        memcpy(&word, sp->live.key + 8 * i, sizeof(word));
        atomic_store_explicit(&sp->key_words[i], word, memory_order_relaxed);
    }
    atomic_fetch_add_explicit(&sp->turn, 1, memory_order_release);
}

bool room_next(struct spool *sp, struct err *err)
{
    lock_assert_held(&sp->lock);
    if (sp->closing_n == CLOSING_MAX) {
        if (sp->syncing)
            lock_wait(&sp->lock, &sp->changed, 0);
        else
            sync_now(sp, false);
        return true;
    }
    if (sp->spare_n == 0) {
        if (!sp->preparing)
            return room_prepare(sp, false, err);
        lock_wait(&sp->lock, &sp->changed, 0);
        return true;
    }
    atomic_fetch_sub(&sp->room, (int64_t)(sp->live.size - sp->live.end));
    sp->closing[sp->closing_n++] = sp->live;
    room_activate(sp);
    return true;
}

/* Room that has to be there: for the runs in flight, and half a segment for what comes in the next second. */
static int64_t room_wanted(const struct spool *sp)
{
    return 2 * atomic_load(&sp->reserved) * SPOOL_RUN_ROOM + (int64_t)sp->options.segment_bytes / 2;
}

void room_ahead(struct spool *sp)
{
    struct err err;
    lock_assert_held(&sp->lock);
    bool again = atomic_load(&sp->full);
    while (!sp->preparing && sp->spare_n < SPARES_MAX && (again || atomic_load(&sp->room) < room_wanted(sp))) {
        again = false;
        if (!room_prepare(sp, true, &err))
            return;
    }
}

/* Whether one of ${runs} runs would be too many. What is not used of the preallocated segments is not used. */
static bool above_line(const struct spool *sp, int64_t runs)
{
    int64_t line = (int64_t)(sp->options.max_bytes / 100 * (uint64_t)sp->options.refuse_percent);
    return atomic_load(&sp->bytes) - atomic_load(&sp->room) + runs * SPOOL_RUN_ROOM > line;
}

bool room_refusing(struct spool *sp)
{
    return atomic_load(&sp->failed) || atomic_load(&sp->full) || above_line(sp, atomic_load(&sp->reserved) + 1);
}

/* The slow way, when the preallocated room is promised already. */
static bool room_make(struct spool *sp, struct err *err)
{
    bool ok = true;
    lock_take(&sp->lock);
    while (ok && atomic_load(&sp->room) < atomic_load(&sp->reserved) * SPOOL_RUN_ROOM) {
        if (sp->preparing)
            lock_wait(&sp->lock, &sp->changed, 0);
        else
            ok = (sp->spare_n < SPARES_MAX || fail(err, ERR_RECORDING, "too many runs in flight for the spool")) &&
                 room_prepare(sp, true, err);
    }
    lock_drop(&sp->lock);
    return ok;
}

bool spool_reserve(struct spool *sp, struct err *err)
{
    int64_t runs = atomic_fetch_add(&sp->reserved, 1) + 1;
    bool ok = !atomic_load(&sp->failed) && !atomic_load(&sp->full) && !above_line(sp, runs);
    if (!ok)
        fail(err, ERR_RECORDING, "the spool takes no more runs: %" PRId64 " of %" PRIu64 " bytes, %" PRId64 " runs in flight%s%s",
             atomic_load(&sp->bytes), sp->options.max_bytes, runs - 1, atomic_load(&sp->full) ? ", disk full" : "",
             atomic_load(&sp->failed) ? ", failed" : "");
    else if (atomic_load(&sp->room) < runs * SPOOL_RUN_ROOM)
        ok = room_make(sp, err);
    if (ok)
        return true;
    atomic_fetch_sub(&sp->reserved, 1);
    err->retry_after_s = 5;
    return false;
}

void spool_release(struct spool *sp)
{
    atomic_fetch_sub(&sp->reserved, 1);
}
