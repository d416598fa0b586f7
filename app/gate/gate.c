/* SPDX-License-Identifier: MIT */
#include "gate/gate.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metrics.h"
#include "spool/spool.h"

const struct field gate_state_fields[] = {
    FIELD(struct gate_state, status), FIELD(struct gate_state, database_up), FIELD(struct gate_state, spool_refusing),
    FIELD(struct gate_state, settings_age_s), FIELD(struct gate_state, spool_waiting), FIELD(struct gate_state, spool_bytes),
    FIELD(struct gate_state, runs_in_flight), FIELD_END,
};

struct snapshot *gate_snapshot(struct gate *gate)
{
    struct snapshot *snapshot;

    lock_take(&gate->lock);
    snapshot = snapshot_hold(gate->snapshot);
    lock_drop(&gate->lock);
    return snapshot;
}

void gate_use(struct gate *gate, struct snapshot *snapshot)
{
    struct snapshot *before;

    lock_take(&gate->lock);
    before = gate->snapshot;
    gate->snapshot = snapshot;
    lock_drop(&gate->lock);
    snapshot_drop(before);
}

/* Take turns, without holding the lock while the database is asked: two at once would write one file between each other, and the
 * older reading could end up in place of the newer. */
static void reload_begin(struct gate *gate)
{
    lock_take(&gate->lock);
    while (gate->reloading)
        lock_wait(&gate->lock, &gate->woken, 0);
    gate->reloading = true;
    lock_drop(&gate->lock);
}

static void reload_end(struct gate *gate)
{
    lock_take(&gate->lock);
    gate->reloading = false;
    pthread_cond_broadcast(&gate->woken);
    lock_drop(&gate->lock);
}

bool gate_reload(struct gate *gate, struct err *err)
{
    struct snapshot *snapshot;
    struct err saving = {0};
    bool ok;

    reload_begin(gate);
    ok = snapshot_load(gate->db, &gate->base, &snapshot, err);
    if (ok && !snapshot_save(snapshot, gate->keyring, gate->snapshot_path, &saving))
        log_err(NULL, LOG_ERROR, "snapshot file not saved", &saving);
    if (ok)
        gate_use(gate, snapshot);
    reload_end(gate);
    return ok;
}

static void wake(struct gate *gate, unsigned *counter)
{
    lock_take(&gate->lock);
    ++*counter;
    pthread_cond_broadcast(&gate->woken);
    lock_drop(&gate->lock);
}

void gate_wake_reload(struct gate *gate)
{
    wake(gate, &gate->reloads);
}

void gate_wake_checks(struct gate *gate)
{
    wake(gate, &gate->checks);
}

bool gate_fresh(struct gate *gate, int64_t *age_s_r)
{
    struct snapshot *snapshot = gate_snapshot(gate);
    int64_t age_s = metric_get(METRIC_snapshot_age_seconds);
    bool fresh = age_s < snapshot->settings.values.offline_max_h * 3600;

    *age_s_r = age_s;
    snapshot_drop(snapshot);
    return fresh;
}

struct gate_state gate_state(struct gate *gate)
{
    struct gate_state state = {.database_up = metric_get(METRIC_database_up) != 0, .runs_in_flight = metric_get(METRIC_runs_in_flight)};
    bool fresh = gate_fresh(gate, &state.settings_age_s);
    struct spool_status spool;

    spool_status(gate->spool, &spool);
    state.spool_refusing = spool.refusing || spool.failed;
    state.spool_waiting = (int64_t)spool.waiting;
    state.spool_bytes = (int64_t)spool.bytes;
    state.status = !fresh || state.spool_refusing ? "refusing" : state.database_up ? "ready" : "degraded";
    return state;
}
