/* SPDX-License-Identifier: MIT */
#include "console/overview_page.h"

#include <inttypes.h>
#include <string.h>

#include "base/metrics.h"
#include "console/doer.h"
#include "console/keys_page.h"
#include "console/provider_view.h"
#include "console/run_chart.h"
#include "console/run_view.h"
#include "db/api_keys.h"
#include "gate/gate.h"
#include "web/web.h"

enum { DAY_S = 86400, RUNS_SHOWN = 8, TROUBLES_MOST = 5, STALE_S = 120, SPOOL_MANY = 100 };

struct trouble {                         /* something for a person to do */
    struct mark mark;
    const char *title, *text;
    const char *provider_id;             /* NULL: not about one */
};
static const struct field trouble_fields[] = {
    FIELD_STRUCT_PAGE(struct trouble, mark, mark_fields), FIELD(struct trouble, title), FIELD(struct trouble, text),
    FIELD(struct trouble, provider_id), FIELD_END,
};

struct change_text {                     /* against the 24 hours before */
    const char *text, *css;              /* css: "up", "dn" or "" */
};
static const struct field change_text_fields[] = {FIELD_PAGE(struct change_text, text), FIELD_PAGE(struct change_text, css), FIELD_END};

struct part {                            /* one piece of the program that must work */
    const char *label, *text;
    struct mark mark;
};
static const struct field part_fields[] = {
    FIELD_PAGE(struct part, label), FIELD_PAGE(struct part, text), FIELD_STRUCT_PAGE(struct part, mark, mark_fields), FIELD_END,
};

struct overview {
    struct run_totals totals, before;
    struct list providers, runs, troubles;       /* struct provider_view, struct run_view, struct trouble */
    int64_t spool_waiting;
    /* For pages only. */
    const char *runs_n, *ok_share, *p95, *first, *cost, *cost_text, *tokens, *local_share, *updated;
    struct change_text runs_change, ok_change, p95_change, first_change, cost_change, tokens_note;
    struct run_chart chart;
    struct list parts;                   /* struct part */
    bool new_here, has_provider, has_key, has_run, may_providers, may_keys;
    bool any_trouble;
    int64_t usable, failed_n;
    const char *curl;
};

#define TEXT(m) FIELD_PAGE(struct overview, m)
#define CHANGE(m) FIELD_STRUCT_PAGE(struct overview, m, change_text_fields)
const struct field overview_page_fields[] = {
    FIELD_STRUCT(struct overview, totals, run_totals_fields), FIELD_STRUCT(struct overview, before, run_totals_fields),
    FIELD_LIST(struct overview, providers, provider_view_fields, struct provider_view),
    FIELD_LIST(struct overview, runs, run_view_fields, struct run_view), FIELD_LIST(struct overview, troubles, trouble_fields, struct trouble),
    FIELD(struct overview, spool_waiting), TEXT(runs_n), TEXT(ok_share), TEXT(p95), TEXT(first), TEXT(cost), TEXT(cost_text), TEXT(tokens), TEXT(local_share),
    TEXT(updated), CHANGE(runs_change), CHANGE(ok_change), CHANGE(p95_change), CHANGE(first_change), CHANGE(cost_change), CHANGE(tokens_note),
    FIELD_STRUCT_PAGE(struct overview, chart, run_chart_fields), FIELD_LIST_PAGE(struct overview, parts, part_fields, struct part),
    TEXT(new_here), TEXT(has_provider), TEXT(has_key), TEXT(has_run), TEXT(may_providers), TEXT(may_keys), TEXT(any_trouble), TEXT(usable),
    TEXT(failed_n), TEXT(curl), FIELD_END,
};

/* ---- what needs a person ---- */

static void add_trouble(struct overview *o, struct trouble trouble)
{
    if (o->troubles.n < TROUBLES_MOST)
        ((struct trouble *)o->troubles.items)[o->troubles.n++] = trouble;
}

