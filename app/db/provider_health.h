/* SPDX-License-Identifier: MIT */
#ifndef DB_PROVIDER_HEALTH_H
#define DB_PROVIDER_HEALTH_H
/* provider_health: how each provider is now, since when, and the checks that say so (table provider_checks). */
#include "db/db.h"

struct health_row {
    const char *provider_id;
    const char *state;             /* "ok", "warn", "bad", "off" */
    const char *reason;            /* an http_end name or http status word; catalogue key health.<reason>; "" when ok */
    const char *detail;
    int64_t latency_us, models, checked_at;
    int64_t since;                 /* when this state began */
};
extern const struct field health_fields[];

struct check_row {
    const char *provider_id;
    int64_t at;                    /* 0 = now when inserted */
    const char *kind;              /* "periodic", "manual" */
    const char *state, *reason, *detail;
    int64_t http_status, latency_us;
    int64_t models;                /* found; kept in provider_health only */
};
extern const struct field check_fields[];

/* An hour of the last 24: slot 0 is the oldest, 23 the one running. */
struct health_slot {
    const char *provider_id;
    int64_t slot;
    const char *state;             /* the worst of its checks */
    int64_t checks, failed;
};
extern const struct field health_slot_fields[];
extern const struct sql *const provider_health_statements[];

must_check bool provider_health_list(struct db *, struct arena *, struct list *health_r, struct err *);
must_check bool provider_health_find(struct db *, struct arena *, const char *provider_id, struct health_row *health_r,
                                     bool *found_r, struct err *);
/* Store a check and the state it means; ${since} stays while the state does. ${before_r} is the state before ("" if there was
 * none); may be NULL. A provider that is gone is ERR_NOT_FOUND. */
must_check bool provider_health_record(struct db *, struct arena *, const struct check_row *check, const char **before_r,
                                       struct err *);
/* The last ${limit} checks, newest first. */
must_check bool provider_checks_list(struct db *, struct arena *, const char *provider_id, int64_t limit, struct list *checks_r,
                                     struct err *);
/* Slots that have checks, of one provider or of all (NULL), by provider and slot. The 24 hours end at ${now}. */
must_check bool provider_checks_strip(struct db *, struct arena *, const char *provider_id, int64_t now, struct list *slots_r,
                                      struct err *);
/* Forget checks before ${before}. */
must_check bool provider_checks_prune(struct db *, struct arena *, int64_t before, int64_t *gone_r, struct err *);

#endif
