/* SPDX-License-Identifier: MIT */
/* openai_answer: tolerates what services really send: usage in any chunk or none, "tool_calls": [], finish_reason "", a missing [DONE], an error
 * object inside HTTP 200, content in pieces of several kinds, the whole message beside each delta. */
#include "providers/openai_answer.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json_write.h"
#include "gate/thought.h"
#include "providers/emit.h"
#include "providers/openai_calls.h"
#include "providers/openai_error.h"

/* What is read of an answer or event, found in one walk. */
enum { TOP_ID, TOP_MODEL, TOP_USAGE, TOP_CHOICES, TOP_GROQ, TOP_CITATIONS, TOP_SEARCH, TOPS };
static const char *const top_names[] = {"id", "model", "usage", "choices", "x_groq", "citations", "search_results", NULL};

/* And of a choice's message or delta. */
enum { SAID_REASONING_CONTENT, SAID_REASONING, SAID_DETAILS, SAID_CONTENT, SAID_REFUSAL, SAID_CALLS, SAID_FUNCTION, SAID_EXTRA, SAID_AUDIO,
       SAID_IMAGES, SAID_ANNOTATIONS, SAIDS };
static const char *const said_names[] = {"reasoning_content", "reasoning", "reasoning_details", "content", "refusal", "tool_calls", "function_call",
                                         "extra_content", "audio", "images", "annotations", NULL};

static bool given(struct json value)
{
    return value.p && json_kind(value) != JSON_NULL;
}

static int64_t most(int64_t n, int64_t max)
{
    return n < max ? n : max;
}

void openai_usage(struct reader *r, struct json usage)
{
    struct json in = json_member(usage, "prompt_tokens_details"), out = json_member(usage, "completion_tokens_details");
    struct usage u = {.known = true, .in = reader_tokens(usage, "prompt_tokens"), .out = reader_tokens(usage, "completion_tokens")};
    int64_t total = reader_tokens(usage, "total_tokens");

    if (json_kind(usage) != JSON_OBJECT)
        return;
    if (!json_member(usage, "completion_tokens").p && total > u.in)
        u.out = total - u.in;
    u.cached = reader_tokens(in, "cached_tokens");
    if (!u.cached)                                           /* DeepSeek's name for it, and Kimi's */
        u.cached = reader_tokens(usage, "prompt_cache_hit_tokens");
    if (!u.cached)
        u.cached = reader_tokens(usage, "cached_tokens");
    u.cached = most(u.cached, u.in);
    u.written = most(reader_tokens(in, "cache_write_tokens"), u.in - u.cached);
    u.image = most(reader_tokens(in, "image_tokens"), u.in);
    u.reasoning = reader_tokens(out, "reasoning_tokens");
    if (!u.reasoning)
        u.reasoning = reader_tokens(usage, "reasoning_tokens");
    u.reasoning = most(u.reasoning, u.out);
    r->usage = u;
}

static void read_names(struct reader *r, const struct json top[TOPS])
{
    const char *model, *id;

    if (!*r->model && (model = reader_word(r, top[TOP_MODEL])))
        r->model = model;
    if (!*r->upstream_id && (id = reader_word(r, top[TOP_ID])))
        r->upstream_id = id;
}

bool openai_good(struct reader *r, struct json answer, struct bytes frame, struct err *err)
{
    struct openai_error e;

    if (!openai_error_in(answer, &e))
        return true;
    reader_fail(r, openai_error_status(&e), given(e.words) ? e.words : json_member(answer, "error"), given(e.code) ? e.code : e.type, frame, err);
    openai_error_refine(&e, r->arena, &r->error);
    err->kind = r->error.kind;
    err->retry_after_s = (int)((r->error.retry_after_ms + 999) / 1000);
    return false;
}

/* ---- text ---- */

static bool say(struct reader *r, enum chat_event_type type, struct json value, struct err *err)
{
    if (!r->same)
        return emit_text(r, type, value, err);
    if (json_kind(value) == JSON_STRING)                     /* only its size matters; the frame goes on as it is */
        reader_count_json(r, value);
    return true;
}

