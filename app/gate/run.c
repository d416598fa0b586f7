/* SPDX-License-Identifier: MIT */
/* run: from the request to its relay. What happens there is attempt.c. */
#include "gate/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/metrics.h"
#include "gate/embed.h"
#include "gate/gate.h"
#include "gate/journey.h"
#include "gate/record.h"
#include "gate/relay.h"
#include "spool/spool.h"

enum { DROPPED_MAX = 1000 };             /* bytes of the list of fields that were dropped, as recorded */

static void fill_row(struct run_row *row, struct arena *a, const struct run_start *start)
{
    char *id = arena_alloc(a, ID_TEXT);

    id_new(id);
    *row = (struct run_row){
        .id = id, .started_at = start->started_wall, .api = start->api, .status = "running", .error_code = "", .error_detail = "",
        .requested_model = "", .actual_model = "", .provider_id = "", .provider_name = "", .model_tier = "", .finish_reason = "",
        .key_id = start->who->key ? start->who->key->id : "", .key_name = start->who->key ? start->who->key->name : "",
        .user_name = start->who->user_name ? start->who->user_name : "", .data_class = class_words[start->data_class],
        .policy_profile = start->policy_profile, .sovereign = start->sovereign, .request_id = start->request_id,
        .remote_addr = start->remote_addr, .dropped = "", .switches = "",
    };
}

struct run *run_new(struct gate *gate, struct arena *a, struct snapshot *snapshot, const struct run_start *start)
{
    struct run *run = NEW(a, struct run);

    run->gate = gate;
    run->arena = a;
    run->snapshot = snapshot;
    run->started = start->started;
    run->started_wall = start->started_wall;
    fill_row(&run->entry.run, a, start);
    run->log = (struct log){.run_id = run->entry.run.id, .request_id = start->request_id, .key_id = run->entry.run.key_id,
                            .route = start->api};
    return run;
}

/* Sovereign runs, and those of profiles that keep them inside, go to local providers only. */
bool run_stays_inside(bool sovereign, const char *policy_profile)
{
    return sovereign || strcmp(policy_profile, "standard") != 0;
}

static bool stays_inside(const struct run_row *row)
{
    return run_stays_inside(row->sovereign, row->policy_profile);
}

/* Who, policy and class were settled by the door; here they meet the configuration. */
static bool run_decide(struct run *run, struct err *err)
{
    struct run_row *row = &run->entry.run;
    struct wish wish = {
        .model = run->chat->model,
        .key = *row->key_id ? snapshot_key(run->snapshot, row->key_id) : NULL,
        .local_only = stays_inside(row), .embed = run->chat->embed,
    };

    return class_of(row->data_class, &wish.data_class) && decide(run->snapshot, &wish, run->arena, &run->decision, err);
}

/* The chat in the provider's words. A provider of another dialect needs it parsed. A run that stays inside is kept there by its
 * socket too: a local provider's name that has come to mean a public address is not connected to. */
/* The request is a good one, only not for this provider: the sentence names it. False. */
static bool blame_provider(const struct run *run, struct err *err)
{
    if (err->kind != ERR_INPUT || err->message || !*err->field)
        return false;
    err->message = "error.provider_cannot";
    snprintf(err->detail, sizeof(err->detail), "%s", run->target.provider->name);
    return false;
}

static bool run_prepare(struct run *run, struct err *err)
{
    static const struct egress inside = {EGRESS_LOCAL_ONLY};
    const struct dialect_rules *rules = run->target.provider->type->rules;
    struct chat *chat = run->chat;

    if (!chat->embed && chat->dialect != rules->id && !chat->parsed && !chat->parse(chat, run->arena, err))
        return false;
    run->request = (struct http_request){
        .egress = stays_inside(&run->entry.run) ? &inside : &run->target.provider->egress,
        .pool = run->target.provider->pool, .connect_ms = run->target.provider->connect_ms,
        .first_byte_ms = run->target.provider->first_byte_ms, .idle_ms = run->target.provider->idle_ms,
        .total_ms = run->target.stream ? 0 : run->target.provider->total_ms,       /* a stream may be long, but not silent: idle_ms */
        .answer_max = run->target.stream ? 0 : (size_t)run->snapshot->settings.values.answer_max,
    };
    return (chat->embed ? embed_prepare(run, err) : rules->prepare(&run->target, chat, run->arena, &run->request, err)) || blame_provider(run, err);
}

