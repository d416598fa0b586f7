/* SPDX-License-Identifier: MIT */
#include "serve/openai_read.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "serve/shape.h"

static const char *const roles[] = {"system", "developer", "user", "assistant", "tool", "function", NULL};

/* Fields that every provider of the dialect knows, with what they may hold. The rest passes unread. */
static const struct shape_field chat_fields[] = {
    {"model",                 SHAPE_TEXT,   .required = true, .min = 1, .max = 200},
    {"messages",              SHAPE_ARRAY,  .required = true, .min = 1, .max = 100000},
    {.name = "stream", .type = SHAPE_BOOL},
    {.name = "stream_options", .type = SHAPE_OBJECT},
    {"temperature",           SHAPE_NUMBER, .min = 0,  .max = 2},
    {"top_p",                 SHAPE_NUMBER, .min = 0,  .max = 1},
    {"frequency_penalty",     SHAPE_NUMBER, .min = -2, .max = 2},
    {"presence_penalty",      SHAPE_NUMBER, .min = -2, .max = 2},
    {"max_tokens",            SHAPE_INT,    .min = 1,  .max = 100000000},
    {"max_completion_tokens", SHAPE_INT,    .min = 1,  .max = 100000000},
    {"n",                     SHAPE_INT,    .min = 1,  .max = 128},
    {"seed",                  SHAPE_INT,    .min = INT64_MIN + 1, .max = INT64_MAX},
    {"stop",                  SHAPE_TEXTS,  .min = 1,  .max = 16},
    {"tools",                 SHAPE_ARRAY,  .min = 0,  .max = 1024},
    {.name = "response_format", .type = SHAPE_OBJECT},
    {.name = NULL},
};

/* What parse() has a place for; everything else is dropped on the way to another dialect, and said so. */
static const char *const translated[] = {"tool_choice", NULL};

static bool check_message(struct json message, size_t i, struct arena *a, struct err *err)
{
    struct json role = json_member(message, "role"), content = json_member(message, "content");
    const char *word = json_string(role, a);

    if (json_kind(message) != JSON_OBJECT)
        return fail_field(err, arena_printf(a, "messages[%zu]", i), "", "object");
    for (size_t k = 0; word && roles[k]; k++) {
        if (strcmp(word, roles[k]) != 0)
            continue;
        if (content.p && json_kind(content) != JSON_STRING && json_kind(content) != JSON_ARRAY && json_kind(content) != JSON_NULL)
            return fail_field(err, arena_printf(a, "messages[%zu].content", i), shape_excerpt(content, a), "string, array");
        if (!content.p && strcmp(word, "assistant") != 0)
            return fail_field(err, arena_printf(a, "messages[%zu].content", i), "", "string, array");
        return true;
    }
    return fail_field(err, arena_printf(a, "messages[%zu].role", i), shape_excerpt(role, a), "system, developer, user, assistant, tool");
}

static bool check_messages(struct json list, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(list);

    while (json_next(&w))
        if (!check_message(w.value, w.i, a, err))
            return false;
    return true;
}

bool openai_read(struct json body, struct chat *chat, struct arena *a, struct err *err)
{
    if (!shape_check(body, chat_fields, a, err) || !check_messages(json_member(body, "messages"), a, err))
        return false;
    chat->dialect = DIALECT_OPENAI_CHAT;
    chat->raw = body;
    chat->parse = openai_parse;
    chat->model = json_string(json_member(body, "model"), a);
    chat->stream = json_is_true(json_member(body, "stream"));
    chat->include_usage = json_is_true(json_at(body, "stream_options.include_usage"));
    return true;
}

/* "data:image/png;base64,…" */
static bool read_data_url(const char *url, size_t n, struct chat_part *part, struct arena *a)
{
    const char *comma = memchr(url, ',', n < 256 ? n : 256);
    size_t head = comma ? (size_t)(comma - url) : 0;

    if (strncmp(url, "data:", 5) != 0 || head < 12 || memcmp(comma - 7, ";base64", 7) != 0)
        return false;
    part->media_type = arena_copy(a, url + 5, head - 12);
    part->data = (struct bytes){(const uint8_t *)comma + 1, n - head - 1};
    return true;
}

static bool read_part(struct json value, const char *field, struct chat_message *message, struct arena *a, struct err *err)
{
    struct json type = json_member(value, "type");
    struct chat_part part = {0};
    size_t n;

    if (json_equal(type, "text")) {
        part.text = json_text(json_member(value, "text"), a, &part.text_n);
        if (!part.text)
            return fail_field(err, arena_printf(a, "%s.text", field), "", "string");
    } else if (json_equal(type, "image_url")) {
        const char *url = json_text(json_at(value, "image_url.url"), a, &n);

        part.type = PART_IMAGE;
        if (!url)
            return fail_field(err, arena_printf(a, "%s.image_url.url", field), "", "string");
        if (!read_data_url(url, n, &part, a))
            part.url = url;
    } else {
        return fail_field_as(err, "error.part_type", arena_printf(a, "%s.type", field), shape_excerpt(type, a), "text, image_url");
    }
    *(struct chat_part *)list_add(a, &message->parts, sizeof(part)) = part;
    return true;
}

static bool read_content(struct json content, const char *field, struct chat_message *message, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(content);
    struct chat_part part = {0};

    if (json_kind(content) == JSON_STRING) {
        part.text = json_text(content, a, &part.text_n);
        *(struct chat_part *)list_add(a, &message->parts, sizeof(part)) = part;
        return true;
    }
    if (json_kind(content) != JSON_ARRAY)
        return true;
    while (json_next(&w))
        if (!read_part(w.value, arena_printf(a, "%s.content[%zu]", field, w.i), message, a, err))
            return false;
    return true;
}

