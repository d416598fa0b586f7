/* SPDX-License-Identifier: MIT */
#include "console/keys_page.h"

#include <string.h>

#include "base/json.h"
#include "console/doer.h"
#include "console/show.h"
#include "db/api_keys.h"
#include "db/runs.h"
#include "db/spend.h"
#include "gate/key_change.h"
#include "gate/who.h"
#include "web/web.h"

enum { DAY_S = 86400, DAYS_SHOWN = 30, DAYS_PROPOSED = 90, DAYS_MOST = 3650, COUNTED_MOST = 10000 };

struct key_view {
    struct api_key_row row;
    bool expired;
    /* For pages only. */
    const char *shown, *role_word, *class_word, *models_text, *expires, *created, *runs, *cost, *unpriced;
    struct mark mark;
    bool usable;
};

#define ROW(m) FIELD_AS(struct key_view, row.m, #m)
#define ROW_TIME(m) FIELD_TIME_AS(struct key_view, row.m, #m)
const struct field key_view_fields[] = {
    ROW(id), ROW(name), ROW(tail), ROW(role), ROW(data_class), {.name = "models", .offset = offsetof(struct key_view, row.models), .type = FIELD_RAW},
    ROW(owner), ROW(revoked), ROW_TIME(revoked_at), ROW_TIME(expires_at), FIELD(struct key_view, expired), ROW_TIME(created_at),
    FIELD_PAGE(struct key_view, shown), FIELD_PAGE(struct key_view, role_word), FIELD_PAGE(struct key_view, class_word),
    FIELD_PAGE(struct key_view, models_text), FIELD_PAGE(struct key_view, expires), FIELD_PAGE(struct key_view, created),
    FIELD_PAGE(struct key_view, runs), FIELD_PAGE(struct key_view, cost), FIELD_PAGE(struct key_view, unpriced),
    FIELD_STRUCT_PAGE(struct key_view, mark, mark_fields),
    FIELD_PAGE(struct key_view, usable), FIELD_END,
};

struct keys_page {
    struct list keys;
    bool own_only, any;
};
const struct field keys_page_fields[] = {
    FIELD_LIST(struct keys_page, keys, key_view_fields, struct key_view), FIELD_PAGE(struct keys_page, own_only),
    FIELD_PAGE(struct keys_page, any), FIELD_END,
};

/* "a, b, c" of a JSON array of names; what all means when it is empty. */
static const char *models_text(const struct show *s, const char *models)
{
    struct json list;
    struct err ignored = {0};
    const char *text = "";

    if (!models || !json_check(bytes_of(models), NULL, &list, &ignored) || json_count(list) == 0)
        return say(s, "keys.models.all");
    for (struct json_walk walk = json_walk(list); json_next(&walk);)
        text = arena_printf(s->arena, "%s%s%s", text, *text ? ", " : "", json_string(walk.value, s->arena));
    return text;
}

static struct mark key_mark(const struct show *s, const struct key_view *view)
{
    if (view->row.revoked)
        return (struct mark){"ban", "bad", say(s, "keys.state.revoked")};
    if (view->expired)
        return (struct mark){"s-off", "off", say(s, "keys.state.expired")};
    return (struct mark){"s-ok", "ok", say(s, "keys.state.active")};
}

static struct key_view view_of(const struct show *s, const struct api_key_row *row)
{
    struct key_view view = {.row = *row, .expired = row->expires_at && row->expires_at <= s->now};

    view.shown = arena_printf(s->arena, "mgk_…%s", row->tail);
    view.role_word = say(s, arena_printf(s->arena, "role.%s", row->role));
    view.class_word = say(s, arena_printf(s->arena, "class.%s", row->data_class));
    view.models_text = models_text(s, row->models);
    view.expires = row->expires_at ? show_moment(s, row->expires_at) : say(s, "keys.expires.never");
    view.created = show_moment(s, row->created_at);
    view.mark = key_mark(s, &view);
    view.usable = !row->revoked && !view.expired;
    view.runs = "0";
    view.cost = show_cost(s, 0);
    return view;
}

