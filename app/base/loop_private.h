/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOOP_PRIVATE_H
#define BASE_LOOP_PRIVATE_H
/* The timers of a loop: a binary heap by time in which each timer knows its place, so that it can be moved or taken
 * out without a search. All zero is empty. */
#include "base/loop.h"

struct loop_timers {
    struct loop_timer **heap;           /* from place 1; the children of n are 2n and 2n + 1 */
    size_t n, room;
    int64_t now;                        /* while running: what is set up to then waits for the next turn */
    bool running;
};

void loop_timers_set(struct loop_timers *, struct loop_timer *, int64_t at);
void loop_timers_clear(struct loop_timers *, struct loop_timer *);
/* Milliseconds until the next is due, for epoll_wait; -1 if there is none. */
int loop_timers_patience(const struct loop_timers *);
/* Run those that are due, earliest first. One that sets itself to the past comes again in the next turn. */
void loop_timers_run(struct loop_timers *);
void loop_timers_free(struct loop_timers *);

#endif
