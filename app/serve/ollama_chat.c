/* SPDX-License-Identifier: MIT */
/* ollama_chat: answers as lines of JSON, each in one write, or as one object. A provider that speaks it too is passed on line by line; only its
 * last line waits until the run is recorded. Calls of other dialects come in pieces: they are put together and said in one line before the last. */
#include "serve/ollama_chat.h"

#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json_write.h"
#include "gate/collect.h"
#include "gate/gate.h"
#include "gate/outcome.h"
#include "gate/relay.h"
#include "gate/who.h"
#include "serve/door.h"
#include "serve/ollama_read.h"

enum { LINE_MAX_BYTES = 32 << 20, WHOLE_MAX = 512 << 20, LOAD_MAX = 64 << 10 };

static const struct run_client generate_client;

static bool generates(const struct run *run)
{
    return run->client == &generate_client;
}

static bool send_line(struct run *run, struct buf *buf)
{
    buf_char(buf, '\n');
    return door_send(run, buf);
}

static void begin_object(struct json_out *out, const char *model)
{
    json_begin_object(out);
    json_member_text(out, "model", model);
    json_name(out, "created_at");
    json_put_time(out, clock_wall());
}

static void begin_answer(struct run *run, struct json_out *out)
{
    begin_object(out, *run->reader.model ? run->reader.model : run->target.model);
}

static void put_call(struct json_out *out, const struct chat_tool_call *call, int64_t i)
{
    json_begin_object(out);
    json_member_text(out, "id", call->id);
    json_name(out, "function");
    json_begin_object(out);
    json_member_put_int(out, "index", i);
    json_member_text(out, "name", call->name);
    json_name(out, "arguments");
    json_put_raw(out, tool_arguments(call->arguments, out->buf->arena));
    json_end_object(out);
    json_end_object(out);
}

static void put_calls(struct json_out *out, struct list calls)
{
    if (!calls.n)
        return;
    json_name(out, "tool_calls");
    json_begin_array(out);
    for (size_t i = 0; i < calls.n; i++)
        put_call(out, (const struct chat_tool_call *)calls.items + i, (int64_t)i);
    json_end_array(out);
}

/* What was said, where this address has it. */
static void put_said(struct json_out *out, bool generate, struct bytes text, struct bytes thinking, struct list calls)
{
    if (!generate) {
        json_name(out, "message");
        json_begin_object(out);
        json_member_text(out, "role", "assistant");
    }
    json_name(out, generate ? "response" : "content");
    json_put_bytes(out, text);
    if (thinking.n) {
        json_name(out, "thinking");
        json_put_bytes(out, thinking);
    }
    put_calls(out, calls);
    if (!generate)
        json_end_object(out);
}

/* Ollama knows two reasons; a call is no reason of its own. */
static void put_done(struct run *run, struct json_out *out)
{
    const struct run_row *row = &run->entry.run;
    const struct usage *usage = &run->reader.usage;
    const char *finish = run->reader.finish ? run->reader.finish : "stop";
    int64_t first_us = row->stream ? row->first_token_us : 0;

    json_member_put_bool(out, "done", true);
    json_member_text(out, "done_reason", strcmp(finish, "length") == 0 ? "length" : "stop");
    json_member_put_int(out, "total_duration", row->latency_us * 1000);
    json_member_put_int(out, "load_duration", 0);
    json_member_put_int(out, "prompt_eval_count", usage->in);
    json_member_put_int(out, "prompt_eval_duration", first_us * 1000);
    json_member_put_int(out, "eval_count", usage->out);
    json_member_put_int(out, "eval_duration", (row->latency_us - first_us) * 1000);
}

/* ---- lines ---- */

static void answer_begin(struct run *run)
{
    door_begin(run, "application/x-ndjson");
}

static bool say(struct run *run, struct bytes text, struct bytes thinking, struct list calls)
{
    struct buf buf = buf_new(run->relay->scratch, LINE_MAX_BYTES);
    struct json_out out = json_out(&buf);

    begin_answer(run, &out);
    put_said(&out, generates(run), text, thinking, calls);
    json_member_put_bool(&out, "done", false);
    json_end_object(&out);
    return send_line(run, &buf);
}

