/* SPDX-License-Identifier: MIT */
/* gemini_provider: Google's own dialect (generateContent). Told apart from the others by: the model in the address, turns of parts, calls that
 * come whole and are followed by STOP, signatures that must come back, no end mark of a stream, usage that grows from event to event. The
 * key goes in a header; in the address it would end up in logs. No client of ours speaks it, so that frames are always read. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "gate/snapshot.h"
#include "gate/thought.h"
#include "providers/emit.h"
#include "providers/gemini_error.h"
#include "providers/gemini_write.h"
#include "providers/providers.h"

static void prepare_common(const struct provider *provider, const char *method, const char *path, struct arena *a, struct http_request *r)
{
    r->method = method;
    r->url = provider_url(provider, path, a);
    if (provider->secret)
        http_add_header(r, a, "x-goog-api-key", secret_reveal(provider->secret));
}

static void prepare_post(const struct target *target, const char *verb, struct arena *a, struct http_request *r)
{
    prepare_common(target->provider, "POST", arena_printf(a, "/%s:%s", gemini_model_path(target->model, a), verb), a, r);
    http_add_header(r, a, "Content-Type", "application/json");
}

static bool gemini_prepare(struct target *target, const struct chat *chat, struct arena *a, struct http_request *r, struct err *err)
{
    prepare_post(target, target->stream ? "streamGenerateContent?alt=sse" : "generateContent", a, r);
    return gemini_write(target, chat, a, &r->body, err);
}

/* ---- answers ---- */

/* What an answer has said of its end. Old models say STOP in every event, so the last word counts, when the stream is over. */
struct ending {
    const char *reason;                  /* NULL = none yet */
    int reasons;                         /* how many were kept, one after the other */
    bool blocked;                        /* the question was refused: there are no candidates */
};

static struct ending *ending_of(struct reader *r)
{
    if (!r->state)
        r->state = NEW(r->arena, struct ending);
    return r->state;
}

static int64_t sum(int64_t a, int64_t b)
{
    enum { MOST = 1000000000 };

    return a + b < MOST ? a + b : MOST;
}

/* Counts of one kind: [{"modality":"IMAGE","tokenCount":258}]. */
static int64_t image_tokens(struct json details)
{
    struct json_walk w = json_walk(details);
    int64_t n = 0;

    while (json_next(&w))
        if (json_equal(json_member(w.value, "modality"), "IMAGE"))
            n = sum(n, reader_tokens(w.value, "tokenCount"));
    return n;
}

/* What tools of Google's own read is in a count beside the prompt's, thoughts are in one beside the answer's. */
static void read_usage(struct reader *r, struct json usage)
{
    if (json_kind(usage) != JSON_OBJECT)
        return;
    r->usage = (struct usage){
        .known = true,
        .in = sum(reader_tokens(usage, "promptTokenCount"), reader_tokens(usage, "toolUsePromptTokenCount")),
        .out = sum(reader_tokens(usage, "candidatesTokenCount"), reader_tokens(usage, "thoughtsTokenCount")),
        .cached = reader_tokens(usage, "cachedContentTokenCount"),
        .reasoning = reader_tokens(usage, "thoughtsTokenCount"),
        .image = image_tokens(json_member(usage, "promptTokensDetails")),
    };
}

static void read_names(struct reader *r, struct json answer)
{
    const char *model, *id;

    if (!*r->model && (model = reader_word(r, json_member(answer, "modelVersion"))))
        r->model = model;
    if (!*r->upstream_id && (id = reader_word(r, json_member(answer, "responseId"))))
        r->upstream_id = id;
}

static const char *tag_of(struct reader *r, struct json signature)
{
    struct bytes inside = json_escaped(signature);

    if (json_kind(signature) != JSON_STRING || !inside.n || memchr(inside.p, '\\', inside.n))     /* base64 has no escapes */
        return NULL;
    return thought_tag(DIALECT_GEMINI, inside, r->scratch);
}

static bool emit_opaque(struct reader *r, const char *tag, bool redacted, struct err *err)
{
    struct chat_event event = {.type = EVENT_OPAQUE, .redacted = redacted};

    if (!tag)
        return true;
    event.text = bytes_of(tag);
    return reader_emit(r, &event, err);
}

/* What a part may hold besides words and calls; none of it has a place in another dialect. */
static void drop_others(struct reader *r, struct json part)
{
    static const char *const others[] = {"inlineData", "fileData", "executableCode", "codeExecutionResult"};

    for (size_t i = 0; i < COUNT(others); i++)
        if (json_member(part, others[i]).p)
            reader_drop(r, others[i]);
}

