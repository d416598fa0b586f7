/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SQL_CLUSTER_H
#define TESTS_SQL_CLUSTER_H
/* cluster: what the programs of tests/sql include: the cluster that run.sh made, databases in it, and shorthand. */
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "../unit/property.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/log.h"
#include "db/db.h"

#define SQL_FOLDER "sql"
/* A call that must succeed; its words when it does not. */
#define must(call) do { if (!(call)) fail_msg("%s: %s", #call, err.text); } while (0)
/* A call that must fail in this way. */
#define must_fail(call, want) do { \
        memset(&err, 0, sizeof(err)); \
        assert_false(call); \
        if (err.kind != (want)) fail_msg("%s: %s, not %s: %s", #call, err_name(err.kind), err_name(want), err.text); \
    } while (0)

/* What every test of a table has at hand; static, since each program runs its tests one after the other. */
static struct err err;
static struct arena *a;
static struct db *db;

__attribute__((unused)) static const char *url_as(const char *database, const char *user)
{
    return arena_printf(a, "host=%s dbname=%s user=%s", getenv("MOONGATE_TEST_SOCKET"), database, user);
}

__attribute__((unused)) static const char *url_of(const char *database)
{
    return url_as(database, "postgres");
}

/* Run a text as the superuser; its first value, "" if none. */
__attribute__((unused)) static const char *superuser(const char *database, const char *text)
{
    PGconn *pg = PQconnectdb(url_of(database));
    PQclear(PQexec(pg, "set client_min_messages = warning"));
    PGresult *r = PQexec(pg, text);
    if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", text, PQerrorMessage(pg));
    const char *value = PQntuples(r) > 0 ? arena_text(a, PQgetvalue(r, 0, 0)) : "";
    PQclear(r);
    PQfinish(pg);
    return value;
}

__attribute__((unused)) static void database_make(const char *name)
{
    superuser("postgres", arena_printf(a, "drop database if exists %s with (force)", name));
    superuser("postgres", arena_printf(a, "create database %s", name));
}

__attribute__((unused)) static struct db *pool_open(const char *url, size_t size, int statement_ms)
{
    return db_open(&(struct db_options){.url = url, .size = size, .wait_ms = 5000, .statement_ms = statement_ms});
}

__attribute__((unused)) static int cluster_begin(void **state)
{
    (void)state;
    log_open(2, LOG_ERROR);
    a = arena_new();
    if (getenv("MOONGATE_TEST_SOCKET"))
        return 0;
    print_error("run tests/sql/run.sh\n");
    return -1;
}

/* A migrated database of this name, and a pool on it. */
__attribute__((unused)) static int database_begin(void **state, const char *name)
{
    int applied;
    if (cluster_begin(state) != 0)
        return -1;
    database_make(name);
    must(db_migrate(url_of(name), SQL_FOLDER, &applied, &err));
    db = pool_open(url_of(name), 4, 5000);
    return 0;
}

__attribute__((unused)) static int database_end(void **state)
{
    (void)state;
    db_close(db);
    arena_free(a);
    return 0;
}

/* A new id in the arena. */
__attribute__((unused)) static const char *new_id(void)
{
    char id[ID_TEXT];
    id_new(id);
    return arena_text(a, id);
}

#endif
