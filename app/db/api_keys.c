/* SPDX-License-Identifier: MIT */
#include "db/api_keys.h"

#include "base/arena.h"

#define SHOWN_ROWS \
    FIELD(struct api_key_row, id), FIELD(struct api_key_row, name), FIELD(struct api_key_row, tail), \
    FIELD(struct api_key_row, role), FIELD(struct api_key_row, data_class), FIELD_RAW(struct api_key_row, models), \
    FIELD(struct api_key_row, owner), FIELD(struct api_key_row, revoked), FIELD_TIME(struct api_key_row, revoked_at), \
    FIELD_TIME(struct api_key_row, expires_at), FIELD_TIME(struct api_key_row, created_at)
#define SHOWN_COLUMNS \
    "id, name, tail, role, data_class, to_jsonb(models) as models, owner, revoked, revoked_at, expires_at, created_at"

const struct field api_key_fields[] = {SHOWN_ROWS, FIELD_END};
const struct field api_key_auth_fields[] = {
    SHOWN_ROWS, FIELD(struct api_key_row, hash), FIELD(struct api_key_row, pepper_kid), FIELD_END,
};

static const struct sql LIST = {
    "api_keys.list", "select " SHOWN_COLUMNS " from api_keys order by created_at desc, id",
    SQL_ROW(struct api_key_row, api_key_fields),
};
static const struct sql LIST_AUTH = {
    "api_keys.list_auth",
    "select " SHOWN_COLUMNS ", encode(hash, 'hex') as hash, pepper_kid from api_keys"
    " where not revoked and (expires_at is null or expires_at > now()) order by id",
    SQL_ROW(struct api_key_row, api_key_auth_fields),
};
static const struct sql GET = {
    "api_keys.get", "select " SHOWN_COLUMNS " from api_keys where id = $1", SQL_ROW(struct api_key_row, api_key_fields),
};
static const struct sql INSERT = {
    "api_keys.insert",
    "insert into api_keys (id, name, tail, hash, pepper_kid, role, data_class, models, owner, expires_at)"
    " values ($1, $2, $3, decode($4, 'hex'), $5, $6, coalesce($7, 'public'), $8, coalesce($9, ''), $10)",
    SQL_NO_ROWS,
};
static const struct sql REVOKE = {
    "api_keys.revoke", "update api_keys set revoked = true, revoked_at = coalesce(revoked_at, now()) where id = $1",
    SQL_NO_ROWS,
};

const struct sql *const api_keys_statements[] = {&LIST, &LIST_AUTH, &GET, &INSERT, &REVOKE, NULL};

bool api_keys_list(struct db *db, struct arena *a, struct list *keys_r, struct err *err)
{
    return db_all(db, a, &LIST, DB_NONE, keys_r, err);
}

bool api_keys_list_auth(struct db *db, struct arena *a, struct list *keys_r, struct err *err)
{
    return db_all(db, a, &LIST_AUTH, DB_NONE, keys_r, err);
}

bool api_keys_get(struct db *db, struct arena *a, const char *id, struct api_key_row *key_r, struct err *err)
{
    return db_one(db, a, &GET, DB(id), key_r, err);
}

bool api_keys_insert(struct db *db, struct arena *a, const struct api_key_row *k, const char *const *models, size_t models_n,
                     struct err *err)
{
    return db_exec(db, a, &INSERT, DB(k->id, k->name, k->tail, k->hash, db_int(a, k->pepper_kid), k->role, k->data_class,
                                      db_text_array(a, models, models_n), k->owner, db_time(a, k->expires_at)), NULL, err);
}

bool api_keys_revoke(struct db *db, struct arena *a, const char *id, struct err *err)
{
    return db_exec_one(db, a, &REVOKE, DB(id), err);
}
