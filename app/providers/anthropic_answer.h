/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_ANTHROPIC_ANSWER_H
#define PROVIDERS_ANTHROPIC_ANSWER_H
/* anthropic_answer: what POST /v1/messages answers, whole and as events: see struct dialect_rules. */
#include "gate/provider.h"

must_check bool anthropic_read_frame(struct reader *, const char *event, struct bytes frame, struct err *);
must_check bool anthropic_read_whole(struct reader *, struct bytes body, struct err *);
void anthropic_read_error(const struct provider *, int status, struct bytes body, struct arena *, struct upstream_error *error);

#endif
