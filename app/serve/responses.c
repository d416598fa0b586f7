/* SPDX-License-Identifier: MIT */
#include "serve/responses.h"

#include <string.h>

#include "base/err.h"
#include "base/json_write.h"
#include "gate/estimate.h"
#include "gate/journey.h"
#include "gate/relay.h"
#include "serve/door.h"
#include "serve/openai_stream.h"
#include "serve/responses_answer.h"
#include "serve/responses_read.h"

enum { EVENT_MAX = 256 << 20 };

static struct responses_answer *answer_of(struct run *run)
{
    struct caller *caller = run->caller;

    if (!caller->state)
        caller->state = responses_answer_new(run->entry.run.id, *run->reader.model ? run->reader.model : run->target.model, caller->created,
                                             run->chat->raw, (size_t)run->snapshot->settings.values.answer_max, run->arena);
    return caller->state;
}

static const char *finish_of(const struct run *run)
{
    return run->reader.finish ? run->reader.finish : "stop";
}

/* What a caller can act on has OpenAI's word; programs try everything else again. */
static const char *code_of(const struct err *err)
{
    if (err->code)
        return err->code;
    if (err->kind == ERR_RATE)
        return "rate_limit_exceeded";
    return err_status(err->kind) < 500 ? "invalid_prompt" : "server_error";
}

static void responses_begin(struct run *run)
{
    struct buf buf = buf_new(run->relay->scratch, EVENT_MAX);

    openai_stream_begin(run);
    responses_answer_begin(answer_of(run), &buf);
    if (!door_send(run, &buf))
        log_info(&run->log, "caller gone before the first event");
}

static void say_failed(struct run *run, const struct err *err)
{
    struct caller *caller = run->caller;
    struct buf buf = buf_new(run->relay->scratch, EVENT_MAX);

    responses_answer_fail(answer_of(run), code_of(err), request_say(caller->rq, err), &buf);
    if (!door_send(run, &buf))
        log_info(&run->log, "caller gone before the error");
}

static bool responses_event(struct run *run, const struct chat_event *event)
{
    struct buf buf = buf_new(run->relay->scratch, EVENT_MAX);

    if (event->type == EVENT_RAW)                            /* no provider speaks it */
        return false;
    if (responses_answer_event(answer_of(run), event, run->chat->stream ? &buf : NULL))
        return !run->chat->stream || !buf.n || door_send(run, &buf);
    journey_fail_long(run, (size_t)run->snapshot->settings.values.answer_max);      /* responses_fail says it, once */
    return false;
}

static void responses_end(struct run *run)
{
    struct buf buf = buf_new(run->relay->scratch, (size_t)2 * EVENT_MAX);

    responses_answer_end(answer_of(run), finish_of(run), &run->reader.usage, &buf);
    if (!door_send(run, &buf))
        log_info(&run->log, "caller gone before the end mark");
}

static void responses_whole(struct run *run, const struct chat_answer *said)
{
    struct buf buf = buf_new(run->arena, (size_t)512 << 20);
    struct json_out out = json_out(&buf);

    (void)said;                                              /* the items were kept in order */
    responses_answer_end(answer_of(run), finish_of(run), &run->reader.usage, NULL);
    responses_answer_put(answer_of(run), finish_of(run), &run->reader.usage, &out);
    door_whole(run, buf_view(&buf));
}

static void responses_fail(struct run *run, const struct err *err)
{
    if (run->begun)
        say_failed(run, err);
    else
        door_fail(run, err);
}

static const struct run_client client = {
    .attach = door_attach, .left = door_left,
    .begin = responses_begin, .event = responses_event, .pieces = true, .comment = openai_stream_comment,
    .end = responses_end, .whole = responses_whole, .fail = responses_fail, .close = door_close,
};

bool responses(struct request *rq)
{
    static const struct door door = {.api = "openai.responses", .read = responses_read, .client = &client};

    return door_run(rq, &door);
}

struct count_view {
    const char *object;
    int64_t input_tokens;
};
static const struct field count_view_fields[] = {FIELD(struct count_view, object), FIELD(struct count_view, input_tokens), FIELD_END};

bool responses_count(struct request *rq)
{
    static const struct door door = {.read = responses_count_read};
    struct chat *chat = chat_new(rq->arena);
    struct count_view view = {.object = "response.input_tokens"};
    struct decision decision;

    if (!door_decide(rq, &door, chat, &decision))
        return false;
    view.input_tokens = estimate_chat(chat, decision.chosen->model->name);
    return response_json(rq, 200, count_view_fields, &view);
}

bool responses_kept(struct request *rq)
{
    fail_field_as(&rq->err, "error.stateless", "response_id", request_path_param(rq, "id"), "POST /v1/responses");
    rq->err.kind = ERR_NOT_FOUND;
    return false;
}
