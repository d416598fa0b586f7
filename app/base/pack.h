/* SPDX-License-Identifier: MIT */
#ifndef BASE_PACK_H
#define BASE_PACK_H
/* pack: a struct as few bytes by its FIELD rows, for records that are written and read often (a tenth of JSON's cost). Values
 * follow each other in the order of the
 * rows, so rows are only ever added at the end of a table: an older record then reads with those members zero, a newer one with its extra values left out.
 *     row   = count of values, values          text = length + 1 (0 = NULL), bytes
 *     int   = zigzag varint, time the same     bool = one byte, real = eight bytes, little-endian
 *     list  = count, rows each with its length before it        struct = length, row */
#include "base/buf.h"

struct arena;
struct err;
struct field;

void pack_row(struct buf *, const struct field *fields, const void *row);
/* Texts are copied into ${a}. ERR_INPUT if the bytes are cut short or are no row of these fields; nothing beyond ${packed} is read. */
must_check bool unpack_row(struct bytes packed, const struct field *fields, struct arena *a, void *row, struct err *);

#endif
