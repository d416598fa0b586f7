/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_COST_VIEW_H
#define CONSOLE_COST_VIEW_H
/* cost_view: how a run's cost was made up, as it was recorded: later prices do not change it. */
#include "console/show.h"

struct run_row;

struct cost_part {
    const char *label, *tokens, *price, *amount;
};

struct cost_view {
    bool any;                            /* there are parts */
    struct list parts;                   /* struct cost_part */
    const char *title;                   /* what the parts are of: the cost, or what was avoided */
    const char *note;                    /* beside the sum: free, by the price list, no price known */
    const char *from, *source, *rate;    /* sentences: which price; where its figures are from; how yuan were converted */
    const char *avoided, *avoided_note;  /* "" if nothing was */
};
extern const struct field cost_view_fields[];

struct cost_view cost_view_of(const struct show *, const struct run_row *);

#endif
