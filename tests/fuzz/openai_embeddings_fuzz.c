/* SPDX-License-Identifier: MIT */
/* openai_embeddings_fuzz: any body is refused in words, or read and written, whole and in parts, for every service that embeds, as JSON. */
#include "bodies.h"
#include "gate/embed.h"
#include "serve/openai_embeddings.h"

static void write_for(const struct provider_type *type, const struct chat *chat, size_t first, size_t n, struct arena *a)
{
    struct provider provider = {.id = "p", .name = "p", .base_url = "http://h", .type = type};
    struct target target = {.provider = &provider, .model = "other"};
    struct http_request request = {0};
    struct err err = {0};
    struct json body;
    if (bodies_refused(type->rules->prepare_embed(&target, chat, first, n, a, &request, &err), &err))
        return;
    if (!json_check(request.body, &(struct json_limits){.depth = 128, .allow_nul = true}, &body, &err) || json_kind(body) != JSON_OBJECT)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena *a = arena_new();
    struct chat *chat = chat_new(a);
    struct err err = {0};
    struct json body;
    if (json_check((struct bytes){p, n}, &(struct json_limits){.allow_nul = true}, &body, &err) && json_kind(body) == JSON_OBJECT
        && !bodies_refused(openai_embeddings_read(body, chat, a, &err), &err)) {
        size_t inputs = chat->embed->inputs.n;
        if (inputs < 1 || inputs > 2048 || (chat->embed->single && inputs != 1) || estimate_chat(chat, chat->model) < 0
            || !chat->parse(chat, a, &err))
            abort();
        for (size_t i = 0; all_provider_types[i]; i++) {
            const struct provider_type *type = all_provider_types[i];
            if (!embed_can(type) || (chat->embed->tokens && !embed_same(chat, type->rules)))
                continue;
            write_for(type, chat, 0, inputs, a);
            write_for(type, chat, inputs / 2, inputs - inputs / 2, a);
        }
    }
    arena_free(a);
    return 0;
}
