/* SPDX-License-Identifier: MIT */
#ifndef GATE_COLLECT_H
#define GATE_COLLECT_H
/* collect: the events of a stream put together to a whole answer, for a caller that did not ask for one. */
#include "gate/run.h"

enum { FRAME_MAX = 16 << 20 };           /* bytes of one frame, and of one call's arguments */

/* Keep an event. False, and the run has failed, when there is more than ${answer_max} bytes of them: an answer that was cut would look whole. */
bool collect(struct run *, const struct chat_event *);
/* Fill run->answer with what was kept. */
void collect_answer(struct run *);

#endif
