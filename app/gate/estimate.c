/* SPDX-License-Identifier: MIT */
#include "gate/estimate.h"

#include <strings.h>

/* What a character is. Letters and digits come in runs of which only the first one counts. */
enum { WORD = 1, NUMBER, HAN, SIGN, MATH, URL, AT, EMOJI, LINE, SPACE, KINDS };

/* Hundredths of a token, fitted by the authors of new-api (QuantumNous) against the three vocabularies. English prose comes out about a third too
 * high, which is the safer side for limits. */
static const uint16_t weights[3][KINDS] = {
    [ESTIMATE_GPT]    = {[WORD] = 102, [NUMBER] = 155, [HAN] = 85,  [SIGN] = 40, [MATH] = 268, [URL] = 100, [AT] = 200, [EMOJI] = 212, [LINE] = 50,
                         [SPACE] = 42},
    [ESTIMATE_CLAUDE] = {[WORD] = 113, [NUMBER] = 163, [HAN] = 121, [SIGN] = 40, [MATH] = 452, [URL] = 126, [AT] = 282, [EMOJI] = 260, [LINE] = 89,
                         [SPACE] = 39},
    [ESTIMATE_GEMINI] = {[WORD] = 115, [NUMBER] = 280, [HAN] = 68,  [SIGN] = 38, [MATH] = 105, [URL] = 120, [AT] = 250, [EMOJI] = 108, [LINE] = 115,
                         [SPACE] = 20},
};

#define W WORD
#define N NUMBER
#define S SIGN
static const uint8_t ascii[128] = {
    S, S, S, S, S, S, S, S, S, LINE, LINE, SPACE, SPACE, SPACE, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S,
    SPACE, S, S, URL, S, URL, URL, S, S, S, S, S, S, S, S, URL, N, N, N, N, N, N, N, N, N, N, URL, URL, S, URL, S, URL,
    AT, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, S, S, S, S, S,
    S, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, S, S, S, S, S,
};
#undef W
#undef N
#undef S

/* Beyond ASCII; what is in none of them is a letter. Scripts written without spaces count by the character, as Han does. */
static const struct { uint32_t from, to; uint8_t kind; } wide[] = {
    {0x80, 0x9f, SIGN}, {0xa0, 0xa0, SPACE}, {0xa1, 0xbf, SIGN}, {0xd7, 0xd7, MATH}, {0xf7, 0xf7, MATH}, {0x0e00, 0x0eff, HAN}, {0x1000, 0x109f, HAN},
    {0x1780, 0x17ff, HAN}, {0x2000, 0x200a, SPACE}, {0x200b, 0x206f, SIGN}, {0x2070, 0x209c, MATH}, {0x20a0, 0x20cf, SIGN}, {0x2100, 0x214f, SIGN},
    {0x2150, 0x218b, NUMBER}, {0x2190, 0x21ff, SIGN}, {0x2200, 0x22ff, MATH}, {0x2300, 0x25ff, SIGN}, {0x2600, 0x27bf, EMOJI}, {0x27c0, 0x27ef, MATH},
    {0x27f0, 0x297f, SIGN}, {0x2980, 0x2aff, MATH}, {0x2b00, 0x2bff, SIGN}, {0x2e00, 0x2e7f, SIGN}, {0x2e80, 0x2fdf, HAN}, {0x3000, 0x3000, SPACE},
    {0x3001, 0x303f, SIGN}, {0x3040, 0x30ff, HAN}, {0x3100, 0x4dbf, HAN}, {0x4e00, 0x9fff, HAN}, {0xa000, 0xa4cf, HAN}, {0xac00, 0xd7a3, HAN},
    {0xe000, 0xf8ff, SIGN}, {0xf900, 0xfaff, HAN}, {0xfe00, 0xfe6f, SIGN}, {0xff00, 0xff0f, SIGN}, {0xff10, 0xff19, NUMBER}, {0xff1a, 0xff20, SIGN},
    {0xff3b, 0xff40, SIGN}, {0xff5b, 0xff65, SIGN}, {0xff66, 0xffdc, HAN}, {0xffe0, 0xffff, SIGN}, {0x1d400, 0x1d7ff, MATH}, {0x1f000, 0x1faff, EMOJI},
    {0x20000, 0x3ffff, HAN}, {0xe0000, 0x10ffff, SIGN},
};

