/* SPDX-License-Identifier: MIT */
/* openai_like: like=SERVICE: how the answers of some services differ from OpenAI's. */
#include "openai.h"

static const struct { const char *name; unsigned ways; } rows[] = {
    {"mistral", LIKE_PARTS | LIKE_USAGE_LAST}, {"moonshot", LIKE_USAGE_CHOICE}, {"groq", LIKE_REASONING | LIKE_USAGE_GROQ},
    {"gemini", LIKE_NO_INDEX | LIKE_STOP | LIKE_SIGNED}, {"deepseek", LIKE_HITS | LIKE_BLANKS}, {"perplexity", LIKE_USAGE_ALL | LIKE_CUMULATIVE},
    {"vllm", LIKE_EMPTY_CALLS | LIKE_EMPTY_FINISH | LIKE_REASONING}, {"zhipu", LIKE_USAGE_LAST}, {"openrouter", LIKE_REASONING | LIKE_COMMENTS},
    {"lists", LIKE_SAME_INDEX | LIKE_STOP},
};

unsigned openai_like(const struct answer *a)
{
    for (size_t i = 0; a->b.like.n > 0 && i < sizeof rows / sizeof rows[0]; i++)
        if (slice_is(a->b.like, rows[i].name))
            return rows[i].ways;
    return 0;
}
