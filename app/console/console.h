/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H
/* console: the pages people use, and the same things as JSON for programs: one file per resource (providers_page.c, runs_page.c, keys_page.c …),
 * each a view struct, the FIELD rows that show it, and short handlers. This file is what the whole room needs once. Read on with shell.h (what is
 * around every page) and show.h (how values become texts). */
#include "base/base.h"

struct catalogues;
struct err;

struct console_options {
    const struct catalogues *catalogues;
    const char *static_folder;           /* the files pages refer to: their addresses get a version made of their contents */
    const char *version;                 /* of the program, shown at the foot of the navigation */
    bool demo;                           /* the scripted model server runs beside us: say so on every page */
};

struct console {
    const struct catalogues *catalogues;
    const char *version;
    bool demo;
    char files[13];                      /* of our static files, hexadecimal: /static/console.css?v=… */
    char htmx[80];                       /* file in static/vendor/, "" = not there: pages then load without it */
};

/* Once, before the first request. ERR_INPUT naming the file that is missing. */
must_check bool console_open(const struct console_options *, struct err *);
/* What console_open made. */
const struct console *console(void);

#endif
