/* SPDX-License-Identifier: MIT */
#include "console/provider_form_view.h"

#include <string.h>

#include "base/json_write.h"
#include "db/models.h"
#include "gate/health.h"
#include "gate/provider.h"
#include "web/form.h"
#include "web/web.h"

enum { NAMES_MOST = 64 << 10, NAMES_SHOWN = 12 };

const struct field provider_test_fields[] = {
    FIELD(struct tried_view, ok), FIELD(struct tried_view, state), FIELD(struct tried_view, reason), FIELD(struct tried_view, message),
    FIELD(struct tried_view, detail), FIELD(struct tried_view, http_status), FIELD(struct tried_view, latency_us),
    FIELD_RAW(struct tried_view, models), FIELD_PAGE(struct tried_view, shown), FIELD_PAGE(struct tried_view, latency),
    FIELD_PAGE(struct tried_view, names), FIELD_PAGE(struct tried_view, models_n), FIELD_STRUCT_PAGE(struct tried_view, mark, mark_fields),
    FIELD_END,
};

static const char *names_json(struct arena *a, struct list names)
{
    struct buf buf = buf_new(a, 1 << 20);
    struct json_out out = json_out(&buf);
    const char *const *name = names.items, *text;
    struct err ignored = {0};

    json_begin_array(&out);
    for (size_t i = 0; i < names.n; i++)
        json_put_text(&out, name[i]);
    json_end_array(&out);
    return buf_done(&buf, &text, &ignored) ? text : "[]";
}

static const char *first_names(struct arena *a, struct list names, const char *between, size_t most)
{
    struct buf buf = buf_new(a, NAMES_MOST);
    const char *const *name = names.items, *text;
    struct err ignored = {0};

    for (size_t i = 0; i < names.n && i < most; i++)
        buf_printf(&buf, "%s%s", i ? between : "", name[i]);
    if (names.n > most)
        buf_text(&buf, " …");
    return buf_done(&buf, &text, &ignored) ? text : "";
}

struct tried_view provider_test_view_of(const struct show *s, const struct check *check)
{
    struct tried_view view = {
        .shown = true, .ok = strcmp(check->state, "bad") != 0, .state = check->state, .reason = check->reason,
        .detail = arena_text(s->arena, check->detail), .http_status = check->http_status, .latency_us = check->latency_us,
        .models = names_json(s->arena, check->names), .latency = show_us(s, check->latency_us), .models_n = (int64_t)check->names.n,
        .names = first_names(s->arena, check->names, ", ", NAMES_SHOWN), .mark = show_health(s, check->state),
    };

    view.mark.word = say(s, view.ok ? "provider.test.passed" : "provider.test.failed");
    view.message = *check->reason ? show_reason(s, check->reason) : say(s, check->names.n ? "provider.test.good" : "provider.test.good_unlisted");
    return view;
}

/* ---- the page ---- */

struct type_choice {
    const char *value, *label, *help, *icon;
    bool selected;
};
static const struct field type_choice_fields[] = {
    FIELD_PAGE(struct type_choice, value), FIELD_PAGE(struct type_choice, label), FIELD_PAGE(struct type_choice, help),
    FIELD_PAGE(struct type_choice, icon), FIELD_PAGE(struct type_choice, selected), FIELD_END,
};

#define VALUE(m) FIELD_AS(struct form_view, v.m, #m)
const struct field provider_form_page_fields[] = {
    FIELD_PAGE(struct form_view, id), FIELD_PAGE(struct form_view, stored_name), FIELD_PAGE(struct form_view, editing),
    FIELD_PAGE(struct form_view, choosing), VALUE(name), VALUE(type), VALUE(base_url), VALUE(note), VALUE(position), VALUE(connect_ms),
    VALUE(first_byte_ms), VALUE(idle_ms), VALUE(total_ms), VALUE(rev), VALUE(enabled), FIELD_PAGE(struct form_view, models_text),
    FIELD_PAGE(struct form_view, type_label), FIELD_PAGE(struct form_view, type_help), FIELD_PAGE(struct form_view, local),
    FIELD_PAGE(struct form_view, cloud), FIELD_PAGE(struct form_view, secret_needed), FIELD_PAGE(struct form_view, has_secret),
    FIELD_PAGE(struct form_view, unlisted),
    FIELD_PAGE(struct form_view, secret_tail), FIELD_LIST_PAGE(struct form_view, local_types, type_choice_fields, struct type_choice),
    FIELD_LIST_PAGE(struct form_view, cloud_types, type_choice_fields, struct type_choice),
    FIELD_LIST_PAGE(struct form_view, options, option_view_fields, struct option_view),
    FIELD_LIST_PAGE(struct form_view, regions, region_view_fields, struct region_view),
    FIELD_PAGE(struct form_view, has_regions), FIELD_STRUCT_PAGE(struct form_view, retention, retention_view_fields),
    FIELD_LIST_PAGE(struct form_view, classes, choice_fields, struct choice), FIELD_STRUCT_PAGE(struct form_view, test, provider_test_fields),
    FIELD_PAGE(struct form_view, e_name), FIELD_PAGE(struct form_view, e_type), FIELD_PAGE(struct form_view, e_base_url),
    FIELD_PAGE(struct form_view, e_deployment_mode), FIELD_PAGE(struct form_view, e_data_class_max), FIELD_PAGE(struct form_view, e_note),
    FIELD_PAGE(struct form_view, e_secret), FIELD_PAGE(struct form_view, e_models), FIELD_PAGE(struct form_view, e_position),
    FIELD_PAGE(struct form_view, e_connect_ms), FIELD_PAGE(struct form_view, e_first_byte_ms), FIELD_PAGE(struct form_view, e_idle_ms),
    FIELD_PAGE(struct form_view, e_total_ms), FIELD_PAGE(struct form_view, advanced_open), FIELD_END,
};

