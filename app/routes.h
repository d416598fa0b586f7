/* SPDX-License-Identifier: MIT */
#ifndef ROUTES_H
#define ROUTES_H
/* routes: the table of addresses. */
#include "web/route.h"

extern const struct route routes[];              /* ends with path NULL */

#endif