/* Mistral's: {"type":"thinking","thinking":[{"type":"text","text":…}]} and {"type":"text","text":…}. */
static bool say_part(struct reader *r, struct json part, struct err *err)
{
    struct json type = json_member(part, "type"), thinking = json_member(part, "thinking");
    struct json_walk w = json_walk(thinking);

    if (json_equal(type, "text") || json_equal(type, "output_text"))
        return say(r, EVENT_TEXT, json_member(part, "text"), err);
    if (!json_equal(type, "thinking")) {
        if (json_kind(part) == JSON_OBJECT)
            reader_drop(r, "content");
        return true;
    }
    if (json_kind(thinking) == JSON_STRING)
        return say(r, EVENT_REASONING, thinking, err);
    while (json_next(&w))
        if (!say(r, EVENT_REASONING, json_member(w.value, "text"), err))
            return false;
    return true;
}

static bool say_content(struct reader *r, struct json content, struct err *err)
{
    struct json_walk w = json_walk(content);

    if (json_kind(content) != JSON_ARRAY)
        return say(r, EVENT_TEXT, content, err);
    while (json_next(&w))
        if (!say_part(r, w.value, err))
            return false;
    return true;
}

/* ---- what must come back as it is ---- */

static bool say_opaque(struct reader *r, enum dialect by, struct bytes opaque, bool redacted, struct err *err)
{
    struct chat_event event = {.type = EVENT_OPAQUE, .redacted = redacted};

    event.text = bytes_of(thought_tag(by, opaque, r->scratch));
    return reader_emit(r, &event, err);
}

/* An entry of OpenRouter's reasoning_details: its text, unless that was said already, and what is signed of it without the text. */
static bool say_detail(struct reader *r, struct json entry, bool texts, struct err *err)
{
    struct json data = json_member(entry, "data");
    struct json_walk w = json_walk(entry);
    struct buf buf = buf_new(r->scratch, 16 << 20);
    struct json_out out = json_out(&buf);

    if (texts && !say(r, EVENT_REASONING, json_member(entry, "text"), err))
        return false;
    if (json_kind(data) != JSON_STRING && json_kind(json_member(entry, "signature")) != JSON_STRING)
        return true;
    json_begin_object(&out);
    while (json_next(&w))
        if (!json_equal(w.name, "text"))
            json_put_pair(&out, w.name, w.value);
    json_end_object(&out);
    return say_opaque(r, DIALECT_OPENAI_CHAT, buf_view(&buf), json_kind(data) == JSON_STRING, err);
}

static bool say_details(struct reader *r, const struct json said[SAIDS], struct err *err)
{
    bool texts = !given(said[SAID_REASONING]) && !given(said[SAID_REASONING_CONTENT]);
    struct json_walk w = json_walk(said[SAID_DETAILS]);
    struct json signature = json_at(said[SAID_EXTRA], "google.thought_signature");
    const char *text = json_string(signature, r->scratch);

    while (json_kind(said[SAID_DETAILS]) == JSON_ARRAY && json_next(&w))
        if (json_kind(w.value) == JSON_OBJECT && !say_detail(r, w.value, texts, err))
            return false;
    return !text || !*text || say_opaque(r, DIALECT_GEMINI, bytes_of(text), false, err);
}

static void drop_rest(struct reader *r, const struct json said[SAIDS])
{
    static const int rest[] = {SAID_AUDIO, SAID_IMAGES, SAID_ANNOTATIONS};

    for (size_t i = 0; i < COUNT(rest); i++)
        if (json_kind(said[rest[i]]) == JSON_OBJECT || json_count(said[rest[i]]))
            reader_drop(r, said_names[rest[i]]);
}

/* ---- the end ---- */

/* The services' words for why they stopped; what is not here is a stop. NULL: something went wrong. */
static const char *finish_of(const char *word)
{
    static const char *const words[][2] = {
        {"length", "length"}, {"model_length", "length"}, {"max_tokens", "length"}, {"tool_calls", "tool_calls"}, {"function_call", "tool_calls"},
        {"content_filter", "content_filter"}, {"sensitive", "content_filter"}, {"insufficient_system_resource", NULL}, {"network_error", NULL},
        {"error", NULL}, {"abort", NULL},
    };

    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(words[i][0], word) == 0)
            return words[i][1];
    return "stop";
}

static bool read_finish(struct reader *r, struct json reason, struct bytes frame, struct err *err)
{
    const char *word = r->finish || json_equal(reason, "null") ? NULL : reader_word(r, reason);     /* a copy of each would have no end */
    const char *finish;

    if (!word)
        return true;
    finish = finish_of(word);
    if (!finish)
        return reader_fail(r, 503, reason, reason, frame, err);
    if (r->same) {
        r->finish = word;
        return true;
    }
    return openai_calls_end(r, err) && emit_finish(r, finish, err);
}

