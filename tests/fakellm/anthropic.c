/* SPDX-License-Identifier: MIT */
/* anthropic: POST /v1/messages, whole and as named events. An answer is a list of blocks, one open at a time: thoughts with their signature,
 * sealed thoughts, text, tool calls. What is refused is anthropic_check.c's. */
#include "answer.h"
#include "anthropic.h"

#include <stdio.h>
#include <time.h>

enum { BLOCK_SEALED = PIECE_ARGUMENTS + 1, BLOCK_ODD };

static void add_number(struct text *t, const char *before, int64_t n)
{
    text_put(t, before);
    text_int(t, n);
}

/* As the service counts: input_tokens leaves out what was read from a cache or written to one. */
static void add_usage(struct text *t, const struct answer *a, int64_t out)
{
    const struct behaviour *b = &a->b;
    int64_t rest = a->in - b->cached - b->written;
    add_number(t, "\"usage\":{\"input_tokens\":", rest > 0 ? rest : 0);
    add_number(t, ",\"cache_creation_input_tokens\":", b->written);
    add_number(t, ",\"cache_read_input_tokens\":", b->cached);
    add_number(t, ",\"cache_creation\":{\"ephemeral_5m_input_tokens\":", b->written > b->hour ? b->written - b->hour : 0);
    add_number(t, ",\"ephemeral_1h_input_tokens\":", b->hour);
    add_number(t, "},\"output_tokens\":", out);
    if (b->thought > 0)
        add_number(t, ",\"output_tokens_details\":{\"thinking_tokens\":", b->thought);
    text_put(t, b->thought > 0 ? "},\"service_tier\":\"standard\"}" : ",\"service_tier\":\"standard\"}");
}

static void add_reason(struct text *t, const struct answer *a)
{
    const char *fits = a->cut_short ? "max_tokens" : a->calls > 0 ? "tool_use" : "end_turn";
    bool sequence = slice_is(a->b.finish, "stop_sequence"), refused = slice_is(a->b.finish, "refusal");
    text_put(t, "\"stop_reason\":\"");
    text_slice(t, a->b.finish.n > 0 ? a->b.finish : slice_of(fits));
    text_put(t, sequence ? "\",\"stop_sequence\":\"STOP\"" : "\",\"stop_sequence\":null");
    if (refused)
        text_put(t, ",\"stop_details\":{\"type\":\"refusal\",\"category\":null,\"explanation\":\"as its name asked\"}");
}

