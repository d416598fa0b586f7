/* SPDX-License-Identifier: MIT */
/* ollama: POST /api/chat and /api/generate, whole and as lines of JSON. Tool calls come whole, their arguments as an object. */
#include "answer.h"

#include <stdio.h>
#include <time.h>

static void add_head(struct text *t, const struct answer *a)
{
    char when[40];
    struct tm day;
    time_t created = a->created;
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S.000000000Z", gmtime_r(&created, &day));
    text_put(t, "{\"model\":\"");
    text_slice(t, text_all(&a->model));
    text_put(t, "\",\"created_at\":\"");
    text_put(t, when);
    text_put(t, "\",");
}

static bool generates(const struct answer *a)
{
    return a->dialect == &ollama_generate;
}

static void add_call(struct text *t, const struct answer *a, int i)
{
    if (a->b.flags & ODDITIES) {                 /* as older releases: no id, and always the first */
        text_put(t, "{\"function\":{\"index\":0");
    } else {
        text_put(t, "{\"id\":\"call_fake_");
        text_int(t, a->n);
        text_put(t, "_");
        text_int(t, i);
        text_put(t, "\",\"function\":{\"index\":");
        text_int(t, i);
    }
    text_put(t, ",\"name\":\"");
    text_slice(t, text_all(&a->tool));
    text_put(t, "\",\"arguments\":");
    text_slice(t, answer_arguments(a, i));
    text_put(t, "}}");
}

static void line_end(struct text *t, const struct answer *a)
{
    text_put(t, a->b.flags & CRLF ? "\r\n" : "\n");
}

/* "omitempty": zero counters are left out, as Ollama does. */
static void add_done(struct text *t, const struct answer *a)
{
    text_put(t, ",\"done\":true,\"done_reason\":\"");
    if (a->b.finish.n > 0)
        text_slice(t, a->b.finish);
    else
        text_put(t, a->cut_short ? "length" : "stop");
    text_put(t, "\",\"total_duration\":120000000,\"load_duration\":1000000");
    if (a->in > 0 && !(a->b.flags & NOUSAGE)) {
        text_put(t, ",\"prompt_eval_count\":");
        text_int(t, a->in);
        text_put(t, ",\"prompt_eval_duration\":20000000");
    }
    if (a->out > 0 && !(a->b.flags & NOUSAGE)) {
        text_put(t, ",\"eval_count\":");
        text_int(t, a->out);
        text_put(t, ",\"eval_duration\":99000000");
    }
    text_put(t, "}");
}

static void add_thoughts(struct text *t, struct slice thoughts)
{
    if (thoughts.n == 0)
        return;
    text_put(t, "\"thinking\":\"");
    text_json(t, thoughts);
    text_put(t, "\",");
}

static void whole(struct text *t, struct answer *a)
{
    add_head(t, a);
    if (!generates(a))
        text_put(t, "\"message\":{\"role\":\"assistant\",");
    add_thoughts(t, a->thoughts);
    text_put(t, generates(a) ? "\"response\":\"" : "\"content\":\"");
    if (a->calls == 0 || a->said.n > 0)
        answer_text(a, t);
    text_put(t, "\"");
    if (a->calls > 0 && !generates(a)) {
        text_put(t, ",\"tool_calls\":[");
        for (int i = 0; i < a->calls; i++) {
            text_put(t, i > 0 ? "," : "");
            add_call(t, a, i);
        }
        text_put(t, "]");
    }
    text_put(t, generates(a) ? "" : "}");
    add_done(t, a);
}

static void piece(struct text *t, struct answer *a, const struct piece *p)
{
    if (p->kind == PIECE_ARGUMENTS)
        return;
    add_head(t, a);
    text_put(t, generates(a) ? "" : "\"message\":{\"role\":\"assistant\",");
    add_thoughts(t, p->kind == PIECE_THOUGHT ? p->text : (struct slice){0});
    text_put(t, generates(a) ? "\"response\":\"" : "\"content\":\"");
    if (p->kind == PIECE_TEXT)
        text_json(t, p->text);
    text_put(t, "\"");
    if (p->kind == PIECE_CALL && !generates(a)) {
        text_put(t, ",\"tool_calls\":[");
        add_call(t, a, p->index);
        text_put(t, "]");
    }
    text_put(t, generates(a) ? ",\"done\":false}" : "},\"done\":false}");
    line_end(t, a);
}

static void end(struct text *t, struct answer *a)
{
    add_head(t, a);
    text_put(t, generates(a) ? "\"response\":\"\"" : "\"message\":{\"role\":\"assistant\",\"content\":\"\"}");
    add_done(t, a);
    if (!(a->b.flags & NODONE))
        line_end(t, a);
}

static void error(struct text *t, int status, struct slice message)
{
    (void)status;
    text_put(t, "{\"error\":\"");
    text_json(t, message);
    text_put(t, "\"}");
}

static void error_event(struct text *t, struct answer *a, struct slice message)
{
    error(t, 500, message);
    line_end(t, a);
}

static void bad(struct text *t, struct answer *a)
{
    text_put(t, "{\"model\":\"fake\",\"message\":{\"role\":");
    line_end(t, a);
}

const struct dialect ollama_chat = {
    .stream_type = "application/x-ndjson", .streams = true,
    .whole = whole, .piece = piece, .end = end, .error = error, .error_event = error_event, .bad = bad,
};
const struct dialect ollama_generate = {
    .stream_type = "application/x-ndjson", .streams = true,
    .whole = whole, .piece = piece, .end = end, .error = error, .error_event = error_event, .bad = bad,
};
