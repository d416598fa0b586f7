/* SPDX-License-Identifier: MIT */
#include "console/run_chart.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "db/run_slots.h"

enum { SLOTS = 48, SLOT_S = 1800, TIMES = 8 };
/* The drawing: a box of 820 × 292 with the plot inside, failures in a strip of their own below. */
enum { LEFT = 44, RIGHT = 760, TOP = 14, BOTTOM = 190, LOW_TOP = 216, LOW_BOTTOM = 262, BAR_GAP = 3, GRID = 4, LOW_GRID = 2 };
enum { SPARK_WIDTH = 120, SPARK_HEIGHT = 30, POINTS_MOST = 8 << 10 };

static const struct field chart_bar_fields[] = {
    FIELD_PAGE(struct chart_bar, x), FIELD_PAGE(struct chart_bar, y), FIELD_PAGE(struct chart_bar, height), FIELD_END,
};
static const struct field chart_mark_fields[] = {
    FIELD_PAGE(struct chart_mark, at), FIELD_PAGE(struct chart_mark, text_at), FIELD_PAGE(struct chart_mark, text),
    FIELD_PAGE(struct chart_mark, second), FIELD_END,
};
static const struct field chart_row_fields[] = {
    FIELD_PAGE(struct chart_row, time), FIELD_PAGE(struct chart_row, runs), FIELD_PAGE(struct chart_row, failed),
    FIELD_PAGE(struct chart_row, p95), FIELD_END,
};
const struct field run_chart_fields[] = {
    FIELD_PAGE(struct run_chart, any), FIELD_PAGE(struct run_chart, any_failed),
    FIELD_LIST_PAGE(struct run_chart, runs, chart_bar_fields, struct chart_bar),
    FIELD_LIST_PAGE(struct run_chart, failed, chart_bar_fields, struct chart_bar), FIELD_PAGE(struct run_chart, line),
    FIELD_LIST_PAGE(struct run_chart, grid, chart_mark_fields, struct chart_mark),
    FIELD_LIST_PAGE(struct run_chart, failed_grid, chart_mark_fields, struct chart_mark),
    FIELD_LIST_PAGE(struct run_chart, times, chart_mark_fields, struct chart_mark),
    FIELD_LIST_PAGE(struct run_chart, rows, chart_row_fields, struct chart_row), FIELD_PAGE(struct run_chart, summary),
    FIELD_PAGE(struct run_chart, spark_runs), FIELD_PAGE(struct run_chart, spark_ok), FIELD_PAGE(struct run_chart, spark_p95),
    FIELD_PAGE(struct run_chart, spark_first), FIELD_PAGE(struct run_chart, spark_cost), FIELD_PAGE(struct run_chart, spark_failed), FIELD_END,
};

struct series {
    int64_t at[SLOTS];                   /* start of each slot, µs */
    int64_t runs[SLOTS], failed[SLOTS], ok_share[SLOTS], p95[SLOTS], first[SLOTS], cost[SLOTS];
};

static int64_t most(const int64_t *values)
{
    int64_t max = 0;

    for (size_t i = 0; i < SLOTS; i++)
        max = values[i] > max ? values[i] : max;
    return max;
}

/* The end of an axis: 1, 2 or 5 times a power of ten, and a multiple of ${parts} so that every line of the grid has a whole number. */
static int64_t round_up(int64_t value, int64_t parts)
{
    int64_t step = 1, turn = 0;
    static const int64_t factors[] = {2, 5, 10};

    while (step * parts < value) {
        int64_t base = 1;

        for (int64_t i = 0; i < turn / 3; i++)
            base *= 10;
        step = base * factors[turn++ % 3];
    }
    return step * parts;
}

static struct list bars_of(const struct show *s, const int64_t *values, int64_t top, int64_t bottom, int64_t axis)
{
    struct chart_bar *bars = NEW_ARRAY(s->arena, struct chart_bar, SLOTS);
    size_t n = 0;

    for (int64_t i = 0; i < SLOTS; i++) {
        int64_t height = values[i] * (bottom - top) / axis;

        if (values[i] <= 0)
            continue;
        height = height > 0 ? height : 1;
        bars[n++] = (struct chart_bar){LEFT + i * (RIGHT - LEFT) / SLOTS, bottom - height, height};
    }
    return (struct list){bars, n};
}

/* Lines from the bottom up; the right axis has the same lines with its own values. */
static struct list grid_of(const struct show *s, int64_t top, int64_t bottom, int64_t parts, int64_t axis, int64_t right_axis_us)
{
    struct chart_mark *marks = NEW_ARRAY(s->arena, struct chart_mark, (size_t)parts + 1);

    for (int64_t i = 0; i <= parts; i++) {
        int64_t y = bottom - (bottom - top) * i / parts;

        marks[i] = (struct chart_mark){.at = y, .text_at = y + 4, .text = show_int(s, axis * i / parts)};
        if (right_axis_us)
            marks[i].second = format_duration(s->lang, right_axis_us * i / parts, s->arena);
    }
    return (struct list){marks, (size_t)parts + 1};
}

static struct list times_of(const struct show *s, const struct series *series)
{
    struct chart_mark *marks = NEW_ARRAY(s->arena, struct chart_mark, TIMES);

    for (int64_t i = 0; i < TIMES; i++) {
        int64_t slot = i * SLOTS / TIMES, seconds = series->at[slot] / 1000000 + zone_offset(&s->zone, series->at[slot]);

        marks[i] = (struct chart_mark){.at = LEFT + slot * (RIGHT - LEFT) / SLOTS,
                                       .text = arena_printf(s->arena, "%02d:%02d", (int)(seconds / 3600 % 24), (int)(seconds / 60 % 60))};
    }
    return (struct list){marks, TIMES};
}

