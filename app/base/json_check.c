/* SPDX-License-Identifier: MIT */
/* json_check: the one strict pass over a text from outside (RFC 8259), before anything looks at a value in it. It
 * is on the way of every request, so it does not recurse and takes no memory unless the text has very many names;
 * strings, which are nearly all of a text, are passed eight bytes at a time. */
#include "base/json.h"

#include <string.h>

#include "base/err.h"
#include "base/json_private.h"
#include "base/utf8.h"

enum { USUAL_DEPTH = 64, MOST_DEPTH = 512 };

static const uint32_t AN_ARRAY = UINT32_MAX;

struct checker {
    const uint8_t *start, *p, *end;
    bool allow_nul;
    size_t depth, max_depth;
    uint32_t open[MOST_DEPTH];          /* for each open object where its names begin, or AN_ARRAY */
    struct json_names names;
    const char *why;                    /* what is wrong, at p */
    bool not_utf8;
};

enum turn { WRONG, WANT_VALUE, HAVE_VALUE };

static enum turn wrong(struct checker *c, const uint8_t *at, const char *why)
{
    c->p = at;
    c->why = at >= c->end ? (c->end == c->start ? "the text is empty" : "the text ends too early") : why;
    return WRONG;
}

static void skip_space(struct checker *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\n' || *c->p == '\r' || *c->p == '\t'))
        c->p++;
}

/* The byte at p, or 0, which nothing expects, at the end. */
static uint8_t peek(const struct checker *c)
{
    return c->p < c->end ? *c->p : 0;
}

static bool read_hex4(const struct checker *c, const uint8_t *p, uint32_t *code_r)
{
    if (c->end - p < 4)
        return false;
    uint32_t code = 0;
    for (int i = 0; i < 4; i++) {
        uint8_t low = p[i] | 0x20;      /* lower case; digits stay what they are */
        if (p[i] >= '0' && p[i] <= '9')
            code = code << 4 | (p[i] - (uint32_t)'0');
        else if (low >= 'a' && low <= 'f')
            code = code << 4 | (low - (uint32_t)'a' + 10);
        else
            return false;
    }
    *code_r = code;
    return true;
}

/* Past the \u escape whose backslash is at ${p}; NULL if it is wrong. */
static const uint8_t *pass_unicode(struct checker *c, const uint8_t *p)
{
    uint32_t code, low;
    if (!read_hex4(c, p + 2, &code))
        return wrong(c, c->end - p < 6 ? c->end : p, "\\u needs four hexadecimal digits"), NULL;
    if (code == 0 && !c->allow_nul)
        return wrong(c, p, "\\u0000 is not allowed"), NULL;
    if (code < 0xD800 || code > 0xDFFF)
        return p + 6;
    if (code > 0xDBFF || c->end - p < 12 || p[6] != '\\' || p[7] != 'u' || !read_hex4(c, p + 8, &low)
        || low < 0xDC00 || low > 0xDFFF)
        return wrong(c, p, "half of a surrogate pair"), NULL;
    return p + 12;
}

static const uint8_t *pass_escape(struct checker *c, const uint8_t *p)
{
    if (c->end - p < 2)
        return wrong(c, c->end, ""), NULL;
    switch (p[1]) {
    case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
        return p + 2;
    case 'u':
        return pass_unicode(c, p);
    default:
        return wrong(c, p, "unknown escape in a string"), NULL;
    }
}

/* Past characters beyond ASCII; NULL if they are not UTF-8. The three bytes of most Chinese characters are told at
 * a glance: a lead of E1–EC or EE–EF has no forbidden forms. */
static const uint8_t *pass_beyond_ascii(struct checker *c, const uint8_t *p)
{
    while (p < c->end && *p >= 0x80) {
        if (c->end - p >= 3 && *p > 0xE0 && *p < 0xF0 && *p != 0xED && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80) {
            p += 3;
            continue;
        }
        uint32_t code;
        size_t n = utf8_decode(p, c->end, &code);
        if (n == 0) {
            c->not_utf8 = true;
            c->p = p;
            c->why = "not UTF-8";
            return NULL;
        }
        p += n;
    }
    return p;
}

/* Past the bytes of a string that mean themselves: all but controls, quotes, backslashes and beyond ASCII. The sums
 * find such a byte among eight (https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord); a borrow may see
 * one too many after it, never one too few. */
static const uint8_t *pass_plain(const uint8_t *p, const uint8_t *end)
{
    const uint64_t ones = 0x0101010101010101U, highs = 0x8080808080808080U;
    while (end - p >= 8) {
        uint64_t x;
        memcpy(&x, p, 8);
        uint64_t quote = x ^ ones * '"', slash = x ^ ones * '\\';
        if (((x | (x - ones * 0x20) | (quote - ones) | (slash - ones)) & highs) != 0)
            break;
        p += 8;
    }
    while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
        p++;
    return p;
}

/* Past the string whose quote is at p. */
static bool pass_string(struct checker *c)
{
    const uint8_t *p = c->p + 1;
    while (true) {
        p = pass_plain(p, c->end);
        if (p >= c->end)
            return wrong(c, p, "");
        if (*p == '"') {
            c->p = p + 1;
            return true;
        }
        if (*p < 0x20)
            return wrong(c, p, "control character in a string");
        p = *p == '\\' ? pass_escape(c, p) : pass_beyond_ascii(c, p);
        if (!p)
            return false;
    }
}

static bool pass_digits(struct checker *c)
{
    const uint8_t *first = c->p;
    while (c->p < c->end && *c->p >= '0' && *c->p <= '9')
        c->p++;
    return c->p > first || wrong(c, c->p, "a digit is missing in a number");
}

