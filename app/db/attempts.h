/* SPDX-License-Identifier: MIT */
#ifndef DB_ATTEMPTS_H
#define DB_ATTEMPTS_H
/* attempts: each try of a run at a provider. They are inserted with their run, by runs_insert. */
#include "db/db.h"

struct attempt_row {
    const char *run_id;
    int64_t n;                     /* from 1 */
    const char *provider_id, *provider_name, *model;
    const char *result;            /* "ok", or why not */
    int64_t http_status;
    const char *detail;
    int64_t offset_us;             /* after the run's start */
    int64_t connect_us, first_byte_us, latency_us;
    bool reused;                   /* an open connection was used again */
    const char *remote;            /* the address spoken to */
    const char *upstream_id;       /* the provider's own request id */
    const char *remedy;            /* of a failed one: "caller", "retry", "other"; "" */
    int64_t retry_after_ms;        /* 0 = not said */
    int64_t rate_requests, rate_tokens;   /* what the provider said is left of its limits; -1 = nothing */
};
extern const struct field attempt_fields[];
extern const struct sql *const attempts_statements[];

must_check bool attempts_list(struct db *, struct arena *, const char *run_id, struct list *attempts_r, struct err *);

#endif
