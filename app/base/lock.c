/* SPDX-License-Identifier: MIT */
/* lock: pthread's mutex; every failure of it is a mistake of ours and ends the process with the lock's name.
 * Debug builds use the checking kind, which notices a thread taking its own lock again or dropping another's. */
#include "base/lock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void must(int status, const struct lock *lock, const char *what)
{
    if (status == 0)
        return;
    fprintf(stderr, "lock %s: cannot %s: %s\n", lock && lock->name ? lock->name : "without a name", what, strerror(status));
    abort();
}

static void set_owner(struct lock *lock, bool held)
{
#ifndef NDEBUG
    lock->held = held;
    if (held)
        lock->owner = pthread_self();
#else
    (void)lock;
    (void)held;
#endif
}

void lock_init(struct lock *lock, const char *name)
{
    *lock = (struct lock)LOCK_INIT(name);
}

void lock_take(struct lock *lock)
{
    must(pthread_mutex_lock(&lock->mutex), lock, "take");
    set_owner(lock, true);
}

void lock_drop(struct lock *lock)
{
    lock_assert_held(lock);
    set_owner(lock, false);
    must(pthread_mutex_unlock(&lock->mutex), lock, "drop");
}

void lock_assert_held(const struct lock *lock)
{
#ifndef NDEBUG
    must(lock->held && pthread_equal(lock->owner, pthread_self()) ? 0 : EPERM, lock, "go on without holding it");
#else
    (void)lock;
#endif
}

void lock_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    must(pthread_condattr_init(&attr), NULL, "make a condition");
    must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC), NULL, "make a condition");
    must(pthread_cond_init(cond, &attr), NULL, "make a condition");
    pthread_condattr_destroy(&attr);
}

bool lock_wait(struct lock *lock, pthread_cond_t *cond, int64_t deadline)
{
    lock_assert_held(lock);
    set_owner(lock, false);
    int status;
    if (deadline == 0) {
        status = pthread_cond_wait(cond, &lock->mutex);
    } else {
        int64_t at = deadline > 0 ? deadline : 0;
        struct timespec until = {.tv_sec = at / 1000000, .tv_nsec = at % 1000000 * 1000};
        status = pthread_cond_timedwait(cond, &lock->mutex, &until);
    }
    set_owner(lock, true);
    must(status == ETIMEDOUT ? 0 : status, lock, "wait");
    return status == 0;
}
