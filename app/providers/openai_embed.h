/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_OPENAI_EMBED_H
#define PROVIDERS_OPENAI_EMBED_H
/* openai_embed: embeddings of an OpenAI-shaped service. See struct dialect_rules for the contracts. */
#include "gate/provider.h"

must_check bool openai_prepare_embed(struct target *, const struct chat *, size_t first, size_t n, struct arena *, struct http_request *, struct err *);
must_check bool openai_read_embed(struct reader *, struct bytes body, struct err *);

#endif
