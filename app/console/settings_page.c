/* SPDX-License-Identifier: MIT */
#include "console/settings_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/parse.h"
#include "console/doer.h"
#include "console/show.h"
#include "gate/gate.h"
#include "gate/setting_change.h"
#include "gate/settings.h"
#include "web/web.h"

enum { CHOICES_MOST = 8 };

struct word_choice {
    const char *value;
    bool selected;
};
static const struct field word_choice_fields[] = {FIELD_PAGE(struct word_choice, value), FIELD_PAGE(struct word_choice, selected), FIELD_END};

struct setting_view {
    const char *name, *value, *initial, *origin, *allowed;
    bool live;
    /* For pages only. */
    const char *label, *help, *unit, *origin_word, *effect, *problem;
    const char *min, *max, *step;
    bool is_number, is_text, from_console;
    struct list words;                   /* struct word_choice */
};
const struct field setting_view_fields[] = {
    FIELD(struct setting_view, name), FIELD(struct setting_view, value), FIELD_AS(struct setting_view, initial, "default"),
    FIELD(struct setting_view, origin), FIELD(struct setting_view, allowed), FIELD(struct setting_view, live),
    FIELD_PAGE(struct setting_view, label), FIELD_PAGE(struct setting_view, help), FIELD_PAGE(struct setting_view, unit),
    FIELD_PAGE(struct setting_view, origin_word), FIELD_PAGE(struct setting_view, effect), FIELD_PAGE(struct setting_view, problem),
    FIELD_PAGE(struct setting_view, is_number), FIELD_PAGE(struct setting_view, is_text), FIELD_PAGE(struct setting_view, step),
    FIELD_PAGE(struct setting_view, from_console), FIELD_PAGE(struct setting_view, min),
    FIELD_PAGE(struct setting_view, max), FIELD_LIST_PAGE(struct setting_view, words, word_choice_fields, struct word_choice), FIELD_END,
};

struct settings_page {
    struct list settings;                /* struct setting_view */
};
const struct field settings_page_fields[] = {
    FIELD_LIST(struct settings_page, settings, setting_view_fields, struct setting_view), FIELD_END,
};

static struct list words_of(const struct show *s, const struct setting *row, const char *value)
{
    struct list list = {NEW_ARRAY(s->arena, struct word_choice, CHOICES_MOST), 0};

    for (size_t i = 0; row->words && row->words[i] && i < CHOICES_MOST; i++)
        ((struct word_choice *)list.items)[list.n++] = (struct word_choice){row->words[i], strcmp(row->words[i], value) == 0};
    return list;
}

static struct setting_view view_of(const struct show *s, const struct settings_made *made, const struct setting *row)
{
    static const char *const origins[] = {"default", "environment", "file", "console"};
    enum setting_origin origin = made->origin[row - setting_rows];
    struct setting_view view = {
        .name = row->name, .value = setting_text(row, &made->values, s->arena), .initial = row->initial, .origin = origins[origin],
        .allowed = setting_allowed(row, s->arena), .live = row->live, .is_number = !row->words && !row->text, .is_text = row->text,
        .min = decimal_text(row->min, row->decimals, s->arena), .max = decimal_text(row->max, row->decimals, s->arena),
        .step = row->decimals ? decimal_text(1, row->decimals, s->arena) : "1",
        .from_console = origin == ORIGIN_CONSOLE,
    };

    view.label = say(s, arena_printf(s->arena, "settings.%s", row->name));
    view.help = say(s, arena_printf(s->arena, "settings.%s.help", row->name));
    view.unit = row->unit ? say(s, row->unit) : "";
    view.origin_word = say(s, arena_printf(s->arena, "settings.origin.%s", view.origin));
    view.effect = say(s, row->live ? "settings.effect.live" : "settings.effect.start");
    view.words = words_of(s, row, view.value);
    return view;
}

static struct list views_of(const struct show *s)
{
    struct snapshot *snapshot = gate_snapshot(s->rq->gate);
    struct setting_view *views = NEW_ARRAY(s->arena, struct setting_view, setting_rows_n);

    arena_defer(s->arena, drop_snapshot, snapshot);
    for (size_t i = 0; i < setting_rows_n; i++)
        views[i] = view_of(s, &snapshot->settings, &setting_rows[i]);
    return (struct list){views, setting_rows_n};
}

bool settings_list_page(struct request *rq)
{
    struct show s = show_of(rq);
    struct settings_page page = {0};

    if (!request_allow_query(rq, (const char *const[]){NULL}))
        return false;
    page.settings = views_of(&s);
    return page_render(rq, "settings", settings_page_fields, &page);
}

struct setting_sent {
    const char *value;
};
const struct form_field setting_sent_fields[] = {
    {.name = "value", .type = FORM_TEXT, .offset = offsetof(struct setting_sent, value), .max = 240}, FORM_END,
};

/* The page again with what was typed and why it was not taken. */
static bool again(struct request *rq, const char *name, const char *value, const struct form *form)
{
    struct show s = show_of(rq);
    struct settings_page page = {views_of(&s)};
    struct setting_view *view = page.settings.items;

    for (size_t i = 0; i < page.settings.n; i++)
        if (strcmp(view[i].name, name) == 0) {
            view[i].value = value ? value : "";
            view[i].problem = form_message(form, "value") ? form_message(form, "value") : form_message(form, name);
        }
    return page_again(rq, "settings", settings_page_fields, &page, form);
}

static bool done(struct request *rq, const char *name, const char *flash)
{
    struct show s = show_of(rq);
    const struct setting *row = setting_find(name);
    struct snapshot *snapshot = gate_snapshot(rq->gate);
    struct setting_view view;

    arena_defer(rq->arena, drop_snapshot, snapshot);
    view = view_of(&s, &snapshot->settings, row);
    return page_done(rq, "/admin/settings", flash, view.label, 200, setting_view_fields, &view);
}

/* In JSON a number may be a number: {"value": 30}. */
static void number_as_text(struct request *rq)
{
    struct json object, value;
    struct err ignored = {0};

    if (strcmp(rq->content_type, "application/json") != 0 || !json_check(rq->body, NULL, &object, &ignored))
        return;
    value = json_member(object, "value");
    if (json_kind(object) == JSON_OBJECT && json_kind(value) == JSON_NUMBER && json_count(object) == 1)
        rq->body = bytes_of(arena_printf(rq->arena, "{\"value\":\"%.*s\"}", (int)(value.n < 80 ? value.n : 80), value.p));
}

bool setting_save(struct request *rq)
{
    const char *name = request_path_param(rq, "name");
    struct change change = change_of(rq);
    struct setting_sent sent = {0};
    struct form form;

    number_as_text(rq);
    if (!form_read(rq, setting_sent_fields, &sent, &form))
        return false;
    if (!sent.value && form.problems.n == 0)                 /* a text may be empty; what else may not says so */
        sent.value = "";
    if (form.problems.n > 0)
        return again(rq, name, sent.value, &form);
    if (setting_change(&change, name, sent.value, &rq->err))
        return done(rq, name, "settings.flash.saved");
    if (request_is_api(rq) && strcmp(rq->err.field, name) == 0)
        snprintf(rq->err.field, sizeof(rq->err.field), "value");      /* programs know it by the member they sent */
    return form_takes_err(rq, &form) && again(rq, name, sent.value, &form);
}

bool setting_reset(struct request *rq)
{
    const char *name = request_path_param(rq, "name");
    struct change change = change_of(rq);

    return form_read_nothing(rq) && setting_change(&change, name, NULL, &rq->err) && done(rq, name, "settings.flash.reset");
}
