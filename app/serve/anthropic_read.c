/* SPDX-License-Identifier: MIT */
#include "serve/anthropic_read.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "serve/anthropic_content.h"
#include "serve/anthropic_parts.h"
#include "serve/part.h"
#include "serve/shape.h"

/* Fields that a provider of the dialect knows, with what they may hold. The rest passes unread. */
#define FIELDS \
    {"model",           SHAPE_TEXT,   .required = true, .min = 1, .max = 200}, \
    {"messages",        SHAPE_ARRAY,  .required = true, .min = 1, .max = 100000}, \
    {.name = "system", .type = SHAPE_ANY}, \
    {.name = "stream", .type = SHAPE_BOOL}, \
    {"temperature",     SHAPE_NUMBER, .min = 0, .max = 2}, \
    {"top_p",           SHAPE_NUMBER, .min = 0, .max = 1}, \
    {"top_k",           SHAPE_INT,    .min = 0, .max = 100000000}, \
    {"stop_sequences",  SHAPE_TEXTS,  .min = 0, .max = 8191}, \
    {"tools",           SHAPE_ARRAY,  .min = 0, .max = 1024}, \
    {.name = "tool_choice", .type = SHAPE_OBJECT}, \
    {.name = "thinking", .type = SHAPE_OBJECT}, \
    {.name = "output_config", .type = SHAPE_OBJECT}, \
    {.name = "output_format", .type = SHAPE_OBJECT}, \
    {.name = "metadata", .type = SHAPE_OBJECT}

static const struct shape_field run_fields[] = {
    FIELDS,
    {"max_tokens",      SHAPE_INT,    .required = true, .min = 0, .max = 100000000},
    {.name = NULL},
};
static const struct shape_field count_fields[] = {
    FIELDS,
    {.name = NULL},
};

/* The members of a body, taken out in one walk: it may be megabytes. null is as good as absent. */
enum member {
    MODEL, MESSAGES, SYSTEM, STREAM, TEMPERATURE, TOP_P, TOP_K, STOP, TOOLS, TOOL_CHOICE, THINKING, OUTPUT_CONFIG, OUTPUT_FORMAT, METADATA,
    MAX_TOKENS, MCP_SERVERS, MEMBERS
};
static const char *const member_names[] = {
    "model", "messages", "system", "stream", "temperature", "top_p", "top_k", "stop_sequences", "tools", "tool_choice", "thinking",
    "output_config", "output_format", "metadata", "max_tokens", "mcp_servers", NULL
};

static void take_members(struct json body, struct json of[MEMBERS])
{
    json_members(body, member_names, of);
    for (int i = 0; i < MEMBERS; i++)
        if (json_kind(of[i]) == JSON_NULL)
            of[i] = (struct json){0};
}

static bool read_checked(struct json body, const struct shape_field *fields, struct chat *chat, struct arena *a, struct err *err)
{
    struct json of[MEMBERS];

    if (!shape_check(body, fields, a, err))
        return false;
    take_members(body, of);
    if (of[SYSTEM].p && json_kind(of[SYSTEM]) != JSON_STRING && json_kind(of[SYSTEM]) != JSON_ARRAY)
        return fail_field(err, "system", shape_excerpt(of[SYSTEM], a), "string, array");
    if (!anthropic_content_check(of[MESSAGES], a, err))
        return false;
    chat->dialect = DIALECT_ANTHROPIC;
    chat->raw = body;
    chat->parse = anthropic_parse;
    chat->model = json_string(of[MODEL], a);
    chat->stream = json_is_true(of[STREAM]);
    chat->include_usage = true;
    return true;
}

bool anthropic_read(struct json body, struct chat *chat, struct arena *a, struct err *err)
{
    return read_checked(body, run_fields, chat, a, err);
}

bool anthropic_read_count(struct json body, struct chat *chat, struct arena *a, struct err *err)
{
    return read_checked(body, count_fields, chat, a, err);
}

/* Tools that run at Anthropic (web_search_…), or whose shape only its models know (bash_…), have a type; the caller's own have none, or
 * "custom". */
static bool read_tool(struct json tool, const char *field, struct chat *chat, struct arena *a, struct err *err)
{
    static const char *const known[] = {"type", "name", "description", "input_schema", "strict", NULL};
    struct json type = part_given(tool, "type"), schema = json_member(tool, "input_schema");
    struct chat_tool *row;

    if (json_kind(tool) != JSON_OBJECT)
        return fail_field(err, field, shape_excerpt(tool, a), "object");
    if (type.p && !json_equal(type, "custom"))
        return part_refuse(err, arena_printf(a, "%s.type", field), type, "custom", a);
    if (json_kind(schema) != JSON_OBJECT)
        return fail_field(err, arena_printf(a, "%s.input_schema", field), shape_excerpt(schema, a), "object");
    anthropic_drop_others(tool, known, "tools", chat, a);
    row = list_add(a, &chat->tools, sizeof(*row));
    row->name = json_string(json_member(tool, "name"), a);
    row->description = json_string(json_member(tool, "description"), a);
    row->parameters = schema;
    row->strict = json_is_true(json_member(tool, "strict"));
    return row->name || fail_field(err, arena_printf(a, "%s.name", field), shape_excerpt(json_member(tool, "name"), a), "string");
}

static bool read_tools(struct json tools, struct chat *chat, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(tools);

    while (json_next(&w))
        if (!read_tool(w.value, arena_printf(a, "tools[%zu]", w.i), chat, a, err))
            return false;
    return true;
}

