/* SPDX-License-Identifier: MIT */
/* provider_test_page: a connection tried with what is typed, or with what is stored. */
#include <string.h>

#include "console/doer.h"
#include "console/provider_form_page.h"
#include "console/provider_form_view.h"
#include "console/provider_sent.h"
#include "gate/gate.h"
#include "gate/provider_test.h"
#include "web/web.h"

static int64_t test_timeout(struct request *rq)
{
    struct snapshot *snapshot = gate_snapshot(rq->gate);
    int64_t ms = snapshot->settings.values.health_timeout_ms;

    snapshot_drop(snapshot);
    return ms;
}

/* The result of a stored provider's test in one line: "通过 412 ms · 23 个模型" or the reason. */
static bool test_done(struct request *rq, const struct show *s, const struct form_view *page, const struct provider_sent *sent,
                      const struct tried_view *test)
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
        || form_given(provider_sent_fields, form, "deployment_mode") || form_given(provider_sent_fields, form, "secret")
        || form_given(provider_sent_fields, form, "options");
}

bool provider_test_page(struct request *rq)
{
    const char *id = request_path_param(rq, "id");
    struct show s = show_of(rq);
    struct form_view page = {0};
    struct provider_sent sent = {.form = {.enabled = true}};
    struct form form;
    struct change change = change_of(rq);
    struct check check = {0};
    bool stored, ok;

    if (id && !provider_form_load(rq, id, &page))
        return false;
    if (id)
        sent.form = page.v;
    if (!form_read_any(rq, provider_tried_fields, &sent, &form))
        return false;
    stored = id && !is_form(&form);
    provider_sent_settle(rq, &sent, id ? page.v.type : NULL, &form);
    if (form.problems.n > 0)
        return provider_form_again(rq, &page, &sent.form, &form);
    ok = stored ? provider_test(&change, id, test_timeout(rq), &check, &rq->err)
                : provider_try(&change, id, &sent.form, test_timeout(rq), &check, &rq->err);
    if (!ok)
        return form_takes_err(rq, &form) && provider_form_again(rq, &page, &sent.form, &form);
    page.test = provider_test_view_of(&s, &check);
    if (request_is_api(rq))
        return response_json(rq, 200, provider_test_fields, &page.test);
    if (stored)
        return test_done(rq, &s, &page, &sent, &page.test);
    page.v = sent.form;
    return provider_form_render(rq, &page, NULL);
}
