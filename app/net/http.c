/* SPDX-License-Identifier: MIT */
/* http: the client of one loop. Start reading in http_private.h. */
#include "net/http.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/http_private.h"

enum { WARM = 60 * 1000000, SWEEP = 15 * 1000000 };     /* µs */

static void on_sweep(void *arg);
static void on_deadline(void *arg);

void http_global_open(void)
{
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (code != CURLE_OK) {
        fprintf(stderr, "libcurl does not start: %s\n", curl_easy_strerror(code));
        abort();
    }
}

void http_global_close(void)
{
    curl_global_cleanup();
}

void *http_must(void *p, const char *what)
{
    if (!p) {
        fprintf(stderr, "out of memory: could not make %s\n", what);
        abort();
    }
    return p;
}

void *http_room(void *p, size_t *room, size_t need, size_t size)
{
    size_t now = *room ? *room : 1;
    if (need <= *room)
        return p;
    while (now < need)
        now *= 2;
    char *larger = http_must(realloc(p, now * size), "room");
    memset(larger + *room * size, 0, (now - *room) * size);
    *room = now;
    return larger;
}

void http_keep(char **text, size_t *room, const char *now)
{
    size_t n = strlen(now) + 1;
    *text = http_room(*text, room, n, 1);
    memcpy(*text, now, n);
}

struct http *http_new(struct loop *loop)
{
    struct http *http = http_must(calloc(1, sizeof(*http)), "an HTTP client");
    http->loop = loop;
    http->share = http_must(curl_share_init(), "an HTTP client");
    http->sweep = (struct loop_timer){.run = on_sweep, .arg = http};
    /* One thread uses it, so no locks. */
    curl_share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    return http;
}

/* ---- pools ---- */

static struct pool *pool_new(struct http *http, const char *name)
{
    struct pool *pool = http_must(calloc(1, sizeof(*pool)), "a pool");
    *pool = (struct pool){.name = http_must(strdup(name), "a pool"), .number = ++http->pools_made};
    return pool;
}