static bool read_tool_calls(struct json calls, const char *field, struct chat_message *message, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(calls);

    while (json_next(&w)) {
        struct json function = json_member(w.value, "function");
        struct chat_tool_call call = {
            .id = json_string(json_member(w.value, "id"), a),
            .name = json_string(json_member(function, "name"), a),
            .arguments = json_string(json_member(function, "arguments"), a),
        };

        if (!call.name)
            return fail_field(err, arena_printf(a, "%s.tool_calls[%zu].function.name", field, w.i), "", "string");
        if (!call.arguments || !*call.arguments)
            call.arguments = "{}";
        *(struct chat_tool_call *)list_add(a, &message->tool_calls, sizeof(call)) = call;
    }
    return true;
}

static enum chat_role role_of_word(struct json role)
{
    if (json_equal(role, "system") || json_equal(role, "developer"))
        return CHAT_SYSTEM;
    if (json_equal(role, "assistant"))
        return CHAT_ASSISTANT;
    return json_equal(role, "tool") || json_equal(role, "function") ? CHAT_TOOL : CHAT_USER;
}

bool openai_messages(struct json list, const char *field, struct chat *chat, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(list);

    if (!check_messages(list, a, err))
        return false;
    while (json_next(&w)) {
        const char *name = arena_printf(a, "%s[%zu]", field, w.i);
        struct chat_message message = {
            .role = role_of_word(json_member(w.value, "role")),
            .name = json_string(json_member(w.value, "name"), a),
            .tool_call_id = json_string(json_member(w.value, "tool_call_id"), a),
        };
        const char *reasoning = json_string(json_member(w.value, "reasoning_content"), a);

        if (reasoning && *reasoning)
            *(struct chat_thought *)list_add(a, &message.thoughts, sizeof(struct chat_thought)) = (struct chat_thought){.text = reasoning};
        if (!read_content(json_member(w.value, "content"), name, &message, a, err)
            || !read_tool_calls(json_member(w.value, "tool_calls"), name, &message, a, err))
            return false;
        *(struct chat_message *)list_add(a, &chat->messages, sizeof(message)) = message;
    }
    return true;
}

static bool read_tools(struct json tools, struct chat *chat, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(tools);

    while (json_next(&w)) {
        struct json function = json_member(w.value, "function");
        struct chat_tool tool = {
            .name = json_string(json_member(function, "name"), a),
            .description = json_string(json_member(function, "description"), a),
            .parameters = json_member(function, "parameters"),
        };

        if (!tool.name)
            return fail_field(err, arena_printf(a, "tools[%zu].function.name", w.i), "", "string");
        *(struct chat_tool *)list_add(a, &chat->tools, sizeof(tool)) = tool;
    }
    return true;
}

static void read_choice(struct json choice, struct chat *chat, struct arena *a)
{
    const char *name = json_string(json_at(choice, "function.name"), a);

    chat->tool_choice = json_string(choice, a);
    if (name)
        chat->tool_choice = arena_printf(a, "=%s", name);
}

static void read_format(struct json format, struct chat *chat)
{
    if (json_equal(json_member(format, "type"), "json_object"))
        chat->format = "json";
    if (!json_equal(json_member(format, "type"), "json_schema"))
        return;
    chat->format = "schema";
    chat->schema = json_at(format, "json_schema.schema");
}

static void read_stop(struct json stop, struct chat *chat, struct arena *a)
{
    struct json_walk w = json_walk(stop);

    if (json_kind(stop) == JSON_STRING)
        *(const char **)list_add(a, &chat->stop, sizeof(const char *)) = json_string(stop, a);
    while (json_next(&w))
        *(const char **)list_add(a, &chat->stop, sizeof(const char *)) = json_string(w.value, a);
}

static void read_numbers(struct chat *chat)
{
    shape_int(json_member(chat->raw, "max_tokens"), &chat->max_tokens);
    shape_int(json_member(chat->raw, "max_completion_tokens"), &chat->max_tokens);       /* its newer name wins; null is not given */
    shape_int(json_member(chat->raw, "seed"), &chat->seed);
    shape_int(json_member(chat->raw, "n"), &chat->n);
    shape_real(json_member(chat->raw, "temperature"), &chat->temperature);
    shape_real(json_member(chat->raw, "top_p"), &chat->top_p);
    shape_real(json_member(chat->raw, "frequency_penalty"), &chat->frequency_penalty);
    shape_real(json_member(chat->raw, "presence_penalty"), &chat->presence_penalty);
}

static void list_dropped(struct chat *chat, struct arena *a)
{
    struct json_walk w = json_walk(chat->raw);

    while (json_next(&w)) {
        bool known = shape_find(chat_fields, w.name) != NULL;

        for (size_t i = 0; translated[i] && !known; i++)
            known = json_equal(w.name, translated[i]);
        if (!known && json_kind(w.value) != JSON_NULL)
            chat_drop(chat, a, json_string(w.name, a));
    }
}

bool openai_parse(struct chat *chat, struct arena *a, struct err *err)
{
    if (!openai_messages(json_member(chat->raw, "messages"), "messages", chat, a, err)
        || !read_tools(json_member(chat->raw, "tools"), chat, a, err))
        return false;
    read_choice(json_member(chat->raw, "tool_choice"), chat, a);
    read_format(json_member(chat->raw, "response_format"), chat);
    read_stop(json_member(chat->raw, "stop"), chat, a);
    read_numbers(chat);
    list_dropped(chat, a);
    chat->parsed = true;
    return true;
}

void openai_schema(struct json_out *out)
{
    shape_schema(out, chat_fields, false);
}
