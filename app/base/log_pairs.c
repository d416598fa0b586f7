/* SPDX-License-Identifier: MIT */
/* log: reads the format of the pairs. printf would give one text in which nobody can tell any more where a value
 * that came from outside begins and ends; here a value ends where the format, a constant, says so. All of printf's
 * conversions but %n are known; padding of texts and the flags # and space are left out. */
#include "base/log_private.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

enum { NUMBER = 48 };                   /* room for one number as text */

static void put(struct log_pair *pair, const char *p, size_t n, bool number)
{
    size_t room = sizeof(pair->value) - 1 - pair->n;
    pair->number = number && pair->pieces == 0;
    pair->pieces++;
    n = n < room ? n : room;
    memcpy(pair->value + pair->n, p, n);
    pair->n += n;
    pair->value[pair->n] = '\0';
}

struct conversion {                     /* %-08.3lld */
    bool zero, left, plus, precise;
    int width, precision;
    char length[3];
    char letter;
};

static int read_count(const char **f, struct log_arguments *a)
{
    int n = 0;
    if (**f == '*') {
        (*f)++;
        return va_arg(a->list, int);
    }
    for (; **f >= '0' && **f <= '9'; (*f)++)
        n = n < 100000 ? n * 10 + (**f - '0') : n;
    return n;
}

/* ${f} is behind the %; moves it behind the conversion. */
static struct conversion read_conversion(const char **f, struct log_arguments *a)
{
    struct conversion c = {.letter = '\0'};
    for (; **f && strchr("-+ #0", **f); (*f)++) {
        c.zero |= **f == '0';
        c.left |= **f == '-';
        c.plus |= **f == '+';
    }
    c.width = read_count(f, a);
    c.left |= c.width < 0;
    if (**f == '.') {
        (*f)++;
        c.precision = read_count(f, a);
        c.precise = c.precision >= 0;
    }
    for (size_t i = 0; **f && strchr("hlzjtL", **f); (*f)++)
        if (i < 2)
            c.length[i++] = **f;
    c.letter = **f;
    if (**f)
        (*f)++;
    return c;
}

static int width_of(const struct conversion *c)
{
    int most = NUMBER - 8, width = c->width;
    width = width > most ? most : width < -most ? -most : width;
    return c->left && width > 0 ? -width : width;
}

static intmax_t take_signed(const struct conversion *c, struct log_arguments *a)
{
    const char *l = c->length;
    if (l[0] == 'l' && l[1] == 'l')
        return va_arg(a->list, long long);
    switch (l[0]) {
    case 'l': return va_arg(a->list, long);
    case 'z': return va_arg(a->list, ssize_t);
    case 't': return va_arg(a->list, ptrdiff_t);
    case 'j': return va_arg(a->list, intmax_t);
    default: return l[1] == 'h' ? (signed char)va_arg(a->list, int) : l[0] == 'h' ? (short)va_arg(a->list, int)
                                                                                  : va_arg(a->list, int);
    }
}

static uintmax_t take_unsigned(const struct conversion *c, struct log_arguments *a)
{
    const char *l = c->length;
    if (l[0] == 'l' && l[1] == 'l')
        return va_arg(a->list, unsigned long long);
    switch (l[0]) {
    case 'l': return va_arg(a->list, unsigned long);
    case 'z': return va_arg(a->list, size_t);
    case 't': return (uintmax_t)va_arg(a->list, ptrdiff_t);
    case 'j': return va_arg(a->list, uintmax_t);
    default: return l[1] == 'h' ? (unsigned char)va_arg(a->list, unsigned)
                                : l[0] == 'h' ? (unsigned short)va_arg(a->list, unsigned) : va_arg(a->list, unsigned);
    }
}

/* Most numbers by far: no width, no sign asked for. */
static void put_plain(struct log_pair *pair, uintmax_t n, bool minus)
{
    char text[NUMBER], *p = text + sizeof(text);
    do
        *--p = (char)('0' + n % 10);
    while (n /= 10);
    if (minus)
        *--p = '-';
    put(pair, p, (size_t)(text + sizeof(text) - p), true);
}

