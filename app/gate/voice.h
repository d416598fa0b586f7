/* SPDX-License-Identifier: MIT */
#ifndef GATE_VOICE_H
#define GATE_VOICE_H
/* voice: what a run says to its caller, and when: headers with the first event of a stream or its first sign of life, events as they come, a comment
 * while the model is silent, the end. */
#include "gate/run.h"

/* The run has come to its relay. */
void voice_open(struct run *);
/* Headers, once. */
void voice_begin(struct run *);
/* The reader's emit: every event of every provider passes here. ${arg} is the run. */
bool voice_event(void *arg, const struct chat_event *);
/* The answer, the end mark or the error. After the record: the last byte of a run whose FINAL is not written is never sent. */
void voice_end(struct run *);

#endif
