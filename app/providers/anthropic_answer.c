/* SPDX-License-Identifier: MIT */
/* anthropic_answer: an answer is a list of blocks; in a stream one is open at a time, and its deltas name it by its place in the list. Counts of tokens come
 * in two events, the later one wins where it says something. What is read is tolerant: names of events may be missing (the type inside says it), a
 * call's arguments may stand in its start, the ends of blocks and of the message may be missing. */
#include "providers/anthropic_answer.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"
#include "gate/thought.h"
#include "providers/emit.h"

enum { SIGNATURE_MAX = 1 << 20, KIND_MAX = 60, NOT_SAID = -1 };

/* A call under way: its arguments follow, or stood in its start. */
struct call {
    int64_t block;
    bool said;
    const char *input;                   /* "{}" if they are to follow */
};

struct counts { int64_t in, read, written, hour, out, thought; };

struct answer {
    struct counts counts;                /* NOT_SAID where nothing was */
    struct list calls;                   /* struct call, by the index of the call */
    struct buf signature;                /* of the reasoning that is open */
};

static struct answer *answer_of(struct reader *r)
{
    struct answer *answer = r->state;

    if (!answer) {
        answer = NEW(r->arena, struct answer);
        answer->counts = (struct counts){NOT_SAID, NOT_SAID, NOT_SAID, NOT_SAID, NOT_SAID, NOT_SAID};
        answer->signature = buf_new(r->arena, SIGNATURE_MAX);
        r->state = answer;
    }
    return answer;
}

/* ---- facts ---- */

static void count(struct json usage, const char *name, int64_t *n)
{
    struct json value = json_member(usage, name);

    if (json_kind(value) == JSON_NUMBER)
        *n = reader_tokens(usage, name);
}

static int64_t said(int64_t n)
{
    return n == NOT_SAID ? 0 : n;
}

/* Input tokens leave out what the cache read and wrote; ours hold them. */
static void read_usage(struct reader *r, struct json usage)
{
    struct counts *n = &answer_of(r)->counts;
    struct json written = json_member(usage, "cache_creation");
    int64_t hour;

    if (json_kind(usage) != JSON_OBJECT)
        return;
    count(usage, "input_tokens", &n->in);
    count(usage, "cache_read_input_tokens", &n->read);
    count(usage, "cache_creation_input_tokens", &n->written);
    count(written, "ephemeral_1h_input_tokens", &n->hour);
    count(usage, "output_tokens", &n->out);
    count(json_member(usage, "output_tokens_details"), "thinking_tokens", &n->thought);
    if (n->in == NOT_SAID && n->out == NOT_SAID)
        return;
    hour = said(n->hour) < said(n->written) ? said(n->hour) : said(n->written);
    r->usage = (struct usage){
        .known = true, .in = said(n->in) + said(n->read) + said(n->written), .cached = said(n->read), .written = said(n->written) - hour,
        .written_long = hour, .out = said(n->out), .reasoning = said(n->thought) < said(n->out) ? said(n->thought) : said(n->out),
    };
}

static void read_names(struct reader *r, struct json message)
{
    const char *model, *id;

    if (!*r->model && (model = reader_word(r, json_member(message, "model"))))
        r->model = model;
    if (!*r->upstream_id && (id = reader_word(r, json_member(message, "id"))))
        r->upstream_id = id;
}

static bool is_one_of(const char *word, const char *const words[])
{
    while (*words && strcmp(*words, word) != 0)
        words++;
    return *words != NULL;
}

static bool read_finish(struct reader *r, struct json stop, struct err *err)
{
    const char *reason = r->finish ? NULL : reader_word(r, json_member(stop, "stop_reason"));
    struct json details = json_member(stop, "stop_details");

    if (!reason)
        return true;
    r->stop_sequence = reader_word(r, json_member(stop, "stop_sequence"));
    if (r->same) {
        r->finish = reason;
        return true;
    }
    if (json_kind(details) == JSON_OBJECT)
        reader_drop(r, "stop_details");
    if (is_one_of(reason, (const char *const[]){"max_tokens", "model_context_window_exceeded", NULL}))
        return emit_finish(r, "length", err);
    if (strcmp(reason, "refusal") == 0)
        return emit_finish(r, "content_filter", err);
    return emit_finish(r, "stop", err);                      /* which is "tool_calls" if there were any */
}

