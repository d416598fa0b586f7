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

const char *chat_field(const char *place, struct json name, struct arena *a)
{
    struct bytes written = json_escaped(name);
    const char *text = json_string(name, a);

    if (!text)
        text = arena_copy(a, written.p, written.n);
    return *place ? arena_printf(a, "%s%s", place, text) : text;
}

void chat_drop_name(struct chat *chat, struct arena *a, const char *place, struct json name)
{
    chat_drop(chat, a, chat_field(place, name, a));
}

const char *thoughts_text(const struct chat_message *message, struct arena *a)
{
    const struct chat_thought *thought = message->thoughts.items;
    struct buf text = buf_new(a, SIZE_MAX / 2);

    for (size_t i = 0; i < message->thoughts.n; i++)
        if (thought[i].text && *thought[i].text) {
            buf_text(&text, text.n ? "\n\n" : "");
            buf_text(&text, thought[i].text);
        }
    return text.n ? text.p : NULL;
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
