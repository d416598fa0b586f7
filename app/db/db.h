/* SPDX-License-Identifier: MIT */
#ifndef DB_DB_H
#define DB_DB_H
/* db: the only room that knows libpq. A bounded pool of connections, five verbs, transactions; one file per
 * table beside this one. SQL is a literal, values are $n. Columns meet struct members by name (FIELD rows). */
#include "base/field.h"

struct arena;
struct err;
struct db;                       /* the pool, or one transaction: the verbs take either */

struct sql {
    const char *name;            /* "api_keys.by_id": prepared under this name, seen in the log */
    const char *text;
    const struct field *row;     /* NULL for statements without rows */
    size_t row_size;
    bool changes;                /* a select that calls a function that writes: not repeated when the connection is lost */
};
/* The last two of a statement with rows: {"name", "select …", SQL_ROW(struct run_row, run_fields)}. */
#define SQL_ROW(S, fields) .row = (fields), .row_size = sizeof(S)
#define SQL_NO_ROWS .row = NULL
/* A table file exports its statements as a NULL-terminated list; db/statements.c lists the lists for tests/sql. */
extern const struct sql *const *const statement_lists[];         /* NULL-terminated */

struct db_options {
    const char *url;             /* libpq connection string or URL; password never logged */
    size_t size;                 /* connections at most */
    int wait_ms;                 /* for a free connection, then ERR_DATABASE */
    int statement_ms;            /* statement_timeout; a server that says nothing for 2 s longer is given up */
};

/* Values of a statement: DB("a", NULL, db_int(a, 5)). NULL is SQL null. */
struct db_values {
    const char *const *v;
    size_t n;
};
#define DB(...) ((struct db_values){(const char *const[]){__VA_ARGS__}, \
                 sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)})
#define DB_NONE ((struct db_values){NULL, 0})
const char *db_int(struct arena *, int64_t);
const char *db_bool(bool);
const char *db_time(struct arena *, int64_t micros);              /* 0 is null */
const char *db_bytea(struct arena *, struct bytes);               /* "\x…" */
const char *db_text_array(struct arena *, const char *const *texts, size_t n);

/* Opens no connection yet: the pool works as soon as the database does and is migrated. After a failed connect the next 500 ms
 * of calls fail at once, so a dead database costs a caller nothing. */
struct db *db_open(const struct db_options *);
void db_close(struct db *);
/* Whether the last call reached the database; and a cheap call that tries. */
bool db_up(const struct db *);
must_check bool db_ping(struct db *, struct err *);
/* Which of the two it is. */
bool db_is_transaction(const struct db *);

/* Failures: ERR_DATABASE not reached, full or stopped; ERR_BUSY deadlock or lock held too long (try again); ERR_CONFLICT a name
 * is taken or a row is still used, ERR_INVALID a value the schema refuses (both with ${err}->field); ERR_UNCERTAIN a change that
 * may have been made. */

/* An id from outside: what is no UUID becomes the nil UUID, which no row has. NULL stays NULL. */
const char *db_id(const char *id);

/* Rows changed; ${count_r} may be NULL. */
must_check bool db_exec(struct db *, struct arena *, const struct sql *, struct db_values, int64_t *count_r, struct err *);
/* At least one row changed; none is ERR_NOT_FOUND. */
must_check bool db_exec_one(struct db *, struct arena *, const struct sql *, struct db_values, struct err *);
/* Exactly one row; none is ERR_NOT_FOUND. */
must_check bool db_one(struct db *, struct arena *, const struct sql *, struct db_values, void *row_r, struct err *);
/* One row or none. */
must_check bool db_find(struct db *, struct arena *, const struct sql *, struct db_values, void *row_r, bool *found_r,
                        struct err *);
/* All rows as a list in ${arena}. */
must_check bool db_all(struct db *, struct arena *, const struct sql *, struct db_values, struct list *rows_r, struct err *);
/* Row by row with single-row mode, ${scratch} reset after each; each() returning false stops without an error. */
must_check bool db_each(struct db *, struct arena *scratch, const struct sql *, struct db_values,
                        bool (*each)(void *arg, const void *row), void *arg, struct err *);

/* A transaction borrows one connection: use ${tx_r} in the verbs, then db_end once. ok commits and reports whether
 * the commit is certain (ERR_UNCERTAIN if the connection was lost while committing); not ok rolls back and is true.
 * Only one per thread, and never while an answer streams. */
must_check bool db_begin(struct db *, struct db **tx_r, struct err *);
must_check bool db_end(struct db *tx, bool ok, struct err *);

/* SQLSTATE of the last failure on this thread: "23505", "" if none. Retry decisions look at the class in db.c only;
 * the spool's replay needs it to tell a poison record from a sick database. */
const char *db_sqlstate(void);

/* A connection of its own for NOTIFY. db_wait returns true when something arrived on ${channel} or ${timeout_ms} passed
 * (${got_r} says which), false when the connection is lost: call again to reconnect, which waits 500 ms after a failure. After
 * each connect ${got_r} is true at once, for what was missed meanwhile. */
struct db_listener;
struct db_listener *db_listen(const struct db_options *, const char *channel);
must_check bool db_wait(struct db_listener *, int timeout_ms, bool *got_r, struct err *);
void db_listen_close(struct db_listener *);

/* Run sql/NNNN_name.sql that were not run yet, in order, each in a transaction, under an advisory lock so that two instances
 * starting at once are safe. A file changed after it ran (checksum) or a database newer than the program is refused with a clear
 * message. */
must_check bool db_migrate(const char *url, const char *folder, int *applied_r, struct err *);

/* What keeps the audit rows as they are, for moongate check. */
struct db_protection {
    const char *user;            /* who signs in */
    const char *role;            /* whose rights are used: moongate_app where roles could be made */
    /* "login": the user itself may only insert; "role": it works as moongate_app, which may only insert; "triggers": the tables'
     * owner, stopped by triggers; "none": not even those. */
    const char *level;
    bool superuser, may_change, triggers;
};
extern const struct field db_protection_fields[];
extern const struct sql *const db_protection_statements[];
must_check bool db_protection_read(struct db *, struct arena *, struct db_protection *protection_r, struct err *);

#endif
