/* SPDX-License-Identifier: MIT */
#include "db/sessions.h"

#define SHOWN_ROWS \
    FIELD(struct session_row, user_id), FIELD_TIME(struct session_row, created_at), FIELD_TIME(struct session_row, seen_at), \
    FIELD_TIME(struct session_row, expires_at), FIELD(struct session_row, remote_addr), FIELD(struct session_row, user_agent)

const struct field session_fields[] = {SHOWN_ROWS, FIELD_END};
const struct field session_user_fields[] = {
    SHOWN_ROWS,
    FIELD(struct session_row, token_hash),
    FIELD(struct session_row, csrf_key),
    FIELD(struct session_row, user_name),
    FIELD(struct session_row, role),
    FIELD(struct session_row, language),
    FIELD(struct session_row, theme),
    FIELD(struct session_row, time_zone),
    FIELD(struct session_row, currency),
    FIELD_END,
};
/* A list for its user can mark the session that asks, but shows no key. */
static const struct field session_hash_fields[] = {SHOWN_ROWS, FIELD(struct session_row, token_hash), FIELD_END};

static const struct sql INSERT = {
    "sessions.insert",
    "insert into sessions (token_hash, user_id, csrf_key, expires_at, remote_addr, user_agent)"
    " values (decode($1, 'hex'), $2, decode($3, 'hex'), $4, coalesce($5, ''), left(coalesce($6, ''), 300))",
    SQL_NO_ROWS,
};
static const struct sql FIND = {
    "sessions.find",
    "select encode(s.token_hash, 'hex') as token_hash, encode(s.csrf_key, 'hex') as csrf_key, s.user_id, s.created_at, s.seen_at,"
    "   s.expires_at, s.remote_addr, s.user_agent, u.name as user_name, u.role, u.language, u.theme, u.time_zone, u.currency"
    " from sessions s join users u on u.id = s.user_id"
    " where s.token_hash = decode($1, 'hex') and s.expires_at > now() and not u.disabled",
    SQL_ROW(struct session_row, session_user_fields),
};
static const struct sql TOUCH = {
    "sessions.touch",
    "update sessions set seen_at = now() where token_hash = decode($1, 'hex') and seen_at < now() - interval '1 minute'",
    SQL_NO_ROWS,
};
static const struct sql DELETE_ONE = {
    "sessions.delete", "delete from sessions where token_hash = decode($1, 'hex')", SQL_NO_ROWS,
};
static const struct sql DELETE_USER = {
    "sessions.delete_user",
    "delete from sessions where user_id = $1 and ($2::text is null or token_hash <> decode($2, 'hex'))",
    SQL_NO_ROWS,
};
static const struct sql LIST_USER = {
    "sessions.list_user",
    "select encode(token_hash, 'hex') as token_hash, user_id, created_at, seen_at, expires_at, remote_addr, user_agent"
    " from sessions where user_id = $1 and expires_at > now() order by created_at desc",
    SQL_ROW(struct session_row, session_hash_fields),
};
static const struct sql PRUNE_USER = {
    "sessions.prune_user",
    "delete from sessions where token_hash in"
    " (select token_hash from sessions where user_id = $1 order by created_at desc, token_hash offset $2)",
    SQL_NO_ROWS,
};
static const struct sql PRUNE_EXPIRED = {"sessions.prune_expired", "delete from sessions where expires_at <= now()", SQL_NO_ROWS};

const struct sql *const sessions_statements[] = {
    &INSERT, &FIND, &TOUCH, &DELETE_ONE, &DELETE_USER, &LIST_USER, &PRUNE_USER, &PRUNE_EXPIRED, NULL,
};

bool sessions_insert(struct db *db, struct arena *a, const struct session_row *s, struct err *err)
{
    return db_exec(db, a, &INSERT, DB(s->token_hash, s->user_id, s->csrf_key, db_time(a, s->expires_at), s->remote_addr,
                                      s->user_agent), NULL, err);
}

bool sessions_find(struct db *db, struct arena *a, const char *token_hash, struct session_row *session_r, bool *found_r,
                   struct err *err)
{
    return db_find(db, a, &FIND, DB(token_hash), session_r, found_r, err);
}

bool sessions_touch(struct db *db, struct arena *a, const char *token_hash, struct err *err)
{
    return db_exec(db, a, &TOUCH, DB(token_hash), NULL, err);
}

bool sessions_delete(struct db *db, struct arena *a, const char *token_hash, struct err *err)
{
    return db_exec(db, a, &DELETE_ONE, DB(token_hash), NULL, err);
}

bool sessions_delete_user(struct db *db, struct arena *a, const char *user_id, const char *except, struct err *err)
{
    return db_exec(db, a, &DELETE_USER, DB(db_id(user_id), except), NULL, err);
}

bool sessions_list_user(struct db *db, struct arena *a, const char *user_id, struct list *sessions_r, struct err *err)
{
    return db_all(db, a, &LIST_USER, DB(db_id(user_id)), sessions_r, err);
}

bool sessions_prune_user(struct db *db, struct arena *a, const char *user_id, int64_t keep, struct err *err)
{
    return db_exec(db, a, &PRUNE_USER, DB(db_id(user_id), db_int(a, keep)), NULL, err);
}

bool sessions_prune_expired(struct db *db, struct arena *a, int64_t *gone_r, struct err *err)
{
    return db_exec(db, a, &PRUNE_EXPIRED, DB_NONE, gone_r, err);
}
