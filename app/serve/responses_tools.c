/* SPDX-License-Identifier: MIT */
#include "serve/responses_tools.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json_write.h"
#include "serve/part.h"
#include "serve/shape.h"

enum { ARGUMENTS_MAX = 256 << 20, TOOLS_MAX = 1024, NAME_MAX_BYTES = 200 };

static const char parameters[] =
    "{\"type\":\"object\",\"properties\":{\"input\":{\"type\":\"string\"}},\"required\":[\"input\"],\"additionalProperties\":false}";

/* What a model is told of a custom tool. */
static const char *custom_description(struct json tool, struct arena *a)
{
    const char *own = json_string(json_member(tool, "description"), a);
    struct json format = json_member(tool, "format");
    const char *syntax = json_string(json_member(format, "syntax"), a), *grammar = json_string(json_member(format, "definition"), a);

    own = own ? own : "";
    if (!grammar)
        return own;
    return arena_printf(a, "%s%s\"input\" follows this %s grammar:\n%s", own, *own ? "\n\n" : "", syntax ? syntax : "", grammar);
}

static void read_custom(struct json value, const char *field, struct chat_tool *tool, struct chat *chat, struct arena *a)
{
    tool->description = custom_description(value, a);
    tool->parameters = (struct json){parameters, sizeof(parameters) - 1};
    if (json_member(json_member(value, "format"), "definition").p)
        chat_drop(chat, a, arena_printf(a, "%s.format", field));
}

const char *responses_tool_name(const char *group, const char *name, struct arena *a)
{
    return !group || !*group || strcmp(group, "functions") == 0 ? name : arena_printf(a, "%s__%s", group, name);
}

static bool read_tool(struct json value, const char *field, const char *group, struct chat *chat, struct arena *a, struct err *err)
{
    struct json type = json_member(value, "type");
    const char *name = json_string(json_member(value, "name"), a);
    struct chat_tool tool = {0};

    if (!json_equal(type, "function") && !json_equal(type, "custom"))        /* web_search, file_search …: OpenAI's own */
        return part_refuse(err, arena_printf(a, "%s.type", field), type, "function, custom, namespace", a);
    if (!name || strlen(name) > NAME_MAX_BYTES)
        return fail_field(err, arena_printf(a, "%s.name", field), shape_excerpt(json_member(value, "name"), a), "string, 1–200");
    if (chat->tools.n >= TOOLS_MAX)
        return fail_field(err, "tools", field, "array, 0–1024");
    tool.name = responses_tool_name(group, name, a);
    if (json_equal(type, "custom")) {
        read_custom(value, field, &tool, chat, a);
    } else {
        tool.description = json_string(json_member(value, "description"), a);
        tool.parameters = part_given(value, "parameters");
        tool.strict = json_is_true(json_member(value, "strict"));
    }
    *(struct chat_tool *)list_add(a, &chat->tools, sizeof(tool)) = tool;
    return true;
}

static bool read_group(struct json value, const char *field, struct chat *chat, struct arena *a, struct err *err)
{
    const char *group = json_string(json_member(value, "name"), a);
    struct json_walk w = json_walk(json_member(value, "tools"));

    if (!group || strlen(group) > NAME_MAX_BYTES)
        return fail_field(err, arena_printf(a, "%s.name", field), shape_excerpt(json_member(value, "name"), a), "string, 1–200");
    while (json_next(&w))
        if (!read_tool(w.value, arena_printf(a, "%s.tools[%zu]", field, w.i), group, chat, a, err))
            return false;
    return true;
}

bool responses_tools(struct json tools, struct chat *chat, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(tools);

    while (json_next(&w)) {
        const char *field = arena_printf(a, "tools[%zu]", w.i);
        bool group = json_equal(json_member(w.value, "type"), "namespace");

        if (!(group ? read_group(w.value, field, chat, a, err) : read_tool(w.value, field, NULL, chat, a, err)))
            return false;
    }
    return true;
}

bool responses_choice(struct json choice, struct chat *chat, struct arena *a, struct err *err)
{
    static const char *const words[] = {"auto", "none", "required", NULL};
    const char *name = json_string(json_member(choice, "name"), a);
    struct json type = json_member(choice, "type");

    if (json_kind(choice) != JSON_OBJECT)
        return part_word(choice, words, "tool_choice", &chat->tool_choice, a, err);
    if (!name || (!json_equal(type, "function") && !json_equal(type, "custom")))
        return part_refuse(err, "tool_choice.type", type, "auto, none, required, function, custom", a);
    chat->tool_choice = arena_printf(a, "=%s", name);
    return true;
}

/* Whether a tool is the one a model called; models leave namespaces out at times. */
static bool is_called(struct json tool, const char *group, const char *name, struct responses_tool *found_r, struct arena *a)
{
    const char *own = json_string(json_member(tool, "name"), a);

    if (!own || (strcmp(responses_tool_name(group, own, a), name) != 0 && strcmp(own, name) != 0))
        return false;
    *found_r = (struct responses_tool){own, group && strcmp(group, "functions") != 0 ? group : NULL,
                                       json_equal(json_member(tool, "type"), "custom")};
    return true;
}

struct responses_tool responses_tool_find(struct json asked, const char *name, struct arena *a)
{
    struct json_walk w = json_walk(json_member(asked, "tools"));
    struct responses_tool found = {.name = name}, short_name = {0};

    while (json_next(&w)) {
        bool group = json_equal(json_member(w.value, "type"), "namespace");
        const char *group_name = group ? json_string(json_member(w.value, "name"), a) : NULL;
        struct json_walk members = json_walk(group ? json_member(w.value, "tools") : (struct json){0});

        if (!group && is_called(w.value, NULL, name, &found, a))
            return found;
        while (group_name && json_next(&members)) {
            if (!is_called(members.value, group_name, name, &found, a))
                continue;
            if (strcmp(found.name, name) != 0 || !found.group)
                return found;
            short_name = found;                              /* unless a tool has just that name */
        }
    }
    return short_name.name ? short_name : (struct responses_tool){.name = name};
}

const char *responses_arguments(struct json input, struct arena *a)
{
    struct buf buf = buf_new(a, ARGUMENTS_MAX);
    struct json_out out = json_out(&buf);

    json_begin_object(&out);
    json_name(&out, "input");
    json_put_raw(&out, json_bytes(input));
    json_end_object(&out);
    return buf.p;
}

struct bytes responses_input(struct bytes arguments, struct arena *a)
{
    struct err ignored = {0};
    struct json object, input;
    struct bytes text = {0};

    if (!json_check(arguments, &(struct json_limits){.allow_nul = true}, &object, &ignored))
        return arguments;
    input = json_member(object, "input");
    if (json_kind(input) != JSON_STRING)
        return arguments;
    text.p = (const uint8_t *)json_text(input, a, &text.n);
    return text;
}
