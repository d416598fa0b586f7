/* SPDX-License-Identifier: MIT */
/* loop: epoll for descriptors, an eventfd to be woken, a stack without locks for tasks from other threads. One turn
 * is: wait, ready descriptors, due timers (loop_timer.c), tasks, then free what was unwatched. */
#include "base/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/loop_private.h"

enum { BATCH = 256 };                   /* descriptors looked at in one turn */

struct loop_fd {
    int fd, wanted;
    bool dead;                          /* unwatched in this turn; the batch may still point here */
    void (*ready)(void *arg, int fd, int got);
    void *arg;
    struct loop_fd *next;               /* in the list of the dead */
};

struct loop {
    int epoll, wake;
    _Atomic(struct loop_task *) tasks;  /* newest first */
    atomic_bool stopping;
    long kept;
    struct loop_fd *dead;
    struct loop_timers timers;
    struct epoll_event batch[BATCH];
};

/* The loop that this thread is running: what it posts to itself needs no waking. */
static _Thread_local struct loop *running;

static void must(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "loop: %s: %s\n", what, strerror(errno));
    abort();
}

struct loop *loop_new(void)
{
    struct loop *l = calloc(1, sizeof(*l));
    must(l != NULL, "no memory");
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    must(l->epoll >= 0, "epoll_create1");
    l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    must(l->wake >= 0, "eventfd");
    must(epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->wake, &(struct epoll_event){.events = EPOLLIN}) == 0, "watching the eventfd");
    return l;
}

static void bury(struct loop *l)
{
    while (l->dead) {
        struct loop_fd *w = l->dead;
        l->dead = w->next;
        free(w);
    }
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    bury(l);
    loop_timers_free(&l->timers);
    close(l->wake);
    close(l->epoll);
    free(l);
}

/* ---- tasks ---- */

static void wake(struct loop *l)
{
    uint64_t one = 1;
    ssize_t n;
    do
        n = write(l->wake, &one, sizeof(one));
    while (n < 0 && errno == EINTR);    /* EAGAIN: the counter is full, so it wakes anyway */
}

void loop_post(struct loop *l, struct loop_task *task)
{
    struct loop_task *first = atomic_load_explicit(&l->tasks, memory_order_relaxed);
    do
        task->next = first;
    while (!atomic_compare_exchange_weak_explicit(&l->tasks, &first, task, memory_order_acq_rel, memory_order_relaxed));
    if (!first && running != l)
        wake(l);
}

static bool has_tasks(struct loop *l)
{
    return atomic_load_explicit(&l->tasks, memory_order_acquire) != NULL;
}

/* Run those that are there now, oldest first; what they post waits for the next turn. */
static void run_tasks(struct loop *l)
{
    struct loop_task *newest = atomic_exchange_explicit(&l->tasks, NULL, memory_order_acq_rel), *first = NULL;
    while (newest) {
        struct loop_task *next = newest->next;
        newest->next = first;
        first = newest;
        newest = next;
    }
    while (first) {
        struct loop_task *task = first;
        first = task->next;             /* read before: run may free the task or post it again */
        task->run(task->arg);
    }
}

/* ---- descriptors ---- */

static uint32_t events_for(int wanted)
{
    return (wanted & LOOP_READ ? EPOLLIN : 0U) | (wanted & LOOP_WRITE ? EPOLLOUT : 0U) |
           (wanted & LOOP_HANGUP ? EPOLLRDHUP : 0U);
}

/* epoll reports errors even of descriptors of which nothing is wanted; those are taken out of it instead. */
static bool tell_epoll(struct loop *l, struct loop_fd *w, int before, int wanted)
{
    struct epoll_event event = {.events = events_for(wanted), .data.ptr = w};
    int what = before == 0 ? EPOLL_CTL_ADD : wanted == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    return before == wanted || epoll_ctl(l->epoll, what, w->fd, &event) == 0;
}

struct loop_fd *loop_watch(struct loop *l, int fd, int wanted, void (*ready)(void *arg, int fd, int got), void *arg)
{
    struct loop_fd *w = calloc(1, sizeof(*w));
    must(w != NULL, "no memory");
    *w = (struct loop_fd){.fd = fd, .wanted = wanted, .ready = ready, .arg = arg};
    if (!tell_epoll(l, w, 0, wanted)) {
        free(w);
        return NULL;
    }
    return w;
}

void loop_want(struct loop *l, struct loop_fd *w, int wanted)
{
    assert(!w->dead);
    must(tell_epoll(l, w, w->wanted, wanted), "changing what is watched");
    w->wanted = wanted;
}

void loop_unwatch(struct loop *l, struct loop_fd *w)
{
    if (!w)
        return;
    assert(!w->dead);
    (void)tell_epoll(l, w, w->wanted, 0);       /* fails only if the descriptor is closed, which unwatches it too */
    w->dead = true;
    w->next = l->dead;
    l->dead = w;
}

/* After an error or a hang-up, whoever wants to read or write shall try, and so find out. */
static int got_of(uint32_t events, int wanted)
{
    int got = (events & EPOLLIN ? LOOP_READ : 0) | (events & EPOLLOUT ? LOOP_WRITE : 0) |
              (events & EPOLLRDHUP ? LOOP_HANGUP : 0);
    got &= wanted;                      /* which may have become less since epoll was asked */
    return events & (EPOLLERR | EPOLLHUP) ? wanted | LOOP_HANGUP : got;
}

static void run_ready(struct loop *l, int n)
{
    for (int i = 0; i < n; i++) {
        struct loop_fd *w = l->batch[i].data.ptr;
        if (!w) {
            uint64_t count;
            (void)!read(l->wake, &count, sizeof(count));
            continue;
        }
        int got = w->dead || w->wanted == 0 ? 0 : got_of(l->batch[i].events, w->wanted);
        if (got)
            w->ready(w->arg, w->fd, got);
    }
}

/* ---- turning ---- */

void loop_timer_set(struct loop *l, struct loop_timer *t, int64_t at)
{
    loop_timers_set(&l->timers, t, at);
}

void loop_timer_clear(struct loop *l, struct loop_timer *t)
{
    loop_timers_clear(&l->timers, t);
}

void loop_keep(struct loop *l, int by)
{
    l->kept += by;
    assert(l->kept >= 0);
}

void loop_stop(struct loop *l)
{
    atomic_store(&l->stopping, true);
    wake(l);
}

bool loop_stopping(const struct loop *l)
{
    return atomic_load(&l->stopping);
}

static void turn(struct loop *l)
{
    int patience = has_tasks(l) ? 0 : loop_timers_patience(&l->timers);
    int n = epoll_wait(l->epoll, l->batch, BATCH, patience);
    must(n >= 0 || errno == EINTR, "epoll_wait");
    run_ready(l, n);
    loop_timers_run(&l->timers);
    run_tasks(l);
    bury(l);
}

void loop_run(struct loop *l)
{
    struct loop *outer = running;
    running = l;
    while (!loop_stopping(l) || l->kept > 0 || has_tasks(l))
        turn(l);
    running = outer;
}
