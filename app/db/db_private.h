/* SPDX-License-Identifier: MIT */
#ifndef DB_DB_PRIVATE_H
#define DB_DB_PRIVATE_H
/* db_private: what the files of the machine share. Read db_connection.c (one connection), db_pool.c (many), db.c (the verbs).
 * Table files do not include this. */
#include <libpq-fe.h>
#include <stdatomic.h>

#include "base/err.h"
#include "base/lock.h"
#include "db/db.h"

/* The schema, and the role the program works as where there is one; sql/roles.sql says the same name. */
#define DB_SCHEMA "moongate"
#define DB_ROLE "moongate_app"

enum {
    DB_GRACE_MS = 2000,          /* after statement_timeout, for a server that says nothing at all */
    DB_LOCK_MS = 5000,
    DB_DOWN_US = 500 * 1000,     /* no new try to connect for so long after one that failed */
    DB_PREPARED = 512,           /* statements remembered by a connection; those beyond are prepared each time */
};

struct pool;

struct db {
    struct pool *pool;
    struct conn *conn;           /* the transaction's; NULL = the pool */
};

/* db_connection.c: one connection; one thread at a time. */
struct conn {
    PGconn *pg;
    struct db tx;                /* what db_begin hands out */
    int statement_ms;
    bool broken;                 /* lost, or in an unknown state: to be closed */
    unsigned generation;
    struct conn *next;           /* in the pool's list of idle ones */
    const struct sql *prepared[DB_PREPARED];     /* open addressing by address */
    size_t prepared_n;
};

/* What became of a statement. */
enum conn_end {
    CONN_OK,
    CONN_REFUSED,                /* the server's answer is an error, in err */
    CONN_UNSENT,                 /* the connection was lost before the server had the whole statement: it did nothing */
    CONN_LOST,                   /* … after: it may have been done */
    CONN_SILENT,                 /* no answer in time: it may have been done, and trying again would wait as long */
};

/* A connection as ${url} says, or NULL; not set up yet. ${err} never holds the URL. */
PGconn *conn_reach(const char *url, struct err *);
/* Connected and set up: time zone, time limits, search path, role. ERR_DATABASE if the database has no tables yet. */
struct conn *conn_open(const char *url, int statement_ms, struct err *);
void conn_close(struct conn *);
/* Whether an idle connection still looks alive; costs one system call. */
bool conn_alive(struct conn *);
/* Run one statement and give its whole result (to be cleared by the caller), NULL unless CONN_OK. */
enum conn_end conn_run(struct conn *, const struct sql *, struct db_values, PGresult **result_r, struct err *);
/* Start one whose rows come one by one; then conn_row until it gives NULL with CONN_OK, or another end. */
enum conn_end conn_start(struct conn *, const struct sql *, struct db_values, struct err *);
enum conn_end conn_row(struct conn *, const struct sql *, PGresult **result_r, struct err *);

/* db_pool.c */
/* A connection of the pool, or the transaction's own; NULL with ERR_DATABASE. */
struct conn *db_borrow(struct db *, struct err *);
/* Give it back after a statement that ended as ${end}; a broken one is closed, and with it all that are idle. */
void db_return(struct db *, struct conn *, enum conn_end end);
/* The same for a transaction that is over. */
void pool_return(struct pool *, struct conn *, enum conn_end end);

/* db_row.c: results to structs. */
struct columns {
    int at[64];                  /* of each FIELD row; -1 = it has no column */
};
/* ERR_INTERNAL naming the statement if a row of its FIELDs has no column. */
must_check bool columns_find(const struct sql *, const PGresult *, struct columns *columns_r, struct err *);
/* Texts point into ${result}. */
must_check bool columns_fill(const struct sql *, const struct columns *, const PGresult *, int row, void *row_r, struct err *);
/* Whether a column of PostgreSQL type ${oid} fits a field of ${type}; for tests. */
bool columns_fit(enum field_type type, unsigned oid);

/* db_failure.c: SQLSTATE to err. */
enum err_kind failure_kind(const char *sqlstate);
/* Whether an error of this state means that the connection should go, whatever libpq thinks of it. */
bool failure_is_stale(const char *sqlstate);
/* Fill ${err} from a server's error, without the values of its parameters. Always false. */
bool failure_of_result(const struct sql *, const PGresult *, struct err *);
/* ERR_DATABASE with libpq's own words about a connection. Always false. */
bool failure_of_connection(const char *what, const PGconn *, struct err *);
void failure_forget(void);

/* Whether running a statement twice does what running it once does, because it only reads. */
bool sql_reads(const struct sql *);

/* db_migrate.c: the numbered files of a folder, checked: 1, 2, 3, … without a gap. */
struct migration {
    int64_t number;
    const char *name;            /* "0001_start.sql" */
    struct bytes text;
    char sha256[65];
};
must_check bool migrations_read(struct arena *, const char *folder, struct list *migrations_r, struct err *);

#endif
