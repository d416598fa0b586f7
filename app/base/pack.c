/* SPDX-License-Identifier: MIT */
#include "base/pack.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/field.h"

enum { VALUES_MAX = 1000, LIST_MAX = 100000, DEPTH_MAX = 8 };

static void put_number(struct buf *buf, uint64_t n)
{
    char bytes[10];
    size_t used = 0;

    do {
        bytes[used++] = (char)((n & 0x7f) | (n > 0x7f ? 0x80 : 0));
        n >>= 7;
    } while (n);
    buf_add(buf, bytes, used);
}

static void put_text(struct buf *buf, const char *text)
{
    size_t n = text ? strlen(text) : 0;

    put_number(buf, text ? n + 1 : 0);
    buf_add(buf, text ? text : "", n);
}

/* A row inside another has its length before it, so that a reader with fewer rows can step over it. */
static void put_inner(struct buf *buf, const struct field *fields, const void *row)
{
    struct buf inner = buf_new(buf->arena, buf->max);

    pack_row(&inner, fields, row);
    buf->overflow = buf->overflow || inner.overflow;
    put_number(buf, inner.n);
    buf_add(buf, inner.p, inner.n);
}

static void put_list(struct buf *buf, const struct field *f, const struct list *list)
{
    put_number(buf, list->n);
    for (size_t i = 0; i < list->n; i++)
        put_inner(buf, f->item, (const char *)list->items + i * f->item_size);
}

static void put_value(struct buf *buf, const struct field *f, const void *row)
{
    uint64_t bits;
    double real;
    int64_t n;

    switch (f->type) {
    case FIELD_TEXT:
    case FIELD_RAW:
        put_text(buf, field_text(f, row));
        return;
    case FIELD_INT:
    case FIELD_TIME:
        n = field_int(f, row);
        put_number(buf, (uint64_t)n << 1 ^ (n < 0 ? UINT64_MAX : 0));
        return;
    case FIELD_REAL:
        real = field_real(f, row);
        memcpy(&bits, &real, sizeof(bits));
        for (int i = 0; i < 64; i += 8)
            buf_char(buf, (char)(bits >> i));
        return;
    case FIELD_BOOL:
        buf_char(buf, field_bool(f, row));
        return;
    case FIELD_LIST:
        put_list(buf, f, field_list(f, row));
        return;
    case FIELD_STRUCT:
        put_inner(buf, f->item, field_struct(f, row));
        return;
    }
}

void pack_row(struct buf *buf, const struct field *fields, const void *row)
{
    size_t n = 0;

    while (fields[n].name)
        n++;
    put_number(buf, n);
    for (size_t i = 0; i < n; i++)
        put_value(buf, &fields[i], row);
}

/* What is left to read; ok turns false for good at the first byte that is missing. */
struct packed {
    const uint8_t *p, *end;
    struct arena *arena;
    int depth;
    bool ok;
};

static uint64_t take_number(struct packed *in)
{
    uint64_t n = 0;

    for (int shift = 0; shift < 64 && in->p < in->end; shift += 7) {
        uint8_t byte = *in->p++;

        n |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return n;
    }
    in->ok = false;
    return 0;
}

static struct bytes take_bytes(struct packed *in, uint64_t n)
{
    struct bytes bytes = {in->p, (size_t)n};

    if (n > (size_t)(in->end - in->p)) {
        in->ok = false;
        return (struct bytes){0};
    }
    in->p += n;
    return bytes;
}

static const char *take_text(struct packed *in)
{
    uint64_t n = take_number(in);
    struct bytes bytes;

    if (!n || !in->ok)
        return NULL;
    bytes = take_bytes(in, n - 1);
    return in->ok ? arena_copy(in->arena, bytes.p, bytes.n) : NULL;
}

static void take_row(struct packed *in, const struct field *fields, void *row);

static void take_inner(struct packed *in, const struct field *fields, void *row)
{
    struct bytes bytes = take_bytes(in, take_number(in));
    struct packed inner = {bytes.p, bytes.p + bytes.n, in->arena, in->depth + 1, in->ok && in->depth < DEPTH_MAX};

    if (inner.ok)
        take_row(&inner, fields, row);
    in->ok = in->ok && inner.ok;
}

static void take_list(struct packed *in, const struct field *f, struct list *list)
{
    uint64_t n = take_number(in);

    if (n > LIST_MAX || n > (size_t)(in->end - in->p))       /* every item takes a byte at least */
        in->ok = false;
    if (!in->ok)
        return;
    list->items = arena_array(in->arena, (size_t)n, f->item_size);
    list->n = (size_t)n;
    for (size_t i = 0; i < list->n && in->ok; i++)
        take_inner(in, f->item, (char *)list->items + i * f->item_size);
}

static double take_real(struct packed *in)
{
    struct bytes bytes = take_bytes(in, 8);
    uint64_t bits = 0;
    double real;

    for (size_t i = 0; i < bytes.n; i++)
        bits |= (uint64_t)bytes.p[i] << (8 * i);
    memcpy(&real, &bits, sizeof(real));
    return real;
}

static void take_value(struct packed *in, const struct field *f, void *row)
{
    void *member = (char *)row + f->offset;
    uint64_t n;

    switch (f->type) {
    case FIELD_TEXT:
    case FIELD_RAW:
        *(const char **)member = take_text(in);
        return;
    case FIELD_INT:
    case FIELD_TIME:
        n = take_number(in);
        *(int64_t *)member = (int64_t)(n >> 1 ^ (n & 1 ? UINT64_MAX : 0));
        return;
    case FIELD_REAL:
        *(double *)member = take_real(in);
        return;
    case FIELD_BOOL:
        *(bool *)member = take_number(in) != 0;
        return;
    case FIELD_LIST:
        take_list(in, f, member);
        return;
    case FIELD_STRUCT:
        take_inner(in, f->item, member);
        return;
    }
}

static void take_row(struct packed *in, const struct field *fields, void *row)
{
    uint64_t n = take_number(in);

    if (n > VALUES_MAX)
        in->ok = false;
    for (size_t i = 0; i < n && in->ok && fields[i].name; i++)
        take_value(in, &fields[i], row);
}

bool unpack_row(struct bytes packed, const struct field *fields, struct arena *a, void *row, struct err *err)
{
    struct packed in = {packed.p, packed.p + packed.n, a, 0, true};

    take_row(&in, fields, row);
    return in.ok || fail(err, ERR_INPUT, "a packed row of %zu bytes is cut short or damaged", packed.n);
}
