/* SPDX-License-Identifier: MIT */
#ifndef DB_PROVIDERS_H
#define DB_PROVIDERS_H
/* providers: the upstream accounts. Sealed secrets are hexadecimal texts here and are read only by providers_list_sealed.
 * One row at most is active; it is enabled and cannot be deleted (also the schema refuses). Rules beyond that are gate's. */
#include "db/db.h"

struct provider_row {
    const char *id, *name, *type, *base_url;
    const char *deployment_mode;               /* "local" or "cloud", kept exactly as given */
    const char *data_class_max;
    bool has_secret;
    const char *secret_tail;                   /* last four characters */
    int64_t secret_set_at;
    bool enabled, active, demo;
    int64_t position;                          /* lower is asked first */
    int64_t connect_ms, first_byte_ms, idle_ms, total_ms;
    const char *note;
    const char *options;                       /* JSON: the values of the type's own fields by name */
    int64_t rev;                               /* raised by each update: what the editor had read */
    int64_t created_at, changed_at;
    /* In provider_sealed_fields only. */
    const char *secret, *secret_dek;           /* hex; NULL = none */
    int64_t secret_kid;
};
extern const struct field provider_fields[];           /* fit to be shown */
extern const struct field provider_sealed_fields[];    /* and the sealed secret */
extern const struct sql *const providers_statements[];

/* The active one first, then by position and name. */
must_check bool providers_list(struct db *, struct arena *, struct list *providers_r, struct err *);
must_check bool providers_list_sealed(struct db *, struct arena *, struct list *providers_r, struct err *);
must_check bool providers_get(struct db *, struct arena *, const char *id, struct provider_row *provider_r, struct err *);
must_check bool providers_get_sealed(struct db *, struct arena *, const char *id, struct provider_row *provider_r, struct err *);
/* Without regard to case. */
must_check bool providers_find_by_name(struct db *, struct arena *, const char *name, struct provider_row *provider_r,
                                       bool *found_r, struct err *);
/* All but active, rev and times; the secret too if it is set (with its tail). A name that exists is ERR_CONFLICT with field
 * "name". */
must_check bool providers_insert(struct db *, struct arena *, const struct provider_row *provider, struct err *);
/* All but secret, enabled, active, demo and times, if the row still has ${provider}->rev: else ERR_STALE. Gone is ERR_NOT_FOUND.
 * */
must_check bool providers_update(struct db *, struct arena *, const struct provider_row *provider, int64_t *rev_r, struct err *);
/* ${secret} NULL destroys it. rev stays. */
must_check bool providers_set_secret(struct db *, struct arena *, const char *id, const char *secret, const char *secret_dek,
                                     int64_t secret_kid, const char *secret_tail, struct err *);
/* Disabling the active one is ERR_PROVIDER_ACTIVE. */
must_check bool providers_set_enabled(struct db *, struct arena *, const char *id, bool enabled, struct err *);
/* Make it the only active one. A disabled one is ERR_INVALID with field "enabled". Inside a transaction. */
must_check bool providers_activate(struct db *tx, struct arena *, const char *id, struct err *);
/* No provider is active afterwards. */
must_check bool providers_deactivate(struct db *, struct arena *, struct err *);
/* The active one is ERR_PROVIDER_ACTIVE. Its models, health and checks go with it. */
must_check bool providers_delete(struct db *, struct arena *, const char *id, struct err *);

#endif
