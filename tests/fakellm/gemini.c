/* SPDX-License-Identifier: MIT */
/* gemini: generateContent and streamGenerateContent?alt=sse. Each event is an answer of its own with the new parts only, its usage grows, and
 * nothing marks the end of a stream. Calls come whole, their first signed. What is refused is gemini_check.c's. */
#include "gemini.h"
#include "answer.h"

static void add_number(struct text *t, const char *before, int64_t n)
{
    text_put(t, before);
    text_int(t, n);
}

static bool is_blocked(const struct answer *a)
{
    return slice_is(a->b.finish, "blocked");
}

static void add_usage(struct text *t, const struct answer *a, int64_t out)
{
    int64_t thought = a->b.thought < out ? a->b.thought : out;
    if (a->b.flags & NOUSAGE)
        return;
    add_number(t, ",\"usageMetadata\":{\"promptTokenCount\":", a->in);
    if (out > thought)
        add_number(t, ",\"candidatesTokenCount\":", out - thought);
    if (thought > 0)
        add_number(t, ",\"thoughtsTokenCount\":", thought);
    if (a->b.cached > 0)
        add_number(t, ",\"cachedContentTokenCount\":", a->b.cached);
    add_number(t, ",\"totalTokenCount\":", a->in + out);
    add_number(t, ",\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":", a->in);
    text_put(t, "}]}");
}

static void add_tail(struct text *t, const struct answer *a, int64_t out)
{
    add_usage(t, a, out);
    text_put(t, ",\"modelVersion\":\"");
    text_slice(t, text_all(&a->model));
    add_number(t, "\",\"responseId\":\"fake", a->n);
    text_put(t, "\"}");
}

static void add_reason(struct text *t, const struct answer *a)
{
    text_put(t, "\"finishReason\":\"");
    text_slice(t, a->b.finish.n > 0 ? a->b.finish : slice_of(a->cut_short ? "MAX_TOKENS" : "STOP"));
    text_put(t, "\",\"index\":0");
}

static void add_call(struct text *t, const struct answer *a, int i)
{
    text_put(t, "{\"functionCall\":{");
    if (gemini_is_new(text_all(&a->model))) {
        add_number(t, "\"id\":\"fc_", a->n);
        add_number(t, "_", i);
        text_put(t, "\",");
    }
    text_put(t, "\"name\":\"");
    text_slice(t, text_all(&a->tool));
    text_put(t, "\"");
    if (!(a->b.flags & NOARGS)) {
        text_put(t, ",\"args\":");
        text_slice(t, answer_arguments(a, i));
    }
    text_put(t, i == 0 ? "},\"thoughtSignature\":\"" GEMINI_SIGNATURE "\"}" : "}}");
}

static void add_text(struct text *t, struct slice said, bool thought)
{
    text_put(t, "{\"text\":\"");
    text_json(t, said);
    text_put(t, thought ? "\",\"thought\":true}" : "\"}");
}

/* The signature of reasoning that is not shown comes with a text, often an empty one. */
static void add_sealed(struct text *t)
{
    text_put(t, "{\"text\":\"\",\"thoughtSignature\":\"" GEMINI_SIGNATURE "\"}");
}

static void add_parts(struct text *t, struct answer *a)
{
    const char *comma = "";
    if (a->thoughts.n > 0) {
        add_text(t, a->thoughts, true);
        comma = ",";
    }
    if (a->calls == 0 || a->said.n > 0) {
        text_put(t, comma);
        text_put(t, "{\"text\":\"");
        answer_text(a, t);
        text_put(t, "\"}");
        comma = ",";
    }
    for (int i = 0; i < a->calls; i++) {
        text_put(t, comma);
        add_call(t, a, i);
        comma = ",";
    }
    if (a->b.flags & SEALED) {
        text_put(t, comma);
        add_sealed(t);
    }
}

static void whole(struct text *t, struct answer *a)
{
    if (is_blocked(a)) {
        text_put(t, "{\"promptFeedback\":{\"blockReason\":\"PROHIBITED_CONTENT\"}");
        add_tail(t, a, 0);
        return;
    }
    text_put(t, "{\"candidates\":[{\"content\":{\"parts\":[");
    add_parts(t, a);
    text_put(t, "],\"role\":\"model\"},");
    add_reason(t, a);
    text_put(t, a->b.flags & ODDITIES ? ",\"groundingMetadata\":{\"webSearchQueries\":[\"moon\"]}}]" : "}]");
    add_tail(t, a, a->out);
}

/* ---- events ---- */

static void event_begin(struct text *t, const struct answer *a)
{
    if (a->b.flags & COMMENTS)
        text_put(t, a->b.flags & CRLF ? ": still here\r\n\r\n" : ": still here\n\n");
    text_put(t, a->b.flags & NOSPACE ? "data:" : "data: ");
}

static void event_end(struct text *t, const struct answer *a)
{
    text_put(t, a->b.flags & CRLF ? "\r\n\r\n" : "\n\n");
}

static void piece(struct text *t, struct answer *a, const struct piece *p)
{
    if (is_blocked(a) || p->kind == PIECE_ARGUMENTS)
        return;
    event_begin(t, a);
    text_put(t, "{\"candidates\":[{\"content\":{\"parts\":[");
    if (p->kind == PIECE_CALL)
        add_call(t, a, p->index);
    else
        add_text(t, p->text, p->kind == PIECE_THOUGHT);
    text_put(t, "],\"role\":\"model\"},\"index\":0}]");
    add_tail(t, a, a->pieces < a->out ? a->pieces : a->out);
    event_end(t, a);
}

static void end(struct text *t, struct answer *a)
{
    if (a->b.flags & NODONE)
        return;
    event_begin(t, a);
    if (is_blocked(a)) {
        whole(t, a);
    } else {
        text_put(t, "{\"candidates\":[{\"content\":{\"parts\":[");
        if (a->b.flags & SEALED)
            add_sealed(t);
        else
            add_text(t, (struct slice){0}, false);
        text_put(t, "],\"role\":\"model\"},");
        add_reason(t, a);
        text_put(t, a->b.flags & ODDITIES ? ",\"groundingMetadata\":{\"webSearchQueries\":[\"moon\"]}}]" : "}]");
        add_tail(t, a, a->out);
    }
    event_end(t, a);
}

/* ---- errors ---- */

static const char *status_word(int status)
{
    static const struct { int status; const char *word; } words[] = {
        {401, "UNAUTHENTICATED"}, {403, "PERMISSION_DENIED"}, {404, "NOT_FOUND"}, {429, "RESOURCE_EXHAUSTED"}, {499, "CANCELLED"},
        {503, "UNAVAILABLE"}, {504, "DEADLINE_EXCEEDED"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i].status == status)
            return words[i].word;
    return status < 500 ? "INVALID_ARGUMENT" : "INTERNAL";
}

static void error(struct text *t, int status, struct slice message)
{
    add_number(t, "{\n  \"error\": {\n    \"code\": ", status);
    text_put(t, ",\n    \"message\": \"");
    text_json(t, message);
    text_put(t, "\",\n    \"status\": \"");
    text_put(t, status_word(status));
    if (status == 429)
        text_put(t, "\",\n    \"details\": [{\"@type\": \"type.googleapis.com/google.rpc.RetryInfo\", \"retryDelay\": \"34s\"}");
    text_put(t, status == 429 ? "]\n  }\n}\n" : "\"\n  }\n}\n");
}

/* As it comes: without "data:". */
static void error_event(struct text *t, struct answer *a, struct slice message)
{
    (void)a;
    error(t, 503, message);
}

static void bad(struct text *t, struct answer *a)
{
    event_begin(t, a);
    text_put(t, "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":");
    event_end(t, a);
}

const struct dialect gemini = {
    .stream_type = "text/event-stream", .streams = false,
    .whole = whole, .piece = piece, .end = end, .error = error, .error_event = error_event, .bad = bad,
};
