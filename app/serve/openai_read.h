/* SPDX-License-Identifier: MIT */
#ifndef SERVE_OPENAI_READ_H
#define SERVE_OPENAI_READ_H
/* openai_read: a chat completions request into our chat. Known fields are checked by a table; unknown ones are left to a provider of the same dialect. */
#include "gate/chat.h"

must_check bool openai_read(struct json body, struct chat *, struct arena *, struct err *);
/* chat->parse: messages, tools and the rest, for a provider of another dialect. Fields that have no place in struct chat are listed as dropped. */
must_check bool openai_parse(struct chat *, struct arena *, struct err *);
/* The body's JSON Schema, for OpenAPI. */
struct json_out;
void openai_schema(struct json_out *);

#endif
