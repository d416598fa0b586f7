/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_EMIT_H
#define PROVIDERS_EMIT_H
/* emit: what several dialects need when they tell the gate what a provider said. When frames go on as they are (r->same) pieces are only counted. */
#include "gate/provider.h"

/* A frame or body that must be one JSON value of this kind. ERR_UPSTREAM if it is not. */
must_check bool emit_check(struct bytes text, enum json_kind, struct json *value_r, struct err *);
/* A piece of text or reasoning, counted. What is no string, or is empty, is nothing. */
must_check bool emit_text(struct reader *, enum chat_event_type, struct json value, struct err *);
/* A call that arrives whole: it gets the next index, an id if the provider gave none, and arguments that are an object (tool_arguments).
 * ${opaque}: thought_tag of what must come back with it, or NULL. */
must_check bool emit_call(struct reader *, struct json id, struct json name, struct json arguments, const char *opaque, struct err *);
/* Why it stopped, once: "stop" becomes "tool_calls" when calls were made. */
must_check bool emit_finish(struct reader *, const char *finish, struct err *);
/* An embedding, an array of numbers or base64 of little-endian floats, added to r->vectors. ERR_UPSTREAM if it is neither, or more than was asked
 * for. When the answer goes on as it is (r->same) it is only counted; but if it has not the form that the caller asked for, the first one ends
 * r->same, and the answer is written anew. */
must_check bool emit_vector(struct reader *, struct json vector, struct err *);
/* The input tokens of an embedding request, added to those of the requests before. */
void emit_vector_usage(struct reader *, struct json usage, const char *name);
/* An id for a call, unlike those of earlier answers in the conversation. */
const char *emit_call_id(struct arena *);

#endif
