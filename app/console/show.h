/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_SHOW_H
#define CONSOLE_SHOW_H
/* show: values as the reader of this page reads them: their language, their time zone. Handlers make one and fill the page-only members of their
 * views with it; templates then only place texts. */
#include "base/field.h"
#include "console/zone.h"
#include "web/catalogue.h"
#include "web/request.h"

struct show {
    struct request *rq;
    struct arena *arena;
    const struct language *lang;
    struct zone zone;
    int64_t now;
    const char *currency;                /* the reader's: "USD", "CNY" */
    int64_t cny_per_usd;                 /* in ten-thousandths */
};

struct show show_of(struct request *);

/* A sentence of the catalogue; with one text; with any arguments. */
const char *say(const struct show *, const char *key);
const char *say_name(const struct show *, const char *key, const char *name);       /* {name} */
const char *say_count(const struct show *, const char *key, int64_t n);             /* {n} */
const char *say_with(const struct show *, const char *key, const struct message_arg *args);

/* "—" for 0 where nothing is meant by it. */
const char *show_int(const struct show *, int64_t n);
const char *show_us(const struct show *, int64_t micros);
/* Micro-dollars in the reader's currency; and what to say beside it where that is not dollars: "$0.0112", else "". */
const char *show_cost(const struct show *, int64_t cost_micros);
const char *show_cost_note(const struct show *, int64_t cost_micros);
const char *show_moment(const struct show *, int64_t micros);           /* date and time */
const char *show_clock(const struct show *, int64_t micros);            /* today the time, else date and time */
const char *show_ago(const struct show *, int64_t micros);
const char *show_percent(const struct show *, int64_t part, int64_t whole);         /* "99.12%" */
/* "0193a7f0…9f2c": enough to tell two ids apart on one page; the whole one belongs in title and address. */
const char *show_id(const struct show *, const char *id);
/* The first character, for the square before a name. */
const char *show_monogram(const struct show *, const char *name);

/* Shape, word and colour of a state: icon of the sprite, css class, word. */
struct mark {
    const char *icon, *css, *word;
};
extern const struct field mark_fields[];
struct mark show_health(const struct show *, const char *state);        /* ok, warn, bad, off, unknown */
struct mark show_run_status(const struct show *, const char *status);   /* ok, failed, refused, … */
/* Why a provider is not well, as a sentence; "" if it is. */
const char *show_reason(const struct show *, const char *reason);
/* Why a run or attempt did not succeed, in a few words: an error's code ("rate"), an end of the connection ("refused") or "status_429". */
const char *show_code(const struct show *, const char *code);

/* One entry of a list to choose from. */
struct choice {
    const char *value, *label;
    bool selected;
};
extern const struct field choice_fields[];

#endif
