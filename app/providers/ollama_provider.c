/* SPDX-License-Identifier: MIT */
/* ollama_provider: Ollama's native dialect (POST /api/chat, one JSON line per event). Told apart from OpenAI's by: options in an object of
 * their own, raw base64 images, tool arguments as objects and always whole, reasoning as "thinking", done_reason "stop" also after a tool
 * call, counters left out when zero. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "gate/snapshot.h"
#include "providers/emit.h"
#include "providers/ollama_embed.h"
#include "providers/ollama_write.h"
#include "providers/providers.h"
#include "providers/write.h"

static bool ollama_prepare(struct target *target, const struct chat *chat, struct arena *a, struct http_request *r, struct err *err)
{
    write_request(target->provider, "POST", "/api/chat", a, r);
    http_add_header(r, a, "Content-Type", "application/json");
    return ollama_write(target, chat, a, &r->body, err);
}

static bool emit_tool_calls(struct reader *r, struct json calls, struct err *err)
{
    struct json_walk w = json_walk(calls);

    while (json_next(&w)) {
        struct json function = json_member(w.value, "function");

        if (!emit_call(r, json_member(w.value, "id"), json_member(function, "name"), json_member(function, "arguments"), NULL, err))
            return false;
    }
    return true;
}

static bool read_done(struct reader *r, struct json line, struct err *err)
{
    int64_t in = reader_tokens(line, "prompt_eval_count"), out = reader_tokens(line, "eval_count");

    if (in || out) {                                         /* a counter that is zero is left out */
        r->usage.known = true;
        r->usage.in = in;
        r->usage.out = out;
    }
    r->ended = true;
    return emit_finish(r, json_equal(json_member(line, "done_reason"), "length") ? "length" : "stop", err);
}

/* What a line may say besides, and only a caller of the dialect hears. */
static void drop_unheard(struct reader *r, struct json line, struct json message)
{
    if (r->same)
        return;
    if (json_count(json_member(message, "images")))
        reader_drop(r, "images");
    if (json_count(json_member(line, "logprobs")))
        reader_drop(r, "logprobs");
}

static bool read_message(struct reader *r, struct json line, struct err *err)
{
    enum { THINKING, CONTENT, CALLS, PARTS };
    static const char *const names[] = {"thinking", "content", "tool_calls", NULL};
    struct json message = json_member(line, "message"), said[PARTS];

    json_members(message, names, said);
    drop_unheard(r, line, message);
    return emit_text(r, EVENT_REASONING, said[THINKING], err) && emit_text(r, EVENT_TEXT, said[CONTENT], err)
        && emit_tool_calls(r, said[CALLS], err);
}

static bool ollama_read(struct reader *r, const char *event_name, struct bytes text, struct err *err)
{
    struct chat_event raw = {.type = EVENT_RAW, .text = text, .name = ""};
    struct json line, error;
    const char *model;

    (void)event_name;
    if (r->ended)                                            /* what follows the end mark means nothing */
        return true;
    if (!emit_check(text, JSON_OBJECT, &line, err))
        return false;
    error = json_member(line, "error");
    if (error.p && json_kind(error) != JSON_NULL)
        return reader_fail(r, 500, error, (struct json){0}, text, err);
    if (!*r->model && (model = reader_word(r, json_member(line, "model"))))
        r->model = model;
    if (!read_message(r, line, err) || (json_is_true(json_member(line, "done")) && !read_done(r, line, err)))
        return false;
    return !r->same || reader_emit(r, &raw, err);
}

static bool ollama_read_whole(struct reader *r, struct bytes body, struct err *err)
{
    if (!ollama_read(r, "", body, err))
        return false;
    return r->ended || fail(err, ERR_UPSTREAM, "the provider's answer is not finished (no \"done\": true)");
}

static void ollama_read_error(const struct provider *provider, int status, struct bytes body, struct arena *a, struct upstream_error *error)
{
    static const char *const full[] = {"more system memory", "out of memory", "does not support"};
    struct err ignored = {0};
    struct json answer;
    const char *words = NULL;

    (void)provider, (void)status;
    if (json_check(body, NULL, &answer, &ignored))
        words = json_string(json_member(answer, "error"), a);
    error->words = words ? words : "";
    for (size_t i = 0; i < COUNT(full); i++)                 /* this runtime never will; a larger one, or one of a newer model, may */
        if (strstr(error->words, full[i]))
            error->remedy = REMEDY_OTHER;
}

static void ollama_prepare_models(const struct provider *provider, struct arena *a, struct http_request *r)
{
    write_request(provider, "GET", "/api/tags", a, r);
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

/* Models that the runtime only passes on to ollama.com are named so: "gpt-oss:120b-cloud", "kimi-k2:cloud". */
static bool ollama_remote_name(const char *name)
{
    return ends_with(name, "-cloud") || ends_with(name, ":cloud");
}

static int64_t read_capabilities(struct json list)
{
    static const struct { const char *word; int64_t can; } words[] = {
        {"completion", CAN_CHAT}, {"tools", CAN_CALL_TOOLS}, {"vision", CAN_SEE}, {"thinking", CAN_THINK}, {"embedding", CAN_EMBED},
    };
    struct json_walk w = json_walk(list);
    int64_t can = 0;

    while (json_next(&w))
        for (size_t i = 0; i < COUNT(words); i++)
            if (json_equal(w.value, words[i].word))
                can |= words[i].can;
    return can;
}

/* A missing fact is no fact: older runtimes list names only. */
static void read_facts(struct json entry, struct listed_model *model)
{
    struct json host = json_member(entry, "remote_host");

    model->context = reader_tokens(json_member(entry, "details"), "context_length");
    model->can = read_capabilities(json_member(entry, "capabilities"));
    model->remote = (json_kind(host) == JSON_STRING && !json_equal(host, "")) || ollama_remote_name(model->name);
}

static bool ollama_read_models(struct bytes body, struct arena *a, struct list *models_r, struct err *err)
{
    return models_read(body, "models", "name", read_facts, a, models_r, err);
}

static void ollama_prepare_model(const struct provider *provider, const char *model, struct arena *a, struct http_request *r)
{
    struct buf buf = buf_new(a, 4096);
    struct json_out out = json_out(&buf);

    write_request(provider, "POST", "/api/show", a, r);
    http_add_header(r, a, "Content-Type", "application/json");
    json_begin_object(&out);
    json_member_text(&out, "model", model);
    json_end_object(&out);
    r->body = buf_view(&buf);
}

/* "model_info" has "<architecture>.context_length". */
static bool ollama_read_model(struct bytes body, struct arena *a, struct listed_model *model_r, struct err *err)
{
    struct json answer, info;
    const char *architecture;

    if (!emit_check(body, JSON_OBJECT, &answer, err))
        return false;
    info = json_member(answer, "model_info");
    architecture = json_string(json_member(info, "general.architecture"), a);
    read_facts(answer, model_r);
    if (architecture)
        model_r->context = reader_tokens(info, arena_printf(a, "%.100s.context_length", architecture));
    return true;
}

const struct dialect_rules ollama_rules = {
    .id = DIALECT_OLLAMA_CHAT,
    .framing = FRAMES_NDJSON,
    .prepare = ollama_prepare,
    .read_frame = ollama_read,
    .read_whole = ollama_read_whole,
    .read_error = ollama_read_error,
    .prepare_models = ollama_prepare_models,
    .read_models = ollama_read_models,
    .remote_name = ollama_remote_name,
    .prepare_model = ollama_prepare_model,
    .read_model = ollama_read_model,
    .prepare_embed = ollama_prepare_embed,
    .read_embed = ollama_read_embed,
};
