/* SPDX-License-Identifier: MIT */
#include "gate/chat.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json_write.h"

struct chat *chat_new(struct arena *a)
{
    struct chat *chat = NEW(a, struct chat);

    chat->temperature = chat->top_p = chat->frequency_penalty = chat->presence_penalty = (double)NAN;
    chat->max_tokens = chat->seed = chat->top_k = chat->n = chat->top_logprobs = chat->thinking_max = INT64_MIN;
    return chat;
}

void *list_add(struct arena *a, struct list *list, size_t size)
{
    /* Room is always a power of two, so it need not be stored: it is used up when n is one. */
    if ((list->n & (list->n - 1)) == 0) {
        void *grown = arena_array(a, list->n ? 2 * list->n : 1, size);

        if (list->n)
            memcpy(grown, list->items, list->n * size);
        list->items = grown;
    }
    return (char *)list->items + size * list->n++;
}

void chat_drop(struct chat *chat, struct arena *a, const char *field)
{
    *(const char **)list_add(a, &chat->dropped, sizeof(const char *)) = field;
}

const char *thoughts_text(const struct chat_message *message, struct arena *a)
{
    const struct chat_thought *thought = message->thoughts.items;
    const char *text = NULL;

    for (size_t i = 0; i < message->thoughts.n; i++)
        if (thought[i].text && *thought[i].text)
            text = text ? arena_printf(a, "%s\n\n%s", text, thought[i].text) : thought[i].text;
    return text;
}

struct bytes tool_arguments(const char *arguments, struct arena *a)
{
    struct buf buf = buf_new(a, SIZE_MAX / 2);
    struct json_out out = json_out(&buf);
    struct json value = {0};
    struct err ignored = {0};
    bool good = json_check(bytes_of(arguments), &(struct json_limits){.allow_nul = true}, &value, &ignored);

    if (good && json_kind(value) == JSON_OBJECT)
        return json_bytes(value);
    if (!*arguments || (good && json_kind(value) == JSON_NULL))
        return bytes_of("{}");
    json_begin_object(&out);
    json_member_text(&out, "arguments", arguments);
    json_end_object(&out);
    return buf_view(&buf);
}
