/* SPDX-License-Identifier: MIT */
/* json: walking checked text. Nothing here looks for mistakes, json_check has; a value is passed over by its quotes
 * and brackets alone, so looking for one member costs one quick pass over what stands before it. */
#include "base/json.h"

#include <string.h>

#include "base/arena.h"
#include "base/json_private.h"
#include "base/real.h"
#include "base/utf8.h"

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/* Past the string whose quote is at ${p}: the next quote with an even number of backslashes before it. */
static const char *skip_string(const char *p, const char *end)
{
    const char *first = ++p;
    while ((p = memchr(p, '"', (size_t)(end - p)))) {
        const char *slash = p;
        while (slash > first && slash[-1] == '\\')
            slash--;
        p++;
        if ((p - 1 - slash) % 2 == 0)
            return p;
        first = p;
    }
    return end;
}

static const char *skip_inside(const char *p, const char *end)
{
    size_t depth = 0;
    while (p < end) {
        if (*p == '"') {
            p = skip_string(p, end);
            continue;
        }
        depth += *p == '{' || *p == '[';
        depth -= *p == '}' || *p == ']';
        p++;
        if (depth == 0)
            break;
    }
    return p;
}

static const char *skip_value(const char *p, const char *end)
{
    if (*p == '"')
        return skip_string(p, end);
    if (*p == '{' || *p == '[')
        return skip_inside(p, end);
    while (p < end && *p != ',' && *p != ']' && *p != '}' && *p != ' ' && *p != '\n' && *p != '\r' && *p != '\t')
        p++;
    return p;
}

enum json_kind json_kind(struct json value)
{
    switch (value.p && value.n ? *value.p : '\0') {
    case '\0': return JSON_NONE;
    case 'n':  return JSON_NULL;
    case 'f':  return JSON_FALSE;
    case 't':  return JSON_TRUE;
    case '"':  return JSON_STRING;
    case '[':  return JSON_ARRAY;
    case '{':  return JSON_OBJECT;
    default:   return JSON_NUMBER;
    }
}

struct json_walk json_walk(struct json value)
{
    enum json_kind type = json_kind(value);
    if (type != JSON_ARRAY && type != JSON_OBJECT)
        return (struct json_walk){.p = NULL};
    return (struct json_walk){.p = value.p + 1, .end = value.p + value.n - 1};
}

bool json_next(struct json_walk *w)
{
    const char *p = skip_space(w->p, w->end);
    if (p < w->end && *p == ',')
        p = skip_space(p + 1, w->end);
    if (p >= w->end)
        return false;
    w->i = w->value.p ? w->i + 1 : 0;
    if (*w->end == '}') {
        const char *name = p;
        p = skip_string(p, w->end);
        w->name = (struct json){name, (size_t)(p - name)};
        p = skip_space(skip_space(p, w->end) + 1, w->end);      /* past the colon */
    }
    w->p = skip_value(p, w->end);
    w->value = (struct json){p, (size_t)(w->p - p)};
    return true;
}

size_t json_count(struct json value)
{
    struct json_walk w = json_walk(value);
    size_t n = 0;
    while (json_next(&w))
        n++;
    return n;
}

static uint32_t hex4(const char *p)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++)
        code = code << 4 | (uint32_t)(p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
    return code;
}

size_t json_unescape(const char *p, char out[4], size_t *n_r)
{
    static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    *n_r = 1;
    if (p[1] != 'u') {
        const char *letter = strchr(letters, p[1]);
        out[0] = letter ? meanings[letter - letters] : p[1];
        return 2;
    }
    uint32_t code = hex4(p + 2);
    bool pair = code >= 0xD800 && code <= 0xDFFF;
    if (pair)
        code = 0x10000 + ((code & 0x3FF) << 10) + (hex4(p + 8) & 0x3FF);
    *n_r = utf8_encode(code, out);
    return pair ? 12 : 6;
}

struct bytes json_bytes(struct json value)
{
    return (struct bytes){(const uint8_t *)value.p, value.n};
}

struct bytes json_escaped(struct json string)
{
    if (json_kind(string) != JSON_STRING)
        return (struct bytes){NULL, 0};
    return (struct bytes){(const uint8_t *)string.p + 1, string.n - 2};
}

/* Whether a string means the ${n} bytes at ${text}. */
static bool equal(struct json string, const char *text, size_t n)
{
    struct bytes inside = json_escaped(string);
    if (!inside.p || inside.n < n)      /* an escape is never shorter than what it means */
        return false;
    const char *p = (const char *)inside.p, *end = p + inside.n;
    if (n > 0 && *p != *text && *p != '\\')
        return false;                   /* most names differ in their first letter already */
    if (!memchr(p, '\\', inside.n))
        return inside.n == n && memcmp(p, text, n) == 0;
    while (p < end) {
        char out[4] = {*p};
        size_t got = 1;
        p += *p == '\\' ? json_unescape(p, out, &got) : 1;
        if (got > n || memcmp(out, text, got) != 0)
            return false;
        text += got;
        n -= got;
    }
    return n == 0;
}

bool json_equal(struct json string, const char *text)
{
    return equal(string, text, strlen(text));
}

