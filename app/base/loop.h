/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H
/* loop: one thread waiting for many descriptors, timers and messages from other threads (epoll, timerfd-free, eventfd).
 * Everything but loop_post and loop_stop is called on the loop's own thread only. Callbacks never block. */
#include "base/base.h"

struct loop;
struct loop_fd;

enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_HANGUP = 4 };

struct loop *loop_new(void);
void loop_free(struct loop *);
/* Run until loop_stop and nothing is left that loop_keep holds. */
void loop_run(struct loop *);
void loop_stop(struct loop *);                   /* any thread */
bool loop_stopping(const struct loop *);

/* Call run(arg) on the loop soon; any thread, in the order posted by it. ${task} belongs to the loop until run is
 * called, which may free it or post it again. Nothing is run after loop_run returned. */
struct loop_task {
    void (*run)(void *arg);
    void *arg;
    struct loop_task *next;
};
void loop_post(struct loop *, struct loop_task *task);

/* Watch a descriptor; ready gets those LOOP_ bits that are wanted. Level-triggered. After an error or a full hang-up
 * it gets all that are wanted and LOOP_HANGUP, so that a read or write finds the reason; a peer that only stopped
 * sending is LOOP_HANGUP where that is wanted. Wanted 0 is silence. NULL if the system cannot watch ${fd} (errno).
 * loop_unwatch is safe inside callbacks, of this and other descriptors, and comes before close. NULL is ignored. */
struct loop_fd *loop_watch(struct loop *, int fd, int wanted, void (*ready)(void *arg, int fd, int got), void *arg);
void loop_want(struct loop *, struct loop_fd *, int wanted);
void loop_unwatch(struct loop *, struct loop_fd *);

/* One-shot timer inside its owner's struct; set again moves it. ${at} is clock_mono µs. */
struct loop_timer {
    void (*run)(void *arg);
    void *arg;
    int64_t at;
    size_t slot;                                 /* the loop's; 0 = not set */
};
void loop_timer_set(struct loop *, struct loop_timer *, int64_t at);
void loop_timer_clear(struct loop *, struct loop_timer *);
/* Keep the loop alive while something is in flight, so that a stop drains. */
void loop_keep(struct loop *, int by);

#endif
