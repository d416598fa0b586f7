/* SPDX-License-Identifier: MIT */
/* openai: POST /v1/chat/completions, whole and as server-sent events. Shapes as OpenAI and vLLM send them; thoughts go to
 * reasoning_content as DeepSeek and vLLM do. */
#include "answer.h"

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

static void add_usage(struct text *t, const struct answer *a)
{
    text_put(t, "\"usage\":{\"prompt_tokens\":");
    text_int(t, a->in);
    text_put(t, ",\"completion_tokens\":");
    text_int(t, a->out);
    text_put(t, ",\"total_tokens\":");
    text_int(t, a->in + a->out);
    text_put(t, ",\"prompt_tokens_details\":{\"cached_tokens\":");
    text_int(t, a->b.cached);
    text_put(t, ",\"cache_write_tokens\":");
    text_int(t, a->b.written);
    text_put(t, "},\"completion_tokens_details\":{\"reasoning_tokens\":");
    text_int(t, a->b.thought);
    text_put(t, "}}");
}

static void add_call(struct text *t, const struct answer *a, int i, bool with_index)
{
    text_put(t, "{");
    if (with_index) {
        text_put(t, "\"index\":");
        text_int(t, i);
        text_put(t, ",");
    }
    text_put(t, "\"id\":\"call_fake_");
    text_int(t, a->n);
    text_put(t, "_");
    text_int(t, i);
    text_put(t, "\",\"type\":\"function\",\"function\":{\"name\":\"");
    text_slice(t, text_all(&a->tool));
    text_put(t, "\",\"arguments\":\"");
    if (!with_index)
        text_json(t, answer_arguments(a, i));
    text_put(t, "\"}}");
}

static void whole(struct text *t, struct answer *a)
{
    add_head(t, a, "chat.completion");
    text_put(t, ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\"");
    if (a->thoughts.n > 0) {
        text_put(t, ",\"reasoning_content\":\"");
        text_json(t, a->thoughts);
        text_put(t, "\"");
    }
    text_put(t, ",\"content\":");
    if (a->calls == 0 || a->said.n > 0) {
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
    text_put(t, "},\"logprobs\":null,\"finish_reason\":\"");
    text_put(t, answer_finish(a));
    text_put(t, "\"}]");
    if (!(a->b.flags & NOUSAGE)) {
        text_put(t, ",");
        add_usage(t, a);
    }
    text_put(t, "}");
}

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

static void chunk_begin(struct text *t, struct answer *a)
{
    event_begin(t, a);
    add_head(t, a, "chat.completion.chunk");
    text_put(t, ",\"choices\":[{\"index\":0,\"delta\":{");
}

static void chunk_end(struct text *t, const struct answer *a, const char *finish)
{
    text_put(t, "},\"logprobs\":null,\"finish_reason\":");
    if (finish != NULL) {
        text_put(t, "\"");
        text_put(t, finish);
        text_put(t, "\"}]");
    } else {
        text_put(t, "null}]");
    }
    text_put(t, a->include_usage && !(a->b.flags & NOUSAGE) ? ",\"usage\":null}" : "}");
    event_end(t, a);
}

static void begin(struct text *t, struct answer *a)
{
    chunk_begin(t, a);
    text_put(t, a->calls > 0 ? "\"role\":\"assistant\",\"content\":null" : "\"role\":\"assistant\",\"content\":\"\"");
    chunk_end(t, a, NULL);
}

static void piece(struct text *t, struct answer *a, const struct piece *p)
{
    chunk_begin(t, a);
    switch (p->kind) {
    case PIECE_THOUGHT:
    case PIECE_TEXT:
        text_put(t, p->kind == PIECE_TEXT ? "\"content\":\"" : "\"reasoning_content\":\"");
        text_json(t, p->text);
        text_put(t, "\"");
        break;
    case PIECE_CALL:
        text_put(t, "\"tool_calls\":[");
        add_call(t, a, p->index, true);
        text_put(t, "]");
        break;
    case PIECE_ARGUMENTS:
        text_put(t, "\"tool_calls\":[{\"index\":");
        text_int(t, p->index);
        text_put(t, ",\"function\":{\"arguments\":\"");
        text_json(t, p->text);
        text_put(t, "\"}}]");
        break;
    }
    chunk_end(t, a, NULL);
}

static void end(struct text *t, struct answer *a)
{
    chunk_begin(t, a);
    chunk_end(t, a, answer_finish(a));
    if (a->include_usage && !(a->b.flags & NOUSAGE)) {
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

const struct dialect openai_chat = {
    .stream_type = "text/event-stream", .streams = false,
    .whole = whole, .begin = begin, .piece = piece, .end = end, .error = error, .error_event = error_event, .bad = bad,
};
