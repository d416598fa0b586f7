/* SPDX-License-Identifier: MIT */
#include "db/provider_health.h"

#include "base/err.h"

const struct field health_fields[] = {
    FIELD(struct health_row, provider_id),     FIELD(struct health_row, state),       FIELD(struct health_row, reason),
    FIELD(struct health_row, detail),          FIELD(struct health_row, latency_us),  FIELD(struct health_row, models),
    FIELD_TIME(struct health_row, checked_at), FIELD_TIME(struct health_row, since),  FIELD_END,
};
const struct field check_fields[] = {
    FIELD(struct check_row, provider_id), FIELD_TIME(struct check_row, at), FIELD(struct check_row, kind),
    FIELD(struct check_row, state),       FIELD(struct check_row, reason),  FIELD(struct check_row, detail),
    FIELD(struct check_row, http_status), FIELD(struct check_row, latency_us), FIELD_END,
};
const struct field health_slot_fields[] = {
    FIELD(struct health_slot, provider_id), FIELD(struct health_slot, slot),   FIELD(struct health_slot, state),
    FIELD(struct health_slot, checks),      FIELD(struct health_slot, failed), FIELD_END,
};

struct state_before {
    const char *state;
};
static const struct field state_before_fields[] = {FIELD(struct state_before, state), FIELD_END};

#define HEALTH_COLUMNS "provider_id, state, reason, detail, latency_us, models, checked_at, since"

static const struct sql LIST = {
    "provider_health.list", "select " HEALTH_COLUMNS " from provider_health order by provider_id",
    SQL_ROW(struct health_row, health_fields),
};
static const struct sql FIND = {
    "provider_health.find", "select " HEALTH_COLUMNS " from provider_health where provider_id = $1",
    SQL_ROW(struct health_row, health_fields),
};
/* A row only while the provider exists: a check may end after its provider was deleted. */
static const struct sql RECORD = {
    "provider_health.record",
    "with this as (select id, coalesce($2::timestamptz, now()) as at from providers where id = $1 for key share),"
    " noted as (insert into provider_checks (provider_id, at, kind, state, reason, detail, http_status, latency_us)"
    "   select id, at, $3, $4, coalesce($5, ''), left(coalesce($6, ''), 500), $7, $8 from this),"
    " before as (select state from provider_health where provider_id = $1),"
    " now_is as (insert into provider_health as h (provider_id, state, reason, detail, latency_us, models, checked_at, since)"
    "   select id, $4, coalesce($5, ''), left(coalesce($6, ''), 500), $8, $9, at, at from this"
    "   on conflict (provider_id) do update set state = excluded.state, reason = excluded.reason, detail = excluded.detail,"
    "     latency_us = excluded.latency_us, models = excluded.models, checked_at = excluded.checked_at,"
    "     since = case when h.state = excluded.state then h.since else excluded.since end)"
    " select coalesce((select state from before), '') as state from this",
    SQL_ROW(struct state_before, state_before_fields),
};
static const struct sql CHECKS = {
    "provider_checks.list",
    "select provider_id, at, kind, state, reason, detail, http_status, latency_us from provider_checks"
    " where provider_id = $1 order by at desc, id desc limit $2",
    SQL_ROW(struct check_row, check_fields),
};
static const struct sql STRIP = {
    "provider_checks.strip",
    "with slots as (select provider_id, state,"
    "     least(23, 24 - ceil(extract(epoch from $2::timestamptz - at) / 3600)::int) as slot"
    "   from provider_checks"
    "   where ($1::uuid is null or provider_id = $1) and at > $2::timestamptz - interval '24 hours' and at <= $2)"
    " select provider_id, slot, case when bool_or(state = 'bad') then 'bad' when bool_or(state = 'warn') then 'warn'"
    "     when bool_or(state = 'ok') then 'ok' else 'off' end as state,"
    "   count(*) as checks, count(*) filter (where state = 'bad') as failed"
    " from slots group by provider_id, slot order by provider_id, slot",
    SQL_ROW(struct health_slot, health_slot_fields),
};
static const struct sql PRUNE = {"provider_checks.prune", "delete from provider_checks where at < $1", SQL_NO_ROWS};

const struct sql *const provider_health_statements[] = {&LIST, &FIND, &RECORD, &CHECKS, &STRIP, &PRUNE, NULL};

bool provider_health_list(struct db *db, struct arena *a, struct list *health_r, struct err *err)
{
    return db_all(db, a, &LIST, DB_NONE, health_r, err);
}

bool provider_health_find(struct db *db, struct arena *a, const char *provider_id, struct health_row *health_r, bool *found_r,
                          struct err *err)
{
    return db_find(db, a, &FIND, DB(db_id(provider_id)), health_r, found_r, err);
}

bool provider_health_record(struct db *db, struct arena *a, const struct check_row *c, const char **before_r, struct err *err)
{
    struct state_before before;
    if (!db_one(db, a, &RECORD, DB(db_id(c->provider_id), db_time(a, c->at), c->kind, c->state, c->reason, c->detail,
                                   db_int(a, c->http_status), db_int(a, c->latency_us), db_int(a, c->models)), &before, err))
        return false;
    if (before_r)
        *before_r = before.state;
    return true;
}

bool provider_checks_list(struct db *db, struct arena *a, const char *provider_id, int64_t limit, struct list *checks_r,
                          struct err *err)
{
    return db_all(db, a, &CHECKS, DB(db_id(provider_id), db_int(a, limit)), checks_r, err);
}

bool provider_checks_strip(struct db *db, struct arena *a, const char *provider_id, int64_t now, struct list *slots_r,
                           struct err *err)
{
    return db_all(db, a, &STRIP, DB(db_id(provider_id), db_time(a, now)), slots_r, err);
}

bool provider_checks_prune(struct db *db, struct arena *a, int64_t before, int64_t *gone_r, struct err *err)
{
    return db_exec(db, a, &PRUNE, DB(db_time(a, before)), gone_r, err);
}
