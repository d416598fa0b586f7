/* SPDX-License-Identifier: MIT */
/* hunyuan_write: see the header. Members are PascalCase, arguments and schemas are texts. The conversation is one system message at the front,
 * then user (or tools) and assistant in turn, none of them empty; the user begins. */
#include "providers/hunyuan_write.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "providers/write.h"

enum { BODY_MAX = 512 << 20, SEED_MIN = 1, SEED_MAX = 10000 };

/* ---- messages ---- */

static bool is_said(const struct chat_part *part)
{
    return part->type != PART_TEXT || part->text_n > 0;
}

static bool says_something(const struct chat_message *message)
{
    const struct chat_part *part = message->parts.items;

    for (size_t i = 0; i < message->parts.n; i++)
        if (is_said(&part[i]))
            return true;
    return message->tool_calls.n || message->role == CHAT_TOOL;
}

static bool has_media(const struct chat_message *message, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct chat_part *part = message[i].parts.items;

        for (size_t k = 0; k < message[i].parts.n; k++)
            if (part[k].type != PART_TEXT)
                return true;
    }
    return false;
}

static bool write_part(struct json_out *out, const struct chat_part *part, struct err *err)
{
    if (part->type != PART_TEXT && part->type != PART_IMAGE)
        return fail_field_as(err, "error.part_type", "messages", part->type == PART_AUDIO ? "input_audio" : "file", "text, image_url");
    json_begin_object(out);
    json_member_text(out, "Type", part->type == PART_TEXT ? "text" : "image_url");
    if (part->type == PART_TEXT) {
        json_name(out, "Text");
        json_put_bytes(out, (struct bytes){(const uint8_t *)part->text, part->text_n});
    } else {
        json_name(out, "ImageUrl");
        json_begin_object(out);
        json_name(out, "Url");
        if (part->url)
            json_put_text(out, part->url);
        else
            write_data_url(out, part);
        json_end_object(out);
    }
    json_end_object(out);
    return true;
}

static bool write_parts(struct json_out *out, const struct chat_message *message, size_t n, struct err *err)
{
    json_name(out, "Contents");
    json_begin_array(out);
    for (size_t i = 0; i < n; i++) {
        const struct chat_part *part = message[i].parts.items;

        for (size_t k = 0; k < message[i].parts.n; k++)
            if (is_said(&part[k]) && !write_part(out, &part[k], err))
                return false;
    }
    json_end_array(out);
    return true;
}

/* The texts of messages that become one, a blank line between them. */
static void write_texts_joined(struct json_out *out, const struct chat_message *message, size_t n, enum chat_role role, struct arena *a)
{
    struct buf text = buf_new(a, BODY_MAX);

    for (size_t i = 0; i < n; i++) {
        struct bytes said = message[i].role == role ? write_text(&message[i], "\n", a) : (struct bytes){0};

        if (said.n && text.n)
            buf_text(&text, "\n\n");
        buf_bytes(&text, said);
    }
    json_name(out, "Content");
    json_put_bytes(out, buf_view(&text));
}

static bool write_calls(struct json_out *out, const struct chat_message *message, size_t n, struct err *err)
{
    json_name(out, "ToolCalls");
    json_begin_array(out);
    for (size_t i = 0; i < n; i++) {
        const struct chat_tool_call *call = message[i].tool_calls.items;

        for (size_t k = 0; k < message[i].tool_calls.n; k++) {
            struct json arguments;

            if (!write_arguments(&call[k], &arguments, err))
                return false;
            json_begin_object(out);
            json_member_text(out, "Id", call[k].id ? call[k].id : "");
            json_member_text(out, "Type", "function");
            json_name(out, "Function");
            json_begin_object(out);
            json_member_text(out, "Name", call[k].name);
            json_name(out, "Arguments");
            json_put_bytes(out, json_bytes(arguments));
            json_end_object(out);
            json_end_object(out);
        }
    }
    json_end_array(out);
    return true;
}

