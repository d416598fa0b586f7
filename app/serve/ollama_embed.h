/* SPDX-License-Identifier: MIT */
#ifndef SERVE_OLLAMA_EMBED_H
#define SERVE_OLLAMA_EMBED_H
/* ollama_embed: POST /api/embed, and /api/embeddings, its older form for one text. */
#include "gate/chat.h"

struct json_out;
struct request;

bool ollama_embed(struct request *);
bool ollama_embeddings(struct request *);
must_check bool ollama_embed_read(struct json body, struct chat *, struct arena *, struct err *);
must_check bool ollama_embeddings_read(struct json body, struct chat *, struct arena *, struct err *);
void ollama_embed_schema(struct json_out *);
void ollama_embeddings_schema(struct json_out *);

#endif