/* The answer is over, whether or not it was said why. */
static bool finish_anyhow(struct reader *r, struct err *err)
{
    if (!r->finish && !r->text_bytes && !r->tool_calls && !r->usage.known)
        return fail(err, ERR_UPSTREAM, "the provider's answer is empty");
    return r->same || (openai_calls_end(r, err) && emit_finish(r, "stop", err));
}

/* ---- choices ---- */

/* Only the first of several choices is translated; a caller of the same dialect gets all of them. */
static struct json first_choice(struct reader *r, struct json choices)
{
    struct json_walk w = json_walk(choices);
    struct json first = {0};

    while (json_kind(choices) == JSON_ARRAY && json_next(&w))
        if (json_member_int(w.value, "index", 0) == 0 && !first.p)
            first = w.value;
        else if (!r->same)
            reader_drop(r, "choices");
    return first;
}

/* A choice's message (whole answers) or delta (streams). */
static bool read_choice(struct reader *r, struct json choice, bool whole, struct bytes frame, struct err *err)
{
    struct json halves[4], said[SAIDS];
    struct json reasoning;

    json_members(choice, (const char *const[]){whole ? "message" : "delta", "finish_reason", "usage", "stop_reason", NULL}, halves);
    json_members(halves[0], said_names, said);
    openai_usage(r, halves[2]);
    if (!r->same && !r->stop_sequence)                       /* vLLM's; a number is a token */
        r->stop_sequence = reader_word(r, halves[3]);
    reasoning = given(said[SAID_REASONING_CONTENT]) ? said[SAID_REASONING_CONTENT] : said[SAID_REASONING];
    if (!say(r, EVENT_REASONING, reasoning, err) || (!r->same && !say_details(r, said, err)) || !say_content(r, said[SAID_CONTENT], err)
        || !say(r, EVENT_TEXT, said[SAID_REFUSAL], err) || !openai_calls(r, said[SAID_CALLS], whole, err)
        || !openai_function_call(r, said[SAID_FUNCTION], err))
        return false;
    if (!r->same)
        drop_rest(r, said);
    return read_finish(r, halves[1], frame, err);
}

static void read_top(struct reader *r, const struct json top[TOPS])
{
    read_names(r, top);
    openai_usage(r, json_member(top[TOP_GROQ], "usage"));
    openai_usage(r, top[TOP_USAGE]);
    if (!r->same && json_count(top[TOP_CITATIONS]))
        reader_drop(r, "citations");
    if (!r->same && json_count(top[TOP_SEARCH]))
        reader_drop(r, "search_results");
}

bool openai_read_frame(struct reader *r, const char *event_name, struct bytes frame, struct err *err)
{
    struct chat_event event = {.type = EVENT_RAW, .text = frame};
    struct json answer, top[TOPS];

    (void)event_name;
    if (r->ended)                                            /* what follows the end mark means nothing */
        return true;
    if (bytes_equal_text(frame, "[DONE]")) {
        r->ended = true;
        return finish_anyhow(r, err);
    }
    if (!emit_check(frame, JSON_OBJECT, &answer, err) || !openai_good(r, answer, frame, err))
        return false;
    json_members(answer, top_names, top);
    read_top(r, top);
    if (!read_choice(r, first_choice(r, top[TOP_CHOICES]), false, frame, err))
        return false;
    /* The usage event is ours when the caller did not ask for it. */
    if (!r->same || (!json_count(top[TOP_CHOICES]) && given(top[TOP_USAGE]) && !r->chat->include_usage))
        return true;
    return reader_emit(r, &event, err);
}

bool openai_read_whole(struct reader *r, struct bytes body, struct err *err)
{
    struct chat_event event = {.type = EVENT_RAW, .text = body};
    struct json answer, first, top[TOPS];

    if (!emit_check(body, JSON_OBJECT, &answer, err) || !openai_good(r, answer, body, err))
        return false;
    json_members(answer, top_names, top);
    first = first_choice(r, top[TOP_CHOICES]);
    if (!first.p)
        return fail(err, ERR_UPSTREAM, "the provider's answer has no choices");
    read_top(r, top);
    if (!read_choice(r, first, true, body, err))
        return false;
    r->ended = true;
    if (!r->same)
        return openai_calls_end(r, err) && emit_finish(r, "stop", err);
    return reader_emit(r, &event, err);
}
