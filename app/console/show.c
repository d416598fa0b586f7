/* SPDX-License-Identifier: MIT */
#include "console/show.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/field.h"
#include "base/utf8.h"
#include "console/console.h"
#include "gate/gate.h"
#include "gate/snapshot.h"
#include "gate/who.h"

static const char none[] = "—";

const struct field choice_fields[] = {
    FIELD_PAGE(struct choice, value), FIELD_PAGE(struct choice, label), FIELD_PAGE(struct choice, selected), FIELD_END,
};
const struct field mark_fields[] = {
    FIELD_PAGE(struct mark, icon), FIELD_PAGE(struct mark, css), FIELD_PAGE(struct mark, word), FIELD_END,
};

/* Of the profile, else of the browser (console.js sets the cookie once), else UTC. */
static void find_zone(struct request *rq, struct zone *zone)
{
    const char *cookie = request_cookie(rq, "mg_tz");

    if (rq->who && rq->who->time_zone && *rq->who->time_zone && zone_load(rq->who->time_zone, rq->arena, zone))
        return;
    zone_load(cookie, rq->arena, zone);
}

static bool in_dollars(const struct show *s)
{
    return strcmp(s->currency, "CNY") != 0;
}

static void find_currency(struct request *rq, struct show *show)
{
    struct snapshot *snapshot;

    show->currency = rq->who && rq->who->currency && *rq->who->currency ? rq->who->currency : "USD";
    show->cny_per_usd = 10000;
    if (in_dollars(show) || !rq->gate)
        return;
    snapshot = gate_snapshot(rq->gate);
    show->cny_per_usd = snapshot->settings.values.cny_per_usd;
    snapshot_drop(snapshot);
}

struct show show_of(struct request *rq)
{
    struct show show = {.rq = rq, .arena = rq->arena, .lang = rq->lang, .now = clock_wall()};

    find_zone(rq, &show.zone);
    find_currency(rq, &show);
    return show;
}

const char *say_with(const struct show *s, const char *key, const struct message_arg *args)
{
    return message(console()->catalogues, s->lang, key, args, s->arena);
}

const char *say(const struct show *s, const char *key)
{
    return say_with(s, key, NULL);
}

const char *say_name(const struct show *s, const char *key, const char *name)
{
    return say_with(s, key, (const struct message_arg[]){{.name = "name", .text = name ? name : ""}, {NULL}});
}

const char *say_count(const struct show *s, const char *key, int64_t n)
{
    return say_with(s, key, (const struct message_arg[]){{.name = "n", .number = n}, {NULL}});
}

const char *show_int(const struct show *s, int64_t n)
{
    return format_int(s->lang, n, s->arena);
}

const char *show_us(const struct show *s, int64_t micros)
{
    return micros > 0 ? format_duration(s->lang, micros, s->arena) : none;
}

const char *show_cost(const struct show *s, int64_t cost_micros)
{
    int64_t micros;

    if (in_dollars(s))
        return format_money("USD", cost_micros, s->arena);
    if (__builtin_mul_overflow(cost_micros, s->cny_per_usd, &micros))
        micros = INT64_MAX;
    return format_money("CNY", micros / 10000, s->arena);
}

const char *show_cost_note(const struct show *s, int64_t cost_micros)
{
    return in_dollars(s) || cost_micros == 0 ? "" : format_money("USD", cost_micros, s->arena);
}

const char *show_moment(const struct show *s, int64_t micros)
{
    return format_time(s->lang, micros, zone_offset(&s->zone, micros), s->arena);
}

static int64_t day_of(const struct show *s, int64_t micros)
{
    return (micros / 1000000 + zone_offset(&s->zone, micros)) / 86400;
}

const char *show_clock(const struct show *s, int64_t micros)
{
    int64_t seconds = micros / 1000000 + zone_offset(&s->zone, micros);

    if (micros <= 0 || day_of(s, micros) != day_of(s, s->now))
        return show_moment(s, micros);
    return arena_printf(s->arena, "%02d:%02d:%02d", (int)(seconds / 3600 % 24), (int)(seconds / 60 % 60), (int)(seconds % 60));
}

const char *show_ago(const struct show *s, int64_t micros)
{
    return format_ago(console()->catalogues, s->lang, micros, s->arena);
}

const char *show_percent(const struct show *s, int64_t part, int64_t whole)
{
    int64_t hundredths = whole > 0 ? part * 10000 / whole : 0;

    if (whole <= 0)
        return none;
    if (hundredths == 10000)
        return "100%";
    return arena_printf(s->arena, "%" PRId64 ".%02" PRId64 "%%", hundredths / 100, hundredths % 100);
}

const char *show_id(const struct show *s, const char *id)
{
    size_t n = strlen(id);

    return n < 20 ? id : arena_printf(s->arena, "%.8s…%s", id, id + n - 4);
}

const char *show_monogram(const struct show *s, const char *name)
{
    uint32_t code;
    size_t n = utf8_decode((const uint8_t *)name, (const uint8_t *)name + strlen(name), &code);
    char *first = n ? arena_copy(s->arena, name, n) : arena_text(s->arena, "·");

    if (n == 1 && *first >= 'a' && *first <= 'z')
        *first = (char)(*first - 'a' + 'A');
    return first;
}

struct mark show_health(const struct show *s, const char *state)
{
    static const struct { const char *state; struct mark mark; } marks[] = {
        {"ok", {"s-ok", "ok", "health.state.ok"}}, {"warn", {"s-warn", "warn", "health.state.warn"}},
        {"bad", {"s-bad", "bad", "health.state.bad"}}, {"off", {"s-off", "off", "health.state.off"}},
    };
    struct mark mark = {"s-off", "off", "health.state.unknown"};

    for (size_t i = 0; i < COUNT(marks); i++)
        if (strcmp(marks[i].state, state) == 0)
            mark = marks[i].mark;
    mark.word = say(s, mark.word);
    return mark;
}

struct mark show_run_status(const struct show *s, const char *status)
{
    static const struct { const char *status; struct mark mark; } marks[] = {
        {"ok", {"s-ok", "ok", "run.status.ok"}},                 {"failed", {"s-bad", "bad", "run.status.failed"}},
        {"truncated", {"s-warn", "warn", "run.status.truncated"}}, {"refused", {"ban", "bad", "run.status.refused"}},
        {"cancelled", {"s-off", "off", "run.status.cancelled"}}, {"interrupted", {"s-warn", "warn", "run.status.interrupted"}},
    };

    for (size_t i = 0; i < COUNT(marks); i++)
        if (strcmp(marks[i].status, status) == 0)
            return (struct mark){marks[i].mark.icon, marks[i].mark.css, say(s, marks[i].mark.word)};
    return (struct mark){"s-off", "off", status};
}

/* A word of http.h or of the health check; one that has no sentence is shown as it is. */
const char *show_reason(const struct show *s, const char *reason)
{
    const char *key = arena_printf(s->arena, "health.%s", reason);

    if (!*reason)
        return "";
    if (message_known(console()->catalogues, key))
        return say(s, key);
    key = arena_printf(s->arena, "http.%s", reason);
    return message_known(console()->catalogues, key) ? say(s, key) : reason;
}

const char *show_code(const struct show *s, const char *code)
{
    const char *key = arena_printf(s->arena, "run.code.%s", code);

    if (strncmp(code, "status_", 7) == 0)
        return arena_printf(s->arena, "HTTP %s", code + 7);
    return message_known(console()->catalogues, key) ? say(s, key) : code;
}