/* An answer of /api/chat as one of /api/generate: its message is spread out, the rest stays. */
static void put_generated(struct json_out *out, struct bytes answer)
{
    struct err ignored = {0};
    struct json whole = {0}, said[2];
    struct json_walk w;

    if (!json_check(answer, &(struct json_limits){.allow_nul = true}, &whole, &ignored))      /* the reader has checked it */
        whole = (struct json){0};
    w = json_walk(whole);
    json_begin_object(out);
    while (json_next(&w)) {
        if (!json_equal(w.name, "message")) {
            json_put_pair(out, w.name, w.value);
            continue;
        }
        json_members(w.value, (const char *const[]){"content", "thinking", NULL}, said);
        json_name(out, "response");
        json_put_raw(out, said[0].p ? json_bytes(said[0]) : bytes_of("\"\""));
        if (said[1].p) {
            json_name(out, "thinking");
            json_put_raw(out, json_bytes(said[1]));
        }
    }
    json_end_object(out);
}

static struct bytes raw_of(struct run *run, struct arena *a, struct bytes frame)
{
    struct buf buf = buf_new(a, WHOLE_MAX);
    struct json_out out = json_out(&buf);

    if (!generates(run))
        return frame;
    put_generated(&out, frame);
    return buf_view(&buf);
}

static bool send_raw(struct run *run, struct bytes frame)
{
    struct buf buf = buf_new(run->relay->scratch, LINE_MAX_BYTES);

    buf_bytes(&buf, frame);
    return send_line(run, &buf);
}

/* The last line waits for answer_end: caller->state. */
static bool hold(struct run *run, struct bytes line)
{
    struct caller *caller = run->caller;
    struct bytes *held = NEW(run->arena, struct bytes);

    *held = (struct bytes){(const uint8_t *)arena_copy(run->arena, line.p, line.n), line.n};
    caller->state = held;
    return true;
}

static bool answer_event(struct run *run, const struct chat_event *event)
{
    struct bytes line;

    switch (event->type) {
    case EVENT_RAW:
        line = raw_of(run, run->relay->scratch, event->text);
        return run->reader.ended ? hold(run, line) : send_raw(run, line);
    case EVENT_TEXT:
        return say(run, event->text, (struct bytes){0}, (struct list){0});
    case EVENT_REASONING:
        return say(run, (struct bytes){0}, event->text, (struct list){0});
    case EVENT_TOOL_CALL:
        return collect(run, event);
    case EVENT_OPAQUE:
    case EVENT_FINISH:
        return true;
    }
    return true;
}

static void answer_end(struct run *run)
{
    const struct bytes *held = ((struct caller *)run->caller)->state;
    struct buf buf = buf_new(run->relay->scratch, LINE_MAX_BYTES);
    struct json_out out = json_out(&buf);
    bool sent = true;

    if (held) {
        sent = send_raw(run, *held);
    } else {
        collect_answer(run);
        if (run->answer.tool_calls.n)
            sent = say(run, (struct bytes){0}, (struct bytes){0}, run->answer.tool_calls);
        begin_answer(run, &out);
        put_said(&out, generates(run), (struct bytes){0}, (struct bytes){0}, (struct list){0});
        put_done(run, &out);
        json_end_object(&out);
        sent = sent && send_line(run, &buf);
    }
    if (!sent)
        log_info(&run->log, "caller gone before the last line");
}

static void answer_whole(struct run *run, const struct chat_answer *answer)
{
    struct buf buf = buf_new(run->arena, WHOLE_MAX);
    struct json_out out = json_out(&buf);

    if (answer->raw.n) {
        door_whole(run, raw_of(run, run->arena, answer->raw));
        return;
    }
    begin_answer(run, &out);
    put_said(&out, generates(run), (struct bytes){(const uint8_t *)answer->text, answer->text_n},
             (struct bytes){(const uint8_t *)answer->reasoning, answer->reasoning_n}, answer->tool_calls);
    put_done(run, &out);
    json_end_object(&out);
    door_whole(run, buf_view(&buf));
}

