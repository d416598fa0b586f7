/* SPDX-License-Identifier: MIT */
/* openai_write: a chat as the body of a chat completions request. A caller that speaks the same dialect gets its body passed on with only
 * the model (and stream_options) exchanged, so fields nobody here knows survive; every other caller's chat is written from the model. */
#include "providers/openai_write.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/json_write.h"

/* Usage is always asked for in streams, so that it can be counted; the extra event is kept from a caller that did not ask. */
static void write_stream_options(const struct chat *chat, struct json_out *out)
{
    struct json_walk w = json_walk(json_member(chat->raw, "stream_options"));

    json_name(out, "stream_options");
    json_begin_object(out);
    while (json_next(&w))
        if (!json_equal(w.name, "include_usage"))
            json_put_pair(out, w.name, w.value);
    json_member_put_bool(out, "include_usage", true);
    json_end_object(out);
}

static void write_same(const struct target *target, const struct chat *chat, struct json_out *out)
{
    struct json_walk w = json_walk(chat->raw);

    json_begin_object(out);
    json_member_text(out, "model", target->model);
    while (json_next(&w)) {
        if (json_equal(w.name, "model") || (chat->stream && json_equal(w.name, "stream_options")))
            continue;
        json_put_pair(out, w.name, w.value);
    }
    if (chat->stream)
        write_stream_options(chat, out);
    json_end_object(out);
}

static void write_image(struct json_out *out, const struct chat_part *part)
{
    json_member_text(out, "type", "image_url");
    json_name(out, "image_url");
    json_begin_object(out);
    json_name(out, "url");
    if (part->url)
        json_put_text(out, part->url);
    else
        json_put_text(out, arena_printf(out->buf->arena, "data:%s;base64,%.*s", part->media_type, (int)part->data.n,
                                        (const char *)part->data.p));
    json_end_object(out);
}

static void write_part(struct json_out *out, const struct chat_part *part)
{
    json_begin_object(out);
    if (part->type == PART_TEXT) {
        json_member_text(out, "type", "text");
        json_name(out, "text");
        json_put_bytes(out, (struct bytes){(const uint8_t *)part->text, part->text_n});
    } else {
        write_image(out, part);
    }
    json_end_object(out);
}

static void write_tool_calls(struct json_out *out, struct list calls)
{
    const struct chat_tool_call *call = calls.items;

    json_name(out, "tool_calls");
    json_begin_array(out);
    for (size_t i = 0; i < calls.n; i++) {
        json_begin_object(out);
        json_member_text(out, "id", call[i].id);
        json_member_text(out, "type", "function");
        json_name(out, "function");
        json_begin_object(out);
        json_member_text(out, "name", call[i].name);
        json_member_text(out, "arguments", call[i].arguments);
        json_end_object(out);
        json_end_object(out);
    }
    json_end_array(out);
}

static void write_content(struct json_out *out, const struct chat_message *message)
{
    const struct chat_part *part = message->parts.items;

    json_name(out, "content");
    if (!message->parts.n) {
        json_put_text(out, message->tool_calls.n ? NULL : "");
        return;
    }
    if (message->parts.n == 1 && part->type == PART_TEXT) {
        json_put_bytes(out, (struct bytes){(const uint8_t *)part->text, part->text_n});
        return;
    }
    json_begin_array(out);
    for (size_t i = 0; i < message->parts.n; i++)
        write_part(out, &part[i]);
    json_end_array(out);
}

static void write_message(struct json_out *out, const struct chat_message *message)
{
    static const char *const roles[] = {"system", "user", "assistant", "tool"};

    json_begin_object(out);
    json_member_text(out, "role", roles[message->role]);
    if (message->name)
        json_member_text(out, "name", message->name);
    if (message->tool_call_id)
        json_member_text(out, "tool_call_id", message->tool_call_id);
    write_content(out, message);
    if (message->tool_calls.n)
        write_tool_calls(out, message->tool_calls);
    json_end_object(out);
}

static void write_tool(struct json_out *out, const struct chat_tool *tool)
{
    json_begin_object(out);
    json_member_text(out, "type", "function");
    json_name(out, "function");
    json_begin_object(out);
    json_member_text(out, "name", tool->name);
    if (tool->description)
        json_member_text(out, "description", tool->description);
    if (tool->parameters.p) {
        json_name(out, "parameters");
        json_put_raw(out, json_bytes(tool->parameters));
    }
    json_end_object(out);
    json_end_object(out);
}

