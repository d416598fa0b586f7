/* SPDX-License-Identifier: MIT */
#include "gate/journey.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/metrics.h"
#include "gate/attempt.h"
#include "gate/backoff.h"
#include "gate/gate.h"
#include "gate/outcome.h"
#include "gate/record.h"
#include "gate/relay.h"
#include "gate/voice.h"
#include "net/http.h"
#include "spool/spool.h"

enum { QUICK_US = 1000000 };             /* an attempt that failed within this is repeated where it was */

void journey_fail(struct run *run, const struct err *err)
{
    if (run->failed)
        return;
    run->failed = true;
    run->err = *err;
}

void journey_fail_long(struct run *run, size_t most)
{
    struct err err = {0};

    fail(&err, ERR_UPSTREAM, "provider %s: the answer is longer than %zu bytes", run->target.provider->name, most);
    err.message = "http.too_large";
    journey_fail(run, &err);
}

/* ---- the end ---- */

static void leave_relay(struct run *run)
{
    loop_timer_clear(run->relay->loop, &run->keepalive);
    if (run->prev)
        run->prev->next = run->next;
    else
        run->relay->runs = run->next;
    if (run->next)
        run->next->prev = run->prev;
    loop_keep(run->relay->loop, -1);
}

static void run_close(struct run *run)
{
    struct err err = {0};

    outcome_fill(run);
    if (!record_write(run->gate->spool, RECORD_FINAL, &run->entry, run->relay->scratch, &err)) {
        log_err(&run->log, LOG_ERROR, "run not recorded", &err);
        journey_fail(run, &err);                             /* the caller must not believe in a run that left no trace */
    }
    arena_reset(run->relay->scratch);
    spool_release(run->gate->spool);
    leave_relay(run);
    voice_end(run);
    outcome_count(run);
    run->client->close(run);
}

/* Whether more than one provider was asked: then the words of the last say too little. */
static bool several(const struct run *run)
{
    const struct attempt_row *attempt = run->entry.attempts.items;

    for (size_t i = 1; i < run->entry.attempts.n; i++)
        if (strcmp(attempt[i].provider_id, attempt->provider_id) != 0 || strcmp(attempt[i].model, attempt->model) != 0)
            return true;
    return false;
}

/* When several providers failed, the caller hears of each: "a: status_503, b: refused". */
static void tell_all(struct run *run)
{
    const struct attempt_row *attempt = run->entry.attempts.items;
    struct buf buf = buf_new(run->arena, sizeof(run->err.detail));
    const char *text;
    struct err ignored = {0};

    if (!run->failed || run->gone || run->stopping || run->said || !several(run))
        return;
    for (size_t i = 0; i < run->entry.attempts.n; i++) {
        size_t n = strlen(attempt[i].provider_name) + strlen(attempt[i].result) + 16;

        if (buf.n + n > sizeof(run->err.detail)) {
            buf_text(&buf, "…");
            break;
        }
        buf_printf(&buf, "%s%s: %s", i ? ", " : "", attempt[i].provider_name, attempt[i].result);
    }
    if (!buf_done(&buf, &text, &ignored))
        return;
    snprintf(run->err.detail, sizeof(run->err.detail), "%s", text);
    snprintf(run->err.value, sizeof(run->err.value), "%zu", run->entry.attempts.n);
    run->err.message = "error.all_failed";
}

/* ---- on to the next attempt ---- */

static const struct settings *settings_of(const struct run *run)
{
    return &run->snapshot->settings.values;
}

static struct breaker_rules rules_of(const struct run *run, const struct candidate *candidate)
{
    return breaker_rules_of(settings_of(run), candidate->model);
}

static void tell_breaker(struct run *run)
{
    const struct attempt_row *attempt = (const struct attempt_row *)run->entry.attempts.items + run->entry.attempts.n - 1;
    struct breaker_rules rules = rules_of(run, run->decision.chosen);
    struct breaker_view view;

    if (!breaker_tell(&run->gate->breakers, run->target.provider->id, run->target.model, &rules, clock_mono(), run->probe, outcome_told(run),
                      attempt->result, &view))
        return;
    metric_add(METRIC_breaker_changes_total, 1);
    log_warn(&run->log, "breaker changed", "provider=%s model=%s state=%s reason=%s calls=%" PRId64 " failed=%" PRId64,
             run->target.provider->name, run->target.model, breaker_state_words[view.state], view.reason, view.calls, view.failed);
}

/* What was read of the attempt before is not the next one's; but where there is no next one, the run ends as that one left it. */
static bool aim(struct run *run, const struct candidate *candidate, struct err *err)
{
    struct reader reader = run->reader;
    struct target target = run->target;
    struct run_row row = run->entry.run;
    const struct candidate *chosen = run->decision.chosen;

    run->reader = (struct reader){0};
    if (run_aim(run, candidate, err))
        return true;
    breaker_unpass(&run->gate->breakers, candidate->provider->id, candidate->model->name, run->probe);
    run->reader = reader;
    run->target = target;
    run->entry.run = row;
    run->decision.chosen = chosen;
    return false;
}

