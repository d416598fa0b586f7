/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_OPENAI_WRITE_H
#define PROVIDERS_OPENAI_WRITE_H
/* openai_write: a chat as the body of a chat completions request. */
#include "gate/provider.h"

/* The body lives in ${a}, or is the caller's own when nothing had to change. ERR_TOO_LARGE beyond 512 MiB. */
must_check bool openai_write(const struct target *, const struct chat *, struct arena *a, struct bytes *body_r, struct err *);

#endif
