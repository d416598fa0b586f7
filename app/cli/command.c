/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "db/db.h"
#include "gate/change.h"
#include "gate/chat.h"

const struct command *command_find(int argc, char *const argv[], int *taken_r)
{
    char words[64];

    for (int n = argc < 2 ? argc : 2; n > 0; n--) {
        int used = snprintf(words, sizeof(words), "%s%s%s", argv[0], n == 2 ? " " : "", n == 2 ? argv[1] : "");

        for (size_t i = 0; commands[i] && used < (int)sizeof(words); i++) {
            if (strcmp(commands[i]->words, words) == 0) {
                *taken_r = n;
                return commands[i];
            }
        }
    }
    return NULL;
}

static void add_repeats(struct command_line *line, size_t i, const char *value)
{
    char *rest = arena_text(line->arena, value), *one;

    while ((one = strsep(&rest, ",")))
        if (*one)
            *(const char **)list_add(line->arena, &line->repeats[i], sizeof(const char *)) = one;
}

/* "--name value" and "--name=value". */
static bool take_option(struct command_line *line, int argc, char *const argv[], int *at, struct err *err)
{
    const char *word = argv[*at], *equals = strchr(word, '=');
    size_t n = equals ? (size_t)(equals - word) : strlen(word);

    for (size_t i = 0; line->rows && line->rows[i].name; i++) {
        const struct option_row *row = &line->rows[i];

        if (strlen(row->name) != n || strncmp(row->name, word, n) != 0)
            continue;
        if (!row->has_value && equals)
            return fail_field_as(err, "cli.no_value", row->name, equals + 1, "");
        if (row->has_value && !equals && *at + 1 >= argc)
            return fail_field_as(err, "cli.needs_value", row->name, "", "");
        line->values[i] = !row->has_value ? "" : equals ? equals + 1 : argv[++*at];
        if (row->repeats)
            add_repeats(line, i, line->values[i]);
        return true;
    }
    return fail_field_as(err, "cli.unknown_option", word, "", "");
}

bool command_parse(const struct command *command, int argc, char *const argv[], struct command_line *line, struct err *err)
{
    line->rows = command->options;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0) {
            if (!take_option(line, argc, argv, &i, err))
                return false;
        } else if (line->operands_n == command->operands_max) {
            return fail_field_as(err, "cli.too_many", argv[i], "", "");
        } else {
            line->operands[line->operands_n++] = argv[i];
        }
    }
    return line->operands_n >= command->operands_min || fail_field_as(err, "cli.too_few", command->usage, "", "");
}

static size_t row_of(const struct command_line *line, const char *name)
{
    size_t i = 0;

    while (line->rows[i].name && strcmp(line->rows[i].name, name) != 0)
        i++;
    return i;
}

const char *command_option(const struct command_line *line, const char *name)
{
    return line->values[row_of(line, name)];
}

struct list command_repeats(const struct command_line *line, const char *name)
{
    return line->repeats[row_of(line, name)];
}

bool command_stdin(struct arena *a, size_t max, const char **text_r, struct err *err)
{
    struct buf buf = buf_new(a, max);
    char part[4096];
    ssize_t n;

    while ((n = read(STDIN_FILENO, part, sizeof(part))) > 0)
        buf_add(&buf, part, (size_t)n);
    if (!buf_done(&buf, text_r, err))
        return false;
    if (buf.n && buf.p[buf.n - 1] == '\n')
        buf.p[--buf.n] = '\0';
    if (buf.n && buf.p[buf.n - 1] == '\r')
        buf.p[--buf.n] = '\0';
    return **text_r || fail_field_as(err, "cli.empty_stdin", "stdin", "", "");
}

static void close_db(void *db)
{
    db_close(db);
}

bool command_change(struct command_line *line, struct change *change_r, struct err *err)
{
    static const struct actor shell = {.name = "shell", .role = "admin", .remote_addr = "", .request_id = ""};
    struct keyring *keyring;
    struct db *db = installation_db(line->in);

    arena_defer(line->arena, close_db, db);
    *change_r = (struct change){.db = db, .arena = line->arena, .actor = &shell};
    if (!installation_keyring(line->in, db, true, line->arena, &keyring, err))
        return false;
    change_r->keyring = keyring;
    return true;
}

void command_say(const struct command_line *line, const char *key, const char *a, const char *b, const char *c)
{
    line->say(line->say_arg, key, (const char *const[3]){a, b, c});
}
