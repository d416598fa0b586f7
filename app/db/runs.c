/* SPDX-License-Identifier: MIT */
#include "db/runs.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json_write.h"

const struct field run_fields[] = {
    FIELD(struct run_row, id),              FIELD_TIME(struct run_row, started_at),  FIELD(struct run_row, api),
    FIELD(struct run_row, status),          FIELD(struct run_row, http_status),      FIELD(struct run_row, error_code),
    FIELD(struct run_row, error_detail),    FIELD(struct run_row, requested_model),  FIELD(struct run_row, actual_model),
    FIELD(struct run_row, provider_id),     FIELD(struct run_row, provider_name),    FIELD(struct run_row, is_local),
    FIELD(struct run_row, model_tier),      FIELD(struct run_row, stream),           FIELD(struct run_row, finish_reason),
    FIELD(struct run_row, latency_us),      FIELD(struct run_row, first_token_us),   FIELD(struct run_row, tokens_in),
    FIELD(struct run_row, tokens_out),      FIELD(struct run_row, tokens_cached),    FIELD(struct run_row, tokens_reasoning),
    FIELD(struct run_row, estimated),       FIELD(struct run_row, cost_micros),      FIELD(struct run_row, attempts),
    FIELD(struct run_row, key_id),          FIELD(struct run_row, key_name),         FIELD(struct run_row, user_name),
    FIELD(struct run_row, data_class),      FIELD(struct run_row, policy_profile),   FIELD(struct run_row, sovereign),
    FIELD(struct run_row, request_id),      FIELD(struct run_row, remote_addr),      FIELD_RAW(struct run_row, decision),
    FIELD(struct run_row, dropped),         FIELD(struct run_row, switches),         FIELD(struct run_row, tokens_written),
    FIELD(struct run_row, tokens_image),    FIELD(struct run_row, avoided_micros),   FIELD(struct run_row, priced),
    FIELD_RAW(struct run_row, price),       FIELD_END,
};
const struct field run_totals_fields[] = {
    FIELD(struct run_totals, runs),           FIELD(struct run_totals, failed),         FIELD(struct run_totals, cancelled),
    FIELD(struct run_totals, local_runs),     FIELD(struct run_totals, tokens_in),      FIELD(struct run_totals, tokens_out),
    FIELD(struct run_totals, cost_micros),    FIELD(struct run_totals, avoided_micros), FIELD(struct run_totals, unpriced),
    FIELD(struct run_totals, latency_p50_us), FIELD(struct run_totals, latency_p95_us),
    FIELD(struct run_totals, first_token_p50_us), FIELD_TIME(struct run_totals, last_at), FIELD_END,
};

struct number {
    int64_t n;
};
static const struct field number_fields[] = {FIELD(struct number, n), FIELD_END};

#define RUN_FACTS \
    "id, started_at, api, status, http_status, error_code, error_detail, requested_model, actual_model, provider_id," \
    " provider_name, is_local, model_tier, stream, finish_reason, latency_us, first_token_us, tokens_in, tokens_out," \
    " tokens_cached, tokens_reasoning, estimated, cost_micros, attempts, key_id, key_name, user_name, data_class," \
    " policy_profile, sovereign, request_id, remote_addr, decision, dropped, switches, tokens_written, tokens_image," \
    " avoided_micros, price"
#define RUN_COLUMNS RUN_FACTS ", priced"
/* In rows of before the column: what had a cost had a price. */
#define RUN_READ RUN_FACTS ", coalesce(priced, is_local or cost_micros > 0 or status = 'refused') as priced"
#define ATTEMPT_COLUMNS \
    "n, provider_id, provider_name, model, result, http_status, detail, offset_us, connect_us, first_byte_us, latency_us," \
    " reused, remote, upstream_id, remedy, retry_after_ms, rate_requests, rate_tokens"

