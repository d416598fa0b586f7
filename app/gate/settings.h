/* SPDX-License-Identifier: MIT */
#ifndef GATE_SETTINGS_H
#define GATE_SETTINGS_H
/* settings: every number an operator may turn, as one table: name, range, default, whether a change works at once. Origin order:
 * default < environment (MOONGATE_<NAME>) < settings file < console. A bad value stops the start with its name, value and range. */
#include "base/field.h"

struct arena;
struct err;

struct settings {
    int64_t run_workers;             /* threads that open runs */
    int64_t relay_loops;             /* threads that carry answers */
    int64_t page_workers, page_queue;
    int64_t db_pool;                 /* connections */
    int64_t body_max;                /* bytes of a request */
    int64_t answer_max;              /* bytes of a whole answer */
    int64_t stream_buffer;           /* bytes that may wait for a slow caller */
    int64_t keepalive_s;             /* seconds of silence before a comment goes to a streaming caller; 0 = never */
    int64_t tries_max;               /* attempts at the last provider that may answer; each before it gets two at most */
    int64_t attempts_max;            /* of one run, at all providers */
    int64_t retry_base_ms, retry_max_ms;
    int64_t deadline_s;              /* of one run: no attempt begins after it */
    int64_t breaker_window_s, breaker_calls_min, breaker_open_percent, breaker_open_s, breaker_open_max_s, breaker_probe_s;
    int64_t health_interval_s, health_timeout_ms;
    int64_t spool_mb;                /* bound of the spool, MiB */
    int64_t spool_keep_s;            /* replayed segments are kept this long */
    const char *durability;          /* "second" or "power" */
    int64_t offline_max_h;           /* hours the gate answers without having seen the database */
    int64_t session_idle_min, session_max_h;
    int64_t setup_min;               /* minutes the one-time setup link works */
    const char *log_level;
    int64_t cny_per_usd;             /* yuan for a dollar, in ten-thousandths */
    const char *compare_model;       /* "openai/gpt-5-mini": whose price a local answer saves; "" = none */
};
extern const struct field settings_fields[];

struct setting {
    const char *name;                /* = column, JSON name, and MOONGATE_<NAME> */
    size_t offset;
    const char *initial;
    int64_t min, max;                /* of a number; ${max} of a text: characters */
    int decimals;                    /* the number is a decimal one, kept as a whole number of its last digit */
    bool text;                       /* any text, also none */
    const char *const *words;        /* instead: one of these */
    bool live;                       /* works at once; else at the next start */
    const char *unit;                /* catalogue key of the unit, NULL = none */
};
extern const struct setting setting_rows[];
extern const size_t setting_rows_n;
const struct setting *setting_find(const char *name);

enum setting_origin { ORIGIN_DEFAULT, ORIGIN_ENVIRONMENT, ORIGIN_FILE, ORIGIN_CONSOLE };
/* What was chosen and where it came from; ${origin} has one entry per row. */
struct settings_made {
    struct settings values;
    enum setting_origin origin[64];
};

/* Set one value from text: ERR_INPUT with name, value and allowed range. */
must_check bool setting_put(const struct setting *, const char *text, struct arena *, struct settings *, struct err *);
/* What may be set, as text: "1–64", "second, power". */
const char *setting_allowed(const struct setting *, struct arena *);
/* The value as text. */
const char *setting_text(const struct setting *, const struct settings *, struct arena *);
/* Defaults, then environment, then the settings file (missing is fine). */
must_check bool settings_start(const char *file, struct arena *, struct settings_made *made_r, struct err *);
/* Lay console values (struct setting_row of db/settings.h) over it. A bad one is skipped with a warning: it must not stop a running gateway. */
void settings_lay(struct settings_made *, const char *name, const char *value, struct arena *);

#endif