static struct json member(struct json object, const char *name, size_t n)
{
    if (json_kind(object) == JSON_OBJECT)
        for (struct json_walk w = json_walk(object); json_next(&w);)
            if (equal(w.name, name, n))
                return w.value;
    return (struct json){NULL, 0};
}

struct json json_member(struct json object, const char *name)
{
    return member(object, name, strlen(name));
}

void json_members(struct json object, const char *const names[], struct json values[])
{
    for (size_t i = 0; names[i]; i++)
        values[i] = (struct json){NULL, 0};
    if (json_kind(object) != JSON_OBJECT)
        return;
    for (struct json_walk w = json_walk(object); json_next(&w);)
        for (size_t i = 0; names[i]; i++)
            if (equal(w.name, names[i], strlen(names[i]))) {
                values[i] = w.value;
                break;
            }
}

static struct json item(struct json array, const char *digits, size_t n)
{
    size_t i = 0;
    for (size_t d = 0; d < n; d++) {
        if (digits[d] < '0' || digits[d] > '9' || i > SIZE_MAX / 20)
            return (struct json){NULL, 0};
        i = 10 * i + (size_t)(digits[d] - '0');
    }
    for (struct json_walk w = json_walk(array); n > 0 && json_next(&w);)
        if (w.i == i)
            return w.value;
    return (struct json){NULL, 0};
}

struct json json_at(struct json value, const char *path)
{
    while (*path && value.p) {
        size_t n = strcspn(path, ".");
        value = json_kind(value) == JSON_ARRAY ? item(value, path, n) : member(value, path, n);
        path += n + (path[n] == '.');
    }
    return value;
}

const char *json_text(struct json string, struct arena *a, size_t *n_r)
{
    struct bytes inside = json_escaped(string);
    if (!inside.p)
        return NULL;
    char *text = arena_alloc(a, inside.n + 1), *out = text;
    const char *p = (const char *)inside.p, *end = p + inside.n;
    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((slash ? slash : end) - p), got;
        memcpy(out, p, plain);
        out += plain;
        p += plain;
        if (slash) {
            char meant[4];
            p += json_unescape(p, meant, &got);
            memcpy(out, meant, got);
            out += got;
        }
    }
    if (n_r)
        *n_r = (size_t)(out - text);
    return text;
}

const char *json_string(struct json string, struct arena *a)
{
    size_t n;
    const char *text = json_text(string, a, &n);
    return text && strlen(text) == n ? text : NULL;
}

/* A number as digits and a power of ten: -12.50e3 is -, "1250", 1. The digits are those of ${p}, point skipped. */
struct decimal {
    const char *p, *end;                /* from the first digit that is not 0, to after the last */
    int64_t digits, power;
};

static const char *skip_exponent(const char *p, const char *end, int64_t *power_r)
{
    int64_t power = 0;
    if (p >= end)
        return p;
    bool minus = *++p == '-';
    for (p += minus || *p == '+'; p < end; p++)
        if (power < INT64_MAX / 20)     /* texts are under 4 GiB, so this is beyond any meaning */
            power = 10 * power + (*p - '0');
    *power_r = minus ? -power : power;
    return p;
}

static struct decimal read_decimal(const char *p, const char *end)
{
    struct decimal d = {.p = end, .end = end};
    bool point = false;
    for (; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        d.power -= point;
        if (*p != '0' && d.digits == 0)
            d.p = p;
        if (*p != '0' || d.digits > 0)
            d.digits++;
        if (*p != '0')
            d.end = p + 1;
    }
    int64_t shift = 0;
    skip_exponent(p, end, &shift);
    d.power += shift;
    for (const char *zero = d.end; zero < p; zero++)    /* zeros at the end are powers of ten */
        if (d.digits > 0 && *zero == '0') {
            d.digits--;
            d.power++;
        }
    return d;
}

bool json_int(struct json number, int64_t min, int64_t max, int64_t *n_r)
{
    if (json_kind(number) != JSON_NUMBER)
        return false;
    int sign = *number.p == '-' ? -1 : 1;
    struct decimal d = read_decimal(number.p + (sign < 0), number.p + number.n);
    if (d.digits > 0 && (d.power < 0 || d.digits > 19 || d.power > 19))
        return false;
    int64_t n = 0;
    for (const char *p = d.p; d.digits > 0 && p < d.end; p++)
        if (*p != '.' && (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, sign * (*p - '0'), &n)))
            return false;
    for (int64_t i = 0; d.digits > 0 && i < d.power; i++)
        if (__builtin_mul_overflow(n, 10, &n))
            return false;
    if (n < min || n > max)
        return false;
    *n_r = n;
    return true;
}

bool json_real(struct json number, double *n_r)
{
    return json_kind(number) == JSON_NUMBER && real_read(json_bytes(number), n_r);
}

int64_t json_member_int(struct json object, const char *name, int64_t missing)
{
    int64_t n;
    return json_int(json_member(object, name), INT64_MIN, INT64_MAX, &n) ? n : missing;
}

bool json_is_true(struct json value)
{
    return json_kind(value) == JSON_TRUE;
}
