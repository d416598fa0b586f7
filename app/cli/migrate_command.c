/* SPDX-License-Identifier: MIT */
/* migrate_command: bring the database to this program's schema. */
#include "base/arena.h"
#include "cli/commands.h"
#include "db/db.h"

static bool migrate(struct command_line *line, struct err *err)
{
    int applied;

    if (!db_migrate(line->in->database_url, arena_printf(line->arena, "%s/sql", line->in->home), &applied, err))
        return false;
    command_say(line, applied ? "cli.migrated" : "cli.migrated_nothing", arena_printf(line->arena, "%d", applied), NULL, NULL);
    return true;
}

const struct command migrate_command = {.words = "migrate", .usage = "", .help = "cli.help.migrate", .run = migrate};
