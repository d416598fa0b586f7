/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SQL_GATE_H
#define TESTS_SQL_GATE_H
/* gate: what tests of changes, sessions and jobs include: a database of their own, a master key, and a gate on them, as the server opens it. */
#include <ftw.h>
#include <unistd.h>

#include "cluster.h"
#include "gate/change.h"
#include "gate/gate.h"
#include "gate/health.h"
#include "gate/provider.h"
#include "gate/seal.h"
#include "providers/providers.h"

static struct gate gate;
static struct settings_made settings;
static char folder[64];
static const char *database;

static const struct actor tester = {.name = "tester", .role = "admin", .remote_addr = "192.0.2.1", .request_id = "r-1"};

__attribute__((unused)) static const char *in_folder(const char *name)
{
    return arena_printf(a, "%s/%s", folder, name);
}

/* A keyring of one random key. */
__attribute__((unused)) static struct keyring *keyring_new(const char *name)
{
    struct keyring *ring = NULL;
    must(keyring_create(in_folder(name), &err));
    must(keyring_load(in_folder(name), a, &ring, &err));
    return ring;
}

__attribute__((unused)) static int gate_begin(void **state, const char *name)
{
    struct snapshot *snapshot;
    if (database_begin(state, name) != 0)
        return -1;
    database = name;
    log_open(2, LOG_ERROR + 1);
    provider_types = all_provider_types;
    snprintf(folder, sizeof(folder), "/tmp/moongate-gate.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    must(settings_start(NULL, a, &settings, &err));
    lock_init(&gate.lock, "gate");
    lock_cond_init(&gate.woken);
    throttle_init(&gate.sign_ins, "sign_ins", 1000000);
    gate.db = db;
    gate.keyring = keyring_new("master.key");
    gate.base = (struct snapshot_base){gate.keyring, &settings};
    gate.health = health_new();
    gate.snapshot_path = in_folder("config.snap");
    must(snapshot_load(db, &gate.base, &snapshot, &err));
    gate_use(&gate, snapshot);
    return 0;
}

__attribute__((unused)) static int gate_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

__attribute__((unused)) static int gate_end(void **state)
{
    snapshot_drop(gate.snapshot);
    gate.snapshot = NULL;
    health_free(gate.health);
    nftw(folder, gate_remove, 16, FTW_DEPTH | FTW_PHYS);
    return database_end(state);
}

__attribute__((unused)) static struct change change_new(struct arena *arena)
{
    return (struct change){.db = db, .arena = arena, .actor = &tester, .keyring = gate.keyring, .gate = &gate};
}

/* The first value of a statement, as a number. */
__attribute__((unused)) static int64_t number(const char *text)
{
    return strtoll(superuser(database, arena_printf(a, "set search_path = moongate; %s", text)), NULL, 10);
}

__attribute__((unused)) static void statement(const char *text)
{
    superuser(database, arena_printf(a, "set search_path = moongate; %s", text));
}

/* All there is in every table, bytea as hexadecimal. */
__attribute__((unused)) static const char *everything(void)
{
    return superuser(database, "set xmlbinary = hex; select coalesce(string_agg(query_to_xml(format('select * from %I.%I', schemaname, tablename),"
                               " true, false, '')::text, ''), '') from pg_tables where schemaname = 'moongate'");
}

#endif
