/* SPDX-License-Identifier: MIT */
/* db_connection: one connection to PostgreSQL. Every wait has an end: libpq is used without blocking, so that a server that
 * is frozen rather than dead costs a caller its time limit and no more. Statements are prepared on first use, by name. */
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/db_private.h"

/* What is set in each session. The role is taken last: who may not take it works on as the user that signed in. */
static const char SET_UP[] =
    "select set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO', false),"
    " set_config('bytea_output', 'hex', false), set_config('search_path', '" DB_SCHEMA ", pg_temp', false),"
    " set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false),"
    " set_config('idle_in_transaction_session_timeout', '60s', false), set_config('plan_cache_mode', 'force_custom_plan', false),"
    " set_config('synchronous_commit', case when current_setting('synchronous_commit') in ('off', 'local') then 'on'"
    "     else current_setting('synchronous_commit') end, false),"
    " (select set_config('role', r.rolname, false) from pg_roles r, pg_namespace n"
    "   where r.rolname = '" DB_ROLE "' and n.nspname = '" DB_SCHEMA "' and has_schema_privilege(r.oid, n.oid, 'usage')"
    "     and pg_has_role(session_user, r.oid,"
    "         case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end)),"
    " to_regclass('" DB_SCHEMA ".schema_migrations') is not null";
enum { SET_UP_MIGRATED = 10 };           /* its last column */

/* libpq would write what the server says unasked to standard error. */
static void note(void *arg, const char *message)
{
    (void)arg;
    log_debug(NULL, "database notice", "text=\"%.*s\"", (int)strcspn(message, "\n"), message);
}

/* Ours first: what the URL says comes later and counts. */
PGconn *conn_reach(const char *url, struct err *err)
{
    static const char *const names[] = {"connect_timeout", "tcp_user_timeout", "keepalives_idle", "keepalives_interval",
                                        "keepalives_count", "fallback_application_name", "dbname", "client_encoding", NULL};
    const char *const values[] = {"3", "5000", "10", "5", "3", "moongate", url, "UTF8", NULL};
    PQconninfoOption *parsed = PQconninfoParse(url, NULL);
    if (!parsed) {                       /* libpq's message quotes the URL, and so perhaps the password */
        fail(err, ERR_DATABASE,
             "the database URL cannot be read; hint: postgresql://user@host/database or host=/folder dbname=name");
        return NULL;
    }
    PQconninfoFree(parsed);
    PGconn *pg = PQconnectdbParams(names, values, 1);
    if (pg && PQstatus(pg) == CONNECTION_OK) {
        PQsetNoticeProcessor(pg, note, NULL);
        return pg;
    }
    failure_of_connection("the database cannot be reached", pg, err);
    PQfinish(pg);
    return NULL;
}

static bool set_up(PGconn *pg, int statement_ms, struct err *err)
{
    static const struct sql sql = {"db.set_up", SET_UP, SQL_NO_ROWS};
    char limit[16], lock_limit[16];
    snprintf(limit, sizeof(limit), "%d", statement_ms);
    snprintf(lock_limit, sizeof(lock_limit), "%d", statement_ms < DB_LOCK_MS ? statement_ms : DB_LOCK_MS);
    const char *values[] = {limit, lock_limit};
    PGresult *r = PQexecParams(pg, SET_UP, 2, NULL, values, NULL, NULL, 0);
    bool ok = true;
    if (PQstatus(pg) != CONNECTION_OK)
        ok = failure_of_connection("the database cannot be reached", pg, err);
    else if (PQresultStatus(r) != PGRES_TUPLES_OK)
        ok = failure_of_result(&sql, r, err);
    else if (strcmp(PQgetvalue(r, 0, SET_UP_MIGRATED), "t") != 0)
        ok = fail(err, ERR_DATABASE, "the database has no tables yet; hint: moongate migrate");
    PQclear(r);
    return ok;
}

