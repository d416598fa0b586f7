/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_PROVIDER_VIEW_H
#define CONSOLE_PROVIDER_VIEW_H
/* provider_view: one provider as lists, its own page and JSON show it: the stored row, how it is, and texts made of both. */
#include "console/provider_type_view.h"
#include "console/show.h"
#include "db/providers.h"
#include "gate/health.h"

struct strip_bar {                       /* one hour of the last 24 */
    const char *css;
    int64_t x, y, height;
};

struct provider_view {
    struct provider_row row;
    struct health_view health;
    const char *retention, *switches;    /* "enforced", "contract", "unknown", "stays"; what each request carries for it */
    const char *models;                  /* JSON array of names */
    struct list model_details;           /* struct model_view; on its own page */
    struct list checks;                  /* struct check_view; on its own page */

    /* For pages only. */
    const char *monogram, *type_label, *mode_word, *class_word, *reason, *latency, *checked, *key;
    struct mark mark;
    int64_t models_n;
    bool is_local, may_activate;
    struct retention_view kept;
    struct list option_values;           /* struct option_view */
    struct list strip;                   /* struct strip_bar */
    const char *strip_text;
};
extern const struct field provider_view_fields[];          /* in lists */
extern const struct field provider_detail_fields[];        /* alone: with models and checks */

/* How a model's breaker is: gate/breaker.h. */
struct breaker_shown {
    const char *state, *force;           /* "closed", "open", "half_open"; "free", "open", "closed", "bypass" */
    int64_t since, next_probe;           /* wall µs; 0 = none */
    int64_t calls, failed;               /* in the window */
    const char *reason;                  /* of the last failure: "status_503" */
};

struct model_view {
    const char *name;
    bool enabled;
    int64_t input_micros_per_mtok, output_micros_per_mtok, cached_micros_per_mtok;
    struct breaker_shown breaker;
    const char *price_from;              /* "local", "model" (its own, above), "catalogue", "unknown" */
    /* For pages only. */
    const char *input_price, *output_price, *cached_price, *price_text, *price_id, *price_model;
    struct mark breaker_mark;
    const char *breaker_text;
    struct list breaker_choices;         /* struct choice */
};

struct check_view {
    int64_t at;
    const char *kind, *state, *reason, *detail;
    int64_t http_status, latency_us;
    const char *time, *kind_word, *reason_text, *latency;
    struct mark mark;
};

/* Every provider, the active one first (struct provider_view). */
must_check bool provider_views(const struct show *, struct list *views_r);
/* One, with its models and last checks; ERR_NOT_FOUND in rq->err. */
must_check bool provider_view_get(const struct show *, const char *id, struct provider_view *view_r);

#endif
