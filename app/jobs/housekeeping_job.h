/* SPDX-License-Identifier: MIT */
#ifndef JOBS_HOUSEKEEPING_JOB_H
#define JOBS_HOUSEKEEPING_JOB_H
/* housekeeping_job: partitions ahead of time, sessions and checks that are over, removed. */
struct jobs_options;

void housekeeping_job(const struct jobs_options *);

#endif
