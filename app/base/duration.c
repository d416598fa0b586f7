/* SPDX-License-Identifier: MIT */
#include "base/duration.h"

#include <string.h>

static const int64_t YEAR_US = 365 * 86400 * INT64_C(1000000);

static const struct unit { const char *name; int64_t us; } units[] = {
    {"ms", 1000}, {"s", 1000000}, {"m", 60000000}, {"h", 3600000000}, {"d", 86400000000}, {"us", 1}, {"\xc2\xb5s", 1},
    {"milliseconds", 1000}, {"millisecond", 1000}, {"seconds", 1000000}, {"second", 1000000}, {"sec", 1000000}, {"minutes", 60000000},
    {"minute", 60000000}, {"min", 60000000}, {"hours", 3600000000}, {"hour", 3600000000}, {"days", 86400000000}, {"day", 86400000000},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "12" or "12.5", in millionths, at most a year's seconds: more is that much. The number of bytes; 0 if there is none. */
static size_t scan_number(const char *text, int64_t *millionths_r)
{
    const char *p = text;
    int64_t whole = 0, part = 0, place = 100000;

    if (!is_digit(*p))
        return 0;
    for (; is_digit(*p); p++)
        if (whole <= YEAR_US)
            whole = whole * 10 + (*p - '0');
    if (*p == '.' && is_digit(p[1]))
        for (p++; is_digit(*p); p++, place /= 10)
            part += (*p - '0') * place;
    *millionths_r = (whole > YEAR_US / 1000000 ? YEAR_US / 1000000 : whole) * 1000000 + part;
    return (size_t)(p - text);
}

static const struct unit *scan_unit(const char *p, size_t *n_r)
{
    size_t n = 0;

    while ((p[n] >= 'a' && p[n] <= 'z') || (unsigned char)p[n] >= 0x80)
        n++;
    *n_r = n;
    for (size_t i = 0; i < COUNT(units); i++)
        if (strlen(units[i].name) == n && memcmp(units[i].name, p, n) == 0)
            return &units[i];
    return NULL;
}

static int64_t most_a_year(int64_t us)
{
    return us > YEAR_US ? YEAR_US : us;
}

size_t duration_scan(const char *text, int64_t *ms_r)
{
    const char *p = text;
    int64_t sum = 0, number;
    size_t used, unit_n;

    while ((used = scan_number(p, &number)) > 0) {
        const char *word = p + used + (p[used] == ' ');
        const struct unit *unit = scan_unit(word, &unit_n);

        if (!unit)
            break;
        sum = most_a_year(sum + number / 1000000 * unit->us + number % 1000000 * unit->us / 1000000);
        p = word + unit_n;
    }
    *ms_r = (sum + 999) / 1000;
    return (size_t)(p - text);
}

bool duration_read(const char *text, int64_t unit_ms, int64_t *ms_r)
{
    int64_t number;
    size_t n = scan_number(text, &number);

    if (n && !text[n]) {
        *ms_r = most_a_year(number / 1000 * unit_ms + number % 1000 * unit_ms / 1000 + 999) / 1000;
        return true;
    }
    n = duration_scan(text, ms_r);
    return n && !text[n];
}
