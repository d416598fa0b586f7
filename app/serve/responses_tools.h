/* SPDX-License-Identifier: MIT */
#ifndef SERVE_RESPONSES_TOOLS_H
#define SERVE_RESPONSES_TOOLS_H
/* responses_tools: the tools of a Responses request. Functions are flat there. A custom tool takes free text, which no other dialect knows: it becomes a
 * function of one text, "input", and a call of it becomes custom again. Its grammar, which nobody else can enforce, goes into the description and is
 * listed as dropped. */
#include "gate/chat.h"

must_check bool responses_tools(struct json tools, struct chat *, struct arena *, struct err *);
/* tool_choice, into chat->tool_choice. */
must_check bool responses_choice(struct json choice, struct chat *, struct arena *, struct err *);
/* Whether ${asked}, the request, has a custom tool of that name. */
bool responses_is_custom(struct json asked, const char *name);
/* The arguments of the function that a custom tool became, and its input out of them: what a model wrote otherwise is the input as it is. */
const char *responses_arguments(struct json input, struct arena *);
struct bytes responses_input(struct bytes arguments, struct arena *);

#endif
