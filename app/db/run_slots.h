/* SPDX-License-Identifier: MIT */
#ifndef DB_RUN_SLOTS_H
#define DB_RUN_SLOTS_H
/* run_slots: the runs of a span of time in equal slots, for charts. */
#include "db/db.h"

struct run_slot {
    int64_t slot;                  /* from 0 */
    int64_t runs, failed;          /* failed: any status but ok */
    int64_t latency_p95_us, first_token_p50_us;        /* of the runs that were ok; 0 = none */
    int64_t cost_micros;
};
extern const struct field run_slot_fields[];
extern const struct sql *const run_slots_statements[];

/* Slots of ${seconds} over [from, to) that have runs, by slot. */
must_check bool run_slots(struct db *, struct arena *, int64_t from, int64_t to, int64_t seconds, struct list *slots_r, struct err *);

#endif
