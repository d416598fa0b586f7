/* SPDX-License-Identifier: MIT */
#ifndef GATE_PRICE_MATCH_H
#define GATE_PRICE_MATCH_H
/* price_match: which rows of the catalogue are meant by a model's name. Tried in this order, without regard to case; the first that is listed counts:
 *     1. the name itself
 *     2. without what stands before it: "models/" (Gemini), everything up to the last "/" of an ARN
 *     3. without the region of a Bedrock inference profile: "us.", "eu.", "jp.", "apac.", "au.", "ca.", which cost 1.1 times, or "global."
 *     4. 2 and 3 without what stands after it, step by step: "-v1:0", "@20260101", "-2026-01-01", "-20260101", "-0101"
 * Not taken away, because they have prices of their own: "-latest", "-preview", "-mini", a vendor ("openai/…"), a variant (":free"). */
#include "base/base.h"

struct arena;

/* Pointers to price rows, sorted for finding; each owner and model's rows stand together, highest threshold first, newest first. */
struct price_index {
    const struct price_row **rows;
    size_t n;
};
struct price_index price_index_new(struct list price_rows, struct arena *);

struct price_found {
    const struct price_row *const *rows;     /* in the index; NULL = the model is not in it */
    size_t n;
    int64_t percent;                         /* of the listed prices: 100, or 110 for a region */
};
/* ${owner} NULL = nobody's list. */
struct price_found price_find(const struct price_index *, const char *owner, const char *model, struct arena *);

#endif
