/* SPDX-License-Identifier: MIT */
/* json_write: the writer keeps one bit, whether the next name or value needs a comma before it; balance is the
 * caller's. Strings go out in runs of plain bytes, since run records are written for every request. */
#include "base/json_write.h"

#include <math.h>

#include "base/clock.h"
#include "base/real.h"
#include "base/utf8.h"

/* The years 1 and 10000, between which RFC 3339 can write a time. */
static const int64_t FIRST_TIME = -62135596800000000, LAST_TIME = 253402300800000000;

/* What stands after the backslash: a letter, or 'u' for \u00xx; 0 means itself. */
static const char escapes[256] = {
    [0] = 'u', [1] = 'u', [2] = 'u', [3] = 'u', [4] = 'u', [5] = 'u', [6] = 'u', [7] = 'u', ['\b'] = 'b', ['\t'] = 't',
    ['\n'] = 'n', [11] = 'u', ['\f'] = 'f', ['\r'] = 'r', [14] = 'u', [15] = 'u', [16] = 'u', [17] = 'u', [18] = 'u',
    [19] = 'u', [20] = 'u', [21] = 'u', [22] = 'u', [23] = 'u', [24] = 'u', [25] = 'u', [26] = 'u', [27] = 'u', [28] = 'u',
    [29] = 'u', [30] = 'u', [31] = 'u', ['"'] = '"', ['\\'] = '\\', ['<'] = 'u', ['>'] = 'u', ['&'] = 'u',
};

/* What cannot stand for itself at ${p}, escaped; ${n} bytes that are ${code}, or none if they are not UTF-8. */
static void put_escape(struct buf *b, uint32_t code, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    if (n == 0)
        buf_add(b, "\xEF\xBF\xBD", 3);
    else if (code >= 0x80)
        buf_text(b, code == 0x2028 ? "\\u2028" : "\\u2029");
    else if (escapes[code] == 'u')
        buf_add(b, (char[]){'\\', 'u', '0', '0', digits[code >> 4], digits[code & 15]}, 6);
    else
        buf_add(b, (char[]){'\\', escapes[code]}, 2);
}

/* Past what may stand as it is. */
static const uint8_t *pass_plain(const uint8_t *p, const uint8_t *end)
{
    while (p < end) {
        uint32_t code;
        if (*p < 0x80) {
            if (escapes[*p])
                break;
            p++;
            continue;
        }
        size_t n = utf8_decode(p, end, &code);
        if (n == 0 || code == 0x2028 || code == 0x2029)
            break;
        p += n;
    }
    return p;
}

static void put_inside(struct buf *b, struct bytes text)
{
    const uint8_t *p = text.n ? text.p : (const uint8_t *)"", *end = p + text.n;
    while (true) {
        const uint8_t *stop = pass_plain(p, end);
        buf_add(b, p, (size_t)(stop - p));
        if (stop == end)
            return;
        uint32_t code;
        size_t n = utf8_decode(stop, end, &code);
        put_escape(b, code, n);
        p = stop + (n ? n : 1);
    }
}

static void put_string(struct buf *b, struct bytes text)
{
    buf_char(b, '"');
    put_inside(b, text);
    buf_char(b, '"');
}

struct json_out json_out(struct buf *b)
{
    return (struct json_out){.buf = b};
}

static void before(struct json_out *out)
{
    if (out->comma)
        buf_char(out->buf, ',');
    out->comma = true;
}

static void begin(struct json_out *out, char bracket)
{
    before(out);
    buf_char(out->buf, bracket);
    out->comma = false;
}

static void end(struct json_out *out, char bracket)
{
    buf_char(out->buf, bracket);
    out->comma = true;
}

void json_begin_object(struct json_out *out)
{
    begin(out, '{');
}

void json_end_object(struct json_out *out)
{
    end(out, '}');
}

void json_begin_array(struct json_out *out)
{
    begin(out, '[');
}

void json_end_array(struct json_out *out)
{
    end(out, ']');
}

void json_name(struct json_out *out, const char *name)
{
    before(out);
    put_string(out->buf, bytes_of(name));
    buf_char(out->buf, ':');
    out->comma = false;
}

void json_plain_name(struct json_out *out, const char *name)
{
    before(out);
    buf_char(out->buf, '"');
    buf_text(out->buf, name);
    buf_add(out->buf, "\":", 2);
    out->comma = false;
}

void json_put_pair(struct json_out *out, struct json name, struct json value)
{
    before(out);
    buf_bytes(out->buf, json_bytes(name));
    buf_char(out->buf, ':');
    buf_bytes(out->buf, json_bytes(value));
}

static void put_word(struct json_out *out, const char *word)
{
    before(out);
    buf_text(out->buf, word);
}

void json_put_bytes(struct json_out *out, struct bytes bytes)
{
    before(out);
    put_string(out->buf, bytes);
}

void json_put_pieces(struct json_out *out, const struct bytes pieces[], size_t n)
{
    before(out);
    buf_char(out->buf, '"');
    for (size_t i = 0; i < n; i++)
        put_inside(out->buf, pieces[i]);
    buf_char(out->buf, '"');
}

void json_put_text(struct json_out *out, const char *text)
{
    if (text)
        json_put_bytes(out, bytes_of(text));
    else
        put_word(out, "null");
}

void json_put_int(struct json_out *out, int64_t n)
{
    before(out);
    buf_int(out->buf, n);
}

void json_put_real(struct json_out *out, double n)
{
    char text[REAL_TEXT];
    if (!isfinite(n)) {
        put_word(out, "null");
        return;
    }
    before(out);
    buf_add(out->buf, text, real_write(n, text));
}

void json_put_float(struct json_out *out, float n)
{
    char text[REAL_TEXT];
    if (!isfinite(n)) {
        put_word(out, "null");
        return;
    }
    before(out);
    buf_add(out->buf, text, real_write_float(n, text));
}

void json_put_bool(struct json_out *out, bool b)
{
    put_word(out, b ? "true" : "false");
}

void json_put_time(struct json_out *out, int64_t micros)
{
    char text[CLOCK_TEXT];
    if (micros == 0 || micros < FIRST_TIME || micros >= LAST_TIME) {
        put_word(out, "null");
        return;
    }
    clock_rfc3339(micros, text);
    json_put_text(out, text);
}

void json_put_raw(struct json_out *out, struct bytes json)
{
    if (json.n == 0) {
        put_word(out, "null");
        return;
    }
    before(out);
    buf_bytes(out->buf, json);
}

void json_member_text(struct json_out *out, const char *name, const char *text)
{
    json_name(out, name);
    json_put_text(out, text);
}

void json_member_put_int(struct json_out *out, const char *name, int64_t n)
{
    json_name(out, name);
    json_put_int(out, n);
}

void json_member_put_bool(struct json_out *out, const char *name, bool b)
{
    json_name(out, name);
    json_put_bool(out, b);
}
