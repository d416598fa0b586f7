/* SPDX-License-Identifier: MIT */
#ifndef BASE_BUF_H
#define BASE_BUF_H
/* buf: bytes being written, in an arena, never more than a maximum set at the start.
 * Writing past the maximum sets a sticky flag: append ten times, check once. */
#include "base/base.h"

struct arena;
struct err;

struct buf {
    struct arena *arena;
    char *p;
    size_t n, room, max;
    bool overflow;
};

/* An empty buf that grows in ${arena} up to ${max} bytes. */
struct buf buf_new(struct arena *, size_t max);
void buf_add(struct buf *, const void *p, size_t n);
void buf_bytes(struct buf *, struct bytes);
void buf_text(struct buf *, const char *text);
void buf_char(struct buf *, char c);
void buf_int(struct buf *, int64_t n);
void buf_printf(struct buf *, const char *format, ...) printf_like(2, 3);
/* Forget the content, keep the room. */
void buf_clear(struct buf *);
/* The content, NUL-terminated; false (ERR_TOO_LARGE) if the maximum was passed. */
must_check bool buf_done(struct buf *, const char **text_r, struct err *);
struct bytes buf_view(const struct buf *);

#endif
