/* SPDX-License-Identifier: MIT */
#include "db/providers.h"

#include "base/err.h"

#define SHOWN_ROWS \
    FIELD(struct provider_row, id), FIELD(struct provider_row, name), FIELD(struct provider_row, type), \
    FIELD(struct provider_row, base_url), FIELD(struct provider_row, deployment_mode), \
    FIELD(struct provider_row, data_class_max), FIELD(struct provider_row, has_secret), \
    FIELD(struct provider_row, secret_tail), FIELD_TIME(struct provider_row, secret_set_at), \
    FIELD(struct provider_row, enabled), FIELD(struct provider_row, active), FIELD(struct provider_row, demo), \
    FIELD(struct provider_row, position), FIELD(struct provider_row, connect_ms), FIELD(struct provider_row, first_byte_ms), \
    FIELD(struct provider_row, idle_ms), FIELD(struct provider_row, total_ms), FIELD(struct provider_row, note), \
    FIELD_RAW(struct provider_row, options), \
    FIELD(struct provider_row, rev), FIELD_TIME(struct provider_row, created_at), FIELD_TIME(struct provider_row, changed_at)
#define SHOWN_COLUMNS \
    "id, name, type, base_url, deployment_mode, data_class_max, secret is not null as has_secret, secret_tail, secret_set_at," \
    " enabled, active, demo, position, connect_ms, first_byte_ms, idle_ms, total_ms, note, options, rev, created_at, changed_at"
#define SEALED_COLUMNS SHOWN_COLUMNS ", encode(secret, 'hex') as secret, encode(secret_dek, 'hex') as secret_dek, secret_kid"
#define IN_ORDER " order by active desc, position, lower(name)"

const struct field provider_fields[] = {SHOWN_ROWS, FIELD_END};
const struct field provider_sealed_fields[] = {
    SHOWN_ROWS, FIELD(struct provider_row, secret), FIELD(struct provider_row, secret_dek),
    FIELD(struct provider_row, secret_kid), FIELD_END,
};

/* What a change that fitted no row ran into. */
struct standing {
    int64_t rev;
    bool active, enabled;
};
static const struct field standing_fields[] = {
    FIELD(struct standing, rev), FIELD(struct standing, active), FIELD(struct standing, enabled), FIELD_END,
};

static const struct sql LIST = {
    "providers.list", "select " SHOWN_COLUMNS " from providers" IN_ORDER, SQL_ROW(struct provider_row, provider_fields),
};
static const struct sql LIST_SEALED = {
    "providers.list_sealed", "select " SEALED_COLUMNS " from providers" IN_ORDER,
    SQL_ROW(struct provider_row, provider_sealed_fields),
};
static const struct sql GET = {
    "providers.get", "select " SHOWN_COLUMNS " from providers where id = $1", SQL_ROW(struct provider_row, provider_fields),
};
static const struct sql GET_SEALED = {
    "providers.get_sealed", "select " SEALED_COLUMNS " from providers where id = $1",
    SQL_ROW(struct provider_row, provider_sealed_fields),
};
static const struct sql BY_NAME = {
    "providers.by_name", "select " SHOWN_COLUMNS " from providers where lower(name) = lower($1)",
    SQL_ROW(struct provider_row, provider_fields),
};
static const struct sql INSERT = {
    "providers.insert",
    "insert into providers (id, name, type, base_url, deployment_mode, data_class_max, enabled, demo, position, connect_ms,"
    " first_byte_ms, idle_ms, total_ms, note, secret, secret_dek, secret_kid, secret_tail, secret_set_at, options)"
    " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, coalesce($14, ''), decode($15, 'hex'), decode($16, 'hex'),"
    " $17, coalesce($18, ''), case when $15 is null then null else now() end, coalesce($19::jsonb, '{}'))",
    SQL_NO_ROWS,
};
static const struct sql UPDATE = {
    "providers.update",
    "update providers set name = $3, type = $4, base_url = $5, deployment_mode = $6, data_class_max = $7, position = $8,"
    " connect_ms = $9, first_byte_ms = $10, idle_ms = $11, total_ms = $12, note = coalesce($13, ''), options = coalesce($14::jsonb, '{}'), rev = rev + 1,"
    " changed_at = now() where id = $1 and rev = $2",
    SQL_NO_ROWS,
};
static const struct sql SET_SECRET = {
    "providers.set_secret",
    "update providers set secret = decode($2, 'hex'), secret_dek = decode($3, 'hex'), secret_kid = $4,"
    " secret_tail = coalesce($5, ''), secret_set_at = case when $2 is null then null else now() end, changed_at = now()"
    " where id = $1",
    SQL_NO_ROWS,
};
static const struct sql SET_ENABLED = {
    "providers.set_enabled",
    "update providers set enabled = $2, rev = rev + 1, changed_at = now() where id = $1 and ($2 or not active)",
    SQL_NO_ROWS,
};
static const struct sql LOCK = {
    "providers.lock", "select pg_advisory_xact_lock(7310579571302703207)", .changes = true,
};
static const struct sql CLEAR_ACTIVE = {
    "providers.clear_active", "update providers set active = false where active", SQL_NO_ROWS,
};
static const struct sql SET_ACTIVE = {
    "providers.set_active", "update providers set active = true where id = $1 and enabled", SQL_NO_ROWS,
};
static const struct sql STANDING = {
    "providers.standing", "select rev, active, enabled from providers where id = $1", SQL_ROW(struct standing, standing_fields),
};
static const struct sql DELETE_ONE = {"providers.delete", "delete from providers where id = $1 and not active", SQL_NO_ROWS};

