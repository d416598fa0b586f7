/* SPDX-License-Identifier: MIT */
#include "web/urlencoded.h"

#include <inttypes.h>
#include <string.h>

#include "base/utf8.h"

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

const char *percent_decode(const char *p, size_t n, bool plus, struct arena *arena)
{
    char *out = arena_alloc(arena, n + 1), *to = out;
    for (size_t i = 0; i < n; i++) {
        char c = p[i];
        if (c == '%') {
            if (n - i < 3 || hex_digit(p[i + 1]) < 0 || hex_digit(p[i + 2]) < 0)
                return NULL;
            c = (char)(hex_digit(p[i + 1]) * 16 + hex_digit(p[i + 2]));
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        if (c == '\0')
            return NULL;
        *to++ = c;
    }
    *to = '\0';
    return out;
}

const char *pairs_find(const struct param *pairs, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(pairs[i].name, name) == 0)
            return pairs[i].value;
    return NULL;
}

static bool pair_read(const char *p, size_t n, struct param *pairs, size_t count, struct arena *arena, struct err *err)
{
    const char *equals = memchr(p, '=', n);
    size_t name_n = equals != NULL ? (size_t)(equals - p) : n;
    const char *name = percent_decode(p, name_n, true, arena);
    const char *value = equals != NULL ? percent_decode(equals + 1, n - name_n - 1, true, arena) : "";
    if (name == NULL || !utf8_valid(bytes_of(name)))
        return fail(err, ERR_INPUT, "the name of value %zu is not well encoded", count + 1);
    if (value == NULL)
        return fail_field(err, name, "", "%00–%FF");
    if (!utf8_valid(bytes_of(value))) {
        fail_field(err, name, "", "UTF-8");
        err->kind = ERR_NOT_UTF8;
        return false;
    }
    if (pairs_find(pairs, count, name) != NULL)
        return fail_field(err, name, "", "1 ×");     /* not the value: it may be a password */
    pairs[count] = (struct param){name, value};
    return true;
}

bool pairs_read(struct bytes text, size_t max, struct arena *arena, struct param **pairs_r, size_t *n_r, struct err *err)
{
    const char *p = (const char *)text.p, *end = p + text.n;
    struct param *pairs = NEW_ARRAY(arena, struct param, max);
    size_t count = 0;
    while (p < end) {
        const char *amp = memchr(p, '&', (size_t)(end - p));
        size_t n = (size_t)((amp != NULL ? amp : end) - p);
        if (n > 0 && count == max)
            return fail(err, ERR_INPUT, "more than %zu values", max);
        if (n > 0 && !pair_read(p, n, pairs, count++, arena, err))
            return false;
        p += n + (amp != NULL);
    }
    *pairs_r = pairs;
    *n_r = count;
    return true;
}