static void add_head(struct text *t, const struct answer *a)
{
    add_number(t, "{\"id\":\"msg_fake", a->n);
    text_put(t, "\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"");
    text_slice(t, text_all(&a->model));
    text_put(t, "\",\"content\":[");
}

/* The block without what its deltas bring; ${input} of a call. */
static void add_block(struct text *t, const struct answer *a, int kind, int call, struct slice input)
{
    switch (kind) {
    case PIECE_THOUGHT:
        text_put(t, "{\"type\":\"thinking\",\"thinking\":\"");
        break;
    case BLOCK_SEALED:
        text_put(t, "{\"type\":\"redacted_thinking\",\"data\":\"" ANTHROPIC_SEALED "\"}");
        break;
    case BLOCK_ODD:
        text_put(t, "{\"type\":\"server_tool_use\",\"id\":\"srvtoolu_fake\",\"name\":\"web_search\",\"input\":{}}");
        break;
    case PIECE_TEXT:
        text_put(t, "{\"type\":\"text\",\"text\":\"");
        break;
    default:
        add_number(t, "{\"type\":\"tool_use\",\"id\":\"toolu_fake_", a->n);
        add_number(t, "_", call);
        text_put(t, "\",\"name\":\"");
        text_slice(t, text_all(&a->tool));
        text_put(t, "\",\"input\":");
        text_slice(t, input);
        text_put(t, "}");
    }
}

static void block_comma(struct text *t, bool *some)
{
    text_put(t, *some ? "," : "");
    *some = true;
}

static void whole(struct text *t, struct answer *a)
{
    bool some = false;
    add_head(t, a);
    if (a->thoughts.n > 0) {
        block_comma(t, &some);
        add_block(t, a, PIECE_THOUGHT, 0, (struct slice){0});
        text_json(t, a->thoughts);
        text_put(t, "\",\"signature\":\"" ANTHROPIC_SIGNATURE "\"}");
    }
    if (a->b.flags & SEALED) {
        block_comma(t, &some);
        add_block(t, a, BLOCK_SEALED, 0, (struct slice){0});
    }
    if (a->b.flags & ODDITIES) {
        block_comma(t, &some);
        add_block(t, a, BLOCK_ODD, 0, (struct slice){0});
    }
    if (a->calls == 0 || a->said.n > 0) {
        block_comma(t, &some);
        add_block(t, a, PIECE_TEXT, 0, (struct slice){0});
        answer_text(a, t);
        text_put(t, a->b.flags & ODDITIES ? "\",\"citations\":[" ANTHROPIC_CITATION "]}" : "\",\"citations\":null}");
    }
    for (int i = 0; i < a->calls; i++) {
        block_comma(t, &some);
        add_block(t, a, PIECE_CALL, i, answer_arguments(a, i));
    }
    text_put(t, "],");
    add_reason(t, a);
    if (!(a->b.flags & NOUSAGE)) {
        text_put(t, ",");
        add_usage(t, a, a->out);
    }
    text_put(t, "}");
}

/* ---- events ---- */

static void event_begin(struct text *t, const struct answer *a, const char *name)
{
    const char *line = a->b.flags & CRLF ? "\r\n" : "\n";
    if (a->b.flags & COMMENTS) {
        text_put(t, ": still here");
        text_put(t, line);
        text_put(t, line);
    }
    text_put(t, a->b.flags & NOSPACE ? "event:" : "event: ");
    text_put(t, name);
    text_put(t, line);
    text_put(t, a->b.flags & NOSPACE ? "data:" : "data: ");
    text_put(t, "{\"type\":\"");
    text_put(t, name);
    text_put(t, "\"");
}

static void event_end(struct text *t, const struct answer *a)
{
    text_put(t, a->b.flags & CRLF ? "}\r\n\r\n" : "}\n\n");
}

static void delta_begin(struct text *t, const struct answer *a, const char *kind, const char *member)
{
    event_begin(t, a, "content_block_delta");
    add_number(t, ",\"index\":", a->blocks - 1);
    text_put(t, ",\"delta\":{\"type\":\"");
    text_put(t, kind);
    text_put(t, "\",\"");
    text_put(t, member);
    text_put(t, "\":");
}

static void delta_end(struct text *t, const struct answer *a)
{
    text_put(t, "}");
    event_end(t, a);
}

static void block_close(struct text *t, struct answer *a)
{
    if (a->open < 0)
        return;
    if (a->open == PIECE_THOUGHT) {
        delta_begin(t, a, "signature_delta", "signature");
        text_put(t, "\"" ANTHROPIC_SIGNATURE "\"");
        delta_end(t, a);
    }
    if (a->open == PIECE_TEXT && (a->b.flags & ODDITIES)) {
        delta_begin(t, a, "citations_delta", "citation");
        text_put(t, ANTHROPIC_CITATION);
        delta_end(t, a);
    }
    event_begin(t, a, "content_block_stop");
    add_number(t, ",\"index\":", a->blocks - 1);
    event_end(t, a);
    a->open = -1;
}

static void block_open(struct text *t, struct answer *a, int kind, int call)
{
    block_close(t, a);
    event_begin(t, a, "content_block_start");
    add_number(t, ",\"index\":", a->blocks++);
    text_put(t, ",\"content_block\":");
    add_block(t, a, kind, call, slice_of("{}"));
    if (kind == PIECE_THOUGHT)
        text_put(t, "\",\"signature\":\"\"}");
    else if (kind == PIECE_TEXT)
        text_put(t, "\"}");
    event_end(t, a);
    a->open = kind;
}

/* What comes between the thoughts and the rest. */
static void add_strange(struct text *t, struct answer *a)
{
    if (a->b.flags & SEALED)
        block_open(t, a, BLOCK_SEALED, 0);
    if (a->b.flags & ODDITIES) {
        block_open(t, a, BLOCK_ODD, 0);
        delta_begin(t, a, "input_json_delta", "partial_json");
        text_put(t, "\"{\\\"query\\\":\\\"moon\\\"}\"");
        delta_end(t, a);
        event_begin(t, a, "event_of_tomorrow");
        event_end(t, a);
    }
    a->b.flags &= ~(unsigned)SEALED;
}

static void begin(struct text *t, struct answer *a)
{
    event_begin(t, a, "message_start");
    text_put(t, ",\"message\":");
    add_head(t, a);
    text_put(t, "],\"stop_reason\":null,\"stop_sequence\":null");
    if (!(a->b.flags & NOUSAGE)) {
        text_put(t, ",");
        add_usage(t, a, 1);
    }
    text_put(t, "}");
    event_end(t, a);
    event_begin(t, a, "ping");
    event_end(t, a);
    if (a->thoughts.n == 0)
        add_strange(t, a);
}

static void piece(struct text *t, struct answer *a, const struct piece *p)
{
    int kind = p->kind == PIECE_ARGUMENTS ? PIECE_CALL : (int)p->kind;
    if (kind != a->open || p->kind == PIECE_CALL) {
        if (a->open == PIECE_THOUGHT) {
            block_close(t, a);
            add_strange(t, a);
        }
        block_open(t, a, kind, p->index);
    }
    if (p->kind == PIECE_CALL)
        return;
    if (p->kind == PIECE_THOUGHT)
        delta_begin(t, a, "thinking_delta", "thinking");
    else if (p->kind == PIECE_TEXT)
        delta_begin(t, a, "text_delta", "text");
    else
        delta_begin(t, a, "input_json_delta", "partial_json");
    text_put(t, "\"");
    text_json(t, p->text);
    text_put(t, "\"");
    delta_end(t, a);
}

static void end(struct text *t, struct answer *a)
{
    block_close(t, a);
    event_begin(t, a, "message_delta");
    text_put(t, ",\"delta\":{");
    add_reason(t, a);
    text_put(t, "}");
    if (!(a->b.flags & NOUSAGE)) {
        add_number(t, ",\"usage\":{\"input_tokens\":null,\"cache_read_input_tokens\":null,\"output_tokens\":", a->out);
        if (a->b.thought > 0)
            add_number(t, ",\"output_tokens_details\":{\"thinking_tokens\":", a->b.thought);
        text_put(t, a->b.thought > 0 ? "}}" : "}");
    }
    event_end(t, a);
    if (a->b.flags & NODONE)
        return;
    event_begin(t, a, "message_stop");
    event_end(t, a);
}

/* ---- errors ---- */

static const char *error_type(int status)
{
    static const struct { int status; const char *type; } types[] = {
        {401, "authentication_error"}, {402, "billing_error"}, {403, "permission_error"}, {404, "not_found_error"}, {413, "request_too_large"},
        {429, "rate_limit_error"}, {504, "timeout_error"}, {529, "overloaded_error"},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].status == status)
            return types[i].type;
    return status < 500 ? "invalid_request_error" : "api_error";
}

