/* SPDX-License-Identifier: MIT */
/* openai_provider: the chat completions dialect, spoken by OpenAI, vLLM, LocalAI, LM Studio, DeepSeek and many more. Tolerates what these
 * really send: usage in any chunk or none, "tool_calls": [], finish_reason "", a missing [DONE], an error object inside HTTP 200. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "gate/snapshot.h"
#include "providers/openai_write.h"
#include "providers/providers.h"

static void prepare_common(const struct provider *provider, const char *method, const char *path, struct arena *a, struct http_request *r)
{
    r->method = method;
    r->url = provider_url(provider, path, a);
    if (provider->secret)
        http_add_header(r, a, "Authorization", arena_printf(a, "Bearer %s", secret_reveal(provider->secret)));
}

static bool openai_prepare(struct target *target, const struct chat *chat, struct arena *a, struct http_request *r, struct err *err)
{
    prepare_common(target->provider, "POST", "/chat/completions", a, r);
    http_add_header(r, a, "Content-Type", "application/json");
    return openai_write(target, chat, a, &r->body, err);
}

/* What is read of an answer or event, found in one walk. */
enum { TOP_ERROR, TOP_ID, TOP_MODEL, TOP_USAGE, TOP_CHOICES, TOPS };
static const char *const top_names[] = {"error", "id", "model", "usage", "choices", NULL};

static void read_usage(struct reader *r, struct json usage)
{
    if (json_kind(usage) != JSON_OBJECT)
        return;
    r->usage = (struct usage){
        .known = true,
        .in = reader_tokens(usage, "prompt_tokens"),
        .out = reader_tokens(usage, "completion_tokens"),
        .reasoning = reader_tokens(json_member(usage, "completion_tokens_details"), "reasoning_tokens"),
        .cached = reader_tokens(json_member(usage, "prompt_tokens_details"), "cached_tokens"),
    };
    if (!r->usage.cached)                                    /* DeepSeek's name for it */
        r->usage.cached = reader_tokens(usage, "prompt_cache_hit_tokens");
}

static void read_names(struct reader *r, const struct json top[TOPS])
{
    const char *model, *id;

    if (!*r->model && (model = reader_word(r, top[TOP_MODEL])))
        r->model = model;
    if (!*r->upstream_id && (id = reader_word(r, top[TOP_ID])))
        r->upstream_id = id;
}

/* An error object inside HTTP 200. */
static bool read_failure(const struct reader *r, struct json error, struct err *err)
{
    struct json words = json_kind(error) == JSON_OBJECT ? json_member(error, "message") : error;

    if (!error.p || json_kind(error) == JSON_NULL)
        return true;
    return fail(err, ERR_UPSTREAM, "the provider reported an error in its answer: %s", reader_said(r, words));
}

static bool emit_text(struct reader *r, enum chat_event_type type, struct json value, struct err *err)
{
    struct chat_event event = {.type = type};

    if (json_kind(value) != JSON_STRING || value.n <= 2)
        return true;
    if (r->same) {                                           /* only its size matters; the frame goes on as it is */
        reader_count_json(r, value);
        return true;
    }
    event.text.p = (const uint8_t *)json_text(value, r->scratch, &event.text.n);
    reader_count(r, event.text);
    return reader_emit(r, &event, err);
}

static bool emit_tool_call(struct reader *r, struct json call, size_t position, struct err *err)
{
    struct json function = json_member(call, "function");
    struct json arguments = json_member(function, "arguments");
    struct chat_event event = {.type = EVENT_TOOL_CALL, .index = json_member_int(call, "index", (int64_t)position)};

    if (event.index >= r->tool_calls && event.index < TOOL_CALLS_MAX)
        r->tool_calls = event.index + 1;
    reader_count_json(r, arguments);
    if (r->same)
        return true;
    event.id = json_string(json_member(call, "id"), r->scratch);
    event.name = json_string(json_member(function, "name"), r->scratch);
    if (json_kind(arguments) == JSON_STRING)
        event.arguments.p = (const uint8_t *)json_text(arguments, r->scratch, &event.arguments.n);
    else if (json_kind(arguments) == JSON_OBJECT)            /* some local servers send the object itself */
        event.arguments = json_bytes(arguments);
    return reader_emit(r, &event, err);
}

static bool emit_tool_calls(struct reader *r, struct json calls, struct err *err)
{
    struct json_walk w = json_walk(calls);

    while (json_next(&w))
        if (!emit_tool_call(r, w.value, w.i, err))
            return false;
    return true;
}

