/* SPDX-License-Identifier: MIT */
/* db: the five verbs and transactions. A lost connection: what only reads, or never reached the server, is tried once more on
 * a new connection; a change that may have been made is ERR_UNCERTAIN. Inside a transaction nothing is tried again, since
 * what came before is gone with it. */
#include "db/db.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/metrics.h"
#include "db/db_private.h"

/* Run on a borrowed connection that the caller gives back; NULL on failure. */
static struct conn *run_keeping(struct db *db, const struct sql *sql, struct db_values v, PGresult **result_r, struct err *err)
{
    for (int try = 1;; try++) {
        struct conn *c = db_borrow(db, err);
        if (!c)
            return NULL;
        enum conn_end end = conn_run(c, sql, v, result_r, err);
        if (end == CONN_OK)
            return c;
        db_return(db, c, end);
        if (db->conn || end == CONN_REFUSED)
            return NULL;
        if (try == 1 && (end == CONN_UNSENT || (end == CONN_LOST && sql_reads(sql))))
            continue;
        if (end != CONN_UNSENT && !sql_reads(sql))
            fail(err, ERR_UNCERTAIN, "%s: the connection was lost before the database confirmed", sql->name);
        return NULL;
    }
}

static void clear_result(void *result)
{
    PQclear(result);
}

/* The whole result, tied to ${a} if there is one; else the caller clears it. NULL on failure. */
static PGresult *run(struct db *db, struct arena *a, const struct sql *sql, struct db_values v, struct err *err)
{
    PGresult *result = NULL;
    struct conn *c = run_keeping(db, sql, v, &result, err);
    if (!c)
        return NULL;
    db_return(db, c, CONN_OK);
    if (a)
        arena_defer(a, clear_result, result);
    return result;
}

bool db_ping(struct db *db, struct err *err)
{
    static const struct sql PING = {"db.ping", "select 1", SQL_NO_ROWS};
    PGresult *result = run(db, NULL, &PING, DB_NONE, err);
    PQclear(result);
    return result != NULL;
}

