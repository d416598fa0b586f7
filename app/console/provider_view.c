/* SPDX-License-Identifier: MIT */
#include "console/provider_view.h"

#include <string.h>

#include "base/clock.h"
#include "base/json_write.h"
#include "db/models.h"
#include "db/prices.h"
#include "db/provider_health.h"
#include "gate/gate.h"
#include "gate/price.h"
#include "gate/provider.h"

enum { SLOTS = 24, CHECKS_SHOWN = 30, NAMES_MAX = 1 << 20 };

static const struct field strip_bar_fields[] = {
    FIELD_PAGE(struct strip_bar, css), FIELD_PAGE(struct strip_bar, x), FIELD_PAGE(struct strip_bar, y), FIELD_PAGE(struct strip_bar, height),
    FIELD_END,
};

static const struct field check_view_fields[] = {
    FIELD_TIME(struct check_view, at), FIELD(struct check_view, kind), FIELD(struct check_view, state), FIELD(struct check_view, reason),
    FIELD(struct check_view, detail), FIELD(struct check_view, http_status), FIELD(struct check_view, latency_us),
    FIELD_PAGE(struct check_view, time), FIELD_PAGE(struct check_view, kind_word), FIELD_PAGE(struct check_view, reason_text),
    FIELD_PAGE(struct check_view, latency), FIELD_STRUCT_PAGE(struct check_view, mark, mark_fields), FIELD_END,
};

static const struct field breaker_shown_fields[] = {
    FIELD(struct breaker_shown, state), FIELD(struct breaker_shown, force), FIELD_TIME(struct breaker_shown, since),
    FIELD_TIME(struct breaker_shown, next_probe), FIELD(struct breaker_shown, calls), FIELD(struct breaker_shown, failed),
    FIELD(struct breaker_shown, reason), FIELD_END,
};

static const struct field model_view_fields[] = {
    FIELD(struct model_view, name), FIELD(struct model_view, enabled), FIELD(struct model_view, input_micros_per_mtok),
    FIELD(struct model_view, output_micros_per_mtok), FIELD(struct model_view, cached_micros_per_mtok),
    FIELD(struct model_view, price_from), FIELD_PAGE(struct model_view, input_price), FIELD_PAGE(struct model_view, output_price),
    FIELD_PAGE(struct model_view, cached_price), FIELD_PAGE(struct model_view, price_text), FIELD_PAGE(struct model_view, price_id),
    FIELD_PAGE(struct model_view, price_model), FIELD_STRUCT(struct model_view, breaker, breaker_shown_fields),
    FIELD_STRUCT_PAGE(struct model_view, breaker_mark, mark_fields), FIELD_PAGE(struct model_view, breaker_text),
    FIELD_LIST_PAGE(struct model_view, breaker_choices, choice_fields, struct choice), FIELD_END,
};

#define ROW(m) FIELD_AS(struct provider_view, row.m, #m)
#define ROW_TIME(m) FIELD_TIME_AS(struct provider_view, row.m, #m)
#define SHOWN_ROWS \
    ROW(id), ROW(name), ROW(type), ROW(base_url), ROW(deployment_mode), ROW(data_class_max), ROW(has_secret), ROW(secret_tail), \
    ROW_TIME(secret_set_at), ROW(enabled), ROW(active), ROW(demo), ROW(position), ROW(connect_ms), ROW(first_byte_ms), ROW(idle_ms), \
    ROW(total_ms), ROW(note), FIELD_RAW_AS(struct provider_view, row.options, "options"), ROW(rev), ROW_TIME(created_at), ROW_TIME(changed_at), \
    FIELD(struct provider_view, is_local), FIELD(struct provider_view, retention), FIELD(struct provider_view, switches), \
    FIELD_RAW(struct provider_view, models), \
    FIELD_STRUCT(struct provider_view, health, health_view_fields), \
    FIELD_PAGE(struct provider_view, monogram), FIELD_PAGE(struct provider_view, type_label), FIELD_PAGE(struct provider_view, mode_word), \
    FIELD_PAGE(struct provider_view, class_word), FIELD_PAGE(struct provider_view, reason), FIELD_PAGE(struct provider_view, latency), \
    FIELD_PAGE(struct provider_view, checked), FIELD_PAGE(struct provider_view, key), FIELD_PAGE(struct provider_view, models_n), \
    FIELD_STRUCT_PAGE(struct provider_view, kept, retention_view_fields), \
    FIELD_LIST_PAGE(struct provider_view, option_values, option_view_fields, struct option_view), \
    FIELD_PAGE(struct provider_view, may_activate), FIELD_STRUCT_PAGE(struct provider_view, mark, mark_fields), \
    FIELD_LIST_PAGE(struct provider_view, strip, strip_bar_fields, struct strip_bar), FIELD_PAGE(struct provider_view, strip_text)

