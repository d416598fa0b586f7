/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_SHELL_H
#define CONSOLE_SHELL_H
/* shell: what is around every page: language, theme, navigation, who is signed in, what the last change had to say. Its fields are the outermost
 * scope of every template. */
#include "base/field.h"

struct request;

struct nav_item {
    const char *page;                    /* one segment after /admin/; "" is the overview */
    const char *icon, *label;
    bool current;
};

struct nav_group {
    const char *title;                   /* NULL: stands alone */
    struct list items;                   /* struct nav_item */
};

struct shell_problem {
    const char *field, *label, *message;
};

struct shell {
    const char *lang, *other_lang, *other_name, *other_short;    /* tags, and the other language's own name, long and short */
    const char *theme, *theme_next;
    const char *theme_label;             /* of the button that leads to theme_next */
    const char *csrf;
    const char *here;                    /* path and query of this page: where language and theme come back to */
    const char *user, *role;             /* NULL, signed out */
    bool signed_in, is_operator, is_admin, is_developer;
    struct list nav;                     /* struct nav_group */
    const char *section;                 /* label of the current navigation item, NULL */
    const char *section_page;
    const char *flash;
    bool flash_bad;
    bool has_problems;
    struct list problems;                /* struct shell_problem: of the form that is shown again */
    const char *request_id;
    const char *files, *htmx;            /* version of the static files; name of the vendor script, "" */
    const char *version;
    bool demo;
    const char *zone;                    /* "UTC+8" */
};
extern const struct field shell_fields[];

/* For web_options.shell. It needs no database and nobody signed in. */
const void *shell_of(struct request *);

#endif
