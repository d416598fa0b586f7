/* SPDX-License-Identifier: MIT */
#ifndef WEB_URLENCODED_H
#define WEB_URLENCODED_H
/* urlencoded: %XX, and lists of name=value&name=value as queries and forms send them. Strict: a bad %, NUL, bytes that are not
 * UTF-8 and a name sent twice are refused, since two readers of such a text may see two different things. Writing is base/percent.h. */
#include "base/percent.h"
#include "web/request.h"

/* Decode ${n} bytes; ${plus} turns + into a space. NULL if a % is not followed by two hexadecimal digits, or it holds NUL. */
const char *percent_decode(const char *p, size_t n, bool plus, struct arena *);
/* All pairs, at most ${max}. ERR_INPUT or ERR_NOT_UTF8 with the field's name. */
must_check bool pairs_read(struct bytes text, size_t max, struct arena *, struct param **pairs_r, size_t *n_r, struct err *);
/* The value of a name, or NULL. */
const char *pairs_find(const struct param *pairs, size_t n, const char *name);

#endif
