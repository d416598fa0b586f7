/* SPDX-License-Identifier: MIT */
#include "gate/price.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json_write.h"
#include "base/parse.h"
#include "db/prices.h"

enum { PART_UNCACHED, PART_CACHED, PART_WRITTEN, PART_WRITTEN_LONG, PART_IMAGE_INPUT, PART_OUTPUT, PART_REASONING, PARTS, JSON_MOST = 4096 };
static const char *const part_names[PARTS] = {"uncached", "cached", "written", "written_long", "image", "output", "reasoning"};

/* Tokens times micro-units per million are millionths of a micro-unit. Half of what a number holds, so that two sums never pass it. */
static const int64_t SUM_MAX = INT64_MAX / 2;

static int64_t between(int64_t n, int64_t most)
{
    return n < 0 ? 0 : n > most ? most : n;
}

const struct price_row *price_at(const struct model *model, int64_t at, int64_t in)
{
    const struct price_row *const *row = model->prices.rows;
    int64_t settled = -1;                /* the threshold whose latest row has ended: those before it do not count again */

    for (size_t i = 0; i < model->prices.n; i++) {
        if ((row[i]->above && in <= row[i]->above) || row[i]->valid_from > at || row[i]->above == settled)
            continue;
        if (!row[i]->valid_to || at < row[i]->valid_to)
            return row[i];
        settled = row[i]->above;
    }
    return NULL;
}

/* What one run is charged by: the prices after all defaults. */
struct tariff {
    const struct price_row *row;         /* NULL: the model's own */
    bool own;
    const char *currency;
    int64_t percent;
    int64_t price[PARTS];
    int64_t tokens[PARTS];
};

static int64_t or_else(int64_t price, int64_t otherwise)
{
    return price == PRICE_NONE ? otherwise : price;
}

static int64_t percent_of(int64_t price, int64_t percent)
{
    return (price * percent + 99) / 100;                     /* the schema bounds prices, so this holds */
}

static void fill_prices(struct tariff *t, const struct price_row *row, int64_t percent)
{
    int64_t input = row->input, output = row->output, written = or_else(row->written, input);
    const int64_t prices[PARTS] = {
        [PART_UNCACHED] = input, [PART_CACHED] = or_else(row->cached, input), [PART_WRITTEN] = written,
        [PART_WRITTEN_LONG] = or_else(row->written_long, written), [PART_IMAGE_INPUT] = or_else(row->image, input), [PART_OUTPUT] = output,
        [PART_REASONING] = or_else(row->reasoning, output),
    };

    t->row = row;
    t->currency = row->currency;
    t->percent = percent;
    for (int i = 0; i < PARTS; i++)
        t->price[i] = percent_of(prices[i], percent);
}

/* Parts at the price of the rest stay with the rest. */
static void fill_tokens(struct tariff *t, const struct usage *u)
{
    t->tokens[PART_CACHED] = u->cached;
    t->tokens[PART_WRITTEN] = u->written;
    t->tokens[PART_WRITTEN_LONG] = u->written_long;
    t->tokens[PART_IMAGE_INPUT] = t->price[PART_IMAGE_INPUT] != t->price[PART_UNCACHED] ? u->image : 0;
    t->tokens[PART_UNCACHED] = u->in - u->cached - u->written - u->written_long - t->tokens[PART_IMAGE_INPUT];
    t->tokens[PART_REASONING] = t->price[PART_REASONING] != t->price[PART_OUTPUT] ? u->reasoning : 0;
    t->tokens[PART_OUTPUT] = u->out - t->tokens[PART_REASONING];
}

/* A model's own prices: where none is given for cached input, it costs as input does. */
static bool own_prices(const struct model *m, struct price_row *row_r)
{
    if (m->input_micros_per_mtok <= 0 && m->output_micros_per_mtok <= 0 && m->cached_micros_per_mtok <= 0)
        return false;
    *row_r = (struct price_row){
        .currency = "USD", .origin = "model", .input = between(m->input_micros_per_mtok, PRICE_MAX), .output = between(m->output_micros_per_mtok, PRICE_MAX),
        .cached = m->cached_micros_per_mtok > 0 ? between(m->cached_micros_per_mtok, PRICE_MAX) : PRICE_NONE, .written = PRICE_NONE,
        .written_long = PRICE_NONE, .reasoning = PRICE_NONE, .image = PRICE_NONE,
    };
    return true;
}

