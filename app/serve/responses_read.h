/* SPDX-License-Identifier: MIT */
#ifndef SERVE_RESPONSES_READ_H
#define SERVE_RESPONSES_READ_H
/* responses_read: a request of the Responses API into our chat. The gate keeps no responses: what refers to an earlier one is refused, and so are the
 * tools that OpenAI itself runs. The items of the conversation are read by responses_items.c. */
#include "gate/chat.h"

must_check bool responses_read(struct json body, struct chat *, struct arena *, struct err *);
/* As responses_read, for counting its tokens: nothing is answered, so how does not matter. */
must_check bool responses_count_read(struct json body, struct chat *, struct arena *, struct err *);
/* The body's JSON Schema, for OpenAPI. */
struct json_out;
void responses_schema(struct json_out *);

#endif
