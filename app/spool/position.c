/* SPDX-License-Identifier: MIT */
/* position: which seqs of a folder were read. Seqs count up over all segments of a folder, so a missing entry is noticed, and an
 * entry that was written twice (after a write error) is handed out once. Too many gaps are forgotten: then an entry may be handed
 * out twice, never not at all. */
#include <string.h>

#include "spool/folder.h"

static void gap_add(struct position *at, uint64_t from, uint64_t to)
{
    if (at->gap_n == FOLDER_GAPS) {
        at->gap_forgotten = true;
        return;
    }
    at->gaps[at->gap_n++] = (struct gap){from, to};
}

static void gap_remove(struct position *at, size_t i)
{
    at->gap_n--;
    memmove(at->gaps + i, at->gaps + i + 1, (at->gap_n - i) * sizeof(at->gaps[0]));
}

/* Take one seq out of the gaps; whether it was in one. */
static bool gap_fill(struct position *at, uint64_t seq)
{
    for (size_t i = 0; i < at->gap_n; i++) {
        struct gap *gap = &at->gaps[i];
        if (seq < gap->from || seq >= gap->to)
            continue;
        uint64_t to = gap->to;
        gap->to = seq;
        if (seq + 1 < to)
            gap_add(at, seq + 1, to);
        if (gap->from == gap->to)
            gap_remove(at, i);
        return true;
    }
    return false;
}

bool position_take(struct position *at, uint64_t seq, uint8_t skipped, uint64_t *missed_r)
{
    *missed_r = 0;
    if (at->next_seq != 0 && seq < at->next_seq)
        return gap_fill(at, seq) || at->gap_forgotten;
    uint64_t first = seq - skipped;
    if (at->next_seq != 0 && first > at->next_seq && first <= seq) {
        *missed_r = first - at->next_seq;
        gap_add(at, at->next_seq, first);
    }
    at->next_seq = seq + 1;
    return true;
}

/* No folder ever held as many entries as that: a seq that someone made up, and one record behind it. */
static const uint64_t BELIEVED = (uint64_t)1 << 32;

uint64_t position_give_up(struct position *at, uint64_t last)
{
    uint64_t lost = 0;
    for (size_t i = at->gap_n; i-- > 0;)
        if (at->gaps[i].to - 1 <= last) {
            uint64_t n = at->gaps[i].to - at->gaps[i].from;
            lost += n < BELIEVED ? n : 1;
            gap_remove(at, i);
        }
    return lost;
}
