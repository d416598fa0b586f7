/* SPDX-License-Identifier: MIT */
#ifndef GATE_PRICE_H
#define GATE_PRICE_H
/* price: what a run cost, in whole micro-dollars, rounded up once at the end. Which price applies, in this order:
 *     1. local (model_local): 0; what the model of the setting compare_model would have cost is told beside it
 *     2. the model's own prices (models.input_micros_per_mtok …, in USD), if any of them is set
 *     3. the catalogue (db/prices.h) by the provider type's list and the model's name (price_match.h): the row valid when the run began with the
 *        highest threshold below all of its input tokens
 *     4. none: the cost is not known, which is not 0
 * A price without a value has that of: cached, written and image input → input; written_long → written, else input; reasoning → output. Each token
 * is counted once: input = cached + written + written_long + image + the rest, output = reasoning + the rest. */
#include "gate/chat.h"
#include "gate/snapshot.h"

struct cost {
    bool priced;                         /* the cost is known */
    int64_t micros, avoided_micros;
    const char *json;                    /* how either was made up: list, row, currency and each part; NULL if there was no price */
};

/* ${usage} as usage_bound leaves it (gate/usage.h). ${at} is when the run began, wall µs. */
struct cost cost_of(const struct snapshot *, const struct provider *, const struct model *, const struct usage *, int64_t at, struct arena *);

/* What a request of ${in} tokens is charged by, for showing: the model's own prices (origin "model"), else the catalogue's, with the region's
 * addition; defaults are not filled in. False if there is no price. */
struct price_row;
bool price_shown(const struct model *, int64_t at, int64_t in, struct price_row *price_r);
/* The row of the catalogue that applies at ${at} to a request of ${in} tokens; NULL if none. Of each threshold only the latest row counts: when it has
 * ended, no earlier one takes its place. */
const struct price_row *price_at(const struct model *, int64_t at, int64_t in);

#endif
