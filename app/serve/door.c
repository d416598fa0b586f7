/* SPDX-License-Identifier: MIT */
#include "serve/door.h"

#include <string.h>

#include "base/clock.h"
#include "base/parse.h"
#include "base/utf8.h"
#include "gate/gate.h"
#include "gate/outcome.h"
#include "gate/who.h"

enum { MODEL_NOTED = 200 };              /* bytes of a name that may be none */

static const char *const profiles[] = {"standard", "strict", "local-only", NULL};

static bool read_class(struct request *rq, struct run_start *start)
{
    const char *value = request_header(rq, "x-data-class");
    enum data_class floor = rq->who->key ? rq->who->key->data_class : CLASS_PUBLIC;
    size_t i = CLASS_PUBLIC;

    if (value && !parse_word(value, class_words, "X-Data-Class", &i, &rq->err))
        return false;
    start->data_class = (enum data_class)i > floor ? (enum data_class)i : floor;      /* a header may only raise it */
    return true;
}

static bool read_policy(struct request *rq, struct run_start *start)
{
    const char *profile = request_header(rq, "x-policy-profile");
    const char *sovereign = request_header(rq, "x-sovereign-mode");
    size_t i = 0;

    if (profile && !parse_word(profile, profiles, "X-Policy-Profile", &i, &rq->err))
        return false;
    start->policy_profile = profiles[i];
    return !sovereign || parse_bool(sovereign, "X-Sovereign-Mode", &start->sovereign, &rq->err);
}

static bool check_body(struct request *rq, bool any_type, struct json *body_r)
{
    const char *encoding = request_header(rq, "content-encoding");

    if (encoding && strcmp(encoding, "identity") != 0)       /* Codex may send zstd */
        return fail_field(&rq->err, "Content-Encoding", encoding, "identity") || (rq->err.kind = ERR_MEDIA_TYPE, false);
    if (!any_type && strcmp(rq->content_type, "application/json") != 0 && *rq->content_type)
        return fail_field(&rq->err, "Content-Type", rq->content_type, "application/json") || (rq->err.kind = ERR_MEDIA_TYPE, false);
    if (!json_check(rq->body, &(struct json_limits){.allow_nul = true}, body_r, &rq->err))
        return false;
    return json_kind(*body_r) == JSON_OBJECT || fail(&rq->err, ERR_NOT_JSON, "the body is not a JSON object");
}

/* Of printable ASCII as it came: a list has blanks between its words. */
static const char *plain_value(const char *value, struct arena *a)
{
    for (const char *c = value; *c; c++)
        if (*c < 0x20 || *c > 0x7e)
            return header_text(value, a);
    return arena_text(a, value);
}

static void keep_headers(struct request *rq, const struct door *door, struct chat *chat)
{
    for (const char *const *name = door->forward; name && *name; name++) {
        const char *value = request_header(rq, *name);

        if (value)
            *(struct http_header *)list_add(rq->arena, &chat->forward, sizeof(struct http_header)) =
                (struct http_header){*name, plain_value(value, rq->arena)};
    }
}

/* The model is noted before the rest is looked at, so that a refused run says what was asked for. */
static bool door_read(struct request *rq, const struct door *door, struct chat *chat)
{
    struct json body;
    const char *model;

    keep_headers(rq, door, chat);
    if (!check_body(rq, door->any_type, &body))
        return false;
    model = json_string(json_member(body, "model"), rq->arena);
    chat->model = model ? arena_copy(rq->arena, model, utf8_cut(model, MODEL_NOTED)) : NULL;
    return door->read(body, chat, rq->arena, &rq->err);
}