struct conn *conn_open(const char *url, int statement_ms, struct err *err)
{
    PGconn *pg = conn_reach(url, err);
    if (!pg)
        return NULL;
    struct conn *c = calloc(1, sizeof(*c));
    if (!c || !set_up(pg, statement_ms, err) || PQsetnonblocking(pg, 1) != 0) {
        if (!c)
            fail(err, ERR_DATABASE, "no memory for a connection");
        free(c);
        PQfinish(pg);
        return NULL;
    }
    c->pg = pg;
    c->tx.conn = c;
    c->statement_ms = statement_ms;
    return c;
}

void conn_close(struct conn *c)
{
    PQfinish(c->pg);
    free(c);
}

bool conn_alive(struct conn *c)
{
    struct pollfd p = {.fd = PQsocket(c->pg), .events = POLLIN};
    if (p.fd < 0)
        return false;
    if (poll(&p, 1, 0) <= 0)
        return true;                     /* nothing to read: an idle connection has nothing to say */
    return PQconsumeInput(c->pg) && PQstatus(c->pg) == CONNECTION_OK && !(p.revents & (POLLERR | POLLHUP));
}

/* Until the socket can be read (or written, if wanted), or the deadline. */
static bool await(PGconn *pg, bool write, int64_t deadline)
{
    struct pollfd p = {.fd = PQsocket(pg), .events = (short)(write ? POLLIN | POLLOUT : POLLIN)};
    for (;;) {
        int64_t left = deadline - clock_mono();
        if (left <= 0)
            return false;
        if (poll(&p, 1, (int)(left / 1000 + 1)) > 0)
            return true;
    }
}

static int64_t deadline_of(const struct conn *c)
{
    return clock_mono() + (c->statement_ms + DB_GRACE_MS) * INT64_C(1000);
}

static enum conn_end lost(struct conn *c, enum conn_end end, const struct sql *sql, struct err *err)
{
    c->broken = true;
    if (end == CONN_SILENT)
        fail(err, ERR_DATABASE, "%s: no answer in %d ms", sql->name, c->statement_ms + DB_GRACE_MS);
    else
        failure_of_connection(sql->name, c->pg, err);
    return end;
}

/* Hand everything to the kernel. A statement whose end was not handed over cannot have been committed. */
static enum conn_end flush(struct conn *c, const struct sql *sql, int64_t deadline, struct err *err)
{
    for (;;) {
        int left = PQflush(c->pg);
        if (left == 0)
            return CONN_OK;
        if (left < 0 || !await(c->pg, true, deadline) || !PQconsumeInput(c->pg))
            return lost(c, CONN_UNSENT, sql, err);
    }
}

/* After FATAL and PANIC the server closes the connection; libpq notices only when it reads again. */
static bool ends_session(const PGresult *r)
{
    const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
    return severity && strcmp(severity, "ERROR") != 0;
}

/* The next result of what was sent; NULL after the last. */
static enum conn_end next_result(struct conn *c, const struct sql *sql, int64_t deadline, PGresult **result_r, struct err *err)
{
    while (PQisBusy(c->pg)) {
        if (!await(c->pg, false, deadline))
            return lost(c, CONN_SILENT, sql, err);
        if (!PQconsumeInput(c->pg))
            break;                       /* PQgetResult says what the server said last */
    }
    PGresult *r = PQgetResult(c->pg);
    *result_r = r;
    if (!r)
        return PQstatus(c->pg) == CONNECTION_OK ? CONN_OK : lost(c, CONN_LOST, sql, err);
    ExecStatusType status = PQresultStatus(r);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE)
        return CONN_OK;
    bool goes = ends_session(r) || PQstatus(c->pg) != CONNECTION_OK;
    failure_of_result(sql, r, err);
    *result_r = NULL;
    PQclear(r);
    if (goes) {
        c->broken = true;
        err->kind = ERR_DATABASE;
        return CONN_LOST;
    }
    return CONN_REFUSED;
}

