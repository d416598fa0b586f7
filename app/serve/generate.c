/* SPDX-License-Identifier: MIT */
/* generate: {"prompt" or "messages", …} in, {"content", "runMetadata"} out. With "stream": true one JSON line per piece, the last with runMetadata. */
#include "serve/generate.h"

#include <string.h>

#include "base/err.h"
#include "base/json_write.h"
#include "gate/gate.h"
#include "gate/health.h"
#include "gate/relay.h"
#include "serve/door.h"
#include "serve/openai_read.h"
#include "serve/shape.h"

enum { EVENT_MAX = 32 << 20 };

static const struct shape_field fields[] = {
    {"prompt",      SHAPE_TEXT,   .min = 1, .max = 100000000},
    {"messages",    SHAPE_ARRAY,  .min = 1, .max = 100000},
    {"system",      SHAPE_TEXT,   .min = 0, .max = 100000000},
    {"model",       SHAPE_TEXT,   .min = 1, .max = 200},
    {"task",        SHAPE_TEXT,   .min = 1, .max = 40},
    {"complexity",  SHAPE_TEXT,   .min = 1, .max = 40},
    {"tier",        SHAPE_TEXT,   .min = 1, .max = 40},
    {"max_tokens",  SHAPE_INT,    .min = 1, .max = 100000000},
    {"temperature", SHAPE_NUMBER, .min = 0, .max = 2},
    {"top_p",       SHAPE_NUMBER, .min = 0, .max = 1},
    {"seed",        SHAPE_INT,    .min = INT64_MIN + 1, .max = INT64_MAX},
    {"stop",        SHAPE_TEXTS,  .min = 1, .max = 16},
    {.name = "stream", .type = SHAPE_BOOL},
    {.name = NULL},
};

static void add_text(struct chat *chat, enum chat_role role, struct json text, struct arena *a)
{
    struct chat_message message = {.role = role};
    struct chat_part part = {.type = PART_TEXT};

    part.text = json_text(text, a, &part.text_n);
    *(struct chat_part *)list_add(a, &message.parts, sizeof(part)) = part;
    *(struct chat_message *)list_add(a, &chat->messages, sizeof(message)) = message;
}

/* A member; null counts as not given. */
static struct json given(struct json body, const char *name)
{
    struct json value = json_member(body, name);

    return json_kind(value) == JSON_NULL ? (struct json){0} : value;
}

/* Words that steer classification; each has a fixed list, so that a typing error is seen. */
static bool check_words(struct json body, struct arena *a, struct err *err)
{
    static const struct { const char *field, *allowed; const char *const words[7]; } hints[] = {
        {"task", "research, planning, code, analysis, chat", {"research", "planning", "code", "analysis", "chat"}},
        {"complexity", "simple, moderate, complex, critical", {"simple", "moderate", "complex", "critical"}},
        {"tier", "fast-thinking, ultra-fast, general", {"fast-thinking", "ultra-fast", "general"}},
    };

    for (size_t i = 0; i < COUNT(hints); i++) {
        struct json value = given(body, hints[i].field);
        bool known = !value.p;

        for (size_t k = 0; hints[i].words[k] && !known; k++)
            known = json_equal(value, hints[i].words[k]);
        if (!known)
            return fail_field(err, hints[i].field, shape_excerpt(value, a), hints[i].allowed);
    }
    return true;
}

static bool read_question(struct json body, struct chat *chat, struct arena *a, struct err *err)
{
    struct json prompt = given(body, "prompt"), messages = given(body, "messages"), system = given(body, "system");

    if (prompt.p && messages.p)
        return fail_field(err, "prompt", "prompt, messages", "prompt | messages");
    if (!prompt.p && !messages.p)
        return fail_field_as(err, "error.missing_field", "prompt", "", "prompt | messages");
    if (system.p)
        add_text(chat, CHAT_SYSTEM, system, a);
    if (messages.p)
        return openai_messages(messages, "messages", chat, a, err);
    add_text(chat, CHAT_USER, prompt, a);
    return true;
}

