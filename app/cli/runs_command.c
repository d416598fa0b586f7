/* SPDX-License-Identifier: MIT */
/* runs_command: the newest runs as JSON lines, oldest first. */
#include <stdio.h>

#include "base/arena.h"
#include "base/json_write.h"
#include "cli/commands.h"
#include "db/runs.h"

static bool print_run(struct arena *a, const struct run_row *row, struct err *err)
{
    struct buf buf = buf_new(a, 256 << 10);
    struct json_out out = json_out(&buf);
    const char *text;

    json_put_row(&out, run_fields, row);
    return buf_done(&buf, &text, err) && puts(text) >= 0;
}

static bool runs_tail_run(struct command_line *line, struct err *err)
{
    struct db *db = installation_db(line->in);
    struct run_filter filter = {.limit = 50};
    struct list runs;
    bool ok = runs_list(db, line->arena, &filter, &runs, err);

    for (size_t i = runs.n; ok && i > 0; i--)
        ok = print_run(line->arena, (const struct run_row *)runs.items + i - 1, err);
    db_close(db);
    return ok;
}

const struct command runs_tail_command = {.words = "runs tail", .usage = "", .help = "cli.help.runs_tail", .run = runs_tail_run};