bool run_aim(struct run *run, const struct candidate *candidate, struct err *err)
{
    struct run_row *row = &run->entry.run;
    const struct provider *provider = candidate->provider;

    run->decision.chosen = candidate;
    run->target = (struct target){.provider = provider, .model = candidate->model->name, .stream = run->chat->stream};
    row->provider_id = provider->id;
    row->provider_name = provider->name;
    row->is_local = row->priced = model_local(provider, candidate->model);
    row->actual_model = run->target.model;
    row->switches = provider->type->switches && !run->chat->embed ? provider->type->switches : "";       /* embeddings carry none */
    if (!run_prepare(run, err))
        return false;
    row->dropped = run_dropped(run, run->arena);
    return true;
}

/* All that may answer rest: when the first of them is tried again. */
static bool fail_resting(struct run *run, int64_t next_probe, struct err *err)
{
    int64_t wait_s = (next_probe - clock_mono()) / 1000000 + 1;

    fail(err, ERR_UPSTREAM_DOWN, "every provider of model %s rests after failures", run->entry.run.requested_model);
    err->message = "error.all_resting";
    err->retry_after_s = wait_s > 0 ? (int)wait_s : 1;
    return false;
}

/* Whether a candidate's breaker lets this run pass; its verdict says why not. */
static bool candidate_passes(struct run *run, struct candidate *c, int64_t *next_probe)
{
    struct breaker_rules rules = breaker_rules_of(&run->snapshot->settings.values, c->model);
    struct breaker_view view;

    if (breaker_pass(&run->gate->breakers, c->provider->id, c->model->name, &rules, clock_mono(), &run->probe))
        return true;
    breaker_see(&run->gate->breakers, c->provider->id, c->model->name, &rules, clock_mono(), &view);
    if (!*next_probe || view.next_probe < *next_probe)
        *next_probe = view.next_probe;
    c->verdict = "breaker";
    c->detail = view.force ? "" : arena_text(run->arena, view.reason);
    return false;
}

/* Aim at the first candidate whose breaker lets the run pass and whose dialect can say the request. */
static bool run_choose(struct run *run, struct err *err)
{
    struct candidate *all = run->decision.candidates.items;
    struct err first = {0};
    int64_t next_probe = 0;
    bool aimed = false;

    for (size_t i = 0; i < run->decision.candidates.n; i++) {
        bool standby = strcmp(all[i].verdict, "standby") == 0 || strcmp(all[i].verdict, "chosen") == 0;

        if (!standby || !candidate_passes(run, &all[i], &next_probe))
            continue;
        run->at = i;
        *err = (struct err){0};
        aimed = run_aim(run, &all[i], err);
        all[i].verdict = aimed ? "chosen" : "request";
        if (aimed)
            break;
        breaker_unpass(&run->gate->breakers, all[i].provider->id, all[i].model->name, run->probe);
        all[i].detail = arena_text(run->arena, err->field);
        if (!first.kind)
            first = *err;
    }
    if (run->at || !aimed)                                   /* not as decide() wrote it */
        decision_write(&run->decision, run->arena);
    if (aimed)
        return true;
    *err = first;
    return first.kind ? false : fail_resting(run, next_probe, err);
}

static bool run_intent(struct run *run, struct err *err)
{
    if (!spool_reserve(run->gate->spool, err)) {
        metric_add(METRIC_spool_refused_total, 1);
        return false;
    }
    if (record_write(run->gate->spool, RECORD_INTENT, &run->entry, run->arena, err))
        return true;
    spool_release(run->gate->spool);
    return false;
}

