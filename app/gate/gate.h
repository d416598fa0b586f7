/* SPDX-License-Identifier: MIT */
#ifndef GATE_GATE_H
#define GATE_GATE_H
/* gate: what Moongate is. This file holds what its parts share; read run.h for the way of a request, decide.h for where it may go, snapshot.h for what
 * is known, record.h for what is kept.
 *
 * Shared and by whom it is guarded: the snapshot (a lock around one pointer; readers hold a reference), health (its own lock), the spool (its own), relays
 * (fixed after the start), everything else is set once before threads start. */
#include <stdatomic.h>

#include "base/lock.h"
#include "gate/breaker.h"
#include "gate/snapshot.h"
#include "gate/throttle.h"

struct db;
struct err;
struct health;
struct keyring;
struct relay;
struct spool;

struct gate {
    struct db *db;
    struct keyring *keyring;
    struct snapshot_base base;
    struct spool *spool;
    struct health *health;
    struct breakers breakers;
    struct relay **relays;
    size_t relays_n;
    atomic_size_t next_relay;
    const char *snapshot_path;
    struct lock lock;                    /* over what follows, but for sign_ins, which has its own */
    struct snapshot *snapshot;
    pthread_cond_t woken;                /* jobs wait here: something asked for a reload, a check, a stop */
    unsigned reloads, checks;            /* asked for so far */
    bool reloading;                      /* one thread at a time: the last one to begin must be the last to put its snapshot in place */
    bool stopping;
    uint8_t setup_hash[32];              /* of the one-time link's token */
    int64_t setup_until;                 /* mono µs; 0 = there is none */
    struct throttle sign_ins;
};

/* The snapshot of this moment; drop it with snapshot_drop. */
struct snapshot *gate_snapshot(struct gate *);
/* Put a new one in place (takes the reference). */
void gate_use(struct gate *, struct snapshot *);
/* Read the tables again now, put the result in place and save it to the file. */
must_check bool gate_reload(struct gate *, struct err *);
/* Ask the snapshot job to reload soon, or the health job to check all soon. */
void gate_wake_reload(struct gate *);
void gate_wake_checks(struct gate *);
/* Whether runs may be answered: the database was seen within offline_max_h. */
bool gate_fresh(struct gate *, int64_t *age_s_r);

/* How the gate is, without asking the database. */
struct gate_state {
    const char *status;                  /* "ready", "degraded" (database down, answering on), "refusing" (spool full, settings too old) */
    bool database_up, spool_refusing;
    int64_t settings_age_s, spool_waiting, spool_bytes, runs_in_flight;
};
extern const struct field gate_state_fields[];
struct gate_state gate_state(struct gate *);

#endif