static void find_troubles(const struct show *s, struct overview *o)
{
    const struct provider_view *p = o->providers.items;
    bool active = false;

    o->troubles.items = NEW_ARRAY(s->arena, struct trouble, TROUBLES_MOST);
    for (size_t i = 0; i < o->providers.n; i++) {
        active = active || p[i].row.active;
        if (p[i].row.enabled && strcmp(p[i].health.state, "bad") == 0)
            add_trouble(o, (struct trouble){p[i].mark, say_name(s, p[i].row.active ? "overview.trouble.active" : "overview.trouble.provider",
                                                                p[i].row.name), p[i].reason, p[i].row.id});
    }
    if (o->providers.n && !active)
        add_trouble(o, (struct trouble){show_health(s, "warn"), say(s, "overview.trouble.none_active"), say(s, "overview.trouble.none_active.text"), NULL});
    if (o->spool_waiting > SPOOL_MANY)
        add_trouble(o, (struct trouble){show_health(s, "warn"), say_count(s, "overview.trouble.spool", o->spool_waiting),
                                        say(s, "overview.trouble.spool.text"), NULL});
    for (size_t i = 0; i < o->providers.n; i++)
        if (p[i].row.enabled && strcmp(p[i].health.state, "warn") == 0)
            add_trouble(o, (struct trouble){p[i].mark, say_name(s, "overview.trouble.slow", p[i].row.name), p[i].reason, p[i].row.id});
}

/* ---- figures ---- */

/* By how much more or less, in percent; nothing is said without something to compare with. */
static struct change_text change_of_count(const struct show *s, int64_t now, int64_t before, bool more_is_good)
{
    int64_t tenths = before > 0 ? (now - before) * 1000 / before : 0, size = tenths < 0 ? -tenths : tenths;
    const char *css = tenths == 0 ? "" : (tenths > 0) == more_is_good ? "up" : "dn";

    if (before <= 0 || tenths == 0)
        return (struct change_text){"", ""};
    return (struct change_text){arena_printf(s->arena, "%s %" PRId64 ".%" PRId64 "%%", tenths > 0 ? "↑" : "↓", size / 10, size % 10), css};
}

static struct change_text change_of_time(const struct show *s, int64_t now, int64_t before)
{
    int64_t more = now - before;

    if (!now || !before || (more < 1000 && more > -1000))
        return (struct change_text){"", ""};
    return (struct change_text){arena_printf(s->arena, "%s %s", more > 0 ? "↑" : "↓", show_us(s, more > 0 ? more : -more)), more > 0 ? "dn" : "up"};
}

/* A change of a rate is in points. */
static struct change_text change_of_share(const struct show *s, const struct run_totals *now, const struct run_totals *before)
{
    int64_t share, was, more;

    if (!now->runs || !before->runs)
        return (struct change_text){"", ""};
    share = (now->runs - now->failed) * 10000 / now->runs;
    was = (before->runs - before->failed) * 10000 / before->runs;
    more = share > was ? share - was : was - share;
    if (!more)
        return (struct change_text){"", ""};
    return (struct change_text){say_name(s, share > was ? "overview.points.up" : "overview.points.down",
                                         arena_printf(s->arena, "%" PRId64 ".%02" PRId64, more / 100, more % 100)), share > was ? "up" : "dn"};
}

/* What the sum leaves out, or what local models saved. */
static const char *cost_text_of(const struct show *s, const struct run_totals *t)
{
    if (t->unpriced)
        return say_count(s, "overview.kpi.cost.unpriced", t->unpriced);
    if (t->avoided_micros)
        return say_with(s, "overview.kpi.cost.avoided", (const struct message_arg[]){{.name = "amount", .text = show_cost(s, t->avoided_micros)}, {NULL}});
    return say(s, "overview.kpi.cost.note");
}

static void fill_figures(const struct show *s, struct overview *o)
{
    const struct run_totals *t = &o->totals, *b = &o->before;

    o->failed_n = t->failed;
    o->runs_n = show_int(s, t->runs);
    o->ok_share = show_percent(s, t->runs - t->failed, t->runs);
    o->p95 = show_us(s, t->latency_p95_us);
    o->first = show_us(s, t->first_token_p50_us);
    o->cost = show_cost(s, t->cost_micros);
    o->cost_text = cost_text_of(s, t);
    o->tokens = show_int(s, t->tokens_in + t->tokens_out);
    o->local_share = show_percent(s, t->local_runs, t->runs);
    o->updated = show_clock(s, s->now);
    o->runs_change = change_of_count(s, t->runs, b->runs, true);
    o->ok_change = change_of_share(s, t, b);
    o->p95_change = change_of_time(s, t->latency_p95_us, b->latency_p95_us);
    o->first_change = change_of_time(s, t->first_token_p50_us, b->first_token_p50_us);
    o->cost_change = change_of_count(s, t->cost_micros, b->cost_micros, false);
    o->tokens_note = (struct change_text){say_with(s, "overview.kpi.tokens.note", (const struct message_arg[]){
        {.name = "in", .text = show_int(s, t->tokens_in)}, {.name = "out", .text = show_int(s, t->tokens_out)}, {NULL}}), ""};
}