static struct list type_choices(const struct show *s, const char *chosen, const char *mode)
{
    struct list choices = {0};

    for (size_t i = 0; provider_types[i]; i++) {
        const struct provider_type *type = provider_types[i];

        if (strcmp(type->mode, mode) == 0)
            *(struct type_choice *)list_add(s->arena, &choices, sizeof(struct type_choice)) = (struct type_choice){
                .value = type->name, .label = type->label, .icon = type->icon ? type->icon : "",
                .help = say(s, arena_printf(s->arena, "provider.type.%s", type->name)), .selected = chosen && strcmp(chosen, type->name) == 0,
            };
    }
    return choices;
}

static struct list class_choices(const struct show *s, const char *chosen)
{
    struct choice *choices = NEW_ARRAY(s->arena, struct choice, CLASSES);

    for (size_t i = 0; i < CLASSES; i++)
        choices[i] = (struct choice){.value = class_words[i], .label = say(s, arena_printf(s->arena, "class.%s", class_words[i])),
                                     .selected = chosen && strcmp(chosen, class_words[i]) == 0};
    return (struct list){choices, CLASSES};
}

static void fill_page(const struct show *s, struct form_view *page, const struct form *form)
{
    const struct provider_type *type = provider_type_find(page->v.type ? page->v.type : "");

    page->type_label = type ? type->label : page->v.type;
    page->type_help = type && type->help ? say(s, type->help) : "";
    page->secret_needed = type && type->secret_needed;
    page->unlisted = type && type->unlisted;
    page->local = page->v.deployment_mode && strcmp(page->v.deployment_mode, "local") == 0;
    page->cloud = page->v.deployment_mode && !page->local;
    page->models_text = first_names(s->arena, page->v.models, "\n", SIZE_MAX);
    page->local_types = type_choices(s, page->v.type, "local");
    page->cloud_types = type_choices(s, page->v.type, "cloud");
    page->options = option_views(s, type, page->v.options, form);
    page->regions = region_views(s, type);
    page->has_regions = page->regions.n > 0;
    page->retention = retention_view_of(s, type, page->local);
    page->classes = class_choices(s, page->v.data_class_max);
}

static void fill_problems(struct form_view *page, const struct form *form)
{
    page->e_name = form_message(form, "name");
    page->e_type = form_message(form, "type");
    page->e_base_url = form_message(form, "base_url");
    page->e_deployment_mode = form_message(form, "deployment_mode");
    page->e_data_class_max = form_message(form, "data_class_max");
    page->e_note = form_message(form, "note");
    page->e_secret = form_message(form, "secret");
    page->e_models = form_message(form, "models");
    page->e_position = form_message(form, "position");
    page->e_connect_ms = form_message(form, "connect_ms");
    page->e_first_byte_ms = form_message(form, "first_byte_ms");
    page->e_idle_ms = form_message(form, "idle_ms");
    page->e_total_ms = form_message(form, "total_ms");
    page->advanced_open = page->e_position || page->e_connect_ms || page->e_first_byte_ms || page->e_idle_ms || page->e_total_ms || page->e_note;
}

bool provider_form_render(struct request *rq, struct form_view *page, const struct form *form)
{
    struct show s = show_of(rq);

    fill_page(&s, page, form);
    if (form && form->problems.n > 0) {
        fill_problems(page, form);
        return page_again(rq, "provider_form", provider_form_page_fields, page, form);
    }
    return page_render(rq, "provider_form", provider_form_page_fields, page);
}

static bool stored_models(struct request *rq, const char *id, struct list *names_r)
{
    struct list rows;
    const char **names;

    if (!models_list(rq->db, rq->arena, id, &rows, &rq->err))
        return false;
    names = NEW_ARRAY(rq->arena, const char *, rows.n);
    for (size_t i = 0; i < rows.n; i++)
        names[i] = ((const struct model_row *)rows.items)[i].name;
    *names_r = (struct list){names, rows.n};
    return true;
}

bool provider_form_load(struct request *rq, const char *id, struct form_view *page)
{
    struct provider_row row;

    if (!providers_get(rq->db, rq->arena, id, &row, &rq->err))
        return false;
    page->id = row.id;
    page->stored_name = row.name;
    page->editing = true;
    page->has_secret = row.has_secret;
    page->secret_tail = row.secret_tail;
    provider_form_of(&row, &page->v);
    return stored_models(rq, id, &page->v.models);
}

bool provider_form_again(struct request *rq, struct form_view *page, const struct provider_form *typed, const struct form *form)
{
    page->v = *typed;
    return provider_form_render(rq, page, form);
}
