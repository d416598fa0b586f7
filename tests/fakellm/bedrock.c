/* SPDX-License-Identifier: MIT */
/* bedrock: Converse, whole and as an event stream: lengths, their sum, headers, payload, sum of all. Blocks are counted together; only calls are
 * announced by a start. */
#include "bedrock.h"
#include "answer.h"

static void add_number(struct text *t, const char *before, int64_t n)
{
    text_put(t, before);
    text_int(t, n);
}

static void add_usage(struct text *t, const struct answer *a)
{
    const struct behaviour *b = &a->b;
    int64_t rest = a->in - b->cached - b->written;
    add_number(t, "\"usage\":{\"inputTokens\":", rest > 0 ? rest : 0);
    add_number(t, ",\"outputTokens\":", a->out);
    add_number(t, ",\"totalTokens\":", a->in + a->out);
    add_number(t, ",\"cacheReadInputTokens\":", b->cached);
    add_number(t, ",\"cacheWriteInputTokens\":", b->written);
    text_put(t, "}");
}

static void add_reason(struct text *t, const struct answer *a)
{
    text_put(t, "\"stopReason\":\"");
    text_slice(t, a->b.finish.n > 0 ? a->b.finish : slice_of(a->cut_short ? "max_tokens" : a->calls > 0 ? "tool_use" : "end_turn"));
    text_put(t, "\"");
}

static void add_use(struct text *t, const struct answer *a, int call)
{
    add_number(t, "{\"toolUse\":{\"toolUseId\":\"tooluse_fake_", a->n);
    add_number(t, "_", call);
    text_put(t, "\",\"name\":\"");
    text_slice(t, text_all(&a->tool));
    text_put(t, "\"");
}

static void whole(struct text *t, struct answer *a)
{
    const char *comma = "";
    text_put(t, "{\"output\":{\"message\":{\"role\":\"assistant\",\"content\":[");
    if (a->thoughts.n > 0) {
        text_put(t, "{\"reasoningContent\":{\"reasoningText\":{\"text\":\"");
        text_json(t, a->thoughts);
        text_put(t, "\",\"signature\":\"" BEDROCK_SIGNATURE "\"}}}");
        comma = ",";
    }
    if (a->b.flags & SEALED) {
        text_put(t, comma);
        text_put(t, "{\"reasoningContent\":{\"redactedContent\":\"" BEDROCK_SEALED "\"}}");
        comma = ",";
    }
    if (a->calls == 0 || a->said.n > 0) {
        text_put(t, comma);
        text_put(t, "{\"text\":\"");
        answer_text(a, t);
        text_put(t, "\"}");
        comma = ",";
    }
    for (int i = 0; i < a->calls; i++, comma = ",") {
        text_put(t, comma);
        add_use(t, a, i);
        text_put(t, ",\"input\":");
        text_slice(t, answer_arguments(a, i));
        text_put(t, "}}");
    }
    text_put(t, "]}},");
    add_reason(t, a);
    if (!(a->b.flags & NOUSAGE)) {
        text_put(t, ",");
        add_usage(t, a);
    }
    text_put(t, ",\"metrics\":{\"latencyMs\":12}}");
}

/* ---- frames ---- */

