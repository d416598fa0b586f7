/* SPDX-License-Identifier: MIT */
#include "db/prices.h"

#include "base/arena.h"

const struct field price_fields[] = {
    FIELD(struct price_row, id),            FIELD(struct price_row, owner),           FIELD(struct price_row, model),
    FIELD(struct price_row, above),         FIELD_TIME(struct price_row, valid_from), FIELD_TIME(struct price_row, valid_to),
    FIELD(struct price_row, currency),      FIELD(struct price_row, input),           FIELD(struct price_row, output),
    FIELD(struct price_row, cached),        FIELD(struct price_row, written),         FIELD(struct price_row, written_long),
    FIELD(struct price_row, reasoning),     FIELD(struct price_row, image),           FIELD(struct price_row, context),
    FIELD(struct price_row, max_output),    FIELD(struct price_row, source),          FIELD(struct price_row, as_of),
    FIELD(struct price_row, origin),        FIELD_TIME(struct price_row, created_at), FIELD(struct price_row, created_by),
    FIELD_END,
};
static const struct field owner_fields[] = {FIELD(struct price_owner, owner), FIELD_END};

#define COLUMNS \
    "p.id, p.owner, p.model, p.above, p.valid_from, p.valid_to, p.currency, p.input, p.output, coalesce(p.cached, -1) as cached," \
    " coalesce(p.written, -1) as written, coalesce(p.written_long, -1) as written_long, coalesce(p.reasoning, -1) as reasoning," \
    " coalesce(p.image, -1) as image, p.context, p.max_output, p.source, p.as_of::text as as_of, p.origin, p.created_at, p.created_by"
#define ORDER " order by p.owner, lower(p.model), p.above, p.valid_from desc"

static const struct sql LIST = {
    "prices.list",
    "select " COLUMNS " from prices p where ($1::text is null or p.owner = $1)"
    " and ($2::text is null or strpos(lower(p.model), lower($2)) > 0)" ORDER " limit $3",
    SQL_ROW(struct price_row, price_fields),
};
static const struct sql GET = {"prices.get", "select " COLUMNS " from prices p where p.id = $1", SQL_ROW(struct price_row, price_fields)};
static const struct sql HISTORY = {
    "prices.history",
    "select " COLUMNS " from prices p join prices this on this.owner = p.owner and lower(this.model) = lower(p.model) where this.id = $1" ORDER,
    SQL_ROW(struct price_row, price_fields),
};
static const struct sql INSERT = {
    "prices.insert",
    "insert into prices (id, owner, model, above, valid_from, valid_to, currency, input, output, cached, written, written_long, reasoning, image,"
    " context, max_output, source, as_of, created_by) values ($1, $2, $3, $4, coalesce($5, '1970-01-01 00:00:00+00'::timestamptz), $6, $7, $8, $9,"
    " nullif($10::bigint, -1), nullif($11::bigint, -1), nullif($12::bigint, -1), nullif($13::bigint, -1), nullif($14::bigint, -1), $15, $16, $17,"
    " $18::date, $19)",
    SQL_NO_ROWS,
};
static const struct sql END = {"prices.end", "update prices set valid_to = $2 where id = $1 and valid_from < $2", SQL_NO_ROWS};
static const struct sql DELETE_PLANNED = {"prices.delete_planned", "delete from prices where id = $1 and valid_from > now()", SQL_NO_ROWS};
static const struct sql OWNERS = {
    "prices.owners", "select distinct owner from prices order by owner", SQL_ROW(struct price_owner, owner_fields),
};

const struct sql *const prices_statements[] = {&LIST, &GET, &HISTORY, &INSERT, &END, &DELETE_PLANNED, &OWNERS, NULL};

bool prices_list(struct db *db, struct arena *a, const char *owner, const char *text, int64_t limit, struct list *prices_r, struct err *err)
{
    return db_all(db, a, &LIST, DB(owner, text, limit ? db_int(a, limit) : NULL), prices_r, err);
}

bool prices_get(struct db *db, struct arena *a, const char *id, struct price_row *price_r, struct err *err)
{
    return db_one(db, a, &GET, DB(db_id(id)), price_r, err);
}

bool prices_history(struct db *db, struct arena *a, const char *id, struct list *prices_r, struct err *err)
{
    return db_all(db, a, &HISTORY, DB(db_id(id)), prices_r, err);
}

bool prices_insert(struct db *db, struct arena *a, const struct price_row *p, struct err *err)
{
    return db_exec(db, a, &INSERT,
                   DB(p->id, p->owner, p->model, db_int(a, p->above), db_time(a, p->valid_from), db_time(a, p->valid_to), p->currency,
                      db_int(a, p->input), db_int(a, p->output), db_int(a, p->cached), db_int(a, p->written), db_int(a, p->written_long),
                      db_int(a, p->reasoning), db_int(a, p->image), db_int(a, p->context), db_int(a, p->max_output),
                      p->source ? p->source : "", p->as_of, p->created_by ? p->created_by : ""),
                   NULL, err);
}

bool prices_end(struct db *db, struct arena *a, const char *id, int64_t valid_to, struct err *err)
{
    return db_exec_one(db, a, &END, DB(db_id(id), db_time(a, valid_to)), err);
}

bool prices_delete_planned(struct db *db, struct arena *a, const char *id, struct err *err)
{
    return db_exec_one(db, a, &DELETE_PLANNED, DB(db_id(id)), err);
}

bool prices_owners(struct db *db, struct arena *a, struct list *owners_r, struct err *err)
{
    return db_all(db, a, &OWNERS, DB_NONE, owners_r, err);
}
