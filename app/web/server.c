/* SPDX-License-Identifier: MIT */
/* server: who does what to a request. Run workers take connections one after another, read the head, find the route and answer
 * what needs no waiting; requests that may wait for the database are read and queued to page workers, so a slow page never
 * takes a worker from a run. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lock.h"
#include "web/catalogue.h"
#include "web/fcgi.h"
#include "web/outgoing.h"
#include "web/router.h"
#include "web/web.h"

enum { STACK = 1 << 20, ANSWER_PATIENCE_US = 30 * 1000000, BUSY_RETRY_S = 2 };

struct web {
    struct web_options options;
    struct link_pool pool;
    int listening;
    atomic_bool stopping;
    struct lock lock;                    /* over the queue: */
    struct link *first, *last;
    size_t queued;
    bool closed;                         /* nothing more comes: page workers end when it is empty */
    pthread_cond_t more, empty;
    pthread_t *threads;
    size_t threads_n;
};

/* ---- one request ---- */

static bool body_fits(struct link *link)
{
    struct request *rq = &link->rq;
    size_t max = link->options->body_max != NULL ? link->options->body_max(rq) : rq->route->body_max;
    if (link->body_declared <= max)
        return true;
    fail_field(&rq->err, "Content-Length", arena_printf(rq->arena, "%zu B", link->body_declared),
               arena_printf(rq->arena, "≤ %zu B", max));
    rq->err.kind = ERR_TOO_LARGE;
    return false;
}

/* The route, and what can be refused by the head alone. The face is set even if the head is bad, so that the error looks
 * right. */
static bool begin(struct link *link)
{
    struct request *rq = &link->rq;
    struct err bad_head = rq->err;
    bool found = rq->path != NULL && router_find(link->options->routes, rq);
    if (link->params_bad)
        rq->err = bad_head;
    if (link->params_bad || !found)
        return false;
    rq->log.route = rq->route->path;
    rq->db = rq->route->lane == LANE_PAGES ? link->options->db : NULL;
    const char *authorization = request_header(rq, "authorization");
    if (authorization != NULL && strchr(authorization, ',') != NULL)
        return fail(&rq->err, ERR_UNAUTHENTICATED, "more than one authorization header");
    return body_fits(link);
}

static bool forbidden(struct request *rq)
{
    static const char *const levels[] = {[VIEWER] = "viewer", [DEVELOPER] = "developer", [OPERATOR] = "operator",
                                         [ADMIN] = "admin",
                                         [AUDITOR] = "auditor, admin", [SIGNED_IN] = "", [KEY_HOLDER] = "developer"};
    enum may may = rq->route->may;
    if (may == SETUP)
        return fail(&rq->err, ERR_NOT_FOUND, "the setup is done, or its token is not the one");
    if (rq->who == NULL)
        return fail(&rq->err, ERR_UNAUTHENTICATED, "nobody is signed in and no valid key was sent");
    fail_field(&rq->err, "", "", levels[may] != NULL ? levels[may] : "");
    rq->err.kind = ERR_FORBIDDEN;
    return false;
}

static bool admit(struct link *link)
{
    struct request *rq = &link->rq;
    if (link->options->identify != NULL && !link->options->identify(rq))
        return false;
    csrf_before_session(rq);
    return request_may(rq, rq->route->may) || forbidden(rq);
}

static void send_answer(struct link *link)
{
    struct request *rq = &link->rq;
    struct buf head;
    struct bytes body = buf_view(&rq->out.body);
    link->status = rq->out.status != 0 ? rq->out.status : 200;
    link->sent = body.n;
    response_head(rq, link->status, (int64_t)body.n, NULL, 0, &head);
    if (rq->method_called == HEAD)
        body.n = 0;
    struct outgoing out = outgoing_whole(rq->arena, link->request_id, buf_view(&head), body);
    if (!outgoing_wait(&out, link->fd, clock_mono() + ANSWER_PATIENCE_US))
        log_info(&rq->log, "caller left before its answer", "waiting=%zu", outgoing_left(&out));
    else if (link->body_unread)
        fcgi_drain(link->fd);
    close(link->fd);
    link->fd = -1;
}

/* After a handler: a detached request belongs to its loop, which may be done with it by now. */
static void answer(struct link *link, bool ok)
{
    struct request *rq = &link->rq;
    if (!rq->detached) {
        if (!ok)
            error_answer(rq);
        send_answer(link);
    }
    link_drop(link);
}

/* ---- the queue of pages ---- */

static bool queue_put(struct web *web, struct link *link)
{
    lock_take(&web->lock);
    bool fits = !web->closed && web->queued < web->options.page_queue;
    if (fits) {
        link->next = NULL;
        *(web->first == NULL ? &web->first : &web->last->next) = link;
        web->last = link;
        web->queued++;
        pthread_cond_signal(&web->more);
    }
    lock_drop(&web->lock);
    if (fits)
        return true;
    fail(&link->rq.err, ERR_BUSY, "%zu pages are waiting already", web->options.page_queue);
    link->rq.err.retry_after_s = BUSY_RETRY_S;
    return false;
}