/* Rows come as two JSON arrays, so that a batch is one round trip. Counters count only rows that are really new; they are raised
 * in a fixed order, so that two replayers wait for each other rather than deadlock. */
static const struct sql INSERT = {
    "runs.insert",
    "with new as (insert into runs (" RUN_COLUMNS ") select " RUN_COLUMNS " from jsonb_to_recordset($1::jsonb) as r (id uuid,"
    "   started_at timestamptz, api text, status text, http_status integer, error_code text, error_detail text,"
    "   requested_model text, actual_model text, provider_id text, provider_name text, is_local boolean, model_tier text,"
    "   stream boolean, finish_reason text, latency_us bigint, first_token_us bigint, tokens_in bigint, tokens_out bigint,"
    "   tokens_cached bigint, tokens_reasoning bigint, estimated boolean, cost_micros bigint, attempts integer, key_id text,"
    "   key_name text, user_name text, data_class text, policy_profile text, sovereign boolean, request_id text,"
    "   remote_addr text, decision jsonb, dropped text, switches text, tokens_written bigint, tokens_image bigint,"
    "   avoided_micros bigint, priced boolean, price jsonb)"
    "   on conflict do nothing returning id, started_at, key_id, provider_id, actual_model, status, tokens_in, tokens_out,"
    "   cost_micros, avoided_micros, priced),"
    " tried as (insert into attempts (run_id, started_at, " ATTEMPT_COLUMNS ")"
    "   select t.run_id, new.started_at, t.n, t.provider_id, t.provider_name, t.model, t.result, t.http_status, t.detail,"
    "   t.offset_us, t.connect_us, t.first_byte_us, t.latency_us, t.reused, t.remote, t.upstream_id, t.remedy,"
    "   t.retry_after_ms, t.rate_requests, t.rate_tokens"
    "   from jsonb_to_recordset($2::jsonb) as t (run_id uuid, n integer, provider_id text, provider_name text, model text,"
    "   result text, http_status integer, detail text, offset_us bigint, connect_us bigint, first_byte_us bigint,"
    "   latency_us bigint, reused boolean, remote text, upstream_id text, remedy text, retry_after_ms bigint,"
    "   rate_requests bigint, rate_tokens bigint) join new on new.id = t.run_id on conflict do nothing),"
    " spent as (insert into spend as s (day, key_id, provider_id, model, runs, failed, tokens_in, tokens_out, cost_micros,"
    "   avoided_micros, unpriced) select (started_at at time zone 'UTC')::date, key_id, provider_id, actual_model, count(*),"
    "   count(*) filter (where status <> 'ok'), sum(tokens_in), sum(tokens_out), sum(cost_micros), sum(avoided_micros),"
    "   count(*) filter (where not priced)"
    "   from new group by 1, 2, 3, 4 order by 1, 2, 3, 4"
    "   on conflict (day, key_id, provider_id, model) do update set runs = s.runs + excluded.runs,"
    "   failed = s.failed + excluded.failed, tokens_in = s.tokens_in + excluded.tokens_in,"
    "   tokens_out = s.tokens_out + excluded.tokens_out, cost_micros = s.cost_micros + excluded.cost_micros,"
    "   avoided_micros = s.avoided_micros + excluded.avoided_micros, unpriced = s.unpriced + excluded.unpriced)"
    " select count(*) as n from new",
    SQL_ROW(struct number, number_fields),
};

#define FILTER \
    " where ($1::timestamptz is null or started_at >= $1) and ($2::timestamptz is null or started_at < $2)" \
    " and ($3::text is null or status = $3) and (not $4::boolean or status <> 'ok') and ($5::text is null or provider_id = $5)" \
    " and ($6::text is null or key_id = $6) and ($7::text is null or requested_model = $7 or actual_model = $7)"

