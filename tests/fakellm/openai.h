/* SPDX-License-Identifier: MIT */
#ifndef FAKELLM_OPENAI_H
#define FAKELLM_OPENAI_H
/* openai: what its files share. */
#include "answer.h"

enum {
    LIKE_PARTS = 1,                     /* thoughts in a list of parts */
    LIKE_REASONING = 2,                 /* … in "reasoning" */
    LIKE_USAGE_LAST = 4,                /* usage beside the finish_reason, unasked */
    LIKE_USAGE_CHOICE = 8,              /* … in the choice */
    LIKE_USAGE_GROQ = 16,               /* … in x_groq */
    LIKE_USAGE_ALL = 32,                /* … in every chunk */
    LIKE_NO_INDEX = 64,                 /* calls without one */
    LIKE_SAME_INDEX = 128,              /* calls with 0 all of them */
    LIKE_STOP = 256,                    /* finish_reason stop after calls */
    LIKE_SIGNED = 512,                  /* extra_content beside calls */
    LIKE_HITS = 1024,                   /* prompt_cache_hit_tokens */
    LIKE_BLANKS = 2048,                 /* blank lines before a whole answer */
    LIKE_CUMULATIVE = 4096,             /* the message so far beside each delta */
    LIKE_EMPTY_CALLS = 8192,            /* "tool_calls":[] beside text */
    LIKE_EMPTY_FINISH = 16384,          /* finish_reason "" until the last */
    LIKE_COMMENTS = 32768,
};
/* What the answer's like= asks for. */
unsigned openai_like(const struct answer *);

#endif