const struct sql *const providers_statements[] = {
    &LIST, &LIST_SEALED, &GET, &GET_SEALED, &BY_NAME, &INSERT, &UPDATE, &SET_SECRET, &SET_ENABLED, &LOCK, &CLEAR_ACTIVE,
    &SET_ACTIVE, &STANDING, &DELETE_ONE, NULL,
};

bool providers_list(struct db *db, struct arena *a, struct list *providers_r, struct err *err)
{
    return db_all(db, a, &LIST, DB_NONE, providers_r, err);
}

bool providers_list_sealed(struct db *db, struct arena *a, struct list *providers_r, struct err *err)
{
    return db_all(db, a, &LIST_SEALED, DB_NONE, providers_r, err);
}

bool providers_get(struct db *db, struct arena *a, const char *id, struct provider_row *provider_r, struct err *err)
{
    return db_one(db, a, &GET, DB(db_id(id)), provider_r, err);
}

bool providers_get_sealed(struct db *db, struct arena *a, const char *id, struct provider_row *provider_r, struct err *err)
{
    return db_one(db, a, &GET_SEALED, DB(db_id(id)), provider_r, err);
}

bool providers_find_by_name(struct db *db, struct arena *a, const char *name, struct provider_row *provider_r, bool *found_r,
                            struct err *err)
{
    return db_find(db, a, &BY_NAME, DB(name), provider_r, found_r, err);
}

bool providers_insert(struct db *db, struct arena *a, const struct provider_row *p, struct err *err)
{
    return db_exec(db, a, &INSERT,
                   DB(p->id, p->name, p->type, p->base_url, p->deployment_mode, p->data_class_max, db_bool(p->enabled),
                      db_bool(p->demo), db_int(a, p->position), db_int(a, p->connect_ms), db_int(a, p->first_byte_ms),
                      db_int(a, p->idle_ms), db_int(a, p->total_ms), p->note, p->secret, p->secret_dek,
                      p->secret ? db_int(a, p->secret_kid) : NULL, p->secret ? p->secret_tail : NULL, p->options), NULL, err);
}

bool providers_update(struct db *db, struct arena *a, const struct provider_row *p, int64_t *rev_r, struct err *err)
{
    int64_t n;
    struct standing now;
    if (!db_exec(db, a, &UPDATE,
                 DB(db_id(p->id), db_int(a, p->rev), p->name, p->type, p->base_url, p->deployment_mode, p->data_class_max,
                    db_int(a, p->position), db_int(a, p->connect_ms), db_int(a, p->first_byte_ms), db_int(a, p->idle_ms),
                    db_int(a, p->total_ms), p->note, p->options), &n, err))
        return false;
    if (n == 0)
        return db_one(db, a, &STANDING, DB(db_id(p->id)), &now, err) &&
               fail(err, ERR_STALE, "provider was changed meanwhile: rev %lld, not %lld", (long long)now.rev, (long long)p->rev);
    if (rev_r)
        *rev_r = p->rev + 1;
    return true;
}

bool providers_set_secret(struct db *db, struct arena *a, const char *id, const char *secret, const char *secret_dek,
                          int64_t secret_kid, const char *secret_tail, struct err *err)
{
    return db_exec_one(db, a, &SET_SECRET, secret ? DB(db_id(id), secret, secret_dek, db_int(a, secret_kid), secret_tail)
                                                  : DB(db_id(id), NULL, NULL, NULL, NULL), err);
}

/* No row fitted a change that spares the active one: it is gone, or active. */
static bool spared(struct db *db, struct arena *a, const char *id, struct err *err)
{
    struct standing now;
    return db_one(db, a, &STANDING, DB(db_id(id)), &now, err) &&
           fail(err, now.active ? ERR_PROVIDER_ACTIVE : ERR_CONFLICT, "the provider %s",
                now.active ? "is active" : "was changed just now");
}

bool providers_set_enabled(struct db *db, struct arena *a, const char *id, bool enabled, struct err *err)
{
    int64_t n;
    return db_exec(db, a, &SET_ENABLED, DB(db_id(id), db_bool(enabled)), &n, err) && (n > 0 || spared(db, a, id, err));
}

static bool not_activated(struct db *tx, struct arena *a, const char *id, struct err *err)
{
    struct standing now;
    if (!db_one(tx, a, &STANDING, DB(db_id(id)), &now, err))
        return false;
    fail_field(err, "enabled", "false", "true");
    err->kind = ERR_INVALID;
    return false;
}

/* The lock makes two activations take turns, so that the later one wins and neither meets the unique index. */
bool providers_activate(struct db *tx, struct arena *a, const char *id, struct err *err)
{
    int64_t n;
    if (!db_is_transaction(tx))
        return fail(err, ERR_INTERNAL, "a provider is activated in a transaction");
    return db_exec(tx, a, &LOCK, DB_NONE, NULL, err) && db_exec(tx, a, &CLEAR_ACTIVE, DB_NONE, NULL, err) &&
           db_exec(tx, a, &SET_ACTIVE, DB(db_id(id)), &n, err) && (n > 0 || not_activated(tx, a, id, err));
}

bool providers_deactivate(struct db *db, struct arena *a, struct err *err)
{
    return db_exec(db, a, &CLEAR_ACTIVE, DB_NONE, NULL, err);
}

bool providers_delete(struct db *db, struct arena *a, const char *id, struct err *err)
{
    int64_t n;
    return db_exec(db, a, &DELETE_ONE, DB(db_id(id)), &n, err) && (n > 0 || spared(db, a, id, err));
}
