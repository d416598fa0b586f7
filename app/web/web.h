/* SPDX-License-Identifier: MIT */
#ifndef WEB_WEB_H
#define WEB_WEB_H
/* web: the only room that knows FastCGI. Opens the socket lighttpd talks to, reads requests (fcgi.c), finds the route
 * (router.c), asks who is calling, runs the handler on the right workers, and sends the answer or the error in the caller's
 * face and language (server.c). */
#include "web/request.h"
#include "web/template.h"

struct web_options {
    const char *socket;              /* unix socket path; mode 0660 */
    int backlog;                     /* 4096 */
    size_t run_workers, page_workers;
    size_t page_queue;               /* requests waiting for page workers at most; then 503 */
    const struct route *routes;      /* ends with path NULL */
    const struct catalogues *catalogues;
    const struct templates *templates;
    struct db *db;
    struct gate *gate;
    /* Fill rq->who, rq->role, rq->csrf, rq->lang, rq->theme; runs before the route's check. False = refuse with rq->err. It
     * must not use the database on LANE_RUNS. */
    bool (*identify)(struct request *);
    /* How large rq's body may be, at most route->body_max; NULL = that. */
    size_t (*body_max)(const struct request *);
    /* Fill the shell struct (templates.h) for a page; the struct lives in rq->arena. */
    const void *(*shell)(struct request *);
    /* Render rq->err as a full HTML page into rq->out.body (console/error_page.c). */
    void (*error_page)(struct request *);
    /* After every answer, for the summary line and counters; may be NULL. */
    void (*ended)(struct request *, int status);
};

/* Listen and start the workers. ERR_INPUT with the path if the socket cannot be made. */
must_check bool web_open(const struct web_options *, struct web **web_r, struct err *);
/* Stop accepting, let page handlers finish (at most ${ms}), join the workers. Streams end by their loops. */
void web_stop(struct web *, int ms);
void web_close(struct web *);
size_t web_in_flight(const struct web *);

/* Render a page, or on an API address write the view's JSON: one resource, two faces. ${json} may be NULL: then the view's own
 * rows. Status 200 unless rq->out.status was set. */
bool page_render(struct request *, const char *page, const struct field *view_fields, const void *view);
/* After a change: a page goes to ${location} with a flash message (catalogue key, optional one argument) — the API answers
 * ${status} with the row. */
bool page_done(struct request *, const char *location, const char *flash_key, const char *flash_arg, int status,
               const struct field *fields, const void *row);
/* A page again with 422 and the form's problems, or the API's 422. */
struct form;
bool page_again(struct request *, const char *page, const struct field *view_fields, const void *view, const struct form *);

#endif
