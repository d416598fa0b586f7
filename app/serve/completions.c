/* SPDX-License-Identifier: MIT */
#include "serve/completions.h"

#include <string.h>

#include "base/json_write.h"
#include "gate/collect.h"
#include "gate/relay.h"
#include "serve/completions_read.h"
#include "serve/door.h"
#include "serve/openai_answer.h"
#include "serve/openai_stream.h"

enum { EVENT_MAX = 32 << 20 };
static const char prefix[] = "cmpl-";

static void put_choice(struct json_out *out, struct bytes text, const char *finish)
{
    json_name(out, "choices");
    json_begin_array(out);
    json_begin_object(out);
    json_name(out, "text");
    json_put_bytes(out, text);
    json_member_put_int(out, "index", 0);
    json_member_text(out, "logprobs", NULL);
    json_member_text(out, "finish_reason", finish && strcmp(finish, "tool_calls") == 0 ? "stop" : finish);
    json_end_object(out);
    json_end_array(out);
}

void completions_put_event(const struct openai_answer *answer, struct bytes text, const char *finish, struct buf *buf)
{
    struct json_out out = json_out(buf);

    openai_event_begin(buf);
    json_begin_object(&out);
    openai_put_head(answer, "text_completion", &out);
    put_choice(&out, text, finish);
    if (answer->include_usage)
        json_name(&out, "usage"), json_put_text(&out, NULL);
    json_end_object(&out);
    openai_event_end(buf);
}

void completions_put_whole(const struct openai_answer *answer, struct bytes text, const char *finish, const struct usage *usage, struct buf *buf)
{
    struct json_out out = json_out(buf);

    json_begin_object(&out);
    openai_put_head(answer, "text_completion", &out);
    put_choice(&out, text, finish);
    openai_put_usage(usage, &out);
    json_end_object(&out);
}

/* What a provider says besides text has no place here; the run lists it. */
static bool completions_event(struct run *run, const struct chat_event *event)
{
    struct buf buf = buf_new(run->relay->scratch, EVENT_MAX);

    switch (event->type) {
    case EVENT_RAW:
        return false;                                        /* no provider speaks it */
    case EVENT_REASONING:
    case EVENT_OPAQUE:
        reader_drop(&run->reader, "reasoning");
        return true;
    case EVENT_TOOL_CALL:
        reader_drop(&run->reader, "tool_calls");
        return true;
    case EVENT_TEXT:
    case EVENT_FINISH:
        break;
    }
    if (!run->chat->stream)
        return collect(run, event);
    completions_put_event(openai_stream_answer(run, prefix), event->text, event->type == EVENT_FINISH ? event->finish : NULL, &buf);
    return door_send(run, &buf);
}

static void completions_end(struct run *run)
{
    struct buf buf = buf_new(run->relay->scratch, EVENT_MAX);

    if (run->chat->include_usage)
        openai_answer_usage(openai_stream_answer(run, prefix), "text_completion", &run->reader.usage, &buf);
    openai_stream_done(run, &buf);
}

static void completions_whole(struct run *run, const struct chat_answer *said)
{
    struct buf buf = buf_new(run->arena, (size_t)512 << 20);

    completions_put_whole(openai_stream_answer(run, prefix), (struct bytes){(const uint8_t *)said->text, said->text_n},
                          run->reader.finish ? run->reader.finish : "stop", &run->reader.usage, &buf);
    door_whole(run, buf_view(&buf));
}

static const struct run_client client = {
    .attach = door_attach, .left = door_left,
    .begin = openai_stream_begin, .event = completions_event, .pieces = true, .comment = openai_stream_comment,
    .end = completions_end, .whole = completions_whole, .fail = openai_stream_fail, .close = door_close,
};

bool completions(struct request *rq)
{
    static const struct door door = {.api = "openai.completions", .read = completions_read, .client = &client};

    return door_run(rq, &door);
}
