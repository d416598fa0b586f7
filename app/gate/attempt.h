/* SPDX-License-Identifier: MIT */
#ifndef GATE_ATTEMPT_H
#define GATE_ATTEMPT_H
/* attempt: the part of a run that its relay does: ask the provider, hand on what it says, record how it ended. */
#include "gate/run.h"

/* A loop task: starts the attempt of the run ${arg}. */
void run_try(void *arg);

#endif
