/* SPDX-License-Identifier: MIT */
/* db_failure: what the database's errors mean to us. The one place that knows SQLSTATEs. Texts of data errors (classes 22 and
 * 23) quote the values that broke them, which may be secrets: they are never copied. */
#include <string.h>

#include "base/metrics.h"
#include "db/db_private.h"

static _Thread_local char last_state[6];

const char *db_sqlstate(void)
{
    return last_state;
}

void failure_forget(void)
{
    last_state[0] = '\0';
}

static bool in_class(const char *state, const char *class)
{
    return strncmp(state, class, strlen(class)) == 0;
}

enum err_kind failure_kind(const char *state)
{
    static const struct {
        const char *class;               /* the state, or how it begins; the first that fits counts */
        enum err_kind kind;
    } kinds[] = {
        {"23505", ERR_CONFLICT},         /* unique */
        {"23503", ERR_CONFLICT},         /* foreign key: the other row is gone, or still used */
        {"23001", ERR_CONFLICT},         /* restrict */
        {"22", ERR_INVALID},             /* data */
        {"23", ERR_INVALID},             /* check, not null */
        {"25006", ERR_DATABASE},         /* read only: a standby */
        {"40003", ERR_UNCERTAIN},        /* completion unknown */
        {"40", ERR_BUSY},                /* serialization, deadlock */
        {"55P03", ERR_BUSY},             /* lock not available in time */
        {"54", ERR_TOO_LARGE},           /* program limit */
        {"08", ERR_DATABASE},            /* connection */
        {"28", ERR_DATABASE},            /* sign-in */
        {"3D", ERR_DATABASE},            /* no such database */
        {"53", ERR_DATABASE},            /* disk full, out of memory, too many connections */
        {"57", ERR_DATABASE},            /* stopped, starting, cancelled by statement_timeout */
        {"58", ERR_DATABASE},            /* system */
    };
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (in_class(state, kinds[i].class))
            return kinds[i].kind;
    return ERR_INTERNAL;                 /* our SQL and this database do not fit */
}

/* 26000: the statement is not known there any more (a pooler between us); 0A000: a table changed under a prepared statement. */
bool failure_is_stale(const char *state)
{
    return strcmp(state, "26000") == 0 || strcmp(state, "0A000") == 0;
}

static void cut(char *out, size_t room, const char *text, size_t n)
{
    if (n >= room)
        n = room - 1;
    memcpy(out, text, n);
    out[n] = '\0';
}

/* The column a refusal is about: said by the server, or the constraint's name without table and ending:
 * users_name → name, providers_type_check → type, models_provider_id_fkey → provider_id. */
static void name_field(const PGresult *result, struct err *err)
{
    static const char *const endings[] = {"_check", "_fkey", "_key", "_not_null"};
    const char *column = PQresultErrorField(result, PG_DIAG_COLUMN_NAME);
    const char *table = PQresultErrorField(result, PG_DIAG_TABLE_NAME);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    if (column) {
        cut(err->field, sizeof(err->field), column, strlen(column));
    } else if (table && constraint && strncmp(constraint, table, strlen(table)) == 0 && constraint[strlen(table)] == '_') {
        const char *name = constraint + strlen(table) + 1;
        size_t n = strlen(name);
        for (size_t i = 0; i < COUNT(endings); i++)
            if (n > strlen(endings[i]) && strcmp(name + n - strlen(endings[i]), endings[i]) == 0)
                n -= strlen(endings[i]);
        if (strcmp(name, "pkey") != 0)
            cut(err->field, sizeof(err->field), name, n);
    }
}

bool failure_of_result(const struct sql *sql, const PGresult *result, struct err *err)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (!state)
        state = "08006";                 /* libpq made this result itself: the connection was lost */
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    bool quotes_values = in_class(state, "22") || in_class(state, "23") || in_class(state, "42P02");
    cut(last_state, sizeof(last_state), state, strlen(state));
    fail(err, failure_kind(state), "%s: SQLSTATE %s%s%s: %s", sql->name, state, constraint ? " " : "",
         constraint ? constraint : "",
         quotes_values ? "a value does not fit" : text ? text : "connection lost");
    name_field(result, err);
    metric_add(METRIC_database_errors_total, 1);
    return false;
}

bool failure_of_connection(const char *what, const PGconn *pg, struct err *err)
{
    char words[160];
    const char *said = PQerrorMessage(pg);
    cut(words, sizeof(words), said, strcspn(said, "\n"));
    cut(last_state, sizeof(last_state), "08006", 5);
    metric_add(METRIC_database_errors_total, 1);
    return fail(err, ERR_DATABASE, "%s: %s", what, *words ? words : "connection lost");
}

/* A statement that begins with select reads unless it says that it changes; one that begins with "with" reads if no part of it
 * writes. Words inside names ("updated_at") do not count. */
static bool has_word(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = strcasestr(text, word); p; p = strcasestr(p + 1, word)) {
        bool starts = p == text || !strchr("abcdefghijklmnopqrstuvwxyz0123456789_", p[-1]);
        bool ends = !p[n] || !strchr("abcdefghijklmnopqrstuvwxyz0123456789_", p[n]);
        if (starts && ends)
            return true;
    }
    return false;
}

bool sql_reads(const struct sql *sql)
{
    const char *text = sql->text + strspn(sql->text, " \n");
    if (sql->changes)
        return false;
    if (strncmp(text, "select ", 7) == 0 || strcmp(text, "begin") == 0)
        return true;
    return strncmp(text, "with ", 5) == 0 && !has_word(text, "insert") && !has_word(text, "update") && !has_word(text, "delete");
}
