/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H
/* lock: a mutex with a name and, in debug builds, an owner. At most one at a time, nothing slow while holding. */
#include <pthread.h>

#include "base/base.h"

struct lock {
    pthread_mutex_t mutex;
    const char *name;
#ifndef NDEBUG
    pthread_t owner;
    bool held;
#endif
};

#ifdef NDEBUG
#define LOCK_INIT(n) {.mutex = PTHREAD_MUTEX_INITIALIZER, .name = (n)}
#else
#define LOCK_INIT(n) {.mutex = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP, .name = (n)}
#endif
void lock_init(struct lock *, const char *name);
void lock_take(struct lock *);
void lock_drop(struct lock *);
void lock_assert_held(const struct lock *);
/* Wait on ${cond} until ${deadline} (clock_mono µs; 0 = for ever). The cond must come from lock_cond_init.
 * False when the deadline passed. */
void lock_cond_init(pthread_cond_t *);
bool lock_wait(struct lock *, pthread_cond_t *, int64_t deadline);

#endif
