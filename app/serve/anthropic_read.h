/* SPDX-License-Identifier: MIT */
#ifndef SERVE_ANTHROPIC_READ_H
#define SERVE_ANTHROPIC_READ_H
/* anthropic_read: a request of Anthropic's Messages API into our chat. Known fields are checked by a table; unknown ones are left to a
 * provider of the same dialect, and listed as dropped for every other. */
#include "gate/chat.h"

must_check bool anthropic_read(struct json body, struct chat *, struct arena *, struct err *);
/* The same for count_tokens, which needs no max_tokens. */
must_check bool anthropic_read_count(struct json body, struct chat *, struct arena *, struct err *);
/* chat->parse: for a provider of another dialect. */
must_check bool anthropic_parse(struct chat *, struct arena *, struct err *);
/* The body's JSON Schema, for OpenAPI. */
struct json_out;
void anthropic_schema(struct json_out *);
void anthropic_count_schema(struct json_out *);

#endif
