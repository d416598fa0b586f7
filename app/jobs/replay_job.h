/* SPDX-License-Identifier: MIT */
#ifndef JOBS_REPLAY_JOB_H
#define JOBS_REPLAY_JOB_H
/* replay_job: moves records from the spool into the database, each exactly once: a run that is there already is skipped together with its counters. A sick
 * database is waited for; a record that it refuses is kept aside and the rest goes on. */
struct jobs_options;

void replay_job(const struct jobs_options *);

#endif
