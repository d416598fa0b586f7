/* SPDX-License-Identifier: MIT */
/* arena: small pieces are cut from blocks of 8 KiB, large ones are malloc's own. A reset keeps the first blocks
 * (64 KiB) and gives the rest back, so that the usual request costs no malloc at all; pieces are zeroed when they
 * are handed out, not when they come back. Under AddressSanitizer there are no blocks: every piece is large. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define PIECES_ALONE true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PIECES_ALONE true
#endif
#endif
#ifndef PIECES_ALONE
#define PIECES_ALONE false
#endif

enum {
    ALIGN = alignof(max_align_t),
    BLOCK = 8 << 10,            /* bytes, its header included */
    ALONE = 2 << 10,            /* pieces above this that do not fit the block get their own memory */
    KEPT = 8,                   /* blocks that survive a reset */
};

struct block {
    struct block *next;
    alignas(max_align_t) uint8_t p[];
};

struct defer {
    struct defer *older;
    void (*run)(void *thing);
    void *thing;
};

struct arena {
    struct block *first, *block;    /* all blocks, and the one in use; those after it are empty */
    uint8_t *p, *end;               /* what is left of it */
    struct block *alone;            /* large pieces, newest first */
    struct defer *defers;           /* newest first */
    size_t used;
};

static _Noreturn void out_of_memory(size_t n)
{
    fprintf(stderr, "out of memory: could not get %zu bytes\n", n);
    abort();
}

static void *get_or_die(void *p, size_t n)
{
    if (!p)
        out_of_memory(n);
    return p;
}

static void use_block(struct arena *a, struct block *block)
{
    a->block = block;
    a->p = block->p;
    a->end = (uint8_t *)block + BLOCK;
}

struct arena *arena_new(void)
{
    struct arena *a = get_or_die(calloc(1, sizeof(*a)), sizeof(*a));
    if (!PIECES_ALONE) {
        a->first = get_or_die(malloc(BLOCK), BLOCK);
        a->first->next = NULL;
        use_block(a, a->first);
    }
    return a;
}

static void free_blocks(struct block *block)
{
    while (block) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
}

/* A deferred function may still use the arena, even defer again: the list is taken one at a time. */
static void run_defers(struct arena *a)
{
    while (a->defers) {
        struct defer *d = a->defers;
        a->defers = d->older;
        d->run(d->thing);
    }
}

void arena_reset(struct arena *a)
{
    run_defers(a);
    free_blocks(a->alone);
    a->alone = NULL;
    a->used = 0;
    if (!a->first)
        return;
    struct block *last = a->first;
    for (int i = 1; i < KEPT && last->next; i++)
        last = last->next;
    free_blocks(last->next);
    last->next = NULL;
    use_block(a, a->first);
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    run_defers(a);
    free_blocks(a->alone);
    free_blocks(a->first);
    free(a);
}

static void *piece_alone(struct arena *a, size_t n)
{
    size_t size = sizeof(struct block) + n;
    struct block *piece = get_or_die(calloc(1, size), size);
    piece->next = a->alone;
    a->alone = piece;
    return piece->p;
}

static void next_block(struct arena *a)
{
    if (!a->block->next) {
        struct block *block = get_or_die(malloc(BLOCK), BLOCK);
        block->next = NULL;
        a->block->next = block;
    }
    use_block(a, a->block->next);
}

void *arena_alloc(struct arena *a, size_t n)
{
    if (n > SIZE_MAX / 2)
        out_of_memory(n);
    a->used += n;
    if (PIECES_ALONE)
        return piece_alone(a, n);
    size_t room = n == 0 ? ALIGN : (n + ALIGN - 1) / ALIGN * ALIGN;
    if (room > (size_t)(a->end - a->p)) {
        if (room > ALONE)
            return piece_alone(a, n);
        next_block(a);
    }
    void *p = a->p;
    a->p += room;
    return memset(p, 0, n);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total))
        out_of_memory(SIZE_MAX);
    return arena_alloc(a, total);
}

char *arena_copy(struct arena *a, const void *p, size_t n)
{
    if (n == SIZE_MAX)
        out_of_memory(n);
    char *copy = arena_alloc(a, n + 1);
    if (n > 0)
        memcpy(copy, p, n);
    return copy;
}

char *arena_text(struct arena *a, const char *text)
{
    return text ? arena_copy(a, text, strlen(text)) : NULL;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    char small[256];
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(small, sizeof(small), format, args);
    char *text;
    if (n < 0) {
        fprintf(stderr, "arena_printf: format cannot be printed: %s\n", format);
        abort();
    } else if ((size_t)n < sizeof(small)) {
        text = arena_copy(a, small, (size_t)n);
    } else {
        text = arena_alloc(a, (size_t)n + 1);
        vsnprintf(text, (size_t)n + 1, format, again);
    }
    va_end(again);
    va_end(args);
    return text;
}

void arena_defer(struct arena *a, void (*run)(void *thing), void *thing)
{
    struct defer *d = NEW(a, struct defer);
    *d = (struct defer){a->defers, run, thing};
    a->defers = d;
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}
