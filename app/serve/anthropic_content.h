/* SPDX-License-Identifier: MIT */
#ifndef SERVE_ANTHROPIC_CONTENT_H
#define SERVE_ANTHROPIC_CONTENT_H
/* anthropic_content: the messages of a request and the blocks in them, into our chat. Results of tools are messages of their own before the rest of
 * their turn, and turns of one role that follow each other are one message, as Anthropic's service sees them. */
#include "gate/chat.h"

/* Roles, and contents that are a text or a list: all that a provider of the same dialect needs checked. */
must_check bool anthropic_content_check(struct json messages, struct arena *, struct err *);
/* The texts of the system prompt, in their order, joined by blank lines. */
must_check bool anthropic_system_read(struct json system, struct chat *, struct arena *, struct err *);
must_check bool anthropic_content_read(struct json messages, struct chat *, struct arena *, struct err *);

#endif
