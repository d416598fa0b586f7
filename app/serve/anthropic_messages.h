/* SPDX-License-Identifier: MIT */
#ifndef SERVE_ANTHROPIC_MESSAGES_H
#define SERVE_ANTHROPIC_MESSAGES_H
/* anthropic_messages: POST /v1/messages. */
#include "base/base.h"

struct request;

bool anthropic_messages(struct request *);
bool anthropic_count(struct request *);          /* POST /v1/messages/count_tokens: anthropic_count.c */

#endif
