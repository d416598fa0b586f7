/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_GEMINI_CONTENTS_H
#define PROVIDERS_GEMINI_CONTENTS_H
/* gemini_contents: the conversation as Gemini's "contents". Turns of user and model alternate and the user begins; what tools answered stands
 * in the user's turn right after the turn that called them, all of it in one. */
#include "base/json_write.h"
#include "gate/provider.h"

/* Members "systemInstruction" (if there is any) and "contents". ERR_INPUT naming what cannot be said. */
must_check bool gemini_contents(struct json_out *, struct target *, const struct chat *, struct arena *, struct err *);
/* The generation a model's name says, in tenths: "gemini-2.5-pro" is 25, "gemini-flash-latest" is the newest; 0 = not said. */
int gemini_generation(const char *model);

#endif