static bool generate_read(struct json body, struct chat *chat, struct arena *a, struct err *err)
{
    struct json stop = json_member(body, "stop");
    struct json_walk w = json_walk(stop);

    if (!shape_check_all(body, fields, a, err) || !check_words(body, a, err) || !read_question(body, chat, a, err))
        return false;
    chat->model = json_string(json_member(body, "model"), a);
    chat->stream = json_is_true(json_member(body, "stream"));
    chat->parsed = true;
    shape_int(json_member(body, "max_tokens"), &chat->max_tokens);
    shape_int(json_member(body, "seed"), &chat->seed);
    shape_real(json_member(body, "temperature"), &chat->temperature);
    shape_real(json_member(body, "top_p"), &chat->top_p);
    if (json_kind(stop) == JSON_STRING)
        *(const char **)list_add(a, &chat->stop, sizeof(const char *)) = json_string(stop, a);
    while (json_next(&w))
        *(const char **)list_add(a, &chat->stop, sizeof(const char *)) = json_string(w.value, a);
    return true;
}

/* The promised names are in camel case; latency in ms, cost in USD. */
struct metadata_view {
    const char *run_id, *provider, *tier, *requested_model, *actual_model, *status, *finish_reason, *data_class, *policy_profile;
    bool is_local, estimated, sovereign;
    double latency, first_token, cost;
    int64_t timestamp, tokens_in, tokens_out, attempts;
};
static const struct field metadata_fields[] = {
    FIELD_AS(struct metadata_view, run_id, "runId"), FIELD(struct metadata_view, provider), FIELD_AS(struct metadata_view, is_local, "isLocal"),
    FIELD_AS(struct metadata_view, tier, "modelTier"), FIELD_AS(struct metadata_view, requested_model, "requestedModel"),
    FIELD_AS(struct metadata_view, actual_model, "actualModel"), FIELD(struct metadata_view, latency),
    FIELD_AS(struct metadata_view, first_token, "firstToken"), FIELD_AS(struct metadata_view, cost, "costApprox"),
    FIELD_TIME(struct metadata_view, timestamp), FIELD(struct metadata_view, status),
    FIELD_AS(struct metadata_view, finish_reason, "finishReason"), FIELD_AS(struct metadata_view, tokens_in, "tokensIn"),
    FIELD_AS(struct metadata_view, tokens_out, "tokensOut"), FIELD_AS(struct metadata_view, estimated, "tokensEstimated"),
    FIELD(struct metadata_view, attempts), FIELD_AS(struct metadata_view, data_class, "dataClass"),
    FIELD_AS(struct metadata_view, policy_profile, "policyProfile"), FIELD_AS(struct metadata_view, sovereign, "sovereignMode"), FIELD_END,
};

static void write_metadata(struct run *run, struct json_out *out)
{
    const struct run_row *row = &run->entry.run;
    struct metadata_view view = {
        .run_id = row->id, .provider = row->provider_name, .tier = *row->model_tier ? row->model_tier : NULL,
        .requested_model = *row->requested_model ? row->requested_model : NULL, .actual_model = row->actual_model, .status = row->status,
        .finish_reason = *row->finish_reason ? row->finish_reason : NULL, .data_class = row->data_class,
        .policy_profile = row->policy_profile, .is_local = row->is_local, .estimated = row->estimated, .sovereign = row->sovereign,
        .latency = (double)row->latency_us / 1000, .first_token = (double)row->first_token_us / 1000,
        .cost = (double)row->cost_micros / 1000000, .timestamp = row->started_at, .tokens_in = row->tokens_in,
        .tokens_out = row->tokens_out, .attempts = row->attempts,
    };

    json_name(out, "runMetadata");
    json_put_row(out, metadata_fields, &view);
}

static void generate_whole(struct run *run, const struct chat_answer *answer)
{
    struct buf buf = buf_new(run->arena, (size_t)512 << 20);
    struct json_out out = json_out(&buf);

    json_begin_object(&out);
    json_name(&out, "content");
    json_put_bytes(&out, (struct bytes){(const uint8_t *)answer->text, answer->text_n});
    if (answer->reasoning) {
        json_name(&out, "reasoning");
        json_put_bytes(&out, (struct bytes){(const uint8_t *)answer->reasoning, answer->reasoning_n});
    }
    write_metadata(run, &out);
    json_end_object(&out);
    door_whole(run, buf_view(&buf));
}

static void generate_begin(struct run *run)
{
    door_begin(run, "application/x-ndjson");
}

static bool send_line(struct run *run, struct buf *buf)
{
    struct caller *caller = run->caller;

    buf_char(buf, '\n');
    return !buf->overflow && stream_write(caller->stream, buf_view(buf));
}

static bool generate_event(struct run *run, const struct chat_event *event)
{
    struct buf buf = buf_new(run->relay->scratch, EVENT_MAX);
    struct json_out out = json_out(&buf);

    if (event->type != EVENT_TEXT && event->type != EVENT_REASONING)
        return true;
    json_begin_object(&out);
    json_name(&out, event->type == EVENT_TEXT ? "content" : "reasoning");
    json_put_bytes(&out, event->text);
    json_end_object(&out);
    return send_line(run, &buf);
}