/* Operators and up see all keys. A program sees those of its owner that can do no more than itself, or a stolen one could end the others. */
bool key_seen(const struct request *rq, const struct api_key_row *row)
{
    if (request_may(rq, OPERATOR))
        return true;
    return rq->who && strcmp(row->owner, rq->who->owner) == 0 && (!rq->who->key || role_of(row->role) <= rq->who->role);
}

static bool fill_use(const struct show *s, struct list *views)
{
    struct span month = span_of((int64_t)DAYS_SHOWN * DAY_S);
    struct request *rq = s->rq;
    struct key_view *view = views->items;
    const struct spend_row *row;
    struct list spend;

    if (!spend_by_key(rq->db, rq->arena, month.from, month.to, &spend, &rq->err))
        return false;
    row = spend.items;
    for (size_t i = 0; i < views->n; i++)
        for (size_t k = 0; k < spend.n; k++)
            if (strcmp(view[i].row.id, row[k].key_id) == 0) {
                view[i].runs = show_int(s, row[k].runs);
                view[i].cost = show_cost(s, row[k].cost_micros);
                view[i].unpriced = row[k].unpriced ? say_count(s, "overview.kpi.cost.unpriced", row[k].unpriced) : "";
            }
    return true;
}

bool keys_list_page(struct request *rq)
{
    struct show s = show_of(rq);
    struct keys_page page = {.own_only = !request_may(rq, OPERATOR)};
    struct list rows;
    const struct api_key_row *row;

    if (!request_allow_query(rq, (const char *const[]){NULL}) || !api_keys_list(rq->db, rq->arena, &rows, &rq->err))
        return false;
    row = rows.items;
    page.keys.items = NEW_ARRAY(rq->arena, struct key_view, rows.n);
    for (size_t i = 0; i < rows.n; i++)
        if (key_seen(rq, &row[i]))
            ((struct key_view *)page.keys.items)[page.keys.n++] = view_of(&s, &row[i]);
    page.any = page.keys.n > 0;
    return fill_use(&s, &page.keys) && page_render(rq, "keys", keys_page_fields, &page);
}

/* ---- making one ---- */

struct word_choice {
    const char *value, *label, *help;
    bool selected;
};
static const struct field word_choice_fields[] = {
    FIELD_PAGE(struct word_choice, value), FIELD_PAGE(struct word_choice, label), FIELD_PAGE(struct word_choice, help),
    FIELD_PAGE(struct word_choice, selected), FIELD_END,
};

struct key_sent {
    const char *name, *role, *data_class;
    struct list models;
    int64_t expires_days;
};
const struct form_field key_sent_fields[] = {
    {.name = "name", .type = FORM_TEXT, .offset = offsetof(struct key_sent, name), .required = true, .max = 80},
    {.name = "role", .type = FORM_WORD, .offset = offsetof(struct key_sent, role), .words = role_words},
    {.name = "data_class", .type = FORM_WORD, .offset = offsetof(struct key_sent, data_class), .words = class_words},
    {.name = "models", .type = FORM_LINES, .offset = offsetof(struct key_sent, models), .max = 200},
    {.name = "expires_days", .type = FORM_INT, .offset = offsetof(struct key_sent, expires_days), .min = 0, .max = DAYS_MOST},
    FORM_END,
};

struct key_form_page {
    const char *name, *models_text;
    int64_t expires_days;
    struct list roles, classes;
    const char *e_name, *e_role, *e_data_class, *e_models, *e_expires_days;
};
const struct field key_form_fields[] = {
    FIELD_PAGE(struct key_form_page, name), FIELD_PAGE(struct key_form_page, models_text), FIELD_PAGE(struct key_form_page, expires_days),
    FIELD_LIST_PAGE(struct key_form_page, roles, word_choice_fields, struct word_choice),
    FIELD_LIST_PAGE(struct key_form_page, classes, word_choice_fields, struct word_choice), FIELD_PAGE(struct key_form_page, e_name),
    FIELD_PAGE(struct key_form_page, e_role), FIELD_PAGE(struct key_form_page, e_data_class), FIELD_PAGE(struct key_form_page, e_models),
    FIELD_PAGE(struct key_form_page, e_expires_days), FIELD_END,
};

