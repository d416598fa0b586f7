/* SPDX-License-Identifier: MIT */
/* ollama_read_fuzz: any body of Ollama's addresses is refused in words, or read, translated and written for every service as JSON that can be read
 * again; the first byte says at which address. */
#include "bodies.h"
#include "serve/ollama_embed.h"
#include "serve/ollama_read.h"

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
    if (n && json_check((struct bytes){p + 1, n - 1}, &(struct json_limits){.allow_nul = true}, &body, &err) && json_kind(body) == JSON_OBJECT
        && !bodies_refused(readers[p[0] % COUNT(readers)](body, chat, a, &err), &err)) {
        if (chat->raw.p)
            bodies_write(provider_type_find("ollama"), chat, a);
        if (chat->parsed || !bodies_refused(chat->parse(chat, a, &err), &err)) {
            bodies_look(chat, true);
            chat->dialect = DIALECT_NONE;
            for (size_t i = 0; all_provider_types[i]; i++)
                bodies_write(all_provider_types[i], chat, a);
        }
    }
    arena_free(a);
    return 0;
}
