/* SPDX-License-Identifier: MIT */
#include "gate/gate.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metrics.h"

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

bool gate_reload(struct gate *gate, struct err *err)
{
    struct snapshot *snapshot;
    struct err saving = {0};

    if (!snapshot_load(gate->db, &gate->base, &snapshot, err))
        return false;
    if (!snapshot_save(snapshot, gate->keyring, gate->snapshot_path, &saving))
        log_err(NULL, LOG_ERROR, "snapshot file not saved", &saving);
    gate_use(gate, snapshot);
    return true;
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
