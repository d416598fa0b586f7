/* SPDX-License-Identifier: MIT */
#include "db/spend.h"

const struct field spend_fields[] = {
    FIELD(struct spend_row, day),        FIELD(struct spend_row, key_id),     FIELD(struct spend_row, provider_id),
    FIELD(struct spend_row, model),      FIELD(struct spend_row, runs),       FIELD(struct spend_row, failed),
    FIELD(struct spend_row, tokens_in),  FIELD(struct spend_row, tokens_out), FIELD(struct spend_row, cost_micros),
    FIELD(struct spend_row, avoided_micros), FIELD(struct spend_row, unpriced),
    FIELD_END,
};
static const struct field sum_fields[] = {
    FIELD(struct spend_row, key_id),     FIELD(struct spend_row, runs),       FIELD(struct spend_row, failed),
    FIELD(struct spend_row, tokens_in),  FIELD(struct spend_row, tokens_out), FIELD(struct spend_row, cost_micros),
    FIELD(struct spend_row, avoided_micros), FIELD(struct spend_row, unpriced),
    FIELD_END,
};

#define IN_DAYS " where day >= ($1::timestamptz at time zone 'UTC')::date and day < ($2::timestamptz at time zone 'UTC')::date"

static const struct sql LIST = {
    "spend.list",
    "select day::text as day, key_id, provider_id, model, runs, failed, tokens_in, tokens_out, cost_micros, avoided_micros, unpriced from spend" IN_DAYS
    " and ($3::text is null or key_id = $3) order by spend.day desc, key_id, provider_id, model",
    SQL_ROW(struct spend_row, spend_fields),
};
static const struct sql BY_KEY = {
    "spend.by_key",
    "select key_id, sum(runs)::bigint as runs, sum(failed)::bigint as failed, sum(tokens_in)::bigint as tokens_in,"
    " sum(tokens_out)::bigint as tokens_out, sum(cost_micros)::bigint as cost_micros,"
    " sum(avoided_micros)::bigint as avoided_micros, sum(unpriced)::bigint as unpriced from spend" IN_DAYS
    " group by key_id order by key_id",
    SQL_ROW(struct spend_row, sum_fields),
};

const struct sql *const spend_statements[] = {&LIST, &BY_KEY, NULL};

bool spend_list(struct db *db, struct arena *a, int64_t from, int64_t to, const char *key_id, struct list *spend_r,
                struct err *err)
{
    return db_all(db, a, &LIST, DB(db_time(a, from), db_time(a, to), key_id), spend_r, err);
}

bool spend_by_key(struct db *db, struct arena *a, int64_t from, int64_t to, struct list *spend_r, struct err *err)
{
    return db_all(db, a, &BY_KEY, DB(db_time(a, from), db_time(a, to)), spend_r, err);
}
