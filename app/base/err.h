/* SPDX-License-Identifier: MIT */
#ifndef BASE_ERR_H
#define BASE_ERR_H
/* err: why something did not work. A function that can fail takes struct err * last and returns false;
 * the caller passes it up or handles it, once. ${text} is a lower-case fact with the value that broke it and
 * is for the log; people read the catalogue's sentence for ${kind}, filled with field, value and allowed. */
#include "base/base.h"

enum err_kind {
    ERR_NONE,
#define X(name, status, api_type, message) name,
#include "base/errors.def"
#undef X
    ERR_KINDS
};

struct err {
    enum err_kind kind;
    char text[200];             /* for the log and for operators: a fact, with values; never a secret */
    char field[64];             /* which input was wrong, empty if none in particular */
    char value[96];             /* what it was, shortened; empty for secrets */
    char allowed[400];          /* what would have been allowed: "1–65535", "local, cloud"; language-free */
    char detail[128];           /* a provider's own words, shown as they are; "" if none */
    const char *message;        /* catalogue key that says it better than the kind's own; NULL = the kind's */
    const char *code;           /* OpenAI's word for it, which its clients go by ("context_length_exceeded"); NULL = the kind's name */
    int retry_after_s;          /* seconds, 0 = not said */
};

/* Fill ${err} and return false. */
bool fail(struct err *, enum err_kind, const char *format, ...) printf_like(3, 4);
/* The same for one input field: ERR_INPUT with field, value and what is allowed. */
bool fail_field(struct err *, const char *field, const char *value, const char *allowed);
/* As fail_field, with a catalogue key of its own. */
bool fail_field_as(struct err *, const char *message, const char *field, const char *value, const char *allowed);

/* What errors.def says of a kind. */
int err_status(enum err_kind);                 /* HTTP status */
const char *err_name(enum err_kind);           /* stable lower-case code for JSON, "not_found" */
const char *err_api_type(enum err_kind);       /* OpenAI error type, "not_found_error" */
const char *err_message(const struct err *);   /* catalogue key, "error.not_found" */

#endif
