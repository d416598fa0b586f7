/* SPDX-License-Identifier: MIT */
#ifndef SERVE_COMPLETIONS_READ_H
#define SERVE_COMPLETIONS_READ_H
/* completions_read: a request for the legacy completions into our chat: its prompt is what one user says. Models that follow instructions answer it
 * rather than go on with it; what only a plain model can do (suffix, echo, best_of, logprobs, tokens) is refused. */
#include "gate/chat.h"

must_check bool completions_read(struct json body, struct chat *, struct arena *, struct err *);
/* The body's JSON Schema, for OpenAPI. */
struct json_out;
void completions_schema(struct json_out *);

#endif
