/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_PROVIDER_FORM_VIEW_H
#define CONSOLE_PROVIDER_FORM_VIEW_H
/* provider_form_view: the page of a provider's form: what is typed or stored, what may be chosen, what is wrong, what a test found. */
#include "console/provider_type_view.h"
#include "console/show.h"
#include "gate/provider_change.h"

struct check;
struct form;

struct tried_view {
    bool shown, ok;
    const char *state, *reason, *detail;
    int64_t http_status, latency_us;
    const char *models;                  /* JSON array of names */
    const char *message, *latency, *names;       /* page: sentence, time, the first names */
    int64_t models_n;
    struct mark mark;
};
extern const struct field provider_test_fields[];
struct tried_view provider_test_view_of(const struct show *, const struct check *);

struct form_view {
    const char *id, *stored_name;        /* NULL: a new one */
    bool editing, choosing;              /* choosing: which type, before the form */
    struct provider_form v;
    const char *models_text;
    const char *type_label, *type_help;
    bool local, cloud, secret_needed, has_secret, unlisted;
    const char *secret_tail;
    struct list local_types, cloud_types;                  /* struct type_choice */
    struct list classes;                                   /* struct choice */
    struct list options, regions;        /* struct option_view, region_view */
    bool has_regions;
    struct retention_view retention;
    struct tried_view test;
    /* What is wrong with each field; NULL = nothing. */
    const char *e_name, *e_type, *e_base_url, *e_deployment_mode, *e_data_class_max, *e_note, *e_secret, *e_models, *e_position;
    const char *e_connect_ms, *e_first_byte_ms, *e_idle_ms, *e_total_ms;
    bool advanced_open;
};
extern const struct field provider_form_page_fields[];

/* The form of a stored provider, as the base of an edit or a test. ERR_NOT_FOUND in rq->err. */
must_check bool provider_form_load(struct request *, const char *id, struct form_view *view_r);
/* The page; with the problems of ${form}, if it has any, as the answer to what was sent. */
must_check bool provider_form_render(struct request *, struct form_view *, const struct form *form);
/* The same with what was typed. */
must_check bool provider_form_again(struct request *, struct form_view *, const struct provider_form *typed, const struct form *);

#endif
