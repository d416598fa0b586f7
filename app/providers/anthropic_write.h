/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_ANTHROPIC_WRITE_H
#define PROVIDERS_ANTHROPIC_WRITE_H
/* anthropic_write: a chat as the body of POST /v1/messages. */
#include "base/json_write.h"
#include "gate/provider.h"
#include "providers/anthropic_model.h"

/* What the files of this dialect pass around while they write. */
struct anthropic_writing {
    struct target *target;
    const struct chat *chat;
    const struct anthropic_model *model;
    struct arena *arena;
    struct json_out *out;
};

/* A parsed chat. ERR_INPUT for what this dialect has no place for. Sets target->stream where an answer may take longer than a whole one should. */
must_check bool anthropic_write(struct target *, const struct chat *, struct arena *, struct bytes *body_r, struct err *);
/* The caller's own body: the model exchanged, and thoughts that others signed left out: anthropic_same.c. */
must_check bool anthropic_write_same(struct target *, const struct chat *, struct arena *, struct bytes *body_r, struct err *);
/* The members "system" and "messages": anthropic_turns.c. */
must_check bool anthropic_write_messages(struct anthropic_writing *, struct err *);
/* A call's id as the service takes it, letters, digits, _ and -: the same for the same text, another for another. ${n} tells those without one apart. */
const char *anthropic_call_id(const char *id, size_t n, struct arena *);

#endif
