/* SPDX-License-Identifier: MIT */
/* secret: regions of locked memory that core dumps leave out, cut into pieces of eight sizes; dropped pieces are
 * wiped and used again. Secrets over 4 KiB, and those beyond 4 MiB in all, come from malloc: they are wiped like
 * the others, but may be swapped or dumped. Where the lock limit is small, regions stay unlocked. */
#include "base/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/arena.h"
#include "base/lock.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

enum {
    SMALLEST = 32,                      /* bytes of the smallest piece; each size is twice the one before */
    SIZES = 8,
    REGION = 256 << 10,
    REGIONS = 16,
    ALONE = SIZES,                      /* the "size" of a piece that malloc gave */
};

struct secret {
    size_t n;
    size_t size;                        /* which of the sizes, or ALONE */
    char p[];
};

struct spare {
    struct spare *next;
};

static struct {
    struct lock lock;
    struct spare *spare[SIZES];         /* wiped pieces */
    char *p;                            /* what is left of the newest region */
    size_t left, regions;
} store = {.lock = LOCK_INIT("secret")};

static size_t bytes_of_size(size_t size)
{
    return (size_t)SMALLEST << size;
}

static size_t size_for(size_t n)
{
    size_t size = 0;
    while (size < SIZES && bytes_of_size(size) < n)
        size++;
    return size;
}

/* What was left of the region before is given up: at most the largest piece in 256 KiB. */
static bool add_region(void)
{
    if (store.regions == REGIONS)
        return false;
    void *p = mmap(NULL, REGION, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return false;
    (void)madvise(p, REGION, MADV_DONTDUMP);
    (void)mlock(p, REGION);
    ASAN_POISON_MEMORY_REGION(p, REGION);
    store.p = p;
    store.left = REGION;
    store.regions++;
    return true;
}

static void *take_piece(size_t size)
{
    lock_assert_held(&store.lock);
    struct spare *spare = store.spare[size];
    if (spare) {
        ASAN_UNPOISON_MEMORY_REGION(spare, sizeof(*spare));
        store.spare[size] = spare->next;
        spare->next = NULL;
        return spare;
    }
    size_t n = bytes_of_size(size);
    if (store.left < n && !add_region())
        return NULL;
    char *p = store.p;
    store.p += n;
    store.left -= n;
    return p;
}

static struct secret *piece_new(size_t n)
{
    if (n > SIZE_MAX / 2)
        abort();
    size_t whole = sizeof(struct secret) + n + 1;
    size_t size = size_for(whole);
    struct secret *s = NULL;
    if (size < SIZES) {
        lock_take(&store.lock);
        s = take_piece(size);
        lock_drop(&store.lock);
        if (s)
            ASAN_UNPOISON_MEMORY_REGION(s, whole);
    }
    if (!s) {
        s = calloc(1, whole);
        size = ALONE;
    }
    if (!s) {
        fprintf(stderr, "out of memory: could not get %zu bytes for a secret\n", whole);
        abort();
    }
    s->n = n;
    s->size = size;
    return s;
}

static void piece_drop(void *p)
{
    struct secret *s = p;
    size_t size = s->size, whole = sizeof(*s) + s->n + 1;
    explicit_bzero(s, whole);
    if (size == ALONE) {
        free(s);
        return;
    }
    struct spare *spare = p;
    lock_take(&store.lock);
    spare->next = store.spare[size];
    store.spare[size] = spare;
    ASAN_POISON_MEMORY_REGION(p, bytes_of_size(size));
    lock_drop(&store.lock);
}

struct secret *secret_new(struct arena *arena, const void *p, size_t n)
{
    struct secret *s = piece_new(n);
    if (n > 0)
        memcpy(s->p, p, n);
    s->p[n] = '\0';
    arena_defer(arena, piece_drop, s);
    return s;
}

struct secret *secret_text(struct arena *arena, const char *text)
{
    return text ? secret_new(arena, text, strlen(text)) : NULL;
}

struct secret *secret_copy(struct arena *arena, const struct secret *s)
{
    return s ? secret_new(arena, s->p, s->n) : NULL;
}

struct bytes secret_view(const struct secret *s)
{
    return s ? (struct bytes){(const uint8_t *)s->p, s->n} : (struct bytes){NULL, 0};
}

const char *secret_reveal(const struct secret *s)
{
    return s ? s->p : NULL;
}

const char *secret_tail(const struct secret *s, struct arena *arena)
{
    if (!s || s->n < 12)
        return arena_text(arena, "");
    size_t at = s->n;
    for (int characters = 0; characters < 4 && at > 0; characters++)
        do
            at--;
        while (at > 0 && ((uint8_t)s->p[at] & 0xC0) == 0x80);
    return s->n - at > 16 ? arena_text(arena, "") : arena_copy(arena, s->p + at, s->n - at);
}

void secret_wipe(void *p, size_t n)
{
    if (n > 0)
        explicit_bzero(p, n);
}
