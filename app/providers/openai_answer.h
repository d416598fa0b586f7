/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_OPENAI_ANSWER_H
#define PROVIDERS_OPENAI_ANSWER_H
/* openai_answer: what OpenAI-shaped providers answer. See struct dialect_rules for the contracts. */
#include "gate/provider.h"

must_check bool openai_read_frame(struct reader *, const char *event, struct bytes frame, struct err *);
must_check bool openai_read_whole(struct reader *, struct bytes body, struct err *);
/* ERR_UPSTREAM, and false, if the answer says that something failed. ${frame}: it, as it came. */
must_check bool openai_good(struct reader *, struct json answer, struct bytes frame, struct err *);
/* The tokens counted, under whichever names; what is no object says nothing. */
void openai_usage(struct reader *, struct json usage);

#endif
