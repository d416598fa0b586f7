/* SPDX-License-Identifier: MIT */
#include "console/provider_sent.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "gate/provider_options.h"
#include "gate/snapshot.h"
#include "gate/who.h"
#include "web/web.h"

enum { TIME_MOST_MS = 86400000 };

static const char *const modes[] = {"local", "cloud", NULL};
static const char *const returns[] = {"list", "detail", NULL};

#define REST_OF_FIELDS \
    {.name = "type", .type = FORM_TEXT, .offset = offsetof(struct provider_sent, form.type), .required = true, .max = 80}, \
    {.name = "base_url", .type = FORM_TEXT, .offset = offsetof(struct provider_sent, form.base_url), .max = 500}, \
    {.name = "deployment_mode", .type = FORM_WORD, .offset = offsetof(struct provider_sent, form.deployment_mode), .words = modes}, \
    {.name = "data_class_max", .type = FORM_WORD, .offset = offsetof(struct provider_sent, form.data_class_max), .words = class_words}, \
    {.name = "note", .type = FORM_TEXT, .offset = offsetof(struct provider_sent, form.note), .keep_space = true, .max = 1000}, \
    {.name = "secret", .type = FORM_SECRET, .offset = offsetof(struct provider_sent, form.secret), .max = 4000}, \
    {.name = "secret_remove", .type = FORM_BOOL, .offset = offsetof(struct provider_sent, form.secret_remove)}, \
    {.name = "options", .type = FORM_PAIRS, .offset = offsetof(struct provider_sent, options)}, \
    {.name = "models", .type = FORM_LINES, .offset = offsetof(struct provider_sent, form.models), .max = 200}, \
    {.name = "enabled", .type = FORM_BOOL, .offset = offsetof(struct provider_sent, form.enabled)}, \
    {.name = "position", .type = FORM_INT, .offset = offsetof(struct provider_sent, form.position), .min = 1, .max = 10000}, \
    {.name = "connect_ms", .type = FORM_INT, .offset = offsetof(struct provider_sent, form.connect_ms), .min = 100, .max = 600000}, \
    {.name = "first_byte_ms", .type = FORM_INT, .offset = offsetof(struct provider_sent, form.first_byte_ms), .min = 100, .max = TIME_MOST_MS}, \
    {.name = "idle_ms", .type = FORM_INT, .offset = offsetof(struct provider_sent, form.idle_ms), .min = 100, .max = TIME_MOST_MS}, \
    {.name = "total_ms", .type = FORM_INT, .offset = offsetof(struct provider_sent, form.total_ms), .min = 100, .max = TIME_MOST_MS}, \
    {.name = "rev", .type = FORM_INT, .offset = offsetof(struct provider_sent, form.rev), .min = 0, .max = INT32_MAX}, \
    {.name = "back", .type = FORM_WORD, .offset = offsetof(struct provider_sent, back), .words = returns}
const struct form_field provider_sent_fields[] = {
    {.name = "name", .type = FORM_TEXT, .offset = offsetof(struct provider_sent, form.name), .required = true, .max = 80},
    REST_OF_FIELDS,
    FORM_END,
};
const struct form_field provider_tried_fields[] = {
    {.name = "name", .type = FORM_TEXT, .offset = offsetof(struct provider_sent, form.name), .max = 80},
    REST_OF_FIELDS,
    FORM_END,
};

static void complete(struct provider_form *form)
{
    struct provider_form defaults;
    struct err ignored = {0};

    if (!form->type || !provider_defaults(form->type, &defaults, &ignored))
        return;
    form->base_url = form->base_url ? form->base_url : defaults.base_url;
    form->deployment_mode = form->deployment_mode ? form->deployment_mode : defaults.deployment_mode;
    if (!form->data_class_max)
        form->data_class_max = provider_class_default(form->deployment_mode);
    form->position = form->position ? form->position : defaults.position;
    form->connect_ms = form->connect_ms ? form->connect_ms : defaults.connect_ms;
    form->first_byte_ms = form->first_byte_ms ? form->first_byte_ms : defaults.first_byte_ms;
    form->idle_ms = form->idle_ms ? form->idle_ms : defaults.idle_ms;
    form->total_ms = form->total_ms ? form->total_ms : defaults.total_ms;
}

static struct list sent_options(struct request *rq, struct list pairs)
{
    const struct form_pair *pair = pairs.items;
    struct provider_option *options = NEW_ARRAY(rq->arena, struct provider_option, pairs.n);

    for (size_t i = 0; i < pairs.n; i++)
        options[i] = (struct provider_option){pair[i].name, pair[i].value};
    return (struct list){options, pairs.n};
}

/* A page whose type was changed still had the fields of the other type: those are left out. */
static void settle_options(struct request *rq, struct provider_sent *sent, const struct provider_type *type, const char *stored_type,
                           struct form *problems)
{
    bool changed = stored_type && strcmp(stored_type, type->name) != 0;
    struct err err = {0};

    sent->form.options = provider_options_merge(type, sent->form.options, sent_options(rq, sent->options), changed && !request_is_api(rq), rq->arena);
    if (!provider_options_check(type, sent->form.options, rq->arena, &err) && !form_message(problems, err.field))
        form_problem(rq, problems, arena_text(rq->arena, err.field), err.message ? err.message : "form.not_possible",
                     arena_text(rq->arena, err.value), arena_text(rq->arena, err.allowed));
}

void provider_sent_settle(struct request *rq, struct provider_sent *sent, const char *stored_type, struct form *problems)
{
    const struct provider_type *type = provider_type_find(sent->form.type ? sent->form.type : "");
    struct provider_form ignored;
    struct err err = {0};

    if (type)
        settle_options(rq, sent, type, stored_type, problems);
    else if (sent->form.type && !provider_defaults(sent->form.type, &ignored, &err))
        form_problem(rq, problems, "type", "form.not_possible", sent->form.type, arena_text(rq->arena, err.allowed));
    complete(&sent->form);
}
