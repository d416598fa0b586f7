/* SPDX-License-Identifier: MIT */
#ifndef SERVE_OPENAI_STREAM_H
#define SERVE_OPENAI_STREAM_H
/* openai_stream: parts of a run_client that OpenAI's APIs share: server-sent events, [DONE], an error after the first event. */
#include "gate/run.h"

struct openai_answer;

void openai_stream_begin(struct run *);
bool openai_stream_comment(struct run *);
/* After the first event an error is an event too; [DONE] does not follow, so that no client takes a cut answer for a whole one. */
void openai_stream_fail(struct run *, const struct err *);
/* Send what ${buf} holds and the end mark. */
void openai_stream_done(struct run *, struct buf *);
/* The caller's answer, with the run's id after ${prefix}; made at the first event, when the model's name is known. */
struct openai_answer *openai_stream_answer(struct run *, const char *prefix);

#endif
