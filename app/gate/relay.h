/* SPDX-License-Identifier: MIT */
#ifndef GATE_RELAY_H
#define GATE_RELAY_H
/* relay: a thread that waits for providers and callers: one loop, one HTTP client, many runs. It never blocks; what needs time happens on workers
 * before a run gets here. */
#include "base/loop.h"

struct arena;
struct err;
struct gate;
struct run;

struct relay {
    struct loop *loop;
    struct http *http;
    struct arena *scratch;               /* reset after every frame */
    struct run *runs;                    /* in flight here, newest first */
    struct loop_timer drained;           /* a stop's patience */
    int drain_ms;
};

/* Start gate->relays_n threads. And stop them when their runs have ended, at the latest after ${drain_ms}: then runs are cancelled. */
void relays_start(struct gate *, size_t n);
void relays_stop(struct gate *, int drain_ms);
/* The one for the next run. */
struct relay *relay_pick(struct gate *);

#endif
