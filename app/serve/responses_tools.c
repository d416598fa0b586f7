/* SPDX-License-Identifier: MIT */
#include "serve/responses_tools.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json_write.h"
#include "serve/part.h"
#include "serve/shape.h"

enum { ARGUMENTS_MAX = 256 << 20 };

static const char parameters[] =
    "{\"type\":\"object\",\"properties\":{\"input\":{\"type\":\"string\"}},\"required\":[\"input\"],\"additionalProperties\":false}";

/* What a model is told of a custom tool. */
static const char *custom_description(struct json tool, struct arena *a)
{
    const char *own = json_string(json_member(tool, "description"), a);
    const char *syntax = json_string(json_at(tool, "format.syntax"), a), *grammar = json_string(json_at(tool, "format.definition"), a);

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

static bool read_tool(struct json value, const char *field, struct chat *chat, struct arena *a, struct err *err)
{
    struct json type = json_member(value, "type");
    struct chat_tool tool = {.name = json_string(json_member(value, "name"), a)};

    if (!json_equal(type, "function") && !json_equal(type, "custom"))        /* web_search, file_search …: OpenAI's own */
        return part_refuse(err, arena_printf(a, "%s.type", field), type, "function, custom", a);
    if (!tool.name)
        return fail_field(err, arena_printf(a, "%s.name", field), "", "string");
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

bool responses_tools(struct json tools, struct chat *chat, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(tools);

    while (json_next(&w))
        if (!read_tool(w.value, arena_printf(a, "tools[%zu]", w.i), chat, a, err))
            return false;
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

bool responses_is_custom(struct json asked, const char *name)
{
    struct json_walk w = json_walk(json_member(asked, "tools"));

    while (name && json_next(&w))
        if (json_equal(json_member(w.value, "type"), "custom") && json_equal(json_member(w.value, "name"), name))
            return true;
    return false;
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
