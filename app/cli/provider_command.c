/* SPDX-License-Identifier: MIT */
/* provider_command: add and test providers from the shell. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/json_write.h"
#include "cli/commands.h"
#include "gate/health.h"
#include "gate/provider_change.h"
#include "gate/provider_options.h"
#include "gate/snapshot.h"

static const struct option_row add_options[] = {
    {"--type", true, false}, {"--name", true, false}, {"--base-url", true, false}, {"--mode", true, false}, {"--key-stdin", false, false},
    {"--model", true, true}, {"--option", true, true}, {"--class", true, false}, {"--json", false, false}, {NULL, false, false},
};

static bool print_id(struct arena *a, const char *id, const char *name, struct err *err)
{
    struct buf buf = buf_new(a, 4096);
    struct json_out out = json_out(&buf);
    const char *text;

    json_begin_object(&out);
    json_member_text(&out, "id", id);
    json_member_text(&out, "name", name);
    json_end_object(&out);
    return buf_done(&buf, &text, err) && puts(text) >= 0;
}

/* NAME=VALUE of the fields that only this type has. */
static bool read_options(struct command_line *line, const struct provider_type *type, const char **json_r, struct err *err)
{
    struct list said = command_repeats(line, "--option"), options = {0};
    const char *const *text = said.items;

    for (size_t i = 0; i < said.n; i++) {
        size_t n = strcspn(text[i], "=");

        if (!n || !text[i][n])
            return fail_field(err, "--option", text[i], "NAME=VALUE");
        *(struct provider_option *)list_add(line->arena, &options, sizeof(struct provider_option)) =
            (struct provider_option){arena_copy(line->arena, text[i], n), text[i] + n + 1};
    }
    *json_r = provider_options_merge(type, NULL, options, false, line->arena);
    return true;
}

static bool read_form(struct command_line *line, struct provider_form *form, struct err *err)
{
    const char *type = command_option(line, "--type"), *name = command_option(line, "--name");

    if (!type || !name || !*name)
        return fail_field_as(err, "cli.needs_option", type ? "--name" : "--type", "", "");
    if (!provider_defaults(type, form, err))
        return false;
    form->name = name;
    form->models = command_repeats(line, "--model");
    if (command_option(line, "--base-url"))
        form->base_url = command_option(line, "--base-url");
    if (command_option(line, "--mode"))
        form->deployment_mode = command_option(line, "--mode");
    form->data_class_max = provider_class_default(form->deployment_mode);
    if (command_option(line, "--class"))
        form->data_class_max = command_option(line, "--class");
    if (!read_options(line, provider_type_find(type), &form->options, err))
        return false;
    return !command_option(line, "--key-stdin") || command_stdin(line->arena, 8192, &form->secret, err);
}

static bool provider_add_run(struct command_line *line, struct err *err)
{
    struct provider_form form;
    struct change change;
    const char *id;

    if (!read_form(line, &form, err) || !command_change(line, &change, err) || !provider_add(&change, &form, &id, err))
        return false;
    if (command_option(line, "--json"))
        return print_id(line->arena, id, form.name, err);
    return puts(id) >= 0;
}

const struct command provider_add_command = {
    .words = "provider add",
    .usage = "--type T --name N [--base-url U] [--mode local|cloud] [--key-stdin] [--model M]... [--option NAME=VALUE]... [--class C] [--json]",
    .help = "cli.help.provider_add", .options = add_options, .run = provider_add_run,
};

static bool find_id(struct change *change, const char *name, const char **id_r, struct err *err)
{
    struct provider_row row;
    bool found;

    if (!providers_find_by_name(change->db, change->arena, name, &row, &found, err))
        return false;
    if (!found)
        return fail_field_as(err, "error.no_such_provider", "name", name, "") || (err->kind = ERR_NOT_FOUND, false);
    *id_r = row.id;
    return true;
}

static bool provider_test_run(struct command_line *line, struct err *err)
{
    struct change change;
    struct check check;
    const char *id = NULL;

    if (!command_change(line, &change, err) || !find_id(&change, line->operands[0], &id, err)
        || !provider_try(&change, id, NULL, line->in->settings.values.health_timeout_ms, &check, err))
        return false;
    if (check.reason[0] && check.state[0] == 'b')
        return fail(err, ERR_UPSTREAM_DOWN, "%s: %s %s", line->operands[0], check.reason, check.detail);
    command_say(line, "cli.provider.ok", arena_printf(line->arena, "%" PRId64, check.latency_us / 1000),
                arena_printf(line->arena, "%zu", check.names.n), NULL);
    for (size_t i = 0; i < check.names.n; i++)
        puts(((const char *const *)check.names.items)[i]);
    return true;
}

const struct command provider_test_command = {
    .words = "provider test", .usage = "NAME", .help = "cli.help.provider_test", .operands_min = 1, .operands_max = 1,
    .run = provider_test_run,
};
