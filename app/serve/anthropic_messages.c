/* SPDX-License-Identifier: MIT */
/* anthropic_messages: answers in the shape of Anthropic's Messages API. Frames of a provider that speaks it too are passed on as they are; events of
 * others are written in the order its SDKs are built on: message_start, ping, blocks, message_delta with the whole usage, message_stop. */
#include "serve/anthropic_messages.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "gate/estimate.h"
#include "gate/gate.h"
#include "gate/outcome.h"
#include "gate/relay.h"
#include "serve/anthropic_blocks.h"
#include "serve/anthropic_read.h"
#include "serve/anthropic_shape.h"
#include "serve/door.h"

static bool send_event(void *arg, struct bytes event)
{
    struct run *run = arg;
    struct caller *caller = run->caller;

    return stream_write(caller->stream, event);
}

static struct anthropic_blocks *blocks_of(struct run *run)
{
    struct caller *caller = run->caller;

    return caller->state;
}

/* ---- what a message says of itself ---- */

static const char *stop_reason(const struct run *run)
{
    static const char *const words[][2] = {{"length", "max_tokens"}, {"tool_calls", "tool_use"}, {"content_filter", "refusal"}};
    const char *finish = run->reader.finish ? run->reader.finish : "stop";

    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(finish, words[i][0]) == 0)
            return words[i][1];
    return run->reader.stop_sequence ? "stop_sequence" : "end_turn";
}

static void put_stop(struct json_out *out, const struct run *run)
{
    const char *reason = stop_reason(run);

    json_member_text(out, "stop_reason", reason);
    json_member_text(out, "stop_sequence", strcmp(reason, "stop_sequence") == 0 ? run->reader.stop_sequence : NULL);
    json_name(out, "stop_details");
    json_put_raw(out, bytes_of(strcmp(reason, "refusal") == 0 ? "{\"type\":\"refusal\",\"category\":null,\"explanation\":null}" : "null"));
}

/* The parts beside the rest, not in it: input_tokens leaves out what was read from a cache or written to one. */
static void put_usage(struct json_out *out, const struct usage *usage)
{
    int64_t beside = usage->cached + usage->written + usage->written_long;

    json_name(out, "usage");
    json_begin_object(out);
    json_member_put_int(out, "input_tokens", usage->in > beside ? usage->in - beside : 0);
    json_member_put_int(out, "cache_creation_input_tokens", usage->written + usage->written_long);
    json_member_put_int(out, "cache_read_input_tokens", usage->cached);
    json_name(out, "cache_creation");
    json_begin_object(out);
    json_member_put_int(out, "ephemeral_5m_input_tokens", usage->written);
    json_member_put_int(out, "ephemeral_1h_input_tokens", usage->written_long);
    json_end_object(out);
    json_member_put_int(out, "output_tokens", usage->out);
    json_name(out, "output_tokens_details");
    json_begin_object(out);
    json_member_put_int(out, "thinking_tokens", usage->reasoning);
    json_end_object(out);
    json_end_object(out);
}

static void begin_message(struct run *run, struct json_out *out)
{
    anthropic_begin(out, "message");
    json_member_text(out, "id", arena_printf(run->relay->scratch, "msg_%s", run->entry.run.id));
    json_member_text(out, "role", "assistant");
    json_member_text(out, "model", *run->reader.model ? run->reader.model : run->target.model);
}

/* ---- a stream ---- */

static void messages_attach(struct run *run, struct loop *loop)
{
    struct caller *caller = run->caller;
    struct anthropic_blocks *b = NEW(run->arena, struct anthropic_blocks);

    *b = (struct anthropic_blocks){.arena = run->arena, .scratch = run->relay->scratch, .send = send_event, .arg = run};
    caller->state = b;
    door_attach(run, loop);
}

static void messages_begin(struct run *run)
{
    door_begin(run, "text/event-stream; charset=utf-8");
}

static bool messages_ping(struct run *run)
{
    return send_event(run, bytes_of("event: ping\ndata: {\"type\":\"ping\"}\n\n"));
}

