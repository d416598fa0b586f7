/* SPDX-License-Identifier: MIT */
#ifndef GATE_FACTS_H
#define GATE_FACTS_H
/* facts: what a provider says of its models beyond their names (struct listed_model): how much they take, what they can, whether they run elsewhere.
 * Learned at every check, stored with the models; people's own columns (enabled, prices) are left alone. */
#include "gate/change.h"

struct gate;
struct provider;

/* Ask for those of the provider's models that the list says nothing of and that nothing is known of yet: a few, the next ones at the next check.
 * Blocking. */
void facts_ask(const struct provider *, int64_t timeout_ms, struct arena *, struct list models);
/* Store what is new, against what ${provider} has. Nothing is written when there is none. */
must_check bool facts_store(struct change *, const struct provider *, struct list models, struct err *);

/* What the running gate knows of the models of provider ${id}, as long as ${arena} lives; none without a gate. */
struct list facts_known(struct gate *, const char *id, struct arena *);

#endif
