/* SPDX-License-Identifier: MIT */
#include "gate/outcome.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/metrics.h"
#include "gate/price.h"
#include "gate/usage.h"

int64_t run_age_us(const struct run *run)
{
    return clock_mono() - run->started;
}

/* What would have helped against a failure. */
static const char *remedy_word(const struct run *run)
{
    static const char *const words[] = {[REMEDY_CALLER] = "caller", [REMEDY_RETRY] = "retry", [REMEDY_OTHER] = "other"};

    return run->gone || !run->failed ? "" : words[run->reader.error.remedy];
}

void outcome_attempt(struct run *run, const struct http_result *result)
{
    struct attempt_row *attempt = list_add(run->arena, &run->entry.attempts, sizeof(*attempt));

    *attempt = (struct attempt_row){
        .run_id = run->entry.run.id, .n = (int64_t)run->entry.attempts.n, .provider_id = run->target.provider->id,
        .provider_name = run->target.provider->name, .model = run->target.model, .http_status = result->status,
        .detail = run->failed ? arena_text(run->arena, run->err.text) : "",
        .offset_us = run_age_us(run) - result->total_us, .connect_us = result->connect_us, .first_byte_us = result->first_byte_us,
        .latency_us = result->total_us, .reused = result->reused, .remote = arena_text(run->arena, result->remote),
        .upstream_id = run->reader.upstream_id, .remedy = remedy_word(run),
        .retry_after_ms = run->failed ? run->reader.error.retry_after_ms : 0, .rate_requests = run->rate.remaining_requests,
        .rate_tokens = run->rate.remaining_tokens,
    };
    if (run->gone)
        attempt->result = "cancelled";
    else if (!run->failed)
        attempt->result = "ok";
    else if (result->end != HTTP_DONE && result->end != HTTP_CANCELLED)
        attempt->result = http_end_name(result->end);
    else if (!result->status)
        attempt->result = "cancelled";                       /* the gate stops */
    else
        attempt->result = result->status / 100 == 2 ? "malformed" : arena_printf(run->arena, "status_%d", result->status);
}

/* Whether a failure was the caller's doing: a request that this provider will not read, be it that another one would, or an answer taken too slowly. */
static bool is_callers_own(const struct run *run)
{
    const struct upstream_error *error = &run->reader.error;

    return error->remedy == REMEDY_CALLER || error->kind == ERR_UPSTREAM_INPUT || run->err.kind == ERR_CANCELLED;
}

enum breaker_told outcome_told(const struct run *run)
{
    if (run->gone || run->stopping || (run->failed && is_callers_own(run)))
        return BREAKER_UNKNOWN;
    return run->failed ? BREAKER_FAILED : BREAKER_OK;
}

static void fill_usage(struct run *run)
{
    struct run_row *row = &run->entry.run;
    struct usage *usage = &run->reader.usage;
    const struct usage_end end = {run->status / 100 == 2, run->failed, run->gone};
    struct cost cost;

    row->estimated = usage_settle(&run->reader, run->target.model, &end);
    row->tokens_in = usage->in;
    row->tokens_out = usage->out;
    row->tokens_cached = usage->cached;
    row->tokens_reasoning = usage->reasoning;
    row->tokens_written = usage->written + usage->written_long;
    row->tokens_image = usage->image;
    cost = cost_of(run->snapshot, run->target.provider, run->decision.chosen->model, usage, run->started_wall, run->arena);
    row->priced = cost.priced;
    row->cost_micros = cost.micros;
    row->avoided_micros = cost.avoided_micros;
    row->price = cost.json;
}

static const char *status_word(const struct run *run)
{
    if (run->gone)
        return "cancelled";
    if (!run->failed)
        return "ok";
    return run->begun ? "truncated" : "failed";
}

struct bytes outcome_own_error(const struct run *run)
{
    const struct upstream_error *error = &run->reader.error;

    return !run->client->own_errors || error->kind == ERR_UPSTREAM_AUTH ? (struct bytes){0} : error->body;
}

/* What the caller gets, or would have got. */
static int http_status(const struct run *run)
{
    int own = outcome_own_error(run).n ? run->reader.error.status : 0;

    if (run->gone)
        return 499;
    if (!run->failed || run->begun)
        return 200;
    return own >= 400 ? own : err_status(run->err.kind);
}

void outcome_fill(struct run *run)
{
    struct run_row *row = &run->entry.run;

    row->status = status_word(run);
    row->http_status = http_status(run);
    row->attempts = (int64_t)run->entry.attempts.n;
    if (run->failed && !run->gone) {
        row->error_code = err_name(run->err.kind);
        row->error_detail = run->err.text;
    }
    if (run->reader.finish)
        row->finish_reason = run->reader.finish;
    if (*run->reader.model)
        row->actual_model = run->reader.model;
    row->dropped = run_dropped(run, run->arena);
    row->first_token_us = run->first_token_us;
    row->latency_us = run_age_us(run);
    fill_usage(run);
}

/* The one line a run leaves; what says nothing about a good one is left out of it. */
static void log_end(const struct run *run)
{
    const struct run_row *row = &run->entry.run;

    if (!*row->error_code)
        log_info(&run->log, "run ended", "status=%s provider=%s model=%s latency_us=%" PRId64 " first_token_us=%" PRId64 " tokens_in=%" PRId64
                 " tokens_out=%" PRId64, row->status, row->provider_name, row->actual_model, row->latency_us, row->first_token_us,
                 row->tokens_in, row->tokens_out);
    else
        log_info(&run->log, "run ended", "status=%s http_status=%" PRId64 " provider=%s model=%s latency_us=%" PRId64 " code=%s detail=\"%s\"",
                 row->status, row->http_status, row->provider_name, row->actual_model, row->latency_us, row->error_code, row->error_detail);
}

void outcome_count(const struct run *run)
{
    const struct run_row *row = &run->entry.run;

    metric_add(METRIC_runs_in_flight, -1);
    metric_add(METRIC_runs_total, 1);
    metric_add(METRIC_runs_failed_total, run->failed && !run->gone);
    metric_add(METRIC_runs_cancelled_total, run->gone);
    metric_add(METRIC_tokens_in_total, row->tokens_in);
    metric_add(METRIC_tokens_out_total, row->tokens_out);
    metric_add(METRIC_cost_micros_total, row->cost_micros);
    metric_add(METRIC_avoided_micros_total, row->avoided_micros);
    metric_add(METRIC_runs_unpriced_total, !row->priced);
    log_end(run);
}