/* Whether the caller may hand out ${role}: nobody gives more than they have; auditors are made by administrators. */
static bool may_give(const struct request *rq, const char *word)
{
    enum role role = role_of(word);

    return request_may(rq, ADMIN) || (role != ROLE_AUDITOR && rq->who && role <= rq->who->role && rq->who->role != ROLE_AUDITOR);
}

static struct list role_choices(const struct show *s, const char *chosen)
{
    struct list choices = {NEW_ARRAY(s->arena, struct word_choice, 8), 0};

    for (size_t i = 0; role_words[i]; i++)
        if (may_give(s->rq, role_words[i]))
            ((struct word_choice *)choices.items)[choices.n++] = (struct word_choice){
                role_words[i], say(s, arena_printf(s->arena, "role.%s", role_words[i])),
                say(s, arena_printf(s->arena, "role.help.%s", role_words[i])), strcmp(chosen, role_words[i]) == 0,
            };
    return choices;
}

static struct list class_choices(const struct show *s, const char *chosen)
{
    struct list choices = {NEW_ARRAY(s->arena, struct word_choice, CLASSES), CLASSES};

    for (size_t i = 0; i < CLASSES; i++)
        ((struct word_choice *)choices.items)[i] = (struct word_choice){
            class_words[i], say(s, arena_printf(s->arena, "class.%s", class_words[i])), "", strcmp(chosen, class_words[i]) == 0,
        };
    return choices;
}

static const char *lines_of(struct arena *a, struct list names)
{
    const char *text = "";

    for (size_t i = 0; i < names.n; i++)
        text = arena_printf(a, "%s%s%s", text, i ? "\n" : "", ((const char *const *)names.items)[i]);
    return text;
}

static bool render_form(struct request *rq, const struct key_sent *sent, const struct form *form)
{
    struct show s = show_of(rq);
    struct key_form_page page = {
        .name = sent->name, .models_text = lines_of(rq->arena, sent->models), .expires_days = sent->expires_days,
        .roles = role_choices(&s, sent->role ? sent->role : "developer"),
        .classes = class_choices(&s, sent->data_class ? sent->data_class : "public"),
    };

    if (!form)
        return page_render(rq, "key_new", key_form_fields, &page);
    page.e_name = form_message(form, "name");
    page.e_role = form_message(form, "role");
    page.e_data_class = form_message(form, "data_class");
    page.e_models = form_message(form, "models");
    page.e_expires_days = form_message(form, "expires_days");
    return page_again(rq, "key_new", key_form_fields, &page, form);
}

bool key_new_page(struct request *rq)
{
    struct key_sent sent = {.expires_days = DAYS_PROPOSED};

    return request_allow_query(rq, (const char *const[]){NULL}) && render_form(rq, &sent, NULL);
}

struct key_created {
    struct key_view view;
    const char *key, *curl;
};
#define NEW_ROW(m) FIELD_AS(struct key_created, view.row.m, #m)
const struct field key_created_fields[] = {
    NEW_ROW(id), NEW_ROW(name), FIELD(struct key_created, key), NEW_ROW(tail), NEW_ROW(role), NEW_ROW(data_class),
    {.name = "models", .offset = offsetof(struct key_created, view.row.models), .type = FIELD_RAW}, NEW_ROW(owner),
    FIELD_TIME_AS(struct key_created, view.row.expires_at, "expires_at"), FIELD_TIME_AS(struct key_created, view.row.created_at, "created_at"),
    FIELD_STRUCT_PAGE(struct key_created, view, key_view_fields), FIELD_PAGE(struct key_created, curl), FIELD_END,
};

