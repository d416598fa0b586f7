/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_EVENTSTREAM_MAKE_H
#define TESTS_UNIT_EVENTSTREAM_MAKE_H
/* eventstream_make: messages of an event stream with both sums, for those who read them. */
#include <string.h>

#include "base/buf.h"
#include "base/crypto.h"

static void put_number(struct buf *b, uint32_t n)
{
    buf_add(b, (uint8_t[]){(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}, 4);
}

static void put_string(struct buf *headers, const char *name, const char *value)
{
    buf_char(headers, (char)strlen(name));
    buf_text(headers, name);
    buf_add(headers, (uint8_t[]){7, (uint8_t)(strlen(value) >> 8), (uint8_t)strlen(value)}, 3);
    buf_text(headers, value);
}

/* A message of these headers and this payload. */
static void put_message(struct buf *b, struct bytes headers, struct bytes payload)
{
    size_t at = b->n;
    put_number(b, (uint32_t)(16 + headers.n + payload.n));
    put_number(b, (uint32_t)headers.n);
    put_number(b, crypto_crc32(b->p + at, 8));
    buf_bytes(b, headers);
    buf_bytes(b, payload);
    put_number(b, crypto_crc32(b->p + at, b->n - at));
}

/* An event as AWS sends it; a name that begins with ! is an exception's. */
static void put_event(struct buf *b, const char *event, struct bytes payload)
{
    struct buf headers = buf_new(b->arena, 64 << 10);
    put_string(&headers, *event == '!' ? ":exception-type" : ":event-type", *event == '!' ? event + 1 : event);
    put_string(&headers, ":content-type", "application/json");
    put_string(&headers, ":message-type", *event == '!' ? "exception" : "event");
    put_message(b, buf_view(&headers), payload);
}

#endif
