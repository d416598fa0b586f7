/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOG_PRIVATE_H
#define BASE_LOG_PRIVATE_H
/* What log.c, log_pairs.c and log_redact.c share. */
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

/* Whether a member of this name is a secret as a whole, whatever its value: password, x-api-key, csrf_token … */
bool log_name_is_secret(struct bytes name);

#endif
