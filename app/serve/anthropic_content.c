/* SPDX-License-Identifier: MIT */
#include "serve/anthropic_content.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "serve/anthropic_parts.h"
#include "serve/part.h"
#include "serve/shape.h"

enum { TEXT_MAX = 256 << 20 };

static bool is_result(struct json block)
{
    return json_equal(json_member(block, "type"), "tool_result");
}

/* The results of tools among a turn's blocks, or the others. */
static bool read_some(struct anthropic_reading *r, struct json list, const char *field, bool results, struct err *err)
{
    struct json_walk w = json_walk(list);

    while (json_next(&w))
        if (is_result(w.value) == results
            && !anthropic_block_read(r, w.value, arena_printf(r->arena, "%s[%zu]", field, w.i), r->place, err))
            return false;
    return true;
}

static size_t count_results(struct json list)
{
    struct json_walk w = json_walk(list);
    size_t n = 0;

    while (json_next(&w))
        n += is_result(w.value);
    return n;
}

/* The message of this turn: the one before, if it is of the same role. */
static struct chat_message *message_of(struct chat *chat, enum chat_role role, struct arena *a)
{
    struct chat_message *last = chat->messages.n ? (struct chat_message *)chat->messages.items + chat->messages.n - 1 : NULL;

    return last && last->role == role && role != CHAT_SYSTEM ? last : part_message(chat, role, a);
}

static bool read_message(struct json message, const char *field, struct chat *chat, struct arena *a, struct err *err)
{
    static const char *const known[] = {"role", "content", NULL};
    struct json role = json_member(message, "role"), content = json_member(message, "content");
    enum chat_role is = json_equal(role, "assistant") ? CHAT_ASSISTANT : json_equal(role, "system") ? CHAT_SYSTEM : CHAT_USER;
    static const enum anthropic_place places[] = {[CHAT_SYSTEM] = IN_SYSTEM, [CHAT_USER] = IN_USER, [CHAT_ASSISTANT] = IN_ASSISTANT};
    struct anthropic_reading r = {.chat = chat, .arena = a, .place = places[is]};
    size_t results = is == CHAT_USER ? count_results(content) : 0;
    const char *name = arena_printf(a, "%s.content", field);

    anthropic_drop_others(message, known, "messages", chat, a);
    if (results && !read_some(&r, content, name, true, err))
        return false;
    if (results && results == json_count(content))
        return true;
    r.message = message_of(chat, is, a);
    if (json_kind(content) == JSON_ARRAY)
        return results ? read_some(&r, content, name, false, err) : anthropic_blocks_read(&r, content, name, r.place, err);
    part_text(r.message, content, a);
    return true;
}

bool anthropic_content_check(struct json messages, struct arena *a, struct err *err)
{
    static const char *const roles[] = {"user", "assistant", "system", NULL};
    struct json_walk w = json_walk(messages);

    while (json_next(&w)) {
        struct json role = json_member(w.value, "role"), content = json_member(w.value, "content");
        const char *word = NULL;

        if (json_kind(w.value) != JSON_OBJECT)
            return fail_field(err, arena_printf(a, "messages[%zu]", w.i), shape_excerpt(w.value, a), "object");
        if (!part_word(role, roles, arena_printf(a, "messages[%zu].role", w.i), &word, a, err))
            return false;
        if (!word)
            return fail_field(err, arena_printf(a, "messages[%zu].role", w.i), "", "user, assistant, system");
        if (json_kind(content) != JSON_STRING && json_kind(content) != JSON_ARRAY)
            return fail_field(err, arena_printf(a, "messages[%zu].content", w.i), shape_excerpt(content, a), "string, array");
    }
    return true;
}

bool anthropic_system_read(struct json system, struct chat *chat, struct arena *a, struct err *err)
{
    struct chat_message texts = {.role = CHAT_SYSTEM};
    struct anthropic_reading r = {.chat = chat, .arena = a, .message = &texts, .place = IN_SYSTEM};
    struct buf all = buf_new(a, TEXT_MAX);
    struct chat_part one = {.type = PART_TEXT};
    const struct chat_part *part;

    if (json_kind(system) == JSON_STRING)
        part_text(&texts, system, a);
    else if (!anthropic_blocks_read(&r, system, "system", IN_SYSTEM, err))
        return false;
    part = texts.parts.items;
    for (size_t i = 0; i < texts.parts.n; i++) {
        buf_text(&all, all.n && part[i].text_n ? "\n\n" : "");
        buf_add(&all, part[i].text, part[i].text_n);
    }
    one.text_n = all.n;
    if (!buf_done(&all, &one.text, err))
        return false;
    if (one.text_n)
        part_add(part_message(chat, CHAT_SYSTEM, a), &one, a);
    return true;
}

bool anthropic_content_read(struct json messages, struct chat *chat, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(messages);

    while (json_next(&w))
        if (!read_message(w.value, arena_printf(a, "messages[%zu]", w.i), chat, a, err))
            return false;
    return true;
}
