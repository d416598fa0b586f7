/* SPDX-License-Identifier: MIT */
/* snapshot_command: write the encrypted settings file a start without the database needs. */
#include <stdio.h>

#include "cli/commands.h"
#include "db/db.h"
#include "gate/seal.h"

static bool snapshot_export_run(struct command_line *line, struct err *err)
{
    struct db *db = installation_db(line->in);
    struct snapshot_base base = {.settings = &line->in->settings};
    struct keyring *keyring;
    struct snapshot *snapshot;
    bool ok;

    if (!installation_keyring(line->in, db, false, line->arena, &keyring, err))
        return false;
    base.keyring = keyring;
    if (!snapshot_load(db, &base, &snapshot, err))
        return false;
    ok = snapshot_save(snapshot, keyring, line->in->snapshot_file, err);
    if (ok)
        puts(line->in->snapshot_file);
    snapshot_drop(snapshot);
    db_close(db);
    return ok;
}

const struct command snapshot_export_command = {
    .words = "snapshot export", .usage = "", .help = "cli.help.snapshot_export", .run = snapshot_export_run,
};
