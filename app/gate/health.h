/* SPDX-License-Identifier: MIT */
#ifndef GATE_HEALTH_H
#define GATE_HEALTH_H
/* health: how each provider is, as last checked: in memory for the request path and for the time the database is down, in the tables for history.
 * A check is unpaid: it lists the models. */
#include "base/field.h"

struct arena;
struct db;
struct err;
struct health;
struct provider;
struct settings;

struct health_view {                     /* one provider, as JSON and page show it */
    const char *provider_id;
    const char *state;                   /* "ok", "warn", "bad", "off", "unknown" */
    const char *reason;                  /* "" when ok; else a word: "refused", "timeout", "status_401", … : catalogue key health.<reason> */
    const char *detail;
    int64_t latency_us, models, http_status, checked_at, since;
};
extern const struct field health_view_fields[];

/* The result of one check. */
struct check {
    const char *state, *reason;
    char detail[160];
    int http_status;
    int64_t latency_us;
    struct list models;                  /* struct listed_model in the caller's arena */
    struct list names;                   /* models found: const char * in the caller's arena */
};

struct health *health_new(void);
void health_free(struct health *);
/* Ask the provider for its models, blocking, at most ${timeout_ms}. Always gives a result. */
void provider_check(const struct provider *, int64_t timeout_ms, struct arena *, struct check *check_r);
/* Remember a result. True if the state is another than before; ${before_r} is the one before ("unknown" at first). */
bool health_note(struct health *, const char *provider_id, const struct check *, const char **before_r);
/* What is known of a provider; texts are copied into ${a}. A provider that was never checked is "unknown", a disabled one "off". */
struct health_view health_of(struct health *, const struct provider *, struct arena *a);
/* Forget providers that are gone. */
void health_forget(struct health *, const char *provider_id);

#endif
