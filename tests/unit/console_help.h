/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_CONSOLE_HELP_H
#define TESTS_UNIT_CONSOLE_HELP_H
/* console_help: the console room opened on the real catalogues and static files, for tests that look at what people read. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "console/console.h"
#include "console/show.h"
#include "property.h"
#include "web/catalogue.h"

static struct catalogues *catalogues;

__attribute__((unused)) static int console_begin(void **state)
{
    (void)state;
    struct err err = {0};
    bool ok = catalogues_load("i18n", &catalogues, &err)
           && console_open(&(struct console_options){.catalogues = catalogues, .static_folder = "static", .version = "test"}, &err);

    if (!ok)
        print_error("%s\n", err.text);
    return ok ? 0 : -1;
}

__attribute__((unused)) static int console_end(void **state)
{
    (void)state;
    catalogues_free(catalogues);
    return 0;
}

/* 2026-11-20 14:32:05.118 UTC is now. */
#define NOW INT64_C(1795185125118000)

__attribute__((unused)) static struct show show_for(struct arena *a, const char *tag)
{
    return (struct show){.arena = a, .lang = language_find(tag), .zone = {.name = "UTC"}, .now = NOW,
                         .currency = "USD", .cny_per_usd = 71000};
}

#endif
