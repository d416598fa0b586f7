/* SPDX-License-Identifier: MIT */
#ifndef JOBS_JOBS_H
#define JOBS_JOBS_H
/* jobs: what happens without a request: one thread each, one file each, listed in jobs.c. */
#include "gate/gate.h"

struct jobs;

struct jobs_options {
    struct gate *gate;
    const char *database_url;
    const char *installation, *process;  /* UUIDs: of the var folder, of this start */
};

/* A job runs until gate->stopping. */
struct job {
    const char *name;
    void (*run)(const struct jobs_options *);
};

struct jobs *jobs_start(const struct jobs_options *);
/* Sets gate->stopping, wakes and joins them. The replay gets the chance to empty the spool while the database answers. */
void jobs_stop(struct jobs *);

/* For the files beside: wait on the gate until ${deadline} (mono µs), something was asked for, or a stop. True = stop. */
bool job_wait(struct gate *, int64_t deadline);

#endif
