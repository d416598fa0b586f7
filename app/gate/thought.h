/* SPDX-License-Identifier: MIT */
#ifndef GATE_THOUGHT_H
#define GATE_THOUGHT_H
/* thought: what a provider signed or sealed of its reasoning, on its way through a client that only keeps it. The gate has no memory of
 * conversations, so the mark of who made it travels with it: "mg1.<dialect>.<opaque>". A client API puts the text where its shape has an opaque
 * field (Anthropic signature and redacted_thinking, Responses encrypted_content, extra_content of chat completions) and gives it to
 * thought_read() when it comes back. Frames passed on raw carry the provider's own, unmarked. */
#include "gate/chat.h"

/* The text for the client, in ${arena}. */
const char *thought_tag(enum dialect by, struct bytes opaque, struct arena *);
/* What came back: ${by_r} is who made it, ${unmarked} if the text has no mark. The opaque half is returned; it points into ${text}. */
const char *thought_read(const char *text, enum dialect unmarked, enum dialect *by_r);
/* What belongs to a call of chat completions, where services and clients of that dialect keep it: extra_content.google.thought_signature. */
struct json_out;
void thought_put(struct json_out *, const char *opaque);
/* Whether a body holds a mark: then a provider of the same dialect must not get it as it is. */
bool thought_marked(struct bytes body);

#endif
