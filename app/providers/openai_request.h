/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_OPENAI_REQUEST_H
#define PROVIDERS_OPENAI_REQUEST_H
/* openai_request: where a request to an OpenAI-shaped service goes and how it is signed. */
#include "providers/openai_ways.h"

/* Fill method, url and headers. ${model} replaces ${model} in the path, escaped; NULL = there is none. */
void openai_request(const struct provider *, const char *method, const char *path, const char *model, struct arena *, struct http_request *);
/* The same with a JSON body to come. */
void openai_post(const struct provider *, const char *path, const char *model, struct arena *, struct http_request *);

#endif
