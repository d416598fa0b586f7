/* SPDX-License-Identifier: MIT */
#ifndef GATE_ATTEMPT_H
#define GATE_ATTEMPT_H
/* attempt: one try of a run at a provider, on its relay: ask, read what it says, note how it ended; then journey_next(). */
#include "gate/run.h"

/* Ask run->target, whose request is prepared. What an earlier attempt left is forgotten. */
void attempt_begin(struct run *);

#endif
