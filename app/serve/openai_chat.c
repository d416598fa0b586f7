/* SPDX-License-Identifier: MIT */
/* openai_chat: answers in the chat completions shape. Frames of a provider that speaks it too are passed on byte for byte; events of others are
 * written in the order that satisfies the official SDKs: role first, pieces, finish, usage if asked for, [DONE]. */
#include "serve/openai_chat.h"

#include <string.h>

#include "base/err.h"
#include "base/json_write.h"
#include "gate/gate.h"
#include "gate/relay.h"
#include "serve/door.h"
#include "serve/openai_read.h"

enum { EVENT_MAX = 32 << 20 };

/* Send what ${buf} holds as one event. */
static bool send_event(struct run *run, struct buf *buf)
{
    struct caller *caller = run->caller;

    buf_add(buf, "\n\n", 2);
    return !buf->overflow && stream_write(caller->stream, buf_view(buf));
}

static struct buf event_buf(struct run *run)
{
    struct buf buf = buf_new(run->relay->scratch, EVENT_MAX);

    buf_add(&buf, "data: ", 6);
    return buf;
}

static void begin_chunk(struct run *run, struct json_out *out, const char *object)
{
    const struct caller *caller = run->caller;

    json_begin_object(out);
    json_name(out, "id");
    json_put_text(out, arena_printf(run->relay->scratch, "chatcmpl-%s", run->entry.run.id));
    json_member_text(out, "object", object);
    json_member_put_int(out, "created", caller->created);
    json_member_text(out, "model", *run->reader.model ? run->reader.model : run->target.model);
}

static void write_usage(struct json_out *out, const struct usage *usage)
{
    json_name(out, "usage");
    json_begin_object(out);
    json_member_put_int(out, "prompt_tokens", usage->in);
    json_member_put_int(out, "completion_tokens", usage->out);
    json_member_put_int(out, "total_tokens", usage->in + usage->out);
    json_name(out, "prompt_tokens_details");
    json_begin_object(out);
    json_member_put_int(out, "cached_tokens", usage->cached);
    json_end_object(out);
    json_name(out, "completion_tokens_details");
    json_begin_object(out);
    json_member_put_int(out, "reasoning_tokens", usage->reasoning);
    json_end_object(out);
    json_end_object(out);
}

static void write_call_piece(struct run *run, struct json_out *out, const struct chat_event *event)
{
    struct caller *caller = run->caller;
    bool first = event->index >= caller->calls_said;

    json_name(out, "tool_calls");
    json_begin_array(out);
    json_begin_object(out);
    json_member_put_int(out, "index", event->index);
    if (first) {
        caller->calls_said = event->index + 1;
        json_member_text(out, "id", event->id ? event->id : "");
        json_member_text(out, "type", "function");
    }
    json_name(out, "function");
    json_begin_object(out);
    if (first)
        json_member_text(out, "name", event->name ? event->name : "");
    json_name(out, "arguments");
    json_put_bytes(out, event->arguments);
    json_end_object(out);
    json_end_object(out);
    json_end_array(out);
}

static void write_delta(struct run *run, struct json_out *out, const struct chat_event *event)
{
    struct caller *caller = run->caller;

    json_name(out, "delta");
    json_begin_object(out);
    if (!caller->said_role && event->type != EVENT_FINISH) {
        json_member_text(out, "role", "assistant");
        caller->said_role = true;
    }
    if (event->type == EVENT_TEXT || event->type == EVENT_REASONING) {
        json_name(out, event->type == EVENT_TEXT ? "content" : "reasoning_content");
        json_put_bytes(out, event->text);
    } else if (event->type == EVENT_TOOL_CALL) {
        write_call_piece(run, out, event);
    }
    json_end_object(out);
}

/* Line ends between the tokens of a frame (it came as several data: lines) would end ours: they are white space to JSON. */
static bool send_raw(struct run *run, struct buf *buf, struct bytes frame)
{
    size_t start = buf->n;

    buf_bytes(buf, frame);
    for (size_t i = start; i < buf->n; i++)
        if (buf->p[i] == '\n' || buf->p[i] == '\r')
            buf->p[i] = ' ';
    return send_event(run, buf);
}

static bool chat_event(struct run *run, const struct chat_event *event)
{
    struct buf buf = event_buf(run);
    struct json_out out = json_out(&buf);

    if (event->type == EVENT_RAW)
        return send_raw(run, &buf, event->text);
    if (event->type == EVENT_OPAQUE)
        return true;
    begin_chunk(run, &out, "chat.completion.chunk");
    json_name(&out, "choices");
    json_begin_array(&out);
    json_begin_object(&out);
    json_member_put_int(&out, "index", 0);
    write_delta(run, &out, event);
    json_member_text(&out, "finish_reason", event->type == EVENT_FINISH ? event->finish : NULL);
    json_end_object(&out);
    json_end_array(&out);
    json_end_object(&out);
    return send_event(run, &buf);
}

static void chat_begin(struct run *run)
{
    door_begin(run, "text/event-stream; charset=utf-8");
}

static bool chat_comment(struct run *run)
{
    struct caller *caller = run->caller;

    return stream_write(caller->stream, bytes_of(": waiting for the model\n\n"));
}