static void generate_end(struct run *run)
{
    struct buf buf = buf_new(run->relay->scratch, EVENT_MAX);
    struct json_out out = json_out(&buf);

    json_begin_object(&out);
    json_member_put_bool(&out, "done", true);
    write_metadata(run, &out);
    json_end_object(&out);
    if (!send_line(run, &buf))
        log_info(&run->log, "caller gone before the end mark");
}

static void generate_fail(struct run *run, const struct err *err)
{
    struct caller *caller = run->caller;
    struct buf buf = buf_new(run->relay->scratch, EVENT_MAX);
    struct json_out out = json_out(&buf);

    if (!run->begun) {
        door_fail(run, err);
        return;
    }
    json_begin_object(&out);
    json_name(&out, "error");
    json_begin_object(&out);
    json_member_text(&out, "code", err_name(err->kind));
    json_member_text(&out, "message", request_say(caller->rq, err));
    json_end_object(&out);
    write_metadata(run, &out);
    json_end_object(&out);
    if (!send_line(run, &buf))
        log_info(&run->log, "caller gone before the error");
}

static const struct run_client generate_client = {
    .attach = door_attach, .begin = generate_begin, .event = generate_event, .end = generate_end, .whole = generate_whole,
    .fail = generate_fail, .close = door_close,
};

bool generate(struct request *rq)
{
    static const struct door door = {.api = "llm.generate", .read = generate_read, .client = &generate_client};

    return door_run(rq, &door);
}

void generate_schema(struct json_out *out)
{
    shape_schema(out, fields, true);
}

/* ---- GET /api/v1/llm/health ---- */

struct provider_health_view {
    const char *id, *name, *type, *deployment_mode, *state, *reason, *detail;
    bool is_local, is_active, demo;
    double latency_ms;
    int64_t models, checked_at, since;
};
static const struct field provider_health_view_fields[] = {
    FIELD(struct provider_health_view, id), FIELD(struct provider_health_view, name), FIELD(struct provider_health_view, type),
    FIELD(struct provider_health_view, deployment_mode), FIELD(struct provider_health_view, is_local),
    FIELD(struct provider_health_view, is_active), FIELD(struct provider_health_view, demo), FIELD(struct provider_health_view, state),
    FIELD(struct provider_health_view, reason), FIELD(struct provider_health_view, detail), FIELD(struct provider_health_view, latency_ms),
    FIELD(struct provider_health_view, models), FIELD_TIME(struct provider_health_view, checked_at),
    FIELD_TIME(struct provider_health_view, since), FIELD_END,
};

struct health_answer {
    const char *status;                          /* "ok", "degraded", "down" */
    struct list providers, tiers;
};
static const struct field health_answer_fields[] = {
    FIELD(struct health_answer, status),
    FIELD_LIST(struct health_answer, providers, provider_health_view_fields, struct provider_health_view), FIELD_END,
};

static struct provider_health_view health_view_of(struct request *rq, const struct provider *p)
{
    struct health_view h = health_of(rq->gate->health, p, rq->arena);

    return (struct provider_health_view){
        .id = p->id, .name = p->name, .type = p->type ? p->type->name : "", .deployment_mode = p->local ? "local" : "cloud",
        .state = h.state, .reason = h.reason, .detail = h.detail, .is_local = p->local, .is_active = p->active, .demo = p->demo,
        .latency_ms = (double)h.latency_us / 1000, .models = h.models, .checked_at = h.checked_at, .since = h.since,
    };
}

bool generate_health(struct request *rq)
{
    struct snapshot *s = gate_snapshot(rq->gate);
    const struct provider *p = s->providers.items;
    struct provider_health_view *views = NEW_ARRAY(rq->arena, struct provider_health_view, s->providers.n);
    struct health_answer answer = {.providers = {views, s->providers.n}};
    size_t enabled = 0, good = 0;

    arena_defer(rq->arena, drop_snapshot, s);
    for (size_t i = 0; i < s->providers.n; i++) {
        views[i] = health_view_of(rq, &p[i]);
        enabled += p[i].enabled;
        good += strcmp(views[i].state, "ok") == 0 || strcmp(views[i].state, "warn") == 0;
    }
    answer.status = !enabled || !good ? "down" : good < enabled ? "degraded" : "ok";
    return response_json(rq, 200, health_answer_fields, &answer);
}
