/* SPDX-License-Identifier: MIT */
#ifndef JOBS_INTENTS_H
#define JOBS_INTENTS_H
/* intents: runs that a process before this one began and did not end, because it was killed. Once all of its records were read, each gets a FINAL that says
 * "interrupted", so that no run is without a row. */
#include "base/base.h"

struct arena;
struct err;
struct intents;
struct spool;
struct spool_record;

struct intents *intents_new(void);
void intents_free(struct intents *);
/* Every record in the order it was read; those of this process are not followed. */
void intents_see(struct intents *, const struct spool_record *);
/* Everything older was read: write the missing FINALs and forget. */
must_check bool intents_close(struct intents *, struct spool *, struct arena *scratch, struct err *);
size_t intents_open(const struct intents *);

#endif
