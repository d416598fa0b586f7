/* SPDX-License-Identifier: MIT */
/* main: which subcommand was asked for, in which language to speak, and how it ended: 0 done, 2 bad usage, 1 anything else. The server is server.c, the other
 * commands are cli/. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "cli/commands.h"
#include "gate/provider.h"
#include "providers/providers.h"
#include "server.h"
#include "web/catalogue.h"

struct speech {
    struct arena *arena;
    struct catalogues *catalogues;
    const struct language *lang;
};

/* zh_CN.UTF-8 and its like speak Chinese; everything else English. */
static const struct language *language_of_shell(void)
{
    const char *names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

    for (size_t i = 0; i < COUNT(names); i++) {
        const char *value = getenv(names[i]);

        /* C and POSIX say nothing about a language; the next one may. */
        if (value && *value && *value != 'C' && strcmp(value, "POSIX") != 0)
            return language_find(strncmp(value, "zh", 2) == 0 ? "zh-CN" : "en-US");
    }
    return language_find("en-US");
}

static int say(const struct speech *speech, const struct err *err, int status)
{
    if (speech->catalogues && err->message)
        fprintf(stderr, "moongate: %s\n", message_err(speech->catalogues, speech->lang, err, speech->arena));
    else
        fprintf(stderr, "moongate: %s\n", err->text);
    return status;
}

static void say_usage(const struct speech *speech)
{
    fprintf(stderr, "moongate serve\n    %s\n", message(speech->catalogues, speech->lang, "cli.help.serve", NULL, speech->arena));
    for (size_t i = 0; commands[i]; i++)
        fprintf(stderr, "moongate %s %s\n    %s\n", commands[i]->words, commands[i]->usage,
                message(speech->catalogues, speech->lang, commands[i]->help, NULL, speech->arena));
}

/* command_line.say: a message with up to three values to standard output. */
static void say_message(const void *arg, const char *key, const char *const values[3])
{
    const struct speech *speech = arg;
    struct message_arg args[] = {{"a", values[0], 0}, {"b", values[1], 0}, {"c", values[2], 0}, {NULL, NULL, 0}};

    puts(message(speech->catalogues, speech->lang, key, args, speech->arena));
}

static int run_command(const struct speech *speech, const struct installation *in, int argc, char **argv)
{
    struct err err = {0};
    struct command_line line = {.arena = speech->arena, .in = in, .say = say_message, .say_arg = speech};
    int taken = 0;
    const struct command *command = command_find(argc, argv, &taken);

    if (!command) {
        say_usage(speech);
        return 2;
    }
    if (!command_parse(command, argc - taken, argv + taken, &line, &err)) {
        say(speech, &err, 2);
        fprintf(stderr, "moongate %s %s\n", command->words, command->usage);
        return 2;
    }
    if (command->run(&line, &err))
        return 0;
    return say(speech, &err, err.message && strncmp(err.message, "cli.", 4) == 0 ? 2 : 1);
}

static enum log_level level_of(const char *word)
{
    static const char *const words[] = {"debug", "info", "warn", "error"};

    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(words[i], word) == 0)
            return (enum log_level)i;
    return LOG_INFO;
}

static int run(const struct speech *speech, const struct installation *in, int argc, char **argv)
{
    struct err err = {0};

    provider_types = all_provider_types;
    if (argc == 2 && strcmp(argv[1], "serve") == 0) {
        log_open(2, level_of(in->settings.values.log_level));
        return server_run(in, speech->catalogues, speech->lang, speech->arena, &err) ? 0 : say(speech, &err, 1);
    }
    log_open(2, LOG_ERROR);
    return run_command(speech, in, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    struct speech speech = {.arena = arena_new(), .lang = language_of_shell()};
    struct installation in = {0};
    struct err err = {0}, reading = {0};
    bool read = installation_read(speech.arena, &in, &reading);
    int status = 1;

    if (!in.home || !catalogues_load(arena_printf(speech.arena, "%s/i18n", in.home), &speech.catalogues, &err))
        say(&speech, &err, 1);
    else if (!read)
        say(&speech, &reading, 1);
    else if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        say_usage(&speech), status = argc < 2 ? 2 : 0;
    else
        status = run(&speech, &in, argc, argv);
    catalogues_free(speech.catalogues);
    arena_free(speech.arena);
    return status;
}
