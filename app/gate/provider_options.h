/* SPDX-License-Identifier: MIT */
#ifndef GATE_PROVIDER_OPTIONS_H
#define GATE_PROVIDER_OPTIONS_H
/* provider_options: the values of the fields that only some types have (struct provider_option_row), as they are sent, checked and stored. */
#include "gate/provider.h"

/* What is stored (JSON, NULL = nothing) with what was sent (struct provider_option) laid over it; "" takes a value away. Stored values that the type
 * has no row for are left out; sent ones stay, for the check to refuse, unless ${lenient}. JSON in ${arena}. */
const char *provider_options_merge(const struct provider_type *, const char *stored, struct list sent, bool lenient, struct arena *);
/* ERR_INPUT with field "options.<name>", value and what is allowed, for the first that the type does not have, does not take, or needs. */
must_check bool provider_options_check(const struct provider_type *, const char *json, struct arena *, struct err *);

#endif
