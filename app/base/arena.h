/* SPDX-License-Identifier: MIT */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
/* arena: memory with one end. Pieces are zeroed, never NULL (out of memory ends the process; sizes from
 * outside are bounded before they get here) and freed together. One thread at a time uses an arena.
 * Under AddressSanitizer every piece is its own calloc, so an overrun is seen. */
#include "base/base.h"

struct arena;

/* A new empty arena; free it with arena_free. */
struct arena *arena_new(void);
/* Run what was deferred, newest first, and free every piece. The arena can be used again; its first
 * block is kept so that a loop that resets costs no malloc. */
void arena_reset(struct arena *);
void arena_free(struct arena *);

/* ${n} zeroed bytes, aligned for any type. n == 0 gives a valid pointer. */
void *arena_alloc(struct arena *, size_t n);
#define NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define NEW_ARRAY(arena, type, n) ((type *)arena_array((arena), (n), sizeof(type)))
/* ${n} zeroed things of ${size} bytes; ends the process if the product overflows. */
void *arena_array(struct arena *, size_t n, size_t size);
/* Copies: of a text (NULL stays NULL), of ${n} bytes with a NUL added, of a printf. */
char *arena_text(struct arena *, const char *text);
char *arena_copy(struct arena *, const void *p, size_t n);
char *arena_printf(struct arena *, const char *format, ...) printf_like(2, 3);

/* Call run(thing) when the arena is reset or freed: how a foreign handle is tied to a request. */
void arena_defer(struct arena *, void (*run)(void *thing), void *thing);
/* Bytes handed out since the last reset, for limits and tests. */
size_t arena_used(const struct arena *);

#endif
