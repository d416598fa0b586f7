/* SPDX-License-Identifier: MIT */
/* format: numbers, lengths of time, moments and money as people read them. The few words here (units, month names) are the
 * language's own data, like the order of a date; sentences are in the catalogues. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "web/catalogue.h"

#define NBSP "\xc2\xa0"                  /* a number and its unit stay on one line */
#define NOTHING "—"

struct units { const char *second, *minute, *hour, *day; };
static const struct units english_units = {"s", "m", "h", "d"};
static const struct units chinese_units = {" 秒", " 分", " 小时", " 天"};

static bool is_chinese(const struct language *language)
{
    return strncmp(language->tag, "zh", 2) == 0;
}

size_t format_digits(int64_t n, char out[32])
{
    char plain[24];
    uint64_t size = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    size_t digits = (size_t)snprintf(plain, sizeof(plain), "%" PRIu64, size), at = 0;
    if (n < 0)
        out[at++] = '-';
    for (size_t i = 0; i < digits; i++) {
        if (i > 0 && (digits - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = plain[i];
    }
    return at;
}

const char *format_int(const struct language *language, int64_t n, struct arena *arena)
{
    (void)language;                      /* both group by three with a comma; a third language may not */
    char text[32];
    return arena_copy(arena, text, format_digits(n, text));
}

/* Three digits of seconds: 1.84, 12.3, 99.9. */
static const char *format_seconds(int64_t micros, struct arena *arena)
{
    if (micros < 9995000)
        return arena_printf(arena, "%" PRId64 ".%02d" NBSP "s", (micros + 5000) / 1000000, (int)((micros + 5000) / 10000 % 100));
    return arena_printf(arena, "%" PRId64 ".%d" NBSP "s", (micros + 50000) / 1000000, (int)((micros + 50000) / 100000 % 10));
}

static const char *format_long(const struct language *language, int64_t seconds, struct arena *arena)
{
    const struct units *u = is_chinese(language) ? &chinese_units : &english_units;
    int64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
    if (days > 0)
        return arena_printf(arena, "%" PRId64 "%s %d%s", days, u->day, (int)(hours % 24), u->hour);
    if (hours > 0)
        return arena_printf(arena, "%" PRId64 "%s %d%s", hours, u->hour, (int)(minutes % 60), u->minute);
    return arena_printf(arena, "%" PRId64 "%s %d%s", minutes, u->minute, (int)(seconds % 60), u->second);
}

const char *format_duration(const struct language *language, int64_t micros, struct arena *arena)
{
    if (micros < 0)
        return NOTHING;
    if (micros > 0 && micros < 950)
        return arena_printf(arena, "0.%d" NBSP "ms", micros < 50 ? 1 : (int)((micros + 50) / 100));
    if (micros < 999500)
        return arena_printf(arena, "%d" NBSP "ms", (int)((micros + 500) / 1000));
    if (micros < 99950000)
        return format_seconds(micros, arena);
    return format_long(language, (micros + 500000) / 1000000, arena);
}

const char *format_time(const struct language *language, int64_t micros, int zone_offset_s, struct arena *arena)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(micros / 1000000 - (micros % 1000000 < 0)) + zone_offset_s;
    struct tm t;
    if (micros == 0 || gmtime_r(&seconds, &t) == NULL)
        return NOTHING;
    if (is_chinese(language))
        return arena_printf(arena, "%d-%02d-%02d %02d:%02d:%02d", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour,
                            t.tm_min, t.tm_sec);
    return arena_printf(arena, "%s %d, %d, %02d:%02d:%02d", months[t.tm_mon], t.tm_mday, t.tm_year + 1900, t.tm_hour, t.tm_min,
                        t.tm_sec);
}

const char *format_ago(const struct catalogues *catalogues, const struct language *language, int64_t micros, struct arena *arena)
{
    static const struct { int64_t below, unit; const char *past, *future; } steps[] = {
        {60, 1, "format.ago.seconds", "format.in.seconds"},
        {3600, 60, "format.ago.minutes", "format.in.minutes"},
        {86400, 3600, "format.ago.hours", "format.in.hours"},
        {INT64_MAX, 86400, "format.ago.days", "format.in.days"},
    };
    if (micros == 0)
        return NOTHING;
    int64_t distance = (clock_wall() - micros) / 1000000, seconds = distance < 0 ? -distance : distance;
    size_t i = 0;
    while (seconds >= steps[i].below)
        i++;
    const char *key = seconds < 3 ? "format.ago.now" : distance < 0 ? steps[i].future : steps[i].past;
    return message(catalogues, language, key, (struct message_arg[]){{.name = "n", .number = seconds / steps[i].unit}, {NULL}},
                   arena);
}

static const char *sign_of(const char *currency)
{
    return strcmp(currency, "CNY") == 0 ? "¥" : "$";
}

/* Four decimals below one, two above. */
const char *format_money(const char *currency, int64_t micros, struct arena *arena)
{
    const char *minus = micros < 0 ? "-" : "", *sign = sign_of(currency);
    uint64_t size = micros < 0 ? 0 - (uint64_t)micros : (uint64_t)micros;
    if (size == 0)
        return arena_printf(arena, "%s0", sign);
    if (size < 50)
        return arena_printf(arena, "<%s%s0.0001", minus, sign);
    if (size < 999950)
        return arena_printf(arena, "%s%s0.%04d", minus, sign, (int)((size + 50) / 100));
    uint64_t cents = (size + 5000) / 10000;
    char whole[32];
    whole[format_digits((int64_t)(cents / 100), whole)] = '\0';
    return arena_printf(arena, "%s%s%s.%02d", minus, sign, whole, (int)(cents % 100));
}

/* All of its digits, at least two after the point. */
const char *format_price(const char *currency, int64_t micros, struct arena *arena)
{
    uint64_t size = micros < 0 ? 0 - (uint64_t)micros : (uint64_t)micros;
    char whole[32], part[16];
    whole[format_digits((int64_t)(size / 1000000), whole)] = '\0';
    int n = snprintf(part, sizeof(part), "%06d", (int)(size % 1000000));
    while (n > 2 && part[n - 1] == '0')
        part[--n] = '\0';
    return arena_printf(arena, "%s%s%s.%s", micros < 0 ? "-" : "", sign_of(currency), whole, part);
}

const char *format_bytes(int64_t n, struct arena *arena)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    if (n < 0)
        return NOTHING;
    if (n < 1000)
        return arena_printf(arena, "%" PRId64 NBSP "B", n);
    double size = (double)n / 1000;
    size_t i = 0;
    for (; size >= 999.95 && i + 1 < COUNT(units); i++)
        size /= 1000;
    return arena_printf(arena, "%.1f" NBSP "%s", size, units[i]);
}
