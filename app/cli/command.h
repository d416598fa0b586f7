/* SPDX-License-Identifier: MIT */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H
/* command: a subcommand is one const row, its file beside this one. Options are a table too: "--name TEXT" or a bare "--flag"; what is left are operands. */
#include "base/err.h"
#include "gate/installation.h"

struct arena;
struct gate;

enum { OPTIONS_MAX = 16, REPEATS_MAX = 64 };

struct option_row {
    const char *name;                    /* "--role" */
    bool has_value, repeats;
};

struct command_line {
    struct arena *arena;
    const struct installation *in;
    const char *operands[8];
    size_t operands_n;
    const struct option_row *rows;
    const char *values[OPTIONS_MAX];     /* of the row at the same place; "" for a given flag; the last one given */
    struct list repeats[OPTIONS_MAX];    /* const char * of rows that repeat, commas split */
    void (*say)(const void *arg, const char *key, const char *const values[3]);    /* main's: see command_say */
    const void *say_arg;
};

struct command {
    const char *words;                   /* "key create": one or two words */
    const char *usage;                   /* what follows them */
    const char *help;                    /* catalogue key */
    const struct option_row *options;    /* ends with name NULL */
    size_t operands_min, operands_max;
    /* Writes its answer to standard output. */
    bool (*run)(struct command_line *, struct err *);
};

extern const struct command *const commands[];           /* ends with NULL; commands.c */

/* The row for these words, and how many of them it took (1 or 2); NULL if there is none. */
const struct command *command_find(int argc, char *const argv[], int *taken_r);
/* Read the rest of the line by the row. ERR_INPUT: bad usage. */
must_check bool command_parse(const struct command *, int argc, char *const argv[], struct command_line *line_r, struct err *);
const char *command_option(const struct command_line *, const char *name);               /* NULL = not given */
struct list command_repeats(const struct command_line *, const char *name);

/* A sentence of the catalogue to standard output, with {a}, {b} and {c}; NULL where it has fewer. */
void command_say(const struct command_line *, const char *key, const char *a, const char *b, const char *c);

/* All of standard input up to ${max} bytes, without one newline at its end; for secrets. */
must_check bool command_stdin(struct arena *, size_t max, const char **text_r, struct err *);

/* What commands that change something need: database, keyring, who they are in the audit. */
struct change;
must_check bool command_change(struct command_line *, struct change *change_r, struct err *);

#endif