static const struct sql OLDER = {
    "runs.older",
    "select " RUN_READ " from runs" FILTER
    " and ($8::timestamptz is null or (started_at <= $8 and (started_at, id) < ($8, $9::uuid)))"
    " order by started_at desc, id desc limit $10",
    SQL_ROW(struct run_row, run_fields),
};
static const struct sql NEWER = {
    "runs.newer",
    "select " RUN_COLUMNS " from (select " RUN_READ " from runs" FILTER
    "   and started_at >= $8::timestamptz and (started_at, id) > ($8::timestamptz, $9::uuid)"
    "   order by started_at, id limit $10) as next_to_it order by started_at desc, id desc",
    SQL_ROW(struct run_row, run_fields),
};
static const struct sql COUNT_SOME = {
    "runs.count", "select count(*) as n from (select 1 from runs" FILTER " limit $8) as counted",
    SQL_ROW(struct number, number_fields),
};
static const struct sql GET = {
    "runs.get", "select " RUN_READ " from runs where id = $1", SQL_ROW(struct run_row, run_fields),
};
static const struct sql TOTALS = {
    "runs.totals",
    "select count(*) as runs, count(*) filter (where status <> 'ok') as failed,"
    "   count(*) filter (where status = 'cancelled') as cancelled, count(*) filter (where is_local) as local_runs,"
    "   coalesce(sum(tokens_in), 0)::bigint as tokens_in, coalesce(sum(tokens_out), 0)::bigint as tokens_out,"
    "   coalesce(sum(cost_micros), 0)::bigint as cost_micros, coalesce(sum(avoided_micros), 0)::bigint as avoided_micros,"
    "   count(*) filter (where not coalesce(priced, true)) as unpriced,"
    "   percentile_disc(0.5) within group (order by latency_us) filter (where status = 'ok') as latency_p50_us,"
    "   percentile_disc(0.95) within group (order by latency_us) filter (where status = 'ok') as latency_p95_us,"
    "   percentile_disc(0.5) within group (order by first_token_us) filter (where status = 'ok' and first_token_us > 0)"
    "     as first_token_p50_us, max(started_at) as last_at"
    " from runs where started_at >= $1 and started_at < $2",
    SQL_ROW(struct run_totals, run_totals_fields),
};
static const struct sql PARTITIONS = {
    "runs.partitions", "select runs_partitions(($1::timestamptz at time zone 'UTC')::date, $2) as n",
    SQL_ROW(struct number, number_fields), .changes = true,
};

const struct sql *const runs_statements[] = {
    &INSERT, &OLDER, &NEWER, &COUNT_SOME, &GET, &TOTALS, &PARTITIONS, NULL,
};

/* A row as a JSON object in which no text is null, as the columns want it. */
static void put_row(struct json_out *out, const struct field *fields, void *row)
{
    for (const struct field *f = fields; f->name; f++) {
        const char **text = (const char **)(void *)((char *)row + f->offset);
        if (f->type == FIELD_TEXT && !*text)
            *text = "";
    }
    json_put_row(out, fields, row);
}

/* A hundred or so fields of bounded length make a run; a batch is bounded by its caller, and here once more. */
enum { BATCH_MAX = 64 << 20 };

static bool write_batch(struct arena *a, const struct run_entry *entries, size_t n, const char **runs_r, const char **attempts_r,
                        struct err *err)
{
    struct buf runs = buf_new(a, BATCH_MAX), attempts = buf_new(a, BATCH_MAX);
    struct json_out run_out = json_out(&runs), attempt_out = json_out(&attempts);
    json_begin_array(&run_out);
    json_begin_array(&attempt_out);
    for (size_t i = 0; i < n; i++) {
        struct run_row run = entries[i].run;
        const struct attempt_row *tries = entries[i].attempts.items;
        put_row(&run_out, run_fields, &run);
        for (size_t k = 0; k < entries[i].attempts.n; k++) {
            struct attempt_row attempt = tries[k];
            attempt.run_id = run.id;
            put_row(&attempt_out, attempt_fields, &attempt);
        }
    }
    json_end_array(&run_out);
    json_end_array(&attempt_out);
    return buf_done(&runs, runs_r, err) && buf_done(&attempts, attempts_r, err);
}

