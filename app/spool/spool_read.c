/* SPDX-License-Identifier: MIT */
/* spool_read: hands out what was written, folder by folder, segment by segment, in order. A position moves on only over what was
 * handed out or is known to be lost, and what is lost is said: seqs have no holes of their own. Readers of a live segment stop at
 * the end the writer told under its lock. */
#include <assert.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/secret.h"
#include "spool/spool_private.h"

enum { LOOK_EVERY = 5000000, READ_MAX = 1 << 16 };

struct batch {
    struct arena *arena;
    struct spool_record *records;
    size_t n, max_n, bytes, max_bytes;
    bool full;
};

/* What the writer made since the last time. */
static void own_refresh(struct spool *sp)
{
    struct folder *own = sp->own;
    lock_take(&sp->lock);
    for (size_t i = 0; i < sp->written_n; i++)
        folder_segment_set(own, sp->written[i].number, sp->options.segment_bytes, sp->written[i].end);
    bool live = sp->live.fd >= 0 && sp->written_n > 0;
    if (live)
        sp->written[0] = sp->written[sp->written_n - 1];
    sp->written_n = live;
    own->last_seq = sp->next_seq - 1;
    sp->own_synced = sp->synced_seq;
    lock_drop(&sp->lock);
}

/* ---- one segment ---- */

void read_close(struct spool *sp)
{
    if (sp->reading.fd >= 0)
        close(sp->reading.fd);
    sp->reading.fd = -1;
    sp->reading.folder = NULL;
    secret_wipe(sp->reading.key, sizeof(sp->reading.key));
}

/* Make ${s} the segment being read. False with ERR_NOT_FOUND if its file is gone. */
static bool reading_begin(struct spool *sp, struct folder *f, const struct folder_segment *s, struct err *err)
{
    enum segment_found found;
    struct segment_keys keys = spool_keys(sp);
    if (sp->reading.folder == f && sp->reading.number == s->number)
        return true;
    read_close(sp);
    if (!folder_open_segment(f, s->number, &keys, &sp->reading.fd, sp->reading.key, &found, err)) {
        sp->reading.fd = -1;
        return false;
    }
    sp->reading.folder = f;
    sp->reading.number = s->number;
    sp->reading.good = found == SEGMENT_GOOD;
    window_open(&sp->window, sp->reading.fd);
    return true;
}

/* Damage is said once and the segment kept aside. */
static void report(struct spool *sp, struct folder *f, struct folder_segment *s, uint64_t at, const char *what, uint64_t count)
{
    if (at < s->reported)
        return;
    s->reported = at + 1;
    log_error(NULL, "spool segment damaged", "folder=%s segment=%" PRIu32 " offset=%" PRIu64 " what=\"%s\" count=%" PRIu64,
              f->name, s->number, at, what, count);
    keep_quarantine(sp, f, s);
}

/* A segment whose key is lost: count what it held, say so, go on. */
static void report_unreadable(struct spool *sp, struct folder *f, struct folder_segment *s)
{
    struct entry entry;
    const uint8_t *sealed;
    uint64_t at = SEGMENT_HEAD, skipped, count = 0;
    while (segment_next(&sp->window, &at, s->limit, &entry, &sealed, &skipped) == FOUND_ENTRY) {
        count++;
        at += entry_length(&entry);
        f->read.next_seq = entry.seq + 1;
    }
    if (s->reported == 0)
        metric_add(METRIC_spool_dropped_total, (int64_t)count);
    report(sp, f, s, 0, "the header, so the records in it cannot be decrypted", count);
}

/* Decrypt an entry into the batch, unless it was handed out before. */
static void take(struct spool *sp, struct folder *f, struct folder_segment *s, struct batch *batch, const struct entry *entry,
                 const uint8_t *sealed)
{
    struct err err;
    struct spool_record *record = &batch->records[batch->n];
    uint64_t missed;
    bool first_time = f->read.offset >= s->reported;
    bool fresh = position_take(&f->read, entry->seq, entry->skipped, &missed);
    if (missed)
        report(sp, f, s, f->read.offset, "records missing before this one", missed);
    if (!entry_open(entry, sp->reading.key, sealed, batch->arena, record, &err)) {
        if (first_time)
            metric_add(METRIC_spool_dropped_total, 1);
        report(sp, f, s, f->read.offset, "a record that does not decrypt", 1);
        return;
    }
    if (!fresh || entry->type == 0)
        return;
    record->adopted = !f->own;
    batch->n++;
    batch->bytes += record->payload.n;
}