static bool pass_number(struct checker *c)
{
    if (peek(c) == '-')
        c->p++;
    if (peek(c) == '0') {
        c->p++;
        if (peek(c) >= '0' && peek(c) <= '9')
            return wrong(c, c->p, "a number begins with 0");
    } else if (!pass_digits(c)) {
        return false;
    }
    if (peek(c) == '.') {
        c->p++;
        if (!pass_digits(c))
            return false;
    }
    if (peek(c) == 'e' || peek(c) == 'E') {
        c->p++;
        if (peek(c) == '+' || peek(c) == '-')
            c->p++;
        return pass_digits(c);
    }
    return true;
}

static enum turn pass_word(struct checker *c, const char *word)
{
    size_t n = strlen(word), left = (size_t)(c->end - c->p);
    if (left >= n && memcmp(c->p, word, n) == 0) {
        c->p += n;
        return HAVE_VALUE;
    }
    return wrong(c, left < n && memcmp(c->p, word, left) == 0 ? c->end : c->p, "unknown word");
}

/* A member's name and colon. */
static enum turn pass_name(struct checker *c)
{
    skip_space(c);
    if (peek(c) != '"')
        return wrong(c, c->p, "a name in double quotes is missing");
    const uint8_t *name = c->p + 1;
    if (!pass_string(c))
        return WRONG;
    json_names_add(&c->names, (size_t)(name - c->start), (size_t)(c->p - 1 - name));
    skip_space(c);
    if (peek(c) != ':')
        return wrong(c, c->p, "a colon is missing after a name");
    c->p++;
    return WANT_VALUE;
}

/* The bracket at p ends the innermost object or array. */
static enum turn leave(struct checker *c)
{
    size_t twice;
    uint32_t names = c->open[--c->depth];
    if (names != AN_ARRAY && !json_names_close(&c->names, names, &twice))
        return wrong(c, c->start + twice - 1, "a name is given twice");
    c->p++;
    return HAVE_VALUE;
}

static enum turn enter(struct checker *c, bool object)
{
    if (c->depth == c->max_depth)
        return wrong(c, c->p, "too many objects and arrays inside each other");
    c->open[c->depth++] = object ? (uint32_t)c->names.n : AN_ARRAY;
    c->p++;
    skip_space(c);
    if (peek(c) == (object ? '}' : ']'))
        return leave(c);
    return object ? pass_name(c) : WANT_VALUE;
}

/* A value, or as much of it as comes before the first value inside. */
static enum turn pass_value(struct checker *c)
{
    skip_space(c);
    switch (peek(c)) {
    case '{':
    case '[':
        return enter(c, *c->p == '{');
    case '"':
        return pass_string(c) ? HAVE_VALUE : WRONG;
    case '-':
    case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        return pass_number(c) ? HAVE_VALUE : WRONG;
    case 't':
        return pass_word(c, "true");
    case 'f':
        return pass_word(c, "false");
    case 'n':
        return pass_word(c, "null");
    case 0xEF:
        return wrong(c, c->p, "a byte order mark is not JSON");
    default:
        return wrong(c, c->p, "a value is missing");
    }
}

/* What may follow a value inside an object or array. */
static enum turn pass_after(struct checker *c)
{
    bool object = c->open[c->depth - 1] != AN_ARRAY;
    skip_space(c);
    if (peek(c) == (object ? '}' : ']'))
        return leave(c);
    if (peek(c) != ',')
        return wrong(c, c->p, object ? "a comma or } is missing" : "a comma or ] is missing");
    c->p++;
    return object ? pass_name(c) : WANT_VALUE;
}

static bool pass_text(struct checker *c, struct json *value_r)
{
    skip_space(c);
    const uint8_t *first = c->p;
    enum turn turn = pass_value(c);
    while (turn != WRONG && (turn == WANT_VALUE || c->depth > 0))
        turn = turn == WANT_VALUE ? pass_value(c) : pass_after(c);
    if (turn == WRONG)
        return false;
    *value_r = (struct json){(const char *)first, (size_t)(c->p - first)};
    skip_space(c);
    return c->p == c->end || wrong(c, c->p, "there is more after the value");
}

/* Line and column, both from 1, are counted only now; a column is a character. */
static bool tell(const struct checker *c, struct err *err)
{
    size_t line = 1, column = 1;
    for (const uint8_t *p = c->start; p < c->p; p++) {
        if (*p == '\n') {
            line++;
            column = 1;
        } else if ((*p & 0xC0) != 0x80) {
            column++;
        }
    }
    return fail(err, c->not_utf8 ? ERR_NOT_UTF8 : ERR_NOT_JSON, "line %zu, column %zu: %s", line, column, c->why);
}

bool json_check(struct bytes text, const struct json_limits *limits, struct json *value_r, struct err *err)
{
    if (text.n > INT32_MAX)
        return fail(err, ERR_TOO_LARGE, "a JSON text of %zu bytes", text.n);
    size_t depth = limits && limits->depth ? limits->depth : USUAL_DEPTH;
    struct checker c;                   /* not zeroed: 4 KiB that are mostly never looked at */
    c.start = c.p = text.n ? text.p : (const uint8_t *)"";
    c.end = c.start + text.n;
    c.allow_nul = limits && limits->allow_nul;
    c.depth = 0;
    c.max_depth = depth < MOST_DEPTH ? depth : MOST_DEPTH;
    c.why = NULL;
    c.not_utf8 = false;
    json_names_begin(&c.names, c.start);
    bool ok = pass_text(&c, value_r);
    json_names_end(&c.names);
    return ok || tell(&c, err);
}
