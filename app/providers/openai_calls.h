/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_OPENAI_CALLS_H
#define PROVIDERS_OPENAI_CALLS_H
/* openai_calls: tool calls of an OpenAI-shaped answer, numbered anew from 0. Providers leave out the index, give every call the same one, repeat
 * name and id in each piece, or send the name after the id. */
#include "gate/provider.h"

/* The member tool_calls of a delta, or of a message (${whole}: each entry is a call of its own). */
must_check bool openai_calls(struct reader *, struct json calls, bool whole, struct err *);
/* The same where the members have other names. */
struct openai_call_words {
    const char *index, *id, *function, *name, *arguments;
};
must_check bool openai_calls_as(struct reader *, struct json calls, bool whole, const struct openai_call_words *, struct err *);
/* The deprecated member function_call, a call without an id. */
must_check bool openai_function_call(struct reader *, struct json function, struct err *);
/* No more calls follow: ERR_UPSTREAM if one never got its name. */
must_check bool openai_calls_end(struct reader *, struct err *);

#endif
