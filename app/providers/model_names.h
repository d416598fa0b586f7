/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_MODEL_NAMES_H
#define PROVIDERS_MODEL_NAMES_H
/* model_names: which models a rule is for. */
#include "base/base.h"

/* Whether the name fits one of ${globs}: one text, blanks between. NULL fits none. */
bool model_fits(const char *globs, const char *model);

#endif
