/* SPDX-License-Identifier: MIT */
#ifndef DB_SPEND_H
#define DB_SPEND_H
/* spend: counters by UTC day, key, provider and model, raised only by runs_insert. */
#include "db/db.h"

struct spend_row {
    const char *day;               /* "2026-11-20", in sums NULL */
    const char *key_id, *provider_id, *model;
    int64_t runs, failed, tokens_in, tokens_out, cost_micros, avoided_micros;
    int64_t unpriced;              /* runs whose cost is not known and therefore not in cost_micros */
};
extern const struct field spend_fields[];
extern const struct sql *const spend_statements[];

/* Days of [from, to) (micros, UTC days that begin there), newest first. ${key_id} NULL = all. */
must_check bool spend_list(struct db *, struct arena *, int64_t from, int64_t to, const char *key_id, struct list *spend_r,
                           struct err *);
/* One row per key over those days: for the list of keys. */
must_check bool spend_by_key(struct db *, struct arena *, int64_t from, int64_t to, struct list *spend_r, struct err *);

#endif
