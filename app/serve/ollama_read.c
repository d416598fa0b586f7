/* SPDX-License-Identifier: MIT */
#include "serve/ollama_read.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json_write.h"
#include "serve/ollama_message.h"
#include "serve/part.h"
#include "serve/shape.h"

enum { BODY_MAX = 512 << 20 };

static const struct shape_field chat_fields[] = {
    {"model",    SHAPE_TEXT,  .required = true, .min = 1, .max = 200},
    {"messages", SHAPE_ARRAY, .required = true, .min = 1, .max = 100000},
    {.name = "stream", .type = SHAPE_BOOL},
    {"tools",    SHAPE_ARRAY, .min = 0, .max = 1024},
    {.name = "options", .type = SHAPE_OBJECT},
    {.name = "logprobs", .type = SHAPE_BOOL},
    {"top_logprobs", SHAPE_INT, .min = 0, .max = 20},
    {.name = NULL},
};

static const struct shape_field generate_fields[] = {
    {"model",    SHAPE_TEXT,  .required = true, .min = 1, .max = 200},
    {.name = "prompt", .type = SHAPE_ANY, .required = true},
    {.name = "system", .type = SHAPE_ANY},
    {"images",   SHAPE_ARRAY, .min = 0, .max = 1000},
    {.name = "stream", .type = SHAPE_BOOL},
    {.name = "options", .type = SHAPE_OBJECT},
    {.name = "suffix", .type = SHAPE_ANY},
    {.name = "template", .type = SHAPE_ANY},
    {.name = "raw", .type = SHAPE_ANY},
    {.name = "context", .type = SHAPE_ANY},
    {.name = "logprobs", .type = SHAPE_BOOL},
    {"top_logprobs", SHAPE_INT, .min = 0, .max = 20},
    {.name = NULL},
};

static const struct shape_field option_fields[] = {
    {"num_predict",       SHAPE_INT,    .min = -2, .max = 100000000},
    {"seed",              SHAPE_INT,    .min = INT64_MIN + 1, .max = INT64_MAX},
    {"top_k",             SHAPE_INT,    .min = 0,  .max = 1000000},
    {"temperature",       SHAPE_NUMBER, .min = 0,  .max = 100},
    {"top_p",             SHAPE_NUMBER, .min = 0,  .max = 1},
    {"frequency_penalty", SHAPE_NUMBER, .min = -2, .max = 2},
    {"presence_penalty",  SHAPE_NUMBER, .min = -2, .max = 2},
    {"stop",              SHAPE_TEXTS,  .min = 1,  .max = 16},
    {.name = NULL},
};

static bool says(struct json value)
{
    return value.p && json_kind(value) != JSON_NULL && json_kind(value) != JSON_FALSE && !json_equal(value, "");
}

/* true, false, or how much: also what Ollama itself refuses is left to a provider of the dialect. */
static bool check_think(struct json think, struct arena *a, struct err *err)
{
    static const char *const levels[] = {"minimal", "low", "medium", "high", "xhigh", "max"};

    if (!think.p || json_kind(think) == JSON_NULL || json_kind(think) == JSON_TRUE || json_kind(think) == JSON_FALSE)
        return true;
    for (size_t i = 0; i < COUNT(levels); i++)
        if (json_equal(think, levels[i]))
            return true;
    return fail_field(err, "think", shape_excerpt(think, a), "true, false, low, medium, high, max");
}

static bool check_format(struct json format, struct arena *a, struct err *err)
{
    if (!format.p || json_kind(format) == JSON_NULL || json_kind(format) == JSON_OBJECT || json_equal(format, "json") || json_equal(format, ""))
        return true;
    return fail_field(err, "format", shape_excerpt(format, a), "\"json\", JSON Schema");
}

bool ollama_chat_read(struct json body, struct chat *chat, struct arena *a, struct err *err)
{
    struct json stream = json_member(body, "stream");

    if (!shape_check(body, chat_fields, a, err) || !shape_check(json_member(body, "options"), option_fields, a, err)
        || !check_think(json_member(body, "think"), a, err) || !check_format(json_member(body, "format"), a, err)
        || !ollama_check_messages(json_member(body, "messages"), a, err))
        return false;
    chat->dialect = DIALECT_OLLAMA_CHAT;
    chat->raw = body;
    chat->parse = ollama_parse;
    chat->model = json_string(json_member(body, "model"), a);
    chat->stream = json_kind(stream) != JSON_FALSE;
    chat->include_usage = true;
    return true;
}

/* ---- generate ---- */

/* What asks for another prompt than the model's own template makes, or for text in a hole, has no place in a chat. */
static bool check_prompt(struct json body, struct arena *a, struct err *err)
{
    static const char *const none[] = {"suffix", "template", "raw", "context"}, *const texts[] = {"prompt", "system"};

    for (size_t i = 0; i < COUNT(texts); i++) {                      /* of any length, and with any character */
        struct json value = part_given(body, texts[i]);

        if ((value.p && json_kind(value) != JSON_STRING) || (i == 0 && json_equal(value, "")))
            return fail_field(err, texts[i], shape_excerpt(value, a), "string");
    }
    for (size_t i = 0; i < COUNT(none); i++) {
        struct json value = json_member(body, none[i]);

        if (says(value) && !(json_kind(value) == JSON_ARRAY && !json_count(value)))
            return fail_field_as(err, "error.ollama_prompt", none[i], shape_excerpt(value, a), "prompt, system, images");
    }
    return true;
}