const char *first_request(struct request *rq, const char *key)
{
    struct show s = show_of(rq);

    return arena_printf(rq->arena, "curl %s://%s/v1/chat/completions \\\n  -H 'Authorization: Bearer %s' \\\n  -H 'Content-Type: application/json' \\\n"
                        "  -d '{\"model\": \"auto\", \"messages\": [{\"role\": \"user\", \"content\": \"%s\"}]}'",
                        rq->https ? "https" : "http", rq->host, key, say(&s, "keys.curl.greeting"));
}

static bool create(struct request *rq, const struct key_sent *sent, struct form *form)
{
    struct show s = show_of(rq);
    struct change change = change_of(rq);
    struct key_form wanted = {
        .name = sent->name, .role = sent->role, .data_class = sent->data_class, .models = sent->models,
        .owner = rq->who ? rq->who->owner : "", .maker = rq->who ? rq->who->key : NULL,
        .expires_at = sent->expires_days ? s.now + sent->expires_days * DAY_S * 1000000 : 0,
    };
    struct key_created created = {0};
    struct api_key_row row;
    char *text = arena_alloc(rq->arena, KEY_TEXT + 1);
    const char *id;

    if (!key_create(&change, &wanted, text, &id, &rq->err))
        return form_takes_err(rq, form) && render_form(rq, sent, form);
    if (!api_keys_get(rq->db, rq->arena, id, &row, &rq->err))
        return false;
    created = (struct key_created){.view = view_of(&s, &row), .key = text, .curl = first_request(rq, text)};
    rq->out.status = request_is_api(rq) ? 201 : 200;
    return page_render(rq, "key_created", key_created_fields, &created);
}

bool key_create_do(struct request *rq)
{
    struct key_sent sent = {.role = "developer"};
    struct form form;

    if (!form_read(rq, key_sent_fields, &sent, &form))
        return false;
    if (sent.role && !may_give(rq, sent.role))
        form_problem(rq, &form, "role", "keys.role.too_much", sent.role, "");
    if (form.problems.n > 0)
        return render_form(rq, &sent, &form);
    return create(rq, &sent, &form);
}

/* ---- one key ---- */

static bool find_key(struct request *rq, struct api_key_row *row_r)
{
    const char *id = request_path_param(rq, "id");

    if (!api_keys_get(rq->db, rq->arena, id, row_r, &rq->err))
        return false;
    if (key_seen(rq, row_r))
        return true;
    fail_field(&rq->err, "id", id, "");          /* another's key is as if it were not there */
    rq->err.kind = ERR_NOT_FOUND;
    return false;
}

bool key_detail(struct request *rq)
{
    struct show s = show_of(rq);
    struct api_key_row row;
    struct key_view view;

    if (!request_allow_query(rq, (const char *const[]){NULL}) || !find_key(rq, &row))
        return false;
    view = view_of(&s, &row);
    return response_json(rq, 200, key_view_fields, &view);
}

struct key_revoke_page {
    struct key_view view;
    int64_t runs;                        /* in the last hour */
};
const struct field key_revoke_fields[] = {
    FIELD_STRUCT_PAGE(struct key_revoke_page, view, key_view_fields), FIELD_PAGE(struct key_revoke_page, runs), FIELD_END,
};

bool key_revoke_page(struct request *rq)
{
    struct show s = show_of(rq);
    struct span hour = span_of(3600);
    struct run_filter filter = {.from = hour.from, .to = hour.to};
    struct key_revoke_page page = {0};
    struct api_key_row row;

    if (!request_allow_query(rq, (const char *const[]){NULL}) || !find_key(rq, &row))
        return false;
    page.view = view_of(&s, &row);
    filter.key_id = row.id;
    return runs_count(rq->db, rq->arena, &filter, COUNTED_MOST, &page.runs, &rq->err)
        && page_render(rq, "key_revoke", key_revoke_fields, &page);
}

bool key_revoke_do(struct request *rq)
{
    struct change change = change_of(rq);
    struct api_key_row row;

    return form_read_nothing(rq) && find_key(rq, &row) && key_revoke(&change, row.id, &rq->err)
        && page_done(rq, "/admin/keys", "keys.flash.revoked", row.name, 200, NULL, NULL);
}
