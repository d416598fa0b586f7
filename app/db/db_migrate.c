/* SPDX-License-Identifier: MIT */
/* db_migrate: brings a database to this program's schema. What has run is in moongate.schema_migrations with each file's SHA-256;
 * a file and its row are one transaction, so a kill at any point leaves whole steps. An advisory lock makes instances that
 * start together take turns. Whoever runs it owns the schema; sql/roles.sql gives the program's role its rights afterwards. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/parse.h"
#include "db/db_private.h"

enum { FILE_MAX = 1 << 20 };

/* ---- the files ---- */

static bool read_file(struct arena *a, const char *folder, const char *name, struct bytes *text_r, struct err *err)
{
    const char *path = arena_printf(a, "%s/%s", folder, name);
    FILE *f = fopen(path, "re");
    if (!f)
        return fail(err, ERR_INPUT, "%s cannot be read: %s", path, strerror(errno));
    char *text = arena_alloc(a, FILE_MAX + 1);
    size_t n = fread(text, 1, FILE_MAX + 1, f);
    bool bad = ferror(f);
    fclose(f);
    if (bad || n > FILE_MAX || memchr(text, 0, n))
        return fail(err, ERR_INPUT, "%s is no migration: unreadable, larger than 1 MiB, or with a NUL in it", path);
    *text_r = (struct bytes){(const uint8_t *)text, n};
    return true;
}

static bool is_numbered(const char *name)
{
    size_t n = strlen(name);
    return n > 9 && strspn(name, "0123456789") == 4 && name[4] == '_' && strcmp(name + n - 4, ".sql") == 0;
}

static int wanted(const struct dirent *entry)
{
    return is_numbered(entry->d_name);
}

static bool read_one(struct arena *a, const char *folder, const char *name, size_t i, struct migration *m, struct err *err)
{
    uint8_t hash[CRYPTO_HASH];
    m->name = arena_text(a, name);
    if (!parse_int(arena_printf(a, "%.4s", name), 0, 9999, "migration", &m->number, err))
        return false;
    if (m->number != (int64_t)i + 1)
        return fail(err, ERR_INPUT, "%s/%s: number %04zu was expected here: a migration is missing or there twice", folder, name,
                    i + 1);
    if (!read_file(a, folder, name, &m->text, err))
        return false;
    crypto_sha256(m->text, hash);
    hex_write((struct bytes){hash, sizeof(hash)}, m->sha256);
    return true;
}

bool migrations_read(struct arena *a, const char *folder, struct list *migrations_r, struct err *err)
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, wanted, alphasort);
    if (n < 0)
        return fail(err, ERR_INPUT, "the folder %s cannot be read: %s", folder, strerror(errno));
    struct migration *all = NEW_ARRAY(a, struct migration, (size_t)n);
    bool ok = n > 0 || fail(err, ERR_INPUT, "the folder %s holds no migrations", folder);
    for (int i = 0; i < n; i++) {
        ok = ok && read_one(a, folder, entries[i]->d_name, (size_t)i, &all[i], err);
        free(entries[i]);
    }
    free(entries);
    *migrations_r = (struct list){all, (size_t)n};
    return ok;
}

/* ---- the database ---- */

/* Run a text; its first row's first column is ${value_r} ("" without rows), copied into ${a}. */
static bool ask(PGconn *pg, struct arena *a, const char *what, const char *text, struct db_values v, const char **value_r,
                struct err *err)
{
    struct sql sql = {what, text, SQL_NO_ROWS};
    PGresult *r = v.n > 0 ? PQexecParams(pg, text, (int)v.n, NULL, v.v, NULL, NULL, 0) : PQexec(pg, text);
    ExecStatusType status = PQresultStatus(r);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
    if (!ok)
        failure_of_result(&sql, r, err);
    else if (value_r)
        *value_r = PQntuples(r) > 0 ? arena_text(a, PQgetvalue(r, 0, 0)) : "";
    PQclear(r);
    return ok;
}

static bool run_text(PGconn *pg, const char *what, const char *text, struct err *err)
{
    return ask(pg, NULL, what, text, DB_NONE, NULL, err);
}

