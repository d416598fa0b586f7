/* SPDX-License-Identifier: MIT */
/* ollama_write: a chat as the body of POST /api/chat: options in an object of their own, raw base64 images, tool arguments as objects. */
#include "providers/ollama_write.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "providers/write.h"

/* Ollama takes one text and a list of images; parts are joined in order. */
static bool write_parts(struct json_out *out, const struct chat_message *message, struct arena *a, struct err *err)
{
    const struct chat_part *part = message->parts.items;
    struct buf text = buf_new(a, (size_t)256 << 20);
    size_t images = 0;

    for (size_t i = 0; i < message->parts.n; i++) {
        if (part[i].type == PART_TEXT)
            buf_add(&text, part[i].text, part[i].text_n);
        else if (part[i].url)
            return fail_field_as(err, "error.image_url", "messages", part[i].url, "data:image/…;base64");
        else
            images++;
    }
    json_name(out, "content");
    json_put_bytes(out, buf_view(&text));
    if (!images)
        return true;
    json_name(out, "images");
    json_begin_array(out);
    for (size_t i = 0; i < message->parts.n; i++)
        if (part[i].type == PART_IMAGE)
            json_put_bytes(out, part[i].data);
    json_end_array(out);
    return true;
}

static bool write_tool_calls(struct json_out *out, struct list calls, struct err *err)
{
    const struct chat_tool_call *call = calls.items;

    json_name(out, "tool_calls");
    json_begin_array(out);
    for (size_t i = 0; i < calls.n; i++) {
        struct json arguments;

        if (!write_arguments(&call[i], &arguments, err))
            return false;
        json_begin_object(out);
        json_name(out, "function");
        json_begin_object(out);
        json_member_text(out, "name", call[i].name);
        json_name(out, "arguments");
        json_put_raw(out, json_bytes(arguments));
        json_end_object(out);
        json_end_object(out);
    }
    json_end_array(out);
    return true;
}

static bool write_message(struct json_out *out, const struct chat *chat, const struct chat_message *message, struct arena *a, struct err *err)
{
    static const char *const roles[] = {"system", "user", "assistant", "tool"};
    const char *tool = write_tool_name(chat, message);

    json_begin_object(out);
    json_member_text(out, "role", roles[message->role]);
    if (!write_parts(out, message, a, err))
        return false;
    if (message->thoughts.n)
        json_member_text(out, "thinking", thoughts_text(message, a));
    if (tool)
        json_member_text(out, "tool_name", tool);
    if (message->tool_calls.n && !write_tool_calls(out, message->tool_calls, err))
        return false;
    json_end_object(out);
    return true;
}

static void write_tools(struct json_out *out, const struct chat *chat)
{
    const struct chat_tool *tool = chat->tools.items;

    json_name(out, "tools");
    json_begin_array(out);
    for (size_t i = 0; i < chat->tools.n; i++) {
        json_begin_object(out);
        json_member_text(out, "type", "function");
        json_name(out, "function");
        json_begin_object(out);
        json_member_text(out, "name", tool[i].name);
        json_member_text(out, "description", tool[i].description ? tool[i].description : "");
        json_name(out, "parameters");
        if (tool[i].parameters.p)
            json_put_raw(out, json_bytes(tool[i].parameters));
        else
            json_put_raw(out, bytes_of("{\"type\":\"object\",\"properties\":{}}"));
        json_end_object(out);
        json_end_object(out);
    }
    json_end_array(out);
}

static void write_options(struct json_out *out, const struct chat *chat)
{
    json_name(out, "options");
    json_begin_object(out);
    write_int(out, "num_predict", chat->max_tokens);
    write_int(out, "seed", chat->seed);
    write_int(out, "top_k", chat->top_k);
    write_real(out, "temperature", chat->temperature);
    write_real(out, "top_p", chat->top_p);
    write_real(out, "frequency_penalty", chat->frequency_penalty);
    write_real(out, "presence_penalty", chat->presence_penalty);
    write_texts(out, "stop", chat->stop);
    json_end_object(out);
}

static bool write_body(const struct target *target, const struct chat *chat, struct arena *a, struct json_out *out, struct err *err)
{
    const struct chat_message *message = chat->messages.items;

    json_begin_object(out);
    json_member_text(out, "model", target->model);
    json_name(out, "messages");
    json_begin_array(out);
    for (size_t i = 0; i < chat->messages.n; i++)
        if (!write_message(out, chat, &message[i], a, err))
            return false;
    json_end_array(out);
    if (chat->tools.n && !(chat->tool_choice && strcmp(chat->tool_choice, "none") == 0))     /* there is no other way to say none */
        write_tools(out, chat);
    if (chat->format) {
        json_name(out, "format");
        if (chat->schema.p)
            json_put_raw(out, json_bytes(chat->schema));
        else
            json_put_text(out, "json");
    }
    write_options(out, chat);
    json_member_put_bool(out, "stream", chat->stream);
    json_end_object(out);
    return true;
}

bool ollama_write(struct target *target, const struct chat *chat, struct arena *a, struct bytes *body_r, struct err *err)
{
    struct buf buf = buf_new(a, (size_t)512 << 20);
    struct json_out out = json_out(&buf);
    const char *text;

    if (chat->n != INT64_MIN && chat->n > 1)
        return fail_field(err, "n", arena_printf(a, "%lld", (long long)chat->n), "1");
    if (chat->tool_choice && strcmp(chat->tool_choice, "auto") != 0 && strcmp(chat->tool_choice, "none") != 0)
        return fail_field(err, "tool_choice", chat->tool_choice, "auto, none");
    if (!write_body(target, chat, a, &out, err) || !buf_done(&buf, &text, err))
        return false;
    *body_r = buf_view(&buf);
    return true;
}