static uint32_t sum(const char *p, size_t n)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < n; i++) {
        crc ^= (unsigned char)p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

static void big_endian(char out[4], uint32_t n)
{
    for (int i = 0; i < 4; i++)
        out[i] = (char)(n >> (24 - 8 * i));
}

static void add_header(struct text *t, const char *name, const char *value)
{
    char lengths[3] = {7, (char)(strlen(value) >> 8), (char)strlen(value)}, name_n = (char)strlen(name);
    text_add(t, &name_n, 1);
    text_put(t, name);
    text_add(t, lengths, 3);
    text_put(t, value);
}

/* Room for the lengths, which are known at the end. */
static size_t frame_begin(struct text *t, const char *kind, const char *name)
{
    size_t at = t->n;
    text_add(t, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
    add_header(t, strcmp(kind, "exception") == 0 ? ":exception-type" : ":event-type", name);
    add_header(t, ":content-type", "application/json");
    add_header(t, ":message-type", kind);
    big_endian(t->p + at + 4, (uint32_t)(t->n - at - 12));
    return at;
}

static void frame_end(struct text *t, size_t at)
{
    char last[4];
    big_endian(t->p + at, (uint32_t)(t->n - at + 4));
    big_endian(t->p + at + 8, sum(t->p + at, 8));
    big_endian(last, sum(t->p + at, t->n - at));
    text_add(t, last, 4);
}

static void simple(struct text *t, const char *name, const char *payload)
{
    size_t at = frame_begin(t, "event", name);
    text_put(t, payload);
    frame_end(t, at);
}

static size_t delta_begin(struct text *t, const struct answer *a)
{
    size_t at = frame_begin(t, "event", "contentBlockDelta");
    add_number(t, "{\"contentBlockIndex\":", a->blocks - 1);
    text_put(t, ",\"delta\":{");
    return at;
}

static void delta_end(struct text *t, size_t at)
{
    text_put(t, "},\"p\":\"abcdefghij\"}");           /* filler against guessing lengths */
    frame_end(t, at);
}

static void block_close(struct text *t, struct answer *a)
{
    size_t at;
    if (a->open < 0)
        return;
    if (a->open == PIECE_THOUGHT) {
        at = delta_begin(t, a);
        text_put(t, "\"reasoningContent\":{\"signature\":\"" BEDROCK_SIGNATURE "\"}");
        delta_end(t, at);
    }
    at = frame_begin(t, "event", "contentBlockStop");
    add_number(t, "{\"contentBlockIndex\":", a->blocks - 1);
    text_put(t, "}");
    frame_end(t, at);
    a->open = -1;
}

static void block_open(struct text *t, struct answer *a, int kind, int call)
{
    block_close(t, a);
    a->open = kind;
    a->blocks++;
    if (kind != PIECE_CALL)
        return;
    size_t at = frame_begin(t, "event", "contentBlockStart");
    add_number(t, "{\"contentBlockIndex\":", a->blocks - 1);
    text_put(t, ",\"start\":");
    add_use(t, a, call);
    text_put(t, "}}}");
    frame_end(t, at);
}

static void add_sealed(struct text *t, struct answer *a)
{
    if (!(a->b.flags & SEALED))
        return;
    a->b.flags &= ~(unsigned)SEALED;
    block_open(t, a, PIECE_ARGUMENTS + 1, 0);
    size_t at = delta_begin(t, a);
    text_put(t, "\"reasoningContent\":{\"redactedContent\":\"" BEDROCK_SEALED "\"}");
    delta_end(t, at);
}

static void begin(struct text *t, struct answer *a)
{
    simple(t, "messageStart", "{\"p\":\"abc\",\"role\":\"assistant\"}");
    if (a->b.flags & ODDITIES)
        simple(t, "eventOfTomorrow", "{\"x\":[1]}");
    if (a->thoughts.n == 0)
        add_sealed(t, a);
}

static void piece(struct text *t, struct answer *a, const struct piece *p)
{
    int kind = p->kind == PIECE_ARGUMENTS ? PIECE_CALL : (int)p->kind;
    if (kind != a->open || p->kind == PIECE_CALL) {
        if (a->open == PIECE_THOUGHT) {
            block_close(t, a);
            add_sealed(t, a);
        }
        block_open(t, a, kind, p->index);
    }
    if (p->kind == PIECE_CALL)
        return;
    size_t at = delta_begin(t, a);
    text_put(t, p->kind == PIECE_TEXT ? "\"text\":\"" : p->kind == PIECE_THOUGHT ? "\"reasoningContent\":{\"text\":\"" : "\"toolUse\":{\"input\":\"");
    text_json(t, p->text);
    text_put(t, p->kind == PIECE_TEXT ? "\"" : "\"}");
    delta_end(t, at);
}

static void end(struct text *t, struct answer *a)
{
    size_t at;
    block_close(t, a);
    at = frame_begin(t, "event", "messageStop");
    text_put(t, "{");
    add_reason(t, a);
    text_put(t, "}");
    frame_end(t, at);
    if (a->b.flags & NODONE)
        return;
    at = frame_begin(t, "event", "metadata");
    text_put(t, "{");
    if (!(a->b.flags & NOUSAGE)) {
        add_usage(t, a);
        text_put(t, ",");
    }
    text_put(t, "\"metrics\":{\"latencyMs\":12}}");
    frame_end(t, at);
}

/* ---- errors ---- */

static const char *error_type(int status)
{
    static const struct { int status; const char *type; } types[] = {
        {400, "ValidationException"}, {403, "AccessDeniedException"}, {404, "ResourceNotFoundException"}, {408, "ModelTimeoutException"},
        {424, "ModelErrorException"}, {429, "ThrottlingException"}, {503, "ServiceUnavailableException"},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].status == status)
            return types[i].type;
    return status < 500 ? "ValidationException" : "InternalServerException";
}

static void error(struct text *t, int status, struct slice message)
{
    (void)status;
    text_put(t, "{\"message\":\"");
    text_json(t, message);
    text_put(t, "\"}");
}

static void error_event(struct text *t, struct answer *a, struct slice message)
{
    size_t at = frame_begin(t, "exception", "throttlingException");
    (void)a;
    error(t, 429, message);
    frame_end(t, at);
}

static void bad(struct text *t, struct answer *a)
{
    (void)a;
    simple(t, "contentBlockDelta", "{\"contentBlockIndex\":0,\"delta\":{\"text\":");
}

static void head(struct text *t, const struct answer *a, int status)
{
    add_number(t, "\r\nx-amzn-RequestId: fake-", a->n);
    if (status >= 400) {
        text_put(t, "\r\nx-amzn-ErrorType: ");
        text_put(t, error_type(status));
        text_put(t, ":http://internal.amazon.com/coral/com.amazon.bedrock/");
    }
}

const struct dialect bedrock = {
    .stream_type = "application/vnd.amazon.eventstream", .streams = false,
    .whole = whole, .begin = begin, .piece = piece, .end = end, .error = error, .error_event = error_event, .bad = bad, .head = head,
};
