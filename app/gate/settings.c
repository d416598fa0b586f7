/* SPDX-License-Identifier: MIT */
#include "gate/settings.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/utf8.h"

static const char *const durabilities[] = {"second", "power", NULL};
static const char *const log_levels[] = {"debug", "info", "warn", "error", NULL};

#define NUMBER(m) .name = #m, .offset = offsetof(struct settings, m) + FIELD_MUST_BE(struct settings, m, int64_t)
#define WORD(m) .name = #m, .offset = offsetof(struct settings, m) + FIELD_MUST_BE(struct settings, m, const char *)

const struct setting setting_rows[] = {
    {NUMBER(run_workers),       .initial = "2",         .min = 1,        .max = 64},
    {NUMBER(relay_loops),       .initial = "1",         .min = 1,        .max = 64},
    {NUMBER(page_workers),      .initial = "4",         .min = 1,        .max = 64},
    {NUMBER(page_queue),        .initial = "256",       .min = 1,        .max = 100000},
    {NUMBER(db_pool),           .initial = "8",         .min = 2,        .max = 200},
    {NUMBER(body_max),          .initial = "33554432",  .min = 1024,     .max = 268435456,  .live = true, .unit = "unit.bytes"},
    {NUMBER(answer_max),        .initial = "33554432",  .min = 1024,     .max = 1073741824, .live = true, .unit = "unit.bytes"},
    {NUMBER(stream_buffer),     .initial = "1048576",   .min = 65536,    .max = 67108864,   .live = true, .unit = "unit.bytes"},
    {NUMBER(keepalive_s),       .initial = "15",        .min = 0,        .max = 600,        .live = true, .unit = "unit.seconds"},
    {NUMBER(tries_max),         .initial = "3",         .min = 1,        .max = 10,         .live = true},
    {NUMBER(attempts_max),      .initial = "6",         .min = 1,        .max = 50,         .live = true},
    {NUMBER(retry_base_ms),     .initial = "200",       .min = 0,        .max = 60000,      .live = true, .unit = "unit.milliseconds"},
    {NUMBER(retry_max_ms),      .initial = "5000",      .min = 0,        .max = 120000,     .live = true, .unit = "unit.milliseconds"},
    {NUMBER(deadline_s),        .initial = "600",       .min = 1,        .max = 7200,       .live = true, .unit = "unit.seconds"},
    {NUMBER(breaker_window_s),  .initial = "60",        .min = 10,       .max = 3600,       .live = true, .unit = "unit.seconds"},
    {NUMBER(breaker_calls_min), .initial = "5",         .min = 2,        .max = 10000,      .live = true},
    {NUMBER(breaker_open_percent), .initial = "50",     .min = 1,        .max = 100,        .live = true, .unit = "unit.percent"},
    {NUMBER(breaker_open_s),    .initial = "5",         .min = 1,        .max = 3600,       .live = true, .unit = "unit.seconds"},
    {NUMBER(breaker_open_max_s), .initial = "300",      .min = 1,        .max = 86400,      .live = true, .unit = "unit.seconds"},
    {NUMBER(breaker_probe_s),   .initial = "120",       .min = 1,        .max = 3600,       .live = true, .unit = "unit.seconds"},
    {NUMBER(health_interval_s), .initial = "60",        .min = 1,        .max = 86400,      .live = true, .unit = "unit.seconds"},
    {NUMBER(health_timeout_ms), .initial = "5000",      .min = 100,      .max = 60000,      .live = true, .unit = "unit.milliseconds"},
    {NUMBER(spool_mb),          .initial = "2048",      .min = 64,       .max = 1048576,    .unit = "unit.mebibytes"},
    {NUMBER(spool_keep_s),      .initial = "3600",      .min = 0,        .max = 604800,     .unit = "unit.seconds"},
    {WORD(durability),          .initial = "second",    .words = durabilities},
    {NUMBER(offline_max_h),     .initial = "24",        .min = 1,        .max = 8760,       .live = true, .unit = "unit.hours"},
    {NUMBER(session_idle_min),  .initial = "30",        .min = 1,        .max = 1440,       .live = true, .unit = "unit.minutes"},
    {NUMBER(session_max_h),     .initial = "12",        .min = 1,        .max = 720,        .live = true, .unit = "unit.hours"},
    {NUMBER(setup_min),         .initial = "15",        .min = 1,        .max = 1440,       .unit = "unit.minutes"},
    {WORD(log_level),           .initial = "info",      .words = log_levels},
    {NUMBER(cny_per_usd),       .initial = "7.1",       .min = 10000,    .max = 1000000,    .live = true, .decimals = 4},
    {WORD(compare_model),       .initial = "openai/gpt-5-mini", .max = 240, .live = true, .text = true},
};
const size_t setting_rows_n = COUNT(setting_rows);

const struct field settings_fields[] = {
    FIELD(struct settings, run_workers), FIELD(struct settings, relay_loops), FIELD(struct settings, page_workers),
    FIELD(struct settings, page_queue), FIELD(struct settings, db_pool), FIELD(struct settings, body_max),
    FIELD(struct settings, answer_max), FIELD(struct settings, stream_buffer), FIELD(struct settings, keepalive_s),
    FIELD(struct settings, tries_max), FIELD(struct settings, attempts_max), FIELD(struct settings, retry_base_ms),
    FIELD(struct settings, retry_max_ms), FIELD(struct settings, deadline_s), FIELD(struct settings, breaker_window_s),
    FIELD(struct settings, breaker_calls_min), FIELD(struct settings, breaker_open_percent),
    FIELD(struct settings, breaker_open_s), FIELD(struct settings, breaker_open_max_s), FIELD(struct settings, breaker_probe_s),
    FIELD(struct settings, health_interval_s), FIELD(struct settings, health_timeout_ms),
    FIELD(struct settings, spool_mb),
    FIELD(struct settings, spool_keep_s), FIELD(struct settings, durability), FIELD(struct settings, offline_max_h),
    FIELD(struct settings, session_idle_min), FIELD(struct settings, session_max_h), FIELD(struct settings, setup_min),
    FIELD(struct settings, log_level), FIELD(struct settings, cny_per_usd), FIELD(struct settings, compare_model), FIELD_END,
};

