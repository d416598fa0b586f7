/* SPDX-License-Identifier: MIT */
/* hunyuan_provider: Tencent's own dialect of Hunyuan: signed actions of one address (net/tc3.h). Whole answers are wrapped in "Response", events
 * of a stream are not; errors come with HTTP 200. There is no list of models: the unpaid check counts the tokens of a letter, an action that
 * generates nothing and is not charged, and that a wrong id, key or clock fails. No client of ours speaks it. */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "gate/snapshot.h"
#include "net/tc3.h"
#include "providers/emit.h"
#include "providers/hunyuan_write.h"
#include "providers/openai_calls.h"
#include "providers/providers.h"
#include "providers/write.h"

enum { BODY_MAX = 512 << 20, DIMENSIONS = 1024 /* its only model's */ };

/* The body is final: it is what is signed. */
static void prepare(const struct provider *provider, const char *action, struct bytes body, struct arena *a, struct http_request *r)
{
    struct tc3 sign = {.service = "hunyuan", .action = action, .version = "2023-09-01", .region = provider_option(provider, "region"),
                       .key_id = provider_option(provider, "secret_id"), .secret = provider->secret, .now = clock_wall()};
    struct http_header headers[TC3_HEADERS];
    size_t n;

    r->method = "POST";
    r->url = provider_url(provider, "/", a);
    r->body = body;
    http_add_header(r, a, "Content-Type", "application/json");
    n = tc3_sign(&sign, r, a, headers);
    for (size_t i = 0; i < n; i++)
        http_add_header(r, a, headers[i].name, headers[i].value);
}

static bool hunyuan_prepare(struct target *target, const struct chat *chat, struct arena *a, struct http_request *r, struct err *err)
{
    struct bytes body;

    if (!hunyuan_write(target, chat, a, &body, err))
        return false;
    prepare(target->provider, "ChatCompletions", body, a, r);
    return true;
}

/* ---- errors ---- */

/* What status a code stands for, by its beginning; the first that fits counts. */
static const struct { const char *code; int status; } codes[] = {
    {"AuthFailure", 401}, {"UnauthorizedOperation", 403}, {"RequestLimitExceeded", 429}, {"LimitExceeded", 429},
    {"FailedOperation.EngineServerLimitExceeded", 429}, {"FailedOperation.EngineRequestTimeout", 504}, {"FailedOperation.EngineServerError", 500},
    {"FailedOperation.FreeResourcePackExhausted", 402}, {"FailedOperation.ResourcePackExhausted", 402}, {"FailedOperation.ServiceNotActivated", 402},
    {"FailedOperation.ServiceStop", 402}, {"FailedOperation.UserUnAuthError", 403}, {"FailedOperation", 500}, {"ResourceInsufficient", 402},
    {"ResourceUnavailable", 402}, {"InternalError", 500}, {"ResourceNotFound", 404}, {"InvalidParameter", 400}, {"MissingParameter", 400},
    {"UnknownParameter", 400}, {"OperationDenied", 400}, {"UnsupportedOperation", 400}, {"RequestSizeLimitExceeded", 413},
};

static int status_of(const char *code)
{
    for (size_t i = 0; code && i < COUNT(codes); i++)
        if (strncmp(codes[i].code, code, strlen(codes[i].code)) == 0)
            return codes[i].status;
    return 0;
}

/* {"Error":{"Code","Message"}} of an action that failed; {"ErrorMsg":{"Code":4001,"Msg"}} of a model that did, in the midst of an answer. */
static bool read_failure(struct reader *r, struct json answer, struct err *err)
{
    struct json error = json_member(answer, "Error"), engine = json_member(answer, "ErrorMsg");
    struct json code = json_member(error, "Code");

    if (json_kind(error) == JSON_OBJECT)
        return reader_fail(r, status_of(json_string(code, r->scratch)), json_member(error, "Message"), code, json_bytes(answer), err);
    if (json_kind(engine) == JSON_OBJECT)
        return reader_fail(r, 500, json_member(engine, "Msg"), (struct json){0}, json_bytes(answer), err);
    return true;
}

static void hunyuan_read_error(const struct provider *provider, int status, struct bytes body, struct arena *a, struct upstream_error *error)
{
    struct err ignored = {0};
    struct json answer, said;
    const char *words, *code;

    (void)provider, (void)status;
    if (!json_check(body, NULL, &answer, &ignored))
        return;
    said = json_at(answer, "Response.Error");
    words = json_string(json_member(said, "Message"), a);
    code = json_string(json_member(said, "Code"), a);
    if (code && status_of(code))
        upstream_error_of(status_of(code), error);
    error->words = words ? words : "";
    error->code = code ? code : "";
}

/* ---- answers ---- */

static void read_usage(struct reader *r, struct json usage)
{
    if (json_kind(usage) != JSON_OBJECT)
        return;
    r->usage = (struct usage){.known = true, .in = reader_tokens(usage, "PromptTokens"), .out = reader_tokens(usage, "CompletionTokens")};
}

static bool read_finish(struct reader *r, struct json reason, struct err *err)
{
    const char *word = r->finish ? NULL : reader_word(r, reason);      /* the first counts: a copy of each would have no end */

    if (!word)
        return true;
    if (strcmp(word, "sensitive") == 0)
        return emit_finish(r, "content_filter", err);
    return emit_finish(r, strcmp(word, "length") == 0 ? "length" : "stop", err);
}

