/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_BEDROCK_WRITE_H
#define PROVIDERS_BEDROCK_WRITE_H
/* bedrock_write: a chat as the body of Converse and ConverseStream, which are the same. */
#include "gate/provider.h"

/* ERR_INPUT naming what Converse has no way to say. The body lives in ${arena}. */
must_check bool bedrock_write(struct target *, const struct chat *, struct arena *, struct bytes *body_r, struct err *);

#endif
