/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_PROVIDERS_H
#define PROVIDERS_PROVIDERS_H
/* providers: which services exist. One row each in providers.c; one file per dialect beside this one. */
#include "gate/provider.h"

extern const struct provider_type *const all_provider_types[];      /* ends with NULL */
extern const struct dialect_rules openai_rules, ollama_rules, anthropic_rules, gemini_rules, hunyuan_rules, bedrock_rules;

#endif
