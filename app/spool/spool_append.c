/* SPDX-License-Identifier: MIT */
/* spool_append: one record from a caller to the live segment. Sealing and the payload's CRC are outside the lock, the write into
 * the page cache inside: it costs about 2 µs, and it makes the file a sequence without holes, whatever happens to a thread. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/metrics.h"
#include "spool/spool_private.h"

enum { ON_STACK = 6 << 10, WRITE_ERRORS = 3 };

enum placed { PLACED, AGAIN, REFUSED };

/* The key to seal with, and the turn it belongs to. */
static uint64_t key_now(struct spool *sp, uint8_t key_r[CRYPTO_KEY])
{
    uint64_t turn = atomic_load_explicit(&sp->turn, memory_order_acquire);
    for (size_t i = 0; i < CRYPTO_KEY / 8; i++) {
        uint64_t word = atomic_load_explicit(&sp->key_words[i], memory_order_relaxed);
        memcpy(key_r + 8 * i, &word, sizeof(word));
    }
    return turn;
}

bool append_entry(struct spool *sp, const struct entry *entry, uint8_t *sealed)
{
    struct segment *live = &sp->live;
    size_t n = entry_length(entry);
    lock_assert_held(&sp->lock);
    entry_write(entry, sealed);
    if (!write_all(live->fd, sealed, n, live->end))
        return false;
    live->end += n;
    sp->written[sp->written_n - 1].end = live->end;
    atomic_fetch_sub_explicit(&sp->room, (int64_t)n, memory_order_relaxed);
    return true;
}

/* The entry's seq is given up, for a part of it may be in the file; no reader shall take the next one for missing. */
static enum placed write_failed(struct spool *sp, int reason, int *errors, struct err *err)
{
    sp->next_seq++;
    sp->skipped += sp->skipped < UINT8_MAX;
    if (reason == ENOSPC || reason == EDQUOT) {
        atomic_store(&sp->full, true);
        fail(err, ERR_RECORDING, "spool write: %s", strerror(reason));
        return REFUSED;
    }
    fail(err, ERR_RECORDING, "spool write to segment %" PRIu32 ": %s", sp->live.number, strerror(reason));
    uint64_t turn = atomic_load(&sp->turn);
    while (sp->syncing)
        lock_wait(&sp->lock, &sp->changed, 0);
    if (!atomic_load(&sp->failed) && turn == atomic_load(&sp->turn)) {
        sp->syncing = true;
        bool repaired = sync_repair(sp);
        sp->syncing = false;
        pthread_cond_broadcast(&sp->changed);
        if (!repaired)
            return REFUSED;
    }
    if (++*errors >= WRITE_ERRORS)
        atomic_store(&sp->failed, true);
    return atomic_load(&sp->failed) ? REFUSED : AGAIN;
}

/* With the lock held. AGAIN: the lock was dropped or the segment changed, so seal again and look again. */
static enum placed place(struct spool *sp, uint64_t turn, struct entry *entry, struct bytes payload, uint8_t *sealed, int *errors,
                         struct err *err)
{
    if (sp->repairing) {
        lock_wait(&sp->lock, &sp->changed, 0);
        return AGAIN;
    }
    if (atomic_load(&sp->failed)) {
        fail(err, ERR_RECORDING, "the spool cannot be written; hint: see the log for the first error, check the disk");
        return REFUSED;
    }
    if (turn != atomic_load_explicit(&sp->turn, memory_order_relaxed))
        return AGAIN;
    if (sp->live.end + entry_length(entry) > sp->live.size)
        return room_next(sp, err) ? AGAIN : REFUSED;
    if (!tail_fits(&sp->tails[sp->filling], payload.n)) {
        if (sp->syncing)
            lock_wait(&sp->lock, &sp->changed, 0);
        else
            sync_now(sp, false);
        return AGAIN;
    }
    entry->seq = sp->next_seq;
    entry->skipped = sp->skipped;
    if (!append_entry(sp, entry, sealed))
        return write_failed(sp, errno, errors, err);
    tail_add(&sp->tails[sp->filling], entry, payload);
    sp->skipped = 0;
    sp->next_seq++;
    atomic_store_explicit(&sp->last_seq, entry->seq, memory_order_relaxed);
    return PLACED;
}

static bool append(struct spool *sp, struct entry *entry, struct bytes payload, uint8_t *sealed, struct err *err)
{
    uint8_t key[CRYPTO_KEY];
    int errors = 0;
    enum placed placed;
    do {
        uint64_t turn = key_now(sp, key);
        entry_seal(entry, key, payload, sealed);
        lock_take(&sp->lock);
        placed = place(sp, turn, entry, payload, sealed, &errors, err);
        if (placed == PLACED && sp->options.sync_each && !sync_wait(sp, entry->seq, err))
            placed = REFUSED;
        lock_drop(&sp->lock);
    } while (placed == AGAIN);
    return placed == PLACED;
}

bool spool_append(struct spool *sp, uint8_t type, const char *id, struct bytes payload, struct err *err)
{
    struct entry entry = {.type = type, .at = clock_wall()};
    uint8_t small[ON_STACK];
    size_t size = entry_size(payload.n);
    if (type == 0 || !entry_id_read(id, entry.id))
        return fail(err, ERR_INTERNAL, "spool record: type from 1 and a UUID wanted, got %d and \"%.40s\"", type, id ? id : "");
    if (payload.n > ENTRY_PAYLOAD || size > sp->tail_room)
        return fail(err, ERR_TOO_LARGE, "spool record of %zu bytes is longer than %zu", payload.n,
                    sp->tail_room < ENTRY_MAX ? sp->tail_room - ENTRY_HEAD - ENTRY_MORE : (size_t)ENTRY_PAYLOAD);
    struct arena *a = size > sizeof(small) ? arena_new() : NULL;
    bool ok = append(sp, &entry, payload, a ? arena_alloc(a, size) : small, err);
    if (a)
        arena_free(a);
    if (!ok)
        return false;
    int64_t none = 0;
    if (atomic_load_explicit(&sp->oldest_at, memory_order_relaxed) == 0)
        atomic_compare_exchange_strong(&sp->oldest_at, &none, entry.at);
    atomic_fetch_add_explicit(&sp->appended, 1, memory_order_relaxed);
    metric_add(METRIC_spool_records_total, 1);
    return true;
}
