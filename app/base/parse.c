/* SPDX-License-Identifier: MIT */
/* parse: strict readers. What is not wholly understood is refused; there is never a "best guess". */
#include "base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"

static bool read_int(const char *text, int64_t *n_r)
{
    bool minus = *text == '-';
    const char *p = text + minus;
    int64_t n = 0;
    if (!*p)
        return false;
    for (; *p; p++) {
        if (*p < '0' || *p > '9')
            return false;
        int digit = minus ? '0' - *p : *p - '0';
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, digit, &n))
            return false;
    }
    *n_r = n;
    return true;
}

bool parse_int(const char *text, int64_t min, int64_t max, const char *field, int64_t *n_r, struct err *err)
{
    int64_t n;
    if (text && read_int(text, &n) && n >= min && n <= max) {
        *n_r = n;
        return true;
    }
    char allowed[64];
    snprintf(allowed, sizeof(allowed), "%" PRId64 "–%" PRId64, min, max);
    return fail_field(err, field, text, allowed);
}

static int64_t power_of_ten(int digits)
{
    int64_t power = 1;
    while (digits-- > 0)
        power *= 10;
    return power;
}

/* ${n} as a decimal number; ${out} needs 32 bytes. */
static void write_decimal(int64_t n, int digits, char *out)
{
    int64_t power = power_of_ten(digits);
    uint64_t size = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    size_t end = (size_t)snprintf(out, 32, "%s%" PRIu64 ".%0*" PRIu64, n < 0 ? "-" : "", size / (uint64_t)power, digits, size % (uint64_t)power);
    while (digits > 0 && out[end - 1] == '0')
        out[--end] = '\0';
    if (out[end - 1] == '.' || digits == 0)
        *strchr(out, '.') = '\0';
}

const char *decimal_text(int64_t n, int digits, struct arena *a)
{
    char text[32];
    write_decimal(n, digits, text);
    return arena_text(a, text);
}

/* Digits, and after a point at least one and at most ${digits} of them. */
static bool read_decimal(const char *text, int digits, int64_t *n_r)
{
    const char *point = strchr(text, '.');
    size_t whole = point ? (size_t)(point - text) : strlen(text), after = point ? strlen(point + 1) : 0;
    char plain[32];
    if (whole == 0 || (point && after == 0) || after > (size_t)digits || whole + (size_t)digits >= sizeof(plain) || *text == '-')
        return false;
    memcpy(plain, text, whole);
    memset(plain + whole, '0', (size_t)digits);
    if (point)
        memcpy(plain + whole, point + 1, after);
    plain[whole + (size_t)digits] = '\0';
    return read_int(plain, n_r);
}

bool parse_decimal(const char *text, int digits, int64_t min, int64_t max, const char *field, int64_t *n_r, struct err *err)
{
    int64_t n;
    if (text && read_decimal(text, digits, &n) && n >= min && n <= max) {
        *n_r = n;
        return true;
    }
    char least[32], most[32], allowed[80];
    write_decimal(min, digits, least);
    write_decimal(max, digits, most);
    snprintf(allowed, sizeof(allowed), "%s–%s", least, most);
    return fail_field(err, field, text, allowed);
}

bool parse_word(const char *text, const char *const words[], const char *field, size_t *i_r, struct err *err)
{
    for (size_t i = 0; text && words[i]; i++)
        if (strcmp(text, words[i]) == 0) {
            *i_r = i;
            return true;
        }
    char allowed[sizeof(err->allowed)] = "";
    size_t n = 0;
    for (size_t i = 0; words[i] && n < sizeof(allowed); i++)
        n += (size_t)snprintf(allowed + n, sizeof(allowed) - n, "%s%s", i ? ", " : "", words[i]);
    return fail_field(err, field, text, allowed);
}

bool parse_bool(const char *text, const char *field, bool *b_r, struct err *err)
{
    static const char *const words[] = {"true", "false", "1", "0", "on", "off", "yes", "no", NULL};
    size_t i = 0;
    if (!parse_word(text, words, field, &i, err))
        return false;
    *b_r = i % 2 == 0;
    return true;
}

void hex_write(struct bytes bytes, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.n; i++) {
        *out++ = digits[bytes.p[i] >> 4];
        *out++ = digits[bytes.p[i] & 15];
    }
    *out = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_read(const char *text, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(text[2 * i]);
        int low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);
        if (low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return text[2 * n] == '\0';
}

char *hex_text(struct bytes bytes, struct arena *a)
{
    char *out = arena_alloc(a, 2 * bytes.n + 1);

    hex_write(bytes, out);
    return out;
}

bool hex_bytes(const char *text, struct arena *a, struct bytes *bytes_r)
{
    size_t n = strlen(text);
    uint8_t *out = arena_alloc(a, n / 2 + 1);

    *bytes_r = (struct bytes){out, n / 2};
    return n % 2 == 0 && hex_read(text, out, n / 2);
}

static const char STANDARD[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char URL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static char *write_64(struct bytes in, const char *alphabet, bool pad, struct arena *a)
{
    char *text = arena_alloc(a, in.n / 3 * 4 + 5), *out = text;
    for (size_t i = 0; i < in.n; i += 3) {
        size_t left = in.n - i;
        uint32_t three = (uint32_t)in.p[i] << 16 | (left > 1 ? (uint32_t)in.p[i + 1] << 8 : 0)
                       | (left > 2 ? in.p[i + 2] : 0U);
        *out++ = alphabet[three >> 18];
        *out++ = alphabet[three >> 12 & 63];
        if (left > 1 || pad)
            *out++ = left > 1 ? alphabet[three >> 6 & 63] : '=';
        if (left > 2 || pad)
            *out++ = left > 2 ? alphabet[three & 63] : '=';
    }
    return text;
}

char *base64_write(struct bytes bytes, struct arena *a)
{
    return write_64(bytes, STANDARD, true, a);
}

char *base64url_write(struct bytes bytes, struct arena *a)
{
    return write_64(bytes, URL, false, a);
}

static int digit_64(char c, const char last[2])
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == last[0] ? 62 : c == last[1] ? 63 : -1;
}

/* One spelling only: no white space, and the bits left over are zero. */
static bool read_64(struct bytes text, const char last[2], struct arena *a, struct bytes *bytes_r)
{
    uint8_t *out = arena_alloc(a, text.n / 4 * 3 + 3);
    size_t written = 0;
    uint32_t bits = 0;
    unsigned held = 0;                  /* bits waiting in ${bits} */
    if (text.n % 4 == 1)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        int digit = digit_64((char)text.p[i], last);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[written++] = (uint8_t)(bits >> held);
            bits &= (1U << held) - 1;
        }
    }
    *bytes_r = (struct bytes){out, written};
    return bits == 0;
}

bool base64_read(struct bytes text, struct arena *a, struct bytes *bytes_r)
{
    if (text.n % 4 == 0)
        for (int i = 0; i < 2 && text.n && text.p[text.n - 1] == '='; i++)
            text.n--;
    return read_64(text, "+/", a, bytes_r);
}

bool base64url_read(const char *text, struct arena *a, struct bytes *bytes_r)
{
    return read_64(bytes_of(text), "-_", a, bytes_r);
}
