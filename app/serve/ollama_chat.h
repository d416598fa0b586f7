/* SPDX-License-Identifier: MIT */
#ifndef SERVE_OLLAMA_CHAT_H
#define SERVE_OLLAMA_CHAT_H
/* ollama_chat: POST /api/chat and /api/generate as Ollama's clients know them. Without messages, or without a prompt, they ask to load the model:
 * that is answered here, and no provider hears of it. */
#include "base/base.h"

struct request;

bool ollama_chat(struct request *);
bool ollama_generate(struct request *);

#endif
