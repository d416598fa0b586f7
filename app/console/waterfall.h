/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_WATERFALL_H
#define CONSOLE_WATERFALL_H
/* waterfall: the attempts of a run as bars on one time axis, in an SVG of WATERFALL_WIDTH units; every bar also stands as numbers beside it. */
#include "console/show.h"
#include "db/runs.h"

enum { WATERFALL_WIDTH = 1000, WATERFALL_TICKS = 6 };

struct track_bar {
    const char *css;
    int64_t x, width;
};
extern const struct field track_bar_fields[];

struct track {                            /* a row: the gate itself, or an attempt */
    const char *label, *note, *start, *length;
    struct mark mark;
    bool is_attempt;
    struct list bars;                    /* struct track_bar */
};
extern const struct field track_fields[];

struct waterfall {
    struct list tracks;                   /* struct track */
    struct list ticks;                   /* struct tick */
};
extern const struct field waterfall_fields[];

struct waterfall waterfall_of(const struct show *, const struct run_row *, struct list attempts);

#endif