/* A line of its own, and no last one: no client takes a cut answer for a whole one. A provider that speaks Ollama says it in its words. */
static void answer_fail(struct run *run, const struct err *err)
{
    struct caller *caller = run->caller;
    struct bytes own = outcome_own_error(run);
    struct buf buf = buf_new(run->relay->scratch, LINE_MAX_BYTES);
    struct json_out out = json_out(&buf);

    if (!run->begun) {
        (own.n ? door_fail_own : door_fail)(run, err);
        return;
    }
    if (own.n)
        buf_bytes(&buf, own);
    else
        request_put_error(caller->rq, err, &out);
    if (!send_line(run, &buf))
        log_info(&run->log, "caller gone before the error");
}

static const struct run_client chat_client = {
    .attach = door_attach, .left = door_left,
    .begin = answer_begin, .event = answer_event, .end = answer_end, .whole = answer_whole, .fail = answer_fail,
    .close = door_close, .own_errors = true, .no_opaque = true,
};
static const struct run_client generate_client = {
    .attach = door_attach, .left = door_left,
    .begin = answer_begin, .event = answer_event, .end = answer_end, .whole = answer_whole, .fail = answer_fail,
    .close = door_close, .own_errors = true, .no_opaque = true,
};

/* ---- the addresses ---- */

static bool says_nothing(struct json said)
{
    return !said.p || json_kind(said) == JSON_NULL || json_equal(said, "") || (json_kind(said) == JSON_ARRAY && !json_count(said));
}

/* A request to load the model: it names one and says nothing to it. */
static bool asks_to_load(struct request *rq, const char *said, struct json *body_r)
{
    struct err ignored = {0};

    return rq->body.n <= LOAD_MAX && json_check(rq->body, NULL, body_r, &ignored)
        && json_string(json_member(*body_r, "model"), rq->arena) && says_nothing(json_member(*body_r, said));
}

static bool unloads(struct json keep_alive)
{
    int64_t n;

    return json_equal(keep_alive, "0") || json_equal(keep_alive, "0s") || (json_int(keep_alive, 0, 0, &n) && n == 0);
}

/* The models of providers are theirs to load; whether the key may use this one is ours to say. */
static bool answer_load(struct request *rq, struct json body, bool generate)
{
    struct snapshot *snapshot = gate_snapshot(rq->gate);
    struct wish wish = {.model = json_string(json_member(body, "model"), rq->arena), .key = rq->who->key};
    struct buf buf = buf_new(rq->arena, 4096);
    struct json_out out = json_out(&buf);
    struct decision decision;

    arena_defer(rq->arena, drop_snapshot, snapshot);
    if (!decide(snapshot, &wish, rq->arena, &decision, &rq->err))
        return false;
    begin_object(&out, wish.model);
    put_said(&out, generate, (struct bytes){0}, (struct bytes){0}, (struct list){0});
    json_member_put_bool(&out, "done", true);
    json_member_text(&out, "done_reason", unloads(json_member(body, "keep_alive")) ? "unload" : "load");
    json_end_object(&out);
    return response_text(rq, 200, "application/json", buf_view(&buf));
}

bool ollama_chat(struct request *rq)
{
    static const struct door door = {.api = "ollama.chat", .read = ollama_chat_read, .client = &chat_client, .any_type = true};
    struct json body;

    return asks_to_load(rq, "messages", &body) ? answer_load(rq, body, false) : door_run(rq, &door);
}

bool ollama_generate(struct request *rq)
{
    static const struct door door = {.api = "ollama.generate", .read = ollama_generate_read, .client = &generate_client, .any_type = true};
    struct json body;

    return asks_to_load(rq, "prompt", &body) ? answer_load(rq, body, true) : door_run(rq, &door);
}