/* Alone, with the schema and the table of what has run. "if not exists" alone would ask for rights that are not needed. */
static bool prepare_schema(PGconn *pg, struct arena *a, struct err *err)
{
    const char *encoding, *there;
    if (PQserverVersion(pg) < 130000)
        return fail(err, ERR_DATABASE, "PostgreSQL %d is too old: 13 is needed, 15 is tested", PQserverVersion(pg) / 10000);
    if (!run_text(pg, "migrate.set_up",
                  "set timezone = 'UTC'; set statement_timeout = 0; set lock_timeout = '60s'; set client_min_messages = warning;"
                  "set standard_conforming_strings = on; set search_path = " DB_SCHEMA ", pg_temp", err) ||
        !ask(pg, a, "migrate.encoding", "show server_encoding", DB_NONE, &encoding, err))
        return false;
    if (strcmp(encoding, "UTF8") != 0)
        return fail(err, ERR_DATABASE, "the database's encoding is %s, it must be UTF8", encoding);
    if (!run_text(pg, "migrate.lock", "select pg_advisory_lock(7310579571302703205)", err))
        return err->kind == ERR_BUSY ? fail(err, ERR_BUSY, "another migration has been running for 60 s") : false;
    if (!ask(pg, a, "migrate.schema", "select to_regnamespace('" DB_SCHEMA "')", DB_NONE, &there, err) ||
        (!*there && !run_text(pg, "migrate.schema", "create schema " DB_SCHEMA, err)))
        return false;
    if (!ask(pg, a, "migrate.table", "select to_regclass('" DB_SCHEMA ".schema_migrations')", DB_NONE, &there, err))
        return false;
    return *there || run_text(pg, "migrate.table",
                              "create table schema_migrations (number integer primary key, name text not null,"
                              " sha256 text not null, applied_at timestamptz not null default now())", err);
}

/* What has run must be the first of our files, unchanged. */
static bool compare(PGconn *pg, const struct list *files, size_t *done_r, struct err *err)
{
    static const struct sql sql = {"migrate.list", "select number, name, sha256 from schema_migrations order by number",
                                   SQL_NO_ROWS};
    const struct migration *m = files->items;
    PGresult *r = PQexec(pg, sql.text);
    bool ok = PQresultStatus(r) == PGRES_TUPLES_OK || failure_of_result(&sql, r, err);
    int n = ok ? PQntuples(r) : 0;
    for (int i = 0; ok && i < n; i++) {
        const char *number = PQgetvalue(r, i, 0), *name = PQgetvalue(r, i, 1);
        int64_t is;
        if (!parse_int(number, 0, INT32_MAX, "number", &is, err))
            ok = false;
        else if (is != i + 1)
            ok = fail(err, ERR_CONFLICT, "the database has migration %s (%s) but not %04d: it was changed by hand", number, name,
                      i + 1);
        else if ((size_t)i >= files->n)
            ok = fail(err, ERR_CONFLICT,
                      "the database is newer than this program: it has migration %s (%s); hint: install the newer program",
                      number, name);
        else if (strcmp(PQgetvalue(r, i, 2), m[i].sha256) != 0)
            ok = fail(err, ERR_CONFLICT, "%s was changed after it ran on this database (as %s): migrations are never edited",
                      m[i].name, name);
    }
    PQclear(r);
    *done_r = (size_t)n;
    return ok;
}

static bool apply(PGconn *pg, struct arena *a, const struct migration *m, struct err *err)
{
    if (!run_text(pg, "migrate.begin", "begin", err) || !run_text(pg, m->name, (const char *)m->text.p, err))
        return false;
    if (PQtransactionStatus(pg) != PQTRANS_INTRANS)
        return fail(err, ERR_INTERNAL, "%s must not begin or end transactions", m->name);
    if (!ask(pg, a, "migrate.note", "insert into schema_migrations (number, name, sha256) values ($1, $2, $3)",
             DB(db_int(a, m->number), m->name, m->sha256), NULL, err) ||
        !run_text(pg, "migrate.commit", "commit", err))
        return false;
    log_info(NULL, "migration applied", "name=%s", m->name);
    return true;
}

/* Who only uses the schema has nothing to give away. */
static bool give_rights(PGconn *pg, struct arena *a, const char *folder, struct err *err)
{
    const char *owner;
    struct bytes text;
    if (!ask(pg, a, "migrate.owner", "select 1 from pg_namespace where nspname = '" DB_SCHEMA "'"
             " and pg_has_role(session_user, nspowner, 'usage')", DB_NONE, &owner, err))
        return false;
    if (!*owner)
        return true;
    return read_file(a, folder, "roles.sql", &text, err) && run_text(pg, "roles.sql", (const char *)text.p, err);
}

static bool migrate(PGconn *pg, struct arena *a, const char *folder, const struct list *files, int *applied_r, struct err *err)
{
    const struct migration *m = files->items;
    size_t done;
    if (!prepare_schema(pg, a, err) || !compare(pg, files, &done, err))
        return false;
    for (size_t i = done; i < files->n; i++, ++*applied_r)
        if (!apply(pg, a, &m[i], err))
            return false;
    return give_rights(pg, a, folder, err);
}

/* Closing the connection rolls back what was begun and drops the lock. */
bool db_migrate(const char *url, const char *folder, int *applied_r, struct err *err)
{
    struct arena *a = arena_new();
    struct list files;
    PGconn *pg = NULL;
    *applied_r = 0;
    bool ok = migrations_read(a, folder, &files, err) && (pg = conn_reach(url, err)) != NULL &&
              migrate(pg, a, folder, &files, applied_r, err);
    PQfinish(pg);
    arena_free(a);
    return ok;
}
