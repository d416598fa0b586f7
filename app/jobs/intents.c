/* SPDX-License-Identifier: MIT */
#include "jobs/intents.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "gate/record.h"
#include "spool/spool.h"

/* One open intent; the table is an open-addressing hash by id that doubles at half full. */
struct intent {
    char id[37];
    uint8_t *payload;                    /* NULL = slot free */
    size_t n;
    int64_t at;
};

struct intents {
    struct intent *slots;
    size_t room, used;
};

/* A constructor's memory: out of it ends the process, as everywhere. */
static void *take(size_t n, size_t size)
{
    void *p = calloc(n, size);

    if (!p)
        abort();
    return p;
}

struct intents *intents_new(void)
{
    struct intents *t = take(1, sizeof(*t));

    t->room = 64;
    t->slots = take(t->room, sizeof(*t->slots));
    return t;
}

void intents_free(struct intents *t)
{
    for (size_t i = 0; i < t->room; i++)
        free(t->slots[i].payload);
    free(t->slots);
    free(t);
}

size_t intents_open(const struct intents *t)
{
    return t->used;
}

/* FNV-1a; ids are our own, so nobody chooses them to collide. */
static size_t hash(const char *id)
{
    uint64_t h = 1469598103934665603u;

    for (; *id; id++)
        h = (h ^ (unsigned char)*id) * 1099511628211u;
    return (size_t)h;
}

static struct intent *slot_of(struct intents *t, const char *id)
{
    size_t i = hash(id) & (t->room - 1);

    while (t->slots[i].payload && strcmp(t->slots[i].id, id) != 0)
        i = (i + 1) & (t->room - 1);
    return &t->slots[i];
}

static void grow(struct intents *t)
{
    struct intents bigger = {.room = 2 * t->room, .used = t->used};

    bigger.slots = take(bigger.room, sizeof(*bigger.slots));
    for (size_t i = 0; i < t->room; i++)
        if (t->slots[i].payload)
            *slot_of(&bigger, t->slots[i].id) = t->slots[i];
    free(t->slots);
    *t = bigger;
}

static void remember(struct intents *t, const struct spool_record *record)
{
    struct intent *slot = slot_of(t, record->id);

    if (slot->payload)
        return;
    memcpy(slot->id, record->id, sizeof(slot->id));
    slot->payload = take(1, record->payload.n + 1);
    memcpy(slot->payload, record->payload.p, record->payload.n);
    slot->n = record->payload.n;
    slot->at = record->at;
    if (2 * ++t->used > t->room)
        grow(t);
}

/* Taking one out of an open-addressing table: what follows it in its cluster is put in anew. */
static void forget(struct intents *t, const char *id)
{
    struct intent *slot = slot_of(t, id);
    size_t i;

    if (!slot->payload)
        return;
    free(slot->payload);
    slot->payload = NULL;
    t->used--;
    i = (size_t)(slot - t->slots);
    for (i = (i + 1) & (t->room - 1); t->slots[i].payload; i = (i + 1) & (t->room - 1)) {
        struct intent moved = t->slots[i];

        t->slots[i].payload = NULL;
        *slot_of(t, moved.id) = moved;
    }
}

void intents_see(struct intents *t, const struct spool_record *record)
{
    if (record->own)
        return;
    if (record->type == RECORD_INTENT)
        remember(t, record);
    else if (record->type == RECORD_FINAL)
        forget(t, record->id);
}

/* What is known of an interrupted run: what its intent says, and that it cost an unknown amount of time. */
static bool write_final(const struct intent *intent, struct spool *spool, struct arena *scratch, struct err *err)
{
    struct run_entry entry = {0};

    if (!record_read((struct bytes){intent->payload, intent->n}, scratch, &entry, err))
        return false;
    entry.run.status = "interrupted";
    entry.run.error_code = "interrupted";
    entry.run.error_detail = "the process ended while the run was in flight";
    entry.run.http_status = 0;
    log_warn(&(struct log){.run_id = intent->id}, "run was interrupted");
    return record_write(spool, RECORD_FINAL, &entry, scratch, err);
}

bool intents_close(struct intents *t, struct spool *spool, struct arena *scratch, struct err *err)
{
    for (size_t i = 0; i < t->room && t->used; i++) {
        struct intent *slot = &t->slots[i];

        if (!slot->payload)
            continue;
        if (!write_final(slot, spool, scratch, err))
            return false;
        free(slot->payload);
        slot->payload = NULL;
        t->used--;
        arena_reset(scratch);
    }
    return true;
}
