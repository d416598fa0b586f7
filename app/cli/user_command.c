/* SPDX-License-Identifier: MIT */
/* user_command: add a user from the shell; also the way back in when nobody can sign in any more. */
#include <stdio.h>

#include "cli/commands.h"
#include "gate/account.h"

static const struct option_row options[] = {{"--role", true, false}, {"--password-stdin", false, false}, {NULL, false, false}};

static bool user_add_run(struct command_line *line, struct err *err)
{
    struct account_form form = {.name = line->operands[0], .role = command_option(line, "--role")};
    struct change change;
    const char *id;

    if (!form.role)
        return fail_field_as(err, "cli.needs_option", "--role", "", "");
    if (!command_option(line, "--password-stdin"))
        return fail_field_as(err, "cli.needs_option", "--password-stdin", "", "");
    return command_stdin(line->arena, 4096, &form.password, err) && command_change(line, &change, err)
        && account_add(&change, &form, &id, err) && puts(id) >= 0;
}

const struct command user_add_command = {
    .words = "user add", .usage = "NAME --role R --password-stdin", .help = "cli.help.user_add", .options = options, .operands_min = 1,
    .operands_max = 1, .run = user_add_run,
};
