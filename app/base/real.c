/* SPDX-License-Identifier: MIT */
/* real: the C library's conversions, which are exact, held to the "C" locale. */
#include "base/real.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static locale_t plain;                  /* made once before main */

__attribute__((constructor)) static void make_plain(void)
{
    plain = newlocale(LC_ALL_MASK, "C", NULL);
    if (!plain)
        abort();
}

/* Up to 15 digits and no exponent, as nearly all numbers are: the digits and the power of ten are exact as doubles, so their quotient is rounded
 * once, as it should be. Vectors come with millions of them. */
static bool read_usual(struct bytes text, double *n_r)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
                                    1e21, 1e22};
    bool minus = text.n > 0 && text.p[0] == '-', point = false;
    uint64_t digits = 0;
    size_t places = 0, at = minus;

    if (FLT_EVAL_METHOD != 0 || text.n - at > 24 || at == text.n)
        return false;
    for (; at < text.n; at++) {
        uint8_t c = text.p[at];
        if (c == '.' && !point && at > minus && at + 1 < text.n) {
            point = true;
        } else if (c >= '0' && c <= '9' && digits < 100000000000000) {
            digits = digits * 10 + (uint64_t)(c - '0');
            places += point;
        } else {
            return false;
        }
    }
    if (places >= sizeof(powers) / sizeof(powers[0]))
        return false;
    *n_r = (double)digits / powers[places];
    if (minus)
        *n_r = -*n_r;
    return true;
}

bool real_read(struct bytes text, double *n_r)
{
    char copy[501];
    if (read_usual(text, n_r))
        return true;
    if (text.n == 0 || text.n >= sizeof(copy))
        return false;
    for (size_t i = 0; i < text.n; i++)     /* strtod knows more: hexadecimal, inf, nan, white space */
        if (!memchr("0123456789+-.eE", text.p[i], 15))
            return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    char *end;
    double n = strtod_l(copy, &end, plain);
    if (end != copy + text.n || !isfinite(n))
        return false;
    *n_r = n;
    return true;
}

size_t real_write(double n, char out[REAL_TEXT])
{
    locale_t before = uselocale(plain);
    int length = 0;
    for (int digits = 15; digits <= 17; digits++) {
        length = snprintf(out, REAL_TEXT, "%.*g", digits, n);
        if (strtod_l(out, NULL, plain) == n)
            break;
    }
    uselocale(before);
    return (size_t)length;
}

/* ${digits} digits after ${zeros} zeros after the point, if that reads back as ${n}. A double in the very middle of two floats is left to the
 * C library: readers who do not go through a double may round it the other way. */
static bool try_digits(float n, int digits, int zeros, char *out, size_t *length_r)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12};
    double power = powers[digits + zeros], back;
    uint64_t whole = (uint64_t)((double)n * power + 0.5), bits;
    int places = digits + zeros;

    back = (double)whole / power;
    memcpy(&bits, &back, sizeof(bits));
    if ((float)back != n || (bits & 0x1fffffff) == 0x10000000 || whole >= (uint64_t)power)
        return false;
    for (; whole % 10 == 0; places--)
        whole /= 10;
    memcpy(out, "0.", 2);
    for (int at = places; at > 0; at--, whole /= 10)
        out[1 + at] = (char)('0' + whole % 10);
    out[2 + places] = '\0';
    *length_r = (size_t)(2 + places);
    return true;
}

static bool write_usual(float n, char *out, size_t *length_r)
{
    int zeros = n >= 0.1f ? 0 : n >= 0.01f ? 1 : n >= 0.001f ? 2 : 3;

    for (int digits = 6; digits <= 9; digits++)
        if (try_digits(n, digits, zeros, out, length_r))
            return true;
    return false;
}

size_t real_write_float(float n, char out[REAL_TEXT])
{
    float size = fabsf(n);
    size_t minus = n < 0, length;
    locale_t before;

    *out = '-';
    if (size >= 0.0001f && size < 1 && write_usual(size, out + minus, &length))
        return minus + length;
    before = uselocale(plain);
    for (int digits = size < FLT_MIN ? 1 : 6; digits <= 9; digits++) {      /* the smallest hold less than 6 digits */
        length = (size_t)snprintf(out, REAL_TEXT, "%.*g", digits, (double)n);
        if (strtof_l(out, NULL, plain) == n)
            break;
    }
    uselocale(before);
    return length;
}
