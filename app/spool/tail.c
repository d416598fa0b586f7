/* SPDX-License-Identifier: MIT */
/* tail: entries one after the other, each a struct entry and its payload in the clear: segments have different keys. */
#include "spool/tail.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>


static size_t memory_of(size_t n)
{
    return sizeof(struct entry) + ((n + 7) & ~(size_t)7);
}

void tail_make(struct tail *tail, size_t room)
{
    *tail = (struct tail){.room = room};
    tail->p = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (tail->p == MAP_FAILED)
        abort();
    (void)madvise(tail->p, room, MADV_DONTDUMP);
}

void tail_free(struct tail *tail)
{
    if (!tail->p)
        return;
    munmap(tail->p, tail->room);
    *tail = (struct tail){0};
}

bool tail_fits(const struct tail *tail, size_t n)
{
    return tail->disk + entry_size(n) <= tail->room && tail->used + memory_of(n) <= tail->room;
}

void tail_add(struct tail *tail, const struct entry *entry, struct bytes payload)
{
    assert(tail_fits(tail, payload.n));
    struct entry kept = *entry;
    kept.sealed = (uint32_t)payload.n;
    memcpy(tail->p + tail->used, &kept, sizeof(kept));
    if (payload.n)
        memcpy(tail->p + tail->used + sizeof(kept), payload.p, payload.n);
    tail->used += memory_of(payload.n);
    tail->disk += entry_size(payload.n);
}

bool tail_next(const struct tail *tail, size_t *at, struct entry *entry_r, struct bytes *payload_r)
{
    if (*at >= tail->used)
        return false;
    memcpy(entry_r, tail->p + *at, sizeof(*entry_r));
    *payload_r = (struct bytes){tail->p + *at + sizeof(*entry_r), entry_r->sealed};
    *at += memory_of(entry_r->sealed);
    return true;
}

void tail_clear(struct tail *tail)
{
    tail->used = tail->disk = 0;
}