static int64_t raised(int64_t price, int64_t percent)
{
    return price == PRICE_NONE ? PRICE_NONE : percent_of(price, percent);
}

bool price_shown(const struct model *m, int64_t at, int64_t in, struct price_row *p)
{
    const struct price_row *row;

    if (own_prices(m, p))
        return true;
    row = price_at(m, at, in);
    if (!row)
        return false;
    *p = *row;
    p->input = raised(row->input, m->prices.percent);
    p->output = raised(row->output, m->prices.percent);
    p->cached = raised(row->cached, m->prices.percent);
    return true;
}

static bool tariff_of(const struct model *m, const struct usage *usage, int64_t at, struct tariff *t)
{
    struct price_row own;
    const struct price_row *row;

    *t = (struct tariff){.percent = 100};
    if (own_prices(m, &own)) {
        fill_prices(t, &own, 100);
        t->row = NULL;
        t->own = true;
    } else {
        row = price_at(m, at, usage->in);
        if (!row)
            return false;
        fill_prices(t, row, m->prices.percent);
    }
    fill_tokens(t, usage);
    return true;
}

/* n × a ÷ b, rounded up, for n up to SUM_MAX and small a, b; no more than SUM_MAX. */
static int64_t scale_up(int64_t n, int64_t a, int64_t b)
{
    int64_t whole;

    if (__builtin_mul_overflow(n / b, a, &whole) || whole > SUM_MAX)
        return SUM_MAX;
    return between(whole + (n % b * a + b - 1) / b, SUM_MAX);
}

/* In micro-dollars. */
static int64_t sum_of(const struct tariff *t, int64_t cny_per_usd)
{
    int64_t sum = 0, product;

    for (int i = 0; i < PARTS; i++) {
        if (__builtin_mul_overflow(t->tokens[i], t->price[i], &product) || product > SUM_MAX - sum)
            sum = SUM_MAX;
        else
            sum += product;
    }
    if (strcmp(t->currency, "CNY") == 0)
        sum = scale_up(sum, 10000, cny_per_usd > 0 ? cny_per_usd : 10000);
    return sum / 1000000 + (sum % 1000000 != 0);
}

static void put_row(struct json_out *out, const struct price_row *row)
{
    json_member_text(out, "owner", row->owner);
    json_member_text(out, "model", row->model);
    if (row->above)
        json_member_put_int(out, "above", row->above);
    json_name(out, "valid_from");
    json_put_time(out, row->valid_from);
    json_member_text(out, "origin", row->origin);
    json_member_text(out, "source", row->source);
    json_member_text(out, "as_of", row->as_of && *row->as_of ? row->as_of : NULL);
}

static const char *tariff_json(const struct tariff *t, int64_t cny_per_usd, struct arena *a)
{
    struct buf buf = buf_new(a, JSON_MOST);
    struct json_out out = json_out(&buf);
    const char *text;
    struct err ignored = {0};

    json_begin_object(&out);
    if (t->own)
        json_member_text(&out, "origin", "model");
    else
        put_row(&out, t->row);
    json_member_text(&out, "currency", t->currency);
    if (strcmp(t->currency, "CNY") == 0)
        json_member_text(&out, "cny_per_usd", decimal_text(cny_per_usd, 4, a));
    if (t->percent != 100)
        json_member_put_int(&out, "percent", t->percent);
    json_name(&out, "parts");
    json_begin_array(&out);
    for (int i = 0; i < PARTS; i++)
        if (t->tokens[i]) {
            json_begin_object(&out);
            json_member_text(&out, "part", part_names[i]);
            json_member_put_int(&out, "tokens", t->tokens[i]);
            json_member_put_int(&out, "micros_per_mtok", t->price[i]);
            json_end_object(&out);
        }
    json_end_array(&out);
    json_end_object(&out);
    return buf_done(&buf, &text, &ignored) ? text : NULL;
}

struct cost cost_of(const struct snapshot *s, const struct provider *provider, const struct model *model, const struct usage *usage, int64_t at,
                    struct arena *a)
{
    bool local = model_local(provider, model), used = usage->in || usage->out;
    int64_t rate = s->settings.values.cny_per_usd;
    struct cost cost = {.priced = local || !used};
    struct tariff t;

    if (!used || !tariff_of(local ? &s->compare : model, usage, at, &t))
        return cost;
    cost.json = tariff_json(&t, rate, a);
    *(local ? &cost.avoided_micros : &cost.micros) = sum_of(&t, rate);
    cost.priced = true;
    return cost;
}
