/* SPDX-License-Identifier: MIT */
#ifndef NET_HTTP_H
#define NET_HTTP_H
/* http: outgoing requests, the only room that knows libcurl. On a loop (http_send: callbacks, libcurl multi in shards) for
 * runs; blocking (http_ask) for checks and jobs. Every connection passes the egress rules of egress.h, also when reused. No
 * redirects, no proxy from the environment, http and https only, TLS verified.
 *
 * A POST is sent again only if a warm connection turned out to be closed by the other side: no byte of an answer came, and it
 * broke within a second of sending. One retry at most (tries says so); everything else is HTTP_CUT, and the caller decides.
 * HTTP/2 is spoken where TLS offers it; many calls then share a connection, each call of the first burst waits for its
 * handshake. */
#include "base/base.h"
#include "net/egress.h"

struct arena;
struct err;
struct loop;
struct http;                        /* the client of one loop */
struct http_call;                   /* one request under way */

struct http_header { const char *name, *value; };

struct http_request {
    const char *method;             /* "GET", "POST" */
    const char *url;
    const struct http_header *headers;
    size_t headers_n;
    struct bytes body;              /* must live until done */
    const struct egress *egress;    /* the provider's rule, must live until done */
    const char *pool;               /* connections are shared only between calls with the same pool name: the provider id + secret version */
    const char *ca_file;            /* NULL = the system's */
    bool insecure;                  /* never set for cloud; tests of TLS errors do not use it */
    /* 0 = no limit. connect: from the start until the connection (name, TCP, TLS) is ready, at most 300 s; first byte: from
     * then until the head begins; idle: between bytes after that; total: all of it. */
    int64_t connect_ms, first_byte_ms, idle_ms, total_ms;
    size_t answer_max;              /* bytes of body at most (whole answers); 0 = no limit (streams) */
};

/* Why a call ended. The order is the order of the table in http.c that gives each a name for logs and catalogue keys. */
enum http_end {
    HTTP_DONE,                      /* an answer arrived completely, whatever its status */
    HTTP_NOT_RESOLVED, HTTP_REFUSED, HTTP_UNREACHABLE, HTTP_TLS, HTTP_CONNECT_TIMEOUT, HTTP_FIRST_BYTE_TIMEOUT,
    HTTP_IDLE_TIMEOUT, HTTP_TOTAL_TIMEOUT, HTTP_CUT, HTTP_PROTOCOL, HTTP_TOO_LARGE, HTTP_EGRESS, HTTP_CANCELLED, HTTP_OTHER,
    HTTP_ENDS
};
const char *http_end_name(enum http_end);      /* "not_resolved": stable, used in rows, JSON and catalogue keys "http.not_resolved" */

struct http_result {
    enum http_end end;
    int status;                     /* 0 if none arrived */
    char detail[160];               /* libcurl's words, for the log */
    char remote[64];                /* address really connected to, "127.0.0.1:11434" */
    int64_t dns_us, connect_us, tls_us, first_byte_us, total_us;   /* from the start */
    uint64_t sent, received;        /* body bytes */
    bool reused;
    int tries;                      /* times the request was sent: 0, 1, or 2 if a warm connection turned out to be dead */
};

/* Called on the loop. Headers and body bytes are valid during the call only. */
struct http_events {
    /* once, before the first body byte, final (not 1xx) head; may be NULL. Names are in lower case, names and values are
     * checked. */
    void (*head)(void *arg, int status, const struct http_header *headers, size_t n);
    /* false cancels the call (end = HTTP_CANCELLED) */
    bool (*body)(void *arg, struct bytes);
    /* exactly once, last; the call is gone afterwards */
    void (*done)(void *arg, const struct http_result *);
};

/* One per loop. Unused connections stay warm for about a minute. */
struct http *http_new(struct loop *);
/* Ends what is in flight as http_cancel does, at once. */
void http_free(struct http *);
/* Starts a call; never calls back before it returns. Always ends in events->done. ${request} and ${events} are copied except
 * body and egress. A request that cannot be sent (method, header or URL that HTTP does not know) ends in HTTP_OTHER. */
struct http_call *http_send(struct http *, const struct http_request *, const struct http_events *, void *arg);
/* Ends it soon, never before it returns: done comes with HTTP_CANCELLED, the connection is closed. No body is handed out in
 * between. Safe inside callbacks, of this call and others, until done was called. */
void http_cancel(struct http_call *);
size_t http_in_flight(const struct http *);

/* Blocking, on the caller's thread, whole answer (at most ${request}->answer_max, default 16 MiB) in ${arena}. True when end
 * is HTTP_DONE (look at status); else ERR_UPSTREAM_DOWN, ERR_TIMEOUT or ERR_POLICY with detail. ${result_r} is always filled. */
must_check bool http_ask(struct arena *, const struct http_request *, struct http_result *result_r, struct bytes *body_r, struct err *);

/* Once in main, before threads. */
void http_global_open(void);
void http_global_close(void);

#endif
