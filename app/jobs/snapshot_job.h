/* SPDX-License-Identifier: MIT */
#ifndef JOBS_SNAPSHOT_JOB_H
#define JOBS_SNAPSHOT_JOB_H
/* snapshot_job: keeps the snapshot like the database: reads it again when the tables say they changed, and measures how old it is. */
struct jobs_options;

void snapshot_job(const struct jobs_options *);

#endif
