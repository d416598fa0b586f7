/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_RUN_CHART_H
#define CONSOLE_RUN_CHART_H
/* run_chart: the runs of the last 24 hours in 48 slots: bars for requests and failures, a line for the 95th percentile, sparklines for the
 * figures, and the same as a table for those who cannot see it. */
#include "console/show.h"

struct chart_bar {
    int64_t x, y, height;
};
struct chart_mark {                      /* a line of the grid with its text */
    int64_t at, text_at;
    const char *text, *second;           /* second: of the right axis; NULL = none */
};
struct chart_row {                       /* of the table */
    const char *time, *runs, *failed, *p95;
};

struct run_chart {
    bool any, any_failed;
    struct list runs, failed;            /* struct chart_bar */
    const char *line;                    /* points of the 95th percentile */
    struct list grid, failed_grid, times;        /* struct chart_mark */
    struct list rows;                    /* struct chart_row: slots with runs, newest first */
    const char *summary;                 /* what it shows, in a sentence */
    /* Sparklines: points of a line in a box of 120 × 30; "" = nothing to draw. */
    const char *spark_runs, *spark_ok, *spark_p95, *spark_first, *spark_cost, *spark_failed;
};
extern const struct field run_chart_fields[];

/* False with rq->err if the database does not say. */
must_check bool run_chart_read(const struct show *, struct run_chart *chart_r);

#endif
