/* SPDX-License-Identifier: MIT */
#ifndef SERVE_OLLAMA_MODELS_H
#define SERVE_OLLAMA_MODELS_H
/* ollama_models: what Ollama's clients ask about models: the list, one, those in memory; and what version answers. Addresses of providers and other
 * names of a model stay here. */
#include "base/base.h"

struct json_out;
struct request;

bool ollama_tags(struct request *);              /* GET /api/tags: the models the key may use */
bool ollama_ps(struct request *);                /* GET /api/ps: the same: none has to be loaded first */
bool ollama_show(struct request *);              /* POST /api/show */
bool ollama_version(struct request *);           /* GET /api/version */
bool ollama_manage(struct request *);            /* pull, push, create, copy, delete: refused in words */
void ollama_show_schema(struct json_out *);

#endif
