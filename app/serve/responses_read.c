/* SPDX-License-Identifier: MIT */
#include "serve/responses_read.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "serve/part.h"
#include "serve/responses_items.h"
#include "serve/responses_tools.h"
#include "serve/shape.h"

static const struct shape_field fields[] = {
    {"model",             SHAPE_TEXT,   .required = true, .min = 1, .max = 200},
    {.name = "input", .type = SHAPE_ANY, .required = true},
    {.name = "instructions", .type = SHAPE_TEXT},
    {.name = "stream", .type = SHAPE_BOOL},
    {.name = "store", .type = SHAPE_BOOL},
    {.name = "background", .type = SHAPE_BOOL},
    {.name = "parallel_tool_calls", .type = SHAPE_BOOL},
    {"tools",             SHAPE_ARRAY,  .min = 0,  .max = 1024},
    {.name = "tool_choice", .type = SHAPE_ANY},
    {.name = "text", .type = SHAPE_OBJECT},
    {.name = "reasoning", .type = SHAPE_OBJECT},
    {.name = "metadata", .type = SHAPE_OBJECT},
    {"include",           SHAPE_TEXTS,  .min = 0,  .max = 100},
    {"max_output_tokens", SHAPE_INT,    .min = 1,  .max = 100000000},
    {"temperature",       SHAPE_NUMBER, .min = 0,  .max = 2},
    {"top_p",             SHAPE_NUMBER, .min = 0,  .max = 1},
    {"top_logprobs",      SHAPE_INT,    .min = 0,  .max = 20},
    {.name = "user", .type = SHAPE_TEXT},
    {.name = "safety_identifier", .type = SHAPE_TEXT},
    {.name = "stream_options", .type = SHAPE_OBJECT},
    {.name = NULL},
};

/* Read elsewhere than by the table, or answered as they are: not dropped. */
static const char *const others[] = {"previous_response_id", "conversation", "prompt", "moderation", NULL};

/* What refers to something that only its maker keeps, or would change the answer and cannot be translated. */
static bool refuse_untranslated(struct json body, struct arena *a, struct err *err)
{
    static const struct { const char *name, *message, *allowed; } rows[] = {
        {"previous_response_id", "error.stateless", "input"}, {"conversation", "error.stateless", "input"},
        {"prompt", "error.stateless", "instructions, input"}, {"moderation", "error.part_type", "null"},
    };
    struct json background = part_given(body, "background");

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json value = part_given(body, rows[i].name);

        if (value.p)
            return fail_field_as(err, rows[i].message, rows[i].name, shape_excerpt(value, a), rows[i].allowed);
    }
    return !json_is_true(background) || fail_field_as(err, "error.stateless", "background", "true", "false");
}

/* Which tokens were likely cannot be told: the model of a conversation has no place for it. */
static bool refuse_logprobs(struct json body, struct arena *a, struct err *err)
{
    struct json_walk include = json_walk(json_member(body, "include"));
    int64_t n = 0;

    shape_int(json_member(body, "top_logprobs"), &n);
    if (n)
        return part_refuse(err, "top_logprobs", json_member(body, "top_logprobs"), "0", a);
    while (json_next(&include))
        if (json_equal(include.value, "message.output_text.logprobs"))
            return part_refuse(err, "include", include.value, "reasoning.encrypted_content", a);
    return true;
}

static bool read_format(struct json text, struct chat *chat, struct arena *a, struct err *err)
{
    static const char *const words[] = {"text", "json_object", "json_schema", NULL};
    struct json format = json_member(text, "format");
    const char *type = "text";

    if (json_kind(json_member(text, "verbosity")) == JSON_STRING)
        chat_drop(chat, a, "text.verbosity");
    if (!part_word(json_member(format, "type"), words, "text.format.type", &type, a, err))
        return false;
    if (strcmp(type, "text") == 0)
        return true;
    if (strcmp(type, "json_schema") == 0)
        chat->schema = part_given(format, "schema");
    chat->format = chat->schema.p ? "schema" : "json";
    chat->schema_name = json_string(json_member(format, "name"), a);
    chat->schema_strict = json_is_true(json_member(format, "strict"));
    return true;
}

static void read_rest(struct json body, struct chat *chat, struct arena *a)
{
    struct json user = part_given(body, "safety_identifier");
    struct json_walk w = json_walk(body);

    chat->one_call = json_kind(json_member(body, "parallel_tool_calls")) == JSON_FALSE;
    chat->user = json_string(user.p ? user : json_member(body, "user"), a);
    shape_int(json_member(body, "max_output_tokens"), &chat->max_tokens);
    shape_real(json_member(body, "temperature"), &chat->temperature);
    shape_real(json_member(body, "top_p"), &chat->top_p);
    if (json_is_true(json_member(body, "store")))
        chat_drop(chat, a, "store");
    while (json_next(&w)) {
        bool known = shape_find(fields, w.name) || json_kind(w.value) == JSON_NULL;

        for (size_t i = 0; others[i] && !known; i++)
            known = json_equal(w.name, others[i]);
        if (!known)
            chat_drop_name(chat, a, "", w.name);
    }
}

bool responses_count_read(struct json body, struct chat *chat, struct arena *a, struct err *err)
{
    struct json instructions = part_given(body, "instructions");

    if (!shape_check(body, fields, a, err) || !refuse_untranslated(body, a, err))
        return false;
    chat->dialect = DIALECT_OPENAI_RESPONSES;
    chat->raw = body;                                        /* no provider is asked in it; the answer repeats some of it */
    chat->model = json_string(json_member(body, "model"), a);
    chat->stream = json_is_true(json_member(body, "stream"));
    chat->parsed = true;
    if (instructions.p)
        part_text(part_message(chat, CHAT_SYSTEM, a), instructions, a);
    return responses_items(json_member(body, "input"), chat, a, err) && responses_tools(json_member(body, "tools"), chat, a, err)
        && read_format(json_member(body, "text"), chat, a, err);
}

bool responses_read(struct json body, struct chat *chat, struct arena *a, struct err *err)
{
    if (!responses_count_read(body, chat, a, err) || !refuse_logprobs(body, a, err)
        || !responses_choice(json_member(body, "tool_choice"), chat, a, err)
        || !part_word(json_at(body, "reasoning.effort"), part_efforts, "reasoning.effort", &chat->effort, a, err))
        return false;
    read_rest(body, chat, a);
    return true;
}

void responses_schema(struct json_out *out)
{
    shape_schema(out, fields, false);
}
