/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_GEMINI_WRITE_H
#define PROVIDERS_GEMINI_WRITE_H
/* gemini_write: a chat as the body of generateContent. */
#include "gate/provider.h"

/* ERR_INPUT naming what Gemini has no way to say. The body lives in ${arena}. */
must_check bool gemini_write(struct target *, const struct chat *, struct arena *, struct bytes *body_r, struct err *);
/* The body of batchEmbedContents for inputs [first, first + n). */
must_check bool gemini_write_embed(struct target *, const struct chat *, size_t first, size_t n, struct arena *, struct bytes *body_r,
                                   struct err *);
/* The model as the address names it, "models/x", each segment percent-encoded. */
const char *gemini_model_path(const char *model, struct arena *);

#endif
