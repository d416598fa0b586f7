/* SPDX-License-Identifier: MIT */
/* buf: room doubles as it is needed; one byte is always kept back for the NUL of buf_done. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"

enum { FIRST_ROOM = 256 };

struct buf buf_new(struct arena *a, size_t max)
{
    return (struct buf){.arena = a, .max = max < SIZE_MAX / 4 ? max : SIZE_MAX / 4};
}

/* Room for ${more} bytes and a NUL, or the flag. Once set, nothing is added any more: no text with a hole. */
static bool make_room(struct buf *b, size_t more)
{
    if (b->overflow || more > b->max - b->n) {
        b->overflow = true;
        return false;
    }
    size_t need = b->n + more + 1;
    if (need <= b->room)
        return true;
    size_t room = b->room ? 2 * b->room : FIRST_ROOM;
    if (room < need)
        room = need;
    if (room > b->max + 1)
        room = b->max + 1;
    char *p = arena_alloc(b->arena, room);
    if (b->n > 0)
        memcpy(p, b->p, b->n);
    b->p = p;
    b->room = room;
    return true;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    if (n == 0 || !make_room(b, n))
        return;
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

void buf_bytes(struct buf *b, struct bytes bytes)
{
    buf_add(b, bytes.p, bytes.n);
}

void buf_text(struct buf *b, const char *text)
{
    buf_add(b, text, text ? strlen(text) : 0);
}

void buf_char(struct buf *b, char c)
{
    if (make_room(b, 1))
        b->p[b->n++] = c;
}

void buf_int(struct buf *b, int64_t n)
{
    char digits[20];
    size_t i = sizeof(digits);
    uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;
    do {
        digits[--i] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (n < 0)
        digits[--i] = '-';
    buf_add(b, digits + i, sizeof(digits) - i);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    char small[256];
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(small, sizeof(small), format, args);
    if (n < 0) {
        b->overflow = true;
    } else if ((size_t)n < sizeof(small)) {
        buf_add(b, small, (size_t)n);
    } else if (make_room(b, (size_t)n)) {
        vsnprintf(b->p + b->n, (size_t)n + 1, format, again);
        b->n += (size_t)n;
    }
    va_end(again);
    va_end(args);
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->overflow = false;
}

bool buf_done(struct buf *b, const char **text_r, struct err *err)
{
    if (!make_room(b, 0))
        return fail(err, ERR_TOO_LARGE, "text is longer than its maximum of %zu bytes", b->max);
    b->p[b->n] = '\0';
    *text_r = b->p;
    return true;
}

struct bytes buf_view(const struct buf *b)
{
    return (struct bytes){(const uint8_t *)b->p, b->n};
}
