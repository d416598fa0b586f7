/* SPDX-License-Identifier: MIT */
#ifndef SERVE_OLLAMA_READ_H
#define SERVE_OLLAMA_READ_H
/* ollama_read: bodies of /api/chat and /api/generate into our chat. A generate request is made a chat request of the same dialect before anything
 * else looks at it, so that both reach every provider alike, and one that speaks Ollama with all their fields. */
#include "gate/chat.h"

must_check bool ollama_chat_read(struct json body, struct chat *, struct arena *, struct err *);
must_check bool ollama_generate_read(struct json body, struct chat *, struct arena *, struct err *);
/* chat->parse: messages, tools, options for a provider of another dialect. */
must_check bool ollama_parse(struct chat *, struct arena *, struct err *);
/* "image/png" … by the first bytes of base64 data; NULL if it is no picture any provider takes, or no base64. */
const char *ollama_media_type(const char *base64, size_t n);
/* The bodies' JSON Schemas, for OpenAPI. */
struct json_out;
void ollama_chat_schema(struct json_out *);
void ollama_generate_schema(struct json_out *);

#endif