const struct field provider_view_fields[] = {SHOWN_ROWS, FIELD_END};
const struct field provider_detail_fields[] = {
    SHOWN_ROWS, FIELD_LIST(struct provider_view, model_details, model_view_fields, struct model_view),
    FIELD_LIST(struct provider_view, checks, check_view_fields, struct check_view), FIELD_END,
};

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* Height says it too, for eyes that do not see the colour. */
static struct strip_bar bar_of(int64_t slot, const char *state)
{
    int64_t height = same(state, "ok") ? 20 : same(state, "warn") ? 13 : same(state, "bad") ? 7 : 2;
    const char *css = same(state, "ok") ? "k" : same(state, "warn") ? "w" : same(state, "bad") ? "x" : "n";

    return (struct strip_bar){css, slot * 6, 20 - height, height};
}

static void fill_strip(const struct show *s, struct provider_view *view, const struct list *slots)
{
    const struct health_slot *slot = slots->items;
    struct strip_bar *bars = NEW_ARRAY(s->arena, struct strip_bar, SLOTS);
    int64_t checks = 0, failed = 0;

    for (int64_t i = 0; i < SLOTS; i++)
        bars[i] = bar_of(i, "");
    for (size_t i = 0; i < slots->n; i++) {
        if (!same(slot[i].provider_id, view->row.id) || slot[i].slot < 0 || slot[i].slot >= SLOTS)
            continue;
        bars[slot[i].slot] = bar_of(slot[i].slot, slot[i].state);
        checks += slot[i].checks;
        failed += slot[i].failed;
    }
    view->strip = (struct list){bars, SLOTS};
    view->strip_text = say_with(s, "provider.strip", (const struct message_arg[]){{.name = "checks", .number = checks},
                                                                               {.name = "failed", .number = failed}, {NULL}});
}

static void fill_models(const struct show *s, struct provider_view *view, const struct list *models)
{
    const struct model_row *model = models->items;
    struct buf buf = buf_new(s->arena, NAMES_MAX);
    struct json_out out = json_out(&buf);
    struct err ignored = {0};

    json_begin_array(&out);
    for (size_t i = 0; i < models->n; i++)
        if (same(model[i].provider_id, view->row.id)) {
            json_put_text(&out, model[i].name);
            view->models_n++;
        }
    json_end_array(&out);
    if (!buf_done(&buf, &view->models, &ignored))
        view->models = "[]";
}

/* As it is now: from memory, where the last check is known even before it is in the table. */
static struct health_view health_now(const struct show *s, const struct provider_row *row)
{
    struct snapshot *snapshot = gate_snapshot(s->rq->gate);
    const struct provider *provider = snapshot_provider(snapshot, row->id);
    struct health_view health = {.provider_id = row->id, .state = row->enabled ? "unknown" : "off", .reason = "", .detail = ""};

    if (provider)
        health = health_of(s->rq->gate->health, provider, s->arena);
    health.provider_id = row->id;
    snapshot_drop(snapshot);
    return health;
}

