/* SPDX-License-Identifier: MIT */
#ifndef SERVE_OPENAI_CHAT_H
#define SERVE_OPENAI_CHAT_H
/* openai_chat: POST /v1/chat/completions and the models beside it. */
#include "base/base.h"

struct request;

bool openai_chat(struct request *);
bool openai_models(struct request *);            /* GET /v1/models */
bool openai_model(struct request *);             /* GET /v1/models/:id */

#endif