static const char *points_done(struct buf *buf)
{
    const char *text;
    struct err ignored = {0};

    return buf_done(buf, &text, &ignored) ? text : "";
}

/* Slots without a good run have no latency; the line goes on to the next that has. */
static const char *line_of(const struct show *s, const int64_t *values, int64_t axis)
{
    struct buf buf = buf_new(s->arena, POINTS_MOST);
    int64_t half = (RIGHT - LEFT) / SLOTS / 2;
    size_t n = 0;

    for (int64_t i = 0; i < SLOTS; i++)
        if (values[i] > 0) {
            buf_printf(&buf, "%s%" PRId64 ",%" PRId64, n ? " " : "", LEFT + i * (RIGHT - LEFT) / SLOTS + half,
                       BOTTOM - values[i] * (BOTTOM - TOP) / axis);
            n++;
        }
    return n > 1 ? points_done(&buf) : "";
}

static const char *spark_of(const struct show *s, const int64_t *values)
{
    struct buf buf = buf_new(s->arena, POINTS_MOST);
    int64_t max = most(values);

    if (max <= 0)
        return "";
    for (int64_t i = 0; i < SLOTS; i++) {
        int64_t tenths = (SPARK_HEIGHT * 10 - 30) * (max - values[i]) / max + 20;

        buf_printf(&buf, "%s%" PRId64 ".%" PRId64 ",%" PRId64 ".%" PRId64, i ? " " : "", i * SPARK_WIDTH * 10 / (SLOTS - 1) / 10,
                   i * SPARK_WIDTH * 10 / (SLOTS - 1) % 10, tenths / 10, tenths % 10);
    }
    return points_done(&buf);
}

static struct list rows_of(const struct show *s, const struct series *series)
{
    struct chart_row *rows = NEW_ARRAY(s->arena, struct chart_row, SLOTS);
    size_t n = 0;

    for (size_t i = SLOTS; i-- > 0;)
        if (series->runs[i] > 0)
            rows[n++] = (struct chart_row){show_moment(s, series->at[i]), show_int(s, series->runs[i]), show_int(s, series->failed[i]),
                                           show_us(s, series->p95[i])};
    return (struct list){rows, n};
}

static bool read_series(const struct show *s, struct series *series)
{
    struct request *rq = s->rq;
    int64_t slot_us = (int64_t)SLOT_S * 1000000, to = (s->now / slot_us + 1) * slot_us, from = to - SLOTS * slot_us;
    struct list slots;
    const struct run_slot *slot;

    if (!run_slots(rq->db, rq->arena, from, to, SLOT_S, &slots, &rq->err))
        return false;
    for (int64_t i = 0; i < SLOTS; i++)
        series->at[i] = from + i * slot_us;
    slot = slots.items;
    for (size_t i = 0; i < slots.n; i++) {
        int64_t k = slot[i].slot;

        if (k < 0 || k >= SLOTS)
            continue;
        series->runs[k] = slot[i].runs;
        series->failed[k] = slot[i].failed;
        series->ok_share[k] = slot[i].runs ? (slot[i].runs - slot[i].failed) * 1000 / slot[i].runs : 0;
        series->p95[k] = slot[i].latency_p95_us;
        series->first[k] = slot[i].first_token_p50_us;
        series->cost[k] = slot[i].cost_micros;
    }
    return true;
}

static const char *summary_of(const struct show *s, const struct series *series)
{
    int64_t runs = 0, failed = 0;
    size_t peak = 0;

    for (size_t i = 0; i < SLOTS; i++) {
        runs += series->runs[i];
        failed += series->failed[i];
        peak = series->runs[i] > series->runs[peak] ? i : peak;
    }
    return say_with(s, "overview.chart.summary", (const struct message_arg[]){{.name = "runs", .number = runs}, {.name = "failed", .number = failed},
                    {.name = "time", .text = show_moment(s, series->at[peak])}, {.name = "peak", .number = series->runs[peak]}, {NULL}});
}

bool run_chart_read(const struct show *s, struct run_chart *chart)
{
    struct series *series = NEW(s->arena, struct series);
    int64_t axis, low_axis, p95_axis;

    *chart = (struct run_chart){0};
    if (!read_series(s, series))
        return false;
    axis = round_up(most(series->runs), GRID);
    low_axis = round_up(most(series->failed), LOW_GRID);
    p95_axis = round_up((most(series->p95) + 999) / 1000, GRID) * 1000;
    chart->any = most(series->runs) > 0;
    chart->any_failed = most(series->failed) > 0;
    chart->runs = bars_of(s, series->runs, TOP, BOTTOM, axis);
    chart->failed = bars_of(s, series->failed, LOW_TOP, LOW_BOTTOM, low_axis);
    chart->line = line_of(s, series->p95, p95_axis);
    chart->grid = grid_of(s, TOP, BOTTOM, GRID, axis, most(series->p95) ? p95_axis : 0);
    chart->failed_grid = grid_of(s, LOW_TOP, LOW_BOTTOM, LOW_GRID, low_axis, 0);
    chart->times = times_of(s, series);
    chart->rows = rows_of(s, series);
    chart->summary = summary_of(s, series);
    chart->spark_runs = spark_of(s, series->runs);
    chart->spark_ok = spark_of(s, series->ok_share);
    chart->spark_p95 = spark_of(s, series->p95);
    chart->spark_first = spark_of(s, series->first);
    chart->spark_cost = spark_of(s, series->cost);
    chart->spark_failed = spark_of(s, series->failed);
    return true;
}
