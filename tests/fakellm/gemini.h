/* SPDX-License-Identifier: MIT */
#ifndef FAKELLM_GEMINI_H
#define FAKELLM_GEMINI_H
/* gemini: what the files of this dialect share. */
#include "text.h"

#define GEMINI_SIGNATURE "Z2VtaW5pLXNpZ25hdHVyZQ=="

/* Names from gemini-3 on: calls have ids, and come back with a signature. */
bool gemini_is_new(struct slice model);
/* Whether the service would take this body, as far as its documented rules go. False with its words in ${why}. */
bool gemini_takes(struct slice model, struct slice body, char *why, size_t why_size);

#endif
