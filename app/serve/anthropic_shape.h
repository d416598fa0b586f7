/* SPDX-License-Identifier: MIT */
#ifndef SERVE_ANTHROPIC_SHAPE_H
#define SERVE_ANTHROPIC_SHAPE_H
/* anthropic_shape: the blocks of an Anthropic answer as JSON: whole, or empty as they start in a stream. */
#include "base/json_write.h"
#include "gate/chat.h"

/* In a redacted_thinking block before a tool_use: what must come back with that call (thought_tag, after this). */
#define ANTHROPIC_CALL_MARK "mg1.call."

/* An object whose first member is its type; the caller ends it. */
void anthropic_begin(struct json_out *, const char *type);
void anthropic_put_text(struct json_out *, struct bytes text);
void anthropic_put_thinking(struct json_out *, const char *text, const char *signature);
void anthropic_put_redacted(struct json_out *, const char *data);
void anthropic_put_tool_use(struct json_out *, const char *id, const char *name, struct bytes input);
/* "content":[…] of a whole answer. */
void anthropic_put_content(struct json_out *, const struct chat_answer *);

/* Reasoning that nobody signed (NULL) is marked too: when it comes back, it is known for not being Anthropic's. */
const char *anthropic_signature(const char *opaque, struct arena *);
const char *anthropic_call_mark(const char *opaque, struct arena *);
struct bytes anthropic_trim(struct bytes);               /* without the white space around */
/* A call's arguments as an object. None, "" and null are {}; what models write that is no object is not lost: it is a text in one. */
struct bytes anthropic_input(struct bytes arguments, struct arena *);

#endif