static void fill_texts(const struct show *s, struct provider_view *view)
{
    const struct provider_row *row = &view->row;
    const struct provider_type *type = provider_type_find(row->type);

    view->is_local = same(row->deployment_mode, "local");
    view->may_activate = row->enabled && !row->active;
    view->monogram = show_monogram(s, row->name);
    view->type_label = type ? type->label : row->type;
    view->kept = retention_view_of(s, type, view->is_local);
    view->retention = view->kept.name;
    view->switches = view->kept.switches;
    view->option_values = option_views(s, type, row->options, NULL);
    view->mode_word = say(s, view->is_local ? "provider.mode.local" : "provider.mode.cloud");
    view->class_word = say(s, arena_printf(s->arena, "class.%s", row->data_class_max));
    view->mark = show_health(s, view->health.state);
    view->reason = row->enabled ? show_reason(s, view->health.reason) : "";
    view->latency = show_us(s, view->health.latency_us);
    view->checked = show_ago(s, view->health.checked_at);
    view->key = row->has_secret ? arena_printf(s->arena, "…%s", row->secret_tail) : say(s, "provider.key.none");
}

bool provider_views(const struct show *s, struct list *views_r)
{
    struct request *rq = s->rq;
    struct list rows, models, slots;
    struct provider_view *views;

    if (!providers_list(rq->db, rq->arena, &rows, &rq->err) || !models_list(rq->db, rq->arena, NULL, &models, &rq->err)
        || !provider_checks_strip(rq->db, rq->arena, NULL, s->now, &slots, &rq->err))
        return false;
    views = NEW_ARRAY(rq->arena, struct provider_view, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        views[i].row = ((const struct provider_row *)rows.items)[i];
        views[i].health = health_now(s, &views[i].row);
        fill_texts(s, &views[i]);
        fill_models(s, &views[i], &models);
        fill_strip(s, &views[i], &slots);
    }
    *views_r = (struct list){views, rows.n};
    return true;
}

static bool fill_checks(const struct show *s, struct provider_view *view)
{
    struct request *rq = s->rq;
    struct list rows;
    const struct check_row *row;
    struct check_view *checks;

    if (!provider_checks_list(rq->db, rq->arena, view->row.id, CHECKS_SHOWN, &rows, &rq->err))
        return false;
    row = rows.items;
    checks = NEW_ARRAY(rq->arena, struct check_view, rows.n);
    for (size_t i = 0; i < rows.n; i++)
        checks[i] = (struct check_view){
            row[i].at, row[i].kind, row[i].state, row[i].reason, row[i].detail, row[i].http_status, row[i].latency_us,
            .time = show_clock(s, row[i].at), .latency = show_us(s, row[i].latency_us), .reason_text = show_reason(s, row[i].reason),
            .kind_word = say(s, same(row[i].kind, "manual") ? "provider.check.manual" : "provider.check.periodic"),
            .mark = show_health(s, row[i].state),
        };
    view->checks = (struct list){checks, rows.n};
    return true;
}

/* What the model costs now: its own prices, the catalogue's, or nothing where it runs here. */
static void fill_price(const struct show *s, const struct provider *provider, struct model_view *view)
{
    const struct model *model = provider ? provider_model(provider, view->name) : NULL;
    struct price_row price;

    view->input_price = view->output_price = view->cached_price = "—";
    if (model && model_local(provider, model)) {
        view->price_from = "local";
    } else if (model && price_shown(model, s->now, 0, &price)) {
        view->input_price = format_price(price.currency, price.input, s->arena);
        view->output_price = format_price(price.currency, price.output, s->arena);
        view->cached_price = price.cached == PRICE_NONE ? "—" : format_price(price.currency, price.cached, s->arena);
        view->price_from = same(price.origin, "model") ? "model" : "catalogue";
        view->price_id = price.id ? price.id : "";
        view->price_model = price.model ? arena_printf(s->arena, "%s/%s", price.owner, price.model) : "";
    } else {
        view->price_from = "unknown";
    }
    view->price_text = say(s, arena_printf(s->arena, "provider.price.%s", view->price_from));
}

/* Monotonic time as the wall's; 0 stays none. */
static int64_t wall_of(const struct show *s, int64_t mono)
{
    return mono ? s->now + mono - clock_mono() : 0;
}

