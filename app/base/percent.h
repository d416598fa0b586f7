/* SPDX-License-Identifier: MIT */
#ifndef BASE_PERCENT_H
#define BASE_PERCENT_H
/* percent: text as a part of a URL, be it a segment of the path or a value of the query: all but letters, digits and -._~ as %XX
 * (RFC 3986 section 2). */
#include "base/buf.h"

void percent_write(struct buf *buf, const char *p, size_t n);
const char *percent_encode(const char *text, struct arena *);

#endif
