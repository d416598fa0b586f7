/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_PROVIDER_TYPE_VIEW_H
#define CONSOLE_PROVIDER_TYPE_VIEW_H
/* provider_type_view: what a type of provider adds to its form and its page: its own fields, its regions, what it promises about keeping requests. */
#include "console/show.h"
#include "web/form.h"

struct provider_type;

struct word_choice {
    const char *value;
    bool selected;
};

/* One of the type's own fields. */
struct option_view {
    const char *name, *label, *help;
    const char *value;                   /* what is stored or typed */
    const char *effective;               /* what works: that, or what the type proposes */
    const char *example;
    int64_t max;                         /* characters */
    bool required, number, is_choice;
    bool optional;                       /* may be left empty */
    bool proposed;                       /* the effective value is the type's */
    struct list words;                   /* struct word_choice, of a choice */
    const char *error;                   /* NULL = nothing is wrong */
};
extern const struct field option_view_fields[];
/* All of them, with the values of ${json} (NULL = none) and the problems of ${form} (NULL = none). */
struct list option_views(const struct show *, const struct provider_type *, const char *json, const struct form *form);

struct region_view {
    const char *name, *base_url;
};
extern const struct field region_view_fields[];
struct list region_views(const struct show *, const struct provider_type *);

/* What becomes of requests there: its word in JSON, how a page says it, and what every request carries for it. */
struct retention_view {
    const char *name, *word, *text, *switches;
    const char *css;
};
extern const struct field retention_view_fields[];
/* ${local}: the provider is one's own; a runtime that somebody else runs promises nothing. */
struct retention_view retention_view_of(const struct show *, const struct provider_type *, bool local);

#endif
