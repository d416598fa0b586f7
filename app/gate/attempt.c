/* SPDX-License-Identifier: MIT */
#include "gate/attempt.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/secret.h"
#include "gate/collect.h"
#include "gate/embed.h"
#include "gate/estimate.h"
#include "gate/gate.h"
#include "gate/journey.h"
#include "gate/outcome.h"
#include "gate/relay.h"
#include "gate/voice.h"

enum { ERROR_BODY_MAX = 64 << 10 };

static const struct dialect_rules *rules_of(const struct run *run)
{
    return run->target.provider->type->rules;
}

static bool read_frame(struct run *run, const char *event, struct bytes frame)
{
    struct err err = {0};
    bool ok = rules_of(run)->read_frame(&run->reader, event, frame, &err);

    arena_reset(run->relay->scratch);
    if (!ok)
        journey_fail(run, &err);
    return ok;
}

static bool each_event(void *arg, const char *event, struct bytes data)
{
    return read_frame(arg, event, data);
}

static bool each_line(void *arg, struct bytes line)
{
    return read_frame(arg, "", line);
}

static void begin_frames(struct run *run)
{
    switch (rules_of(run)->framing) {
    case FRAMES_SSE:
        run->sse = sse_new(run->arena, FRAME_MAX);
        return;
    case FRAMES_NDJSON:
        run->ndjson = ndjson_new(run->arena, FRAME_MAX);
        return;
    case FRAMES_EVENTSTREAM:
        run->eventstream = eventstream_new(run->arena, FRAME_MAX);
        return;
    }
}

static bool feed_frames(struct run *run, struct bytes bytes, struct err *err)
{
    switch (rules_of(run)->framing) {
    case FRAMES_SSE:
        return sse_feed(&run->sse, bytes, each_event, run, err);
    case FRAMES_NDJSON:
        return ndjson_feed(&run->ndjson, bytes, each_line, run, err);
    case FRAMES_EVENTSTREAM:
        return eventstream_feed(&run->eventstream, bytes, each_event, run, err);
    }
    return false;
}

static bool end_frames(struct run *run, struct err *err)
{
    switch (rules_of(run)->framing) {
    case FRAMES_SSE:
        return sse_end(&run->sse, each_event, run, err);
    case FRAMES_NDJSON:
        return ndjson_end(&run->ndjson, each_line, run, err);
    case FRAMES_EVENTSTREAM:
        return eventstream_end(&run->eventstream, err);
    }
    return false;
}

/* ---- the provider's HTTP answer ---- */

/* "application/json", with or without parameters. */
static bool is_json(const char *content_type)
{
    return strncasecmp(content_type, "application/json", 16) == 0 && strchr("; \t", content_type[16]);
}

static bool is_request_id(const char *name)
{
    return strcmp(name, "x-request-id") == 0 || strcmp(name, "request-id") == 0 || strcmp(name, "x-amzn-requestid") == 0;
}

static const char *upstream_word(struct run *run, const char *value)
{
    char *id = arena_text(run->relay->scratch, value);

    secret_hide(run->target.provider->secret, id);
    return header_text(arena_printf(run->relay->scratch, "%.200s", id), run->arena);
}

static void on_head(void *arg, int status, const struct http_header *headers, size_t n)
{
    struct run *run = arg;
    bool json = false;

    run->status = status;
    rate_read(headers, n, clock_wall(), &run->rate, &run->retry_after_ms);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(headers[i].name, "content-type") == 0)
            json = is_json(headers[i].value);
        else if (strcmp(headers[i].name, "x-amzn-errortype") == 0)
            run->error_type = upstream_word(run, headers[i].value);
        else if (is_request_id(headers[i].name))
            run->reader.upstream_id = upstream_word(run, headers[i].value);
    }
    /* A provider that answers a stream request with one JSON text is read as a whole answer; its caller gets events all the same. */
    run->frames = run->target.stream && status / 100 == 2 && !(json && rules_of(run)->framing != FRAMES_NDJSON);
    if (run->target.stream && !run->frames)
        run->reader.same = false;
    if (run->chat->embed && status / 100 == 2 && run->body.room)
        buf_clear(&run->body);                               /* of the request before, which was read */
    else
        run->body = buf_new(run->arena, status / 100 == 2 ? (size_t)run->snapshot->settings.values.answer_max : ERROR_BODY_MAX);
}

/* ---- the end ---- */

static void fail_transport(struct run *run, const struct http_result *result)
{
    struct err err = {0};
    bool late = result->end == HTTP_CONNECT_TIMEOUT || result->end == HTTP_FIRST_BYTE_TIMEOUT || result->end == HTTP_IDLE_TIMEOUT
             || result->end == HTTP_TOTAL_TIMEOUT;
    enum err_kind kind = late ? ERR_TIMEOUT : result->end == HTTP_EGRESS ? ERR_POLICY : ERR_UPSTREAM_DOWN;

    run->reader.error.remedy = result->end == HTTP_EGRESS || result->end == HTTP_TOO_LARGE ? REMEDY_OTHER : REMEDY_RETRY;
    if (result->end == HTTP_TOO_LARGE || result->end == HTTP_PROTOCOL || result->end == HTTP_CUT)
        kind = ERR_UPSTREAM;
    fail(&err, kind, "provider %s: %s: %s", run->target.provider->name, http_end_name(result->end), result->detail);
    snprintf(err.field, sizeof(err.field), "provider");
    snprintf(err.value, sizeof(err.value), "%s", run->target.provider->name);
    err.message = arena_printf(run->arena, "http.%s", http_end_name(result->end));
    journey_fail(run, &err);
}

