/* SPDX-License-Identifier: MIT */
#ifndef JOBS_SYNC_JOB_H
#define JOBS_SYNC_JOB_H
/* sync_job: makes what was appended to the spool survive a loss of power, every second. */
struct jobs_options;

void sync_job(const struct jobs_options *);

#endif
