/* SPDX-License-Identifier: MIT */
#ifndef SERVE_GENERATE_H
#define SERVE_GENERATE_H
/* generate: POST /api/v1/llm/generate, our own short way to ask, and GET /api/v1/llm/health. */
#include "base/base.h"

struct request;

bool generate(struct request *);
bool generate_health(struct request *);

#endif
