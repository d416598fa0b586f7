/* SPDX-License-Identifier: MIT */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
/* clock: microseconds. Wall time is for people and rows, monotonic time for durations and deadlines. */
#include "base/base.h"

struct arena;

int64_t clock_wall(void);            /* µs since 1970-01-01 UTC */
int64_t clock_mono(void);            /* µs since some fixed moment; never goes back */

/* "2026-11-20T14:32:05.118Z" (RFC 3339, milliseconds); ${out} needs CLOCK_TEXT bytes. */
enum { CLOCK_TEXT = 25 };
void clock_rfc3339(int64_t micros, char out[CLOCK_TEXT]);
/* Reads RFC 3339 and PostgreSQL's "2026-11-20 14:32:05.118+00"; false if it is neither. */
must_check bool clock_parse(const char *text, int64_t *micros_r);
/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7, its preferred form); false if it is not that. */
must_check bool clock_parse_http(const char *text, int64_t *micros_r);

#endif