static void write_tool_choice(struct json_out *out, const char *choice)
{
    json_name(out, "tool_choice");
    if (*choice != '=') {
        json_put_text(out, choice);
        return;
    }
    json_begin_object(out);
    json_member_text(out, "type", "function");
    json_name(out, "function");
    json_begin_object(out);
    json_member_text(out, "name", choice + 1);
    json_end_object(out);
    json_end_object(out);
}

static void write_tools(struct json_out *out, const struct chat *chat)
{
    const struct chat_tool *tool = chat->tools.items;

    json_name(out, "tools");
    json_begin_array(out);
    for (size_t i = 0; i < chat->tools.n; i++)
        write_tool(out, &tool[i]);
    json_end_array(out);
    if (chat->tool_choice)
        write_tool_choice(out, chat->tool_choice);
}

static void write_real(struct json_out *out, const char *name, double value)
{
    if (isnan(value))
        return;
    json_name(out, name);
    json_put_real(out, value);
}

static void write_int(struct json_out *out, const char *name, int64_t value)
{
    if (value != INT64_MIN)
        json_member_put_int(out, name, value);
}

static void write_format(struct json_out *out, const struct chat *chat)
{
    json_name(out, "response_format");
    json_begin_object(out);
    json_member_text(out, "type", chat->schema.p ? "json_schema" : "json_object");
    if (chat->schema.p) {
        json_name(out, "json_schema");
        json_begin_object(out);
        json_member_text(out, "name", "answer");
        json_name(out, "schema");
        json_put_raw(out, json_bytes(chat->schema));
        json_end_object(out);
    }
    json_end_object(out);
}

static void write_parameters(struct json_out *out, const struct chat *chat)
{
    const char *const *stop = chat->stop.items;

    write_int(out, "max_tokens", chat->max_tokens);
    write_int(out, "seed", chat->seed);
    write_int(out, "n", chat->n);
    write_real(out, "temperature", chat->temperature);
    write_real(out, "top_p", chat->top_p);
    write_real(out, "frequency_penalty", chat->frequency_penalty);
    write_real(out, "presence_penalty", chat->presence_penalty);
    if (chat->format)
        write_format(out, chat);
    if (!chat->stop.n)
        return;
    json_name(out, "stop");
    json_begin_array(out);
    for (size_t i = 0; i < chat->stop.n; i++)
        json_put_text(out, stop[i]);
    json_end_array(out);
}

static void write_parsed(const struct target *target, const struct chat *chat, struct json_out *out)
{
    const struct chat_message *message = chat->messages.items;

    json_begin_object(out);
    json_member_text(out, "model", target->model);
    json_name(out, "messages");
    json_begin_array(out);
    for (size_t i = 0; i < chat->messages.n; i++)
        write_message(out, &message[i]);
    json_end_array(out);
    if (chat->tools.n)
        write_tools(out, chat);
    write_parameters(out, chat);
    if (chat->stream) {
        json_member_put_bool(out, "stream", true);
        write_stream_options(chat, out);
    }
    json_end_object(out);
}

/* Whether the body can go as it came: the same model, and nothing to add. */
static bool goes_unchanged(const struct target *target, const struct chat *chat)
{
    return chat->model && strcmp(chat->model, target->model) == 0 && (!chat->stream || chat->include_usage);
}

bool openai_write(const struct target *target, const struct chat *chat, struct arena *a, struct bytes *body_r, struct err *err)
{
    struct buf buf = buf_new(a, (size_t)512 << 20);
    struct json_out out = json_out(&buf);
    const char *text;

    if (chat->dialect == DIALECT_OPENAI_CHAT && goes_unchanged(target, chat)) {
        *body_r = json_bytes(chat->raw);
        return true;
    }
    if (chat->dialect == DIALECT_OPENAI_CHAT)
        write_same(target, chat, &out);
    else
        write_parsed(target, chat, &out);
    if (!buf_done(&buf, &text, err))
        return false;
    *body_r = buf_view(&buf);
    return true;
}
