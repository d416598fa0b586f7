/* SPDX-License-Identifier: MIT */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H
/* duration: times as services write them: "6m0s", "2m59.56s", "120ms", "34s", "20 seconds". */
#include "base/base.h"

/* Read one at the start of ${text}, in whole ms rounded up, at most a year. The number of bytes it took; 0 if there is none. */
size_t duration_scan(const char *text, int64_t *ms_r);
/* The whole of ${text}, which without a unit is in units of ${unit_ms}. */
must_check bool duration_read(const char *text, int64_t unit_ms, int64_t *ms_r);

#endif
