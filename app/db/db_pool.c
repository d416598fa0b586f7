/* SPDX-License-Identifier: MIT */
/* db_pool: connections that many threads share. Newest first, so that a quiet pool uses one connection. While the database is
 * down one caller at a time tries it, at most twice a second; the others fail at once. When one connection turns out to be
 * lost all idle ones are dropped: a restarted server has forgotten them too. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "db/db_private.h"

struct pool {
    struct db self;
    char *url;
    struct db_options options;
    atomic_bool up;              /* the last call reached the database */
    struct lock lock;            /* protects what follows */
    pthread_cond_t freed;
    struct conn *idle;
    size_t open;                 /* connections, idle and borrowed, and those being made */
    bool down, trying;           /* the last connect failed; somebody is trying again */
    int64_t retry_at;
    unsigned generation;         /* raised when idle connections are to be dropped */
    struct err why;              /* down: how it failed */
};

struct db *db_open(const struct db_options *options)
{
    struct pool *p = calloc(1, sizeof(*p));
    char *url = strdup(options->url);
    if (!p || !url)
        abort();
    assert(options->size > 0);
    p->self.pool = p;
    p->url = url;
    p->options = *options;
    lock_init(&p->lock, "db pool");
    lock_cond_init(&p->freed);
    return &p->self;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    struct pool *p = db->pool;
    while (p->idle) {
        struct conn *c = p->idle;
        p->idle = c->next;
        p->open--;
        conn_close(c);
    }
    assert(p->open == 0);        /* a transaction that was not ended */
    pthread_cond_destroy(&p->freed);
    pthread_mutex_destroy(&p->lock.mutex);
    free(p->url);
    free(p);
}

bool db_up(const struct db *db)
{
    return atomic_load_explicit(&db->pool->up, memory_order_relaxed);
}

bool db_is_transaction(const struct db *db)
{
    return db->conn != NULL;
}

static void set_up(struct pool *p, bool up)
{
    atomic_store_explicit(&p->up, up, memory_order_relaxed);
    metric_set(METRIC_database_up, up);
}

static void close_all(struct conn *list)
{
    while (list) {
        struct conn *next = list->next;
        conn_close(list);
        list = next;
    }
}

/* The newest idle connection of this generation; those before it go to ${dropped}. */
static struct conn *take_idle(struct pool *p, struct conn **dropped)
{
    lock_assert_held(&p->lock);
    while (p->idle) {
        struct conn *c = p->idle;
        p->idle = c->next;
        if (c->generation == p->generation && conn_alive(c))
            return c;
        c->next = *dropped;
        *dropped = c;
        p->open--;
    }
    return NULL;
}

/* A new connection in the place that the caller counted in ${open}. */
static struct conn *connect_one(struct pool *p, bool was_down, struct err *err)
{
    struct conn *c = conn_open(p->url, p->options.statement_ms, err);
    set_up(p, c != NULL);
    lock_take(&p->lock);
    if (was_down)
        p->trying = false;
    p->down = c == NULL;
    if (c) {
        c->generation = p->generation;
        c->tx.pool = p;
    } else {
        p->open--;
        p->retry_at = clock_mono() + DB_DOWN_US;
        p->why = *err;
    }
    pthread_cond_broadcast(&p->freed);
    lock_drop(&p->lock);
    return c;
}

enum turn { TURN_TAKEN, TURN_CONNECT, TURN_REFUSED };

/* Wait for an idle connection, a place for a new one, or the knowledge that there will be none. */
static enum turn wait_turn(struct pool *p, struct conn **conn_r, struct conn **dropped, bool *was_down_r, struct err *err)
{
    int64_t deadline = clock_mono() + p->options.wait_ms * INT64_C(1000);
    lock_assert_held(&p->lock);
    for (;;) {
        *conn_r = take_idle(p, dropped);
        if (*conn_r)
            return TURN_TAKEN;
        if (p->down && (p->trying || clock_mono() < p->retry_at)) {
            *err = p->why;
            return TURN_REFUSED;
        }
        if (p->open < p->options.size) {
            p->open++;
            *was_down_r = p->trying = p->down;
            return TURN_CONNECT;
        }
        if (!lock_wait(&p->lock, &p->freed, deadline)) {
            fail(err, ERR_DATABASE, "no free database connection in %d ms", p->options.wait_ms);
            return TURN_REFUSED;
        }
    }
}

struct conn *db_borrow(struct db *db, struct err *err)
{
    if (db->conn) {
        if (!db->conn->broken)
            return db->conn;
        fail(err, ERR_DATABASE, "the transaction's connection is lost");
        return NULL;
    }
    struct pool *p = db->pool;
    struct conn *c = NULL, *dropped = NULL;
    bool was_down = false;
    failure_forget();
    lock_take(&p->lock);
    enum turn turn = wait_turn(p, &c, &dropped, &was_down, err);
    lock_drop(&p->lock);
    close_all(dropped);
    if (turn == TURN_REFUSED)
        metric_add(METRIC_database_errors_total, 1);
    return turn == TURN_CONNECT ? connect_one(p, was_down, err) : c;
}

void pool_return(struct pool *p, struct conn *c, enum conn_end end)
{
    bool reached = end == CONN_OK || end == CONN_REFUSED;
    set_up(p, reached);
    lock_take(&p->lock);
    bool keep = !c->broken && c->generation == p->generation;
    if (!reached)
        p->generation++;
    if (keep) {
        c->next = p->idle;
        p->idle = c;
    } else {
        p->open--;
    }
    pthread_cond_signal(&p->freed);
    lock_drop(&p->lock);
    if (!keep)
        conn_close(c);
}

void db_return(struct db *db, struct conn *c, enum conn_end end)
{
    if (!db->conn)
        pool_return(db->pool, c, end);   /* a transaction keeps its own until db_end */
}