/* State as shape, word and colour; a hand on it says more than the state beneath. */
static struct mark breaker_mark(const struct show *s, const struct breaker_view *b)
{
    const char *text = b->force ? say(s, arena_printf(s->arena, "provider.breaker.force.%s", breaker_force_words[b->force]))
                                : say(s, arena_printf(s->arena, "provider.breaker.state.%s", breaker_state_words[b->state]));

    if (b->force)
        return (struct mark){b->passes ? "s-off" : "s-bad", b->passes ? "off" : "bad", text};
    if (b->state == BREAKER_CLOSED)
        return (struct mark){"s-ok", "ok", text};
    return b->state == BREAKER_OPEN ? (struct mark){"s-bad", "bad", text} : (struct mark){"s-warn", "warn", text};
}

static struct list breaker_choices(const struct show *s, enum breaker_force now)
{
    struct choice *choices = NEW_ARRAY(s->arena, struct choice, 4);
    size_t n = 0;

    for (; breaker_force_words[n]; n++)
        choices[n] = (struct choice){breaker_force_words[n], say(s, arena_printf(s->arena, "provider.breaker.force.%s", breaker_force_words[n])), n == now};
    return (struct list){choices, n};
}

static void fill_breaker(const struct show *s, const struct provider *provider, struct model_view *view)
{
    struct snapshot *snapshot = gate_snapshot(s->rq->gate);
    const struct model *model = provider ? provider_model(provider, view->name) : NULL;
    struct breaker_rules rules = {.window_s = 60};
    struct breaker_view b;

    if (model)
        rules = breaker_rules_of(&snapshot->settings.values, model);
    breaker_see(&s->rq->gate->breakers, provider ? provider->id : "", view->name, &rules, clock_mono(), &b);
    snapshot_drop(snapshot);
    view->breaker = (struct breaker_shown){
        .state = breaker_state_words[b.state], .force = breaker_force_words[b.force], .since = wall_of(s, b.since),
        .next_probe = wall_of(s, b.next_probe), .calls = b.calls, .failed = b.failed, .reason = arena_text(s->arena, b.reason),
    };
    view->breaker_mark = breaker_mark(s, &b);
    view->breaker_choices = breaker_choices(s, b.force);
    view->breaker_text = say_with(s, "provider.breaker.calls", (const struct message_arg[]){
        {.name = "calls", .number = b.calls}, {.name = "failed", .number = b.failed}, {.name = "reason", .text = b.reason}, {NULL}});
}

static void fill_details(const struct show *s, struct provider_view *view, const struct list *models)
{
    const struct model_row *row = models->items;
    struct model_view *details = NEW_ARRAY(s->arena, struct model_view, models->n);
    struct snapshot *snapshot = gate_snapshot(s->rq->gate);
    const struct provider *provider = snapshot_provider(snapshot, view->row.id);

    arena_defer(s->arena, drop_snapshot, snapshot);          /* texts of its prices are shown */
    for (size_t i = 0; i < models->n; i++) {
        details[i] = (struct model_view){.name = row[i].name, .enabled = row[i].enabled, .input_micros_per_mtok = row[i].input_micros_per_mtok,
                                         .output_micros_per_mtok = row[i].output_micros_per_mtok, .cached_micros_per_mtok = row[i].cached_micros_per_mtok};
        fill_price(s, provider, &details[i]);
        fill_breaker(s, provider, &details[i]);
    }
    view->model_details = (struct list){details, models->n};
}

bool provider_view_get(const struct show *s, const char *id, struct provider_view *view_r)
{
    struct request *rq = s->rq;
    struct list slots, models;

    *view_r = (struct provider_view){.models = "[]"};
    if (!providers_get(rq->db, rq->arena, id, &view_r->row, &rq->err)
        || !models_list(rq->db, rq->arena, id, &models, &rq->err)
        || !provider_checks_strip(rq->db, rq->arena, id, s->now, &slots, &rq->err))
        return false;
    view_r->health = health_now(s, &view_r->row);
    fill_texts(s, view_r);
    fill_models(s, view_r, &models);
    fill_details(s, view_r, &models);
    fill_strip(s, view_r, &slots);
    return fill_checks(s, view_r);
}
