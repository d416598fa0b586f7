/* SPDX-License-Identifier: MIT */
#ifndef WEB_REQUEST_PRIVATE_H
#define WEB_REQUEST_PRIVATE_H
/* What the files of web share about requests and no other room needs. Included only in web. */
#include "base/lock.h"
#include "web/request.h"

struct stream;
struct web_options;

/* "GET"; "?" for METHOD_OTHER. */
const char *method_text(enum method);
enum method method_of(const char *word);

/* What server.c keeps for a request beside what handlers see; rq->link points to it. */
struct link {
    struct request rq;
    int fd;                              /* of the FastCGI connection; -1 once closed */
    uint16_t request_id;                 /* FastCGI's */
    size_t body_declared;                /* CONTENT_LENGTH */
    bool params_bad;                     /* rq->err says what was wrong with the head */
    bool body_unread;                    /* answered before the body was taken */
    uint64_t sent;                       /* body bytes of the answer */
    int status;                          /* of the answer; 0 = none was given */
    _Atomic int users;                   /* the worker, and the stream while there is one */
    struct link *next;                   /* in a queue or in the pool */
    struct link_pool *pool;
    const struct web_options *options;
};

static inline struct link *link_of(const struct request *rq)
{
    return rq->link;
}

/* cookie.c: the Cookie header. A name sent twice with different values is dropped: nobody can tell which was ours. */
void cookies_read(const char *header, struct request *);

/* csrf.c: ERR_CSRF unless the request came from a page of ours. And the token for forms before there is a session. */
must_check bool csrf_check(struct request *);
void csrf_before_session(struct request *);

/* response.c: what the answer's head says. ${names} of headers the caller fixed win over the common ones. */
void response_reset(struct request *);
void response_head(struct request *, int status, int64_t body_n, const struct header *more, size_t more_n, struct buf *);
bool header_value_ok(const char *value);
bool header_name_ok(const char *name);

/* error.c: rq->err as status, headers and body in the request's face and language; the status. */
int error_answer(struct request *);

/* link.c: the pool, newest first, so that few of them serve most requests and stay in the cache. */
struct link_pool {
    struct lock lock;
    struct link *free;
    size_t free_n;
    _Atomic size_t in_flight;
    const struct web_options *options;
    struct web *web;
};
void link_pool_open(struct link_pool *, struct web *, const struct web_options *);
void link_pool_close(struct link_pool *);
/* An empty request with one user. */
struct link *link_take(struct link_pool *);
/* One user less; the last one logs the summary and gives the request back. */
void link_drop(struct link *);

#endif
