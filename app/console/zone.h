/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_ZONE_H
#define CONSOLE_ZONE_H
/* zone: how far a person's clock is from UTC at a moment, from the system's time zone files (RFC 8536). The C library knows one zone per process
 * only; a console has one per person. */
#include "base/base.h"

struct arena;

struct zone {
    const char *name;                    /* "Asia/Shanghai"; "UTC" when nothing better is known */
    const uint8_t *times, *kinds, *types;    /* 64-bit moments, the type from each on, and 6 bytes per type; all NULL for UTC */
    size_t times_n, types_n;
};

/* "Area/City" as the system knows it. False, and UTC in ${zone_r}, for any other name. */
bool zone_load(const char *name, struct arena *, struct zone *zone_r);
/* Seconds east of UTC at that moment. */
int zone_offset(const struct zone *, int64_t micros);
/* "UTC+8", "UTC−3:30", "UTC". */
const char *zone_label(int offset_s, struct arena *);
/* Zones to offer in a list; NULL-terminated. Any other is fine as well. */
extern const char *const zone_names[];

#endif
