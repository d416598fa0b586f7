/* SPDX-License-Identifier: MIT */
/* link: the life of a request's memory: out of a pool, used by a worker and perhaps a stream, back into the pool. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "web/request_private.h"
#include "web/web.h"

enum { FREE_MOST = 128, STATUS_HUNG_UP = 499 };

static struct link *link_new(struct link_pool *pool)
{
    struct link *link = calloc(1, sizeof(*link));
    if (link == NULL)
        abort();
    link->pool = pool;
    link->options = pool->options;
    link->rq.arena = arena_new();
    link->rq.scratch = arena_new();
    return link;
}

static void link_free(struct link *link)
{
    arena_free(link->rq.arena);
    arena_free(link->rq.scratch);
    free(link);
}

void link_pool_open(struct link_pool *pool, struct web *web, const struct web_options *options)
{
    lock_init(&pool->lock, "request pool");
    pool->options = options;
    pool->web = web;
}

void link_pool_close(struct link_pool *pool)
{
    while (pool->free != NULL) {
        struct link *link = pool->free;
        pool->free = link->next;
        link_free(link);
    }
}

struct link *link_take(struct link_pool *pool)
{
    pool->in_flight++;
    lock_take(&pool->lock);
    struct link *link = pool->free;
    if (link != NULL) {
        pool->free = link->next;
        pool->free_n--;
    }
    lock_drop(&pool->lock);
    if (link == NULL)
        link = link_new(pool);
    struct request *rq = &link->rq;
    rq->link = link;
    rq->web = pool->web;
    rq->gate = pool->options->gate;
    rq->started = clock_mono();
    rq->started_wall = clock_wall();
    link->fd = -1;
    link->users = 1;
    response_reset(rq);
    return link;
}

static void link_clear(struct link *link)
{
    struct arena *arena = link->rq.arena, *scratch = link->rq.scratch;
    struct link_pool *pool = link->pool;
    arena_reset(arena);
    arena_reset(scratch);
    *link = (struct link){.pool = pool, .options = pool->options};
    link->rq.arena = arena;
    link->rq.scratch = scratch;
}

static void give_back(struct link *link)
{
    struct link_pool *pool = link->pool;
    link_clear(link);
    lock_take(&pool->lock);
    bool keep = pool->free_n < FREE_MOST;
    if (keep) {
        link->next = pool->free;
        pool->free = link;
        pool->free_n++;
    }
    lock_drop(&pool->lock);
    if (!keep)
        link_free(link);
    pool->in_flight--;
}

/* The one line every request leaves. A peer that never sent a request leaves none; who took the answer over writes a line that
 * says more. */
static void log_summary(struct link *link)
{
    struct request *rq = &link->rq;
    int status = link->status != 0 ? link->status : STATUS_HUNG_UP;
    enum log_level level = rq->detached ? LOG_DEBUG : LOG_INFO;
    if (level >= log_level_now())
        log_write(level, &rq->log, "request answered", "method=%s status=%d ms=%.1f bytes=%llu", method_text(rq->method_called),
                  status,
                  (double)(clock_mono() - rq->started) / 1000, (unsigned long long)link->sent);
    if (link->options->ended != NULL)
        link->options->ended(rq, status);
}

void link_drop(struct link *link)
{
    if (--link->users > 0)
        return;
    if (link->fd >= 0)
        close(link->fd);
    if (link->request_id != 0)
        log_summary(link);
    give_back(link);
}