/* Once, before all else: the usage is what is known or estimated of the question, since clients show it as the fill of the context. */
static bool start_message(struct run *run)
{
    struct usage usage = run->reader.usage;
    struct buf buf = blocks_new_event(run->relay->scratch, "message_start");
    struct json_out out = json_out(&buf);

    if (blocks_of(run)->begun)
        return true;
    blocks_of(run)->begun = true;
    if (!usage.in)
        usage.in = estimate_chat(run->chat, run->target.model);
    usage.out = 1;
    usage.reasoning = 0;
    anthropic_begin(&out, "message_start");
    json_name(&out, "message");
    begin_message(run, &out);
    anthropic_put_content(&out, &(struct chat_answer){0});
    json_member_text(&out, "stop_reason", NULL);
    json_member_text(&out, "stop_sequence", NULL);
    put_usage(&out, &usage);
    json_end_object(&out);
    json_end_object(&out);
    return blocks_send(blocks_of(run), &buf) && messages_ping(run);
}

/* The SDKs go by the event's name; what came without one is named as it calls itself. Line ends between the tokens of a frame would end ours. */
static bool send_raw(struct run *run, const struct chat_event *event)
{
    struct json frame = {(const char *)event->text.p, event->text.n};
    const char *name = event->name && *event->name ? event->name : json_string(json_member(frame, "type"), run->relay->scratch);
    struct buf buf = blocks_new_event(run->relay->scratch, name && !strpbrk(name, "\r\n") ? name : "message");
    size_t start = buf.n;

    buf_bytes(&buf, event->text);
    for (size_t i = start; i < buf.n; i++)
        if (buf.p[i] == '\n' || buf.p[i] == '\r')
            buf.p[i] = ' ';
    return blocks_send(blocks_of(run), &buf);
}

static bool messages_event(struct run *run, const struct chat_event *event)
{
    if (event->type == EVENT_RAW)
        return send_raw(run, event);
    return start_message(run) && blocks_event(blocks_of(run), event);
}

static bool send_end(struct run *run)
{
    struct buf buf = blocks_new_event(run->relay->scratch, "message_delta");
    struct json_out out = json_out(&buf);

    if (!start_message(run) || !blocks_end(blocks_of(run)))
        return false;
    anthropic_begin(&out, "message_delta");
    json_name(&out, "delta");
    json_begin_object(&out);
    put_stop(&out, run);
    json_end_object(&out);
    put_usage(&out, &run->reader.usage);
    json_end_object(&out);
    return blocks_send(blocks_of(run), &buf)
        && send_event(run, bytes_of("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
}

static void messages_end(struct run *run)
{
    if (!run->reader.same && !send_end(run))
        log_info(&run->log, "caller gone before the end mark");
}

static void messages_whole(struct run *run, const struct chat_answer *answer)
{
    struct buf buf = buf_new(run->arena, (size_t)512 << 20);
    struct json_out out = json_out(&buf);

    if (answer->raw.n) {
        door_whole(run, answer->raw);
        return;
    }
    begin_message(run, &out);
    anthropic_put_content(&out, answer);
    put_stop(&out, run);
    put_usage(&out, &run->reader.usage);
    json_end_object(&out);
    door_whole(run, buf_view(&buf));
}

/* ---- errors ---- */

/* After the first event an error is an event too, and nothing follows it. A provider of the same dialect is quoted as it is: Claude Code and others
 * decide by its words whether to try again. */
static void messages_fail(struct run *run, const struct err *err)
{
    struct caller *caller = run->caller;
    struct chat_event own = {.text = outcome_own_error(run), .name = "error"};
    struct buf buf = blocks_new_event(run->relay->scratch, "error");
    struct json_out out = json_out(&buf);
    bool sent;

    if (!run->begun) {
        (own.text.n ? door_fail_own : door_fail)(run, err);
        return;
    }
    if (!own.text.n)
        request_put_error(caller->rq, err, &out);
    sent = own.text.n ? send_raw(run, &own) : blocks_send(blocks_of(run), &buf);
    if (!sent)
        log_info(&run->log, "caller gone before the error");
}

static const struct run_client messages_client = {
    .attach = messages_attach, .begin = messages_begin, .event = messages_event, .comment = messages_ping, .end = messages_end,
    .whole = messages_whole, .fail = messages_fail, .close = door_close, .own_errors = true,
};

/* What Anthropic's own service is told by its callers beside the body. */
static const char *const forwarded[] = {"anthropic-version", "anthropic-beta", NULL};

bool anthropic_messages(struct request *rq)
{
    static const struct door door = {.api = "anthropic.messages", .read = anthropic_read, .client = &messages_client, .forward = forwarded};

    return door_run(rq, &door);
}
