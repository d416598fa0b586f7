/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_OPENAI_ERROR_H
#define PROVIDERS_OPENAI_ERROR_H
/* openai_error: what OpenAI-shaped services say when something went wrong, with HTTP 4xx and 5xx or inside 200, and what helps against it. */
#include "gate/provider.h"

/* The parts of an error, wherever a service puts them; p == NULL for what is not there. */
struct openai_error {
    struct json words, code, type, metadata, details;
};

/* Whether a checked answer is, or holds, an error. */
bool openai_error_in(struct json answer, struct openai_error *error_r);
/* The HTTP status that a code stands for: OpenRouter's 429, Azure's "401"; 0 = none. */
int openai_error_status(const struct openai_error *);
/* Kind, remedy and wait, by the service's own code, type and words, over what stands there by the status. */
void openai_error_refine(const struct openai_error *, struct arena *, struct upstream_error *);
/* dialect_rules.read_error */
void openai_read_error(const struct provider *, int status, struct bytes body, struct arena *, struct upstream_error *);

#endif
