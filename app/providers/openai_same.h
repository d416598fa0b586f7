/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_OPENAI_SAME_H
#define PROVIDERS_OPENAI_SAME_H
/* openai_same: the body of a caller who speaks chat completions too, corrected where the service would refuse it. What need not change goes on as it
 * came, fields nobody here knows included. */
#include "providers/openai_fit.h"

/* The body lives in ${a}, or is the caller's own when nothing had to change. ERR_INPUT for what the service has no place for; ERR_TOO_LARGE beyond
 * 512 MiB. */
must_check bool openai_same(struct openai_fit *, const struct chat *, struct bytes *body_r, struct err *);

#endif
