/* SPDX-License-Identifier: MIT */
/* migrate_command: bring the database to this program's schema. */
#include <stdio.h>

#include "base/arena.h"
#include "cli/commands.h"
#include "db/db.h"

static bool migrate(struct command_line *line, struct err *err)
{
    int applied;

    if (!db_migrate(line->in->database_url, arena_printf(line->arena, "%s/sql", line->in->home), &applied, err))
        return false;
    printf("migrations applied: %d\n", applied);
    return true;
}

const struct command migrate_command = {.words = "migrate", .usage = "", .help = "cli.help.migrate", .run = migrate};
