/* SPDX-License-Identifier: MIT */
/* anthropic_read_fuzz: any body is refused in words, or read, translated and written for every service as JSON that can be read again. */
#include "bodies.h"
#include "serve/anthropic_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena *a = arena_new();
    struct chat *chat = chat_new(a);
    struct err err = {0};
    struct json body;
    if (json_check((struct bytes){p, n}, &(struct json_limits){.allow_nul = true}, &body, &err) && json_kind(body) == JSON_OBJECT
        && !bodies_refused(anthropic_read(body, chat, a, &err), &err)) {
        if (estimate_chat(chat, chat->model) <= 0)
            abort();
        if (!bodies_refused(chat->parse(chat, a, &err), &err)) {
            bodies_look(chat, true);
            for (size_t i = 0; all_provider_types[i]; i++)
                bodies_write(all_provider_types[i], chat, a);
        }
    }
    arena_free(a);
    return 0;
}
