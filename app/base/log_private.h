/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOG_PRIVATE_H
#define BASE_LOG_PRIVATE_H
/* What log.c, log_pairs.c, log_redact.c and log_name.c share. */
#include <stdarg.h>

#include "base/base.h"

enum {
    LOG_REDACT_MAX = 2000,              /* bytes of one text that are looked at, and that survive */
    LOG_VALUE = LOG_REDACT_MAX + 8,     /* room for a value; more than a longer one keeps, so that its cut is seen */
};

struct log_arguments {
    va_list list;
};

struct log_pair {
    struct bytes name;                  /* in the format */
    char value[LOG_VALUE];
    size_t n, pieces;
    bool number;                        /* it is a JSON number */
};

/* The next pair of ${format}, which is moved behind it; false at the end. */
bool log_pair_next(const char **format, struct log_arguments *, struct log_pair *pair_r);

/* What the name of a member, a header or a parameter says of its value. */
enum log_name {
    LOG_NAME_PLAIN,
    LOG_NAME_SHORT,                     /* a secret, if it is a name at all and no word of a sentence: key, auth, sid */
    LOG_NAME_SECRET,                    /* password, x-api-key, csrf_token */
    LOG_NAME_LONG,                      /* the same, and there are blanks in it: Authorization, Cookie */
};
enum log_name log_name_of(struct bytes name);

#endif
