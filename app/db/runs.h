/* SPDX-License-Identifier: MIT */
#ifndef DB_RUNS_H
#define DB_RUNS_H
/* runs: one row for each request through the gate, written once by the spool's replay and never changed. Lists go by keyset
 * (started_at, id), so the last page costs what the first does. started_at is kept to the millisecond. */
#include "db/attempts.h"

struct run_row {
    const char *id;
    int64_t started_at;
    const char *api;               /* which door: "openai.chat", … */
    const char *status;            /* "ok", "failed", "truncated", "cancelled", "refused", "interrupted" */
    int64_t http_status;
    const char *error_code, *error_detail;
    const char *requested_model, *actual_model, *provider_id, *provider_name;
    bool is_local;
    const char *model_tier;
    bool stream;
    const char *finish_reason;
    int64_t latency_us, first_token_us;
    int64_t tokens_in, tokens_out, tokens_cached, tokens_reasoning;
    bool estimated;                /* tokens were counted by us, not said by the provider */
    int64_t cost_micros;
    int64_t attempts;
    const char *key_id, *key_name, *user_name;
    const char *data_class, *policy_profile;
    bool sovereign;
    const char *request_id, *remote_addr;
    const char *decision;          /* JSON, NULL = none */
    const char *dropped;           /* request fields that could not be passed on */
    const char *switches;          /* what was sent so that the provider does not keep it: "store=false" */
    int64_t tokens_written;        /* of tokens_in: written to a prompt cache */
    int64_t tokens_image;          /* of tokens_in: of pictures */
    int64_t avoided_micros;        /* what a local answer would have cost in the cloud */
    bool priced;                   /* cost_micros is known; else it is 0 and means nothing */
    const char *price;             /* JSON: how the cost (or what was avoided) was made up; NULL = no price */
};
extern const struct field run_fields[];
extern const struct sql *const runs_statements[];

/* A run with its attempts, as it is inserted. */
struct run_entry {
    struct run_row run;
    struct list attempts;          /* struct attempt_row; run_id is not read */
};

/* Insert runs, their attempts and what they add to spend, in one statement. A run that is there already is skipped with all that
 * belongs to it, so replaying twice is harmless. NULL texts become "". ${inserted_r} counts the new ones; may be NULL. */
must_check bool runs_insert(struct db *, struct arena *, const struct run_entry *entries, size_t n, int64_t *inserted_r,
                            struct err *);

struct run_cursor {
    int64_t at;
    const char *id;                /* NULL = no cursor */
};

/* Empty members (0, NULL, false) do not filter. */
struct run_filter {
    int64_t from, to;              /* started_at in [from, to) */
    const char *status;
    bool failed;                   /* any status but ok */
    const char *provider_id, *key_id;
    const char *model;             /* requested or actual, the whole name */
    struct run_cursor before;      /* older than this run */
    struct run_cursor after;       /* newer than this run: the page next to it, not the newest; ignored if ${before} is set */
    int64_t limit;                 /* 0 = 50 */
};

/* Newest first, whichever cursor was used. Ask for one more than is shown to know whether there is another page. */
must_check bool runs_list(struct db *, struct arena *, const struct run_filter *, struct list *runs_r, struct err *);
/* How many fit, counted up to ${cap}; cursors and limit are not read. */
must_check bool runs_count(struct db *, struct arena *, const struct run_filter *, int64_t cap, int64_t *n_r, struct err *);
must_check bool runs_get(struct db *, struct arena *, const char *id, struct run_row *run_r, struct err *);
/* The runs next to ${run} among those that fit ${filter} (its cursors and limit are not read); NULL = none. */
must_check bool runs_neighbours(struct db *, struct arena *, const struct run_filter *, const struct run_row *run,
                                const char **newer_id_r, const char **older_id_r, struct err *);

struct run_totals {
    int64_t runs, failed, cancelled, local_runs;
    int64_t tokens_in, tokens_out, cost_micros;
    int64_t avoided_micros, unpriced;        /* of local runs; runs whose cost is not known */
    int64_t latency_p50_us, latency_p95_us, first_token_p50_us;     /* of the runs that were ok */
    int64_t last_at;
};
extern const struct field run_totals_fields[];
/* Sums over [from, to). */
must_check bool runs_totals(struct db *, struct arena *, int64_t from, int64_t to, struct run_totals *totals_r, struct err *);

/* Make the daily partitions of runs and attempts for ${days} days from ${from_day} (micros) on; those that exist are left. How
 * many were made is ${made_r}, may be NULL. Rows that wait in the default partition move into theirs. */
must_check bool runs_partitions(struct db *, struct arena *, int64_t from_day, int64_t days, int64_t *made_r, struct err *);

#endif
