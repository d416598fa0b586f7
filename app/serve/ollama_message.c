/* SPDX-License-Identifier: MIT */
#include "serve/ollama_message.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "serve/ollama_read.h"
#include "serve/part.h"
#include "serve/shape.h"

static const char *const roles[] = {"system", "user", "assistant", "tool"};      /* as enum chat_role counts them */

static bool find_role(struct json word, enum chat_role *role_r)
{
    for (size_t i = 0; i < COUNT(roles); i++)
        if (json_equal(word, roles[i])) {
            *role_r = (enum chat_role)i;
            return true;
        }
    return false;
}

static int base64_digit(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The first twelve bytes are enough to tell pictures apart. */
const char *ollama_media_type(const char *base64, size_t n)
{
    static const struct { const char *head; size_t n, at; const char *type; } kinds[] = {
        {"\x89PNG\r\n\x1a\n", 8, 0, "image/png"}, {"\xff\xd8\xff", 3, 0, "image/jpeg"},
        {"GIF87a", 6, 0, "image/gif"},            {"GIF89a", 6, 0, "image/gif"},
        {"WEBP", 4, 8, "image/webp"},
    };
    char head[12] = {0};
    size_t have = 0;
    unsigned bits = 0;

    for (size_t i = 0; i < n && i < 16; i++) {
        int digit = base64_digit((unsigned char)base64[i]);

        if (digit < 0)
            break;
        bits = bits << 6 | (unsigned)digit;
        if (i % 4)
            head[have++] = (char)(bits >> (6 - 2 * (i % 4)) & 0xff);
    }
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (have >= kinds[i].at + kinds[i].n && memcmp(head + kinds[i].at, kinds[i].head, kinds[i].n) == 0)
            return kinds[i].type;
    return NULL;
}

static bool is_base64(const char *text, size_t n)
{
    size_t padding = 0;

    while (padding < 2 && padding < n && text[n - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i + padding < n; i++)
        if (base64_digit((unsigned char)text[i]) < 0)
            return false;
    return n % 4 == 0;
}

bool ollama_check_images(struct json list, const char *field, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(list);

    if (list.p && json_kind(list) != JSON_ARRAY && json_kind(list) != JSON_NULL)
        return fail_field(err, field, shape_excerpt(list, a), "array");
    while (json_next(&w))
        if (json_kind(w.value) != JSON_STRING)
            return fail_field(err, arena_printf(a, "%s[%zu]", field, w.i), shape_excerpt(w.value, a), "base64");
    return true;
}

static bool check_text(struct json value, const char *field, size_t i, const char *name, struct arena *a, struct err *err)
{
    if (!value.p || json_kind(value) == JSON_STRING || json_kind(value) == JSON_NULL)
        return true;
    return fail_field(err, arena_printf(a, "%s[%zu].%s", field, i, name), shape_excerpt(value, a), "string");
}

static bool check_call(struct json call, const char *field, struct arena *a, struct err *err)
{
    struct json function = json_member(call, "function"), arguments = json_member(function, "arguments");

    if (!json_string(json_member(function, "name"), a))      /* nor one that holds a NUL: later ones are compared with it */
        return fail_field(err, arena_printf(a, "%s.function.name", field), "", "string");
    if (arguments.p && json_kind(arguments) != JSON_OBJECT && json_kind(arguments) != JSON_NULL)
        return fail_field(err, arena_printf(a, "%s.function.arguments", field), shape_excerpt(arguments, a), "object");
    return true;
}

static bool check_message(struct json message, size_t i, struct arena *a, struct err *err)
{
    static const char *const texts[] = {"content", "thinking", "tool_name", "tool_call_id", NULL};
    struct json said[COUNT(texts)], calls = json_member(message, "tool_calls");
    struct json_walk w = json_walk(calls);
    enum chat_role role;

    if (json_kind(message) != JSON_OBJECT)
        return fail_field(err, arena_printf(a, "messages[%zu]", i), "", "object");
    if (!find_role(json_member(message, "role"), &role))
        return fail_field(err, arena_printf(a, "messages[%zu].role", i), shape_excerpt(json_member(message, "role"), a),
                          "system, user, assistant, tool");
    json_members(message, texts, said);
    for (size_t k = 0; texts[k]; k++)
        if (!check_text(said[k], "messages", i, texts[k], a, err))
            return false;
    if (calls.p && json_kind(calls) != JSON_ARRAY && json_kind(calls) != JSON_NULL)
        return fail_field(err, arena_printf(a, "messages[%zu].tool_calls", i), shape_excerpt(calls, a), "array");
    while (json_next(&w))
        if (!check_call(w.value, arena_printf(a, "messages[%zu].tool_calls[%zu]", i, w.i), a, err))
            return false;
    return ollama_check_images(json_member(message, "images"), arena_printf(a, "messages[%zu].images", i), a, err);
}

bool ollama_check_messages(struct json list, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(list);

    while (json_next(&w))
        if (!check_message(w.value, w.i, a, err))
            return false;
    return true;
}

static bool read_image(struct json value, const char *field, struct chat_message *message, struct arena *a, struct err *err)
{
    struct chat_part image = {.type = PART_IMAGE};
    size_t n;
    const char *base64 = json_text(value, a, &n);

    if (base64 && is_base64(base64, n))
        image.media_type = ollama_media_type(base64, n);
    if (!image.media_type)
        return fail_field_as(err, "error.ollama_image", field, shape_excerpt(value, a), "png, jpeg, gif, webp");
    image.data = (struct bytes){(const uint8_t *)base64, n};
    part_add(message, &image, a);
    return true;
}

static bool read_parts(struct json value, size_t i, struct chat_message *message, struct arena *a, struct err *err)
{
    struct json images = json_member(value, "images");
    struct json_walk w = json_walk(images);
    struct json content = json_member(value, "content");

    if (json_kind(content) == JSON_STRING && !(json_equal(content, "") && json_count(images)))
        part_text(message, content, a);
    while (json_next(&w))
        if (!read_image(w.value, arena_printf(a, "messages[%zu].images[%zu]", i, w.i), message, a, err))
            return false;
    return true;
}

/* Calls that wait for their answers: those of the last assistant, in order. */
struct waiting {
    struct list calls;                   /* struct chat_tool_call */
    bool *answered;
    size_t first;                        /* those before it are answered */
    size_t made;                         /* ids given out in this conversation */
};

static void read_calls(struct json calls, struct chat_message *message, struct waiting *waiting, struct arena *a)
{
    struct json_walk w = json_walk(calls);

    while (json_next(&w)) {
        struct json function = json_member(w.value, "function"), arguments = json_member(function, "arguments");
        struct chat_tool_call call = {.id = json_string(json_member(w.value, "id"), a), .name = json_string(json_member(function, "name"), a)};

        call.arguments = json_kind(arguments) == JSON_OBJECT ? arena_copy(a, arguments.p, arguments.n) : "{}";
        if (!call.id || !*call.id)
            call.id = arena_printf(a, "call_%zu", waiting->made++);
        *(struct chat_tool_call *)list_add(a, &message->tool_calls, sizeof(call)) = call;
    }
    waiting->calls = message->tool_calls;
    waiting->first = 0;
    waiting->answered = NEW_ARRAY(a, bool, message->tool_calls.n);
}

enum { PAIRED_MAX = 1024 };              /* calls that are looked through for each answer: nobody makes so many at once */

/* The call a tool's answer belongs to: by its id; else the first of its name that waits; else the first that waits. */
static bool pair(struct json value, size_t i, struct chat_message *message, struct waiting *waiting, struct arena *a, struct err *err)
{
    const struct chat_tool_call *call = waiting->calls.items;
    const char *id = json_string(json_member(value, "tool_call_id"), a), *name = json_string(json_member(value, "tool_name"), a);

    while (waiting->first < waiting->calls.n && waiting->answered[waiting->first])
        waiting->first++;
    for (size_t k = waiting->first; k < waiting->calls.n && k < waiting->first + PAIRED_MAX; k++) {
        bool fits = id && *id ? strcmp(call[k].id, id) == 0 : !name || !*name || strcmp(call[k].name, name) == 0;

        if (!fits || waiting->answered[k])
            continue;
        waiting->answered[k] = true;
        message->tool_call_id = call[k].id;
        return true;
    }
    return fail_field_as(err, "error.ollama_tool_answer", arena_printf(a, "messages[%zu].tool_name", i), id && *id ? id : name ? name : "", "");
}

bool ollama_read_messages(struct json list, struct chat *chat, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(list);
    struct waiting waiting = {0};

    while (json_next(&w)) {
        struct chat_message message = {0};
        const char *thinking = json_string(json_member(w.value, "thinking"), a);

        if (!find_role(json_member(w.value, "role"), &message.role))
            return fail_field(err, arena_printf(a, "messages[%zu].role", w.i), "", "system, user, assistant, tool");
        if (!read_parts(w.value, w.i, &message, a, err))
            return false;
        if (thinking && *thinking)
            *(struct chat_thought *)list_add(a, &message.thoughts, sizeof(struct chat_thought)) = (struct chat_thought){.text = thinking};
        if (message.role == CHAT_ASSISTANT)
            read_calls(json_member(w.value, "tool_calls"), &message, &waiting, a);
        if (message.role == CHAT_TOOL && !pair(w.value, w.i, &message, &waiting, a, err))
            return false;
        *(struct chat_message *)list_add(a, &chat->messages, sizeof(message)) = message;
    }
    return true;
}

bool ollama_read_tools(struct json tools, struct chat *chat, struct arena *a, struct err *err)
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
        if (json_kind(tool.parameters) != JSON_OBJECT)
            tool.parameters = (struct json){0};
        *(struct chat_tool *)list_add(a, &chat->tools, sizeof(tool)) = tool;
    }
    return true;
}
