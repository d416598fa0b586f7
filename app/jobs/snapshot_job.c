/* SPDX-License-Identifier: MIT */
#include "jobs/snapshot_job.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metrics.h"
#include "db/db.h"
#include "jobs/jobs.h"

enum { WAIT_MS = 250 };

struct watch {
    struct gate *gate;
    struct db_listener *listener;
    int64_t confirmed;                   /* mono µs: when the database last said that nothing changed, or what did */
    bool stale, down;
    unsigned reloads;                    /* asked for by others, as seen last */
};

/* The age counts from when the snapshot's content was true: a start from the file begins with the file's age. */
static void show_age(const struct watch *w)
{
    struct snapshot *snapshot = gate_snapshot(w->gate);
    int64_t age = w->confirmed ? clock_mono() - w->confirmed : clock_wall() - snapshot->made_at;

    metric_set(METRIC_snapshot_age_seconds, age > 0 ? age / 1000000 : 0);
    snapshot_drop(snapshot);
}

static bool asked(struct watch *w, bool *stop_r)
{
    bool news;

    lock_take(&w->gate->lock);
    news = w->reloads != w->gate->reloads;
    w->reloads = w->gate->reloads;
    *stop_r = w->gate->stopping;
    lock_drop(&w->gate->lock);
    return news;
}

static void say_down(struct watch *w, const struct err *err)
{
    if (!w->down)
        log_err(NULL, LOG_WARN, "database lost, answering from the snapshot", err);
    w->down = w->stale = true;               /* what changed meanwhile was not heard */
}

static void say_up(struct watch *w)
{
    if (w->down)
        log_info(NULL, "database back", "after_s=%" PRId64, metric_get(METRIC_snapshot_age_seconds));
    w->down = false;
}

static void watch_once(struct watch *w)
{
    struct err err = {0};
    bool got;

    if (!db_wait(w->listener, WAIT_MS, &got, &err)) {
        say_down(w, &err);
        job_wait(w->gate, clock_mono() + 500000);
        return;
    }
    if ((got || w->stale) && !gate_reload(w->gate, &err)) {
        say_down(w, &err);
        return;
    }
    if (got || w->stale)
        gate_wake_checks(w->gate);
    say_up(w);
    w->stale = false;
    w->confirmed = clock_mono();
}

void snapshot_job(const struct jobs_options *options)
{
    struct db_options listen = {.url = options->database_url, .statement_ms = 5000};
    struct watch w = {.gate = options->gate, .listener = db_listen(&listen, "moongate_settings"), .stale = true};
    bool stop = false;

    while (!stop) {
        w.stale |= asked(&w, &stop);
        watch_once(&w);
        show_age(&w);
    }
    db_listen_close(w.listener);
}
