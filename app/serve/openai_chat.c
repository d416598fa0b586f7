/* SPDX-License-Identifier: MIT */
/* openai_chat: answers in the chat completions shape. Frames of a provider that speaks it too are passed on byte for byte; events of others are
 * written in the order that satisfies the official SDKs: role first, pieces, finish, usage if asked for, [DONE]. */
#include "serve/openai_chat.h"

#include <string.h>

#include "base/err.h"
#include "gate/gate.h"
#include "gate/relay.h"
#include "serve/door.h"
#include "serve/openai_answer.h"
#include "serve/openai_read.h"
#include "serve/openai_stream.h"

enum { EVENT_MAX = 32 << 20 };

static const char prefix[] = "chatcmpl-";

/* Line ends between the tokens of a frame (it came as several data: lines) would end ours: they are white space to JSON. */
static bool send_raw(struct run *run, struct buf *buf, struct bytes frame)
{
    size_t start = buf->n + 6;

    openai_event_begin(buf);
    buf_bytes(buf, frame);
    for (size_t i = start; i < buf->n; i++)
        if (buf->p[i] == '\n' || buf->p[i] == '\r')
            buf->p[i] = ' ';
    openai_event_end(buf);
    return door_send(run, buf);
}

static bool chat_event(struct run *run, const struct chat_event *event)
{
    struct buf buf = buf_new(run->relay->scratch, EVENT_MAX);

    if (event->type == EVENT_RAW)
        return send_raw(run, &buf, event->text);
    openai_answer_event(openai_stream_answer(run, prefix), event, &buf);
    return door_send(run, &buf);
}

/* A provider of the same dialect sends its own usage event, which was asked for; others' usage is written here. */
static void chat_end(struct run *run)
{
    struct buf buf = buf_new(run->relay->scratch, EVENT_MAX);

    if (run->chat->include_usage && !run->reader.same)
        openai_answer_usage(openai_stream_answer(run, prefix), "chat.completion.chunk", &run->reader.usage, &buf);
    openai_stream_done(run, &buf);
}

static void chat_whole(struct run *run, const struct chat_answer *answer)
{
    struct buf buf = buf_new(run->arena, (size_t)512 << 20);

    if (answer->raw.n) {
        door_whole(run, answer->raw);
        return;
    }
    openai_answer_whole(openai_stream_answer(run, prefix), answer, run->reader.finish ? run->reader.finish : "stop", &run->reader.usage, &buf);
    door_whole(run, buf_view(&buf));
}

static const struct run_client chat_client = {
    .attach = door_attach, .left = door_left,
    .begin = openai_stream_begin, .event = chat_event, .comment = openai_stream_comment, .end = chat_end, .whole = chat_whole,
    .fail = openai_stream_fail, .close = door_close,
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
