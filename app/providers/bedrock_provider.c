/* SPDX-License-Identifier: MIT */
/* bedrock_provider: AWS Bedrock's Converse and ConverseStream, whatever model is behind them. Told apart from the others by: signed requests, the model
 * in the path, binary frames whose name says what they hold, blocks counted together so that calls are numbered anew, cached input beside
 * inputTokens, errors named by type. No client of ours speaks it, so frames are always read. */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/percent.h"
#include "base/secret.h"
#include "gate/snapshot.h"
#include "gate/thought.h"
#include "net/sigv4.h"
#include "providers/bedrock_write.h"
#include "providers/emit.h"
#include "providers/providers.h"
#include "providers/write.h"

#define RUNTIME "bedrock-runtime"

/* ---- requests ---- */

/* The host's part of the base URL: "bedrock-runtime.eu-west-1.amazonaws.com". */
static const char *host_of(const struct provider *provider)
{
    const char *start = strstr(provider->base_url, "://");

    return start ? start + 3 : provider->base_url;
}

/* As chosen, or else as the address says: the word behind the first dot. */
static const char *region_of(const struct provider *provider, struct arena *a)
{
    const char *chosen = provider_option(provider, "region"), *host = host_of(provider), *dot = strchr(host, '.');

    if (*chosen)
        return chosen;
    if (strncmp(host, RUNTIME, strlen(RUNTIME)) == 0 && dot)
        return arena_copy(a, dot + 1, strcspn(dot + 1, "./:"));
    return "us-east-1";
}

/* The body must be there: it is signed. */
static void authorize(const struct provider *provider, struct arena *a, struct http_request *r)
{
    struct sigv4 sign = {.region = region_of(provider, a), .service = "bedrock", .key_id = provider_option(provider, "access_key_id"),
                         .secret = provider->secret, .now = clock_wall()};
    struct http_header headers[SIGV4_HEADERS];

    if (!provider->secret)
        return;
    if (strcmp(provider_option(provider, "auth"), "api-key") == 0) {
        http_add_header(r, a, "Authorization", arena_printf(a, "Bearer %s", secret_reveal(provider->secret)));
        return;
    }
    sigv4_sign(&sign, r, a, headers);
    for (size_t i = 0; i < SIGV4_HEADERS; i++)
        http_add_header(r, a, headers[i].name, headers[i].value);
}

static bool bedrock_prepare(struct target *target, const struct chat *chat, struct arena *a, struct http_request *r, struct err *err)
{
    const char *path = arena_printf(a, "/model/%s/%s", percent_encode(target->model, a), target->stream ? "converse-stream" : "converse");

    r->method = "POST";
    r->url = provider_url(target->provider, path, a);
    http_add_header(r, a, "Content-Type", "application/json");
    if (!bedrock_write(target, chat, a, &r->body, err))
        return false;
    authorize(target->provider, a, r);
    return true;
}

/* Models are listed by the service beside the runtime. An address that is no runtime's (a proxy's, an endpoint's in a VPC) is asked itself. */
static const char *list_url(const struct provider *provider, struct arena *a)
{
    const char *host = host_of(provider);
    size_t before = (size_t)(host - provider->base_url), runtime = strlen(RUNTIME);
    struct provider beside = *provider;

    if (strncmp(host, RUNTIME, runtime) == 0)
        beside.base_url = arena_printf(a, "%.*sbedrock%s", (int)before, provider->base_url, host + runtime);
    return provider_url(&beside, "/foundation-models", a);
}

static void bedrock_prepare_models(const struct provider *provider, struct arena *a, struct http_request *r)
{
    r->method = "GET";
    r->url = list_url(provider, a);
    authorize(provider, a, r);
}

static void read_listed(struct json entry, struct listed_model *model)
{
    struct json_walk w = json_walk(json_member(entry, "outputModalities"));

    while (json_next(&w))
        model->can |= json_equal(w.value, "TEXT") ? CAN_CHAT : json_equal(w.value, "EMBEDDING") ? CAN_EMBED : 0;
    w = json_walk(json_member(entry, "inputModalities"));
    while (json_next(&w))
        model->can |= json_equal(w.value, "IMAGE") && model->can & CAN_CHAT ? CAN_SEE : 0;
}

static bool bedrock_read_models(struct bytes body, struct arena *a, struct list *models_r, struct err *err)
{
    return models_read(body, "modelSummaries", "modelId", read_listed, a, models_r, err);
}

/* ---- answers ---- */

