/* SPDX-License-Identifier: MIT */
#include "jobs/replay_job.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metrics.h"
#include "gate/record.h"
#include "jobs/intents.h"
#include "jobs/jobs.h"
#include "spool/spool.h"

enum { BATCH = 500, BATCH_BYTES = 4 << 20, IDLE_US = 100000, WAIT_MAX_US = 5000000 };

struct replay {
    struct gate *gate;
    struct arena *arena;
    struct intents *intents;             /* runs begun and not ended, of processes before this one */
    int64_t wait_us;                     /* after a failure */
    bool down;
};

/* Classes of SQLSTATE that speak of the record, not of the database: data exception, integrity, syntax or access. */
static bool is_poison(void)
{
    const char *state = db_sqlstate();

    return strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0 || strncmp(state, "42", 2) == 0;
}

static bool set_aside(struct replay *r, const struct spool_record *record, const char *why)
{
    struct err err = {0};

    log_error(&(struct log){.run_id = record->id}, "record set aside", "why=\"%s\"", why);
    metric_add(METRIC_spool_poison_total, 1);
    if (spool_poison(r->gate->spool, record, why, &err))
        return true;
    log_err(NULL, LOG_ERROR, "record could not be set aside", &err);
    return false;
}

/* One record at a time, after a batch failed: finds the one the database refuses. */
static bool insert_each(struct replay *r, const struct spool_record *records, const struct run_entry *entries, const size_t *source, size_t n,
                        struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        int64_t inserted = 0;

        if (runs_insert(r->gate->db, r->arena, &entries[i], 1, &inserted, err))
            metric_add(METRIC_spool_replayed_total, inserted);
        else if (!is_poison() || !set_aside(r, &records[source[i]], err->text))
            return false;
    }
    return true;
}

/* FINALs become rows. INTENTs of this process wait for their FINAL in memory of the run itself; those of dead processes are followed by intents. */
static bool insert_batch(struct replay *r, struct list batch, struct err *err)
{
    const struct spool_record *records = batch.items;
    struct run_entry *entries = NEW_ARRAY(r->arena, struct run_entry, batch.n);
    size_t *source = NEW_ARRAY(r->arena, size_t, batch.n), n = 0;
    int64_t inserted = 0;

    for (size_t i = 0; i < batch.n; i++) {
        struct err reading = {0};

        intents_see(r->intents, &records[i]);
        if (records[i].type != RECORD_FINAL || records[i].seen)
            continue;
        source[n] = i;
        if (record_read(records[i].payload, r->arena, &entries[n], &reading))
            n++;
        else if (!set_aside(r, &records[i], reading.text))
            return false;
    }
    if (!n || runs_insert(r->gate->db, r->arena, entries, n, &inserted, err)) {
        metric_add(METRIC_spool_replayed_total, inserted);
        return true;
    }
    return is_poison() && insert_each(r, records, entries, source, n, err);
}

static void back_off(struct replay *r, const struct err *err)
{
    if (!r->down)
        log_err(NULL, LOG_WARN, "replay waits for the database", err);
    r->down = true;
    r->wait_us = r->wait_us ? 2 * r->wait_us : IDLE_US;
    if (r->wait_us > WAIT_MAX_US)
        r->wait_us = WAIT_MAX_US;
}

/* True if there was something to do and it was done. */
static bool replay_once(struct replay *r)
{
    struct err err = {0};
    struct list batch;

    if (!spool_read(r->gate->spool, r->arena, BATCH, BATCH_BYTES, &batch, &err)) {
        log_err(NULL, LOG_ERROR, "spool not read", &err);
        r->wait_us = WAIT_MAX_US;
        return false;
    }
    if (!batch.n)
        return false;
    if (!insert_batch(r, batch, &err)) {
        spool_again(r->gate->spool);
        back_off(r, &err);
        return false;
    }
    if (!spool_done(r->gate->spool, &err))
        log_err(NULL, LOG_WARN, "spool cursor not moved", &err);
    if (r->down)
        log_info(NULL, "replay goes on");
    r->down = false;
    r->wait_us = 0;
    return true;
}

/* All records of dead processes were seen: what they began and did not end was interrupted. */
static void close_interrupted(struct replay *r)
{
    struct err err = {0};

    if (!intents_close(r->intents, r->gate->spool, r->arena, &err))
        log_err(NULL, LOG_ERROR, "interrupted runs not recorded", &err);
}

void replay_job(const struct jobs_options *options)
{
    struct replay r = {.gate = options->gate, .arena = arena_new(), .intents = intents_new()};
    bool stop = false;

    while (!stop) {
        bool busy = replay_once(&r);

        arena_reset(r.arena);
        if (busy)
            continue;
        if (!r.down)
            close_interrupted(&r);
        stop = job_wait(r.gate, clock_mono() + (r.wait_us ? r.wait_us : IDLE_US));
    }
    for (int i = 0; i < 100 && !r.down && replay_once(&r); i++)      /* what is left, as long as the database takes it */
        arena_reset(r.arena);
    intents_free(r.intents);
    arena_free(r.arena);
}
