/* SPDX-License-Identifier: MIT */
/* json_names: whether a name is given twice in an object. Names are compared decoded, since "a" and "\u0061" are
 * the same to every later reader. A few names are compared in pairs, many through a hash table; both when the object
 * ends, so that the small objects most texts consist of never pay for a hash. The hash is SipHash-1-3 with a seed
 * of this process (https://www.aumasson.jp/siphash/), so nobody outside can choose names that collide. */
#include "base/json_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/arena.h"

enum { PAIRS = 16 };                    /* up to this many names, pairs are quicker than a table */
static const uint32_t ESCAPED = 0x80000000; /* in mark, beside the length: has a backslash */

static uint64_t seed[2];                /* written once before main */

__attribute__((constructor)) static void choose_seed(void)
{
    if (getrandom(seed, sizeof(seed), 0) != (ssize_t)sizeof(seed)) {
        fprintf(stderr, "json: the system gave no random bytes\n");
        abort();
    }
}

struct sip {
    uint64_t a, b, c, d, word;
    size_t n;
};

static uint64_t turn(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_round(struct sip *s)
{
    s->a += s->b; s->b = turn(s->b, 13) ^ s->a; s->a = turn(s->a, 32);
    s->c += s->d; s->d = turn(s->d, 16) ^ s->c;
    s->a += s->d; s->d = turn(s->d, 21) ^ s->a;
    s->c += s->b; s->b = turn(s->b, 17) ^ s->c; s->c = turn(s->c, 32);
}

static void sip_word(struct sip *s, uint64_t word)
{
    s->d ^= word;
    sip_round(s);
    s->a ^= word;
}

static void sip_byte(struct sip *s, uint8_t byte)
{
    s->word |= (uint64_t)byte << (8 * (s->n++ & 7));
    if ((s->n & 7) == 0) {
        sip_word(s, s->word);
        s->word = 0;
    }
}

static uint32_t sip_end(struct sip *s)
{
    sip_word(s, s->word | (uint64_t)s->n << 56);
    s->c ^= 0xFF;
    for (int i = 0; i < 3; i++)
        sip_round(s);
    uint64_t hash = s->a ^ s->b ^ s->c ^ s->d;
    return (uint32_t)(hash ^ hash >> 32);
}

static uint32_t name_hash(const uint8_t *p, size_t n)
{
    struct sip s = {seed[0] ^ 0x736f6d6570736575U, seed[1] ^ 0x646f72616e646f6dU,
                    seed[0] ^ 0x6c7967656e657261U, seed[1] ^ 0x7465646279746573U, 0, 0};
    for (const uint8_t *end = p + n; p < end;) {
        if (*p != '\\') {
            sip_byte(&s, *p++);
            continue;
        }
        char out[4];
        size_t got;
        p += json_unescape((const char *)p, out, &got);
        for (size_t i = 0; i < got; i++)
            sip_byte(&s, (uint8_t)out[i]);
    }
    return sip_end(&s);
}

/* A name read byte by byte as it is meant. */
struct reader {
    const uint8_t *p;
    char piece[4];
    size_t n, i;
};

static int read_byte(struct reader *r)
{
    if (r->i < r->n)
        return (uint8_t)r->piece[r->i++];
    if (*r->p == '"')
        return -1;
    if (*r->p != '\\')
        return *r->p++;
    r->p += json_unescape((const char *)r->p, r->piece, &r->n);
    r->i = 1;
    return (uint8_t)r->piece[0];
}

static bool same_meaning(const uint8_t *a, const uint8_t *b)
{
    struct reader one = {.p = a}, other = {.p = b};
    int c;
    do {
        c = read_byte(&one);
        if (c != read_byte(&other))
            return false;
    } while (c >= 0);
    return true;
}

void json_names_begin(struct json_names *names, const uint8_t *text)
{
    names->text = text;
    names->list = names->small;
    names->n = 0;
    names->room = COUNT(names->small);
    names->slots = names->small_slots;
    names->slot_room = COUNT(names->small_slots);
    names->scratch = NULL;
}

void json_names_end(struct json_names *names)
{
    arena_free(names->scratch);
}

static struct arena *scratch(struct json_names *names)
{
    if (!names->scratch)
        names->scratch = arena_new();
    return names->scratch;
}

void json_names_add(struct json_names *names, size_t at, size_t n)
{
    if (names->n == names->room) {
        struct json_name *list = NEW_ARRAY(scratch(names), struct json_name, 2 * names->room);
        memcpy(list, names->list, names->n * sizeof(*list));
        names->list = list;
        names->room *= 2;
    }
    uint32_t escaped = memchr(names->text + at, '\\', n) ? ESCAPED : 0;
    names->list[names->n++] = (struct json_name){(uint32_t)at, (uint32_t)n | escaped};
}

static bool same_pair(const uint8_t *text, const struct json_name *a, const struct json_name *b)
{
    if (((a->mark | b->mark) & ESCAPED) != 0)
        return same_meaning(text + a->at, text + b->at);
    return a->mark == b->mark && memcmp(text + a->at, text + b->at, a->mark) == 0;
}

static bool differ_in_pairs(const struct json_names *names, const struct json_name *list, size_t n, size_t *at_r)
{
    for (size_t i = 1; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (same_pair(names->text, &list[i], &list[j])) {
                *at_r = list[i].at;
                return false;
            }
    return true;
}

static bool same_hashed(const uint8_t *text, const struct json_name *a, const struct json_name *b)
{
    return a->mark == b->mark && same_meaning(text + a->at, text + b->at);
}

/* ${room} free slots, a power of two. */
static void clear_slots(struct json_names *names, size_t room)
{
    if (room > names->slot_room) {
        names->slots = NEW_ARRAY(scratch(names), uint32_t, room);
        names->slot_room = room;
    } else {
        memset(names->slots, 0, room * sizeof(*names->slots));
    }
}

static bool differ_by_table(struct json_names *names, struct json_name *list, size_t n, size_t *at_r)
{
    size_t room = COUNT(names->small_slots);
    while (room < n + n / 2)
        room *= 2;
    clear_slots(names, room);
    for (size_t i = 0; i < n; i++) {
        list[i].mark = name_hash(names->text + list[i].at, list[i].mark & ~ESCAPED);
        size_t slot = list[i].mark & (room - 1);
        for (; names->slots[slot]; slot = (slot + 1) & (room - 1))
            if (same_hashed(names->text, &list[i], &list[names->slots[slot] - 1])) {
                *at_r = list[i].at;
                return false;
            }
        names->slots[slot] = (uint32_t)(i + 1);
    }
    return true;
}

bool json_names_close(struct json_names *names, size_t first, size_t *at_r)
{
    struct json_name *list = names->list + first;
    size_t n = names->n - first;
    names->n = first;
    return n <= PAIRS ? differ_in_pairs(names, list, n, at_r) : differ_by_table(names, list, n, at_r);
}
