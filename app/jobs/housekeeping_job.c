/* SPDX-License-Identifier: MIT */
#include "jobs/housekeeping_job.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "db/provider_health.h"
#include "db/runs.h"
#include "db/sessions.h"
#include "jobs/jobs.h"

static const int64_t HOUR = 3600000000, DAY = 24 * 3600000000;
enum { DAYS_AHEAD = 8, CHECKS_KEPT_DAYS = 30 };

static bool keep_house(struct db *db, struct arena *a, struct err *err)
{
    int64_t now = clock_wall(), made, gone;

    return runs_partitions(db, a, now - now % DAY - DAY, DAYS_AHEAD, &made, err) && sessions_prune_expired(db, a, &gone, err)
        && provider_checks_prune(db, a, now - CHECKS_KEPT_DAYS * DAY, &gone, err);
}

void housekeeping_job(const struct jobs_options *options)
{
    struct arena *a = arena_new();
    int64_t next;
    bool stop = false;

    while (!stop) {
        struct err err = {0};
        bool done = keep_house(options->gate->db, a, &err);

        if (!done && err.kind != ERR_DATABASE)
            log_err(NULL, LOG_WARN, "housekeeping not done", &err);
        arena_reset(a);
        next = clock_mono() + (done ? HOUR : HOUR / 60);
        while (!stop && clock_mono() < next)
            stop = job_wait(options->gate, next);
    }
    arena_free(a);
}