static bool read_finish(struct reader *r, struct json reason, struct err *err)
{
    const char *word = r->finish ? NULL : reader_word(r, reason);      /* the first counts: a copy of each would have no end */
    struct chat_event event = {.type = EVENT_FINISH};

    if (!word || strcmp(word, "null") == 0)
        return true;
    r->finish = event.finish = word;
    return r->same || reader_emit(r, &event, err);
}

/* A choice's message (whole answers) or delta (streams). Only the first of several choices is translated; a caller of the same
 * dialect gets all of them. */
static bool read_choice(struct reader *r, struct json choice, const char *part, struct err *err)
{
    struct json halves[2], said[4];

    json_members(choice, (const char *const[]){part, "finish_reason", NULL}, halves);
    json_members(halves[0], (const char *const[]){"reasoning_content", "reasoning", "content", "tool_calls", NULL}, said);
    return emit_text(r, EVENT_REASONING, said[0].p ? said[0] : said[1], err) && emit_text(r, EVENT_TEXT, said[2], err)
        && emit_tool_calls(r, said[3], err) && read_finish(r, halves[1], err);
}

static bool openai_read_frame(struct reader *r, const char *event_name, struct bytes frame, struct err *err)
{
    struct chat_event event = {.type = EVENT_RAW, .text = frame};
    struct json answer, top[TOPS];

    (void)event_name;
    if (r->ended || bytes_equal_text(frame, "[DONE]")) {     /* what follows the end mark means nothing */
        r->ended = true;
        return true;
    }
    if (!json_check(frame, &(struct json_limits){.allow_nul = true}, &answer, err))
        return fail(err, ERR_UPSTREAM, "the provider sent a malformed event: %.150s", err->text);
    if (json_kind(answer) != JSON_OBJECT)
        return fail(err, ERR_UPSTREAM, "the provider sent an event that is no JSON object");
    json_members(answer, top_names, top);
    if (!read_failure(r, top[TOP_ERROR], err))
        return false;
    read_names(r, top);
    read_usage(r, top[TOP_USAGE]);
    if (!read_choice(r, json_at(top[TOP_CHOICES], "0"), "delta", err))
        return false;
    /* The usage event is ours when the caller did not ask for it. */
    if (!r->same || (!json_count(top[TOP_CHOICES]) && r->usage.known && !r->chat->include_usage))
        return true;
    return reader_emit(r, &event, err);
}

static bool openai_read_whole(struct reader *r, struct bytes body, struct err *err)
{
    struct chat_event event = {.type = EVENT_RAW, .text = body};
    struct json answer, first, top[TOPS];

    if (!json_check(body, &(struct json_limits){.allow_nul = true}, &answer, err))
        return fail(err, ERR_UPSTREAM, "the provider's answer is malformed: %.150s", err->text);
    json_members(answer, top_names, top);
    if (!read_failure(r, top[TOP_ERROR], err))
        return false;
    first = json_at(top[TOP_CHOICES], "0");
    if (!first.p)
        return fail(err, ERR_UPSTREAM, "the provider's answer has no choices");
    read_names(r, top);
    read_usage(r, top[TOP_USAGE]);
    if (!read_choice(r, first, "message", err))
        return false;
    r->ended = true;
    return !r->same || reader_emit(r, &event, err);
}

static void openai_read_error(const struct provider *provider, int status, struct bytes body, struct arena *a, struct upstream_error *error)
{
    struct err ignored = {0};
    struct json answer, said;
    const char *words;

    (void)provider, (void)status;
    if (!json_check(body, NULL, &answer, &ignored))
        return;
    if (json_kind(answer) == JSON_ARRAY)                     /* Gemini's compatible door sends [{"error":…}] */
        answer = json_at(answer, "0");
    said = json_member(answer, "error");
    if (json_kind(said) == JSON_OBJECT)
        said = json_member(said, "message");
    if (!said.p)
        said = json_member(answer, "message");
    words = json_string(said, a);
    error->words = words ? words : "";
}

static void openai_prepare_models(const struct provider *provider, struct arena *a, struct http_request *r)
{
    prepare_common(provider, "GET", "/models", a, r);
}

static bool openai_read_models(struct bytes body, struct arena *a, struct list *models_r, struct err *err)
{
    return models_read(body, "data", "id", NULL, a, models_r, err);
}

const struct dialect_rules openai_rules = {
    .id = DIALECT_OPENAI_CHAT,
    .framing = FRAMES_SSE,
    .prepare = openai_prepare,
    .read_frame = openai_read_frame,
    .read_whole = openai_read_whole,
    .read_error = openai_read_error,
    .prepare_models = openai_prepare_models,
    .read_models = openai_read_models,
};
