/* SPDX-License-Identifier: MIT */
#ifndef JOBS_HEALTH_JOB_H
#define JOBS_HEALTH_JOB_H
/* health_job: checks every enabled provider each health_interval_s, and at once those that were added or changed. */
struct jobs_options;

void health_job(const struct jobs_options *);

#endif