/* The names of fields are the caller's: as many and as long as a body allows. What does not fit is "…". */
static void add_dropped(struct buf *buf, struct list fields)
{
    const char *const *field = fields.items;

    for (size_t i = 0; i < fields.n; i++) {
        if (buf->n + strlen(field[i]) + sizeof(", , …") > DROPPED_MAX) {
            buf_text(buf, buf->n ? ", …" : "…");
            return;
        }
        buf_printf(buf, "%s%s", buf->n ? ", " : "", field[i]);
    }
}

const char *run_dropped(const struct run *run, struct arena *a)
{
    struct buf buf = buf_new(a, DROPPED_MAX + 16);
    const char *text;
    struct err ignored = {0};

    add_dropped(&buf, run->chat->dropped);
    add_dropped(&buf, run->target.dropped);
    add_dropped(&buf, run->reader.dropped);
    return buf_done(&buf, &text, &ignored) ? text : "";
}

bool run_open(struct run *run, struct chat *chat, const struct run_client *client, void *caller, struct err *err)
{
    struct run_row *row = &run->entry.run;
    int64_t age_s;
    bool chosen;

    run->chat = chat;
    run->client = client;
    run->caller = caller;
    row->requested_model = chat->model ? chat->model : "";
    row->stream = chat->stream;
    if (!gate_fresh(run->gate, &age_s))
        return fail(err, ERR_DATABASE, "the settings are %" PRId64 " s old: the database was not seen for too long", age_s);
    chosen = run_decide(run, err) && run_choose(run, err);
    row->decision = run->decision.json;
    if (!chosen)
        return false;
    if (!run_intent(run, err)) {
        breaker_unpass(&run->gate->breakers, run->target.provider->id, run->target.model, run->probe);
        return false;
    }
    metric_add(METRIC_runs_in_flight, 1);
    run->relay = relay_pick(run->gate);
    run->task = (struct loop_task){.run = run_try, .arg = run};
    loop_post(run->relay->loop, &run->task);
    return true;
}

void run_refuse(struct run *run, const struct err *err)
{
    struct run_row *row = &run->entry.run;
    struct err recording = {0};
    bool recorded = false;

    row->status = "refused";
    row->priced = true;                                      /* it cost nothing */
    row->http_status = err_status(err->kind);
    row->error_code = err_name(err->kind);
    row->error_detail = arena_text(run->arena, err->text);
    row->latency_us = clock_mono() - run->started;
    metric_add(METRIC_runs_total, 1);
    metric_add(METRIC_runs_failed_total, 1);
    if (spool_reserve(run->gate->spool, &recording)) {
        recorded = record_write(run->gate->spool, RECORD_FINAL, &run->entry, run->arena, &recording);
        spool_release(run->gate->spool);
    }
    if (!recorded)
        log_err(&run->log, LOG_ERROR, "refused run not recorded", &recording);
}

size_t run_headers(const struct run *run, struct http_header headers[RUN_HEADERS])
{
    const struct run_row *row = &run->entry.run;
    size_t n = 0;

    headers[n++] = (struct http_header){"X-Run-Id", row->id};
    if (*row->provider_name) {
        headers[n++] = (struct http_header){"X-Moongate-Provider", header_text(row->provider_name, run->arena)};
        headers[n++] = (struct http_header){"X-Moongate-Model", header_text(row->actual_model, run->arena)};
        headers[n++] = (struct http_header){"X-Moongate-Local", row->is_local ? "true" : "false"};
        headers[n++] = (struct http_header){"X-Moongate-Attempts", arena_printf(run->arena, "%" PRId64, run->tries ? run->tries : 1)};
    }
    if (*row->model_tier)
        headers[n++] = (struct http_header){"X-Moongate-Tier", row->model_tier};
    headers[n++] = (struct http_header){"X-Policy-Profile", row->policy_profile};
    headers[n++] = (struct http_header){"X-Data-Class", row->data_class};
    headers[n++] = (struct http_header){"X-Sovereign-Mode", row->sovereign ? "true" : "false"};
    return n;
}