/* Which of our kinds a provider's status is. A 4xx about the request itself is the caller's to mend and keeps the provider's words. */
static void fail_status(struct run *run)
{
    struct err err = {0};
    struct upstream_error *error = &run->reader.error;
    char *words;

    upstream_error_of(run->status, error);
    error->retry_after_ms = run->retry_after_ms;
    if (run->error_type)
        error->code = arena_copy(run->arena, run->error_type, strcspn(run->error_type, ":"));
    rules_of(run)->read_error(run->target.provider, run->status, buf_view(&run->body), run->arena, error);
    if (run->chat->dialect == rules_of(run)->id)
        error->body = upstream_error_body(buf_view(&run->body), run->target.provider->secret, run->arena);
    words = arena_text(run->relay->scratch, error->words);
    secret_hide(run->target.provider->secret, words);        /* providers like to quote the key they refuse */
    fail(&err, error->kind, "provider %s answered %d: %s", run->target.provider->name, run->status, words);
    snprintf(err.field, sizeof(err.field), "provider");
    snprintf(err.value, sizeof(err.value), "%s", run->target.provider->name);
    snprintf(err.detail, sizeof(err.detail), "%s", words);
    log_redact(err.detail);
    err.code = upstream_error_word(error->code);
    err.retry_after_s = (int)((error->retry_after_ms + 999) / 1000);
    journey_fail(run, &err);
}

/* Too long to be read to its end, which for an error's words need not be. */
static void fail_long(struct run *run)
{
    if (run->status / 100 != 2)
        fail_status(run);
    else
        journey_fail_long(run, run->body.max);
}

static bool on_body(void *arg, struct bytes bytes)
{
    struct run *run = arg;
    struct err err = {0};

    if (run->gone)
        return false;
    if (!run->frames) {
        buf_bytes(&run->body, bytes);
        if (run->body.overflow)
            fail_long(run);
        return !run->failed;
    }
    if (!feed_frames(run, bytes, &err))
        journey_fail(run, &err);
    return !run->failed;
}

/* A provider that leaves its end mark out is done when it said why it stopped. */
static bool stream_complete(struct run *run, struct err *err)
{
    if (rules_of(run)->read_end)
        return rules_of(run)->read_end(&run->reader, err);
    return run->reader.finish || fail(err, ERR_UPSTREAM, "the stream ended before its end mark");
}

static void read_rest(struct run *run)
{
    struct err err = {0};
    bool ok;

    ok = run->frames ? end_frames(run, &err) : rules_of(run)->read_whole(&run->reader, buf_view(&run->body), &err);
    arena_reset(run->relay->scratch);
    if (!ok)
        journey_fail(run, &err);
    else if (!run->failed && !run->reader.ended && !stream_complete(run, &err))
        journey_fail(run, &err);
}

static void on_done(void *arg, const struct http_result *result);

static void send_request(struct run *run)
{
    static const struct http_events events = {.head = on_head, .body = on_body, .done = on_done};

    run->call = http_send(run->relay->http, &run->request, &events, run);
}

/* One of the requests of an embedding is answered. True if the next one is on its way. */
static bool embed_goes_on(struct run *run, const struct http_result *result)
{
    struct err err = {0};
    bool more;

    if (!run->embed_first.tries)
        run->embed_first = *result;
    if (!embed_next(run, &more, &err))
        journey_fail(run, &err);
    else if (more)
        send_request(run);
    arena_reset(run->relay->scratch);
    return run->call != NULL;
}

/* An attempt of several requests is timed from its first to its last. */
static void note_attempt(struct run *run, const struct http_result *result)
{
    struct http_result whole = *result;

    if (run->embed_first.tries) {
        whole.connect_us = run->embed_first.connect_us;
        whole.first_byte_us = run->embed_first.first_byte_us;
        whole.reused = run->embed_first.reused;
        whole.total_us = clock_mono() - run->embed_began;
    }
    outcome_attempt(run, &whole);
}

static void on_done(void *arg, const struct http_result *result)
{
    struct run *run = arg;

    run->call = NULL;
    if (!run->gone && !run->failed) {
        if (result->end != HTTP_DONE && !run->reader.ended)     /* after the end mark nothing can be missing */
            fail_transport(run, result);
        else if (result->status / 100 != 2)
            fail_status(run);
        else if (!run->chat->embed)
            read_rest(run);
        else if (embed_goes_on(run, result))
            return;
    }
    note_attempt(run, result);
    journey_next(run, result);
}

static void begin_reading(struct run *run)
{
    struct reader *r = &run->reader;

    *r = (struct reader){.arena = run->arena, .error = {.kind = ERR_UPSTREAM, .remedy = REMEDY_OTHER, .words = "", .code = ""}};
    r->scratch = run->relay->scratch;
    r->chat = run->chat;
    r->secret = run->target.provider->secret;
    r->provider = run->target.provider;
    r->same = run->chat->embed ? embed_whole(run) : run->chat->dialect == rules_of(run)->id && run->target.stream == run->chat->stream;
    r->emit = voice_event;
    r->arg = run;
    r->model = r->upstream_id = "";
    rate_read(NULL, 0, 0, &run->rate, &run->retry_after_ms);
    r->said.family = estimate_family(run->target.model);
    if (run->target.stream)
        begin_frames(run);
    run->text = buf_new(run->arena, (size_t)run->snapshot->settings.values.answer_max);
    run->reasoning = run->text;
    run->calls = (struct list){0};
    run->answer = (struct chat_answer){0};
    run->thought_from = run->kept = run->argued = 0;
    run->body = (struct buf){0};
    run->embed_first = (struct http_result){0};
    run->status = 0;
    run->error_type = NULL;
}

void attempt_begin(struct run *run)
{
    run->tries++;
    begin_reading(run);
    run->embed_began = clock_mono();
    send_request(run);
}
