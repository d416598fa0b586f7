/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_ANTHROPIC_MODEL_H
#define PROVIDERS_ANTHROPIC_MODEL_H
/* anthropic_model: what some models of Anthropic take and others refuse, by their names. */
#include "base/base.h"

enum anthropic_thinking {
    THINK_BUDGET,                        /* {"type":"enabled","budget_tokens":N} */
    THINK_ADAPTIVE,                      /* {"type":"adaptive"}, and output_config.effort says how much */
    THINK_NOT,
};

struct anthropic_model {
    const char *names;                   /* globs, blanks between */
    enum anthropic_thinking thinking;
    int64_t max_tokens;                  /* of an answer whose caller set no limit */
    bool no_sampling;                    /* temperature, top_p and top_k are refused */
    bool one_sampling;                   /* temperature and top_p exclude each other */
    bool no_schema;                      /* no output_config.format, no strict tools */
};

/* The row for a name: always one. */
const struct anthropic_model *anthropic_model_of(const char *model);

#endif
