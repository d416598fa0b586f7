/* SPDX-License-Identifier: MIT */
/* hunyuan: ChatCompletions, whole ("Response" around it) and as events (nothing around them). A call's id and name come again with every piece
 * of its arguments. What is refused is hunyuan_check.c's. */
#include "hunyuan.h"
#include "answer.h"

static void add_number(struct text *t, const char *before, int64_t n)
{
    text_put(t, before);
    text_int(t, n);
}

static void add_tail(struct text *t, const struct answer *a, int64_t out)
{
    add_number(t, "],\"Created\":", a->created);
    add_number(t, ",\"Id\":\"chatcmpl-fake-", a->n);
    text_put(t, "\",\"Note\":\"以上内容为AI生成，不代表开发者立场，请勿删除或修改本标记\"");
    if (!(a->b.flags & NOUSAGE)) {
        add_number(t, ",\"Usage\":{\"PromptTokens\":", a->in);
        add_number(t, ",\"CompletionTokens\":", out);
        add_number(t, ",\"TotalTokens\":", a->in + out);
        text_put(t, "}");
    }
}

static void add_member(struct text *t, const char *name, struct slice said)
{
    text_put(t, ",\"");
    text_put(t, name);
    text_put(t, "\":\"");
    text_json(t, said);
    text_put(t, "\"");
}

static void add_call(struct text *t, const struct answer *a, int i, struct slice arguments)
{
    add_number(t, "{\"Id\":\"call_fake_", a->n);
    add_number(t, "_", i);
    text_put(t, "\",\"Type\":\"function\",\"Function\":{\"Name\":\"");
    text_slice(t, text_all(&a->tool));
    text_put(t, "\",\"Arguments\":\"");
    text_json(t, arguments);
    add_number(t, "\"},\"Index\":", i);
    text_put(t, "}");
}

static void add_finish(struct text *t, const struct answer *a)
{
    text_put(t, ",\"FinishReason\":\"");
    text_slice(t, a->b.finish.n > 0 ? a->b.finish : slice_of(answer_finish(a)));
    text_put(t, "\",\"Index\":0}");
}

static void whole(struct text *t, struct answer *a)
{
    text_put(t, "{\"Response\":{\"Choices\":[{\"Message\":{\"Role\":\"assistant\"");
    if (a->thoughts.n > 0)
        add_member(t, "ReasoningContent", a->thoughts);
    text_put(t, ",\"Content\":\"");
    if (a->calls == 0 || a->said.n > 0)
        answer_text(a, t);
    text_put(t, a->calls > 0 ? "\",\"ToolCalls\":[" : "\"");
    for (int i = 0; i < a->calls; i++) {
        text_put(t, i > 0 ? "," : "");
        add_call(t, a, i, a->b.flags & NOARGS ? slice_of("") : answer_arguments(a, i));
    }
    text_put(t, a->calls > 0 ? "]}" : "}");
    add_finish(t, a);
    add_tail(t, a, a->out);
    add_number(t, ",\"RequestId\":\"fake-", a->n);
    text_put(t, "\"}}");
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
    event_begin(t, a);
    text_put(t, "{\"Choices\":[{\"Delta\":{\"Role\":\"assistant\"");
    if (p->kind == PIECE_THOUGHT || p->kind == PIECE_TEXT) {
        add_member(t, p->kind == PIECE_TEXT ? "Content" : "ReasoningContent", p->text);
    } else {
        text_put(t, ",\"Content\":\"\",\"ToolCalls\":[");
        add_call(t, a, p->index, p->kind == PIECE_CALL ? slice_of("") : p->text);
        text_put(t, "]");
    }
    text_put(t, "},\"FinishReason\":\"\",\"Index\":0}");
    add_tail(t, a, a->pieces < a->out ? a->pieces : a->out);
    text_put(t, "}");
    event_end(t, a);
}

static void end(struct text *t, struct answer *a)
{
    event_begin(t, a);
    text_put(t, "{\"Choices\":[{\"Delta\":{\"Role\":\"assistant\",\"Content\":\"\"}");
    add_finish(t, a);
    add_tail(t, a, a->out);
    text_put(t, "}");
    event_end(t, a);
    if (a->b.flags & NODONE)
        return;
    event_begin(t, a);
    text_put(t, "[DONE]");
    event_end(t, a);
}

/* ---- errors: all of them with HTTP 200 ---- */

static const char *code_of(int status)
{
    static const struct { int status; const char *code; } codes[] = {
        {400, "InvalidParameterValue"}, {401, "AuthFailure.SignatureFailure"}, {402, "FailedOperation.ResourcePackExhausted"},
        {403, "UnauthorizedOperation"}, {404, "InvalidAction"}, {429, "RequestLimitExceeded"}, {503, "FailedOperation.EngineServerError"},
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].status == status)
            return codes[i].code;
    return status < 500 ? "InvalidParameter" : "InternalError";
}

static void error(struct text *t, int status, struct slice message)
{
    text_put(t, "{\"Response\":{\"Error\":{\"Code\":\"");
    text_put(t, code_of(status));
    text_put(t, "\",\"Message\":\"");
    text_json(t, message);
    text_put(t, "\"},\"RequestId\":\"fake\"}}");
}

static void error_event(struct text *t, struct answer *a, struct slice message)
{
    event_begin(t, a);
    text_put(t, "{\"ErrorMsg\":{\"Code\":4001,\"Msg\":\"");
    text_json(t, message);
    text_put(t, "\"}}");
    event_end(t, a);
}

static void bad(struct text *t, struct answer *a)
{
    event_begin(t, a);
    text_put(t, "{\"Choices\":[{\"Delta\":{\"Content\":");
    event_end(t, a);
}

const struct dialect hunyuan = {
    .stream_type = "text/event-stream", .streams = false, .error_status = 200,
    .whole = whole, .piece = piece, .end = end, .error = error, .error_event = error_event, .bad = bad,
};
