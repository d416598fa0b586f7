/* SPDX-License-Identifier: MIT */
#include "console/waterfall.h"

#include <string.h>

const struct field track_bar_fields[] = {
    FIELD_PAGE(struct track_bar, css), FIELD_PAGE(struct track_bar, x), FIELD_PAGE(struct track_bar, width), FIELD_END,
};
const struct field track_fields[] = {
    FIELD_PAGE(struct track, label), FIELD_PAGE(struct track, note), FIELD_PAGE(struct track, start), FIELD_PAGE(struct track, length),
    FIELD_STRUCT_PAGE(struct track, mark, mark_fields), FIELD_PAGE(struct track, is_attempt),
    FIELD_LIST_PAGE(struct track, bars, track_bar_fields, struct track_bar), FIELD_END,
};

struct tick {
    const char *text;
    int64_t x;
};
static const struct field tick_fields[] = {FIELD_PAGE(struct tick, text), FIELD_PAGE(struct tick, x), FIELD_END};

const struct field waterfall_fields[] = {
    FIELD_LIST_PAGE(struct waterfall, tracks, track_fields, struct track), FIELD_LIST_PAGE(struct waterfall, ticks, tick_fields, struct tick),
    FIELD_END,
};

enum { BARS = 3 };

struct scale {
    int64_t total;                       /* µs the axis covers */
};

static int64_t position(const struct scale *scale, int64_t micros)
{
    if (micros < 0)
        micros = 0;
    return micros >= scale->total ? WATERFALL_WIDTH : micros * WATERFALL_WIDTH / scale->total;
}

/* A bar from one moment to another; what is too short to be seen is still one unit wide. */
static void add_bar(struct track *track, const struct scale *scale, const char *css, int64_t from, int64_t to)
{
    struct track_bar *bars = track->bars.items;
    int64_t x = position(scale, from), end = position(scale, to);

    if (to <= from)
        return;
    if (x == WATERFALL_WIDTH)
        x--;
    bars[track->bars.n++] = (struct track_bar){css, x, end > x ? end - x : 1};
}

static struct track track_new(const struct show *s, const char *label, const char *note, int64_t from, int64_t length)
{
    return (struct track){.label = label, .note = note, .start = from > 0 ? show_us(s, from) : format_duration(s->lang, 0, s->arena),
                         .length = show_us(s, length), .bars = {NEW_ARRAY(s->arena, struct track_bar, BARS), 0}};
}

static struct track attempt_track(const struct show *s, const struct scale *scale, const struct attempt_row *row)
{
    struct track track = track_new(s, say_with(s, "run.lane.attempt", (const struct message_arg[]){{.name = "n", .number = row->n},
                                            {.name = "name", .text = row->provider_name}, {NULL}}),
                                row->model, row->offset_us, row->latency_us);
    bool ok = strcmp(row->result, "ok") == 0;
    int64_t at = row->offset_us, end = at + row->latency_us;
    int64_t connected = at + (row->reused ? 0 : row->connect_us), first = row->first_byte_us ? at + row->first_byte_us : end;

    track.is_attempt = true;
    track.mark = ok ? (struct mark){"s-ok", "ok", say(s, "run.attempt.ok")} : (struct mark){"s-bad", "bad", show_code(s, row->result)};
    if (strcmp(row->result, "cancelled") == 0)
        track.mark = (struct mark){"s-off", "off", say(s, "run.status.cancelled")};
    if (first < connected || first > end)
        first = end;
    add_bar(&track, scale, "con", at, connected);
    add_bar(&track, scale, ok ? "tt" : "fail", connected, first);
    add_bar(&track, scale, ok ? "strm" : "fail", first, end);
    return track;
}

static struct list ticks_of(const struct show *s, const struct scale *scale)
{
    struct tick *ticks = NEW_ARRAY(s->arena, struct tick, WATERFALL_TICKS + 1);

    for (int64_t i = 0; i <= WATERFALL_TICKS; i++) {
        bool shown = scale->total >= 10000 || i == 0 || i == WATERFALL_TICKS;        /* of a blink all numbers would look alike */

        ticks[i] = (struct tick){shown ? format_duration(s->lang, scale->total * i / WATERFALL_TICKS, s->arena) : "",
                                 WATERFALL_WIDTH * i / WATERFALL_TICKS};
    }
    return (struct list){ticks, WATERFALL_TICKS + 1};
}

/* What the gate itself took: before the first attempt (who, policy, decision), and after the last one (accounting). */
struct waterfall waterfall_of(const struct show *s, const struct run_row *run, struct list attempts)
{
    const struct attempt_row *row = attempts.items;
    struct scale scale = {run->latency_us > 0 ? run->latency_us : 1};
    struct waterfall w = {.tracks = {NEW_ARRAY(s->arena, struct track, attempts.n + 2), 0}};
    struct track *tracks = w.tracks.items;
    int64_t before = attempts.n ? row[0].offset_us : run->latency_us, after = 0;

    tracks[w.tracks.n++] = track_new(s, say(s, "run.lane.gate"), say(s, "run.lane.gate.note"), 0, before);
    add_bar(&tracks[0], &scale, "rt", 0, before);
    for (size_t i = 0; i < attempts.n; i++) {
        tracks[w.tracks.n++] = attempt_track(s, &scale, &row[i]);
        after = row[i].offset_us + row[i].latency_us;
    }
    if (attempts.n && run->latency_us > after) {
        struct track *last = &tracks[w.tracks.n++];

        *last = track_new(s, say(s, "run.lane.close"), say(s, "run.lane.close.note"), after, run->latency_us - after);
        add_bar(last, &scale, "q", after, run->latency_us);
    }
    w.ticks = ticks_of(s, &scale);
    return w;
}
