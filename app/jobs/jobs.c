/* SPDX-License-Identifier: MIT */
#include "jobs/jobs.h"

#include <pthread.h>
#include <stdlib.h>

#include "jobs/health_job.h"
#include "jobs/housekeeping_job.h"
#include "jobs/replay_job.h"
#include "jobs/snapshot_job.h"
#include "jobs/sync_job.h"

static const struct job all_jobs[] = {
    {"replay", replay_job}, {"sync", sync_job}, {"snapshot", snapshot_job}, {"health", health_job}, {"housekeeping", housekeeping_job},
};

struct started {
    const struct job *job;
    const struct jobs_options *options;
};

struct jobs {
    struct jobs_options options;
    struct started started[COUNT(all_jobs)];
    pthread_t threads[COUNT(all_jobs)];
};

static void *job_main(void *arg)
{
    const struct started *started = arg;

    started->job->run(started->options);
    return NULL;
}

struct jobs *jobs_start(const struct jobs_options *options)
{
    struct jobs *jobs = calloc(1, sizeof(*jobs));

    if (!jobs)
        abort();
    jobs->options = *options;
    for (size_t i = 0; i < COUNT(all_jobs); i++) {
        jobs->started[i] = (struct started){&all_jobs[i], &jobs->options};
        if (pthread_create(&jobs->threads[i], NULL, job_main, &jobs->started[i]) != 0)
            abort();
    }
    return jobs;
}

void jobs_stop(struct jobs *jobs)
{
    struct gate *gate = jobs->options.gate;

    lock_take(&gate->lock);
    gate->stopping = true;
    pthread_cond_broadcast(&gate->woken);
    lock_drop(&gate->lock);
    for (size_t i = 0; i < COUNT(all_jobs); i++)
        pthread_join(jobs->threads[i], NULL);
    free(jobs);
}

bool job_wait(struct gate *gate, int64_t deadline)
{
    bool stop;

    lock_take(&gate->lock);
    if (!gate->stopping)
        lock_wait(&gate->lock, &gate->woken, deadline);
    stop = gate->stopping;
    lock_drop(&gate->lock);
    return stop;
}