static size_t count_calls(const struct chat_message *message, size_t n)
{
    size_t calls = 0;

    for (size_t i = 0; i < n; i++)
        calls += message[i].tool_calls.n;
    return calls;
}

/* One message out of ${n} of the same role. */
static bool write_message(struct json_out *out, const struct chat_message *message, size_t n, struct arena *a, struct err *err)
{
    static const char *const roles[] = {"system", "user", "assistant", "tool"};

    json_begin_object(out);
    json_member_text(out, "Role", roles[message->role]);
    if (message->role == CHAT_TOOL)
        json_member_text(out, "ToolCallId", message->tool_call_id ? message->tool_call_id : "");
    if (!has_media(message, n))
        write_texts_joined(out, message, n, message->role, a);
    else if (!write_parts(out, message, n, err))
        return false;
    if (count_calls(message, n) && !write_calls(out, message, n, err))
        return false;
    json_end_object(out);
    return true;
}

static void write_system(struct json_out *out, const struct chat_message *message, size_t n, struct arena *a)
{
    bool any = false;

    for (size_t i = 0; i < n; i++)
        any = any || (message[i].role == CHAT_SYSTEM && says_something(&message[i]));
    if (!any)
        return;
    json_begin_object(out);
    json_member_text(out, "Role", "system");
    write_texts_joined(out, message, n, CHAT_SYSTEM, a);
    json_end_object(out);
}

/* The conversation without what stands in front of it or is empty; neighbours of one role can then be joined. */
static struct list turns_of(const struct chat *chat, struct arena *a)
{
    const struct chat_message *message = chat->messages.items;
    struct list turns = {0};

    for (size_t i = 0; i < chat->messages.n; i++)
        if (message[i].role != CHAT_SYSTEM && says_something(&message[i]))
            *(struct chat_message *)list_add(a, &turns, sizeof(*message)) = message[i];
    return turns;
}

static bool write_turns(struct json_out *out, struct list turns, struct arena *a, struct err *err)
{
    const struct chat_message *message = turns.items;

    for (size_t i = 0, n; i < turns.n; i += n) {
        for (n = 1; message[i].role != CHAT_TOOL && i + n < turns.n && message[i + n].role == message[i].role;)
            n++;
        if (!write_message(out, &message[i], n, a, err))
            return false;
    }
    return true;
}

static bool write_messages(struct json_out *out, const struct chat *chat, struct arena *a, struct err *err)
{
    struct list turns = turns_of(chat, a);
    const struct chat_message *first = turns.items;

    for (size_t i = 0; i < chat->messages.n; i++)
        if (((const struct chat_message *)chat->messages.items)[i].role == CHAT_SYSTEM
            && has_media((const struct chat_message *)chat->messages.items + i, 1))
            return fail_field_as(err, "error.part_type", "messages", "system", "text");
    json_name(out, "Messages");
    json_begin_array(out);
    write_system(out, chat->messages.items, chat->messages.n, a);
    if (!turns.n || first->role == CHAT_ASSISTANT) {         /* the user begins, and says something */
        json_begin_object(out);
        json_member_text(out, "Role", "user");
        json_member_text(out, "Content", " ");
        json_end_object(out);
    }
    if (!write_turns(out, turns, a, err))
        return false;
    json_end_array(out);
    return true;
}

/* ---- tools ---- */

static void write_tool(struct json_out *out, const struct chat_tool *tool)
{
    json_begin_object(out);
    json_member_text(out, "Type", "function");
    json_name(out, "Function");
    json_begin_object(out);
    json_member_text(out, "Name", tool->name);
    json_member_text(out, "Description", tool->description ? tool->description : "");
    json_name(out, "Parameters");
    json_put_bytes(out, tool->parameters.p ? json_bytes(tool->parameters) : bytes_of("{\"type\":\"object\",\"properties\":{}}"));
    json_end_object(out);
    json_end_object(out);
}

