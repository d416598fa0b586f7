/* SPDX-License-Identifier: MIT */
#include "db/users.h"

#include "base/err.h"

#define USER_ROWS \
    FIELD(struct user_row, id), FIELD(struct user_row, name), FIELD(struct user_row, role), FIELD(struct user_row, language), \
    FIELD(struct user_row, theme), FIELD(struct user_row, time_zone), FIELD(struct user_row, currency), FIELD(struct user_row, disabled), \
    FIELD(struct user_row, failures), FIELD_TIME(struct user_row, locked_until), FIELD_TIME(struct user_row, signed_in_at), \
    FIELD_TIME(struct user_row, created_at)
#define USER_COLUMNS "id, name, role, language, theme, time_zone, currency, disabled, failures, locked_until, signed_in_at, created_at"

const struct field user_fields[] = {USER_ROWS, FIELD_END};
const struct field user_auth_fields[] = {USER_ROWS, FIELD(struct user_row, password_phc), FIELD_END};

struct number {
    int64_t n;
};
static const struct field number_fields[] = {FIELD(struct number, n), FIELD_END};

static const struct sql LIST = {
    "users.list", "select " USER_COLUMNS " from users order by lower(name)", SQL_ROW(struct user_row, user_fields),
};
static const struct sql GET = {
    "users.get", "select " USER_COLUMNS " from users where id = $1", SQL_ROW(struct user_row, user_fields),
};
static const struct sql BY_NAME = {
    "users.by_name", "select " USER_COLUMNS ", password_phc from users where lower(name) = lower($1)",
    SQL_ROW(struct user_row, user_auth_fields),
};
static const struct sql INSERT = {
    "users.insert",
    "insert into users (id, name, role, password_phc, language, theme, time_zone, currency)"
    " values ($1, $2, $3, $4, coalesce($5, ''), coalesce($6, 'auto'), coalesce($7, ''), coalesce($8, 'USD'))",
    SQL_NO_ROWS,
};
static const struct sql LOCK = {
    "users.lock", "select pg_advisory_xact_lock(7310579571302703206)", .changes = true,
};
static const struct sql ADMINS = {
    "users.admins", "select count(*) as n from users where role = 'admin' and not disabled",
    SQL_ROW(struct number, number_fields),
};
static const struct sql SET_PROFILE = {
    "users.set_profile",
    "update users set language = coalesce($2, language), theme = coalesce($3, theme),"
    " time_zone = coalesce($4, time_zone), currency = coalesce($5, currency) where id = $1",
    SQL_NO_ROWS,
};
static const struct sql SET_PASSWORD = {"users.set_password", "update users set password_phc = $2 where id = $1", SQL_NO_ROWS};
static const struct sql SET_ROLE = {"users.set_role", "update users set role = $2 where id = $1", SQL_NO_ROWS};
static const struct sql SET_DISABLED = {"users.set_disabled", "update users set disabled = $2 where id = $1", SQL_NO_ROWS};
static const struct sql COUNT_FAILURE = {
    "users.count_failure", "update users set failures = failures + 1 where id = $1 returning failures as n",
    SQL_ROW(struct number, number_fields),
};
static const struct sql LOCK_UNTIL = {"users.lock_until", "update users set locked_until = $2 where id = $1", SQL_NO_ROWS};
static const struct sql SIGNED_IN = {
    "users.signed_in", "update users set failures = 0, locked_until = null, signed_in_at = now() where id = $1",
    SQL_NO_ROWS,
};

const struct sql *const users_statements[] = {
    &LIST, &GET, &BY_NAME, &INSERT, &LOCK, &ADMINS, &SET_PROFILE, &SET_PASSWORD, &SET_ROLE, &SET_DISABLED, &COUNT_FAILURE,
    &LOCK_UNTIL, &SIGNED_IN, NULL,
};

bool users_list(struct db *db, struct arena *a, struct list *users_r, struct err *err)
{
    return db_all(db, a, &LIST, DB_NONE, users_r, err);
}

bool users_get(struct db *db, struct arena *a, const char *id, struct user_row *user_r, struct err *err)
{
    return db_one(db, a, &GET, DB(db_id(id)), user_r, err);
}

bool users_find_by_name(struct db *db, struct arena *a, const char *name, struct user_row *user_r, bool *found_r, struct err *err)
{
    return db_find(db, a, &BY_NAME, DB(name), user_r, found_r, err);
}

bool users_insert(struct db *db, struct arena *a, const struct user_row *u, struct err *err)
{
    return db_exec(db, a, &INSERT, DB(u->id, u->name, u->role, u->password_phc, u->language, u->theme, u->time_zone, u->currency), NULL, err);
}

/* The lock makes two that find no administrator take turns. */
bool users_insert_first(struct db *tx, struct arena *a, const struct user_row *user, struct err *err)
{
    int64_t admins;
    if (!db_is_transaction(tx))
        return fail(err, ERR_INTERNAL, "the first administrator is inserted in a transaction");
    if (!db_exec(tx, a, &LOCK, DB_NONE, NULL, err) || !users_count_admins(tx, a, &admins, err))
        return false;
    return admins > 0 ? fail(err, ERR_CONFLICT, "there is an administrator already") : users_insert(tx, a, user, err);
}

bool users_count_admins(struct db *db, struct arena *a, int64_t *n_r, struct err *err)
{
    struct number count;
    if (!db_one(db, a, &ADMINS, DB_NONE, &count, err))
        return false;
    *n_r = count.n;
    return true;
}

bool users_set_profile(struct db *db, struct arena *a, const char *id, const char *language, const char *theme,
                       const char *time_zone, const char *currency, struct err *err)
{
    return db_exec_one(db, a, &SET_PROFILE, DB(db_id(id), language, theme, time_zone, currency), err);
}

bool users_set_password(struct db *db, struct arena *a, const char *id, const char *password_phc, struct err *err)
{
    return db_exec_one(db, a, &SET_PASSWORD, DB(db_id(id), password_phc), err);
}

bool users_set_role(struct db *db, struct arena *a, const char *id, const char *role, struct err *err)
{
    return db_exec_one(db, a, &SET_ROLE, DB(db_id(id), role), err);
}

bool users_set_disabled(struct db *db, struct arena *a, const char *id, bool disabled, struct err *err)
{
    return db_exec_one(db, a, &SET_DISABLED, DB(db_id(id), db_bool(disabled)), err);
}

bool users_count_failure(struct db *db, struct arena *a, const char *id, int64_t *failures_r, struct err *err)
{
    struct number count;
    if (!db_one(db, a, &COUNT_FAILURE, DB(db_id(id)), &count, err))
        return false;
    *failures_r = count.n;
    return true;
}

bool users_lock_until(struct db *db, struct arena *a, const char *id, int64_t until, struct err *err)
{
    return db_exec_one(db, a, &LOCK_UNTIL, DB(db_id(id), db_time(a, until)), err);
}

bool users_signed_in(struct db *db, struct arena *a, const char *id, struct err *err)
{
    return db_exec_one(db, a, &SIGNED_IN, DB(db_id(id)), err);
}