/* Read what is left, so that the connection can be used again. */
static void drain(struct conn *c, const struct sql *sql, int64_t deadline)
{
    struct err unused = {0};
    PGresult *r = NULL;
    while (!c->broken && (next_result(c, sql, deadline, &r, &unused) == CONN_REFUSED || r))
        PQclear(r);
}

/* Read one result and what follows it. A stale statement did nothing, and does not come back with a new connection. */
static enum conn_end whole(struct conn *c, const struct sql *sql, int64_t deadline, PGresult **result_r, struct err *err)
{
    enum conn_end end = next_result(c, sql, deadline, result_r, err);
    if (end == CONN_OK || end == CONN_REFUSED)
        drain(c, sql, deadline);
    if (end == CONN_REFUSED && failure_is_stale(db_sqlstate())) {
        c->broken = true;
        end = CONN_UNSENT;
    }
    return end;
}

static size_t slot_of(const struct conn *c, const struct sql *sql)
{
    size_t i = (size_t)((uintptr_t)sql >> 3) * 11400714819323198485u % DB_PREPARED;
    while (c->prepared[i] && c->prepared[i] != sql)
        i = (i + 1) % DB_PREPARED;
    return i;
}

/* The name under which ${sql} is prepared on this connection, after preparing it if need be; "" if no more names are kept. */
static enum conn_end prepare(struct conn *c, const struct sql *sql, const char **name_r, struct err *err)
{
    bool full = c->prepared_n >= DB_PREPARED - 1;
    size_t slot = slot_of(c, sql);
    *name_r = full && !c->prepared[slot] ? "" : sql->name;
    if (c->prepared[slot])
        return CONN_OK;
    int64_t deadline = deadline_of(c);
    PGresult *r = NULL;
    if (!PQsendPrepare(c->pg, *name_r, sql->text, 0, NULL))
        return lost(c, CONN_UNSENT, sql, err);
    enum conn_end end = flush(c, sql, deadline, err);
    if (end == CONN_OK)
        end = whole(c, sql, deadline, &r, err);
    PQclear(r);
    if (end == CONN_OK && !full) {
        c->prepared[slot] = sql;
        c->prepared_n++;
    }
    return end == CONN_LOST ? CONN_UNSENT : end;         /* preparing changes nothing */
}

static enum conn_end send(struct conn *c, const struct sql *sql, struct db_values v, bool by_row, int64_t deadline,
                          struct err *err)
{
    const char *name;
    enum conn_end end = prepare(c, sql, &name, err);
    if (end != CONN_OK)
        return end;
    if (!PQsendQueryPrepared(c->pg, name, (int)v.n, v.v, NULL, NULL, 0))
        return lost(c, CONN_UNSENT, sql, err);
    if (by_row)
        PQsetSingleRowMode(c->pg);
    return flush(c, sql, deadline, err);
}

enum conn_end conn_run(struct conn *c, const struct sql *sql, struct db_values v, PGresult **result_r, struct err *err)
{
    int64_t deadline = deadline_of(c);
    *result_r = NULL;
    failure_forget();
    enum conn_end end = send(c, sql, v, false, deadline, err);
    if (end == CONN_OK)
        end = whole(c, sql, deadline, result_r, err);
    if (end != CONN_OK) {
        PQclear(*result_r);
        *result_r = NULL;
    }
    return end;
}

enum conn_end conn_start(struct conn *c, const struct sql *sql, struct db_values v, struct err *err)
{
    failure_forget();
    return send(c, sql, v, true, deadline_of(c), err);
}

enum conn_end conn_row(struct conn *c, const struct sql *sql, PGresult **result_r, struct err *err)
{
    int64_t deadline = deadline_of(c);
    enum conn_end end = next_result(c, sql, deadline, result_r, err);
    if (end == CONN_OK && *result_r && PQresultStatus(*result_r) != PGRES_SINGLE_TUPLE) {    /* the empty one that ends them */
        PQclear(*result_r);
        *result_r = NULL;
    }
    if (!*result_r && (end == CONN_OK || end == CONN_REFUSED))
        drain(c, sql, deadline);
    return end;
}
