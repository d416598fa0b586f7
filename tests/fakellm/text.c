/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <stdio.h>
#include <stdlib.h>

void text_room(struct text *t, size_t more)
{
    size_t size = t->size > 0 ? t->size : 1024;
    while (size - t->n < more)
        size *= 2;
    if (size == t->size)
        return;
    t->p = realloc(t->p, size);
    if (t->p == NULL) {
        fputs("fakellm: out of memory\n", stderr);
        exit(1);
    }
    t->size = size;
}

void text_free(struct text *t)
{
    free(t->p);
    *t = (struct text){0};
}

void text_int(struct text *t, int64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0)
        digits[--at] = '-';
    text_add(t, digits + at, sizeof digits - at);
}

static void json_escape(struct text *t, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    switch (c) {
    case '"':  text_add(t, "\\\"", 2); break;
    case '\\': text_add(t, "\\\\", 2); break;
    case '\n': text_add(t, "\\n", 2); break;
    case '\r': text_add(t, "\\r", 2); break;
    case '\t': text_add(t, "\\t", 2); break;
    default:   text_add(t, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6); break;
    }
}

void text_json(struct text *t, struct slice s)
{
    size_t plain = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        text_add(t, s.p + plain, i - plain);
        json_escape(t, c);
        plain = i + 1;
    }
    text_add(t, s.p + plain, s.n - plain);
}

static uint32_t hex4(const char *p)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        uint32_t digit = c >= '0' && c <= '9' ? (uint32_t)(c - '0') : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                       : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10) : 0;
        value = value << 4 | digit;
    }
    return value;
}

static void utf8_add(struct text *t, uint32_t c)
{
    char b[4];
    if (c < 0x80) {
        b[0] = (char)c;
        text_add(t, b, 1);
    } else if (c < 0x800) {
        b[0] = (char)(0xc0 | c >> 6), b[1] = (char)(0x80 | (c & 63));
        text_add(t, b, 2);
    } else if (c < 0x10000) {
        b[0] = (char)(0xe0 | c >> 12), b[1] = (char)(0x80 | (c >> 6 & 63)), b[2] = (char)(0x80 | (c & 63));
        text_add(t, b, 3);
    } else {
        b[0] = (char)(0xf0 | c >> 18), b[1] = (char)(0x80 | (c >> 12 & 63));
        b[2] = (char)(0x80 | (c >> 6 & 63)), b[3] = (char)(0x80 | (c & 63));
        text_add(t, b, 4);
    }
}

/* One \u escape, or two that make a pair. Returns the bytes used after "\u". */
static size_t unescape_u(struct text *t, const char *p, size_t n)
{
    if (n < 4)
        return n;
    uint32_t c = hex4(p);
    size_t used = 4;
    if (c >= 0xd800 && c < 0xdc00 && n >= 10 && p[4] == '\\' && p[5] == 'u') {
        uint32_t low = hex4(p + 6);
        if (low >= 0xdc00 && low < 0xe000) {
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            used = 10;
        }
    }
    utf8_add(t, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
    return used;
}

void text_unjson(struct text *t, struct slice s)
{
    for (size_t i = 0; i < s.n;) {
        const char *slash = memchr(s.p + i, '\\', s.n - i);
        size_t plain = slash == NULL ? s.n - i : (size_t)(slash - (s.p + i));
        text_add(t, s.p + i, plain);
        i += plain;
        if (i + 1 >= s.n)
            break;
        char c = s.p[i + 1];
        i += 2;
        switch (c) {
        case 'n': text_add(t, "\n", 1); break;
        case 'r': text_add(t, "\r", 1); break;
        case 't': text_add(t, "\t", 1); break;
        case 'b': text_add(t, "\b", 1); break;
        case 'f': text_add(t, "\f", 1); break;
        case 'u': i += unescape_u(t, s.p + i, s.n - i); break;
        default:  text_add(t, &c, 1); break;
        }
    }
}

void text_replace(struct text *t, struct slice from, const char *a, const char *b)
{
    size_t a_n = strlen(a);
    while (from.n > 0) {
        const char *hit = memmem(from.p, from.n, a, a_n);
        size_t plain = hit == NULL ? from.n : (size_t)(hit - from.p);
        text_add(t, from.p, plain);
        if (hit == NULL)
            return;
        text_put(t, b);
        from.p += plain + a_n;
        from.n -= plain + a_n;
    }
}

void text_base64(struct text *t, const void *data, size_t n)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = data;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0u);
        char four[4] = {letters[v >> 18], letters[v >> 12 & 63], letters[v >> 6 & 63], letters[v & 63]};
        if (i + 1 >= n)
            four[2] = '=';
        if (i + 2 >= n)
            four[3] = '=';
        text_add(t, four, 4);
    }
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

void text_unpercent(struct text *t, struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool coded = s.p[i] == '%' && i + 2 < s.n;
        char c = coded ? (char)(hex_digit(s.p[i + 1]) * 16 + hex_digit(s.p[i + 2])) : s.p[i];
        text_add(t, &c, 1);
        i += coded ? 2 : 0;
    }
}
