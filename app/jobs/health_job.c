/* SPDX-License-Identifier: MIT */
#include "jobs/health_job.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "db/provider_health.h"
#include "gate/facts.h"
#include "gate/health.h"
#include "gate/provider_change.h"
#include "jobs/jobs.h"

enum { AT_ONCE = 4 };

/* One round over the providers, by a few threads. */
struct round {
    struct gate *gate;
    struct snapshot *snapshot;
    const struct snapshot *before;       /* of the round before: what stands in it unchanged is not asked again; NULL = ask all */
    atomic_size_t next;
};

static const struct actor moongate = {.name = "moongate", .role = "", .remote_addr = "", .request_id = ""};

/* A provider that was added without models gets those it lists. */
static void learn(struct gate *gate, const struct provider *p, const struct check *check, struct arena *a)
{
    struct change change = {.db = gate->db, .arena = a, .actor = &moongate, .gate = gate, .keyring = gate->keyring};
    struct err err = {0};
    bool learned = false;

    if (!p->models.n && check->names.n && !provider_learn(&change, p->id, check->names, &learned, &err))
        log_err(NULL, LOG_WARN, "models not stored", &err);
    else if (learned)
        log_info(NULL, "models learned", "provider=%s models=%zu", p->name, check->names.n);
    if (!facts_store(&change, p, check->models, &err))
        log_err(NULL, LOG_WARN, "facts of models not stored", &err);
}

static void keep(struct gate *gate, const struct provider *p, const struct check *check, struct arena *a)
{
    struct check_row row = {
        .provider_id = p->id, .kind = "periodic", .state = check->state, .reason = check->reason, .detail = check->detail,
        .http_status = check->http_status, .latency_us = check->latency_us, .models = (int64_t)check->names.n,
    };
    struct err err = {0};

    if (!provider_health_record(gate->db, a, &row, NULL, &err) && err.kind != ERR_DATABASE && err.kind != ERR_NOT_FOUND)
        log_err(NULL, LOG_WARN, "check not stored", &err);
}

static void check_one(struct round *round, const struct provider *p, struct arena *a)
{
    struct check check;
    const char *before;

    provider_check(p, round->snapshot->settings.values.health_timeout_ms, a, &check);
    if (health_note(round->gate->health, p->id, &check, &before))
        log_write(strcmp(check.state, "bad") == 0 ? LOG_WARN : LOG_INFO, NULL, "provider state changed",
                  "provider=%s from=%s to=%s reason=%s status=%d latency_us=%" PRId64 " detail=\"%s\"", p->name, before, check.state,
                  check.reason, check.http_status, check.latency_us, check.detail);
    keep(round->gate, p, &check, a);
    learn(round->gate, p, &check, a);
}

/* Its pool has another name after every change. */
static bool is_new(const struct round *round, const struct provider *p)
{
    const struct provider *known = round->before ? round->before->providers.items : NULL;

    for (size_t i = 0; known && i < round->before->providers.n; i++)
        if (strcmp(known[i].pool, p->pool) == 0)
            return false;
    return true;
}

static void *check_some(void *arg)
{
    struct round *round = arg;
    struct arena *a = arena_new();
    const struct provider *p = round->snapshot->providers.items;
    size_t i;

    while ((i = atomic_fetch_add(&round->next, 1)) < round->snapshot->providers.n) {
        if (p[i].enabled && p[i].type && is_new(round, &p[i]))
            check_one(round, &p[i], a);
        arena_reset(a);
    }
    arena_free(a);
    return NULL;
}

/* ${before} is the snapshot of the round before, NULL at first; it becomes this one's. */
static void check_round(struct gate *gate, bool all, struct snapshot **before)
{
    struct round round = {.gate = gate, .snapshot = gate_snapshot(gate), .before = all ? NULL : *before};
    pthread_t threads[AT_ONCE];
    size_t n = 0;

    while (n < AT_ONCE && n + 1 < round.snapshot->providers.n && pthread_create(&threads[n], NULL, check_some, &round) == 0)
        n++;
    check_some(&round);
    while (n)
        pthread_join(threads[--n], NULL);
    if (*before)
        snapshot_drop(*before);
    *before = round.snapshot;
}

static int64_t interval_us(struct gate *gate)
{
    struct snapshot *snapshot = gate_snapshot(gate);
    int64_t us = snapshot->settings.values.health_interval_s * 1000000;

    snapshot_drop(snapshot);
    return us;
}

/* Wait for the deadline, a wish for a check, or the stop. */
static bool wait_round(struct gate *gate, int64_t deadline, unsigned *seen)
{
    bool stop = false, wished = false;

    while (!stop && !wished && clock_mono() < deadline) {
        stop = job_wait(gate, deadline);
        lock_take(&gate->lock);
        wished = *seen != gate->checks;
        *seen = gate->checks;
        lock_drop(&gate->lock);
    }
    return stop;
}

void health_job(const struct jobs_options *options)
{
    struct gate *gate = options->gate;
    struct snapshot *before = NULL;
    int64_t last = 0;                                        /* when all were asked, mono µs */
    unsigned seen = 0;

    do {
        bool all = !before || clock_mono() >= last + interval_us(gate);

        if (all)
            last = clock_mono();
        check_round(gate, all, &before);
    } while (!wait_round(gate, last + interval_us(gate), &seen));
    snapshot_drop(before);
}