/* Go on in the next segment. */
static void segment_pass(struct folder *f, const struct folder_segment *s)
{
    const struct folder_segment *next = folder_segment_from(f, s->number + 1);
    f->read.number = next ? next->number : s->number + 1;
    f->read.offset = SEGMENT_HEAD;
    f->ended = !f->own && !next;
}

/* Zeros to the end of a dead process's segment: give the disk back. */
static void trim(struct spool *sp, struct folder *f, struct folder_segment *s)
{
    uint64_t before = s->size;
    folder_segment_trim(f, s, f->read.offset);
    atomic_fetch_sub(&sp->bytes, (int64_t)(before - s->size));
}

/* Nothing valid follows. Zeros are the end; anything else in an adopted folder is a write that was cut short. */
static void segment_end(struct spool *sp, struct folder *f, struct folder_segment *s, enum found found)
{
    if (sp->window.unreadable)
        report(sp, f, s, f->read.offset, "bytes that cannot be read", sp->window.unreadable);
    else if (f->own && f->read.offset < s->limit)
        report(sp, f, s, f->read.offset, "bytes at the end", s->limit - f->read.offset);
    else if (found == FOUND_END && !f->own)
        trim(sp, f, s);
    else if (found == FOUND_TORN && f->read.offset >= s->reported) {
        s->reported = f->read.offset + 1;
        log_warn(NULL, "spool segment ends in a torn record", "folder=%s segment=%" PRIu32 " offset=%" PRIu64, f->name, s->number,
                 f->read.offset);
    }
    segment_pass(f, s);
}

static bool batch_full(const struct batch *batch)
{
    return batch->full || batch->n == batch->max_n;
}

/* Entries of one segment until the batch is full or the segment ends. */
static void segment_read(struct spool *sp, struct folder *f, struct folder_segment *s, bool live, struct batch *batch)
{
    struct entry entry;
    const uint8_t *sealed;
    while (!batch_full(batch)) {
        uint64_t at = f->read.offset, skipped;
        enum found found = at < s->limit ? segment_next(&sp->window, &at, s->limit, &entry, &sealed, &skipped) : FOUND_END;
        if (found != FOUND_ENTRY) {
            if (!live)
                segment_end(sp, f, s, found);
            return;
        }
        batch->full = batch->n > 0 && batch->bytes + entry.sealed - ENTRY_MORE > batch->max_bytes;
        if (batch->full)
            return;
        if (skipped)
            report(sp, f, s, f->read.offset, "bytes skipped to the next record", skipped);
        f->read.offset = at;
        take(sp, f, s, batch, &entry, sealed);
        f->read.offset = at + entry_length(&entry);
    }
}

/* ---- one folder ---- */

/* Whether a segment is being written still. */
static bool is_live(const struct folder *f, const struct folder_segment *s)
{
    return f->own && s == &f->segments[f->segment_n - 1];
}

/* The next records of a folder, over segment borders. A live segment keeps its place at its end. */
static bool folder_read(struct spool *sp, struct folder *f, struct batch *batch, struct err *err)
{
    while (!batch_full(batch)) {
        struct folder_segment *s = folder_segment_from(f, f->read.number);
        if (!s) {
            f->ended = !f->own;
            return true;
        }
        if (s->number != f->read.number) {
            f->read.number = s->number;
            f->read.offset = SEGMENT_HEAD;
        }
        bool live = is_live(f, s);
        if (f->read.offset >= s->limit) {
            if (live)
                return true;
            segment_pass(f, s);
            continue;
        }
        if (!reading_begin(sp, f, s, err)) {
            if (err->kind != ERR_NOT_FOUND)
                return false;
            report(sp, f, s, f->read.offset, "the file, it is gone", 1);
            segment_pass(f, s);
        } else if (!sp->reading.good) {
            report_unreadable(sp, f, s);
            if (live)
                return true;
            segment_pass(f, s);
        } else {
            segment_read(sp, f, s, live, batch);
            if (live)
                return true;
        }
    }
    return true;
}

