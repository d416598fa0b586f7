/* SPDX-License-Identifier: MIT */
#ifndef SERVE_OPENAI_EMBEDDINGS_H
#define SERVE_OPENAI_EMBEDDINGS_H
/* openai_embeddings: POST /v1/embeddings. */
#include "gate/chat.h"

struct json_out;
struct request;

bool openai_embeddings(struct request *);
void openai_embeddings_schema(struct json_out *);
/* The door's read: fill the chat and its embed from a checked body. ERR_INPUT naming field, value and what is allowed. */
must_check bool openai_embeddings_read(struct json body, struct chat *, struct arena *, struct err *);

#endif