static void put_message(struct json_out *out, const char *role, struct json content, struct json images)
{
    json_begin_object(out);
    json_member_text(out, "role", role);
    json_name(out, "content");
    json_put_raw(out, json_bytes(content));
    if (says(images)) {
        json_name(out, "images");
        json_put_raw(out, json_bytes(images));
    }
    json_end_object(out);
}

/* The same request to /api/chat. */
static bool as_chat(struct json body, struct arena *a, struct json *chat_r, struct err *err)
{
    static const char *const replaced[] = {"prompt", "system", "images", "suffix", "template", "raw", "context", "messages", "tools"};
    struct buf buf = buf_new(a, BODY_MAX);
    struct json_out out = json_out(&buf);
    struct json_walk w = json_walk(body);
    struct json system = json_member(body, "system");
    const char *text;

    json_begin_object(&out);
    while (json_next(&w)) {
        bool own = false;

        for (size_t i = 0; i < COUNT(replaced) && !own; i++)
            own = json_equal(w.name, replaced[i]);
        if (!own)
            json_put_pair(&out, w.name, w.value);
    }
    json_name(&out, "messages");
    json_begin_array(&out);
    if (says(system))
        put_message(&out, "system", system, (struct json){0});
    put_message(&out, "user", json_member(body, "prompt"), json_member(body, "images"));
    json_end_array(&out);
    json_end_object(&out);
    return buf_done(&buf, &text, err) && json_check(buf_view(&buf), &(struct json_limits){.allow_nul = true}, chat_r, err);
}

bool ollama_generate_read(struct json body, struct chat *chat, struct arena *a, struct err *err)
{
    struct json same;

    return shape_check(body, generate_fields, a, err) && check_prompt(body, a, err)
        && ollama_check_images(json_member(body, "images"), "images", a, err) && as_chat(body, a, &same, err)
        && ollama_chat_read(same, chat, a, err);
}

/* ---- for a provider of another dialect ---- */

static void read_think(struct json think, struct chat *chat, struct arena *a)
{
    if (json_kind(think) == JSON_FALSE)
        chat->effort = "none";
    else if (json_is_true(think))
        chat->effort = "medium";
    else
        chat->effort = json_string(think, a);
}

static void read_format(struct json format, struct chat *chat)
{
    if (json_equal(format, "json"))
        chat->format = "json";
    if (json_kind(format) != JSON_OBJECT)
        return;
    chat->format = "schema";
    chat->schema = format;
}

static void read_options(struct json options, struct chat *chat, struct arena *a)
{
    struct json_walk w = json_walk(options);
    int64_t most = 0;

    shape_int(json_member(options, "num_predict"), &most);
    if (most > 0)                                            /* -1 and -2 are no limit */
        chat->max_tokens = most;
    shape_int(json_member(options, "seed"), &chat->seed);
    shape_int(json_member(options, "top_k"), &chat->top_k);
    shape_real(json_member(options, "temperature"), &chat->temperature);
    shape_real(json_member(options, "top_p"), &chat->top_p);
    shape_real(json_member(options, "frequency_penalty"), &chat->frequency_penalty);
    shape_real(json_member(options, "presence_penalty"), &chat->presence_penalty);
    part_stop(chat, json_member(options, "stop"), a);
    while (json_next(&w))
        if (!shape_find(option_fields, w.name) && json_kind(w.value) != JSON_NULL)
            chat_drop_name(chat, a, "options.", w.name);
}

/* keep_alive, truncate and what nobody here knows. */
static void list_dropped(struct chat *chat, struct arena *a)
{
    static const char *const translated[] = {"format", "think", NULL};
    struct json_walk w = json_walk(chat->raw);

    while (json_next(&w)) {
        bool known = shape_find(chat_fields, w.name) != NULL || json_kind(w.value) == JSON_NULL;

        for (size_t i = 0; translated[i] && !known; i++)
            known = json_equal(w.name, translated[i]);
        if (!known)
            chat_drop_name(chat, a, "", w.name);
    }
}

bool ollama_parse(struct chat *chat, struct arena *a, struct err *err)
{
    struct json logprobs = json_member(chat->raw, "logprobs");

    if (json_is_true(logprobs))                              /* no other dialect's answer is carried with them */
        return part_refuse(err, "logprobs", logprobs, "false", a);
    if (!ollama_read_messages(json_member(chat->raw, "messages"), chat, a, err)
        || !ollama_read_tools(json_member(chat->raw, "tools"), chat, a, err))
        return false;
    read_think(json_member(chat->raw, "think"), chat, a);
    read_format(json_member(chat->raw, "format"), chat);
    read_options(json_member(chat->raw, "options"), chat, a);
    list_dropped(chat, a);
    chat->parsed = true;
    return true;
}

void ollama_chat_schema(struct json_out *out)
{
    shape_schema(out, chat_fields, false);
}

void ollama_generate_schema(struct json_out *out)
{
    shape_schema(out, generate_fields, false);
}
