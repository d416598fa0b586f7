/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_PRICE_VIEW_H
#define CONSOLE_PRICE_VIEW_H
/* price_view: one row of the price catalogue as lists, its page and JSON show it. */
#include "console/show.h"
#include "db/prices.h"

struct price_view {
    struct price_row row;
    int64_t until;                       /* when it ends: said by itself, or by the next row; 0 = open */
    const char *state;                   /* "current", "planned", "ended" */
    const char *cached, *written, *written_long, *reasoning, *image;     /* as JSON: a number or null */
    /* For pages only. */
    const char *input_text, *cached_text, *written_text, *written_long_text, *output_text, *reasoning_text, *image_text;
    const char *above_text, *since, *until_text, *origin_word, *context_text, *max_output_text;
    struct mark mark;
    bool edited, ended, may_end;
};
extern const struct field price_view_fields[];

/* Rows in the order of prices_list as views; a row of the same model and threshold is followed by the one before it in time. */
struct list price_views_of(const struct show *, struct list rows);

#endif
