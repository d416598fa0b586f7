/* SPDX-License-Identifier: MIT */
#ifndef DEMO_H
#define DEMO_H
/* demo: the scripted model server as a labelled provider, for machines without any model (MOONGATE_DEMO=1). */
#include "base/base.h"

struct gate;
struct installation;

/* With a demo URL: the provider is there, enabled, at that address. Without: one left from before is disabled. Troubles are logged, never fatal. */
void demo_settle(struct gate *, const struct installation *);

#endif