static void put_integer(struct log_pair *pair, const struct conversion *c, struct log_arguments *a)
{
    char text[NUMBER];
    int width = width_of(c);
    bool plain = width == 0 && !c->plus;
    if (c->letter == 'd' || c->letter == 'i') {
        intmax_t n = take_signed(c, a);
        if (plain) {
            put_plain(pair, n < 0 ? -(uintmax_t)n : (uintmax_t)n, n < 0);
            return;
        }
        snprintf(text, sizeof(text), c->plus ? "%+*jd" : c->zero ? "%0*jd" : "%*jd", width, n);
    } else {
        uintmax_t n = take_unsigned(c, a);
        plain = plain && c->letter == 'u';
        if (c->letter == 'u')
            snprintf(text, sizeof(text), c->zero ? "%0*ju" : "%*ju", width, n);
        else if (c->letter == 'o')
            snprintf(text, sizeof(text), c->zero ? "%0*jo" : "%*jo", width, n);
        else
            snprintf(text, sizeof(text), c->zero ? "%0*jx" : "%*jx", width, n);
    }
    put(pair, text, strlen(text), plain);
}

static void put_real(struct log_pair *pair, const struct conversion *c, struct log_arguments *a)
{
    char text[NUMBER];
    double x = c->length[0] == 'L' ? (double)va_arg(a->list, long double) : va_arg(a->list, double);
    int precision = c->precise && c->precision < 17 ? c->precision : c->precise ? 17 : 6;
    bool fixed = (c->letter == 'f' || c->letter == 'F') && fabs(x) < 1e15;
    snprintf(text, sizeof(text), fixed ? "%*.*f" : "%*.*g", width_of(c), precision, x);
    put(pair, text, strlen(text), isfinite(x) && c->width == 0);
}

static void put_text(struct log_pair *pair, const struct conversion *c, struct log_arguments *a)
{
    const char *text = va_arg(a->list, const char *);
    size_t most = c->precise ? (size_t)c->precision : sizeof(pair->value);
    if (!text)
        text = "(null)";
    put(pair, text, strnlen(text, most), false);
}

/* False for a conversion that is not known: what follows cannot be read then. */
static bool put_conversion(struct log_pair *pair, const char **f, struct log_arguments *a)
{
    struct conversion c = read_conversion(f, a);
    char text[NUMBER];
    switch (c.letter) {
    case 'd': case 'i': case 'u': case 'x': case 'X': case 'o':
        put_integer(pair, &c, a);
        return true;
    case 'f': case 'F': case 'g': case 'G': case 'e': case 'E':
        put_real(pair, &c, a);
        return true;
    case 's':
        put_text(pair, &c, a);
        return true;
    case 'c':
        text[0] = (char)va_arg(a->list, int);
        put(pair, text, text[0] != '\0', false);
        return true;
    case 'p':
        snprintf(text, sizeof(text), "%p", va_arg(a->list, void *));
        put(pair, text, strlen(text), false);
        return true;
    case '%':
        put(pair, "%", 1, false);
        return true;
    default:
        return false;
    }
}

/* The name of a "name=" at ${f}, without the =; n == 0 if there is none. */
static struct bytes name_at(const char *f)
{
    size_t n = 0;
    while ((f[n] >= 'a' && f[n] <= 'z') || (f[n] >= 'A' && f[n] <= 'Z') || (f[n] >= '0' && f[n] <= '9') || f[n] == '_' || f[n] == '.')
        n++;
    return (struct bytes){(const uint8_t *)f, f[n] == '=' ? n : 0};
}

static bool value_ends(const char *f, bool quoted)
{
    if (quoted)
        return *f == '"';
    if (*f != ' ')
        return false;
    while (*f == ' ')
        f++;
    return !*f || name_at(f).n > 0;
}

/* Format text that is in no pair becomes the member "detail". */
bool log_pair_next(const char **format, struct log_arguments *a, struct log_pair *pair)
{
    const char *f = *format;
    while (*f == ' ')
        f++;
    if (!*f)
        return false;
    pair->name = name_at(f);
    pair->n = pair->pieces = 0;
    pair->number = false;
    pair->value[0] = '\0';
    f += pair->name.n ? pair->name.n + 1 : 0;
    if (pair->name.n == 0)
        pair->name = bytes_of("detail");
    bool quoted = *f == '"', known = true;
    f += quoted;
    while (*f && known && !value_ends(f, quoted)) {
        if (*f == '%') {
            f++;
            known = put_conversion(pair, &f, a);
        } else {
            put(pair, f++, 1, false);
        }
    }
    *format = known ? f + (quoted && *f == '"') : "";
    return true;
}
