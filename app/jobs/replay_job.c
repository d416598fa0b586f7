/* SPDX-License-Identifier: MIT */
#include "jobs/replay_job.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/parse.h"
#include "db/intents.h"
#include "gate/record.h"
#include "jobs/jobs.h"
#include "spool/spool.h"

/* The process of intents whose own is dead and not known by name. */
#define NOBODY "00000000-0000-0000-0000-000000000000"

enum { BATCH = 500, BATCH_BYTES = 4 << 20, IDLE_US = 100000, WAIT_MAX_US = 5000000, REPLAY_NICE = 5 };

struct replay {
    struct gate *gate;
    struct arena *arena;
    struct intent_owner owner;           /* this process */
    struct intent_owner dead;            /* any earlier one: whose records were adopted */
    bool closed;                         /* what dead processes left is dealt with */
    int64_t wait_us;                     /* after a failure */
    bool down;
};

/* Classes of SQLSTATE that speak of the record: data exception, integrity. Not 42 (a right or a table is missing): statements are
 * constants, so that is the database's state and may be mended, while every record would be set aside. */
static bool is_poison(void)
{
    const char *state = db_sqlstate();

    return strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0;
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

/* What a batch of records says, sorted. */
struct sorted {
    struct run_entry *finals;
    size_t *source;                      /* of each final: its place in the batch */
    const char **ended;                  /* ids of the finals */
    size_t n;
};

static bool has_final(const struct sorted *s, const char *id)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->ended[i], id) == 0)
            return true;
    return false;
}

static bool sort_finals(struct replay *r, struct list batch, struct sorted *s)
{
    const struct spool_record *records = batch.items;

    for (size_t i = 0; i < batch.n; i++) {
        struct err reading = {0};

        if (records[i].type != RECORD_FINAL)
            continue;
        s->source[s->n] = i;
        s->ended[s->n] = records[i].id;
        if (record_read(records[i].payload, r->arena, &s->finals[s->n], &reading))
            s->n++;
        else if (!set_aside(r, &records[i], reading.text))
            return false;
    }
    return true;
}

/* Those whose final is not in this batch. */
static bool insert_intents(struct replay *r, struct list batch, const struct sorted *s, bool adopted, struct err *err)
{
    const struct spool_record *records = batch.items;
    const char **begun = NEW_ARRAY(r->arena, const char *, batch.n), **payloads = NEW_ARRAY(r->arena, const char *, batch.n);
    size_t n = 0;

    for (size_t i = 0; i < batch.n; i++) {
        if (records[i].type != RECORD_INTENT || records[i].adopted != adopted || has_final(s, records[i].id))
            continue;
        begun[n] = records[i].id;
        payloads[n++] = hex_text(records[i].payload, r->arena);
    }
    if (adopted && n)
        r->closed = false;
    return intents_insert(r->gate->db, r->arena, adopted ? &r->dead : &r->owner, begun, payloads, n, err);
}

static bool sort_batch(struct replay *r, struct list batch, struct sorted *s)
{
    *s = (struct sorted){
        .finals = NEW_ARRAY(r->arena, struct run_entry, batch.n), .source = NEW_ARRAY(r->arena, size_t, batch.n),
        .ended = NEW_ARRAY(r->arena, const char *, batch.n),
    };
    return sort_finals(r, batch, s);
}

static bool insert_finals(struct replay *r, struct list batch, const struct sorted *s, struct err *err)
{
    int64_t inserted = 0;

    if (!s->n || runs_insert(r->gate->db, r->arena, s->finals, s->n, &inserted, err)) {
        metric_add(METRIC_spool_replayed_total, inserted);
        return true;
    }
    return is_poison() && insert_each(r, batch.items, s->finals, s->source, s->n, err);
}

