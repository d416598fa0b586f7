/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_OPENAI_FIT_H
#define PROVIDERS_OPENAI_FIT_H
/* openai_fit: what of a request has to be said otherwise to a service and model. Both writers of the dialect ask here: openai_same (the caller's own
 * body) and openai_write (from the model of a conversation). */
#include "base/json_write.h"
#include "providers/openai_ways.h"

struct openai_fit {
    const struct openai_ways *ways;
    const struct openai_model *model;
    struct target *target;
    struct arena *arena;
};
struct openai_fit openai_fit_of(struct target *, struct arena *);

/* A hint that is not taken. */
bool fit_drops(const struct openai_fit *, const char *name, size_t n);
/* A wish that cannot be kept. */
bool fit_refuses(const struct openai_fit *, const char *name, size_t n);
enum openai_max fit_max(const struct openai_fit *);
enum openai_effort fit_effort(const struct openai_fit *);
/* Under which name a hint goes out. */
const char *fit_name(const struct openai_fit *, const char *name);
/* The member with the value that the service takes, listed as dropped where that is not the one asked for. NAN is none. */
void fit_write_real(const struct openai_fit *, struct json_out *, const struct openai_range *, const char *name, double value);
/* What is said beside a temperature of 0 where the range has no place for it. */
void fit_write_zero(const struct openai_fit *, struct json_out *, double temperature);
/* The service's word for an effort: the weakest that is not less. NULL = it has none, which is listed as dropped. */
const char *fit_effort_word(const struct openai_fit *, const char *effort);
/* Members that say how much to reason: a word, else a number of tokens (INT64_MIN = none). */
void fit_write_effort(const struct openai_fit *, struct json_out *, const char *effort, int64_t thinking_max);
/* Whether saying so needs a stream: some models think in streams only. */
bool fit_needs_stream(const struct openai_fit *, const char *effort, int64_t thinking_max);
/* The member stream_options; nothing for services without it. ${given}: the caller's. */
void fit_write_stream_options(const struct openai_fit *, struct json_out *, struct json given);
/* An id of a tool call as the service takes it; the same for the same id. NULL stays NULL. */
const char *fit_id(const struct openai_fit *, const char *id);
/* ERR_INPUT: the value of a field that the service or model does not take. */
bool fit_fail(const struct openai_fit *, const char *name, struct json value, struct err *);

#endif
