/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_OLLAMA_EMBED_H
#define PROVIDERS_OLLAMA_EMBED_H
/* ollama_embed: POST /api/embed. The contracts are those of struct dialect_rules. */
#include "gate/provider.h"

bool ollama_prepare_embed(struct target *, const struct chat *, size_t first, size_t n, struct arena *, struct http_request *request_r, struct err *);
bool ollama_read_embed(struct reader *, struct bytes body, struct err *);

#endif
