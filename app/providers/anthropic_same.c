/* SPDX-License-Identifier: MIT */
/* anthropic_same: the body of a caller that speaks this dialect itself. It goes on as it came, but for the model, and for reasoning that came through
 * the gateway: the mark of who made it is taken off, and what another provider signed is left out, since the service would refuse it. */
#include <string.h>

#include "base/arena.h"
#include "gate/thought.h"
#include "providers/anthropic_write.h"
#include "providers/write.h"

/* A block of the conversation. False if another provider signed it. ${name_r}: the member with the opaque half and ${opaque_r}, without its mark;
 * NULL if it has none. */
static bool block_is_ours(struct json block, struct arena *a, const char **name_r, const char **opaque_r)
{
    bool sealed = json_equal(json_member(block, "type"), "redacted_thinking");
    bool open = json_equal(json_member(block, "type"), "thinking");
    enum dialect by = DIALECT_ANTHROPIC;

    *name_r = sealed ? "data" : "signature";
    *opaque_r = sealed || open ? json_string(json_member(block, *name_r), a) : NULL;
    if (*opaque_r)
        *opaque_r = thought_read(*opaque_r, DIALECT_ANTHROPIC, &by);
    return by == DIALECT_ANTHROPIC;
}

static void put_block(struct json_out *out, struct json block, struct arena *a)
{
    struct json_walk w = json_walk(block);
    const char *name, *opaque;

    if (!block_is_ours(block, a, &name, &opaque))
        return;
    if (!opaque) {
        json_put_raw(out, json_bytes(block));
        return;
    }
    json_begin_object(out);
    while (json_next(&w)) {
        if (json_equal(w.name, name))
            json_member_text(out, name, opaque);
        else
            json_put_pair(out, w.name, w.value);
    }
    json_end_object(out);
}

/* How many blocks of a message are ours, and how many are not. */
static void count_blocks(struct json content, struct arena *a, size_t *ours_r, size_t *others_r)
{
    struct json_walk w = json_walk(content);
    const char *name, *opaque;

    *ours_r = *others_r = 0;
    while (json_next(&w))
        ++*(block_is_ours(w.value, a, &name, &opaque) ? ours_r : others_r);
}

/* A message of which nothing is left is left out: the service refuses an empty one, and joins its neighbours. */
static void put_message(struct json_out *out, struct json message, struct arena *a)
{
    struct json content = json_member(message, "content");
    struct json_walk members = json_walk(message), blocks;
    size_t ours, others;

    if (json_kind(content) != JSON_ARRAY) {
        json_put_raw(out, json_bytes(message));
        return;
    }
    count_blocks(content, a, &ours, &others);
    if (!ours && others)
        return;
    json_begin_object(out);
    while (json_next(&members)) {
        if (!json_equal(members.name, "content")) {
            json_put_pair(out, members.name, members.value);
            continue;
        }
        json_name(out, "content");
        json_begin_array(out);
        for (blocks = json_walk(content); json_next(&blocks);)
            put_block(out, blocks.value, a);
        json_end_array(out);
    }
    json_end_object(out);
}

static void put_messages(struct json_out *out, struct json messages, struct arena *a)
{
    struct json_walk w = json_walk(messages);

    json_begin_array(out);
    while (json_next(&w))
        put_message(out, w.value, a);
    json_end_array(out);
}

static bool calls_tools(struct json content)
{
    struct json_walk w = json_walk(content);

    while (json_next(&w))
        if (json_equal(json_member(w.value, "type"), "tool_use"))
            return true;
    return false;
}

/* A model that thinks within a budget must find its thoughts before its last calls. When they were another's, it cannot think this time. */
static bool must_not_think(const struct chat *chat, struct arena *a)
{
    struct json_walk w = json_walk(json_member(chat->raw, "messages"));
    struct json last = {0};
    size_t ours, others;

    if (!json_equal(json_at(chat->raw, "thinking.type"), "enabled"))
        return false;
    while (json_next(&w))
        if (json_equal(json_member(w.value, "role"), "assistant"))
            last = json_member(w.value, "content");
    count_blocks(last, a, &ours, &others);
    return others && calls_tools(last);
}

bool anthropic_write_same(struct target *target, const struct chat *chat, struct arena *a, struct bytes *body_r, struct err *err)
{
    struct buf buf = buf_new(a, (size_t)512 << 20);
    struct json_out out = json_out(&buf);
    struct json_walk w = json_walk(chat->raw);
    const char *text;
    bool unthinking;

    if (!thought_marked(json_bytes(chat->raw)))
        return write_renamed(chat, target->model, a, body_r, err);
    unthinking = must_not_think(chat, a);
    if (unthinking)
        target_drop(target, a, "thinking");
    json_begin_object(&out);
    json_member_text(&out, "model", target->model);
    while (json_next(&w)) {
        if (json_equal(w.name, "messages")) {
            json_name(&out, "messages");
            put_messages(&out, w.value, a);
        } else if (!json_equal(w.name, "model") && !(unthinking && json_equal(w.name, "thinking"))) {
            json_put_pair(&out, w.name, w.value);
        }
    }
    json_end_object(&out);
    *body_r = buf_view(&buf);
    return buf_done(&buf, &text, err);
}
