/* SPDX-License-Identifier: MIT */
/* anthropic_read_fuzz: any body is refused in words, or read, translated and written for every service as JSON that can be read again. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "gate/estimate.h"
#include "gate/snapshot.h"
#include "providers/providers.h"
#include "serve/anthropic_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const struct json_limits limits = {.allow_nul = true};

/* Refusals name what is wrong. */
static bool refused(bool ok, const struct err *err)
{
    if (!ok && (err->kind == ERR_NONE || !*err->text))
        abort();
    return !ok;
}

static void write_for(const struct provider_type *type, const struct chat *chat, struct arena *a)
{
    struct provider provider = {.id = "p", .name = "p", .base_url = "http://h", .type = type};
    struct target target = {.provider = &provider, .model = "other", .stream = chat->stream};
    struct http_request request = {0};
    struct err err = {0};
    struct json body;
    if (refused(type->rules->prepare(&target, chat, a, &request, &err), &err))
        return;
    if (!json_check(request.body, &(struct json_limits){.depth = 128, .allow_nul = true}, &body, &err) || json_kind(body) != JSON_OBJECT)
        abort();
}

/* Every message has a role of ours, and what points somewhere points at something. */
static void look(const struct chat *chat)
{
    const struct chat_message *message = chat->messages.items;
    for (size_t i = 0; i < chat->messages.n; i++) {
        const struct chat_part *part = message[i].parts.items;
        const struct chat_tool_call *call = message[i].tool_calls.items;
        for (size_t k = 0; k < message[i].parts.n; k++)
            if (part[k].type == PART_TEXT ? !part[k].text : !part[k].url && !part[k].media_type)
                abort();
        for (size_t k = 0; k < message[i].tool_calls.n; k++)
            if (!call[k].id || !call[k].name || *call[k].arguments != '{')
                abort();
        if (message[i].role == CHAT_TOOL && !message[i].tool_call_id)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena *a = arena_new();
    struct chat *chat = chat_new(a);
    struct err err = {0};
    struct json body;
    if (json_check((struct bytes){p, n}, &limits, &body, &err) && json_kind(body) == JSON_OBJECT
        && !refused(anthropic_read(body, chat, a, &err), &err)) {
        if (estimate_chat(chat, chat->model) <= 0)
            abort();
        if (!refused(chat->parse(chat, a, &err), &err)) {
            look(chat);
            for (size_t i = 0; all_provider_types[i]; i++)
                write_for(all_provider_types[i], chat, a);
        }
    }
    arena_free(a);
    return 0;
}
