/* SPDX-License-Identifier: MIT */
#include "console/provider_form_page.h"

#include <inttypes.h>
#include <string.h>

#include "base/json_write.h"
#include "console/doer.h"
#include "console/provider_view.h"
#include "db/models.h"
#include "gate/gate.h"
#include "gate/provider.h"
#include "gate/provider_test.h"
#include "web/web.h"

enum { TIME_MOST_MS = 86400000, NAMES_MOST = 64 << 10, NAMES_SHOWN = 12 };

static const char *const modes[] = {"local", "cloud", NULL};
static const char *const returns[] = {"list", "detail", NULL};

/* What a form or JSON may say: gate's form, and where a test goes back to. */
struct sent {
    struct provider_form form;
    const char *back;
};

#define REST_OF_FIELDS \
    {.name = "type", .type = FORM_TEXT, .offset = offsetof(struct sent, form.type), .required = true, .max = 80}, \
    {.name = "base_url", .type = FORM_TEXT, .offset = offsetof(struct sent, form.base_url), .max = 500}, \
    {.name = "deployment_mode", .type = FORM_WORD, .offset = offsetof(struct sent, form.deployment_mode), .words = modes}, \
    {.name = "data_class_max", .type = FORM_WORD, .offset = offsetof(struct sent, form.data_class_max), .words = class_words}, \
    {.name = "note", .type = FORM_TEXT, .offset = offsetof(struct sent, form.note), .keep_space = true, .max = 1000}, \
    {.name = "secret", .type = FORM_SECRET, .offset = offsetof(struct sent, form.secret), .max = 4000}, \
    {.name = "secret_remove", .type = FORM_BOOL, .offset = offsetof(struct sent, form.secret_remove)}, \
    {.name = "models", .type = FORM_LINES, .offset = offsetof(struct sent, form.models), .max = 200}, \
    {.name = "enabled", .type = FORM_BOOL, .offset = offsetof(struct sent, form.enabled)}, \
    {.name = "position", .type = FORM_INT, .offset = offsetof(struct sent, form.position), .min = 1, .max = 10000}, \
    {.name = "connect_ms", .type = FORM_INT, .offset = offsetof(struct sent, form.connect_ms), .min = 100, .max = 600000}, \
    {.name = "first_byte_ms", .type = FORM_INT, .offset = offsetof(struct sent, form.first_byte_ms), .min = 100, .max = TIME_MOST_MS}, \
    {.name = "idle_ms", .type = FORM_INT, .offset = offsetof(struct sent, form.idle_ms), .min = 100, .max = TIME_MOST_MS}, \
    {.name = "total_ms", .type = FORM_INT, .offset = offsetof(struct sent, form.total_ms), .min = 100, .max = TIME_MOST_MS}, \
    {.name = "rev", .type = FORM_INT, .offset = offsetof(struct sent, form.rev), .min = 0, .max = INT32_MAX}, \
    {.name = "back", .type = FORM_WORD, .offset = offsetof(struct sent, back), .words = returns}
const struct form_field provider_sent_fields[] = {
    {.name = "name", .type = FORM_TEXT, .offset = offsetof(struct sent, form.name), .required = true, .max = 80},
    REST_OF_FIELDS,
    FORM_END,
};
/* A test needs no name yet. */
const struct form_field provider_tried_fields[] = {
    {.name = "name", .type = FORM_TEXT, .offset = offsetof(struct sent, form.name), .max = 80},
    REST_OF_FIELDS,
    FORM_END,
};

/* ---- what a test found ---- */

struct test_view {
    bool shown, ok;
    const char *state, *reason, *detail;
    int64_t http_status, latency_us;
    const char *models;                  /* JSON array of names */
    const char *message, *latency, *names;       /* page: sentence, time, the first names */
    int64_t models_n;
    struct mark mark;
};