/* The HTTP status that a type of error stands for; 0 = unknown. */
static int status_of(struct json type)
{
    static const struct { const char *type; int status; } rows[] = {
        {"invalid_request_error", 400}, {"authentication_error", 401}, {"billing_error", 402}, {"permission_error", 403}, {"not_found_error", 404},
        {"request_too_large", 413}, {"rate_limit_error", 429}, {"api_error", 500}, {"timeout_error", 504}, {"overloaded_error", 529},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        if (json_equal(type, rows[i].type))
            return rows[i].status;
    return 0;
}

static bool read_failure(struct reader *r, struct json answer, struct err *err)
{
    struct json error = json_member(answer, "error"), words = json_member(error, "message"), type = json_member(error, "type");

    return reader_fail(r, status_of(type), words.p ? words : error, type, json_bytes(answer), err);
}

/* ---- pieces ---- */

/* A text that goes on as it is, is only counted. */
static bool say(struct reader *r, enum chat_event_type type, struct json text, struct err *err)
{
    if (!r->same)
        return emit_text(r, type, text, err);
    if (json_kind(text) == JSON_STRING)
        reader_count_json(r, text);
    return true;
}

static bool say_opaque(struct reader *r, struct bytes opaque, bool redacted, struct err *err)
{
    struct chat_event event = {.type = EVENT_OPAQUE, .redacted = redacted};

    if (r->same || !opaque.n)
        return true;
    event.text = bytes_of(thought_tag(DIALECT_ANTHROPIC, opaque, r->scratch));
    return reader_emit(r, &event, err);
}

static struct bytes text_of(struct reader *r, struct json text)
{
    const char *own = json_string(text, r->scratch);

    return own ? bytes_of(own) : (struct bytes){0};
}

static bool end_thought(struct reader *r, struct err *err)
{
    struct buf *signature = &answer_of(r)->signature;
    struct bytes whole = buf_view(signature);

    if (signature->overflow)
        return fail(err, ERR_UPSTREAM, "the provider's signature is longer than %d bytes", SIGNATURE_MAX);
    if (!say_opaque(r, whole, false, err))
        return false;
    buf_clear(signature);
    return true;
}

/* Parts of an answer that only this dialect knows: results of the service's own tools, and what is invented later. */
static void leave_out(struct reader *r, struct json type)
{
    const char *word = r->same || json_kind(type) != JSON_STRING ? NULL : reader_said(r, type);

    if (word)
        reader_drop(r, arena_copy(r->scratch, word, utf8_cut(word, KIND_MAX)));
}

static bool has_citations(struct json block)
{
    struct json list = json_member(block, "citations");

    return json_kind(list) == JSON_ARRAY && json_count(list) > 0;
}

/* ---- calls in a stream ---- */

static bool begin_call(struct reader *r, int64_t at, struct json block, struct err *err)
{
    struct chat_event event = {.type = EVENT_TOOL_CALL, .index = r->tool_calls};
    struct json input = json_member(block, "input");
    struct call *call;

    if (r->tool_calls >= TOOL_CALLS_MAX)
        return fail(err, ERR_UPSTREAM, "the provider sent more than %d tool calls", TOOL_CALLS_MAX);
    call = list_add(r->arena, &answer_of(r)->calls, sizeof(*call));
    *call = (struct call){.block = at, .input = json_kind(input) == JSON_OBJECT ? arena_copy(r->arena, input.p, input.n) : "{}"};
    r->tool_calls++;
    if (r->same)
        return true;
    event.id = json_string(json_member(block, "id"), r->scratch);
    event.name = json_string(json_member(block, "name"), r->scratch);
    if (!event.id || !*event.id)
        event.id = emit_call_id(r->scratch);
    if (!event.name || !*event.name)
        return fail(err, ERR_UPSTREAM, "the provider sent a tool call without a name");
    return reader_emit(r, &event, err);
}

static struct call *call_at(struct answer *answer, int64_t block)
{
    struct call *calls = answer->calls.items;

    for (size_t i = answer->calls.n; i-- > 0;)
        if (calls[i].block == block)
            return &calls[i];
    return NULL;
}

static bool say_arguments(struct reader *r, struct call *call, struct bytes arguments, struct err *err)
{
    struct chat_event event = {.type = EVENT_TOOL_CALL, .index = call - (struct call *)answer_of(r)->calls.items, .arguments = arguments};

    if (!arguments.n)
        return true;
    call->said = true;
    reader_count(r, arguments);
    return r->same || reader_emit(r, &event, err);
}

/* A call whose arguments did not follow has those of its start. */
static bool end_call(struct reader *r, struct call *call, struct err *err)
{
    return call->said || say_arguments(r, call, bytes_of(call->input), err);
}

static bool end_calls(struct reader *r, struct err *err)
{
    struct answer *answer = answer_of(r);

    for (size_t i = 0; i < answer->calls.n; i++)
        if (!end_call(r, (struct call *)answer->calls.items + i, err))
            return false;
    return true;
}

/* ---- events ---- */

enum { FRAME_TYPE, FRAME_INDEX, FRAME_DELTA, FRAME_BLOCK, FRAME_MESSAGE, FRAME_USAGE, FRAMES };
static const char *const frame_names[] = {"type", "index", "delta", "content_block", "message", "usage", NULL};

static int64_t index_of(struct json index)
{
    int64_t n;

    return json_int(index, 0, INT64_MAX, &n) ? n : 0;
}

static bool read_start(struct reader *r, int64_t at, struct json block, struct err *err)
{
    struct json type = json_member(block, "type");

    if (!end_thought(r, err))
        return false;
    if (json_equal(type, "text"))
        return say(r, EVENT_TEXT, json_member(block, "text"), err);
    if (json_equal(type, "thinking")) {
        buf_bytes(&answer_of(r)->signature, text_of(r, json_member(block, "signature")));
        return say(r, EVENT_REASONING, json_member(block, "thinking"), err);
    }
    if (json_equal(type, "redacted_thinking"))
        return say_opaque(r, text_of(r, json_member(block, "data")), true, err);
    if (json_equal(type, "tool_use"))
        return begin_call(r, at, block, err);
    leave_out(r, type);
    return true;
}

static bool read_delta(struct reader *r, int64_t at, struct json delta, struct err *err)
{
    struct json type = json_member(delta, "type");
    struct call *call;

    if (json_equal(type, "text_delta"))
        return say(r, EVENT_TEXT, json_member(delta, "text"), err);
    if (json_equal(type, "thinking_delta"))
        return say(r, EVENT_REASONING, json_member(delta, "thinking"), err);
    if (json_equal(type, "input_json_delta")) {
        call = call_at(answer_of(r), at);                    /* none: the input of one of the service's own tools */
        return !call || say_arguments(r, call, text_of(r, json_member(delta, "partial_json")), err);
    }
    if (json_equal(type, "signature_delta"))
        buf_bytes(&answer_of(r)->signature, text_of(r, json_member(delta, "signature")));
    else if (json_equal(type, "citations_delta") && !r->same)
        reader_drop(r, "citations");
    else
        leave_out(r, type);
    return true;
}

static bool read_stop(struct reader *r, int64_t at, struct err *err)
{
    struct call *call = call_at(answer_of(r), at);

    return end_thought(r, err) && (!call || end_call(r, call, err));
}

static bool read_end(struct reader *r, const struct json frame[FRAMES], struct err *err)
{
    read_usage(r, frame[FRAME_USAGE]);
    return end_thought(r, err) && end_calls(r, err) && read_finish(r, frame[FRAME_DELTA], err);
}

static bool read_last(struct reader *r, struct err *err)
{
    r->ended = true;
    return end_thought(r, err) && end_calls(r, err) && (r->same || emit_finish(r, "stop", err));
}

static bool read_event(struct reader *r, const char *type, const struct json frame[FRAMES], struct err *err)
{
    int64_t at = index_of(frame[FRAME_INDEX]);

    if (strcmp(type, "content_block_delta") == 0)
        return read_delta(r, at, frame[FRAME_DELTA], err);
    if (strcmp(type, "content_block_start") == 0)
        return read_start(r, at, frame[FRAME_BLOCK], err);
    if (strcmp(type, "content_block_stop") == 0)
        return read_stop(r, at, err);
    if (strcmp(type, "message_delta") == 0)
        return read_end(r, frame, err);
    if (strcmp(type, "message_stop") == 0)
        return read_last(r, err);
    if (strcmp(type, "message_start") == 0) {
        read_names(r, frame[FRAME_MESSAGE]);
        read_usage(r, json_member(frame[FRAME_MESSAGE], "usage"));
    } else if (strcmp(type, "ping") != 0) {
        leave_out(r, frame[FRAME_TYPE]);
    }
    return true;
}

bool anthropic_read_frame(struct reader *r, const char *event, struct bytes text, struct err *err)
{
    struct chat_event raw = {.type = EVENT_RAW, .text = text};
    struct json whole, frame[FRAMES];
    const char *type;

    if (r->ended)                                            /* what follows the end mark means nothing */
        return true;
    if (!emit_check(text, JSON_OBJECT, &whole, err))
        return false;
    json_members(whole, frame_names, frame);
    type = json_string(frame[FRAME_TYPE], r->scratch);
    if (!type)
        type = event;
    if (strcmp(type, "error") == 0)
        return read_failure(r, whole, err);
    if (!read_event(r, type, frame, err))
        return false;
    raw.name = *event ? event : type;
    return !r->same || reader_emit(r, &raw, err);
}

/* ---- whole answers ---- */

static bool read_block(struct reader *r, struct json block, struct err *err)
{
    struct json type = json_member(block, "type");

    if (json_equal(type, "text")) {
        if (has_citations(block) && !r->same)
            reader_drop(r, "citations");
        return say(r, EVENT_TEXT, json_member(block, "text"), err);
    }
    if (json_equal(type, "thinking"))
        return say(r, EVENT_REASONING, json_member(block, "thinking"), err)
            && say_opaque(r, text_of(r, json_member(block, "signature")), false, err);
    if (json_equal(type, "redacted_thinking"))
        return say_opaque(r, text_of(r, json_member(block, "data")), true, err);
    if (!json_equal(type, "tool_use")) {
        leave_out(r, type);
        return true;
    }
    if (!r->same)
        return emit_call(r, json_member(block, "id"), json_member(block, "name"), json_member(block, "input"), NULL, err);
    r->tool_calls += r->tool_calls < TOOL_CALLS_MAX;
    reader_count_json(r, json_member(block, "input"));
    return true;
}

bool anthropic_read_whole(struct reader *r, struct bytes body, struct err *err)
{
    struct chat_event raw = {.type = EVENT_RAW, .text = body};
    struct json answer, content;
    struct json_walk w;

    if (!emit_check(body, JSON_OBJECT, &answer, err))
        return false;
    if (json_equal(json_member(answer, "type"), "error") || json_kind(json_member(answer, "error")) == JSON_OBJECT)
        return read_failure(r, answer, err);
    content = json_member(answer, "content");
    if (json_kind(content) != JSON_ARRAY)
        return fail(err, ERR_UPSTREAM, "the provider's answer has no content");
    read_names(r, answer);
    for (w = json_walk(content); json_next(&w);)
        if (!read_block(r, w.value, err))
            return false;
    read_usage(r, json_member(answer, "usage"));
    r->ended = true;
    if (!read_finish(r, answer, err))
        return false;
    return r->same ? reader_emit(r, &raw, err) : emit_finish(r, "stop", err);
}

/* ---- errors ---- */

/* Types say more than statuses where relays stand between. A key without credit is told so with 400. */
void anthropic_read_error(const struct provider *provider, int status, struct bytes body, struct arena *a, struct upstream_error *error)
{
    struct err ignored = {0};
    struct upstream_error meant;
    struct json answer, failure, words;
    const char *text, *type;

    (void)provider, (void)status;
    if (!json_check(body, NULL, &answer, &ignored))
        return;
    failure = json_member(answer, "error");
    words = json_kind(failure) == JSON_OBJECT ? json_member(failure, "message") : failure;
    text = json_string(words, a);
    type = json_string(json_member(failure, "type"), a);
    error->words = text ? text : "";
    error->code = type ? type : "";
    if (status_of(json_member(failure, "type"))) {
        upstream_error_of(status_of(json_member(failure, "type")), &meant);
        error->kind = meant.kind;
        error->remedy = meant.remedy;
    }
    if (strstr(error->words, "credit balance")) {            /* 400, but not the caller's to mend */
        error->kind = ERR_UPSTREAM;
        error->remedy = REMEDY_OTHER;
    }
}
