/* SPDX-License-Identifier: MIT */
#ifndef WEB_FORM_H
#define WEB_FORM_H
/* form: what a page's form or a JSON object may send, as a table; the handler receives valid values, or every problem at once.
 * The same rows read application/x-www-form-urlencoded and application/json, and write the schema of OpenAPI. */
#include "base/field.h"

struct request;

enum form_type {
    FORM_TEXT,       /* const char *: trimmed unless .keep_space; "" and absent are NULL unless required */
    FORM_SECRET,     /* const char *: never echoed or trimmed; "" is as if not sent: the saved one stays; JSON null is given as NULL */
    FORM_INT,        /* int64_t */
    FORM_MONEY,      /* int64_t, millionths: "2.5" in a form is 2500000, which is what JSON has; "" and null leave what was set before */
    FORM_BOOL,       /* bool; a missing checkbox is false in a form, unchanged in JSON */
    FORM_WORD,       /* const char *, one of ${words} */
    FORM_LINES,      /* struct list of const char *: lines or commas in a form, array of strings in JSON */
    FORM_PAIRS,      /* struct list of struct form_pair: inputs "<name>.<pair>" in a form; an object of texts or numbers in JSON, null is "" */
};

struct form_field {
    const char *name;                /* = JSON key = input name */
    enum form_type type;
    size_t offset;                   /* into the values struct */
    bool required, keep_space;
    int64_t min, max;                /* number's range, or length in characters (max 0 = 200) */
    const char *const *words;        /* FORM_WORD: NULL-terminated */
    bool (*check)(const char *value, const char **allowed_r);    /* more than the type says; may be NULL */
};
#define FORM_END {.name = NULL}

struct form_pair {
    const char *name, *value;        /* trimmed; "" = emptied. Which names there are is the handler's to say */
};

/* One problem; the page shows it at the field, JSON lists it. */
struct form_problem {
    const char *field;
    const char *message;             /* in the caller's language */
};
extern const struct field form_problem_fields[];

struct form {
    struct list problems;            /* struct form_problem; empty = valid */
    uint64_t given;                  /* bit i: field i was sent (JSON updates change only those) */
};

/* Read rq->body into ${values} (defaults set before by the caller; a required field that is not sent is fine if its default is
 * something). Control characters are refused in texts, but \n and \t with .keep_space. Structural trouble (not JSON, duplicate
 * or unknown field, bad UTF-8) fails with rq->err; wrong values are problems in ${form_r} and the result is true. csrf, rev
 * and _method are form-only fields handled by web. */
must_check bool form_read(struct request *, const struct form_field fields[], void *values, struct form *form_r);
void form_problem(struct request *, struct form *, const char *field, const char *message_key, const char *value,
                  const char *allowed);
/* The problem of a field, or NULL. */
const char *form_message(const struct form *, const char *field);
/* ERR_INVALID (422) in rq->err built from the problems, for the API face. */
bool form_fail(struct request *, const struct form *);
bool form_given(const struct form_field fields[], const struct form *, const char *name);

#endif
