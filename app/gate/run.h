/* SPDX-License-Identifier: MIT */
#ifndef GATE_RUN_H
#define GATE_RUN_H
/* run: one request through the gate, in four steps:
 *     run_open   worker    who, policy, decide, INTENT into the spool       (may fail: nothing was sent)
 *     run_try    relay     the journey begins: attempts at providers until one answers (journey.h, attempt.h)
 *     events     relay     one frame in, ours out through the client's row (voice.h)
 *     run_close  relay     FINAL into the spool, then the last bytes to the caller
 * A run and all it points to live in the request's arena, which the client frees in its close. */
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/loop.h"
#include "db/runs.h"
#include "gate/decide.h"
#include "gate/provider.h"
#include "net/eventstream.h"
#include "net/sse.h"

struct gate;
struct identity;
struct relay;
struct run;

/* What a client API is to the gate: how its caller is spoken to. All on the relay's thread. */
struct run_client {
    void (*attach)(struct run *, struct loop *);                           /* first: the run has come to its relay */
    void (*begin)(struct run *);                                           /* a stream starts: status and headers */
    bool (*event)(struct run *, const struct chat_event *);                /* false: the caller is gone or takes too little */
    bool (*left)(const struct run *);                                      /* which of both: the caller is gone; NULL = cannot be told */
    bool pieces;                         /* event() gets whole answers too, before begin: the API keeps their order, or notes what it drops */
    bool (*comment)(struct run *);                                         /* keep a silent stream alive; NULL if the dialect has no way */
    void (*end)(struct run *);                                             /* a stream ended well: its end mark */
    void (*whole)(struct run *, const struct chat_answer *);               /* the answer to a request without stream */
    void (*fail)(struct run *, const struct err *);                        /* before begin: the error as an answer; after: as an event */
    void (*close)(struct run *);                                           /* last: frees the request and with it the run */
    bool own_errors;                                                       /* callers go by the words of a provider of their dialect */
    bool no_opaque;                                                        /* the shape has no place for EVENT_OPAQUE: dropped, and said so */
};

struct run {
    struct gate *gate;
    struct arena *arena;
    struct snapshot *snapshot;           /* held by the request */
    struct log log;
    const struct run_client *client;
    void *caller;                        /* the client's own */
    struct chat *chat;
    struct run_entry entry;              /* what is recorded */
    struct decision decision;
    struct target target;
    int64_t started;                     /* mono µs */
    int64_t started_wall;

    /* From here on the relay's. */
    struct relay *relay;
    struct http_request request;
    struct http_call *call;
    struct reader reader;
    struct sse sse;
    struct ndjson ndjson;
    struct eventstream eventstream;
    struct buf body;                     /* whole answers and error bodies */
    struct chat_answer answer;
    struct list calls;                   /* struct call_text: tool calls being put together */
    struct buf text, reasoning;
    size_t kept;                         /* bytes of events that were kept of this attempt */
    size_t thought_from;                 /* where in reasoning the current thought begins */
    int status;                          /* of the provider */
    const char *error_type;              /* what a header says an error is (x-amzn-ErrorType); NULL */
    struct rate rate;                    /* what its headers said of its limits */
    int64_t retry_after_ms;
    int64_t first_token_us;              /* after the start; 0 = none yet */
    int64_t said_at;                     /* mono µs: when the caller of a stream heard something last */
    size_t embed_asked;                  /* of an embedding: inputs of the request under way */
    int64_t embed_began;                 /* mono µs: its first request */
    struct http_result embed_first;      /* how that went */
    size_t argued;                       /* bytes of arguments of all tool calls so far */
    size_t at;                           /* which candidate is asked */
    int64_t tries, tries_here;           /* attempts begun: of all, of this candidate */
    bool probe;                          /* this attempt is the probe of a half-open breaker */
    bool said;                           /* the caller heard something of this answer: no other can take its place */
    bool waiting;                        /* for the time to ask the same again */
    bool stopping;                       /* the process ends */
    bool frames;                         /* the provider streams */
    bool begun;                          /* the caller got headers */
    bool gone;                           /* the caller hung up */
    bool failed;
    struct err err;                      /* why, if failed */
    struct loop_task task;
    struct loop_timer keepalive, wait;
    struct run *next, *prev;             /* in the relay's list */
};

/* What the caller said about the run as a whole; from headers, checked by the door. */
struct run_start {
    const char *api;                     /* "openai.chat" */
    const char *request_id, *remote_addr;
    const struct identity *who;
    enum data_class data_class;
    const char *policy_profile;
    bool sovereign;
    int64_t started, started_wall;
};

/* A run with an id; nothing is recorded yet. */
struct run *run_new(struct gate *, struct arena *, struct snapshot *, const struct run_start *);
/* Decide, record the intent and hand over to a relay: from then on everything goes through ${client}, and the caller may not touch the run.
 * False: refused, with err set and recorded by run_refuse, nothing was sent. */
must_check bool run_open(struct run *, struct chat *, const struct run_client *, void *caller, struct err *);
/* Aim at a candidate: the target, what the row says of it, and run->request in its words. ERR_INPUT if its dialect cannot say the request. */
must_check bool run_aim(struct run *, const struct candidate *, struct err *);
/* Record a request that was refused before it could be opened (malformed, not allowed). */
void run_refuse(struct run *, const struct err *);
/* The caller hung up; and: the process is stopping. Relay's thread. */
void run_gone(struct run *);
void run_cut(struct run *);
/* Whether a run may only go to local providers. */
bool run_stays_inside(bool sovereign, const char *policy_profile);
/* What of the request and answer could not be passed on, as recorded: "logit_bias, seed". */
const char *run_dropped(const struct run *, struct arena *);
/* Headers every answer of a run carries: X-Run-Id, X-Moongate-…; n entries at ${headers}, which has room for RUN_HEADERS. */
enum { RUN_HEADERS = 12 };
size_t run_headers(const struct run *, struct http_header headers[RUN_HEADERS]);

#endif
