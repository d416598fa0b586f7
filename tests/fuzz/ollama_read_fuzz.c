/* SPDX-License-Identifier: MIT */
/* ollama_read_fuzz: any body of Ollama's addresses is refused in words, or read, translated and written for every service as JSON that can be read
 * again; the first byte says at which address. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "gate/snapshot.h"
#include "providers/providers.h"
#include "serve/ollama_embed.h"
#include "serve/ollama_read.h"

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
    bool ok = !chat->embed ? type->rules->prepare(&target, chat, a, &request, &err)
            : !type->rules->prepare_embed || type->rules->prepare_embed(&target, chat, 0, chat->embed->inputs.n, a, &request, &err);
    if (refused(ok, &err) || !request.url)
        return;
    if (!json_check(request.body, &(struct json_limits){.depth = 128, .allow_nul = true}, &body, &err) || json_kind(body) != JSON_OBJECT)
        abort();
}

/* What points somewhere points at something, and every tool's answer at a call. */
static void look(const struct chat *chat)
{
    const struct chat_message *message = chat->messages.items;
    for (size_t i = 0; i < chat->messages.n; i++) {
        const struct chat_part *part = message[i].parts.items;
        const struct chat_tool_call *call = message[i].tool_calls.items;
        for (size_t k = 0; k < message[i].parts.n; k++)
            if (part[k].type == PART_TEXT ? !part[k].text : !part[k].media_type || !part[k].data.n)
                abort();
        for (size_t k = 0; k < message[i].tool_calls.n; k++)
            if (!*call[k].id || !call[k].name || *call[k].arguments != '{')
                abort();
        if (message[i].role == CHAT_TOOL && !message[i].tool_call_id)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static bool (*const readers[])(struct json, struct chat *, struct arena *, struct err *) = {
        ollama_chat_read, ollama_generate_read, ollama_embed_read, ollama_embeddings_read,
    };
    struct arena *a = arena_new();
    struct chat *chat = chat_new(a);
    struct err err = {0};
    struct json body;
    provider_types = all_provider_types;
    if (n && json_check((struct bytes){p + 1, n - 1}, &limits, &body, &err) && json_kind(body) == JSON_OBJECT
        && !refused(readers[p[0] % COUNT(readers)](body, chat, a, &err), &err)) {
        if (chat->raw.p)
            write_for(provider_type_find("ollama"), chat, a);
        if (chat->parsed || !refused(chat->parse(chat, a, &err), &err)) {
            look(chat);
            chat->dialect = DIALECT_NONE;
            for (size_t i = 0; all_provider_types[i]; i++)
                write_for(all_provider_types[i], chat, a);
        }
    }
    arena_free(a);
    return 0;
}