/* Intents first, rows next, then the intents that ended: a crash between any two is mended by doing the batch again. */
static bool insert_batch(struct replay *r, struct list batch, struct err *err)
{
    struct sorted s;

    if (!sort_batch(r, batch, &s))
        return fail(err, ERR_RECORDING, "a record could not be set aside");
    return insert_intents(r, batch, &s, true, err) && insert_intents(r, batch, &s, false, err)
        && insert_finals(r, batch, &s, err) && intents_delete(r->gate->db, r->arena, s.ended, s.n, err);
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

enum step {
    STEP_FAILED,                         /* not possible now */
    STEP_NOTHING,                        /* all was done before */
    STEP_SOME,                           /* done, and that was all */
    STEP_FULL,                           /* done, and more waits */
};

static enum step replay_once(struct replay *r)
{
    struct err err = {0};
    struct list batch;

    if (!spool_read(r->gate->spool, r->arena, BATCH, BATCH_BYTES, &batch, &err)) {
        log_err(NULL, LOG_ERROR, "spool not read", &err);
        r->wait_us = WAIT_MAX_US;
        return STEP_FAILED;
    }
    if (!batch.n) {
        r->wait_us = 0;
        return STEP_NOTHING;
    }
    if (!insert_batch(r, batch, &err)) {
        spool_again(r->gate->spool);
        back_off(r, &err);
        return STEP_FAILED;
    }
    if (!spool_done(r->gate->spool, &err))
        log_err(NULL, LOG_WARN, "spool cursor not moved", &err);
    if (r->down)
        log_info(NULL, "replay goes on");
    r->down = false;
    r->wait_us = 0;
    return batch.n < BATCH ? STEP_SOME : STEP_FULL;
}

/* What is known of a run whose process died: what its intent says. */
static bool close_one(struct replay *r, const struct intent_row *intent, struct err *err)
{
    struct spool_record record = {.type = RECORD_INTENT, .at = clock_wall()};
    struct run_entry entry = {0};

    snprintf(record.id, sizeof(record.id), "%s", intent->run_id);
    if (!hex_bytes(intent->payload, r->arena, &record.payload) || !record_read(record.payload, r->arena, &entry, err))
        return set_aside(r, &record, "the intent does not read") && intents_delete(r->gate->db, r->arena, &intent->run_id, 1, err);
    entry.run.status = "interrupted";
    entry.run.error_code = "interrupted";
    entry.run.error_detail = "the process ended while the run was in flight";
    log_warn(&(struct log){.run_id = intent->run_id}, "run was interrupted");
    if (!runs_insert(r->gate->db, r->arena, &entry, 1, NULL, err) && !(is_poison() && set_aside(r, &record, err->text)))
        return false;
    return intents_delete(r->gate->db, r->arena, &intent->run_id, 1, err);
}

/* After all records of earlier processes were replayed: what they began and did not end was interrupted. */
static void close_interrupted(struct replay *r)
{
    struct list dead;
    struct err err = {0};
    bool ok;

    if (r->closed)
        return;
    ok = intents_list_dead(r->gate->db, r->arena, &r->owner, &dead, &err);
    r->closed = ok && dead.n == 0;
    for (size_t i = 0; ok && i < dead.n; i++)
        ok = close_one(r, (const struct intent_row *)dead.items + i, &err);
    if (ok)
        return;
    r->wait_us = WAIT_MAX_US;
    if (err.kind != ERR_DATABASE)
        log_err(NULL, LOG_ERROR, "interrupted runs not recorded", &err);
}

/* Answering comes first: when the processors are full, records wait in the spool a little longer. */
static void step_back(void)
{
    if (setpriority(PRIO_PROCESS, (id_t)gettid(), REPLAY_NICE) != 0)
        log_info(NULL, "replay keeps its priority");
}

void replay_job(const struct jobs_options *options)
{
    struct replay r = {.gate = options->gate, .arena = arena_new(), .owner = {options->installation, options->process},
                       .dead = {options->installation, NOBODY}};
    bool stop = false;

    step_back();
    while (!stop) {
        enum step step = replay_once(&r);

        arena_reset(r.arena);
        if (step == STEP_FULL)
            continue;                    /* a batch that is not full can wait to become so: a call to the database has its price */
        if (step == STEP_NOTHING)
            close_interrupted(&r);
        stop = job_wait(r.gate, clock_mono() + (r.wait_us ? r.wait_us : IDLE_US));
    }
    for (int i = 0; i < 100 && !r.down && replay_once(&r) >= STEP_SOME; i++)      /* what is left, as long as the database takes it */
        arena_reset(r.arena);
    arena_free(r.arena);
}
