/* SPDX-License-Identifier: MIT */
#ifndef GATE_SETTING_CHANGE_H
#define GATE_SETTING_CHANGE_H
/* setting_change: turning one setting in the console, or giving it back to file, environment or default. */
#include "gate/change.h"

/* ${value} NULL takes the console's value away. ERR_NOT_FOUND if there is no such setting; ERR_INPUT with name, value and range if it may not
 * have this value. */
must_check bool setting_change(struct change *, const char *name, const char *value, struct err *);

#endif
