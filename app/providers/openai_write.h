/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_OPENAI_WRITE_H
#define PROVIDERS_OPENAI_WRITE_H
/* openai_write: a chat as the body of a chat completions request. */
#include "gate/provider.h"

/* The body lives in ${a}, or is the caller's own when nothing had to change. Hints that the service does not take are listed in ${target}, whose
 * stream is set where it answers in streams only. ERR_INPUT for what it has no place for; ERR_TOO_LARGE beyond 512 MiB. */
must_check bool openai_write(struct target *, const struct chat *, struct arena *a, struct bytes *body_r, struct err *);

#endif