/* The pool called ${name}, moved to the front. */
static struct pool *pool_get(struct http *http, const char *name)
{
    struct pool **at = &http->pools;
    while (*at && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    struct pool *pool = *at;
    if (pool)
        *at = pool->next;
    else
        pool = pool_new(http, name);
    pool->next = http->pools;
    return http->pools = pool;
}

static void add_idle(struct http_call *call)
{
    struct pool *pool = call->pool;
    struct shard *shard = call->shard;
    if (shard->idle >= SHARD_CALLS) {
        call_free(call);
        return;
    }
    pool->idle = http_room(pool->idle, &pool->idle_room, shard->index + 1, sizeof(struct http_call *));
    call->idle_since = clock_mono();
    call->next = pool->idle[shard->index];
    pool->idle[shard->index] = call;
    shard->idle++;
}

static struct http_call *take_idle(struct pool *pool, struct shard *shard)
{
    struct http_call *call = pool->idle[shard->index];
    pool->idle[shard->index] = call->next;
    shard->idle--;
    return call;
}

/* ---- shards ---- */

static struct shard *add_shard(struct http *http)
{
    size_t i = 0;
    while (i < http->shards_n && http->shards[i])
        i++;
    http->shards = http_room(http->shards, &http->shards_room, i + 1, sizeof(struct shard *));
    if (i == http->shards_n)
        http->shards_n++;
    return http->shards[i] = shard_new(http, i);
}

/* The first shard with room that has a warm call of the pool, or else the first with room. */
static struct http_call *take_call(struct http *http, struct pool *pool)
{
    struct shard *first = NULL;
    for (size_t i = 0; i < http->shards_n; i++) {
        struct shard *shard = http->shards[i];
        if (!shard || shard->active == SHARD_CALLS)
            continue;
        if (i < pool->idle_room && pool->idle[i])
            return take_idle(pool, shard);
        first = first ? first : shard;
    }
    struct http_call *call = call_new(http, first ? first : add_shard(http), pool);
    call->timer = (struct loop_timer){.run = on_deadline, .arg = call};
    return call;
}

/* ---- calls ---- */

static void add_call(struct http_call *call)
{
    struct http *http = call->http;
    call->before = NULL;
    call->next = http->calls;
    if (http->calls)
        http->calls->before = call;
    http->calls = call;
    http->in_flight++;
    call->shard->active++;
    call->pool->in_use++;
    loop_keep(http->loop, 1);
}

static void remove_call(struct http_call *call)
{
    struct http *http = call->http;
    if (call->next)
        call->next->before = call->before;
    *(call->before ? &call->before->next : &http->calls) = call->next;
    http->in_flight--;
    call->shard->active--;
    call->pool->in_use--;
}

struct http_call *http_send(struct http *http, const struct http_request *request, const struct http_events *events, void *arg)
{
    struct http_call *call = take_call(http, pool_get(http, request->pool ? request->pool : ""));
    enum http_end end;
    add_call(call);
    call->added = call_set(call, request, events, arg) && curl_multi_add_handle(call->shard->multi, call->easy) == CURLM_OK;
    if (!call->added)
        call->why = HTTP_OTHER;
    int64_t at = call->added ? call_look(call, call->started, &end) : call->started;
    if (at)
        loop_timer_set(http->loop, &call->timer, at);
    return call;
}

void http_cancel(struct http_call *call)
{
    call->cancelled = true;
    loop_timer_set(call->http->loop, &call->timer, clock_mono());
}

size_t http_in_flight(const struct http *http)
{
    return http->in_flight;
}

void http_finish(struct http_call *call, CURLcode code)
{
    struct http *http = call->http;
    struct http_result result;
    void (*done)(void *, const struct http_result *) = call->events.done;
    void *arg = call->arg;
    call_result(call, code, &result);
    loop_timer_clear(http->loop, &call->timer);
    if (call->added)
        curl_multi_remove_handle(call->shard->multi, call->easy);       /* closes the connection if the answer is not complete */
    remove_call(call);
    add_idle(call);
    if (!http->sweep.slot)
        loop_timer_set(http->loop, &http->sweep, clock_mono() + SWEEP);
    done(arg, &result);
    loop_keep(http->loop, -1);
}

/* Never inside a callback of libcurl's: the loop calls it. */
static void on_deadline(void *arg)
{
    struct http_call *call = arg;
    enum http_end end;
    int64_t at = call_look(call, clock_mono(), &end);
    if (call->why == HTTP_DONE)
        call->why = end;
    if (call->why != HTTP_DONE)
        http_finish(call, CURLE_OK);
    else
        loop_timer_set(call->http->loop, &call->timer, at);
}

/* ---- giving back ---- */

/* Free what is behind the first one that is older than ${before}: a stack is in order of age. */
static void sweep_stack(struct shard *shard, struct http_call **at, int64_t before)
{
    while (*at && (*at)->idle_since >= before)
        at = &(*at)->next;
    while (*at) {
        struct http_call *call = *at;
        *at = call->next;
        call_free(call);
        shard->idle--;
    }
}

/* Whether the pool is still of use. */
static bool sweep_pool(struct http *http, struct pool *pool, int64_t before)
{
    bool used = pool->in_use > 0;
    for (size_t i = 0; i < pool->idle_room; i++) {
        if (pool->idle[i])
            sweep_stack(http->shards[i], &pool->idle[i], before);
        used = used || pool->idle[i];
    }
    return used;
}

static void pool_free(struct pool *pool)
{
    free(pool->idle);
    free(pool->name);
    free(pool);
}

void http_sweep(struct http *http, int64_t before)
{
    for (struct pool **at = &http->pools; *at;) {
        struct pool *pool = *at;
        if (sweep_pool(http, pool, before)) {
            at = &pool->next;
            continue;
        }
        *at = pool->next;
        pool_free(pool);
    }
    for (size_t i = 0; i < http->shards_n; i++) {
        struct shard *shard = http->shards[i];
        if (shard && shard->active + shard->idle == 0) {
            shard_free(shard);
            http->shards[i] = NULL;
        }
    }
}

static void on_sweep(void *arg)
{
    struct http *http = arg;
    int64_t now = clock_mono();
    http_sweep(http, now - WARM);
    if (http->pools)
        loop_timer_set(http->loop, &http->sweep, now + SWEEP);
}

void http_free(struct http *http)
{
    if (!http)
        return;
    while (http->calls) {
        http->calls->why = HTTP_CANCELLED;
        http_finish(http->calls, CURLE_OK);
    }
    loop_timer_clear(http->loop, &http->sweep);
    http_sweep(http, INT64_MAX);
    assert(!http->pools);
    curl_share_cleanup(http->share);
    free(http->shards);
    free(http->watches);
    free(http);
}
