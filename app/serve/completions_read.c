/* SPDX-License-Identifier: MIT */
#include "serve/completions_read.h"

#include <string.h>

#include "base/err.h"
#include "serve/part.h"
#include "serve/shape.h"

static const struct shape_field fields[] = {
    {"model",             SHAPE_TEXT,   .required = true, .min = 1, .max = 200},
    {"prompt",            SHAPE_TEXTS,  .required = true, .min = 1, .max = 1},
    {.name = "stream", .type = SHAPE_BOOL},
    {.name = "stream_options", .type = SHAPE_OBJECT},
    {"max_tokens",        SHAPE_INT,    .min = 1,  .max = 100000000},
    {"temperature",       SHAPE_NUMBER, .min = 0,  .max = 2},
    {"top_p",             SHAPE_NUMBER, .min = 0,  .max = 1},
    {"frequency_penalty", SHAPE_NUMBER, .min = -2, .max = 2},
    {"presence_penalty",  SHAPE_NUMBER, .min = -2, .max = 2},
    {"seed",              SHAPE_INT,    .min = INT64_MIN + 1, .max = INT64_MAX},
    {"stop",              SHAPE_TEXTS,  .min = 1,  .max = 16},
    {"n",                 SHAPE_INT,    .min = 1,  .max = 128},
    {"best_of",           SHAPE_INT,    .min = 0,  .max = 128},
    {"user",              SHAPE_TEXT,   .min = 0,  .max = 1000},
    {.name = "echo", .type = SHAPE_BOOL},
    {.name = "suffix", .type = SHAPE_TEXT},
    {.name = "logprobs", .type = SHAPE_INT, .min = 0, .max = 20},
    {.name = NULL},
};

/* What would change the answer and cannot be translated, unless it says one of these. */
static bool refuse_untranslated(struct json body, struct arena *a, struct err *err)
{
    static const struct { const char *name, *harmless[2], *allowed; } rows[] = {
        {"suffix", {"\"\""}, "null"}, {"echo", {"false"}, "false"}, {"best_of", {"1", "0"}, "1"}, {"n", {"1"}, "1"}, {"logprobs", {NULL}, "null"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json value = part_given(body, rows[i].name);
        bool harmless = !value.p;

        for (size_t k = 0; k < COUNT(rows[i].harmless) && rows[i].harmless[k]; k++)
            harmless = harmless || bytes_equal_text(json_bytes(value), rows[i].harmless[k]);
        if (!harmless)
            return part_refuse(err, rows[i].name, value, rows[i].allowed, a);
    }
    return true;
}

static bool read_prompt(struct json prompt, struct chat *chat, struct arena *a, struct err *err)
{
    if (json_kind(prompt) == JSON_ARRAY)
        prompt = json_at(prompt, "0");
    if (json_kind(prompt) != JSON_STRING)
        return fail_field(err, "prompt", "[]", "string, array of strings, 1–1");
    part_text(part_message(chat, CHAT_USER, a), prompt, a);
    return true;
}

static void read_numbers(struct json body, struct chat *chat)
{
    shape_int(json_member(body, "max_tokens"), &chat->max_tokens);
    shape_int(json_member(body, "seed"), &chat->seed);
    shape_real(json_member(body, "temperature"), &chat->temperature);
    shape_real(json_member(body, "top_p"), &chat->top_p);
    shape_real(json_member(body, "frequency_penalty"), &chat->frequency_penalty);
    shape_real(json_member(body, "presence_penalty"), &chat->presence_penalty);
}

bool completions_read(struct json body, struct chat *chat, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(body);

    if (!shape_check(body, fields, a, err) || !refuse_untranslated(body, a, err) || !read_prompt(json_member(body, "prompt"), chat, a, err))
        return false;
    chat->dialect = DIALECT_OPENAI_COMPLETIONS;
    chat->model = json_string(json_member(body, "model"), a);
    chat->stream = json_is_true(json_member(body, "stream"));
    chat->include_usage = json_is_true(json_at(body, "stream_options.include_usage"));
    chat->user = json_string(json_member(body, "user"), a);
    part_stop(chat, json_member(body, "stop"), a);
    read_numbers(body, chat);
    while (json_next(&w))
        if (!shape_find(fields, w.name) && json_kind(w.value) != JSON_NULL)
            chat_drop_name(chat, a, "", w.name);
    chat->parsed = true;
    return true;
}

void completions_schema(struct json_out *out)
{
    shape_schema(out, fields, false);
}
