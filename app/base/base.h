/* SPDX-License-Identifier: MIT */
#ifndef BASE_BASE_H
#define BASE_BASE_H
/* base: what any C program could use; this header holds the words every other file needs.
 * Start reading the room with arena.h (memory), err.h (failure) and field.h (rows). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define must_check __attribute__((warn_unused_result))
#define printf_like(text, first) __attribute__((format(printf, text, first)))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Bytes that are somebody else's: not NUL-terminated, not ours to change or free. */
struct bytes {
    const uint8_t *p;
    size_t n;
};

/* A list of structs, as rows of the database, loops of a template and arrays of JSON see it. */
struct list {
    void *items;
    size_t n;
};

/* The bytes of a NUL-terminated text, without the NUL. */
struct bytes bytes_of(const char *text);
bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_equal_text(struct bytes a, const char *text);

#endif
