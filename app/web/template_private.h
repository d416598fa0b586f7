/* SPDX-License-Identifier: MIT */
#ifndef WEB_TEMPLATE_PRIVATE_H
#define WEB_TEMPLATE_PRIVATE_H
/* What template_compile.c (text → steps, once per page and language) and template.c (steps → page) share. Included nowhere
 * else. */
#include "base/field.h"

struct arena;
struct catalogues;
struct err;
struct language;
struct pattern;

enum { TEMPLATE_LEVELS = 8 };            /* shell, view, and lists or structs inside each other */

enum step_kind { STEP_TEXT, STEP_VALUE, STEP_URL, STEP_MESSAGE, STEP_SECTION, STEP_INVERTED };

/* A field and the frame its struct is in. Dotted names are already one field with the sum of the offsets. */
struct bind {
    struct field field;
    size_t level;
};

struct step {
    enum step_kind kind;
    const char *text;                    /* STEP_TEXT: what to write */
    size_t n;
    struct bind bind;                    /* STEP_VALUE, STEP_URL, and what a section looks at */
    size_t inner;                        /* a section over a list or struct: the frame its items become */
    size_t jump;                         /* a section: the step after its end */
    const struct pattern *pattern;       /* STEP_MESSAGE */
    const struct bind *args;             /* one per pattern->args */
};

struct steps {
    struct step *all;
    size_t n, room;
};

struct template_source {
    const char *folder;
    const struct field *shell;
    const struct catalogues *catalogues;
    struct arena *arena;
};

must_check bool template_compile(const struct template_source *, const char *name, const struct field *view,
                                 const struct language *,
                                 struct steps *steps_r, struct err *);

#endif
