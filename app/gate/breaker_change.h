/* SPDX-License-Identifier: MIT */
#ifndef GATE_BREAKER_CHANGE_H
#define GATE_BREAKER_CHANGE_H
/* breaker_change: an operator's hand on the breaker of one model, as a change with its audit row; all processes obey it with their next snapshot. */
#include "gate/change.h"

/* ${force} is one of breaker_force_words. ERR_NOT_FOUND naming the model if the provider has none of that name. */
must_check bool breaker_change(struct change *, const char *provider_id, const char *model, const char *force, struct err *);

#endif