static struct link *queue_pop(struct web *web)
{
    lock_assert_held(&web->lock);
    struct link *link = web->first;
    if (link == NULL)
        return NULL;
    web->first = link->next;
    if (--web->queued == 0)
        pthread_cond_broadcast(&web->empty);
    return link;
}

/* The next one, waiting; NULL when there will be none. */
static struct link *queue_take(struct web *web)
{
    lock_take(&web->lock);
    while (web->first == NULL && !web->closed)
        lock_wait(&web->lock, &web->more, 0);
    struct link *link = queue_pop(web);
    lock_drop(&web->lock);
    return link;
}

/* ---- workers ---- */

/* The kernel wakes one of those that block in accept4 for a connection. (Through FCGX_Accept_r, which waits with select first, all would
 * wake for each.) */
static int next_connection(struct web *web)
{
    return web->stopping ? -1 : fcgi_accept(web->listening);
}

static void serve(struct web *web, struct fcgi_reader *reader, int fd)
{
    struct link *link = link_take(&web->pool);
    if (!fcgi_head(reader, fd, link)) {
        link_drop(link);
        return;
    }
    bool ok = begin(link);
    bool page = ok && link->rq.route->lane == LANE_PAGES;
    ok = ok && (page || admit(link)) && fcgi_body(reader, link);
    fcgi_done(reader);
    if (page && ok) {
        if (queue_put(web, link))
            return;
        ok = false;
    }
    answer(link, ok && csrf_check(&link->rq) && link->rq.route->run(&link->rq));
}

static void *run_worker(void *arg)
{
    struct web *web = arg;
    struct fcgi_reader *reader = fcgi_reader_new();
    for (int fd; (fd = next_connection(web)) >= 0;)
        serve(web, reader, fd);
    fcgi_reader_free(reader);
    return NULL;
}

static void *page_worker(void *arg)
{
    struct web *web = arg;
    for (struct link *link; (link = queue_take(web)) != NULL;)
        answer(link, admit(link) && csrf_check(&link->rq) && link->rq.route->run(&link->rq));
    return NULL;
}

static bool start_workers(struct web *web, void *(*run)(void *), size_t n, struct err *err)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    int error = 0;
    for (size_t i = 0; i < n && error == 0; i++) {
        error = pthread_create(&web->threads[web->threads_n], &attr, run, web);
        web->threads_n += error == 0;
    }
    pthread_attr_destroy(&attr);
    return error == 0 || fail(err, ERR_INTERNAL, "a thread cannot be started: %s", strerror(error));
}

/* ---- the whole ---- */

bool web_open(const struct web_options *options, struct web **web_r, struct err *err)
{
    struct web *web = calloc(1, sizeof(*web));
    pthread_t *threads = calloc(options->run_workers + options->page_workers + 1, sizeof(pthread_t));
    if (web == NULL || threads == NULL)
        abort();
    web->options = *options;
    web->threads = threads;
    lock_init(&web->lock, "page queue");
    lock_cond_init(&web->more);
    lock_cond_init(&web->empty);
    link_pool_open(&web->pool, web, &web->options);
    web->listening = fcgi_listen(options->socket, options->backlog, err);
    if (web->listening >= 0 && start_workers(web, page_worker, options->page_workers, err)
        && start_workers(web, run_worker, options->run_workers, err)) {
        *web_r = web;
        return true;
    }
    web_stop(web, 0);
    web_close(web);
    return false;
}

/* Wait until the queue is empty or the time is over; the rest is told to come again. */
static void empty_queue(struct web *web, int64_t deadline)
{
    struct link *rest;
    lock_take(&web->lock);
    web->closed = true;
    pthread_cond_broadcast(&web->more);
    while (web->queued > 0 && lock_wait(&web->lock, &web->empty, deadline))
        continue;
    do {
        rest = queue_pop(web);
        lock_drop(&web->lock);
        if (rest != NULL) {
            fail(&rest->rq.err, ERR_BUSY, "moongate is stopping");
            rest->rq.err.retry_after_s = BUSY_RETRY_S;
            answer(rest, false);
        }
        lock_take(&web->lock);
    } while (rest != NULL);
    lock_drop(&web->lock);
}

void web_stop(struct web *web, int ms)
{
    web->stopping = true;
    if (web->listening >= 0) {
        shutdown(web->listening, SHUT_RDWR);     /* wakes the workers in accept */
        unlink(web->options.socket);
    }
    empty_queue(web, clock_mono() + (int64_t)ms * 1000 + 1);
    for (size_t i = 0; i < web->threads_n; i++)
        pthread_join(web->threads[i], NULL);
    web->threads_n = 0;
}

void web_close(struct web *web)
{
    if (web->listening >= 0)
        close(web->listening);
    if (web->pool.in_flight > 0)
        log_error(NULL, "requests still in flight at the end", "n=%zu", (size_t)web->pool.in_flight);
    link_pool_close(&web->pool);
    pthread_cond_destroy(&web->more);
    pthread_cond_destroy(&web->empty);
    free(web->threads);
    free(web);
}

size_t web_in_flight(const struct web *web)
{
    return web->pool.in_flight;
}
