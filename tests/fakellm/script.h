/* SPDX-License-Identifier: MIT */
#ifndef FAKELLM_SCRIPT_H
#define FAKELLM_SCRIPT_H
/* script: behaviours for model names, set at run time: {"gpt-x": ["status=429", "echo"], "*": "hang"}. Each request for a name takes the
 * next one of its list, the last one stays. "*" stands for every name that is not in the script. */
#include "text.h"

struct script;

struct script *script_new(void);
void script_free(struct script *);
/* Take the whole script over from JSON text; false, with a sentence in ${why}: nothing has changed. */
bool script_set(struct script *, struct slice json, char *why, size_t why_size);
/* The behaviour whose turn it is, appended to ${t}; false if the script does not know ${model}. */
bool script_take(struct script *, struct slice model, struct text *t);
/* The text it was set from, "{}" if none. */
void script_write(struct script *, struct text *t);
/* Call ${name} for every model name but "*". */
void script_names(struct script *, void (*name)(struct text *, struct slice), struct text *);

#endif
