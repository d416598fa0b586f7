/* SPDX-License-Identifier: MIT */
#ifndef WEB_CATALOGUE_H
#define WEB_CATALOGUE_H
/* catalogue: the sentences people read, i18n/en-US.json and i18n/zh-CN.json: flat, sorted, one string a line, the same keys in
 * both. A subset of ICU MessageFormat: {name}  {n, plural, =0 {…} one {…} other {… # …}}  {k, select, a {…} empty {…} other
 * {…}} '' and '{' quotes ("empty" takes an absent or empty text: see pattern.h). No HTML. */
#include "base/base.h"

struct arena;
struct buf;
struct err;
struct catalogues;

struct language {
    const char *tag;                 /* "zh-CN" */
    const char *name;                /* "简体中文": in its own language */
    const char *short_name;
    size_t i;                        /* position in the table */
};
extern const struct language languages[];
extern const size_t languages_n;
const struct language *language_find(const char *tag);          /* exact tag, or NULL */
/* RFC 4647 lookup with the groups of our design: zh, zh-Hans*, zh-SG, zh-TW … → zh-CN; en-* → en-US; q=0 excludes. NULL if
 * nothing fits. */
const struct language *language_accept(const char *accept_language);

/* Load every language's file from ${folder}; keys, argument names and syntax must agree, or it fails with file, line and key. */
must_check bool catalogues_load(const char *folder, struct catalogues **catalogues_r, struct err *);
void catalogues_free(struct catalogues *);

/* Arguments of a message; ends with {NULL}. Texts as they are; numbers grouped by the language's rule. */
struct message_arg {
    const char *name;
    const char *text;                /* or NULL: then the number */
    int64_t number;
};
/* The message in a language. A missing key gives the other language's and counts; never NULL. */
const char *message(const struct catalogues *, const struct language *, const char *key, const struct message_arg *args,
                    struct arena *);
bool message_known(const struct catalogues *, const char *key);
/* One of an err: kind's (or err->message) sentence with {field}, {value}, {allowed}, {detail}, {seconds}. */
const char *message_err(const struct catalogues *, const struct language *, const struct err *, struct arena *);

/* Number, time and money texts. ${zone_offset_s} is the user's zone at that moment, format_ago's ${micros} the moment.
 * No-break spaces stand before units. */
size_t format_digits(int64_t n, char out[32]);          /* "-18,624"; its length, no NUL */
const char *format_int(const struct language *, int64_t n, struct arena *);
/* "312 ms", "1.84 s", "2 分 14 秒"; negative is "—". */
const char *format_duration(const struct language *, int64_t micros, struct arena *);
const char *format_time(const struct language *, int64_t micros, int zone_offset_s, struct arena *);
const char *format_ago(const struct catalogues *, const struct language *, int64_t micros, struct arena *);
/* Millionths of "USD" or "CNY", rounded for reading: "$0.0112", "¥0", "$1,234.57"; and in full, as prices are: "$0.003625", "¥0.80". */
const char *format_money(const char *currency, int64_t micros, struct arena *);
const char *format_price(const char *currency, int64_t micros, struct arena *);
const char *format_bytes(int64_t n, struct arena *);

#endif
