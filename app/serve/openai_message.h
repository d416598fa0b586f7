/* SPDX-License-Identifier: MIT */
#ifndef SERVE_OPENAI_MESSAGE_H
#define SERVE_OPENAI_MESSAGE_H
/* openai_message: messages of chat completions. Checking looks only at what every provider of the dialect needs; reading translates, and
 * refuses what has no place in a chat. Reasoning comes back as "reasoning_content" (or "reasoning"), with what a provider signed in
 * "reasoning_details": see openai_answer.h. */
#include "gate/chat.h"

must_check bool openai_messages_check(struct json list, const char *field, struct arena *, struct err *);
/* Check and read one list of messages (also of the generate API). ${field} names it in errors. */
must_check bool openai_messages(struct json list, const char *field, struct chat *, struct arena *, struct err *);

#endif
