/* SPDX-License-Identifier: MIT */
/* gemini_write: see the header; the conversation itself is gemini_contents.c. Schemas of tools and answers go as parametersJsonSchema and
 * responseJsonSchema, which take JSON Schema as it is: the older parameters and responseSchema know a subset of OpenAPI only, into which
 * nothing can be rewritten without loss. A model that knows only those says so with a 400, which the caller gets. */
#include "providers/gemini_write.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/percent.h"
#include "providers/gemini_contents.h"
#include "providers/write.h"

enum { BODY_MAX = 512 << 20, STOP_MAX = 5 };
enum { THINKS_FROM = 25, LEVELS_FROM = 30 };       /* generations: the first that thinks, the first that takes levels, not budgets */

const char *gemini_model_path(const char *model, struct arena *a)
{
    static const char *const kinds[] = {"models/", "tunedModels/"};

    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strncmp(model, kinds[i], strlen(kinds[i])) == 0)
            return arena_printf(a, "%s%s", kinds[i], percent_encode(model + strlen(kinds[i]), a));
    return arena_printf(a, "models/%s", percent_encode(model, a));
}

/* ---- tools ---- */

static void write_declarations(struct json_out *out, const struct chat *chat)
{
    const struct chat_tool *tool = chat->tools.items;

    json_name(out, "tools");
    json_begin_array(out);
    json_begin_object(out);
    json_name(out, "functionDeclarations");
    json_begin_array(out);
    for (size_t i = 0; i < chat->tools.n; i++) {
        json_begin_object(out);
        json_member_text(out, "name", tool[i].name);
        json_member_text(out, "description", tool[i].description ? tool[i].description : "");
        if (tool[i].parameters.p) {
            json_name(out, "parametersJsonSchema");
            json_put_raw(out, json_bytes(tool[i].parameters));
        }
        json_end_object(out);
    }
    json_end_array(out);
    json_end_object(out);
    json_end_array(out);
}

/* Arguments that must fit their schema are promised by the modes ANY and VALIDATED. */
static const char *calling_mode(const struct chat *chat)
{
    const struct chat_tool *tool = chat->tools.items;

    if (chat->tool_choice && strcmp(chat->tool_choice, "none") == 0)
        return "NONE";
    if (chat->tool_choice && strcmp(chat->tool_choice, "auto") != 0)
        return "ANY";
    for (size_t i = 0; i < chat->tools.n; i++)
        if (tool[i].strict)
            return "VALIDATED";
    return "AUTO";
}

static bool write_tools(struct json_out *out, const struct chat *chat, struct err *err)
{
    const char *choice = chat->tool_choice;

    if (!chat->tools.n && choice && strcmp(choice, "auto") != 0 && strcmp(choice, "none") != 0)
        return fail_field(err, "tool_choice", choice, "auto, none");
    if (!chat->tools.n)
        return true;
    write_declarations(out, chat);
    json_name(out, "toolConfig");
    json_begin_object(out);
    json_name(out, "functionCallingConfig");
    json_begin_object(out);
    json_member_text(out, "mode", calling_mode(chat));
    if (choice && *choice == '=')
        write_texts(out, "allowedFunctionNames", (struct list){.items = (void *)&(const char *){choice + 1}, .n = 1});
    json_end_object(out);
    json_end_object(out);
    return true;
}

/* ---- thinking ---- */

/* How hard to think. The Pro models cannot be told not to. */
static const struct effort {
    const char *word, *level, *pro_level;
    int64_t budget, pro_budget;
} efforts[] = {
    {"none", "MINIMAL", "LOW", 0, 128},          {"minimal", "MINIMAL", "LOW", 512, 512}, {"low", "LOW", "LOW", 1024, 1024},
    {"medium", "MEDIUM", "MEDIUM", 8192, 8192},  {"high", "HIGH", "HIGH", 24576, 24576},  {"xhigh", "HIGH", "HIGH", 24576, 32768},
    {"max", "HIGH", "HIGH", 24576, 32768},
};

static const struct effort *effort_find(const char *word)
{
    for (size_t i = 0; word && i < COUNT(efforts); i++)
        if (strcmp(efforts[i].word, word) == 0)
            return &efforts[i];
    return NULL;
}

