/* SPDX-License-Identifier: MIT */
#include "console/cost_view.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/parse.h"
#include "db/runs.h"

static const struct field cost_part_fields[] = {
    FIELD_PAGE(struct cost_part, label), FIELD_PAGE(struct cost_part, tokens), FIELD_PAGE(struct cost_part, price), FIELD_PAGE(struct cost_part, amount),
    FIELD_END,
};
const struct field cost_view_fields[] = {
    FIELD_PAGE(struct cost_view, any), FIELD_LIST_PAGE(struct cost_view, parts, cost_part_fields, struct cost_part), FIELD_PAGE(struct cost_view, title),
    FIELD_PAGE(struct cost_view, note), FIELD_PAGE(struct cost_view, from), FIELD_PAGE(struct cost_view, source), FIELD_PAGE(struct cost_view, rate),
    FIELD_PAGE(struct cost_view, avoided), FIELD_PAGE(struct cost_view, avoided_note), FIELD_END,
};

static const char *text_of(const struct show *s, struct json object, const char *name)
{
    const char *text = json_string(json_member(object, name), s->arena);

    return text ? text : "";
}

/* In the currency of the price, to the millionth. */
static const char *amount_of(const struct show *s, const char *currency, int64_t tokens, int64_t price)
{
    int64_t product;

    if (__builtin_mul_overflow(tokens, price, &product))
        return "—";
    return format_price(currency, (product + 500000) / 1000000, s->arena);
}

static struct cost_part part_of(const struct show *s, struct json part, const char *currency)
{
    static const char *const known[] = {"uncached", "cached", "written", "written_long", "image", "output", "reasoning"};
    int64_t tokens = json_member_int(part, "tokens", 0), price = json_member_int(part, "micros_per_mtok", 0);
    const char *name = text_of(s, part, "part");
    struct cost_part view = {name, show_int(s, tokens), format_price(currency, price, s->arena), amount_of(s, currency, tokens, price)};

    for (size_t i = 0; i < COUNT(known); i++)
        if (strcmp(known[i], name) == 0)
            view.label = say(s, arena_printf(s->arena, "run.part.%s", name));
    return view;
}

/* "gpt-5.6 of the list openai, for more than 272,000 tokens of input, valid since …". */
static const char *from_of(const struct show *s, struct json price)
{
    const char *since = text_of(s, price, "valid_from"), *key = "run.price.list";
    int64_t above = json_member_int(price, "above", 0), at = 0;

    if (strcmp(text_of(s, price, "origin"), "model") == 0)
        return say(s, "run.price.model");
    if (*since && clock_parse(since, &at))
        key = above ? "run.price.list.above.since" : "run.price.list.since";
    else if (above)
        key = "run.price.list.above";
    return say_with(s, key, (const struct message_arg[]){
        {.name = "model", .text = text_of(s, price, "model")}, {.name = "owner", .text = text_of(s, price, "owner")},
        {.name = "above", .text = show_int(s, above)}, {.name = "since", .text = at ? show_moment(s, at) : ""}, {NULL}});
}

static void fill_price(const struct show *s, struct json price, struct cost_view *view)
{
    struct json parts = json_member(price, "parts");
    const char *currency = text_of(s, price, "currency"), *source = text_of(s, price, "source"), *as_of = text_of(s, price, "as_of");
    const char *rate = text_of(s, price, "cny_per_usd");

    view->parts.items = NEW_ARRAY(s->arena, struct cost_part, json_count(parts));
    for (struct json_walk w = json_walk(parts); json_next(&w); view->parts.n++)
        ((struct cost_part *)view->parts.items)[view->parts.n] = part_of(s, w.value, currency);
    view->any = view->parts.n > 0;
    view->from = from_of(s, price);
    if (*source)
        view->source = say_with(s, *as_of ? "run.price.source.dated" : "run.price.source", (const struct message_arg[]){
            {.name = "source", .text = source}, {.name = "date", .text = as_of}, {NULL}});
    if (*rate)
        view->rate = say_with(s, "run.price.rate", (const struct message_arg[]){{.name = "rate", .text = rate}, {NULL}});
}

struct cost_view cost_view_of(const struct show *s, const struct run_row *row)
{
    struct cost_view view = {.title = say(s, row->is_local ? "run.cost.avoided" : "run.cost.parts"), .from = "", .source = "", .rate = "",
                             .avoided = "", .avoided_note = ""};
    struct json price;
    struct err ignored = {0};

    view.note = say(s, row->is_local ? "run.note.free" : !row->priced ? "run.note.unpriced" : row->price ? "run.note.cost" : "run.note.nothing");
    if (row->avoided_micros) {
        view.avoided = show_cost(s, row->avoided_micros);
        view.avoided_note = show_cost_note(s, row->avoided_micros);
    }
    if (row->price && json_check(bytes_of(row->price), NULL, &price, &ignored) && json_kind(price) == JSON_OBJECT)
        fill_price(s, price, &view);
    return view;
}
