/* SPDX-License-Identifier: MIT */
#ifndef SERVE_COMPLETIONS_H
#define SERVE_COMPLETIONS_H
/* completions: POST /v1/completions, the legacy API that only takes and gives text. No provider is asked in this shape: see completions_read.h. */
#include "base/base.h"

struct buf;
struct bytes;
struct openai_answer;
struct request;
struct usage;

bool completions(struct request *);

/* One event of the stream: a piece of text, or (${finish} not NULL) how it ended. */
void completions_put_event(const struct openai_answer *, struct bytes text, const char *finish, struct buf *);
void completions_put_whole(const struct openai_answer *, struct bytes text, const char *finish, const struct usage *, struct buf *);

#endif
