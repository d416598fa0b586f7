/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_TAIL_H
#define SPOOL_TAIL_H
/* tail: the records that are written but not yet synced, kept in memory so that they can be written again elsewhere when the disk
 * fails. A fixed piece of memory that core dumps leave out. Guarded by the spool's lock. */
#include "base/base.h"
#include "spool/entry.h"

struct tail {
    uint8_t *p;
    size_t room, used;                             /* bytes of memory */
    size_t disk;                                   /* bytes the entries take in a segment */
};

void tail_make(struct tail *, size_t room);
void tail_free(struct tail *);
/* Whether an entry of ${n} payload bytes fits. */
bool tail_fits(const struct tail *, size_t n);
void tail_add(struct tail *, const struct entry *, struct bytes payload);
/* The entry at ${*at} (0 first), its payload; moves on. False at the end. */
bool tail_next(const struct tail *, size_t *at, struct entry *entry_r, struct bytes *payload_r);
void tail_clear(struct tail *);

#endif
