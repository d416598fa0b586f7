/* SPDX-License-Identifier: MIT */
/* generate: {"prompt" or "messages", …} in, {"content", "runMetadata"} out. With "stream": true one JSON line per piece, the last with runMetadata. */
#include "serve/generate.h"

#include <math.h>
#include <string.h>

#include "base/err.h"
#include "base/json_write.h"
#include "gate/gate.h"
#include "gate/health.h"
#include "gate/relay.h"
#include "serve/door.h"
#include "serve/generate_read.h"

enum { EVENT_MAX = 32 << 20 };

/* The promised names are in camel case; latency in ms, cost in USD, null where no price is known. */
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
        .cost = row->priced ? (double)row->cost_micros / 1000000 : (double)NAN, .timestamp = row->started_at, .tokens_in = row->tokens_in,
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
    .attach = door_attach, .left = door_left,
    .begin = generate_begin, .event = generate_event, .end = generate_end, .whole = generate_whole,
    .fail = generate_fail, .close = door_close, .no_opaque = true,
};

bool generate(struct request *rq)
{
    static const struct door door = {.api = "llm.generate", .read = generate_read, .client = &generate_client};

    return door_run(rq, &door);
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