static bool read_choice(struct reader *r, struct json choice, bool whole, struct err *err)
{
    static const struct openai_call_words words = {"Index", "Id", "Function", "Name", "Arguments"};
    struct json said[3];

    json_members(json_member(choice, whole ? "Message" : "Delta"), (const char *const[]){"ReasoningContent", "Content", "ToolCalls", NULL}, said);
    return emit_text(r, EVENT_REASONING, said[0], err) && emit_text(r, EVENT_TEXT, said[1], err)
        && openai_calls_as(r, said[2], whole, &words, err) && read_finish(r, json_member(choice, "FinishReason"), err);
}

static bool read_answer(struct reader *r, struct json answer, bool whole, struct err *err)
{
    struct json found[3];
    const char *id;

    if (json_kind(json_member(answer, "Response")) == JSON_OBJECT)
        answer = json_member(answer, "Response");
    if (!read_failure(r, answer, err))
        return false;
    json_members(answer, (const char *const[]){"Id", "Usage", "Choices", NULL}, found);
    if (!*r->upstream_id && (id = reader_word(r, found[0])))
        r->upstream_id = id;
    read_usage(r, found[1]);
    return read_choice(r, json_at(found[2], "0"), whole, err);
}

static bool hunyuan_read_end(struct reader *r, struct err *err)
{
    if (!r->finish)
        return fail(err, ERR_UPSTREAM, "the answer ended without a FinishReason");
    return openai_calls_end(r, err);
}

static bool hunyuan_read_frame(struct reader *r, const char *event, struct bytes frame, struct err *err)
{
    struct json answer;

    (void)event;
    if (r->ended)
        return true;
    if (bytes_equal_text(frame, "[DONE]"))
        return r->ended = hunyuan_read_end(r, err);
    return emit_check(frame, JSON_OBJECT, &answer, err) && read_answer(r, answer, false, err);
}

static bool hunyuan_read_whole(struct reader *r, struct bytes body, struct err *err)
{
    struct json answer;

    r->ended = emit_check(body, JSON_OBJECT, &answer, err) && read_answer(r, answer, true, err) && hunyuan_read_end(r, err);
    return r->ended;
}

/* ---- the check, embeddings ---- */

static void hunyuan_prepare_models(const struct provider *provider, struct arena *a, struct http_request *r)
{
    prepare(provider, "GetTokenCount", bytes_of("{\"Prompt\":\"a\"}"), a, r);
}

/* Who signs rightly is answered, be it with an error of another kind: nothing is listed, so nothing is learned. */
static bool hunyuan_read_models(struct bytes body, struct arena *a, struct list *models_r, struct err *err)
{
    struct json answer, response;
    const char *code, *words;

    (void)models_r;
    if (!json_check(body, NULL, &answer, err) || json_kind(response = json_member(answer, "Response")) != JSON_OBJECT)
        return fail(err, ERR_UPSTREAM, "the answer is none of Tencent Cloud's");
    code = json_string(json_at(response, "Error.Code"), a);
    words = json_string(json_at(response, "Error.Message"), a);
    if (status_of(code) == 401 || status_of(code) == 403)
        return fail(err, ERR_UPSTREAM_AUTH, "%s: %s", code, words ? words : "");
    return true;
}

static bool hunyuan_prepare_embed(struct target *target, const struct chat *chat, size_t first, size_t n, struct arena *a,
                                  struct http_request *r, struct err *err)
{
    struct buf buf = buf_new(a, BODY_MAX);
    struct json_out out = json_out(&buf);
    const struct bytes *input = chat->embed->inputs.items;
    const char *text;

    if (chat->embed->tokens)
        return fail_field(err, "input", "tokens", "string");
    if (chat->embed->dimensions != INT64_MIN && chat->embed->dimensions != DIMENSIONS)
        return fail_field(err, "dimensions", arena_printf(a, "%lld", (long long)chat->embed->dimensions), "1024");
    if (chat->user && !first)
        target_drop(target, a, "user");
    json_begin_object(&out);
    json_name(&out, "InputList");
    json_begin_array(&out);
    for (size_t i = first; i < first + n; i++)
        json_put_bytes(&out, input[i]);
    json_end_array(&out);
    json_end_object(&out);
    if (!buf_done(&buf, &text, err))
        return false;
    prepare(target->provider, "GetEmbedding", buf_view(&buf), a, r);
    return true;
}

/* In the order of the inputs. */
static bool hunyuan_read_embed(struct reader *r, struct bytes body, struct err *err)
{
    struct json answer, data;
    struct json_walk w;

    if (!emit_check(body, JSON_OBJECT, &answer, err))
        return false;
    answer = json_member(answer, "Response");
    if (!read_failure(r, answer, err))
        return false;
    data = json_member(answer, "Data");
    if (json_kind(data) != JSON_ARRAY)
        return fail(err, ERR_UPSTREAM, "the provider's answer has no list of embeddings");
    for (w = json_walk(data); json_next(&w);)
        if (!emit_vector(r, json_member(w.value, "Embedding"), err))
            return false;
    emit_vector_usage(r, json_member(answer, "Usage"), "PromptTokens");
    return true;
}

const struct dialect_rules hunyuan_rules = {
    .id = DIALECT_HUNYUAN,
    .framing = FRAMES_SSE,
    .prepare = hunyuan_prepare,
    .read_frame = hunyuan_read_frame,
    .read_end = hunyuan_read_end,
    .read_whole = hunyuan_read_whole,
    .read_error = hunyuan_read_error,
    .prepare_models = hunyuan_prepare_models,
    .read_models = hunyuan_read_models,
    .prepare_embed = hunyuan_prepare_embed,
    .read_embed = hunyuan_read_embed,
};
