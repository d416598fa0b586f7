/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_GEMINI_ERROR_H
#define PROVIDERS_GEMINI_ERROR_H
/* gemini_error: errors of Google's services: {"error":{"code","message","status","details":[…]}}, often as a list of one. */
#include "gate/provider.h"

/* What an error object says beyond its status: when to come again, that a day's quota is used up, that it is the key. */
void gemini_refine(struct json said, struct arena *, struct upstream_error *error);
/* dialect_rules.read_error */
void gemini_read_error(const struct provider *, int status, struct bytes body, struct arena *, struct upstream_error *error);

#endif