/* The signature of a thought belongs to it; that of a text stands for reasoning that was not shown. */
static bool read_part(struct reader *r, struct json part, struct err *err)
{
    struct json found[4];
    const char *tag;
    bool thought;

    json_members(part, (const char *const[]){"text", "thought", "functionCall", "thoughtSignature", NULL}, found);
    tag = tag_of(r, found[3]);
    if (json_kind(found[2]) == JSON_OBJECT)
        return emit_call(r, json_member(found[2], "id"), json_member(found[2], "name"), json_member(found[2], "args"), tag, err);
    thought = json_is_true(found[1]);
    if (!found[0].p)
        drop_others(r, part);
    return emit_text(r, thought ? EVENT_REASONING : EVENT_TEXT, found[0], err) && emit_opaque(r, tag, !thought, err);
}

enum { REASONS_MAX = 64 };

static void note_reason(struct reader *r, struct json reason)
{
    const char *word = ending_of(r)->reasons < REASONS_MAX ? reader_word(r, reason) : NULL;

    if (!word)
        return;
    ending_of(r)->reason = word;
    ending_of(r)->reasons++;
}

static bool read_candidate(struct reader *r, struct json candidate, struct err *err)
{
    static const char *const others[] = {"groundingMetadata", "citationMetadata", "urlContextMetadata"};
    struct json_walk w = json_walk(json_at(candidate, "content.parts"));
    struct json reason = json_member(candidate, "finishReason");
    struct ending *ending = ending_of(r);

    if (!ending->reason || !json_equal(reason, ending->reason))        /* a copy of each would have no end */
        note_reason(r, reason);
    for (size_t i = 0; i < COUNT(others); i++)
        if (json_count(json_member(candidate, others[i])))
            reader_drop(r, others[i]);
    while (json_next(&w))
        if (!read_part(r, w.value, err))
            return false;
    return true;
}

/* An error inside HTTP 200. Its code is the status it stands for. */
static bool read_failure(struct reader *r, struct json error, struct bytes frame, struct err *err)
{
    int64_t status = json_member_int(error, "code", 500);

    if (!error.p || json_kind(error) == JSON_NULL)
        return true;
    reader_fail(r, status >= 400 && status < 600 ? (int)status : 500,
                json_kind(error) == JSON_OBJECT ? json_member(error, "message") : error, json_member(error, "status"), frame, err);
    gemini_refine(error, r->arena, &r->error);
    err->kind = r->error.kind;
    return false;
}

/* One GenerateContentResponse: a whole answer and an event of a stream look alike. */
static bool read_response(struct reader *r, struct json answer, struct err *err)
{
    struct json found[4];

    if (json_kind(answer) != JSON_OBJECT)
        return fail(err, ERR_UPSTREAM, "the provider sent an event that is no JSON object");
    json_members(answer, (const char *const[]){"error", "usageMetadata", "promptFeedback", "candidates", NULL}, found);
    if (!read_failure(r, found[0], json_bytes(answer), err))
        return false;
    read_names(r, answer);
    read_usage(r, found[1]);
    if (json_kind(json_member(found[2], "blockReason")) == JSON_STRING)
        ending_of(r)->blocked = true;
    return read_candidate(r, json_at(found[3], "0"), err);
}

/* A failure in a stream may come as a list of one. */
static bool gemini_read_frame(struct reader *r, const char *event, struct bytes frame, struct err *err)
{
    struct json answer;

    (void)event;
    if (bytes_equal_text(frame, "[DONE]"))                   /* of proxies that think of OpenAI */
        return true;
    if (!json_check(frame, &(struct json_limits){.allow_nul = true}, &answer, err))
        return fail(err, ERR_UPSTREAM, "the provider sent a malformed event: %.150s", err->text);
    return read_response(r, json_kind(answer) == JSON_ARRAY ? json_at(answer, "0") : answer, err);
}

/* ---- the end ---- */

static const struct { const char *reason, *finish; } reasons[] = {
    {"STOP", "stop"}, {"MAX_TOKENS", "length"}, {"SAFETY", "content_filter"}, {"RECITATION", "content_filter"},
    {"LANGUAGE", "content_filter"}, {"BLOCKLIST", "content_filter"}, {"PROHIBITED_CONTENT", "content_filter"}, {"SPII", "content_filter"},
    {"MODEL_ARMOR", "content_filter"}, {"IMAGE_SAFETY", "content_filter"}, {"IMAGE_PROHIBITED_CONTENT", "content_filter"},
    {"IMAGE_RECITATION", "content_filter"}, {"IMAGE_OTHER", "content_filter"}, {"NO_IMAGE", "content_filter"},
};

/* Other reasons (MALFORMED_FUNCTION_CALL, TOO_MANY_TOOL_CALLS, OTHER …) say that the model went astray: with nothing said that is a failure,
 * which often does not happen twice. */
