/* SPDX-License-Identifier: MIT */
/* real: the C library's conversions, which are exact, held to the "C" locale. */
#include "base/real.h"

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

bool real_read(struct bytes text, double *n_r)
{
    char copy[501];
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
