/* SPDX-License-Identifier: MIT */
#ifndef WEB_PATTERN_H
#define WEB_PATTERN_H
/* pattern: one message of a catalogue, parsed. The subset of ICU MessageFormat we use:
 *   {name}   {n, number}   {n, plural, =0 {…} one {…} other {… # …}}   {k, select, a {…} empty {…} other {…}}
 *   '' is an apostrophe; an apostrophe before { } or # quotes up to the next apostrophe.
 * "empty" is ours: it takes an absent or empty text, so that a sentence can leave out what is not known.
 * catalogue.c fills patterns from arguments, template.c from the fields in scope: both give values by position. */
#include "base/base.h"

struct arena;
struct buf;
struct err;
struct language;

enum pattern_kind { PATTERN_TEXT, PATTERN_ARG, PATTERN_COUNT, PATTERN_PLURAL, PATTERN_SELECT };
enum { PATTERN_ARGS = 12 };

struct pattern_case;

struct pattern_part {
    enum pattern_kind kind;
    const char *text;                    /* PATTERN_TEXT */
    size_t arg;                          /* position in pattern->args, for all others (PATTERN_COUNT: the plural's) */
    const struct pattern_case *cases;    /* PATTERN_PLURAL, PATTERN_SELECT; the last is "other" */
    size_t cases_n;
};

struct pattern_case {
    const char *word;                    /* "one", "other", "cloud"; NULL for =N */
    int64_t exact;
    const struct pattern_part *parts;
    size_t parts_n;
};

struct pattern_arg {
    const char *name;
    enum pattern_kind use;               /* PATTERN_ARG (anything), PATTERN_PLURAL or PATTERN_SELECT */
};

struct pattern {
    const struct pattern_part *parts;
    size_t parts_n;
    struct pattern_arg args[PATTERN_ARGS];
    size_t args_n;
};

/* Parse ${text} of a language. ERR_INPUT says what is wrong and at which byte. */
must_check bool pattern_parse(const char *text, const struct language *, struct arena *, struct pattern *pattern_r, struct err *);

/* An argument's value: a text (NULL is empty), or a number. */
struct pattern_value {
    const char *text;
    int64_t number;
    bool is_number;
};

/* Write the sentence; every piece goes through ${emit} (buf_add, or an escape). ${values} has one per pattern->args. */
void pattern_write(const struct pattern *, const struct language *, const struct pattern_value *values,
                   void (*emit)(struct buf *, const void *p, size_t n), struct buf *);

/* The pattern of a catalogue's message, NULL if there is none; for templates, which merge it at load. */
struct catalogues;
const struct pattern *catalogue_pattern(const struct catalogues *, const struct language *, const char *key);

#endif
