/* SPDX-License-Identifier: MIT */
/* openai: POST /v1/chat/completions, whole and as server-sent events. Shapes as OpenAI and vLLM send them; thoughts go to
 * reasoning_content as DeepSeek and vLLM do. */
#include "openai.h"

static void add_head(struct text *t, const struct answer *a, const char *object)
{
    text_put(t, "{\"id\":\"chatcmpl-fake-");
    text_int(t, a->n);
    text_put(t, "\",\"object\":\"");
    text_put(t, object);
    text_put(t, "\",\"created\":");
    text_int(t, a->created);
    text_put(t, ",\"model\":\"");
    text_slice(t, text_all(&a->model));
    text_put(t, "\"");
}

static void add_counts(struct text *t, const struct answer *a)
{
    text_put(t, "{\"prompt_tokens\":");
    text_int(t, a->in);
    text_put(t, ",\"completion_tokens\":");
    text_int(t, a->out);
    text_put(t, ",\"total_tokens\":");
    text_int(t, a->in + a->out);
    if (openai_like(a) & LIKE_HITS) {
        text_put(t, ",\"prompt_cache_hit_tokens\":");
        text_int(t, a->b.cached);
        text_put(t, ",\"prompt_cache_miss_tokens\":");
        text_int(t, a->in - a->b.cached);
    } else {
        text_put(t, ",\"prompt_tokens_details\":{\"cached_tokens\":");
        text_int(t, a->b.cached);
        text_put(t, ",\"cache_write_tokens\":");
        text_int(t, a->b.written);
        text_put(t, "}");
    }
    text_put(t, ",\"completion_tokens_details\":{\"reasoning_tokens\":");
    text_int(t, a->b.thought);
    text_put(t, "}}");
}

static void add_usage(struct text *t, const struct answer *a)
{
    text_put(t, "\"usage\":");
    add_counts(t, a);
}

static const char *finish_word(const struct answer *a)
{
    const char *fits = answer_finish(a);
    return (openai_like(a) & LIKE_STOP) && strcmp(fits, "tool_calls") == 0 ? "stop" : fits;
}

static void add_finish(struct text *t, const struct answer *a)
{
    text_put(t, "\"");
    text_slice(t, a->b.finish.n > 0 ? a->b.finish : slice_of(finish_word(a)));
    text_put(t, "\"");
}