bool runs_insert(struct db *db, struct arena *a, const struct run_entry *entries, size_t n, int64_t *inserted_r, struct err *err)
{
    const char *runs, *attempts;
    struct number count = {0};
    if (n > 0 && (!write_batch(a, entries, n, &runs, &attempts, err) || !db_one(db, a, &INSERT, DB(runs, attempts), &count, err)))
        return false;
    if (inserted_r)
        *inserted_r = count.n;
    return true;
}

/* The seven values of FILTER, with room for three more. */
enum { FILTER_VALUES = 7, LIST_VALUES = 10 };

static const char **filter_values(struct arena *a, const struct run_filter *f)
{
    const char **v = NEW_ARRAY(a, const char *, LIST_VALUES);
    v[0] = db_time(a, f->from);
    v[1] = db_time(a, f->to);
    v[2] = f->status;
    v[3] = db_bool(f->failed);
    v[4] = f->provider_id;
    v[5] = f->key_id;
    v[6] = f->model;
    return v;
}

bool runs_list(struct db *db, struct arena *a, const struct run_filter *f, struct list *runs_r, struct err *err)
{
    bool newer = !f->before.id && f->after.id;
    const struct run_cursor *cursor = newer ? &f->after : &f->before;
    const char **v = filter_values(a, f);
    v[FILTER_VALUES] = cursor->id ? db_time(a, cursor->at) : NULL;
    v[FILTER_VALUES + 1] = db_id(cursor->id);
    v[FILTER_VALUES + 2] = db_int(a, f->limit > 0 ? f->limit : 50);
    return db_all(db, a, newer ? &NEWER : &OLDER, (struct db_values){v, LIST_VALUES}, runs_r, err);
}

bool runs_count(struct db *db, struct arena *a, const struct run_filter *f, int64_t cap, int64_t *n_r, struct err *err)
{
    struct number count;
    const char **v = filter_values(a, f);
    v[FILTER_VALUES] = db_int(a, cap);
    if (!db_one(db, a, &COUNT_SOME, (struct db_values){v, FILTER_VALUES + 1}, &count, err))
        return false;
    *n_r = count.n;
    return true;
}

bool runs_get(struct db *db, struct arena *a, const char *id, struct run_row *run_r, struct err *err)
{
    return db_one(db, a, &GET, DB(db_id(id)), run_r, err);
}

/* The first run of a list of at most one. */
static const char *only_id(struct list list)
{
    return list.n > 0 ? ((const struct run_row *)list.items)->id : NULL;
}

bool runs_neighbours(struct db *db, struct arena *a, const struct run_filter *filter, const struct run_row *run,
                     const char **newer_id_r, const char **older_id_r, struct err *err)
{
    struct run_filter newer = *filter, older = *filter;
    struct run_cursor here = {run->started_at, run->id}, nowhere = {0, NULL};
    struct list above, below;
    newer.after = older.before = here;
    newer.before = older.after = nowhere;
    newer.limit = older.limit = 1;
    if (!runs_list(db, a, &newer, &above, err) || !runs_list(db, a, &older, &below, err))
        return false;
    *newer_id_r = only_id(above);
    *older_id_r = only_id(below);
    return true;
}

bool runs_totals(struct db *db, struct arena *a, int64_t from, int64_t to, struct run_totals *totals_r, struct err *err)
{
    return db_one(db, a, &TOTALS, DB(db_time(a, from), db_time(a, to)), totals_r, err);
}

bool runs_partitions(struct db *db, struct arena *a, int64_t from_day, int64_t days, int64_t *made_r, struct err *err)
{
    struct number count;
    if (!db_one(db, a, &PARTITIONS, DB(db_time(a, from_day), db_int(a, days)), &count, err))
        return false;
    if (made_r)
        *made_r = count.n;
    return true;
}
