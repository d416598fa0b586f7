/* SPDX-License-Identifier: MIT */
#ifndef BASE_JSON_PRIVATE_H
#define BASE_JSON_PRIVATE_H
/* json_private: what the files of the JSON reader share; included nowhere else. */
#include "base/base.h"

struct arena;

/* The escape at ${p} (its backslash) in checked text: the bytes it takes there (2, 6, or 12 for a pair of
 * surrogates); what it means, 1–4 bytes of UTF-8, goes to ${out}. */
size_t json_unescape(const char *p, char out[4], size_t *n_r);

/* The names of the objects that are open while a text is checked, to see one that is given twice. Small texts use
 * the room inside; only large ones take memory, at most some 24 bytes a name, until json_names_end. */
struct json_names {
    const uint8_t *text;
    struct json_name *list;             /* of all open objects, innermost last */
    size_t n, room;
    uint32_t *slots;                    /* positions in the list + 1, by hash; 0 = free */
    size_t slot_room;
    struct arena *scratch;              /* NULL until the room inside is too small */
    struct json_name {
        uint32_t at;                    /* its first byte after the quote, from the start of the text */
        uint32_t mark;                  /* its length; once the object has many and ends, the hash of what it means */
    } small[128];
    uint32_t small_slots[256];
};

void json_names_begin(struct json_names *, const uint8_t *text);
void json_names_end(struct json_names *);
/* The name of ${n} bytes at ${at}, still escaped, belongs to the innermost object. */
void json_names_add(struct json_names *, size_t at, size_t n);
/* The innermost object, whose names begin at ${first}, ends: true if all differ; else where one stands that was
 * there before. Takes time in proportion to the number of names, whatever they are. */
bool json_names_close(struct json_names *, size_t first, size_t *at_r);

#endif
