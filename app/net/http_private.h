/* SPDX-License-Identifier: MIT */
#ifndef NET_HTTP_PRIVATE_H
#define NET_HTTP_PRIVATE_H
/* The insides of http, shared by http*.c only.
 *
 *   http.c       the client of a loop: pools, sending, cancelling
 *   http_shard.c a shard: one multi handle, its sockets and timer on the loop
 *   http_call.c  a call: settings of its easy handle, libcurl's callbacks, deadlines
 *   http_head.c  headers: those sent, and those of the answer
 *   http_end.c   why a call ended
 *   http_ask.c   the blocking form
 *
 * libcurl's list of timers grows with the transfers of a multi handle, so a loop has many with few transfers each (shards). A
 * call keeps its easy handle when it is over and waits in its pool, last in first out, so that settings and connection are still
 * warm. A connection belongs to a shard (libcurl's cache) and to one pool: pools have numbers which are given to libcurl as the
 * IPv6 scope id, a part of its key for connections that has no other effect except on link-local addresses, and those are never
 * allowed. */
#include <curl/curl.h>

#include "base/base.h"
#include "base/loop.h"
#include "net/http.h"

enum {
    SHARD_CALLS = 128,                  /* transfers of one multi handle */
    HEAD_MAX = 64 << 10,                /* bytes of response head, all of 1xx, final and trailers together */
    HEADERS_MAX = 100,                  /* headers, both ways */
};

/* Calls that may share connections. */
struct pool {
    struct pool *next;
    char *name;
    uint32_t number;
    size_t in_use;
    struct http_call **idle;            /* per shard, newest first */
    size_t idle_room;
};

struct shard {
    struct http *http;
    CURLM *multi;
    size_t index, active, idle;         /* calls */
    struct loop_timer timer;
};

/* A descriptor of libcurl's. Sockets stay watched between two calls: that saves two system calls for each. */
struct watch {
    struct loop_fd *fd;
    struct shard *shard;
    int wanted;
    bool active;                        /* libcurl asked for it */
    bool kept;                          /* a connection that has served a call: libcurl closes it through us only */
};

struct http {
    struct loop *loop;
    CURLSH *share;                      /* names and TLS sessions */
    struct shard **shards;              /* NULL where one was given back */
    size_t shards_n, shards_room;
    struct pool *pools;                 /* the last used first */
    uint32_t pools_made;
    struct watch *watches;              /* by descriptor */
    size_t watches_room;
    struct http_call *calls;            /* under way */
    size_t in_flight;
    struct loop_timer sweep;
};

/* The answer's head while it arrives: name NUL value NUL …, positions in ${p}. */
struct head {
    char *p;
    size_t n, room;
    uint32_t names[HEADERS_MAX], values[HEADERS_MAX];
    size_t headers_n, seen;             /* ${seen}: bytes of all heads so far */
    int status;
    bool whole;
};

struct http_call {
    struct http_call *next, *before;    /* in http->calls, or next in pool->idle */
    struct http *http;
    struct shard *shard;
    struct pool *pool;
    CURL *easy;
    struct loop_timer timer;
    struct http_events events;
    void *arg;
    const struct egress *egress;
    size_t answer_max;
    int64_t first_byte, idle, total;    /* µs, 0 = no limit */
    int64_t started, sent, first, last; /* clock_mono, 0 = not yet */
    uint64_t received;
    int tries;
    bool added, cancelled;
    enum http_end why;                  /* set where we ended it; HTTP_DONE = libcurl's code says */
    unsigned opened, refused;           /* sockets */
    char remote[64];
    char reason[160];                   /* our words for ${why}, if any */
    char error[CURL_ERROR_SIZE];        /* libcurl's */

    /* What the easy handle is set to, kept between calls. */
    char *url;
    size_t url_room;
    char method[16];
    bool with_body;
    char *ca_file;                      /* "" = the system's */
    size_t ca_file_room;
    bool insecure, multiplex;
    long connect_ms;
    char *lines;                        /* headers sent: nodes of the list, then their texts */
    size_t lines_room;
    struct head head;
    int64_t idle_since;
};

/* http.c: ends the process if there is no memory, and says what for. */
void *http_must(void *p, const char *what);
/* Memory at ${p} for at least ${need} things of ${size} bytes, ${room} being how many it has: grows by doubling, new ones are
 * zeroed. */
void *http_room(void *p, size_t *room, size_t need, size_t size);
/* The same for a text that is replaced. */
void http_keep(char **text, size_t *room, const char *now);

/* http_call.c */
struct http_call *call_new(struct http *, struct shard *, struct pool *);
void call_free(struct http_call *);
/* Set everything up for ${request}; false if it cannot be sent, with words in call->reason. */
must_check bool call_set(struct http_call *, const struct http_request *, const struct http_events *, void *arg);
/* When to look next, or 0 for never; ${end_r} is why the call must end now, or HTTP_DONE. */
int64_t call_look(const struct http_call *, int64_t now, enum http_end *end_r);
/* Everything about a call that is over. */
void call_result(struct http_call *, CURLcode, struct http_result *result_r);

/* http_shard.c */
struct shard *shard_new(struct http *, size_t index);
void shard_free(struct shard *);
/* ${fd} is a connection that has served a call, or one that is about to be closed. (Attempts to connect that are given up are
 * closed by libcurl 7.88 behind our back, so their watches are not kept.) */
void watch_keep(struct http *, int fd);
void watch_closed(struct http *, int fd);

/* http.c: a transfer is over, or must be. */
void http_finish(struct http_call *, CURLcode);
/* Free calls and pools not used since ${before}, then shards that hold nothing any more, whose connections close with them. */
void http_sweep(struct http *, int64_t before);

/* http_head.c */
/* The list for libcurl; false if a header is not one, with words in call->reason. */
must_check bool lines_set(struct http_call *, const struct http_request *, struct curl_slist **list_r);
void head_clear(struct head *);
void head_free(struct head *);
/* One line as libcurl gives it. HTTP_DONE, or why the call must end; head->whole turns true with the blank line of the final
 * head. */
enum http_end head_line(struct head *, const char *p, size_t n);
/* ${headers} has room for HEADERS_MAX; valid until the head changes. */
size_t head_list(const struct head *, struct http_header *headers);

/* http_end.c */
enum http_end end_of(CURLcode, long os_errno, bool sent, const char *error);

#endif
