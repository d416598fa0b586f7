/* SPDX-License-Identifier: MIT */
#ifndef FAKELLM_TEXT_H
#define FAKELLM_TEXT_H
/* text: a buffer that grows, and slices of it. Out of memory ends the program: it is a test server. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice { const char *p; size_t n; };

struct text {
    char *p;
    size_t n, size;
};

/* Make room for ${more} bytes after the end. */
void text_room(struct text *, size_t more);
void text_free(struct text *);
void text_int(struct text *, int64_t);
/* As the inside of a JSON string; the quotes are the caller's. */
void text_json(struct text *, struct slice);
/* The inside of a JSON string, decoded. */
void text_unjson(struct text *, struct slice);
/* %XX decoded. */
void text_unpercent(struct text *, struct slice);
/* ${a}, replaced by ${b} wherever it stands. */
void text_replace(struct text *, struct slice from, const char *a, const char *b);
void text_base64(struct text *, const void *, size_t n);

static inline void text_add(struct text *t, const char *p, size_t n)
{
    if (t->size - t->n < n)
        text_room(t, n);
    if (n > 0)
        memcpy(t->p + t->n, p, n);
    t->n += n;
}

static inline void text_put(struct text *t, const char *s)
{
    text_add(t, s, strlen(s));
}

static inline void text_slice(struct text *t, struct slice s)
{
    text_add(t, s.p, s.n);
}

static inline struct slice text_all(const struct text *t)
{
    return (struct slice){t->p, t->n};
}

static inline bool slice_is(struct slice s, const char *word)
{
    return s.n == strlen(word) && memcmp(s.p, word, s.n) == 0;
}

static inline struct slice slice_of(const char *word)
{
    return (struct slice){word, strlen(word)};
}

#endif