/* Cached input is counted beside inputTokens. */
static void read_usage(struct reader *r, struct json usage)
{
    struct usage u = {.known = true, .out = reader_tokens(usage, "outputTokens"), .cached = reader_tokens(usage, "cacheReadInputTokens"),
                      .written = reader_tokens(usage, "cacheWriteInputTokens")};

    if (json_kind(usage) != JSON_OBJECT)
        return;
    if (!u.cached)                                           /* their names in some answers of InvokeModel's age */
        u.cached = reader_tokens(usage, "cacheReadInputTokenCount");
    if (!u.written)
        u.written = reader_tokens(usage, "cacheWriteInputTokenCount");
    u.in = reader_tokens(usage, "inputTokens") + u.cached + u.written;
    if (u.in > 1000000000)
        u.in = 1000000000;
    r->usage = u;
}

static bool read_stop(struct reader *r, struct json reason, struct err *err)
{
    static const struct { const char *said, *finish; } rows[] = {
        {"max_tokens", "length"}, {"model_context_window_exceeded", "length"}, {"guardrail_intervened", "content_filter"},
        {"content_filtered", "content_filter"}, {"tool_use", "tool_calls"},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        if (json_equal(reason, rows[i].said))
            return emit_finish(r, rows[i].finish, err);
    return emit_finish(r, "stop", err);                      /* end_turn, stop_sequence, and what is to come */
}

static bool emit_opaque(struct reader *r, struct json said, bool redacted, struct err *err)
{
    struct chat_event event = {.type = EVENT_OPAQUE, .redacted = redacted};
    const char *opaque = json_string(said, r->scratch);

    if (!opaque || !*opaque)
        return true;
    event.text = bytes_of(thought_tag(DIALECT_BEDROCK, bytes_of(opaque), r->scratch));
    return reader_emit(r, &event, err);
}

/* {"text","signature"} or a part of it, or {"redactedContent"}. */
static bool read_reasoning(struct reader *r, struct json said, struct err *err)
{
    return emit_text(r, EVENT_REASONING, json_member(said, "text"), err) && emit_opaque(r, json_member(said, "signature"), false, err)
        && emit_opaque(r, json_member(said, "redactedContent"), true, err);
}

static bool read_block(struct reader *r, struct json block, struct err *err)
{
    struct json found[3];

    json_members(block, (const char *const[]){"text", "toolUse", "reasoningContent", NULL}, found);
    if (found[0].p)
        return emit_text(r, EVENT_TEXT, found[0], err);
    if (found[1].p)
        return emit_call(r, json_member(found[1], "toolUseId"), json_member(found[1], "name"), json_member(found[1], "input"), NULL, err);
    if (!found[2].p) {
        reader_drop(r, "content");                           /* citations, pictures, what is to come */
        return true;
    }
    return read_reasoning(r, json_member(found[2], "reasoningText"), err)
        && emit_opaque(r, json_member(found[2], "redactedContent"), true, err);
}

static bool bedrock_read_whole(struct reader *r, struct bytes body, struct err *err)
{
    struct json answer, content;
    struct json_walk w;

    if (!emit_check(body, JSON_OBJECT, &answer, err))
        return false;
    content = json_at(answer, "output.message.content");
    if (json_kind(content) != JSON_ARRAY || json_kind(json_member(answer, "stopReason")) != JSON_STRING)
        return reader_fail(r, 500, json_member(answer, "message"), json_member(answer, "__type"), body, err);
    read_usage(r, json_member(answer, "usage"));
    w = json_walk(content);
    while (json_next(&w))
        if (!read_block(r, w.value, err))
            return false;
    r->ended = true;
    return read_stop(r, json_member(answer, "stopReason"), err);
}

/* ---- streams ---- */

/* Which block each call is: they are counted together with texts and reasoning. */
struct blocks {
    int64_t of_call[TOOL_CALLS_MAX];
};

static bool begin_block(struct reader *r, struct json message, struct err *err)
{
    struct json use = json_at(message, "start.toolUse");
    struct chat_event event = {.type = EVENT_TOOL_CALL, .index = r->tool_calls};
    struct blocks *blocks = r->state ? r->state : (r->state = NEW(r->arena, struct blocks));

    if (!use.p)
        return true;
    event.id = json_string(json_member(use, "toolUseId"), r->scratch);
    event.name = json_string(json_member(use, "name"), r->scratch);
    if (!event.id || !*event.id)
        event.id = emit_call_id(r->scratch);
    if (!event.name || !*event.name)
        return fail(err, ERR_UPSTREAM, "the provider sent a tool call without a name");
    if (!reader_emit(r, &event, err))
        return false;
    blocks->of_call[r->tool_calls++] = json_member_int(message, "contentBlockIndex", -1);
    return true;
}

static bool go_on_call(struct reader *r, struct json message, struct json input, struct err *err)
{
    int64_t block = json_member_int(message, "contentBlockIndex", -1);
    const struct blocks *blocks = r->state;
    struct chat_event event = {.type = EVENT_TOOL_CALL, .index = r->tool_calls - 1};

    while (event.index >= 0 && blocks->of_call[event.index] != block)
        event.index--;
    if (event.index < 0)
        return fail(err, ERR_UPSTREAM, "the provider sent a piece of a tool call that had not begun");
    if (json_kind(input) != JSON_STRING || input.n <= 2)
        return true;
    event.arguments.p = (const uint8_t *)json_text(input, r->scratch, &event.arguments.n);
    reader_count(r, event.arguments);
    return reader_emit(r, &event, err);
}

static bool read_delta(struct reader *r, struct json message, struct err *err)
{
    struct json delta = json_member(message, "delta"), found[3];

    json_members(delta, (const char *const[]){"text", "toolUse", "reasoningContent", NULL}, found);
    if (found[1].p)
        return go_on_call(r, message, json_member(found[1], "input"), err);
    if (found[2].p)
        return read_reasoning(r, found[2], err);
    if (!found[0].p)
        reader_drop(r, "content");
    return emit_text(r, EVENT_TEXT, found[0], err);
}

/* Types of errors, whether they come as an answer or in the middle of one, and the status they stand for. */
static int status_of(const char *type)
{
    static const struct { const char *type; int status; } rows[] = {
        {"validationException", 400}, {"accessDeniedException", 403}, {"resourceNotFoundException", 404}, {"modelTimeoutException", 408},
        {"modelErrorException", 424}, {"throttlingException", 429}, {"modelNotReadyException", 429}, {"serviceQuotaExceededException", 429},
        {"internalServerException", 500}, {"modelStreamErrorException", 500}, {"serviceUnavailableException", 503},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcasecmp(type, rows[i].type) == 0)
            return rows[i].status;
    return 500;
}

/* "!throttlingException" with {"message"}, or, without JSON, the words themselves. */
static bool read_exception(struct reader *r, const char *type, struct bytes frame, struct err *err)
{
    struct json said = {0};
    struct buf words = buf_new(r->scratch, 8 << 10);
    struct json_out out = json_out(&words);

    if (!emit_check(frame, JSON_OBJECT, &said, err)) {       /* an error has no JSON: make its words a string of it */
        json_put_bytes(&out, (struct bytes){frame.p, frame.n < 500 ? frame.n : 500});
        said = (struct json){words.p, words.n};
    } else {
        said = json_member(said, "message");
    }
    *err = (struct err){0};
    words = buf_new(r->scratch, 1 << 10);
    out = json_out(&words);
    json_put_text(&out, type);
    return reader_fail(r, status_of(type), said, (struct json){words.p, words.n}, frame, err);
}

static bool bedrock_read_frame(struct reader *r, const char *event, struct bytes frame, struct err *err)
{
    struct json message;

    if (r->ended)
        return true;
    if (*event == '!')
        return read_exception(r, event + 1, frame, err);
    if (!emit_check(frame, JSON_OBJECT, &message, err))
        return false;
    if (strcmp(event, "contentBlockStart") == 0)
        return begin_block(r, message, err);
    if (strcmp(event, "contentBlockDelta") == 0)
        return read_delta(r, message, err);
    if (strcmp(event, "messageStop") == 0)
        return read_stop(r, json_member(message, "stopReason"), err);
    if (strcmp(event, "metadata") == 0) {                    /* the last one */
        read_usage(r, json_member(message, "usage"));
        r->ended = r->finish != NULL;
    }
    return true;                                             /* messageStart, contentBlockStop, what is to come */
}

/* ---- errors ---- */

static void bedrock_read_error(const struct provider *provider, int status, struct bytes body, struct arena *a, struct upstream_error *error)
{
    struct err ignored = {0};
    struct json answer;
    const char *words, *type;

    (void)provider;
    if (!json_check(body, NULL, &answer, &ignored))
        return;
    words = json_string(json_member(answer, "message"), a);
    if (!words)
        words = json_string(json_member(answer, "Message"), a);
    type = json_string(json_member(answer, "__type"), a);
    error->words = words ? words : "";
    if (type)
        error->code = strrchr(type, '#') ? strrchr(type, '#') + 1 : type;
    if (status == 400 && strstr(error->words, "model identifier")) {    /* a model that is not there, or not in this region */
        error->kind = ERR_UPSTREAM;
        error->remedy = REMEDY_OTHER;
    }
}

const struct dialect_rules bedrock_rules = {
    .id = DIALECT_BEDROCK,
    .framing = FRAMES_EVENTSTREAM,
    .prepare = bedrock_prepare,
    .read_frame = bedrock_read_frame,
    .read_whole = bedrock_read_whole,
    .read_error = bedrock_read_error,
    .prepare_models = bedrock_prepare_models,
    .read_models = bedrock_read_models,
};