/* A provider of the same dialect sends its own usage event, which was asked for; others' usage is written here. */
static void chat_end(struct run *run)
{
    struct caller *caller = run->caller;
    struct buf buf = event_buf(run);
    struct json_out out = json_out(&buf);
    bool sent = true;

    if (run->chat->include_usage && !run->reader.same) {
        begin_chunk(run, &out, "chat.completion.chunk");
        json_name(&out, "choices");
        json_begin_array(&out);
        json_end_array(&out);
        write_usage(&out, &run->reader.usage);
        json_end_object(&out);
        sent = send_event(run, &buf);
    }
    if (sent && !stream_write(caller->stream, bytes_of("data: [DONE]\n\n")))
        log_info(&run->log, "caller gone before the end mark");
}

static void write_message(struct json_out *out, const struct chat_answer *answer)
{
    const struct chat_tool_call *call = answer->tool_calls.items;

    json_name(out, "message");
    json_begin_object(out);
    json_member_text(out, "role", "assistant");
    json_name(out, "content");
    if (answer->text_n || !answer->tool_calls.n)
        json_put_bytes(out, (struct bytes){(const uint8_t *)answer->text, answer->text_n});
    else
        json_put_text(out, NULL);
    if (answer->reasoning) {
        json_name(out, "reasoning_content");
        json_put_bytes(out, (struct bytes){(const uint8_t *)answer->reasoning, answer->reasoning_n});
    }
    if (answer->tool_calls.n) {
        json_name(out, "tool_calls");
        json_begin_array(out);
        for (size_t i = 0; i < answer->tool_calls.n; i++) {
            json_begin_object(out);
            json_member_text(out, "id", call[i].id);
            json_member_text(out, "type", "function");
            json_name(out, "function");
            json_begin_object(out);
            json_member_text(out, "name", call[i].name);
            json_member_text(out, "arguments", call[i].arguments);
            json_end_object(out);
            json_end_object(out);
        }
        json_end_array(out);
    }
    json_end_object(out);
}

static void chat_whole(struct run *run, const struct chat_answer *answer)
{
    struct buf buf = buf_new(run->arena, (size_t)512 << 20);
    struct json_out out = json_out(&buf);

    if (answer->raw.n) {
        door_whole(run, answer->raw);
        return;
    }
    begin_chunk(run, &out, "chat.completion");
    json_name(&out, "choices");
    json_begin_array(&out);
    json_begin_object(&out);
    json_member_put_int(&out, "index", 0);
    write_message(&out, answer);
    json_name(&out, "logprobs");
    json_put_text(&out, NULL);
    json_member_text(&out, "finish_reason", run->reader.finish ? run->reader.finish : "stop");
    json_end_object(&out);
    json_end_array(&out);
    write_usage(&out, &run->reader.usage);
    json_end_object(&out);
    door_whole(run, buf_view(&buf));
}

/* After the first event an error is an event too; [DONE] does not follow, so that no client takes a cut answer for a whole one. */
static void chat_fail(struct run *run, const struct err *err)
{
    struct caller *caller = run->caller;
    struct buf buf = event_buf(run);
    struct json_out out = json_out(&buf);

    if (!run->begun) {
        door_fail(run, err);
        return;
    }
    request_put_error(caller->rq, err, &out);
    if (!send_event(run, &buf))
        log_info(&run->log, "caller gone before the error");
}

static const struct run_client chat_client = {
    .attach = door_attach, .begin = chat_begin, .event = chat_event, .comment = chat_comment, .end = chat_end, .whole = chat_whole,
    .fail = chat_fail, .close = door_close,
};

bool openai_chat(struct request *rq)
{
    static const struct door door = {.api = "openai.chat", .read = openai_read, .client = &chat_client};

    return door_run(rq, &door);
}

/* ---- GET /v1/models ---- */

struct model_view {
    const char *id, *object, *owned_by;
    int64_t created;
};
static const struct field model_view_fields[] = {
    FIELD(struct model_view, id), FIELD(struct model_view, object), FIELD(struct model_view, created), FIELD(struct model_view, owned_by),
    FIELD_END,
};

struct models_view {
    const char *object;
    struct list data;
};
static const struct field models_view_fields[] = {
    FIELD(struct models_view, object), FIELD_LIST(struct models_view, data, model_view_fields, struct model_view), FIELD_END,
};

static const char *owner_of(const struct snapshot *s, const char *model)
{
    const struct provider *p = s->providers.items;

    for (size_t i = 0; i < s->providers.n; i++)
        if (p[i].enabled && provider_model(&p[i], model))
            return p[i].name;
    return "";
}

static struct list usable_views(struct request *rq)
{
    struct snapshot *s = gate_snapshot(rq->gate);
    struct list names = models_usable(s, rq->who->key, rq->arena);
    struct model_view *views = NEW_ARRAY(rq->arena, struct model_view, names.n);

    arena_defer(rq->arena, drop_snapshot, s);
    for (size_t i = 0; i < names.n; i++) {
        const char *name = ((const char *const *)names.items)[i];

        views[i] = (struct model_view){name, "model", owner_of(s, name), s->made_at / 1000000};
    }
    return (struct list){views, names.n};
}

bool openai_models(struct request *rq)
{
    struct models_view view = {"list", usable_views(rq)};

    return response_json(rq, 200, models_view_fields, &view);
}

bool openai_model(struct request *rq)
{
    struct list views = usable_views(rq);
    const struct model_view *view = views.items;
    const char *id = request_path_param(rq, "id");

    for (size_t i = 0; i < views.n; i++)
        if (strcmp(view[i].id, id) == 0)
            return response_json(rq, 200, model_view_fields, &view[i]);
    fail_field(&rq->err, "model", id, "GET /v1/models");
    rq->err.kind = ERR_MODEL_NOT_FOUND;
    return false;
}
