/* SPDX-License-Identifier: MIT */
#ifndef SERVE_RESPONSES_TOOLS_H
#define SERVE_RESPONSES_TOOLS_H
/* responses_tools: the tools of a Responses request. Functions are flat there. A custom tool takes free text, which no other dialect knows: it becomes a
 * function of one text, "input", and a call of it becomes custom again. Its grammar, which nobody else can enforce, goes into the description and is
 * listed as dropped. Codex groups tools in namespaces: the member of one is "<namespace>__<name>" to providers, and has both names again in a call;
 * those of "functions" are tools like all others. */
#include "gate/chat.h"

must_check bool responses_tools(struct json tools, struct chat *, struct arena *, struct err *);
/* tool_choice, into chat->tool_choice. */
must_check bool responses_choice(struct json choice, struct chat *, struct arena *, struct err *);
/* What a call's name is in ${asked}, the request; nothing found is a function of that name. */
struct responses_tool {
    const char *name, *group;            /* NULL = in no namespace */
    bool custom;
};
struct responses_tool responses_tool_find(struct json asked, const char *name, struct arena *);
/* A tool's name to providers. */
const char *responses_tool_name(const char *group, const char *name, struct arena *);
/* The arguments of the function that a custom tool became, and its input out of them: what a model wrote otherwise is the input as it is. */
const char *responses_arguments(struct json input, struct arena *);
struct bytes responses_input(struct bytes arguments, struct arena *);

#endif
