/* SPDX-License-Identifier: MIT */
#ifndef GATE_DECIDE_H
#define GATE_DECIDE_H
/* decide: which provider and model answer a run. Every provider that serves the model is a candidate and gets a verdict with its reason, kept with
 * the run as decided. The data class is a ceiling here and nowhere else: no later step can choose a destination that is not a candidate. */
#include "gate/provider.h"
#include "gate/snapshot.h"

/* What a run asks for. */
struct wish {
    const char *model;                   /* NULL or "auto": the active provider's first model */
    const struct key *key;               /* NULL = a person */
    enum data_class data_class;
    bool local_only;                     /* sovereign mode, or a policy profile that keeps runs inside */
    bool embed;                          /* vectors, not words */
};

struct candidate {
    const struct provider *provider;
    const struct model *model;
    const char *verdict;                 /* "chosen", "standby", or why not: "key", "disabled", "model_off", "embed", "sovereign", "class";
                                          * and, found when it is to be asked: "breaker" (it rests), "request" (its dialect has no words for it) */
    const char *detail;                  /* the two values that met: "confidential > internal"; "" */
};

struct decision {
    struct list candidates;              /* struct candidate, in the order they would be tried */
    const struct candidate *chosen;
    const char *json;                    /* the same for the record */
};

/* ERR_MODEL_NOT_FOUND naming the models the key may use; ERR_FORBIDDEN if the key may not use this one; ERR_POLICY if candidates exist but none is
 * allowed; ERR_INPUT if none of them has embeddings; ERR_NO_PROVIDER if there is nothing to choose from. The decision's candidates and json are
 * filled in every case. */
must_check bool decide(const struct snapshot *, const struct wish *, struct arena *, struct decision *decision_r, struct err *);
/* Write the candidates into ${decision}->json again, after their verdicts changed. */
void decision_write(struct decision *, struct arena *);
/* Every model name the key may use, each once (const char *): for GET /v1/models and for errors. */
struct list models_usable(const struct snapshot *, const struct key *, struct arena *);

#endif
