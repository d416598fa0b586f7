/* SPDX-License-Identifier: MIT */
#include "console/provider_verbs_page.h"

#include <stdio.h>
#include <string.h>

#include "console/doer.h"
#include "console/provider_view.h"
#include "db/runs.h"
#include "gate/breaker.h"
#include "gate/breaker_change.h"
#include "gate/gate.h"
#include "gate/provider_change.h"
#include "web/web.h"

enum { DAY_S = 86400, COUNTED_MOST = 10000 };

struct verb_page {
    const char *id, *name;
    bool active, has_secret, untested;   /* untested: activating was refused because no good check is known */
    int64_t runs, models_n;              /* in the last 24 hours, counted to 10,000 */
    struct mark mark;
    const char *reason;
    bool has_others;
    struct list others;                  /* struct provider_view: who could be active instead */
};

const struct field provider_verb_fields[] = {
    FIELD_PAGE(struct verb_page, id), FIELD_PAGE(struct verb_page, name), FIELD_PAGE(struct verb_page, active),
    FIELD_PAGE(struct verb_page, has_secret), FIELD_PAGE(struct verb_page, untested), FIELD_PAGE(struct verb_page, runs),
    FIELD_PAGE(struct verb_page, models_n), FIELD_STRUCT_PAGE(struct verb_page, mark, mark_fields), FIELD_PAGE(struct verb_page, reason),
    FIELD_PAGE(struct verb_page, has_others), FIELD_LIST_PAGE(struct verb_page, others, provider_view_fields, struct provider_view), FIELD_END,
};

static bool fill_page(struct request *rq, struct verb_page *page)
{
    struct show s = show_of(rq);
    struct span day = span_of(DAY_S);
    const char *id = request_path_param(rq, "id");
    struct run_filter filter = {.from = day.from, .to = day.to, .provider_id = id};
    struct list all;
    struct provider_view *view;
    bool found = false;

    if (!provider_views(&s, &all))
        return false;
    view = all.items;
    page->others.items = NEW_ARRAY(rq->arena, struct provider_view, all.n);
    for (size_t i = 0; i < all.n; i++) {
        if (strcmp(view[i].row.id, id) == 0) {
            page->id = view[i].row.id;
            page->name = view[i].row.name;
            page->active = view[i].row.active;
            page->has_secret = view[i].row.has_secret;
            page->models_n = view[i].models_n;
            page->mark = view[i].mark;
            page->reason = view[i].reason;
            found = true;
        } else if (view[i].row.enabled) {
            ((struct provider_view *)page->others.items)[page->others.n++] = view[i];
        }
    }
    page->has_others = page->others.n > 0;
    if (!found)
        return fail_field(&rq->err, "id", id, "") || (rq->err.kind = ERR_NOT_FOUND, false);
    return runs_count(rq->db, rq->arena, &filter, COUNTED_MOST, &page->runs, &rq->err);
}

static bool show_page(struct request *rq, const char *template, int status)
{
    struct verb_page page = {0};

    if (!request_allow_query(rq, (const char *const[]){NULL}) || !fill_page(rq, &page))
        return false;
    rq->out.status = status;
    return page_render(rq, template, provider_verb_fields, &page);
}

/* The provider as it is now, for the API; back to the list for people. */
static bool answer(struct request *rq, const char *id, const char *flash, const char *name)
{
    struct show s = show_of(rq);
    struct provider_view view;

    if (!request_is_api(rq))
        return page_done(rq, "/admin/providers", flash, name, 200, NULL, NULL);
    return provider_view_get(&s, id, &view) && response_json(rq, 200, provider_detail_fields, &view);
}

static const char *name_of(struct request *rq, const char *id)
{
    struct provider_row row;
    struct err ignored = {0};

    return providers_get(rq->db, rq->arena, id, &row, &ignored) ? row.name : id;
}

struct verb_sent {
    bool untested;
};
const struct form_field provider_activate_fields[] = {
    {.name = "untested", .type = FORM_BOOL, .offset = offsetof(struct verb_sent, untested)}, FORM_END,
};

bool provider_activate_page(struct request *rq)
{
    return show_page(rq, "provider_activate", 200);
}

static bool was_untested(const struct err *err)
{
    return err->kind == ERR_CONFLICT && err->message && strcmp(err->message, "error.provider_untested") == 0;
}

