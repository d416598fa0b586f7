/* SPDX-License-Identifier: MIT */
/* ollama_write: a chat as the body of POST /api/chat: options in an object of their own, raw base64 images, tool arguments as objects. */
#include "providers/ollama_write.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json_write.h"

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

        if (!json_check(bytes_of(*call[i].arguments ? call[i].arguments : "{}"), NULL, &arguments, err)
            || json_kind(arguments) != JSON_OBJECT)
            return fail_field(err, "tool_calls.function.arguments", call[i].arguments, "a JSON object as text");
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

/* The name of the tool that call ${id} asked for in the nearest message before ${result}: Ollama knows results by name, and runtimes
 * that count calls use the same ids in every answer. */
static const char *tool_name_of(const struct chat *chat, const struct chat_message *result)
{
    const struct chat_message *first = chat->messages.items;

    for (const struct chat_message *m = result; result->tool_call_id && m-- > first;) {
        const struct chat_tool_call *call = m->tool_calls.items;

        for (size_t k = 0; k < m->tool_calls.n; k++)
            if (call[k].id && strcmp(call[k].id, result->tool_call_id) == 0)
                return call[k].name;
    }
    return NULL;
}

static bool write_message(struct json_out *out, const struct chat *chat, const struct chat_message *message, struct arena *a, struct err *err)
{
    static const char *const roles[] = {"system", "user", "assistant", "tool"};
    const char *tool = tool_name_of(chat, message);

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

static void option_int(struct json_out *out, const char *name, int64_t value)
{
    if (value != INT64_MIN)
        json_member_put_int(out, name, value);
}

static void option_real(struct json_out *out, const char *name, double value)
{
    if (isnan(value))
        return;
    json_name(out, name);
    json_put_real(out, value);
}

static void write_options(struct json_out *out, const struct chat *chat)
{
    const char *const *stop = chat->stop.items;

    json_name(out, "options");
    json_begin_object(out);
    option_int(out, "num_predict", chat->max_tokens);
    option_int(out, "seed", chat->seed);
    option_int(out, "top_k", chat->top_k);
    option_real(out, "temperature", chat->temperature);
    option_real(out, "top_p", chat->top_p);
    option_real(out, "frequency_penalty", chat->frequency_penalty);
    option_real(out, "presence_penalty", chat->presence_penalty);
    if (chat->stop.n) {
        json_name(out, "stop");
        json_begin_array(out);
        for (size_t i = 0; i < chat->stop.n; i++)
            json_put_text(out, stop[i]);
        json_end_array(out);
    }
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