static bool read_choice(struct json choice, struct chat *chat, struct arena *a, struct err *err)
{
    static const char *const words[] = {"auto", "none", "any", "tool", NULL};
    const char *type = NULL, *name = json_string(json_member(choice, "name"), a);

    if (!choice.p)
        return true;
    if (!part_word(json_member(choice, "type"), words, "tool_choice.type", &type, a, err))
        return false;
    if (!type)
        return fail_field(err, "tool_choice.type", "", "auto, none, any, tool");
    chat->one_call = json_is_true(json_member(choice, "disable_parallel_tool_use"));
    if (strcmp(type, "tool") != 0) {
        chat->tool_choice = strcmp(type, "any") == 0 ? "required" : type;
        return true;
    }
    chat->tool_choice = arena_printf(a, "=%s", name ? name : "");
    return name || fail_field(err, "tool_choice.name", shape_excerpt(json_member(choice, "name"), a), "string");
}

/* "adaptive" leaves it to the model, as every other provider does anyway. */
static bool read_thinking(struct json thinking, struct chat *chat, struct arena *a, struct err *err)
{
    static const char *const words[] = {"enabled", "disabled", "adaptive", NULL}, *const known[] = {"type", "budget_tokens", NULL};
    struct json budget = json_member(thinking, "budget_tokens");
    const char *type = "adaptive";

    if (!part_word(json_member(thinking, "type"), words, "thinking.type", &type, a, err))
        return false;
    anthropic_drop_others(thinking, known, "thinking", chat, a);
    if (strcmp(type, "disabled") == 0)
        chat->effort = "none";
    if (thinking.p && strcmp(type, "adaptive") == 0)
        chat_drop(chat, a, "thinking");
    if (strcmp(type, "enabled") != 0)
        return true;
    return json_int(budget, 1, 100000000, &chat->thinking_max)
        || fail_field(err, "thinking.budget_tokens", shape_excerpt(budget, a), "integer, 1–100000000");
}

static bool read_format(struct json format, const char *field, struct chat *chat, struct arena *a, struct err *err)
{
    static const char *const words[] = {"json_schema", NULL}, *const known[] = {"type", "schema", NULL};
    struct json schema = json_member(format, "schema");
    const char *type = NULL;

    if (!format.p)
        return true;
    if (!part_word(json_member(format, "type"), words, arena_printf(a, "%s.type", field), &type, a, err))
        return false;
    if (json_kind(schema) != JSON_OBJECT)
        return fail_field(err, arena_printf(a, "%s.schema", field), shape_excerpt(schema, a), "object");
    anthropic_drop_others(format, known, field, chat, a);
    chat->format = "schema";
    chat->schema = schema;
    chat->schema_strict = true;                          /* Anthropic's answers always keep to it */
    return true;
}

static bool read_output(struct json output, struct json format, struct chat *chat, struct arena *a, struct err *err)
{
    static const char *const known[] = {"effort", "format", NULL};
    bool off = chat->effort != NULL;
    const char *effort = chat->effort;

    anthropic_drop_others(output, known, "output_config", chat, a);
    if (!part_word(json_member(output, "effort"), part_efforts, "output_config.effort", &effort, a, err))
        return false;
    chat->effort = off ? chat->effort : effort;
    return read_format(format, "output_format", chat, a, err)
        && read_format(part_given(output, "format"), "output_config.format", chat, a, err);
}

static bool read_numbers(const struct json of[MEMBERS], struct chat *chat, struct err *err)
{
    shape_int(of[MAX_TOKENS], &chat->max_tokens);
    shape_int(of[TOP_K], &chat->top_k);
    shape_real(of[TEMPERATURE], &chat->temperature);
    shape_real(of[TOP_P], &chat->top_p);
    return chat->max_tokens != 0 || fail_field(err, "max_tokens", "0", "integer, 1–100000000");      /* 0 only warms Anthropic's cache */
}

bool anthropic_parse(struct chat *chat, struct arena *a, struct err *err)
{
    static const char *const of_metadata[] = {"user_id", NULL};
    struct json of[MEMBERS];

    take_members(chat->raw, of);
    if (json_count(of[MCP_SERVERS]))                     /* tools that run at Anthropic */
        return part_refuse(err, "mcp_servers", of[MCP_SERVERS], "[]", a);
    if ((of[SYSTEM].p && !anthropic_system_read(of[SYSTEM], chat, a, err)) || !anthropic_content_read(of[MESSAGES], chat, a, err)
        || !read_tools(of[TOOLS], chat, a, err) || !read_choice(of[TOOL_CHOICE], chat, a, err) || !read_thinking(of[THINKING], chat, a, err)
        || !read_output(of[OUTPUT_CONFIG], of[OUTPUT_FORMAT], chat, a, err) || !read_numbers(of, chat, err))
        return false;
    part_stop(chat, of[STOP], a);
    chat->user = json_string(json_member(of[METADATA], "user_id"), a);
    anthropic_drop_others(chat->raw, member_names, "", chat, a);
    anthropic_drop_others(of[METADATA], of_metadata, "metadata", chat, a);
    chat->parsed = true;
    return true;
}

void anthropic_schema(struct json_out *out)
{
    shape_schema(out, run_fields, false);
}

void anthropic_count_schema(struct json_out *out)
{
    shape_schema(out, count_fields, false);
}