static bool finish_astray(struct reader *r, const char *reason, struct err *err)
{
    if (r->text_bytes || r->tool_calls) {
        reader_drop(r, "finishReason");
        return emit_finish(r, "stop", err);
    }
    upstream_error_of(502, &r->error);
    r->error.words = r->error.code = reason;
    return fail(err, ERR_UPSTREAM, "the provider's model gave up: %s", reason);
}

static bool gemini_read_end(struct reader *r, struct err *err)
{
    const struct ending *ending = ending_of(r);

    if (!ending->reason && ending->blocked)
        return emit_finish(r, "content_filter", err);
    if (!ending->reason)
        return fail(err, ERR_UPSTREAM, "the answer ended without a finishReason");
    for (size_t i = 0; i < COUNT(reasons); i++)
        if (strcmp(reasons[i].reason, ending->reason) == 0)
            return emit_finish(r, reasons[i].finish, err);
    return finish_astray(r, ending->reason, err);
}

/* A server in between that does not know alt=sse makes one list of the events. */
static bool gemini_read_whole(struct reader *r, struct bytes body, struct err *err)
{
    struct json answer;
    struct json_walk w;

    if (!json_check(body, &(struct json_limits){.allow_nul = true}, &answer, err))
        return fail(err, ERR_UPSTREAM, "the provider's answer is malformed: %.150s", err->text);
    if (json_kind(answer) != JSON_ARRAY && !read_response(r, answer, err))
        return false;
    if (json_kind(answer) == JSON_ARRAY)
        for (w = json_walk(answer); json_next(&w);)
            if (!read_response(r, w.value, err))
                return false;
    r->ended = gemini_read_end(r, err);
    return r->ended;
}

/* ---- models and embeddings ---- */

static void gemini_prepare_models(const struct provider *provider, struct arena *a, struct http_request *r)
{
    prepare_common(provider, "GET", "/models?pageSize=1000", a, r);
}

static int64_t can_of(struct json methods)
{
    struct json_walk w = json_walk(methods);
    int64_t can = 0;

    while (json_next(&w)) {
        if (json_equal(w.value, "generateContent"))
            can |= CAN_CHAT;
        else if (json_equal(w.value, "embedContent"))
            can |= CAN_EMBED;
    }
    return can;
}

static void each_model(struct json entry, struct listed_model *model)
{
    if (strncmp(model->name, "models/", 7) == 0 && model->name[7])
        model->name += 7;
    model->context = reader_tokens(entry, "inputTokenLimit");
    model->max_output = reader_tokens(entry, "outputTokenLimit");
    model->can = can_of(json_member(entry, "supportedGenerationMethods"));
    if (json_is_true(json_member(entry, "thinking")))
        model->can |= CAN_THINK;
}

static bool gemini_read_models(struct bytes body, struct arena *a, struct list *models_r, struct err *err)
{
    return models_read(body, "models", "name", each_model, a, models_r, err);
}

static bool gemini_prepare_embed(struct target *target, const struct chat *chat, size_t first, size_t n, struct arena *a,
                                 struct http_request *r, struct err *err)
{
    prepare_post(target, "batchEmbedContents", a, r);
    if (chat->user && !first)
        target_drop(target, a, "user");
    return gemini_write_embed(target, chat, first, n, a, &r->body, err);
}

/* Usage is not said by all models. */
static bool gemini_read_embed(struct reader *r, struct bytes body, struct err *err)
{
    struct json answer, found[3];
    struct json_walk w;

    if (!emit_check(body, JSON_OBJECT, &answer, err))
        return false;
    json_members(answer, (const char *const[]){"error", "embeddings", "usageMetadata", NULL}, found);
    if (!read_failure(r, found[0], body, err))
        return false;
    if (json_kind(found[1]) != JSON_ARRAY)
        return fail(err, ERR_UPSTREAM, "the provider's answer has no embeddings");
    for (w = json_walk(found[1]); json_next(&w);)
        if (!emit_vector(r, json_member(w.value, "values"), err))
            return false;
    if (json_kind(found[2]) == JSON_OBJECT)
        emit_vector_usage(r, found[2], "promptTokenCount");
    return true;
}

const struct dialect_rules gemini_rules = {
    .id = DIALECT_GEMINI,
    .framing = FRAMES_SSE,
    .prepare = gemini_prepare,
    .read_frame = gemini_read_frame,
    .read_end = gemini_read_end,
    .read_whole = gemini_read_whole,
    .read_error = gemini_read_error,
    .prepare_models = gemini_prepare_models,
    .read_models = gemini_read_models,
    .prepare_embed = gemini_prepare_embed,
    .read_embed = gemini_read_embed,
};
