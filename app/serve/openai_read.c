/* SPDX-License-Identifier: MIT */
#include "serve/openai_read.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "serve/openai_message.h"
#include "serve/part.h"
#include "serve/shape.h"

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
static const char *const translated[] = {
    "tool_choice", "parallel_tool_calls", "reasoning_effort", "logprobs", "top_logprobs", "user", "safety_identifier", "top_k", NULL,
};

/* What would change the answer and has no place in a chat: refused, unless it lists only the one word that is so anyway. */
static const struct { const char *name, *word, *allowed; } untranslated[] = {
    {"functions", NULL, "tools"},
    {"function_call", NULL, "tool_choice"},
    {"audio", NULL, "null"},
    {"modalities", "text", "[\"text\"]"},
    {"web_search_options", NULL, "null"},
    {"moderation", NULL, "null"},
};

bool openai_read(struct json body, struct chat *chat, struct arena *a, struct err *err)
{
    if (!shape_check(body, chat_fields, a, err) || !openai_messages_check(json_member(body, "messages"), "messages", a, err))
        return false;
    chat->dialect = DIALECT_OPENAI_CHAT;
    chat->raw = body;
    chat->parse = openai_parse;
    chat->model = json_string(json_member(body, "model"), a);
    chat->stream = json_is_true(json_member(body, "stream"));
    chat->include_usage = json_is_true(json_at(body, "stream_options.include_usage"));
    return true;
}

static bool refuse_untranslated(struct chat *chat, struct arena *a, struct err *err)
{
    for (size_t i = 0; i < COUNT(untranslated); i++) {
        struct json value = part_given(chat->raw, untranslated[i].name);
        bool so = untranslated[i].word && json_count(value) == 1 && json_equal(json_at(value, "0"), untranslated[i].word);

        if (value.p && !so)
            return part_refuse(err, untranslated[i].name, value, untranslated[i].allowed, a);
    }
    return true;
}

static bool read_tool(struct json tool, const char *field, struct chat *chat, struct arena *a, struct err *err)
{
    struct json function = json_member(tool, "function"), type = json_member(tool, "type");
    struct chat_tool *row;

    if (json_kind(type) == JSON_STRING && !json_equal(type, "function"))
        return part_refuse(err, arena_printf(a, "%s.type", field), type, "function", a);
    row = list_add(a, &chat->tools, sizeof(*row));
    row->name = json_string(json_member(function, "name"), a);
    row->description = json_string(json_member(function, "description"), a);
    row->parameters = part_given(function, "parameters");
    row->strict = json_is_true(json_member(function, "strict"));
    return row->name || fail_field(err, arena_printf(a, "%s.function.name", field), "", "string");
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
    static const char *const words[] = {"auto", "none", "required", NULL};
    const char *name = json_string(json_at(choice, "function.name"), a);
    struct json type = json_member(choice, "type");

    if (json_kind(choice) != JSON_OBJECT)
        return part_word(choice, words, "tool_choice", &chat->tool_choice, a, err);
    if (!name || (type.p && !json_equal(type, "function")))
        return part_refuse(err, "tool_choice.type", type, "auto, none, required, function", a);
    chat->tool_choice = arena_printf(a, "=%s", name);
    return true;
}

static bool read_format(struct json format, struct chat *chat, struct arena *a, struct err *err)
{
    static const char *const words[] = {"text", "json_object", "json_schema", NULL};
    const char *type = "text";

    if (!part_word(json_member(format, "type"), words, "response_format.type", &type, a, err))
        return false;
    if (strcmp(type, "text") == 0)
        return true;
    if (strcmp(type, "json_schema") == 0)
        chat->schema = part_given(json_member(format, "json_schema"), "schema");
    chat->format = chat->schema.p ? "schema" : "json";
    chat->schema_name = json_string(json_at(format, "json_schema.name"), a);
    chat->schema_strict = json_is_true(json_at(format, "json_schema.strict"));
    return true;
}

/* Which tokens were likely is said of each, or of none. */
static void read_logprobs(struct chat *chat)
{
    if (json_is_true(json_member(chat->raw, "logprobs")))
        chat->top_logprobs = 0;
    shape_int(json_member(chat->raw, "top_logprobs"), &chat->top_logprobs);
}

static void read_numbers(struct chat *chat)
{
    shape_int(json_member(chat->raw, "max_tokens"), &chat->max_tokens);
    shape_int(json_member(chat->raw, "max_completion_tokens"), &chat->max_tokens);       /* its newer name wins; null is not given */
    shape_int(json_member(chat->raw, "seed"), &chat->seed);
    shape_int(json_member(chat->raw, "n"), &chat->n);
    shape_int(json_member(chat->raw, "top_k"), &chat->top_k);
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
        for (size_t i = 0; i < COUNT(untranslated) && !known; i++)
            known = json_equal(w.name, untranslated[i].name);
        if (!known && json_kind(w.value) != JSON_NULL)
            chat_drop_name(chat, a, "", w.name);
    }
}

static void read_user(struct chat *chat, struct arena *a)
{
    struct json user = part_given(chat->raw, "safety_identifier");

    chat->user = json_string(user.p ? user : json_member(chat->raw, "user"), a);
}

bool openai_parse(struct chat *chat, struct arena *a, struct err *err)
{
    if (!refuse_untranslated(chat, a, err)
        || !openai_messages(json_member(chat->raw, "messages"), "messages", chat, a, err)
        || !read_tools(json_member(chat->raw, "tools"), chat, a, err)
        || !read_choice(json_member(chat->raw, "tool_choice"), chat, a, err)
        || !read_format(json_member(chat->raw, "response_format"), chat, a, err)
        || !part_word(json_member(chat->raw, "reasoning_effort"), part_efforts, "reasoning_effort", &chat->effort, a, err))
        return false;
    chat->one_call = json_kind(json_member(chat->raw, "parallel_tool_calls")) == JSON_FALSE;
    part_stop(chat, json_member(chat->raw, "stop"), a);
    read_numbers(chat);
    read_logprobs(chat);
    read_user(chat, a);
    list_dropped(chat, a);
    chat->parsed = true;
    return true;
}

void openai_schema(struct json_out *out)
{
    shape_schema(out, chat_fields, false);
}
