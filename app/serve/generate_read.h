/* SPDX-License-Identifier: MIT */
#ifndef SERVE_GENERATE_READ_H
#define SERVE_GENERATE_READ_H
/* generate_read: a body of POST /api/v1/llm/generate into our chat. Every field is known; another one is ERR_UNKNOWN_FIELD. */
#include "gate/chat.h"

struct json_out;

must_check bool generate_read(struct json body, struct chat *, struct arena *, struct err *);
void generate_schema(struct json_out *);         /* the body's JSON Schema, for OpenAPI */

#endif
