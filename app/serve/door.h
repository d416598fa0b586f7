/* SPDX-License-Identifier: MIT */
#ifndef SERVE_DOOR_H
#define SERVE_DOOR_H
/* door: what every client API does alike: read the policy headers, make the run, let the API read its body, open the run, and carry the caller's stream.
 * An API is one const row and one file. */
#include "gate/run.h"
#include "web/request.h"
#include "web/stream.h"

struct door {
    const char *api;                                     /* "openai.chat": as recorded */
    /* Fill the chat from the checked body. ERR_INPUT naming field, value and what is allowed. */
    bool (*read)(struct json body, struct chat *, struct arena *, struct err *);
    const struct run_client *client;
    bool any_type;                                       /* the API's own examples send JSON without saying so (curl -d) */
    const char *const *forward;                          /* request headers that a provider of the same dialect gets, ends with NULL; NULL = none */
};

/* The caller of a run: run->caller points to one. */
struct caller {
    struct request *rq;
    struct stream *stream;
    int64_t created;                                     /* seconds since 1970, for answers that carry it */
    void *state;                                         /* the API's own, of an answer under way; NULL at first */
};

/* A LANE_RUNS handler's whole body. */
bool door_run(struct request *, const struct door *);
/* For what is no run but is checked and authorised like one: read headers and body, and choose who would answer. ${chat} is chat_new's;
 * what the decision points to lives as long as the request. */
must_check bool door_decide(struct request *, const struct door *, struct chat *, struct decision *decision_r);

/* Parts of a run_client that are alike. */
void door_attach(struct run *, struct loop *);
bool door_left(const struct run *);
void door_fail(struct run *, const struct err *);        /* before begin: the error as a whole answer */
void door_close(struct run *);
/* Status 200 and the run's headers, with a content type. */
void door_begin(struct run *, const char *content_type);
/* A piece of a stream. False when the caller is gone or takes too little, or ${buf} has overflowed. */
must_check bool door_send(struct run *, const struct buf *);
/* A whole answer of 200 with the run's headers. */
void door_whole(struct run *, struct bytes body);
/* outcome_own_error() as a whole answer, with the provider's status. */
void door_fail_own(struct run *, const struct err *);    /* the same as a whole answer, with the provider's status */

#endif
