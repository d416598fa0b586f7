/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_RUN_VIEW_H
#define CONSOLE_RUN_VIEW_H
/* run_view: a run as a row of a list: the recorded row, and texts for people. */
#include "console/show.h"
#include "db/runs.h"

struct run_view {
    struct run_row row;
    /* For pages only. */
    const char *time, *id_short, *latency, *first_token, *tokens, *cost, *cost_note, *target, *place, *caller, *caller_id, *code;
    struct mark mark;
    bool sent;                           /* something went to a provider */
};
extern const struct field run_view_fields[];

struct run_view run_view_of(const struct show *, const struct run_row *);
/* A list of run rows as views. */
struct list run_views_of(const struct show *, struct list rows);
/* Who called: the key's name, else the person's. */
const char *run_caller(const struct show *, const struct run_row *);

#endif