/* ---- the parts of the program ---- */

static struct part part_of(const struct show *s, const char *key, const char *state, const char *text)
{
    return (struct part){say(s, key), text, show_health(s, state)};
}

static void fill_parts(const struct show *s, struct overview *o)
{
    struct part *parts = NEW_ARRAY(s->arena, struct part, 5);
    int64_t age_s = 0, in_flight = metric_get(METRIC_runs_in_flight);
    bool fresh = gate_fresh(s->rq->gate, &age_s);
    const struct provider_view *p = o->providers.items;

    for (size_t i = 0; i < o->providers.n; i++)
        o->usable += p[i].row.enabled && strcmp(p[i].health.state, "bad") != 0;
    parts[0] = part_of(s, "overview.part.database", db_up(s->rq->db) ? "ok" : "bad", say(s, db_up(s->rq->db) ? "overview.part.database.up"
                                                                                                             : "overview.part.database.down"));
    parts[1] = part_of(s, "overview.part.settings", fresh ? age_s > STALE_S ? "warn" : "ok" : "bad", say_count(s, "overview.part.settings.text", age_s));
    parts[2] = part_of(s, "overview.part.spool", o->spool_waiting > SPOOL_MANY ? "warn" : "ok", say_count(s, "overview.part.spool.text", o->spool_waiting));
    parts[3] = part_of(s, "overview.part.providers", o->usable ? (size_t)o->usable == o->providers.n ? "ok" : "warn" : o->providers.n ? "bad" : "off",
                       say_with(s, "overview.part.providers.text", (const struct message_arg[]){{.name = "usable", .number = o->usable},
                                                                   {.name = "n", .number = (int64_t)o->providers.n}, {NULL}}));
    parts[4] = part_of(s, "overview.part.flight", "ok", say_count(s, "overview.part.flight.text", in_flight));
    o->parts = (struct list){parts, 5};
}

static bool fill_steps(const struct show *s, struct overview *o)
{
    struct request *rq = s->rq;
    struct list keys;

    if (!api_keys_list(rq->db, rq->arena, &keys, &rq->err))
        return false;
    o->has_provider = o->providers.n > 0;
    o->has_key = keys.n > 0;
    o->has_run = o->runs.n > 0;
    o->new_here = !o->has_provider || !o->has_key || !o->has_run;
    o->may_providers = request_may(rq, OPERATOR);
    o->may_keys = request_may(rq, DEVELOPER);
    o->curl = first_request(rq, "mgk_…");
    return true;
}

static bool read_all(const struct show *s, struct overview *o)
{
    struct request *rq = s->rq;
    struct span day = span_of(DAY_S);
    struct run_filter last = {.limit = RUNS_SHOWN};
    struct list rows;

    if (!runs_totals(rq->db, rq->arena, day.from, day.to, &o->totals, &rq->err)
        || !runs_totals(rq->db, rq->arena, day.from - (int64_t)DAY_S * 1000000, day.from, &o->before, &rq->err)
        || !provider_views(s, &o->providers) || !runs_list(rq->db, rq->arena, &last, &rows, &rq->err) || !run_chart_read(s, &o->chart))
        return false;
    o->runs = run_views_of(s, rows);
    return fill_steps(s, o);
}

bool overview_page(struct request *rq)
{
    struct show s = show_of(rq);
    struct overview o = {.spool_waiting = metric_get(METRIC_spool_waiting)};

    if (!request_allow_query(rq, (const char *const[]){NULL}) || !read_all(&s, &o))
        return false;
    find_troubles(&s, &o);
    o.any_trouble = o.troubles.n > 0;
    fill_figures(&s, &o);
    fill_parts(&s, &o);
    return page_render(rq, "overview", overview_page_fields, &o);
}

/* Programs ask with HEAD / whether anybody is here. */
bool front_page(struct request *rq)
{
    if (rq->method_called == HEAD)
        return response_text(rq, 200, "text/plain; charset=utf-8", (struct bytes){0});
    return response_redirect(rq, "/admin/");
}
