/* SPDX-License-Identifier: MIT */
/* check_command: whether this installation could start, and what protects its audit; one line for each thing looked at. */
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

    command_say(line, "cli.check.folders", line->in->home, line->in->var, NULL);
    if (!db_ping(db, err))
        return false;
    command_say(line, "cli.check.database", NULL, NULL, NULL);
    if (!installation_keyring(line->in, db, false, line->arena, &keyring, err))
        return false;
    command_say(line, "cli.check.master_key", arena_printf(line->arena, "%u", keyring_kid(keyring)), NULL, NULL);
    base.keyring = keyring;
    if (!snapshot_load(db, &base, &snapshot, err))
        return false;
    command_say(line, snapshot->has_admin ? "cli.check.content" : "cli.check.content_no_admin",
                arena_printf(line->arena, "%zu", snapshot->providers.n), arena_printf(line->arena, "%zu", snapshot->keys.n), NULL);
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
        command_say(line, "cli.audit.whole", arena_printf(line->arena, "%lld", (long long)verdict.rows), verdict.hash, NULL);
    arena_free(scratch);
    db_close(db);
    return ok;
}

const struct command audit_verify_command = {.words = "audit verify", .usage = "", .help = "cli.help.audit_verify", .run = audit_verify_run};
