/* SPDX-License-Identifier: MIT */
#ifndef SERVE_OLLAMA_MESSAGE_H
#define SERVE_OLLAMA_MESSAGE_H
/* ollama_message: the messages and tools of a chat as Ollama's clients write them. Ollama pairs a tool's answer with its call by name or order;
 * everybody else by an id, so calls without one get an id here. */
#include "gate/chat.h"

/* What every provider of the dialect would refuse too: roles and kinds of values. */
must_check bool ollama_check_messages(struct json list, struct arena *, struct err *);
must_check bool ollama_check_images(struct json list, const char *field, struct arena *, struct err *);
/* Into chat->messages and chat->tools; the messages are checked. Pictures must be of a kind that others take. */
must_check bool ollama_read_messages(struct json list, struct chat *, struct arena *, struct err *);
must_check bool ollama_read_tools(struct json tools, struct chat *, struct arena *, struct err *);

#endif