static void write_thinking(struct json_out *out, struct target *target, const struct chat *chat, struct arena *a)
{
    const struct effort *effort = effort_find(chat->effort);
    int generation = gemini_generation(target->model);
    bool pro = strstr(target->model, "-pro") != NULL, budgeted = chat->thinking_max != INT64_MIN;

    if (!effort && !budgeted)
        return;
    if (generation && generation < THINKS_FROM) {
        target_drop(target, a, effort ? "reasoning_effort" : "thinking");
        return;
    }
    json_name(out, "thinkingConfig");
    json_begin_object(out);
    if (effort && generation >= LEVELS_FROM)
        json_member_text(out, "thinkingLevel", pro ? effort->pro_level : effort->level);
    else if (budgeted)
        json_member_put_int(out, "thinkingBudget", chat->thinking_max);
    else
        json_member_put_int(out, "thinkingBudget", pro ? effort->pro_budget : effort->budget);
    json_member_put_bool(out, "includeThoughts", effort ? strcmp(effort->word, "none") != 0 : chat->thinking_max != 0);
    json_end_object(out);
}

/* ---- the rest ---- */

static void write_format(struct json_out *out, const struct chat *chat)
{
    if (!chat->format)
        return;
    json_member_text(out, "responseMimeType", "application/json");
    if (!chat->schema.p)
        return;
    json_name(out, "responseJsonSchema");
    json_put_raw(out, json_bytes(chat->schema));
}

static void write_config(struct json_out *out, struct target *target, const struct chat *chat, struct arena *a)
{
    json_name(out, "generationConfig");
    json_begin_object(out);
    write_int(out, "maxOutputTokens", chat->max_tokens);
    write_real(out, "temperature", chat->temperature);
    write_real(out, "topP", chat->top_p);
    write_int(out, "topK", chat->top_k);
    write_real(out, "presencePenalty", chat->presence_penalty);
    write_real(out, "frequencyPenalty", chat->frequency_penalty);
    if (chat->seed >= INT32_MIN && chat->seed <= INT32_MAX)
        json_member_put_int(out, "seed", chat->seed);
    else if (chat->seed != INT64_MIN)
        target_drop(target, a, "seed");
    write_texts(out, "stopSequences", chat->stop);
    write_format(out, chat);
    write_thinking(out, target, chat, a);
    json_end_object(out);
}

static bool write_body(struct json_out *out, struct target *target, const struct chat *chat, struct arena *a, struct err *err)
{
    json_begin_object(out);
    if (!gemini_contents(out, target, chat, a, err) || !write_tools(out, chat, err))
        return false;
    write_config(out, target, chat, a);
    json_end_object(out);
    return true;
}

bool gemini_write(struct target *target, const struct chat *chat, struct arena *a, struct bytes *body_r, struct err *err)
{
    struct buf buf = buf_new(a, BODY_MAX);
    struct json_out out = json_out(&buf);
    const char *text;

    if (!write_one_plain(chat, a, err))
        return false;
    if (chat->stop.n > STOP_MAX)
        return fail_field(err, "stop", arena_printf(a, "%zu", chat->stop.n), "1–5");
    if (chat->one_call && chat->tools.n)
        target_drop(target, a, "parallel_tool_calls");
    if (chat->user)
        target_drop(target, a, "user");
    if (!write_body(&out, target, chat, a, err) || !buf_done(&buf, &text, err))
        return false;
    *body_r = buf_view(&buf);
    return true;
}

/* ---- embeddings ---- */

static void write_input(struct json_out *out, const struct chat *chat, const char *model, struct bytes input)
{
    json_begin_object(out);
    json_member_text(out, "model", model);
    json_name(out, "content");
    json_begin_object(out);
    json_name(out, "parts");
    json_begin_array(out);
    json_begin_object(out);
    json_name(out, "text");
    json_put_bytes(out, input);
    json_end_object(out);
    json_end_array(out);
    json_end_object(out);
    write_int(out, "outputDimensionality", chat->embed->dimensions);
    json_end_object(out);
}

bool gemini_write_embed(struct target *target, const struct chat *chat, size_t first, size_t n, struct arena *a, struct bytes *body_r,
                        struct err *err)
{
    const struct bytes *input = chat->embed->inputs.items;
    const char *model = strchr(target->model, '/') ? target->model : arena_printf(a, "models/%s", target->model), *text;
    struct buf buf = buf_new(a, BODY_MAX);
    struct json_out out = json_out(&buf);

    if (chat->embed->tokens)
        return fail_field(err, "input", "tokens", "string");
    json_begin_object(&out);
    json_name(&out, "requests");
    json_begin_array(&out);
    for (size_t i = first; i < first + n; i++)
        write_input(&out, chat, model, input[i]);
    json_end_array(&out);
    json_end_object(&out);
    if (!buf_done(&buf, &text, err))
        return false;
    *body_r = buf_view(&buf);
    return true;
}
