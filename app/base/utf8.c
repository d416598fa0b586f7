/* SPDX-License-Identifier: MIT */
/* utf8: the table of well-formed byte sequences of RFC 3629, with a quick way over plain ASCII. */
#include "base/utf8.h"

#include <string.h>

static bool is_tail(uint8_t c)
{
    return (c & 0xC0) == 0x80;
}

size_t utf8_decode(const uint8_t *p, const uint8_t *end, uint32_t *code_r)
{
    size_t left = (size_t)(end - p);
    if (left == 0)
        return 0;
    if (p[0] < 0x80) {
        *code_r = p[0];
        return 1;
    }
    if (p[0] < 0xC2 || p[0] > 0xF4 || left < 2 || !is_tail(p[1]))
        return 0;
    if (p[0] < 0xE0) {
        *code_r = (p[0] & 0x1FU) << 6 | (p[1] & 0x3FU);
        return 2;
    }
    if (left < 3 || !is_tail(p[2]))
        return 0;
    if (p[0] < 0xF0) {
        uint32_t code = (p[0] & 0x0FU) << 12 | (p[1] & 0x3FU) << 6 | (p[2] & 0x3FU);
        *code_r = code;
        return code < 0x800 || (code >= 0xD800 && code <= 0xDFFF) ? 0 : 3;
    }
    if (left < 4 || !is_tail(p[3]))
        return 0;
    uint32_t code = (p[0] & 0x07U) << 18 | (p[1] & 0x3FU) << 12 | (p[2] & 0x3FU) << 6 | (p[3] & 0x3FU);
    *code_r = code;
    return code < 0x10000 || code > 0x10FFFF ? 0 : 4;
}

size_t utf8_check(struct bytes text)
{
    const uint8_t *p = text.p, *end = text.n ? text.p + text.n : text.p;
    while (p < end) {
        uint64_t eight;
        while (end - p >= 8 && (memcpy(&eight, p, 8), (eight & 0x8080808080808080U) == 0))
            p += 8;
        uint32_t code;
        size_t n = utf8_decode(p, end, &code);
        if (n == 0 && p < end)
            return (size_t)(p - text.p);
        p += n;
    }
    return text.n;
}

bool utf8_valid(struct bytes text)
{
    return utf8_check(text) == text.n;
}

size_t utf8_count(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += !is_tail((uint8_t)*text);
    return n;
}

size_t utf8_encode(uint32_t code, char out[4])
{
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        code = 0xFFFD;
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

size_t utf8_cut(const char *text, size_t most)
{
    size_t n = strnlen(text, most);

    if (text[n])
        while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
            n--;
    return n;
}
