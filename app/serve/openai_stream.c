/* SPDX-License-Identifier: MIT */
#include "serve/openai_stream.h"

#include "base/json_write.h"
#include "gate/relay.h"
#include "serve/door.h"
#include "serve/openai_answer.h"

enum { ERROR_MAX = 64 << 10 };

void openai_stream_begin(struct run *run)
{
    door_begin(run, "text/event-stream; charset=utf-8");
}

bool openai_stream_comment(struct run *run)
{
    struct caller *caller = run->caller;

    return stream_write(caller->stream, bytes_of(": waiting for the model\n\n"));
}

void openai_stream_fail(struct run *run, const struct err *err)
{
    struct caller *caller = run->caller;
    struct buf buf = buf_new(run->relay->scratch, ERROR_MAX);
    struct json_out out = json_out(&buf);

    if (!run->begun) {
        door_fail(run, err);
        return;
    }
    openai_event_begin(&buf);
    request_put_error(caller->rq, err, &out);
    openai_event_end(&buf);
    if (!door_send(run, &buf))
        log_info(&run->log, "caller gone before the error");
}

void openai_stream_done(struct run *run, struct buf *buf)
{
    openai_event_begin(buf);
    buf_text(buf, "[DONE]");
    openai_event_end(buf);
    if (!door_send(run, buf))
        log_info(&run->log, "caller gone before the end mark");
}

struct openai_answer *openai_stream_answer(struct run *run, const char *prefix)
{
    struct caller *caller = run->caller;
    struct openai_answer *answer = caller->state;

    if (!answer) {
        answer = caller->state = NEW(run->arena, struct openai_answer);
        *answer = openai_answer_new(arena_printf(run->arena, "%s%s", prefix, run->entry.run.id),
                                    *run->reader.model ? run->reader.model : run->target.model, caller->created, run->chat->include_usage,
                                    run->arena);
    }
    return answer;
}
