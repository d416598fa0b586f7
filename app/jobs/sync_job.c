/* SPDX-License-Identifier: MIT */
#include "jobs/sync_job.h"

#include "base/clock.h"
#include "base/metrics.h"
#include "jobs/jobs.h"
#include "spool/spool.h"

static void show_status(struct spool *spool)
{
    struct spool_status status;

    spool_status(spool, &status);
    metric_set(METRIC_spool_bytes, (int64_t)status.bytes);
    metric_set(METRIC_spool_waiting, (int64_t)status.waiting);
}

void sync_job(const struct jobs_options *options)
{
    struct gate *gate = options->gate;
    int64_t next = clock_mono();
    bool stop = false;

    while (!stop) {
        next += 1000000;
        while (!stop && clock_mono() < next)             /* woken by others' wishes too */
            stop = job_wait(gate, next);
        spool_sync(gate->spool);
        show_status(gate->spool);
    }
}