/* The member that holds thoughts: as text, or as the first of a list of parts that stays open. */
static void add_thoughts(struct text *t, const struct answer *a, struct slice thoughts)
{
    if (openai_like(a) & LIKE_PARTS) {
        text_put(t, "{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"");
        text_json(t, thoughts);
        text_put(t, "\"}]}");
        return;
    }
    text_put(t, openai_like(a) & LIKE_REASONING ? "\"reasoning\":\"" : "\"reasoning_content\":\"");
    text_json(t, thoughts);
    text_put(t, "\"");
}

static void add_call(struct text *t, const struct answer *a, int i, bool stream)
{
    unsigned like = openai_like(a);
    text_put(t, "{");
    if (stream && !(like & LIKE_NO_INDEX)) {
        text_put(t, "\"index\":");
        text_int(t, like & LIKE_SAME_INDEX ? 0 : i);
        text_put(t, ",");
    }
    text_put(t, "\"id\":\"call_fake_");
    text_int(t, a->n);
    text_put(t, "_");
    text_int(t, i);
    text_put(t, "\",\"type\":\"function\",");
    if ((like & LIKE_SIGNED) && i == 0)
        text_put(t, "\"extra_content\":{\"google\":{\"thought_signature\":\"c2lnbmVk\"}},");
    text_put(t, "\"function\":{\"name\":\"");
    text_slice(t, text_all(&a->tool));
    text_put(t, "\",\"arguments\":\"");
    if (!stream)
        text_json(t, answer_arguments(a, i));
    text_put(t, "\"}}");
}

static void whole(struct text *t, struct answer *a)
{
    bool parts = (openai_like(a) & LIKE_PARTS) && a->thoughts.n > 0;
    if (openai_like(a) & LIKE_BLANKS)
        text_put(t, "\n\n\n");
    add_head(t, a, "chat.completion");
    text_put(t, ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\"");
    if (a->thoughts.n > 0 && !parts) {
        text_put(t, ",");
        add_thoughts(t, a, a->thoughts);
    }
    text_put(t, ",\"content\":");
    if (parts) {
        text_put(t, "[");
        add_thoughts(t, a, a->thoughts);
        text_put(t, ",{\"type\":\"text\",\"text\":\"");
        answer_text(a, t);
        text_put(t, "\"}]");
    } else if (a->calls == 0 || a->said.n > 0) {
        text_put(t, "\"");
        answer_text(a, t);
        text_put(t, "\"");
    } else {
        text_put(t, "null");
    }
    if (a->calls > 0) {
        text_put(t, ",\"tool_calls\":[");
        for (int i = 0; i < a->calls; i++) {
            text_put(t, i > 0 ? "," : "");
            add_call(t, a, i, false);
        }
        text_put(t, "]");
    }
    if ((openai_like(a) & LIKE_EMPTY_CALLS) && a->calls == 0)
        text_put(t, ",\"tool_calls\":[]");
    text_put(t, "},\"logprobs\":null,\"finish_reason\":");
    add_finish(t, a);
    text_put(t, "}]");
    if (!(a->b.flags & NOUSAGE)) {
        text_put(t, ",");
        add_usage(t, a);
    }
    text_put(t, "}");
}

static void event_begin(struct text *t, const struct answer *a)
{
    if (openai_like(a) & LIKE_COMMENTS)
        text_put(t, ": OPENROUTER PROCESSING\n\n");
    if (a->b.flags & COMMENTS)
        text_put(t, a->b.flags & CRLF ? ": still here\r\n\r\n" : ": still here\n\n");
    text_put(t, a->b.flags & NOSPACE ? "data:" : "data: ");
}

static void event_end(struct text *t, const struct answer *a)
{
    text_put(t, a->b.flags & CRLF ? "\r\n\r\n" : "\n\n");
}

static void chunk_begin(struct text *t, struct answer *a)
{
    event_begin(t, a);
    add_head(t, a, "chat.completion.chunk");
    text_put(t, ",\"choices\":[{\"index\":0,\"delta\":{");
}

static void chunk_end(struct text *t, const struct answer *a, bool last)
{
    unsigned like = openai_like(a), all = LIKE_USAGE_ALL | (last ? LIKE_USAGE_LAST | LIKE_USAGE_CHOICE | LIKE_USAGE_GROQ : 0);
    bool counts = !(a->b.flags & NOUSAGE), here = counts && (like & all);
    if ((like & LIKE_EMPTY_CALLS) && a->calls == 0 && !last)
        text_put(t, t->p[t->n - 1] == '{' ? "\"tool_calls\":[]" : ",\"tool_calls\":[]");
    text_put(t, "},\"logprobs\":null,\"finish_reason\":");
    if (last)
        add_finish(t, a);
    else
        text_put(t, like & LIKE_EMPTY_FINISH ? "\"\"" : "null");
    if (here && (like & LIKE_USAGE_CHOICE)) {
        text_put(t, ",");
        add_usage(t, a);
    }
    if (like & LIKE_CUMULATIVE)
        text_put(t, ",\"message\":{\"role\":\"assistant\",\"content\":\"all that was said until now\"}");
    text_put(t, "}]");
    if (here && (like & LIKE_USAGE_GROQ)) {
        text_put(t, ",\"x_groq\":{\"id\":\"req_1\",\"usage\":");
        add_counts(t, a);
        text_put(t, "}");
    } else if (here && !(like & LIKE_USAGE_CHOICE)) {
        text_put(t, ",");
        add_usage(t, a);
    } else if (a->include_usage && counts) {
        text_put(t, ",\"usage\":null");
    }
    text_put(t, "}");
    event_end(t, a);
}

static void begin(struct text *t, struct answer *a)
{
    chunk_begin(t, a);
    text_put(t, a->calls > 0 ? "\"role\":\"assistant\",\"content\":null" : "\"role\":\"assistant\",\"content\":\"\"");
    chunk_end(t, a, false);
}

static void piece(struct text *t, struct answer *a, const struct piece *p)
{
    chunk_begin(t, a);
    switch (p->kind) {
    case PIECE_THOUGHT:
        text_put(t, openai_like(a) & LIKE_PARTS ? "\"content\":[" : "");
        add_thoughts(t, a, p->text);
        text_put(t, openai_like(a) & LIKE_PARTS ? "]" : "");
        break;
    case PIECE_TEXT:
        text_put(t, "\"content\":\"");
        text_json(t, p->text);
        text_put(t, "\"");
        break;
    case PIECE_CALL:
        text_put(t, "\"tool_calls\":[");
        add_call(t, a, p->index, true);
        text_put(t, "]");
        break;
    case PIECE_ARGUMENTS:
        text_put(t, "\"tool_calls\":[{");
        if (!(openai_like(a) & LIKE_NO_INDEX)) {
            text_put(t, "\"index\":");
            text_int(t, openai_like(a) & LIKE_SAME_INDEX ? 0 : p->index);
            text_put(t, ",");
        }
        text_put(t, "\"function\":{\"arguments\":\"");
        text_json(t, p->text);
        text_put(t, "\"}}]");
        break;
    }
    chunk_end(t, a, false);
}

static void end(struct text *t, struct answer *a)
{
    chunk_begin(t, a);
    chunk_end(t, a, true);
    if (a->include_usage && !(a->b.flags & NOUSAGE) && !(openai_like(a) & (LIKE_USAGE_LAST | LIKE_USAGE_CHOICE | LIKE_USAGE_GROQ | LIKE_USAGE_ALL))) {
        event_begin(t, a);
        add_head(t, a, "chat.completion.chunk");
        text_put(t, ",\"choices\":[],");
        add_usage(t, a);
        text_put(t, "}");
        event_end(t, a);
    }
    if (a->b.flags & NODONE)
        return;
    event_begin(t, a);
    text_put(t, "[DONE]");
    event_end(t, a);
}

static const char *error_type(int status)
{
    return status == 401 ? "authentication_error" : status == 403 ? "permission_error" : status == 404 ? "not_found_error"
         : status == 429 ? "rate_limit_error" : status < 500 ? "invalid_request_error" : "server_error";
}

static void error(struct text *t, int status, struct slice message)
{
    text_put(t, "{\"error\":{\"message\":\"");
    text_json(t, message);
    text_put(t, "\",\"type\":\"");
    text_put(t, error_type(status));
    text_put(t, status == 401 ? "\",\"param\":null,\"code\":\"invalid_api_key\"}}" : "\",\"param\":null,\"code\":null}}");
}

static void error_event(struct text *t, struct answer *a, struct slice message)
{
    event_begin(t, a);
    error(t, 500, message);
    event_end(t, a);
}

static void bad(struct text *t, struct answer *a)
{
    event_begin(t, a);
    text_put(t, "{\"id\":\"chatcmpl-fake\",\"choices\":[{\"index\":0,\"delta\":{\"content\":");
    event_end(t, a);
}

static void head(struct text *t, const struct answer *a, int status)
{
    if (!(a->b.flags & LIMITS))
        return;
    text_put(t, "\r\nx-ratelimit-limit-requests: 60\r\nx-ratelimit-remaining-requests: ");
    text_int(t, status == 429 ? 0 : 59);
    text_put(t, "\r\nx-ratelimit-reset-requests: 1s\r\nx-ratelimit-limit-tokens: 150000\r\nx-ratelimit-remaining-tokens: 149984"
                "\r\nx-ratelimit-reset-tokens: 6m0s");
}

const struct dialect openai_chat = {
    .stream_type = "text/event-stream", .streams = false,
    .whole = whole, .begin = begin, .piece = piece, .end = end, .error = error, .error_event = error_event, .bad = bad, .head = head,
};