const struct field provider_test_fields[] = {
    FIELD(struct test_view, ok), FIELD(struct test_view, state), FIELD(struct test_view, reason), FIELD(struct test_view, message),
    FIELD(struct test_view, detail), FIELD(struct test_view, http_status), FIELD(struct test_view, latency_us),
    FIELD_RAW(struct test_view, models), FIELD_PAGE(struct test_view, shown), FIELD_PAGE(struct test_view, latency),
    FIELD_PAGE(struct test_view, names), FIELD_PAGE(struct test_view, models_n), FIELD_STRUCT_PAGE(struct test_view, mark, mark_fields),
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

static struct test_view test_view_of(const struct show *s, const struct check *check)
{
    struct test_view view = {
        .shown = true, .ok = strcmp(check->state, "bad") != 0, .state = check->state, .reason = check->reason,
        .detail = arena_text(s->arena, check->detail), .http_status = check->http_status, .latency_us = check->latency_us,
        .models = names_json(s->arena, check->names), .latency = show_us(s, check->latency_us), .models_n = (int64_t)check->names.n,
        .names = first_names(s->arena, check->names, ", ", NAMES_SHOWN), .mark = show_health(s, check->state),
    };

    view.mark.word = say(s, view.ok ? "provider.test.passed" : "provider.test.failed");
    view.message = *check->reason ? show_reason(s, check->reason) : say(s, "provider.test.good");
    return view;
}

/* ---- the page ---- */

struct choice {
    const char *value, *label, *help, *mode;
    bool selected, local;
};
static const struct field choice_fields[] = {
    FIELD_PAGE(struct choice, value), FIELD_PAGE(struct choice, label), FIELD_PAGE(struct choice, help), FIELD_PAGE(struct choice, mode),
    FIELD_PAGE(struct choice, selected), FIELD_PAGE(struct choice, local), FIELD_END,
};

struct form_page {
    const char *id, *stored_name;        /* NULL: a new one */
    bool editing, choosing;              /* choosing: which type, before the form */
    struct provider_form v;
    const char *models_text;
    const char *type_label, *type_help;
    bool local, cloud, secret_needed, has_secret;
    const char *secret_tail;
    struct list types, classes;          /* struct choice */
    struct test_view test;
    /* What is wrong with each field; NULL = nothing. */
    const char *e_name, *e_type, *e_base_url, *e_deployment_mode, *e_data_class_max, *e_note, *e_secret, *e_models, *e_position;
    const char *e_connect_ms, *e_first_byte_ms, *e_idle_ms, *e_total_ms;
    bool advanced_open;
};

#define VALUE(m) FIELD_AS(struct form_page, v.m, #m)
const struct field provider_form_page_fields[] = {
    FIELD_PAGE(struct form_page, id), FIELD_PAGE(struct form_page, stored_name), FIELD_PAGE(struct form_page, editing),
    FIELD_PAGE(struct form_page, choosing), VALUE(name), VALUE(type), VALUE(base_url), VALUE(note), VALUE(position), VALUE(connect_ms),
    VALUE(first_byte_ms), VALUE(idle_ms), VALUE(total_ms), VALUE(rev), VALUE(enabled), FIELD_PAGE(struct form_page, models_text),
    FIELD_PAGE(struct form_page, type_label), FIELD_PAGE(struct form_page, type_help), FIELD_PAGE(struct form_page, local),
    FIELD_PAGE(struct form_page, cloud), FIELD_PAGE(struct form_page, secret_needed), FIELD_PAGE(struct form_page, has_secret),
    FIELD_PAGE(struct form_page, secret_tail), FIELD_LIST_PAGE(struct form_page, types, choice_fields, struct choice),
    FIELD_LIST_PAGE(struct form_page, classes, choice_fields, struct choice), FIELD_STRUCT_PAGE(struct form_page, test, provider_test_fields),
    FIELD_PAGE(struct form_page, e_name), FIELD_PAGE(struct form_page, e_type), FIELD_PAGE(struct form_page, e_base_url),
    FIELD_PAGE(struct form_page, e_deployment_mode), FIELD_PAGE(struct form_page, e_data_class_max), FIELD_PAGE(struct form_page, e_note),
    FIELD_PAGE(struct form_page, e_secret), FIELD_PAGE(struct form_page, e_models), FIELD_PAGE(struct form_page, e_position),
    FIELD_PAGE(struct form_page, e_connect_ms), FIELD_PAGE(struct form_page, e_first_byte_ms), FIELD_PAGE(struct form_page, e_idle_ms),
    FIELD_PAGE(struct form_page, e_total_ms), FIELD_PAGE(struct form_page, advanced_open), FIELD_END,
};

static struct list type_choices(const struct show *s, const char *chosen)
{
    size_t n = 0;
    struct choice *choices;

    while (provider_types[n])
        n++;
    choices = NEW_ARRAY(s->arena, struct choice, n);
    for (size_t i = 0; i < n; i++) {
        const struct provider_type *type = provider_types[i];
        bool local = strcmp(type->mode, "local") == 0;

        choices[i] = (struct choice){
            .value = type->name, .label = type->label, .help = say(s, arena_printf(s->arena, "provider.type.%s", type->name)), .local = local,
            .mode = say(s, local ? "provider.mode.local" : "provider.mode.cloud"), .selected = chosen && strcmp(chosen, type->name) == 0,
        };
    }
    return (struct list){choices, n};
}

static struct list class_choices(const struct show *s, const char *chosen)
{
    struct choice *choices = NEW_ARRAY(s->arena, struct choice, CLASSES);

    for (size_t i = 0; i < CLASSES; i++)
        choices[i] = (struct choice){.value = class_words[i], .label = say(s, arena_printf(s->arena, "class.%s", class_words[i])),
                                     .selected = chosen && strcmp(chosen, class_words[i]) == 0};
    return (struct list){choices, CLASSES};
}

static void fill_page(const struct show *s, struct form_page *page)
{
    const struct provider_type *type = provider_type_find(page->v.type ? page->v.type : "");

    page->type_label = type ? type->label : page->v.type;
    page->type_help = type && type->help ? say(s, type->help) : "";
    page->secret_needed = type && type->secret_needed;
    page->local = page->v.deployment_mode && strcmp(page->v.deployment_mode, "local") == 0;
    page->cloud = page->v.deployment_mode && !page->local;
    page->models_text = first_names(s->arena, page->v.models, "\n", SIZE_MAX);
    page->types = type_choices(s, page->v.type);
    page->classes = class_choices(s, page->v.data_class_max);
}

static void fill_problems(struct form_page *page, const struct form *form)
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

static bool render(struct request *rq, struct form_page *page, const struct form *form)
{
    struct show s = show_of(rq);

    fill_page(&s, page);
    if (form && form->problems.n > 0) {
        fill_problems(page, form);
        return page_again(rq, "provider_form", provider_form_page_fields, page, form);
    }
    return page_render(rq, "provider_form", provider_form_page_fields, page);
}

bool provider_new_page(struct request *rq)
{
    const char *type = request_query(rq, "type");
    struct form_page page = {.choosing = !type};

    if (!request_allow_query(rq, (const char *const[]){"type", NULL}) || (type && !provider_defaults(type, &page.v, &rq->err)))
        return false;
    return render(rq, &page, NULL);
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

/* The form of a stored provider, as the base of an edit or a test. */
static bool load(struct request *rq, const char *id, struct form_page *page)
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

bool provider_edit_page(struct request *rq)
{
    struct form_page page = {0};

    return request_allow_query(rq, (const char *const[]){NULL}) && load(rq, request_path_param(rq, "id"), &page) && render(rq, &page, NULL);
}

/* What was not said gets what the type proposes. */
static void fill_defaults(struct provider_form *form)
{
    struct provider_form defaults;
    struct err ignored = {0};

    if (!form->type || !provider_defaults(form->type, &defaults, &ignored))
        return;
    form->base_url = form->base_url ? form->base_url : defaults.base_url;
    form->deployment_mode = form->deployment_mode ? form->deployment_mode : defaults.deployment_mode;
    if (!form->data_class_max)
        form->data_class_max = strcmp(form->deployment_mode, "local") == 0 ? "secret" : "internal";
    form->position = form->position ? form->position : defaults.position;
    form->connect_ms = form->connect_ms ? form->connect_ms : defaults.connect_ms;
    form->first_byte_ms = form->first_byte_ms ? form->first_byte_ms : defaults.first_byte_ms;
    form->idle_ms = form->idle_ms ? form->idle_ms : defaults.idle_ms;
    form->total_ms = form->total_ms ? form->total_ms : defaults.total_ms;
}

/* A type that does not exist is one problem among the others. */
static void check_type(struct request *rq, const struct provider_form *form, struct form *problems)
{
    struct provider_form ignored;
    struct err err = {0};

    if (form->type && !provider_defaults(form->type, &ignored, &err))
        form_problem(rq, problems, "type", "form.not_possible", form->type, arena_text(rq->arena, err.allowed));
}

static bool again(struct request *rq, struct form_page *page, const struct sent *sent, const struct form *form)
{
    page->v = sent->form;
    return render(rq, page, form);
}

static bool answer(struct request *rq, const char *id, const char *flash, int status)
{
    struct show s = show_of(rq);
    struct provider_view view;

    if (!request_is_api(rq))
        return page_done(rq, arena_printf(rq->arena, "/admin/providers/%s", id), flash, NULL, status, NULL, NULL);
    return provider_view_get(&s, id, &view) && response_json(rq, status, provider_detail_fields, &view);
}

bool provider_create(struct request *rq)
{
    struct sent sent = {.form = {.enabled = true}};
    struct form_page page = {0};
    struct form form;
    struct change change = change_of(rq);
    const char *id;

    if (!form_read(rq, provider_sent_fields, &sent, &form))
        return false;
    check_type(rq, &sent.form, &form);
    fill_defaults(&sent.form);
    if (form.problems.n > 0)
        return again(rq, &page, &sent, &form);
    if (!provider_add(&change, &sent.form, &id, &rq->err))
        return form_takes_err(rq, &form) && again(rq, &page, &sent, &form);
    gate_wake_checks(rq->gate);
    return answer(rq, id, "provider.flash.added", 201);
}

static bool save_enabled(struct request *rq, struct change *change, const char *id, const struct form *form, const struct sent *sent, bool was)
{
    if (!request_is_api(rq) || !form_given(provider_sent_fields, form, "enabled") || sent->form.enabled == was)
        return true;
    return provider_enable(change, id, sent->form.enabled, &rq->err);
}

bool provider_save(struct request *rq)
{
    const char *id = request_path_param(rq, "id");
    struct form_page page = {0};
    struct sent sent = {0};
    struct form form;
    struct change change = change_of(rq);

    if (!load(rq, id, &page))
        return false;
    sent.form = page.v;
    sent.form.rev = 0;
    if (!form_read(rq, provider_sent_fields, &sent, &form))
        return false;
    check_type(rq, &sent.form, &form);
    fill_defaults(&sent.form);
    sent.form.models_given = form_given(provider_sent_fields, &form, "models");
    if (form.problems.n > 0)
        return again(rq, &page, &sent, &form);
    if (!provider_edit(&change, id, &sent.form, &rq->err))
        return form_takes_err(rq, &form) && again(rq, &page, &sent, &form);
    if (!save_enabled(rq, &change, id, &form, &sent, page.v.enabled))
        return false;
    gate_wake_checks(rq->gate);
    return answer(rq, id, "provider.flash.saved", 200);
}

/* ---- test ---- */

static int64_t test_timeout(struct request *rq)
{
    struct snapshot *snapshot = gate_snapshot(rq->gate);
    int64_t ms = snapshot->settings.values.health_timeout_ms;

    snapshot_drop(snapshot);
    return ms;
}

/* The result of a stored provider's test in one line: "通过 412 ms · 23 个模型" or the reason. */
static bool test_done(struct request *rq, const struct show *s, const struct form_page *page, const struct sent *sent, const struct test_view *test)
{
    const char *path = sent->back && strcmp(sent->back, "list") == 0 ? "/admin/providers" : arena_printf(rq->arena, "/admin/providers/%s", page->id);
    const struct message_arg args[] = {
        {.name = "name", .text = page->stored_name}, {.name = "latency", .text = test->latency}, {.name = "models", .number = test->models_n},
        {.name = "message", .text = test->message}, {NULL},
    };
    const char *text = say_with(s, test->ok ? "provider.test.line.passed" : "provider.test.line.failed", args);

    return page_done(rq, path, test->ok ? "flash.good" : "flash.bad", text, 200, provider_test_fields, test);
}

static bool is_form(const struct form *form)
{
    return form_given(provider_sent_fields, form, "type") || form_given(provider_sent_fields, form, "base_url")
        || form_given(provider_sent_fields, form, "deployment_mode") || form_given(provider_sent_fields, form, "secret");
}

bool provider_test_page(struct request *rq)
{
    const char *id = request_path_param(rq, "id");
    struct show s = show_of(rq);
    struct form_page page = {0};
    struct sent sent = {.form = {.enabled = true}};
    struct form form;
    struct change change = change_of(rq);
    struct check check = {0};
    bool stored, ok;

    if (id && !load(rq, id, &page))
        return false;
    if (id)
        sent.form = page.v;
    if (!form_read_any(rq, provider_tried_fields, &sent, &form))
        return false;
    stored = id && !is_form(&form);
    check_type(rq, &sent.form, &form);
    fill_defaults(&sent.form);
    if (form.problems.n > 0)
        return again(rq, &page, &sent, &form);
    ok = stored ? provider_test(&change, id, test_timeout(rq), &check, &rq->err)
                : provider_try(&change, id, &sent.form, test_timeout(rq), &check, &rq->err);
    if (!ok)
        return form_takes_err(rq, &form) && again(rq, &page, &sent, &form);
    page.test = test_view_of(&s, &check);
    if (request_is_api(rq))
        return response_json(rq, 200, provider_test_fields, &page.test);
    if (stored)
        return test_done(rq, &s, &page, &sent, &page.test);
    page.v = sent.form;
    return render(rq, &page, NULL);
}
