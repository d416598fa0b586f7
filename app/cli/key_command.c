/* SPDX-License-Identifier: MIT */
/* key_command: make a Moongate key from the shell. */
#include <stdio.h>

#include "base/arena.h"
#include "base/json_write.h"
#include "cli/commands.h"
#include "gate/key_change.h"

static const struct option_row options[] = {
    {"--name", true, false}, {"--role", true, false}, {"--class", true, false}, {"--models", true, true}, {"--owner", true, false},
    {"--json", false, false}, {NULL, false, false},
};

static bool print_json(struct arena *a, const char *id, const char *name, const char *key, struct err *err)
{
    struct buf buf = buf_new(a, 4096);
    struct json_out out = json_out(&buf);
    const char *text;

    json_begin_object(&out);
    json_member_text(&out, "id", id);
    json_member_text(&out, "name", name);
    json_member_text(&out, "key", key);
    json_end_object(&out);
    return buf_done(&buf, &text, err) && puts(text) >= 0;
}

static bool key_create_run(struct command_line *line, struct err *err)
{
    struct key_form form = {
        .name = command_option(line, "--name"), .role = command_option(line, "--role"), .data_class = command_option(line, "--class"),
        .owner = command_option(line, "--owner"), .models = command_repeats(line, "--models"),
    };
    struct change change;
    char key[KEY_TEXT + 1];
    const char *id;

    if (!form.name || !*form.name)
        return fail_field_as(err, "cli.needs_option", "--name", "", "");
    if (!command_change(line, &change, err) || !key_create(&change, &form, key, &id, err))
        return false;
    if (command_option(line, "--json"))
        return print_json(line->arena, id, form.name, key, err);
    return puts(key) >= 0;
}

const struct command key_create_command = {
    .words = "key create", .usage = "--name N [--role R] [--class C] [--models a,b] [--owner O] [--json]", .help = "cli.help.key_create",
    .options = options, .run = key_create_run,
};