/* The tool that must be called, NULL if none must; "any of them" can only be said of one. */
static bool find_forced(const struct chat *chat, const struct chat_tool **tool_r, struct err *err)
{
    const struct chat_tool *tool = chat->tools.items;
    const char *choice = chat->tool_choice;

    *tool_r = NULL;
    if (!choice || strcmp(choice, "auto") == 0 || strcmp(choice, "none") == 0)
        return true;
    for (size_t i = 0; i < chat->tools.n; i++)
        if (*choice == '=' ? strcmp(tool[i].name, choice + 1) == 0 : chat->tools.n == 1) {
            *tool_r = &tool[i];
            return true;
        }
    return fail_field(err, "tool_choice", *choice == '=' ? choice + 1 : choice, "auto, none, function");
}

static bool write_tools(struct json_out *out, const struct chat *chat, struct err *err)
{
    const struct chat_tool *tool = chat->tools.items, *forced;

    if (!find_forced(chat, &forced, err))
        return false;
    if (!chat->tools.n)
        return true;
    json_name(out, "Tools");
    json_begin_array(out);
    for (size_t i = 0; i < chat->tools.n; i++)
        write_tool(out, &tool[i]);
    json_end_array(out);
    if (chat->tool_choice)
        json_member_text(out, "ToolChoice", forced ? "custom" : chat->tool_choice);
    if (forced) {
        json_name(out, "CustomTool");
        write_tool(out, forced);
    }
    return true;
}

/* ---- the rest ---- */

/* Hints that Hunyuan has no member for. */
static void drop_hints(struct target *target, const struct chat *chat, struct arena *a)
{
    const struct chat_message *message = chat->messages.items;
    const struct { const char *name; bool given; } hints[] = {
        {"max_tokens", chat->max_tokens != INT64_MIN}, {"top_k", chat->top_k != INT64_MIN}, {"user", chat->user != NULL},
        {"frequency_penalty", !isnan(chat->frequency_penalty)}, {"presence_penalty", !isnan(chat->presence_penalty)},
        {"reasoning_effort", chat->effort != NULL}, {"thinking", chat->thinking_max != INT64_MIN},
        {"parallel_tool_calls", chat->one_call && chat->tools.n},
        {"seed", chat->seed != INT64_MIN && (chat->seed < SEED_MIN || chat->seed > SEED_MAX)},
    };

    for (size_t i = 0; i < COUNT(hints); i++)
        if (hints[i].given)
            target_drop(target, a, hints[i].name);
    for (size_t i = 0; i < chat->messages.n; i++) {
        if (message[i].thoughts.n)                           /* Tencent asks not to send them back */
            target_drop(target, a, "messages.reasoning_content");
        if (message[i].name && message[i].role != CHAT_TOOL)
            target_drop(target, a, "messages.name");
    }
}

static bool write_body(struct json_out *out, const struct target *target, const struct chat *chat, struct arena *a, struct err *err)
{
    json_begin_object(out);
    json_member_text(out, "Model", target->model);
    if (!write_messages(out, chat, a, err) || !write_tools(out, chat, err))
        return false;
    write_real(out, "Temperature", chat->temperature);
    write_real(out, "TopP", chat->top_p);
    if (chat->seed >= SEED_MIN && chat->seed <= SEED_MAX)
        json_member_put_int(out, "Seed", chat->seed);
    write_texts(out, "Stop", chat->stop);
    json_member_put_bool(out, "Stream", target->stream);
    json_end_object(out);
    return true;
}

bool hunyuan_write(struct target *target, const struct chat *chat, struct arena *a, struct bytes *body_r, struct err *err)
{
    struct buf buf = buf_new(a, BODY_MAX);
    struct json_out out = json_out(&buf);
    const char *text;

    if (!write_one_plain(chat, a, err))
        return false;
    if (chat->format)
        return fail_field(err, "response_format", strcmp(chat->format, "json") == 0 ? "json_object" : "json_schema", "text");
    drop_hints(target, chat, a);
    if (!write_body(&out, target, chat, a, err) || !buf_done(&buf, &text, err))
        return false;
    *body_r = buf_view(&buf);
    return true;
}
