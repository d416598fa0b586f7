/* SPDX-License-Identifier: MIT */
#ifndef GATE_BACKOFF_H
#define GATE_BACKOFF_H
/* backoff: how long to wait before the same is tried again: exponential with full jitter, as in
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ : a random time from 0 to base · 2^n, at most the cap. */
#include "base/base.h"

struct backoff_rules {
    int64_t base_ms, max_ms;
};

/* Milliseconds before try ${n} (1 = the first repetition). ${retry_after_ms} is what the provider asked for (0 = nothing): never less than that, and with up to
 * a tenth on top, so that callers told the same time do not come back together. ${random} is any number. */
int64_t backoff_ms(const struct backoff_rules *, int64_t n, int64_t retry_after_ms, uint64_t random);

#endif