static uint8_t kind_of(uint32_t code)
{
    size_t low = 0, high = COUNT(wide);

    if (code < 128)
        return ascii[code];
    while (low < high) {
        size_t middle = (low + high) / 2;

        if (code > wide[middle].to)
            low = middle + 1;
        else
            high = middle;
    }
    return low < COUNT(wide) && code >= wide[low].from ? wide[low].kind : WORD;
}

static inline void add_kind(struct estimate *e, uint8_t kind)
{
    if (kind > NUMBER || kind != e->seen)
        e->hundredths += weights[e->family][kind];
    e->seen = kind;
}

/* A byte beyond ASCII, or one that breaks a character off. What is no character counts as a sign. */
static void add_byte(struct estimate *e, uint8_t byte)
{
    if (e->missing && (byte & 0xc0) == 0x80) {
        e->code = e->code << 6 | (byte & 0x3f);
        if (--e->missing == 0)
            add_kind(e, kind_of(e->code));
        return;
    }
    if (e->missing)
        add_kind(e, SIGN);
    e->missing = byte >= 0xf8 ? 0 : byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc0 ? 1 : 0;
    e->code = byte & (0x7fU >> (e->missing + 1));
    if (byte < 0x80)
        add_kind(e, ascii[byte]);
    else if (!e->missing)
        add_kind(e, SIGN);
}

void estimate_add(struct estimate *e, struct bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < 0x80 && !e->missing)
            add_kind(e, ascii[text.p[i]]);
        else
            add_byte(e, text.p[i]);
    }
}

static uint32_t hex4(const uint8_t *p)
{
    uint32_t code = 0;

    for (int i = 0; i < 4; i++)
        code = code << 4 | (uint32_t)(p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
    return code;
}

static uint8_t kind_of_escape(uint8_t letter)
{
    switch (letter) {
    case 'n': case 't': return LINE;
    case 'r': case 'f': return SPACE;
    case 'b': return SIGN;
    default: return ascii[letter & 0x7f];                    /* the character itself: " \\ / */
    }
}

/* An escape of checked JSON, at its backslash; how many bytes it takes. */
static size_t add_escape(struct estimate *e, const uint8_t *p, size_t n)
{
    uint32_t code;

    if (n < 6 || p[1] != 'u') {
        add_kind(e, kind_of_escape(n < 2 ? 'b' : p[1]));
        return n < 2 ? 1 : 2;
    }
    code = hex4(p + 2);
    if (code >> 10 != 0x36 || n < 12) {
        add_kind(e, kind_of(code));
        return 6;
    }
    add_kind(e, kind_of(0x10000 + ((code & 0x3ff) << 10) + (hex4(p + 8) & 0x3ff)));
    return 12;
}

void estimate_add_json(struct estimate *e, struct json value)
{
    struct bytes inside;

    if (json_kind(value) != JSON_STRING) {
        estimate_add(e, json_bytes(value));
        return;
    }
    inside = json_escaped(value);
    for (size_t i = 0; i < inside.n;) {
        if (inside.p[i] == '\\') {
            i += add_escape(e, inside.p + i, inside.n - i);
        } else {
            estimate_add(e, (struct bytes){inside.p + i, 1});
            i++;
        }
    }
}

void estimate_gap(struct estimate *e)
{
    if (e->missing)
        e->hundredths += weights[e->family][SIGN];
    e->missing = e->seen = 0;
}

int64_t estimate_tokens(const struct estimate *e)
{
    return (e->hundredths + 99) / 100;
}

static bool names(const char *model, const char *family)
{
    size_t n = 0;

    while (family[n])
        n++;
    for (; model && *model; model++)
        if (strncasecmp(model, family, n) == 0)
            return true;
    return false;
}

enum estimate_family estimate_family(const char *model)
{
    return names(model, "claude") ? ESTIMATE_CLAUDE : names(model, "gemini") ? ESTIMATE_GEMINI : ESTIMATE_GPT;
}