const struct setting *setting_find(const char *name)
{
    for (size_t i = 0; i < setting_rows_n; i++)
        if (strcmp(setting_rows[i].name, name) == 0)
            return &setting_rows[i];
    return NULL;
}

bool setting_put(const struct setting *row, const char *text, struct arena *a, struct settings *settings, struct err *err)
{
    char *member = (char *)settings + row->offset;
    int64_t n;
    size_t i;

    if (row->words) {
        if (!parse_word(text, row->words, row->name, &i, err))
            return false;
        *(const char **)(void *)member = row->words[i];
        return true;
    }
    if (row->text) {
        if (!utf8_valid(bytes_of(text)) || utf8_count(text) > (size_t)row->max)
            return fail_field(err, row->name, text, setting_allowed(row, a));
        *(const char **)(void *)member = arena_text(a, text);
        return true;
    }
    if (row->decimals ? !parse_decimal(text, row->decimals, row->min, row->max, row->name, &n, err)
                      : !parse_int(text, row->min, row->max, row->name, &n, err))
        return false;
    *(int64_t *)(void *)member = n;
    return true;
}

const char *setting_text(const struct setting *row, const struct settings *settings, struct arena *a)
{
    const char *member = (const char *)settings + row->offset;

    if (row->words || row->text)
        return *(const char *const *)(const void *)member;
    return decimal_text(*(const int64_t *)(const void *)member, row->decimals, a);
}

const char *setting_allowed(const struct setting *row, struct arena *a)
{
    const char *text = "";

    if (row->text)
        return arena_printf(a, "≤ %" PRId64 " ×", row->max);                   /* characters */
    if (!row->words)
        return arena_printf(a, "%s–%s", decimal_text(row->min, row->decimals, a), decimal_text(row->max, row->decimals, a));
    for (size_t i = 0; row->words[i]; i++)
        text = arena_printf(a, "%s%s%s", text, i ? ", " : "", row->words[i]);
    return text;
}

static bool put_defaults(struct arena *a, struct settings_made *made, struct err *err)
{
    for (size_t i = 0; i < setting_rows_n; i++) {
        made->origin[i] = ORIGIN_DEFAULT;
        if (!setting_put(&setting_rows[i], setting_rows[i].initial, a, &made->values, err))
            return false;
    }
    return true;
}

static bool put_environment(struct arena *a, struct settings_made *made, struct err *err)
{
    for (size_t i = 0; i < setting_rows_n; i++) {
        char *name = arena_printf(a, "MOONGATE_%s", setting_rows[i].name);
        const char *value;

        for (char *c = name; *c; c++)
            *c = (char)toupper((unsigned char)*c);
        value = getenv(name);
        if (!value)
            continue;
        if (!setting_put(&setting_rows[i], value, a, &made->values, err))
            return false;
        made->origin[i] = ORIGIN_ENVIRONMENT;
    }
    return true;
}

static char *trim(char *text)
{
    char *end;

    while (isspace((unsigned char)*text))
        text++;
    end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1]))
        *--end = '\0';
    return text;
}

static bool put_line(char *line, const char *file, int number, struct arena *a, struct settings_made *made, struct err *err)
{
    char *equals = strchr(line, '='), *name;
    const struct setting *row;

    line = trim(line);
    if (!*line || *line == '#')
        return true;
    if (!equals)
        return fail(err, ERR_INPUT, "settings file %s, line %d: must be \"name = value\"", file, number);
    *equals = '\0';
    name = trim(line);
    row = setting_find(name);
    if (!row)
        return fail(err, ERR_INPUT, "settings file %s, line %d: there is no setting \"%s\"", file, number, name);
    if (!setting_put(row, trim(equals + 1), a, &made->values, err))
        return false;
    made->origin[row - setting_rows] = ORIGIN_FILE;
    return true;
}

static bool put_file(const char *file, struct arena *a, struct settings_made *made, struct err *err)
{
    char line[1024];
    FILE *f = file ? fopen(file, "re") : NULL;
    int number = 0;
    bool ok = true;

    if (!f && file && errno != ENOENT)
        return fail(err, ERR_INPUT, "cannot read settings file %s: %s", file, strerror(errno));
    while (f && ok && fgets(line, sizeof(line), f))
        ok = put_line(line, file, ++number, a, made, err);
    if (f)
        fclose(f);
    return ok;
}

bool settings_start(const char *file, struct arena *a, struct settings_made *made_r, struct err *err)
{
    return put_defaults(a, made_r, err) && put_environment(a, made_r, err) && put_file(file, a, made_r, err);
}

void settings_lay(struct settings_made *made, const char *name, const char *value, struct arena *a)
{
    const struct setting *row = setting_find(name);
    struct err err = {0};

    if (!row || !setting_put(row, value, a, &made->values, &err)) {
        log_warn(NULL, "setting in the database ignored", "name=%s value=%s", name, value);
        return;
    }
    made->origin[row - setting_rows] = ORIGIN_CONSOLE;
}
