/* SPDX-License-Identifier: MIT */
#ifndef FAKELLM_JOURNAL_H
#define FAKELLM_JOURNAL_H
/* journal: what was received and how each answer ended: the latest requests, one ring per server thread. Keys are kept as they came and
 * shown as SHA-256 and last four characters only. */
#include "http.h"

#include <stdatomic.h>

struct journal;

enum ending { ENDING_OPEN, ENDING_HELD, ENDING_DONE, ENDING_CUT, ENDING_CLOSED_EARLY };

/* ${keep}: entries per ring. ${file}: a path that gets one JSON line per ended request; NULL: none. */
struct journal *journal_new(size_t rings, size_t keep, const char *file);
void journal_free(struct journal *);
/* A request came in; its number (1, 2, 3 …). */
uint64_t journal_begin(struct journal *, size_t ring, const struct http *);
/* What became of request ${n}. */
void journal_mark(struct journal *, size_t ring, uint64_t n, enum ending, int status, uint64_t body_bytes);
/* {"open_connections":…,"open_answers":…,"requests":[…]} in the order they came. */
void journal_write(struct journal *, struct text *);
/* Forget all. */
void journal_clear(struct journal *);

/* Counters of the moment. */
struct journal_counts { atomic_llong connections, answers; };
struct journal_counts *journal_counts(struct journal *);

#endif
