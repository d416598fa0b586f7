/* SPDX-License-Identifier: MIT */
#ifndef FAKELLM_OLLAMA_H
#define FAKELLM_OLLAMA_H
/* ollama: what the files of this dialect share. */
#include "text.h"

/* Whether the service would take this body of /api/chat or /api/generate. False with its words in ${why}. */
bool ollama_takes(struct slice body, char *why, size_t why_size);

#endif
