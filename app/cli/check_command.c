/* SPDX-License-Identifier: MIT */
/* check_command: whether this installation could start, and what protects its audit; one line for each thing looked at. */
#include <stdio.h>

#include "base/arena.h"
#include "cli/commands.h"
#include "db/audit.h"
#include "db/db.h"
#include "gate/seal.h"

static bool check_run(struct command_line *line, struct err *err)
{
    struct db *db = installation_db(line->in);
    struct snapshot_base base = {.settings = &line->in->settings};
    struct keyring *keyring;
    struct snapshot *snapshot;

    printf("home %s\nvar %s\n", line->in->home, line->in->var);
    if (!db_ping(db, err))
        return false;
    printf("database answers\n");
    if (!installation_keyring(line->in, db, false, line->arena, &keyring, err))
        return false;
    printf("master key %u\n", keyring_kid(keyring));
    base.keyring = keyring;
    if (!snapshot_load(db, &base, &snapshot, err))
        return false;
    printf("providers %zu, keys %zu, administrator %s\n", snapshot->providers.n, snapshot->keys.n, snapshot->has_admin ? "yes" : "no");
    snapshot_drop(snapshot);
    db_close(db);
    return true;
}

const struct command check_command = {.words = "check", .usage = "", .help = "cli.help.check", .run = check_run};

static bool audit_verify_run(struct command_line *line, struct err *err)
{
    struct db *db = installation_db(line->in);
    struct audit_verdict verdict;
    struct arena *scratch = arena_new();
    bool ok = audit_verify(db, scratch, &verdict, err);

    if (ok && verdict.broken_seq)
        ok = fail(err, ERR_CONFLICT, "the audit chain is broken at row %lld (%s); %lld rows before it are right",
                  (long long)verdict.broken_seq, verdict.why, (long long)verdict.rows);
    else if (ok)
        printf("audit chain whole: %lld rows, last hash %s\n", (long long)verdict.rows, verdict.hash);
    arena_free(scratch);
    db_close(db);
    return ok;
}

const struct command audit_verify_command = {.words = "audit verify", .usage = "", .help = "cli.help.audit_verify", .run = audit_verify_run};
