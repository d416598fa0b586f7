/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_OPENAI_WRITE_MESSAGES_H
#define PROVIDERS_OPENAI_WRITE_MESSAGES_H
/* openai_write_messages: the messages of a chat in the shape of chat completions. */
#include "providers/openai_fit.h"

/* The member "messages". ERR_INPUT for parts that the service, or a message of that role, has no place for. */
must_check bool write_messages(const struct openai_fit *, const struct chat *, struct json_out *, struct err *);

#endif
