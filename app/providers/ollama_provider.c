/* SPDX-License-Identifier: MIT */
/* ollama_provider: Ollama's native dialect (POST /api/chat, one JSON line per event). Told apart from OpenAI's by: options in an object of
 * their own, raw base64 images, tool arguments as objects and always whole, reasoning as "thinking", done_reason "stop" also after a tool
 * call, counters left out when zero. */
#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "gate/snapshot.h"
#include "providers/emit.h"
#include "providers/ollama_embed.h"
#include "providers/ollama_write.h"
#include "providers/providers.h"

static void prepare_common(const struct provider *provider, const char *method, const char *path, struct arena *a, struct http_request *r)
{
    r->method = method;
    r->url = provider_url(provider, path, a);
    if (provider->secret)                                    /* a proxy in front of the runtime may want one */
        http_add_header(r, a, "Authorization", arena_printf(a, "Bearer %s", secret_reveal(provider->secret)));
}

static bool ollama_prepare(struct target *target, const struct chat *chat, struct arena *a, struct http_request *r, struct err *err)
{
    prepare_common(target->provider, "POST", "/api/chat", a, r);
    http_add_header(r, a, "Content-Type", "application/json");
    return ollama_write(target, chat, a, &r->body, err);
}

static bool emit_tool_calls(struct reader *r, struct json calls, struct err *err)
{
    struct json_walk w = json_walk(calls);

    while (json_next(&w)) {
        struct json function = json_member(w.value, "function");
        struct json arguments = json_member(function, "arguments");
        struct chat_event event = {.type = EVENT_TOOL_CALL, .index = r->tool_calls++};

        event.id = json_string(json_member(w.value, "id"), r->scratch);
        if (!event.id || !*event.id)
            event.id = emit_call_id(r->scratch);
        event.name = json_string(json_member(function, "name"), r->scratch);
        event.arguments = json_kind(arguments) == JSON_OBJECT ? json_bytes(arguments) : bytes_of("{}");
        reader_count(r, event.arguments);
        if (!reader_emit(r, &event, err))
            return false;
    }
    return true;
}

static bool read_done(struct reader *r, struct json line, struct err *err)
{
    struct json reason = json_member(line, "done_reason");
    struct chat_event event = {.type = EVENT_FINISH, .finish = "stop"};

    r->usage.in = reader_tokens(line, "prompt_eval_count");
    r->usage.out = reader_tokens(line, "eval_count");
    r->usage.known = r->usage.out > 0 || r->usage.in > 0;
    if (json_equal(reason, "length"))
        event.finish = "length";
    else if (r->tool_calls)
        event.finish = "tool_calls";
    r->finish = event.finish;
    r->ended = true;
    return reader_emit(r, &event, err);
}

static bool ollama_read(struct reader *r, const char *event, struct bytes text, struct err *err)
{
    struct json line, message, error;
    const char *model;

    (void)event;
    if (r->ended)                                            /* what follows the end mark means nothing */
        return true;
    if (!json_check(text, &(struct json_limits){.allow_nul = true}, &line, err))
        return fail(err, ERR_UPSTREAM, "the provider sent a malformed line: %.150s", err->text);
    if (json_kind(line) != JSON_OBJECT)
        return fail(err, ERR_UPSTREAM, "the provider sent a line that is no JSON object");
    error = json_member(line, "error");
    if (error.p && json_kind(error) != JSON_NULL)
        return fail(err, ERR_UPSTREAM, "the provider reported an error in its answer: %s", reader_said(r, error));
    if (!*r->model && (model = reader_word(r, json_member(line, "model"))))
        r->model = model;
    message = json_member(line, "message");
    if (!emit_text(r, EVENT_REASONING, json_member(message, "thinking"), err)
        || !emit_text(r, EVENT_TEXT, json_member(message, "content"), err)
        || !emit_tool_calls(r, json_member(message, "tool_calls"), err))
        return false;
    return !json_is_true(json_member(line, "done")) || read_done(r, line, err);
}

static bool ollama_read_whole(struct reader *r, struct bytes body, struct err *err)
{
    if (!ollama_read(r, "", body, err))
        return false;
    return r->ended || fail(err, ERR_UPSTREAM, "the provider's answer is not finished (no \"done\": true)");
}

static void ollama_read_error(const struct provider *provider, int status, struct bytes body, struct arena *a, struct upstream_error *error)
{
    struct err ignored = {0};
    struct json answer;
    const char *words = NULL;

    (void)provider, (void)status;
    if (json_check(body, NULL, &answer, &ignored))
        words = json_string(json_member(answer, "error"), a);
    error->words = words ? words : "";
}

static void ollama_prepare_models(const struct provider *provider, struct arena *a, struct http_request *r)
{
    prepare_common(provider, "GET", "/api/tags", a, r);
}

static bool ollama_read_models(struct bytes body, struct arena *a, struct list *models_r, struct err *err)
{
    return models_read(body, "models", "name", NULL, a, models_r, err);
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
    .prepare_embed = ollama_prepare_embed,
    .read_embed = ollama_read_embed,
};