bool spool_read(struct spool *sp, struct arena *a, size_t max_n, size_t max_bytes, struct list *records_r, struct err *err)
{
    struct batch batch = {.arena = a, .max_n = max_n < READ_MAX ? max_n : READ_MAX, .max_bytes = max_bytes};
    *records_r = (struct list){0};
    assert(max_n > 0);
    if (clock_mono() - sp->looked_at > LOOK_EVERY && !read_adopt(sp, false, err))
        log_err(NULL, LOG_WARN, "spool folders of other processes not looked at", err);
    own_refresh(sp);
    batch.records = NEW_ARRAY(a, struct spool_record, batch.max_n);
    bool ok = true;
    for (size_t i = 0; i < sp->folder_n && ok && !batch_full(&batch); i++)
        ok = sp->folders[i]->ended || folder_read(sp, sp->folders[i], &batch, err);
    if (ok && !batch_full(&batch))
        ok = folder_read(sp, sp->own, &batch, err);
    /* What was read before an error is handed out; the error will be there again. */
    if (!ok && batch.n == 0)
        return false;
    *records_r = (struct list){batch.records, batch.n};
    sp->outstanding = sp->outstanding || batch.n > 0;
    /* Segments that ended without a further record, and time that passed. */
    return sp->outstanding || spool_done(sp, err);
}

/* ---- done ---- */

/* Missing records that cannot come any more are counted as lost: all if the folder ended; if it is our own and read up to
 * its end, those that were synced before the reader looked, for only what is not synced is ever written again. */
static void give_up(struct spool *sp, struct folder *f)
{
    const struct folder_segment *last = f->segment_n ? &f->segments[f->segment_n - 1] : NULL;
    bool at_end = f->own && last && f->read.number == last->number && f->read.offset >= last->limit;
    uint64_t lost = position_give_up(&f->read, f->ended ? UINT64_MAX : at_end ? sp->own_synced : 0);
    if (lost == 0)
        return;
    metric_add(METRIC_spool_dropped_total, (int64_t)lost);
    log_error(NULL, "spool records lost", "folder=%s count=%" PRIu64, f->name, lost);
}

static void folder_done(struct spool *sp, struct folder *f)
{
    struct err err;
    give_up(sp, f);
    bool moved = f->done.number != f->read.number || f->done.offset != f->read.offset;
    f->done = f->read;
    for (size_t i = 0; i < f->segment_n && f->segments[i].number < f->done.number; i++)
        if (f->segments[i].expires == 0)
            f->segments[i].expires = clock_mono() + (int64_t)sp->options.keep_s * 1000000;
    if (moved && !folder_cursor_write(f, &err))
        log_err(NULL, LOG_WARN, "spool cursor not written, records will be read again after a restart", &err);
}

/* When the first record that waits was appended; 0 = none waits. */
static int64_t oldest_waiting(struct spool *sp)
{
    struct err err;
    struct entry entry;
    const uint8_t *sealed;
    for (size_t i = 0; i <= sp->folder_n; i++) {
        struct folder *f = i < sp->folder_n ? sp->folders[i] : sp->own;
        struct folder_segment *s = f->ended ? NULL : folder_segment_from(f, f->done.number);
        uint64_t at = s && s->number == f->done.number ? f->done.offset : SEGMENT_HEAD, skipped;
        if (s && at < s->limit && reading_begin(sp, f, s, &err) &&
            segment_next(&sp->window, &at, s->limit, &entry, &sealed, &skipped) == FOUND_ENTRY)
            return entry.at;
    }
    return 0;
}

void read_publish(struct spool *sp)
{
    uint64_t waiting = 0;
    int64_t before = atomic_load(&sp->oldest_at);
    for (size_t i = 0; i < sp->folder_n; i++)
        waiting += folder_waiting(sp->folders[i]);
    atomic_store(&sp->adopted_waiting, waiting);
    atomic_store(&sp->own_done, sp->own->done.next_seq - 1);
    atomic_compare_exchange_strong(&sp->oldest_at, &before, oldest_waiting(sp));
}

bool spool_done(struct spool *sp, struct err *err)
{
    (void)err;
    for (size_t i = 0; i < sp->folder_n; i++)
        folder_done(sp, sp->folders[i]);
    folder_done(sp, sp->own);
    sp->outstanding = false;
    keep_sweep(sp);
    read_publish(sp);
    return true;
}

void spool_again(struct spool *sp)
{
    for (size_t i = 0; i < sp->folder_n; i++) {
        sp->folders[i]->read = sp->folders[i]->done;
        sp->folders[i]->ended = false;
    }
    sp->own->read = sp->own->done;
    sp->outstanding = false;
}
