/* SPDX-License-Identifier: MIT */
#ifndef GATE_OUTCOME_H
#define GATE_OUTCOME_H
/* outcome: what a run came to: the rows that are recorded, the metrics, the line in the log. */
#include "gate/breaker.h"
#include "gate/run.h"

/* Microseconds since the run began. */
int64_t run_age_us(const struct run *);
/* Add the attempt that ended to what is recorded. */
void outcome_attempt(struct run *, const struct http_result *);
/* What the attempt says about its provider: nothing if the caller hung up, took too little or asked for what cannot be. */
enum breaker_told outcome_told(const struct run *);
/* What failed is a provider of the caller's own dialect: its error as it said it, for callers that go by its words. A refusal of our credentials is
 * not: the caller's are good. Empty = there is none. */
struct bytes outcome_own_error(const struct run *);
/* Fill the run's row: status, usage, cost, times. After it the reader's usage is what is told to the caller. */
void outcome_fill(struct run *);
/* Metrics and log, last. */
void outcome_count(const struct run *);

#endif