static void add_error(struct text *t, int status, struct slice message)
{
    text_put(t, "\"error\":{\"type\":\"");
    text_put(t, error_type(status));
    text_put(t, "\",\"message\":\"");
    text_json(t, message);
    text_put(t, "\"}");
}

static void error(struct text *t, int status, struct slice message)
{
    text_put(t, "{\"type\":\"error\",");
    add_error(t, status, message);
    text_put(t, ",\"request_id\":\"req_fake\"}");
}

static void error_event(struct text *t, struct answer *a, struct slice message)
{
    event_begin(t, a, "error");
    text_put(t, ",");
    add_error(t, 529, message);
    event_end(t, a);
}

static void bad(struct text *t, struct answer *a)
{
    event_begin(t, a, "content_block_delta");
    text_put(t, ",\"delta\":{\"type\":");
    event_end(t, a);
}

static void head(struct text *t, const struct answer *a, int status)
{
    char when[40];
    struct tm day;
    time_t reset = a->created + 60;
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&reset, &day));
    add_number(t, "\r\nrequest-id: req_fake", a->n);
    add_number(t, "\r\nanthropic-ratelimit-requests-limit: 50\r\nanthropic-ratelimit-requests-remaining: ", status == 429 ? 0 : 49);
    text_put(t, "\r\nanthropic-ratelimit-requests-reset: ");
    text_put(t, when);
    text_put(t, "\r\nanthropic-ratelimit-tokens-limit: 40000\r\nanthropic-ratelimit-tokens-remaining: 39000\r\nanthropic-ratelimit-tokens-reset: ");
    text_put(t, when);
    if (status >= 400)
        text_put(t, status == 429 || status >= 500 ? "\r\nx-should-retry: true" : "\r\nx-should-retry: false");
}

const struct dialect anthropic = {
    .stream_type = "text/event-stream; charset=utf-8", .streams = false,
    .whole = whole, .begin = begin, .piece = piece, .end = end, .error = error, .error_event = error_event, .bad = bad, .head = head,
};
