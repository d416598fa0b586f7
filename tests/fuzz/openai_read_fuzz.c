/* SPDX-License-Identifier: MIT */
/* openai_read_fuzz: any body is refused in words, or read, translated and written for every dialect as JSON that can be read again. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "gate/snapshot.h"
#include "providers/providers.h"
#include "serve/openai_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const struct json_limits limits = {.allow_nul = true};

/* Refusals name what is wrong. */
static bool refused(bool ok, const struct err *err)
{
    if (!ok && (err->kind == ERR_NONE || !*err->text))
        abort();
    return !ok;
}

static void write_for(const struct dialect_rules *rules, const struct chat *chat, struct arena *a)
{
    struct provider provider = {.base_url = "http://h"};
    struct http_request request = {0};
    struct err err = {0};
    struct json body;
    if (refused(rules->prepare(&(struct target){.provider = &provider, .model = "other"}, chat, a, &request, &err), &err))
        return;
    if (!json_check(request.body, &limits, &body, &err) || json_kind(body) != JSON_OBJECT || !json_equal(json_member(body, "model"), "other"))
        abort();
    if (json_count(json_member(body, "messages")) != json_count(json_member(chat->raw, "messages")))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena *a = arena_new();
    struct chat *chat = chat_new(a);
    struct err err = {0};
    struct json body;
    if (json_check((struct bytes){p, n}, &limits, &body, &err) && json_kind(body) == JSON_OBJECT
        && !refused(openai_read(body, chat, a, &err), &err)) {
        write_for(&openai_rules, chat, a);
        if (!refused(openai_parse(chat, a, &err), &err)) {
            write_for(&ollama_rules, chat, a);
            chat->dialect = DIALECT_NONE;
            write_for(&openai_rules, chat, a);
        }
    }
    arena_free(a);
    return 0;
}
