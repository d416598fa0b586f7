/* SPDX-License-Identifier: MIT */
/* secret_hide: where others quote a secret. JSON may write each character in several ways ("\/", "\u002f"), so it is read unit by unit: a character
 * or an escape. */
#include <string.h>

#include "base/arena.h"
#include "base/secret.h"
#include "base/utf8.h"

enum { HIDDEN_MIN = 6, ANSWER_MIN = 16 };

static bool hex4(const char *p, const char *end, uint32_t *code_r)
{
    *code_r = 0;
    for (int i = 0; i < 4; i++, p++) {
        const char *digit = p < end && *p ? strchr("0123456789abcdef", *p | 0x20) : NULL;
        size_t value;

        if (!digit)
            return false;
        value = (size_t)(digit - "0123456789abcdef");
        *code_r = *code_r << 4 | (uint32_t)value;
    }
    return true;
}

/* "\u00e9", "\ud83c\udf19": how long it is; 0 if it is none. */
static size_t read_code(const char *p, const char *end, uint32_t *code_r)
{
    uint32_t low;

    if (!hex4(p + 2, end, code_r))
        return 0;
    if ((*code_r & 0xfc00) != 0xd800)
        return 6;
    if (end - p < 12 || p[6] != '\\' || p[7] != 'u' || !hex4(p + 8, end, &low) || (low & 0xfc00) != 0xdc00)
        return 6;
    *code_r = 0x10000 + ((*code_r & 0x3ff) << 10) + (low & 0x3ff);
    return 12;
}

/* The unit at ${p}: its length, and the bytes it stands for. */
static size_t read_unit(const char *p, const char *end, char bytes[4], size_t *n_r)
{
    static const char escapes[] = "b\bf\fn\nr\rt\t";
    const char *known;
    uint32_t code;
    size_t n;

    *n_r = 1;
    bytes[0] = *p;
    if (*p != '\\' || end - p < 2)
        return 1;
    if (p[1] == 'u' && (n = read_code(p, end, &code))) {
        *n_r = utf8_encode(code, bytes);
        return n;
    }
    known = p[1] ? strchr(escapes, p[1]) : NULL;
    bytes[0] = known && (known - escapes) % 2 == 0 ? known[1] : p[1];
    return 2;
}

/* How many bytes at ${p} quote the secret; 0 = they do not. */
static size_t quoted_at(struct bytes secret, const char *p, const char *end)
{
    const char *from = p;
    char bytes[4];
    size_t n;

    for (size_t at = 0; at < secret.n; at += n) {
        if (p >= end)
            return 0;
        p += read_unit(p, end, bytes, &n);
        if (n > secret.n - at || memcmp(secret.p + at, bytes, n) != 0)
            return 0;
    }
    return (size_t)(p - from);
}

/* The next quotation at or after ${p}; NULL if there is none. */
static const char *find(struct bytes secret, const char *p, const char *end, size_t *n_r)
{
    char bytes[4];
    size_t ignored;

    while (p < end) {
        if ((*p == (char)secret.p[0] || *p == '\\') && (*n_r = quoted_at(secret, p, end)))
            return p;
        p += *p == '\\' ? read_unit(p, end, bytes, &ignored) : 1;
    }
    return NULL;
}

static void cross_out(struct bytes secret, char *text, size_t n)
{
    const char *end = text + n, *at = text;
    size_t found;

    while ((at = find(secret, at, end, &found))) {
        memset(text + (at - text), '*', found);
        at += found;
    }
}

struct bytes secret_clean(const struct secret *s, struct bytes text, struct arena *a)
{
    struct bytes secret = secret_view(s);
    const char *p = (const char *)text.p;
    char *own;
    size_t n;

    if (secret.n < ANSWER_MIN || !text.n)
        return text;
    if (!memmem(text.p, text.n, secret.p, secret.n) && !(memchr(text.p, '\\', text.n) && find(secret, p, p + text.n, &n)))
        return text;
    own = arena_copy(a, text.p, text.n);
    cross_out(secret, own, text.n);
    return (struct bytes){(const uint8_t *)own, text.n};
}

void secret_hide(const struct secret *s, char *text)
{
    struct bytes secret = secret_view(s);

    if (secret.n < HIDDEN_MIN || memchr(secret.p, '\0', secret.n))
        return;
    for (char *at = text; (at = strstr(at, (const char *)secret.p)) != NULL; at += secret.n)
        memset(at, '*', secret.n);
    cross_out(secret, text, strlen(text));
}
