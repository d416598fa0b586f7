/* SPDX-License-Identifier: MIT */
#include "console/provider_form_page.h"

#include "console/doer.h"
#include "console/provider_form_view.h"
#include "console/provider_sent.h"
#include "console/provider_view.h"
#include "gate/gate.h"
#include "web/web.h"

bool provider_new_page(struct request *rq)
{
    const char *type = request_query(rq, "type");
    struct form_view page = {.choosing = !type};

    if (!request_allow_query(rq, (const char *const[]){"type", NULL}) || (type && !provider_defaults(type, &page.v, &rq->err)))
        return false;
    return provider_form_render(rq, &page, NULL);
}

bool provider_edit_page(struct request *rq)
{
    struct form_view page = {0};

    return request_allow_query(rq, (const char *const[]){NULL}) && provider_form_load(rq, request_path_param(rq, "id"), &page)
        && provider_form_render(rq, &page, NULL);
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
    struct provider_sent sent = {.form = {.enabled = true}};
    struct form_view page = {0};
    struct form form;
    struct change change = change_of(rq);
    const char *id;

    if (!form_read(rq, provider_sent_fields, &sent, &form))
        return false;
    provider_sent_settle(rq, &sent, NULL, &form);
    if (form.problems.n > 0)
        return provider_form_again(rq, &page, &sent.form, &form);
    if (!provider_add(&change, &sent.form, &id, &rq->err))
        return form_takes_err(rq, &form) && provider_form_again(rq, &page, &sent.form, &form);
    gate_wake_checks(rq->gate);
    return answer(rq, id, "provider.flash.added", 201);
}

static bool save_enabled(struct request *rq, struct change *change, const char *id, const struct form *form, const struct provider_sent *sent,
                         bool was)
{
    if (!request_is_api(rq) || !form_given(provider_sent_fields, form, "enabled") || sent->form.enabled == was)
        return true;
    return provider_enable(change, id, sent->form.enabled, &rq->err);
}

bool provider_save(struct request *rq)
{
    const char *id = request_path_param(rq, "id");
    struct form_view page = {0};
    struct provider_sent sent = {0};
    struct form form;
    struct change change = change_of(rq);

    if (!provider_form_load(rq, id, &page))
        return false;
    sent.form = page.v;
    sent.form.rev = 0;
    if (!form_read(rq, provider_sent_fields, &sent, &form))
        return false;
    provider_sent_settle(rq, &sent, page.v.type, &form);
    sent.form.models_given = form_given(provider_sent_fields, &form, "models");
    if (form.problems.n > 0)
        return provider_form_again(rq, &page, &sent.form, &form);
    if (!provider_edit(&change, id, &sent.form, &rq->err))
        return form_takes_err(rq, &form) && provider_form_again(rq, &page, &sent.form, &form);
    if (!save_enabled(rq, &change, id, &form, &sent, page.v.enabled))
        return false;
    gate_wake_checks(rq->gate);
    return answer(rq, id, "provider.flash.saved", 200);
}
