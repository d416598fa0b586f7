/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_OLLAMA_WRITE_H
#define PROVIDERS_OLLAMA_WRITE_H
/* ollama_write: the body of POST /api/chat for a chat. */
#include "gate/provider.h"

/* ERR_INPUT naming what Ollama has no way to say. The body lives in ${arena} (or is the caller's own). */
must_check bool ollama_write(struct target *, const struct chat *, struct arena *, struct bytes *body_r, struct err *);

#endif
