/* SPDX-License-Identifier: MIT */
#ifndef DB_MODELS_H
#define DB_MODELS_H
/* models: the names a provider serves, and what they cost in micro-dollars per million tokens. */
#include "db/db.h"

struct model_row {
    const char *provider_id, *name;
    bool enabled;
    int64_t position;
    int64_t input_micros_per_mtok, output_micros_per_mtok, cached_micros_per_mtok;
    int64_t context, max_output, can;          /* what the provider says of it: gate/facts.h; 0 = nothing */
    bool remote;
    const char *breaker;                       /* an operator's hand: "free", "open", "closed", "bypass" */
    int64_t created_at;
};
extern const struct field model_fields[];
extern const struct sql *const models_statements[];

/* Of one provider, or of all (NULL), by provider, position and name. */
must_check bool models_list(struct db *, struct arena *, const char *provider_id, struct list *models_r, struct err *);
/* Make these names the provider's models, in this order: new ones are added, the others go, those that stay keep prices and
 * enabled. */
must_check bool models_replace(struct db *, struct arena *, const char *provider_id, const char *const *names, size_t n,
                               struct err *);
/* context, max_output, can and remote of those that are there; 0 leaves what is known. */
must_check bool models_set_facts(struct db *, struct arena *, const char *provider_id, const struct model_row *facts, size_t n, struct err *);
/* All but facts and created_at. One that exists is ERR_CONFLICT. */
must_check bool models_insert(struct db *, struct arena *, const struct model_row *model, struct err *);
/* Lay a hand on the breaker of one, or take it off. A model that is not there is ERR_NOT_FOUND. */
must_check bool models_set_breaker(struct db *, struct arena *, const char *provider_id, const char *name, const char *breaker, struct err *);
/* enabled, position and prices. */
must_check bool models_update(struct db *, struct arena *, const struct model_row *model, struct err *);
must_check bool models_delete(struct db *, struct arena *, const char *provider_id, const char *name, struct err *);

#endif
