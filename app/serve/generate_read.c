/* SPDX-License-Identifier: MIT */
#include "serve/generate_read.h"

#include "base/err.h"
#include "serve/openai_message.h"
#include "serve/part.h"
#include "serve/shape.h"

static const struct shape_field fields[] = {
    {"prompt",      SHAPE_TEXT,   .min = 1, .max = 100000000},
    {"messages",    SHAPE_ARRAY,  .min = 1, .max = 100000},
    {"system",      SHAPE_TEXT,   .min = 0, .max = 100000000},
    {"model",       SHAPE_TEXT,   .min = 1, .max = 200},
    {"task",        SHAPE_TEXT,   .min = 1, .max = 40},
    {"complexity",  SHAPE_TEXT,   .min = 1, .max = 40},
    {"tier",        SHAPE_TEXT,   .min = 1, .max = 40},
    {"max_tokens",  SHAPE_INT,    .min = 1, .max = 100000000},
    {"temperature", SHAPE_NUMBER, .min = 0, .max = 2},
    {"top_p",       SHAPE_NUMBER, .min = 0, .max = 1},
    {"seed",        SHAPE_INT,    .min = INT64_MIN + 1, .max = INT64_MAX},
    {"stop",        SHAPE_TEXTS,  .min = 1, .max = 16},
    {.name = "stream", .type = SHAPE_BOOL},
    {.name = NULL},
};

/* Words that steer classification; each has a fixed list, so that a typing error is seen. */
static bool check_words(struct json body, struct arena *a, struct err *err)
{
    static const struct { const char *field, *allowed; const char *const words[7]; } hints[] = {
        {"task", "research, planning, code, analysis, chat", {"research", "planning", "code", "analysis", "chat"}},
        {"complexity", "simple, moderate, complex, critical", {"simple", "moderate", "complex", "critical"}},
        {"tier", "fast-thinking, ultra-fast, general", {"fast-thinking", "ultra-fast", "general"}},
    };

    for (size_t i = 0; i < COUNT(hints); i++) {
        struct json value = part_given(body, hints[i].field);
        bool known = !value.p;

        for (size_t k = 0; hints[i].words[k] && !known; k++)
            known = json_equal(value, hints[i].words[k]);
        if (!known)
            return fail_field(err, hints[i].field, shape_excerpt(value, a), hints[i].allowed);
    }
    return true;
}

static bool read_question(struct json body, struct chat *chat, struct arena *a, struct err *err)
{
    struct json prompt = part_given(body, "prompt"), messages = part_given(body, "messages"), system = part_given(body, "system");

    if (prompt.p && messages.p)
        return fail_field(err, "prompt", "prompt, messages", "prompt | messages");
    if (!prompt.p && !messages.p)
        return fail_field_as(err, "error.missing_field", "prompt", "", "prompt | messages");
    if (system.p)
        part_text(part_message(chat, CHAT_SYSTEM, a), system, a);
    if (messages.p)
        return openai_messages(messages, "messages", chat, a, err);
    part_text(part_message(chat, CHAT_USER, a), prompt, a);
    return true;
}

bool generate_read(struct json body, struct chat *chat, struct arena *a, struct err *err)
{
    if (!shape_check_all(body, fields, a, err) || !check_words(body, a, err) || !read_question(body, chat, a, err))
        return false;
    chat->model = json_string(json_member(body, "model"), a);
    chat->stream = json_is_true(json_member(body, "stream"));
    chat->parsed = true;
    shape_int(json_member(body, "max_tokens"), &chat->max_tokens);
    shape_int(json_member(body, "seed"), &chat->seed);
    shape_real(json_member(body, "temperature"), &chat->temperature);
    shape_real(json_member(body, "top_p"), &chat->top_p);
    part_stop(chat, json_member(body, "stop"), a);
    return true;
}

void generate_schema(struct json_out *out)
{
    shape_schema(out, fields, true);
}
