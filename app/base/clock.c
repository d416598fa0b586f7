/* SPDX-License-Identifier: MIT */
/* clock: the calendar is counted here rather than by gmtime_r, so that it is the same for any number of
 * microseconds, takes no lock and reads no environment. Days are counted in eras of 400 years from March 1st
 * (H. Hinnant, "chrono-compatible low-level date algorithms"). */
#include "base/clock.h"

#include <assert.h>
#include <string.h>
#include <time.h>

enum { ERA_DAYS = 146097, EPOCH_DAYS = 719468 };       /* EPOCH_DAYS: from 0000-03-01 to 1970-01-01 */

static const int64_t SECOND = 1000000;
static const int64_t DAY = 86400 * INT64_C(1000000);
static const int64_t FIRST = -62167219200 * INT64_C(1000000);          /* 0000-01-01T00:00:00Z */
static const int64_t LAST = 253402300800 * INT64_C(1000000) - 1;       /* the end of the year 9999 */

static int64_t read_clock(clockid_t which)
{
    struct timespec t;
    int status = clock_gettime(which, &t);
    assert(status == 0);
    (void)status;
    return t.tv_sec * SECOND + t.tv_nsec / 1000;
}

int64_t clock_wall(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_mono(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

static int64_t days_before(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - EPOCH_DAYS;
}

struct date {
    int64_t year, month, day;
};

static struct date date_of(int64_t days)
{
    days += EPOCH_DAYS;
    int64_t era = (days >= 0 ? days : days - (ERA_DAYS - 1)) / ERA_DAYS;
    int64_t of_era = days - era * ERA_DAYS;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / (ERA_DAYS - 1)) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    struct date d = {.day = of_year - (153 * month + 2) / 5 + 1, .month = month + (month < 10 ? 3 : -9)};
    d.year = year + era * 400 + (d.month <= 2);
    return d;
}

/* ${n} as exactly ${digits} decimal digits, then ${after}; where the next byte goes. */
static char *put_digits(char *out, int64_t n, int digits, char after)
{
    for (int i = digits - 1; i >= 0; i--, n /= 10)
        out[i] = (char)('0' + n % 10);
    out[digits] = after;
    return out + digits + 1;
}

void clock_rfc3339(int64_t micros, char out[CLOCK_TEXT])
{
    micros = micros < FIRST ? FIRST : micros > LAST ? LAST : micros;
    int64_t days = micros / DAY - (micros % DAY < 0);
    int64_t rest = (micros - days * DAY) / 1000;
    struct date d = date_of(days);
    char *p = put_digits(out, d.year, 4, '-');
    p = put_digits(p, d.month, 2, '-');
    p = put_digits(p, d.day, 2, 'T');
    p = put_digits(p, rest / 3600000, 2, ':');
    p = put_digits(p, rest / 60000 % 60, 2, ':');
    p = put_digits(p, rest / 1000 % 60, 2, '.');
    p = put_digits(p, rest % 1000, 3, 'Z');
    *p = '\0';
}

/* Exactly ${digits} digits with a value in [min, max]; moves ${p} past them. */
static bool take_digits(const char **p, int digits, int64_t min, int64_t max, int64_t *n_r)
{
    int64_t n = 0;
    for (int i = 0; i < digits; i++, (*p)++) {
        if (**p < '0' || **p > '9')
            return false;
        n = n * 10 + (**p - '0');
    }
    *n_r = n;
    return n >= min && n <= max;
}

static bool take_char(const char **p, char c)
{
    if (**p != c)
        return false;
    (*p)++;
    return true;
}

static bool take_date(const char **p, int64_t *days_r)
{
    int64_t year, month, day;
    if (!take_digits(p, 4, 0, 9999, &year) || !take_char(p, '-') || !take_digits(p, 2, 1, 12, &month) ||
        !take_char(p, '-') || !take_digits(p, 2, 1, 31, &day))
        return false;
    *days_r = days_before(year, month, day);
    return date_of(*days_r).month == month;             /* no February 30th */
}

/* A fraction of any length; what is finer than a microsecond is left out. */
static bool take_fraction(const char **p, int64_t *micros_r)
{
    int64_t worth = SECOND / 10;
    *micros_r = 0;
    if (!take_char(p, '.'))
        return true;
    const char *start = *p;
    for (; **p >= '0' && **p <= '9'; (*p)++, worth /= 10)
        *micros_r += worth * (**p - '0');
    return *p > start;
}

/* RFC 3339 allows second 60; like PostgreSQL, it is taken as the second after. */
static bool take_time(const char **p, int64_t *micros_r)
{
    int64_t hour, minute, second, fraction;
    if (!take_digits(p, 2, 0, 23, &hour) || !take_char(p, ':') || !take_digits(p, 2, 0, 59, &minute) ||
        !take_char(p, ':') || !take_digits(p, 2, 0, 60, &second) || !take_fraction(p, &fraction))
        return false;
    *micros_r = (hour * 3600 + minute * 60 + second) * SECOND + fraction;
    return true;
}

/* Z, ±08:00 of RFC 3339, and PostgreSQL's shorter and longer ±08, ±08:00:00. */
static bool take_offset(const char **p, int64_t *micros_r)
{
    int64_t hour, minute = 0, second = 0;
    *micros_r = 0;
    if (take_char(p, 'Z') || take_char(p, 'z'))
        return true;
    bool west = **p == '-';
    if (!take_char(p, '-') && !take_char(p, '+'))
        return false;
    if (!take_digits(p, 2, 0, 23, &hour) || (take_char(p, ':') && !take_digits(p, 2, 0, 59, &minute)) ||
        (take_char(p, ':') && !take_digits(p, 2, 0, 59, &second)))
        return false;
    *micros_r = (hour * 3600 + minute * 60 + second) * (west ? -SECOND : SECOND);
    return true;
}

bool clock_parse(const char *text, int64_t *micros_r)
{
    int64_t days, time, offset;
    if (!text || !take_date(&text, &days) || !(take_char(&text, 'T') || take_char(&text, 't') || take_char(&text, ' ')) ||
        !take_time(&text, &time) || !take_offset(&text, &offset) || *text)
        return false;
    *micros_r = days * DAY + time - offset;
    return true;
}

/* The position of three letters in a text of such; -1 if they are not there. */
static int64_t take_name(const char **p, const char *names)
{
    for (int64_t i = 0; names[3 * i]; i++)
        if (strncmp(*p, names + 3 * i, 3) == 0) {
            *p += 3;
            return i;
        }
    return -1;
}

bool clock_parse_http(const char *text, int64_t *micros_r)
{
    int64_t day, month, year, time, days;
    if (take_name(&text, "SunMonTueWedThuFriSat") < 0 || !take_char(&text, ',') || !take_char(&text, ' ') || !take_digits(&text, 2, 1, 31, &day) ||
        !take_char(&text, ' ') || (month = take_name(&text, "JanFebMarAprMayJunJulAugSepOctNovDec") + 1) == 0 || !take_char(&text, ' ') ||
        !take_digits(&text, 4, 0, 9999, &year) || !take_char(&text, ' ') || !take_time(&text, &time) || strcmp(text, " GMT") != 0)
        return false;
    days = days_before(year, month, day);
    *micros_r = days * DAY + time;
    return date_of(days).month == month;
}
