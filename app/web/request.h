/* SPDX-License-Identifier: MIT */
#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H
/* request: one HTTP request from the door to the answer. It carries all a handler may use. Handlers return false with
 * rq->err set, and server.c answers with a page or JSON in the caller's language; they never write error bodies themselves. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "web/route.h"

struct db;
struct gate;
struct stream;
struct identity;                         /* gate/who.h */
struct language;                         /* web/catalogue.h */
struct web;
struct field;
struct message_arg;                      /* web/catalogue.h */
struct form;                             /* web/form.h */

struct header { const char *name, *value; };
struct param { const char *name, *value; };

struct response {
    int status;                          /* 0 = 200 */
    struct header headers[24];
    size_t headers_n;
    struct buf body;
};

struct request {
    struct arena *arena, *scratch;
    struct log log;
    struct err err;
    struct web *web;
    struct db *db;                       /* for handlers in LANE_PAGES */
    struct gate *gate;

    const struct route *route;
    enum face face;                      /* of the address really called: a twin is FACE_API */
    enum method method;                  /* as matched in the route table (HEAD runs as GET) */
    enum method method_called;
    const char *path;                    /* normalised, decoded once, starts with / */
    const char *query;                   /* raw */
    struct param path_params[4];
    size_t path_params_n;
    struct param *query_params;          /* decoded, valid UTF-8 */
    size_t query_params_n;
    struct param *headers;               /* names lower-case with dashes: "x-data-class" */
    size_t headers_n;
    struct param *cookies;
    size_t cookies_n;
    struct bytes body;
    const char *content_type;            /* lower-case, without parameters; "" if none */
    const char *remote_addr, *host;
    bool https;
    char request_id[64];                 /* the caller's X-Request-ID if it is well formed, else a new UUIDv7 */
    int64_t started;                     /* clock_mono µs */
    int64_t started_wall;

    const struct identity *who;          /* NULL = nobody */
    int role;                            /* enum may level that was granted: for request_may */
    const char *csrf;                    /* the session's CSRF token for forms, "" without a session */
    const struct language *lang;
    const char *theme;                   /* "auto", "light", "dark" */
    const char *flash;                   /* what the last change has to say, or NULL; for options.shell */
    const struct form *form;             /* of page_again or form_fail: its problems, for options.shell; else NULL */

    struct response out;
    bool detached;                       /* request_stream was called: server.c sends nothing */
    void *link;                          /* server.c's own part */
};

/* Missing is NULL, for all four. Header names in lower case. Cookies "mg" and "mg_pre" are called __Host-mg… over TLS:
 * handlers need not care, both request_cookie and response_cookie add it. */
const char *request_path_param(const struct request *, const char *name);
const char *request_query(const struct request *, const char *name);
const char *request_header(const struct request *, const char *name);
const char *request_cookie(const struct request *, const char *name);
/* Whether the caller has at least ${level}: what decides both the control on the page and the check. */
bool request_may(const struct request *, enum may level);
/* Refuse query parameters that are not in the NULL-terminated list: ERR_UNKNOWN_FIELD naming it and the known ones. */
must_check bool request_allow_query(struct request *, const char *const names[]);
/* Whether JSON is wanted (the address is an API one). */
bool request_is_api(const struct request *);

/* Headers: names fixed, values checked ([\t\x20-\x7e\x80-\xff]); a value that is not is left out and logged. */
void response_header(struct request *, const char *name, const char *value);
/* ${strict}: SameSite=Strict and HttpOnly, for credentials; else SameSite=Lax and readable by scripts, for preferences. Secure
 * over TLS. */
void response_cookie(struct request *, const char *name, const char *value, int64_t max_age_s, bool strict);
/* 303 to a path of our own. */
bool response_redirect(struct request *, const char *path);
/* A whole body of a given type. */
bool response_text(struct request *, int status, const char *content_type, struct bytes body);
/* A struct as JSON by its FIELD rows; row NULL is no body. */
bool response_json(struct request *, int status, const struct field *fields, const void *row);

/* An error as the caller's programs expect it (rq->face), for answers that have begun: "data: " and the like around it are the API's. */
struct json_out;
void request_put_error(struct request *, const struct err *, struct json_out *);
/* The sentence for an err in the caller's language. */
const char *request_say(struct request *, const struct err *);
/* A message of the catalogue in the caller's language; ${args} NULL = none. */
const char *request_message(struct request *, const char *key, const struct message_arg *args);

/* Take the answer over for writing from a loop: server.c will not answer; the request lives until stream_end has flushed. What
 * the handler returns does not matter any more, and once the stream is posted to its loop the handler must not touch the
 * request. */
struct stream *request_stream(struct request *);

#endif
