/* SPDX-License-Identifier: MIT */
#include "db/run_slots.h"

const struct field run_slot_fields[] = {
    FIELD(struct run_slot, slot), FIELD(struct run_slot, runs), FIELD(struct run_slot, failed), FIELD(struct run_slot, latency_p95_us),
    FIELD(struct run_slot, first_token_p50_us), FIELD(struct run_slot, cost_micros), FIELD_END,
};

static const struct sql SLOTS = {
    "run_slots.list",
    "select floor(extract(epoch from started_at - $1::timestamptz) / $3::bigint)::bigint as slot, count(*) as runs,"
    "   count(*) filter (where status <> 'ok') as failed,"
    "   percentile_disc(0.95) within group (order by latency_us) filter (where status = 'ok') as latency_p95_us,"
    "   percentile_disc(0.5) within group (order by first_token_us) filter (where status = 'ok' and first_token_us > 0)"
    "     as first_token_p50_us, coalesce(sum(cost_micros), 0)::bigint as cost_micros"
    " from runs where started_at >= $1 and started_at < $2 group by 1 order by 1",
    SQL_ROW(struct run_slot, run_slot_fields),
};
const struct sql *const run_slots_statements[] = {&SLOTS, NULL};

bool run_slots(struct db *db, struct arena *a, int64_t from, int64_t to, int64_t seconds, struct list *slots_r, struct err *err)
{
    return db_all(db, a, &SLOTS, DB(db_time(a, from), db_time(a, to), db_int(a, seconds)), slots_r, err);
}