bool provider_activate_do(struct request *rq)
{
    const char *id = request_path_param(rq, "id");
    struct change change = change_of(rq);
    struct verb_sent sent = {false};
    struct verb_page page = {.untested = true};
    struct form form;

    if (!form_read_any(rq, provider_activate_fields, &sent, &form))
        return false;
    if (form.problems.n > 0)
        return form_fail(rq, &form);
    if (provider_activate(&change, id, sent.untested, &rq->err))
        return answer(rq, id, "provider.flash.activated", name_of(rq, id));
    if (request_is_api(rq) || !was_untested(&rq->err) || !fill_page(rq, &page))
        return false;
    rq->out.status = 409;
    return page_render(rq, "provider_activate", provider_verb_fields, &page);
}

bool provider_disable_page(struct request *rq)
{
    return show_page(rq, "provider_disable", 200);
}

bool provider_disable_do(struct request *rq)
{
    const char *id = request_path_param(rq, "id");
    struct change change = change_of(rq);

    return form_read_nothing(rq) && provider_enable(&change, id, false, &rq->err) && answer(rq, id, "provider.flash.disabled", name_of(rq, id));
}

bool provider_enable_do(struct request *rq)
{
    const char *id = request_path_param(rq, "id");
    struct change change = change_of(rq);

    if (!form_read_nothing(rq) || !provider_enable(&change, id, true, &rq->err))
        return false;
    gate_wake_checks(rq->gate);
    return answer(rq, id, "provider.flash.enabled", name_of(rq, id));
}

struct breaker_sent {
    const char *model, *breaker;
};
const struct form_field provider_breaker_fields[] = {
    {.name = "model", .type = FORM_TEXT, .offset = offsetof(struct breaker_sent, model), .required = true, .max = 200},
    {.name = "breaker", .type = FORM_WORD, .offset = offsetof(struct breaker_sent, breaker), .required = true, .words = breaker_force_words},
    FORM_END,
};

bool provider_breaker_do(struct request *rq)
{
    const char *id = request_path_param(rq, "id");
    struct change change = change_of(rq);
    struct breaker_sent sent = {0};
    struct show s = show_of(rq);
    struct provider_view view;
    struct form form;

    if (!form_read_any(rq, provider_breaker_fields, &sent, &form))
        return false;
    if (form.problems.n > 0)
        return form_fail(rq, &form);
    if (!breaker_change(&change, id, sent.model, sent.breaker, &rq->err) || !gate_reload(rq->gate, &rq->err))
        return false;
    if (!request_is_api(rq))
        return page_done(rq, arena_printf(rq->arena, "/admin/providers/%s", id), "provider.flash.breaker", sent.model, 200, NULL, NULL);
    return provider_view_get(&s, id, &view) && response_json(rq, 200, provider_detail_fields, &view);
}

/* Also when only asking: the page of the active one says 409 and what can be done instead. */
bool provider_delete_page(struct request *rq)
{
    struct verb_page page = {0};

    if (!request_allow_query(rq, (const char *const[]){NULL}) || !fill_page(rq, &page))
        return false;
    rq->out.status = page.active ? 409 : 200;
    return page_render(rq, "provider_delete", provider_verb_fields, &page);
}

static void say_ways_out(struct request *rq, const char *id)
{
    snprintf(rq->err.field, sizeof(rq->err.field), "active");
    snprintf(rq->err.value, sizeof(rq->err.value), "true");
    snprintf(rq->err.allowed, sizeof(rq->err.allowed), "POST /api/v1/providers/{other}/activate, POST /api/v1/providers/%.36s/disable", id);
}

bool provider_delete_do(struct request *rq)
{
    const char *id = request_path_param(rq, "id");
    struct change change = change_of(rq);
    const char *name;

    if (!form_read_nothing(rq))
        return false;
    name = name_of(rq, id);
    if (provider_remove(&change, id, &rq->err))
        return page_done(rq, "/admin/providers", "provider.flash.deleted", name, 200, NULL, NULL);
    if (rq->err.kind != ERR_PROVIDER_ACTIVE)
        return false;
    if (!request_is_api(rq))
        return provider_delete_page(rq);
    say_ways_out(rq, id);
    return false;
}