/* The next candidate that passes its breaker and whose dialect can say what is asked; NULL if there is none. ${run}->target is it then. */
static const struct candidate *next_candidate(struct run *run)
{
    const struct candidate *all = run->decision.candidates.items;

    for (size_t i = run->at + 1; i < run->decision.candidates.n; i++) {
        struct breaker_rules rules = rules_of(run, &all[i]);
        struct err err = {0};

        if (strcmp(all[i].verdict, "standby") != 0)
            continue;
        if (!breaker_pass(&run->gate->breakers, all[i].provider->id, all[i].model->name, &rules, clock_mono(), &run->probe))
            continue;
        run->at = i;
        run->tries_here = 0;
        if (aim(run, &all[i], &err))
            return &all[i];
        log_info(&run->log, "candidate skipped", "provider=%s detail=\"%s\"", all[i].provider->name, err.text);
    }
    return NULL;
}

static bool others_left(const struct run *run)
{
    const struct candidate *all = run->decision.candidates.items;

    for (size_t i = run->at + 1; i < run->decision.candidates.n; i++)
        if (strcmp(all[i].verdict, "standby") == 0)
            return true;
    return false;
}

static void start(struct run *run)
{
    run->failed = false;
    run->err = (struct err){0};
    run->tries_here++;
    attempt_begin(run);
}

/* The wait before the same provider is asked again is over; or the run ended meanwhile. */
static void wait_over(void *arg)
{
    struct run *run = arg;
    struct breaker_rules rules = rules_of(run, run->decision.chosen);
    struct err err = {0};

    run->waiting = false;
    if (!run->gone && !run->stopping
        && breaker_pass(&run->gate->breakers, run->target.provider->id, run->target.model, &rules, clock_mono(), &run->probe)
        && aim(run, run->decision.chosen, &err)) {
        metric_add(METRIC_retries_total, 1);
        start(run);
        return;
    }
    run_close(run);
}

/* How long to wait before the same is asked again; -1 = not at all. */
static int64_t same_again_ms(const struct run *run, const struct http_result *result)
{
    const struct settings *s = settings_of(run);
    const struct backoff_rules rules = {s->retry_base_ms, s->retry_max_ms};
    bool others = others_left(run);
    int64_t asked = run->reader.error.retry_after_ms, wait;
    uint64_t random;

    if (run->reader.error.remedy != REMEDY_RETRY || run->tries_here >= (others ? 2 : s->tries_max))
        return -1;
    if (others && (asked || result->total_us > QUICK_US))
        return -1;
    crypto_random(&random, sizeof(random));
    wait = backoff_ms(&rules, run->tries_here, asked, random);
    if (asked > s->retry_max_ms || run_age_us(run) / 1000 + wait > s->deadline_s * 1000)
        return -1;
    return wait;
}

static bool goes_on(struct run *run, const struct http_result *result)
{
    const struct settings *s = settings_of(run);
    int64_t wait;

    if (!run->failed || run->gone || run->stopping || run->said || run->reader.error.remedy == REMEDY_CALLER || run->tries >= s->attempts_max
        || run_age_us(run) > s->deadline_s * 1000000)
        return false;
    wait = same_again_ms(run, result);
    if (wait >= 0) {
        run->waiting = true;
        run->wait = (struct loop_timer){.run = wait_over, .arg = run};
        loop_timer_set(run->relay->loop, &run->wait, clock_mono() + wait * 1000);
        return true;
    }
    if (!next_candidate(run))                                /* the last failure is the run's, with all it said */
        return false;
    metric_add(METRIC_failovers_total, 1);
    start(run);
    return true;
}

void journey_next(struct run *run, const struct http_result *result)
{
    tell_breaker(run);
    if (goes_on(run, result))
        return;
    tell_all(run);
    run_close(run);
}

/* ---- from outside ---- */

static void enter_relay(struct run *run)
{
    run->next = run->relay->runs;
    if (run->next)
        run->next->prev = run;
    run->relay->runs = run;
    loop_keep(run->relay->loop, 1);
}

void run_try(void *arg)
{
    struct run *run = arg;

    enter_relay(run);
    voice_open(run);
    start(run);
    if (run->gone)                                           /* while it waited for its relay */
        http_cancel(run->call);
}

/* End what is under way; a run that waits ends with the loop's next turn, not inside whoever told it. */
static void end_soon(struct run *run)
{
    if (run->call)
        http_cancel(run->call);
    else if (run->waiting)
        loop_timer_set(run->relay->loop, &run->wait, clock_mono());
}

void run_gone(struct run *run)
{
    run->gone = true;
    end_soon(run);
}

void run_cut(struct run *run)
{
    struct err err = {0};

    fail(&err, ERR_BUSY, "the gateway is stopping");
    err.retry_after_s = 5;
    run->stopping = true;
    journey_fail(run, &err);
    end_soon(run);
}
