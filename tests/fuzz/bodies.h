/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_BODIES_H
#define TESTS_FUZZ_BODIES_H
/* bodies: what holds for every client API: any body is refused in words, or read, translated and written for every service as JSON that can be
 * read again. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "gate/estimate.h"
#include "gate/snapshot.h"
#include "providers/providers.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* Refusals name what is wrong. */
static bool bodies_refused(bool ok, const struct err *err)
{
    if (!ok && (err->kind == ERR_NONE || !*err->text))
        abort();
    return !ok;
}

static void bodies_write(const struct provider_type *type, const struct chat *chat, struct arena *a)
{
    struct provider provider = {.id = "p", .name = "p", .base_url = "http://h", .type = type};
    struct target target = {.provider = &provider, .model = "other", .stream = chat->stream};
    struct http_request request = {0};
    struct err err = {0};
    struct json body;
    bool ok = !chat->embed ? type->rules->prepare(&target, chat, a, &request, &err)
            : !type->rules->prepare_embed || type->rules->prepare_embed(&target, chat, 0, chat->embed->inputs.n, a, &request, &err);
    if (bodies_refused(ok, &err) || !request.url)
        return;
    if (!json_check(request.body, &(struct json_limits){.depth = 128, .allow_nul = true}, &body, &err) || json_kind(body) != JSON_OBJECT)
        abort();
    if (chat->embed)                         /* what switches there are is for conversations */
        return;
    if (type->switches && !strcmp(type->switches, "store=false") && json_kind(json_member(body, "store")) != JSON_FALSE)
        abort();                             /* whatever the caller says, nothing is kept */
    if (!strcmp(type->name, "openrouter") && !json_is_true(json_at(body, "provider.zdr")))
        abort();
}

/* What points somewhere points at something, and every tool's answer at a call; ${objects}: arguments are objects, not what a model wrote. */
static void bodies_look(const struct chat *chat, bool objects)
{
    const struct chat_message *message = chat->messages.items;
    for (size_t i = 0; i < chat->messages.n; i++) {
        const struct chat_part *part = message[i].parts.items;
        const struct chat_tool_call *call = message[i].tool_calls.items;
        const struct chat_thought *thought = message[i].thoughts.items;
        for (size_t k = 0; k < message[i].parts.n; k++)
            if (part[k].type == PART_TEXT ? !part[k].text : !part[k].url && !part[k].media_type)
                abort();
        for (size_t k = 0; k < message[i].tool_calls.n; k++)
            if (!call[k].id || !call[k].name || (objects ? *call[k].arguments != '{' : !*call[k].arguments))
                abort();
        for (size_t k = 0; k < message[i].thoughts.n; k++)
            if (!thought[k].text && !thought[k].opaque)
                abort();
        if (message[i].role == CHAT_TOOL && !message[i].tool_call_id)
            abort();
    }
}

__attribute__((unused)) static void bodies_try(struct bytes text, bool (*read)(struct json, struct chat *, struct arena *, struct err *))
{
    struct arena *a = arena_new();
    struct chat *chat = chat_new(a);
    struct err err = {0};
    struct json body;
    if (json_check(text, &(struct json_limits){.allow_nul = true}, &body, &err) && json_kind(body) == JSON_OBJECT
        && !bodies_refused(read(body, chat, a, &err), &err)) {
        if (estimate_chat(chat, chat->model) <= 0)
            abort();
        if (chat->parsed || !bodies_refused(chat->parse(chat, a, &err), &err)) {
            bodies_look(chat, false);
            for (size_t i = 0; all_provider_types[i]; i++)
                bodies_write(all_provider_types[i], chat, a);
        }
    }
    arena_free(a);
}

#endif
