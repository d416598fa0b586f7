/* SPDX-License-Identifier: MIT */
#ifndef GATE_JOURNEY_H
#define GATE_JOURNEY_H
/* journey: a run on its relay, from attempt to attempt to its end. After a failed attempt, as long as the caller heard nothing of it:
 *     the caller's own mistake                      ends the run: it would fail everywhere
 *     worth another try, and it failed at once      the same provider again, after a short random wait (once; the last candidate up to tries_max)
 *     anything else                                 the next candidate of the decision whose breaker lets it pass and whose dialect can say the request
 * Candidates are those of decide() and no others, so that no fallback leaves the run's class, policy or key. All within attempts_max and deadline_s. */
#include "gate/run.h"

struct http_result;

/* A loop task: the run ${arg} has come to its relay. */
void run_try(void *arg);
/* An attempt has ended as ${result}. */
void journey_next(struct run *, const struct http_result *result);
/* Why the run, or its attempt, fails; the first reason counts. */
void journey_fail(struct run *, const struct err *);
/* It fails because the answer has more than ${most} bytes. */
void journey_fail_long(struct run *, size_t most);

#endif