bool door_run(struct request *rq, const struct door *door)
{
    struct run_start start = {
        .api = door->api, .request_id = rq->request_id, .remote_addr = rq->remote_addr, .who = rq->who, .policy_profile = profiles[0],
        .started = rq->started, .started_wall = rq->started_wall,
    };
    struct snapshot *snapshot = gate_snapshot(rq->gate);
    struct chat *chat = chat_new(rq->arena);
    struct caller *caller = NEW(rq->arena, struct caller);
    bool policy = read_class(rq, &start) && read_policy(rq, &start);
    struct run *run;

    arena_defer(rq->arena, drop_snapshot, snapshot);
    run = run_new(rq->gate, rq->arena, snapshot, &start);
    rq->log.run_id = run->entry.run.id;
    response_header(rq, "X-Run-Id", run->entry.run.id);
    response_header(rq, "X-Request-ID", rq->request_id);
    *caller = (struct caller){.rq = rq, .created = rq->started_wall / 1000000};
    if (policy && door_read(rq, door, chat)) {
        caller->stream = request_stream(rq);
        if (run_open(run, chat, door->client, caller, &rq->err))
            return true;
        stream_refuse(caller->stream);
    }
    run->entry.run.requested_model = chat->model ? chat->model : "";
    run_refuse(run, &rq->err);
    return false;
}

bool door_decide(struct request *rq, const struct door *door, struct chat *chat, struct decision *decision_r)
{
    struct run_start start = {.policy_profile = profiles[0]};
    struct snapshot *snapshot = gate_snapshot(rq->gate);

    arena_defer(rq->arena, drop_snapshot, snapshot);
    if (!read_class(rq, &start) || !read_policy(rq, &start) || !door_read(rq, door, chat))
        return false;
    return decide(snapshot, &(struct wish){.model = chat->model, .key = rq->who->key, .data_class = start.data_class,
                                           .local_only = run_stays_inside(start.sovereign, start.policy_profile)},
                  rq->arena, decision_r, &rq->err);
}

static void caller_gone(void *arg)
{
    run_gone(arg);
}

void door_attach(struct run *run, struct loop *loop)
{
    struct caller *caller = run->caller;

    stream_limit(caller->stream, (size_t)run->snapshot->settings.values.stream_buffer);
    stream_attach(caller->stream, loop, caller_gone, run);
}

bool door_left(const struct run *run)
{
    const struct caller *caller = run->caller;

    return stream_broken(caller->stream);
}

static size_t answer_headers(const struct run *run, const char *content_type, struct header headers[RUN_HEADERS + 4])
{
    struct http_header of_run[RUN_HEADERS];
    size_t n = run_headers(run, of_run);

    for (size_t i = 1; i < n; i++)                       /* the first, X-Run-Id, is on the request since door_run */
        headers[i - 1] = (struct header){of_run[i].name, of_run[i].value};
    headers[n - 1] = (struct header){"Content-Type", content_type};
    return n;
}

void door_begin(struct run *run, const char *content_type)
{
    struct caller *caller = run->caller;
    struct header headers[RUN_HEADERS + 4];
    size_t n = answer_headers(run, content_type, headers);

    headers[n++] = (struct header){"Cache-Control", "no-cache"};
    headers[n++] = (struct header){"X-Accel-Buffering", "no"};
    stream_head(caller->stream, 200, headers, n);
}

bool door_send(struct run *run, const struct buf *buf)
{
    struct caller *caller = run->caller;

    return !buf->overflow && stream_write(caller->stream, buf_view(buf));
}

void door_whole(struct run *run, struct bytes body)
{
    struct caller *caller = run->caller;
    struct header headers[RUN_HEADERS + 4];
    size_t n = answer_headers(run, "application/json", headers);

    stream_whole(caller->stream, 200, headers, n, body);
}

void door_fail_own(struct run *run, const struct err *err)
{
    struct caller *caller = run->caller;
    struct header headers[RUN_HEADERS + 4];
    size_t n = answer_headers(run, "application/json", headers);

    if (err->retry_after_s > 0)
        headers[n++] = (struct header){"Retry-After", arena_printf(run->arena, "%d", err->retry_after_s)};
    stream_whole(caller->stream, (int)run->entry.run.http_status, headers, n, outcome_own_error(run));
}

void door_fail(struct run *run, const struct err *err)
{
    struct caller *caller = run->caller;
    struct http_header headers[RUN_HEADERS];
    size_t n = run_headers(run, headers);

    for (size_t i = 1; i < n; i++)
        response_header(caller->rq, headers[i].name, headers[i].value);
    stream_fail(caller->stream, err);
}

void door_close(struct run *run)
{
    struct caller *caller = run->caller;

    stream_end(caller->stream);
}
