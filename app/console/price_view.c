/* SPDX-License-Identifier: MIT */
#include "console/price_view.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define ROW(m) FIELD_AS(struct price_view, row.m, #m)
#define TIME(m) FIELD_TIME_AS(struct price_view, row.m, #m)
#define MICROS(m) FIELD_AS(struct price_view, row.m, #m "_micros_per_mtok")
#define MAYBE(m) {.name = #m "_micros_per_mtok", .offset = offsetof(struct price_view, m), .type = FIELD_RAW}
#define TEXT(m) FIELD_PAGE(struct price_view, m)
const struct field price_view_fields[] = {
    ROW(id), ROW(owner), ROW(model), ROW(above), TIME(valid_from), TIME(valid_to), FIELD_TIME(struct price_view, until), FIELD(struct price_view, state),
    ROW(currency), MICROS(input), MAYBE(cached), MAYBE(written), MAYBE(written_long), MAYBE(image), MICROS(output), MAYBE(reasoning), ROW(context),
    ROW(max_output), ROW(source), ROW(as_of), ROW(origin), TIME(created_at), ROW(created_by),
    TEXT(input_text), TEXT(cached_text), TEXT(written_text), TEXT(written_long_text), TEXT(output_text), TEXT(reasoning_text), TEXT(image_text),
    TEXT(above_text), TEXT(since), TEXT(until_text), TEXT(origin_word), TEXT(context_text), TEXT(max_output_text), TEXT(edited), TEXT(ended), TEXT(may_end),
    FIELD_STRUCT_PAGE(struct price_view, mark, mark_fields), FIELD_END,
};

static bool is_same(const struct price_row *a, const struct price_row *b)
{
    return a->above == b->above && strcmp(a->owner, b->owner) == 0 && strcasecmp(a->model, b->model) == 0;
}

static struct mark mark_of(const struct show *s, const char *state)
{
    static const struct { const char *state, *icon, *css; } marks[] = {{"current", "s-ok", "ok"}, {"planned", "refresh", "line"}, {"ended", "s-off", "off"}};

    for (size_t i = 0; i < COUNT(marks); i++)
        if (strcmp(marks[i].state, state) == 0)
            return (struct mark){marks[i].icon, marks[i].css, say(s, arena_printf(s->arena, "price.state.%s", state))};
    return (struct mark){"s-off", "off", state};
}

static const char *number_or_null(const struct show *s, int64_t n)
{
    return n == PRICE_NONE ? "null" : arena_printf(s->arena, "%" PRId64, n);
}

static const char *price_or_none(const struct show *s, const struct price_row *row, int64_t n)
{
    return n == PRICE_NONE ? "—" : format_price(row->currency, n, s->arena);
}

static void fill_prices(const struct show *s, struct price_view *v)
{
    const struct price_row *row = &v->row;

    v->cached = number_or_null(s, row->cached);
    v->written = number_or_null(s, row->written);
    v->written_long = number_or_null(s, row->written_long);
    v->reasoning = number_or_null(s, row->reasoning);
    v->image = number_or_null(s, row->image);
    v->input_text = format_price(row->currency, row->input, s->arena);
    v->output_text = format_price(row->currency, row->output, s->arena);
    v->cached_text = price_or_none(s, row, row->cached);
    v->written_text = price_or_none(s, row, row->written);
    v->written_long_text = price_or_none(s, row, row->written_long);
    v->reasoning_text = price_or_none(s, row, row->reasoning);
    v->image_text = price_or_none(s, row, row->image);
}

static void fill_texts(const struct show *s, struct price_view *v)
{
    const struct price_row *row = &v->row;

    v->above_text = row->above ? say_name(s, "price.above", show_int(s, row->above)) : "";
    v->since = row->valid_from ? show_moment(s, row->valid_from) : say(s, "price.since.ever");
    v->until_text = v->until ? show_moment(s, v->until) : "";
    v->origin_word = say(s, v->edited ? "price.origin.edited" : "price.origin.seed");
    v->context_text = row->context ? show_int(s, row->context) : "—";
    v->max_output_text = row->max_output ? show_int(s, row->max_output) : "—";
    v->mark = mark_of(s, v->state);
}

struct list price_views_of(const struct show *s, struct list rows)
{
    struct price_view *views = NEW_ARRAY(s->arena, struct price_view, rows.n);
    const struct price_row *row = rows.items;

    for (size_t i = 0; i < rows.n; i++) {
        struct price_view *v = &views[i];

        v->row = row[i];
        v->until = row[i].valid_to;
        if (i && is_same(&row[i - 1], &row[i]) && (!v->until || row[i - 1].valid_from < v->until))
            v->until = row[i - 1].valid_from;
        v->ended = v->until && v->until <= s->now;
        v->state = row[i].valid_from > s->now ? "planned" : v->ended ? "ended" : "current";
        v->edited = strcmp(row[i].origin, "edited") == 0;
        v->may_end = !v->ended;
        fill_prices(s, v);
        fill_texts(s, v);
    }
    return (struct list){views, rows.n};
}
