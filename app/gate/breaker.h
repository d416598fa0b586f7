/* SPDX-License-Identifier: MIT */
#ifndef GATE_BREAKER_H
#define GATE_BREAKER_H
/* breaker: whether a provider's model is worth asking. One state machine for each (provider, model), after Nygard's "circuit breaker":
 *     closed     every run passes; opens when of at least ${calls_min} calls of the window ${open_percent} failed (never after one)
 *     open       none passes, until the pause is over: open_s, doubled each time it opens again without a success in between, at most open_max_s
 *     half-open  one run passes as the probe; its success closes, its failure opens again; a probe that never tells loses its turn
 * A pause is never made shorter by what happens meanwhile. An operator may force it open (rest), closed (never rest), or switch it off (bypass:
 * nothing is counted); models.breaker keeps that. */
#include "base/lock.h"
#include "gate/snapshot.h"

/* Pairs of provider and model that are remembered, in sets by hash; where a set is full the longest unused is forgotten. */
enum { BREAKER_SLICES = 10, BREAKER_WAYS = 8, BREAKERS = 64 * BREAKER_WAYS };

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };
extern const char *const breaker_state_words[];      /* "closed", "open", "half_open" */
extern const char *const breaker_force_words[];      /* "free", "open", "closed", "bypass"; ends with NULL */

struct breaker_rules {
    int64_t window_s, calls_min, open_percent;
    int64_t open_s, open_max_s;
    int64_t probe_s;                     /* a probe that has not told by then has lost its turn */
    enum breaker_force force;            /* of this model; what happens meanwhile does not change the state */
};

struct breaker_rules breaker_rules_of(const struct settings *, const struct model *);

/* How a call ended, as far as the provider is to blame. */
enum breaker_told { BREAKER_OK, BREAKER_FAILED, BREAKER_UNKNOWN /* cancelled, or the caller's own fault: says nothing */ };

/* What is seen of one: for decisions and pages. Times are mono µs, 0 = none. */
struct breaker_view {
    enum breaker_state state;
    enum breaker_force force;
    bool passes;                         /* a run would pass now */
    bool probe;                          /* and it would be the probe */
    int64_t since, next_probe;
    int64_t calls, failed;               /* in the window */
    char reason[80];                     /* of the last failure: "status_503", "connect_timeout" */
};

struct breakers {
    struct lock lock;
    struct breaker {
        uint64_t name;                   /* hash of provider and model; 0 = unused */
        uint64_t provider;
        enum breaker_state state;
        int64_t since, until, probing_until, used;
        int64_t opened;                  /* times in a row without a success in between */
        struct breaker_slice { int64_t n, calls, failed; } slices[BREAKER_SLICES];
        char reason[80];
    } all[BREAKERS];
};
void breakers_init(struct breakers *);

/* Look, changing nothing. One that was never asked is closed. */
void breaker_see(struct breakers *, const char *provider_id, const char *model, const struct breaker_rules *, int64_t now,
                 struct breaker_view *view_r);
/* Pass before a call: false if it does not. ${probe_r}: this call is the probe, and must tell. */
must_check bool breaker_pass(struct breakers *, const char *provider_id, const char *model, const struct breaker_rules *, int64_t now,
                             bool *probe_r);
/* A call that passed was not made after all: if it was to be the probe, the next one may be. */
void breaker_unpass(struct breakers *, const char *provider_id, const char *model, bool probe);
/* Tell how a call that passed ended. True if the state changed; ${view_r} is what it is now. */
bool breaker_tell(struct breakers *, const char *provider_id, const char *model, const struct breaker_rules *, int64_t now, bool probe,
                  enum breaker_told, const char *reason, struct breaker_view *view_r);
/* Forget a provider. */
void breaker_forget(struct breakers *, const char *provider_id);

#endif
