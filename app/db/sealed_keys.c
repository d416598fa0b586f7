/* SPDX-License-Identifier: MIT */
#include "db/sealed_keys.h"

#include "base/arena.h"

const struct field sealed_key_fields[] = {
    FIELD(struct sealed_key_row, name),
    FIELD(struct sealed_key_row, kid),
    FIELD(struct sealed_key_row, sealed),
    FIELD_TIME(struct sealed_key_row, created_at),
    FIELD_END,
};
#define COLUMNS "name, kid, encode(sealed, 'hex') as sealed, created_at"

static const struct sql LIST = {
    "sealed_keys.list", "select " COLUMNS " from sealed_keys where ($1::text is null or name = $1) order by name, kid desc",
    SQL_ROW(struct sealed_key_row, sealed_key_fields),
};
static const struct sql FIND = {
    "sealed_keys.find", "select " COLUMNS " from sealed_keys where name = $1 order by kid desc limit 1",
    SQL_ROW(struct sealed_key_row, sealed_key_fields),
};
static const struct sql GET = {
    "sealed_keys.get", "select " COLUMNS " from sealed_keys where name = $1 and kid = $2",
    SQL_ROW(struct sealed_key_row, sealed_key_fields),
};
static const struct sql INSERT = {
    "sealed_keys.insert", "insert into sealed_keys (name, kid, sealed) values ($1, $2, decode($3, 'hex')) on conflict do nothing",
    SQL_NO_ROWS,
};
static const struct sql UPDATE = {
    "sealed_keys.update", "update sealed_keys set sealed = decode($3, 'hex') where name = $1 and kid = $2",
    SQL_NO_ROWS,
};

const struct sql *const sealed_keys_statements[] = {&LIST, &FIND, &GET, &INSERT, &UPDATE, NULL};

bool sealed_keys_list(struct db *db, struct arena *a, const char *name, struct list *keys_r, struct err *err)
{
    return db_all(db, a, &LIST, DB(name), keys_r, err);
}

bool sealed_keys_find(struct db *db, struct arena *a, const char *name, struct sealed_key_row *key_r, bool *found_r,
                      struct err *err)
{
    return db_find(db, a, &FIND, DB(name), key_r, found_r, err);
}

bool sealed_keys_settle(struct db *db, struct arena *a, const char *name, int64_t kid, const char *sealed,
                        struct sealed_key_row *key_r, struct err *err)
{
    const char *n = db_int(a, kid);
    return db_exec(db, a, &INSERT, DB(name, n, sealed), NULL, err) && db_one(db, a, &GET, DB(name, n), key_r, err);
}

bool sealed_keys_update(struct db *db, struct arena *a, const char *name, int64_t kid, const char *sealed, struct err *err)
{
    return db_exec_one(db, a, &UPDATE, DB(name, db_int(a, kid), sealed), err);
}