bool db_exec(struct db *db, struct arena *a, const struct sql *sql, struct db_values v, int64_t *count_r, struct err *err)
{
    (void)a;
    PGresult *result = run(db, NULL, sql, v, err);
    if (!result)
        return false;
    if (count_r)
        *count_r = strtoll(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return true;
}

bool db_exec_one(struct db *db, struct arena *a, const struct sql *sql, struct db_values v, struct err *err)
{
    int64_t n;
    return db_exec(db, a, sql, v, &n, err) && (n > 0 || fail(err, ERR_NOT_FOUND, "%s: no row", sql->name));
}

bool db_find(struct db *db, struct arena *a, const struct sql *sql, struct db_values v, void *row_r, bool *found_r,
             struct err *err)
{
    struct columns columns;
    assert(sql->row);
    PGresult *result = run(db, a, sql, v, err);
    if (!result)
        return false;
    *found_r = PQntuples(result) > 0;
    if (PQntuples(result) > 1)
        return fail(err, ERR_INTERNAL, "%s: %d rows instead of one", sql->name, PQntuples(result));
    memset(row_r, 0, sql->row_size);
    return !*found_r || (columns_find(sql, result, &columns, err) && columns_fill(sql, &columns, result, 0, row_r, err));
}

bool db_one(struct db *db, struct arena *a, const struct sql *sql, struct db_values v, void *row_r, struct err *err)
{
    bool found;
    return db_find(db, a, sql, v, row_r, &found, err) && (found || fail(err, ERR_NOT_FOUND, "%s: no row", sql->name));
}

bool db_all(struct db *db, struct arena *a, const struct sql *sql, struct db_values v, struct list *rows_r, struct err *err)
{
    struct columns columns;
    assert(sql->row);
    PGresult *result = run(db, a, sql, v, err);
    if (!result || !columns_find(sql, result, &columns, err))
        return false;
    size_t n = (size_t)PQntuples(result);
    char *rows = arena_array(a, n, sql->row_size);
    for (size_t i = 0; i < n; i++)
        if (!columns_fill(sql, &columns, result, (int)i, rows + i * sql->row_size, err))
            return false;
    *rows_r = (struct list){rows, n};
    return true;
}

/* Rows one by one until each() has enough. ${any_r}: it has seen one. */
static enum conn_end walk(struct conn *c, bool in_tx, struct arena *scratch, const struct sql *sql, struct db_values v,
                          bool (*each)(void *arg, const void *row), void *arg, bool *any_r, bool *fits_r, struct err *err)
{
    struct columns columns;
    enum conn_end end = conn_start(c, sql, v, err);
    bool more = true;
    while (end == CONN_OK) {
        PGresult *result = NULL;
        end = conn_row(c, sql, &result, err);
        if (!result)
            return end;
        if (more && !*any_r)
            *fits_r = columns_find(sql, result, &columns, err);
        void *row = arena_alloc(scratch, sql->row_size);
        if (more && *fits_r)
            *fits_r = columns_fill(sql, &columns, result, 0, row, err);
        *any_r = true;
        more = more && *fits_r && each(arg, row);
        PQclear(result);
        arena_reset(scratch);
        if (!more && !in_tx) {
            c->broken = true;            /* outside a transaction a new connection is cheaper than the rest of the rows */
            return CONN_OK;
        }
    }
    return end;
}

bool db_each(struct db *db, struct arena *scratch, const struct sql *sql, struct db_values v,
             bool (*each)(void *arg, const void *row), void *arg, struct err *err)
{
    assert(sql->row);
    for (int try = 1;; try++) {
        bool any = false, fits = true;
        struct conn *c = db_borrow(db, err);
        if (!c)
            return false;
        enum conn_end end = walk(c, db->conn != NULL, scratch, sql, v, each, arg, &any, &fits, err);
        db_return(db, c, end);
        if (end == CONN_OK)
            return fits;
        if (db->conn || any || try == 2 || (end != CONN_UNSENT && (end != CONN_LOST || !sql_reads(sql))))
            return false;
    }
}

/* A transaction keeps the connection that began it. */
bool db_begin(struct db *db, struct db **tx_r, struct err *err)
{
    static const struct sql BEGIN = {"db.begin", "begin", SQL_NO_ROWS};
    PGresult *result = NULL;
    assert(!db->conn);
    struct conn *c = run_keeping(db, &BEGIN, DB_NONE, &result, err);
    PQclear(result);
    if (!c)
        return false;
    *tx_r = &c->tx;
    return true;
}

static enum conn_end commit(struct conn *c, struct err *err)
{
    static const struct sql COMMIT = {"db.commit", "commit", SQL_NO_ROWS};
    PGresult *result = NULL;
    if (!conn_alive(c)) {
        c->broken = true;
        return CONN_UNSENT;
    }
    enum conn_end end = conn_run(c, &COMMIT, DB_NONE, &result, err);
    if (end == CONN_LOST || end == CONN_SILENT)
        fail(err, ERR_UNCERTAIN, "the connection was lost while committing");
    if (end == CONN_OK && strcmp(PQcmdStatus(result), "COMMIT") != 0) {      /* a statement in it had failed */
        fail(err, ERR_INTERNAL, "a transaction with a failed statement was to be committed; it was rolled back");
        end = CONN_REFUSED;
    }
    PQclear(result);
    return end;
}

static enum conn_end roll_back(struct conn *c)
{
    static const struct sql ROLLBACK = {"db.rollback", "rollback", SQL_NO_ROWS};
    struct err unused;
    PGresult *result = NULL;
    enum conn_end end = conn_run(c, &ROLLBACK, DB_NONE, &result, &unused);
    PQclear(result);
    if (end != CONN_OK)
        c->broken = true;                /* closing it rolls back too */
    return end;
}

bool db_end(struct db *tx, bool ok, struct err *err)
{
    struct conn *c = tx->conn;
    struct pool *pool = tx->pool;        /* tx is part of c, which may be closed now */
    enum conn_end end = c->broken ? CONN_UNSENT : ok ? commit(c, err) : roll_back(c);
    pool_return(pool, c, end);
    if (ok && end == CONN_UNSENT)
        fail(err, ERR_DATABASE, "the transaction's connection was lost; nothing of it was kept");
    return !ok || end == CONN_OK;
}
