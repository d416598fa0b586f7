/* SPDX-License-Identifier: MIT */
/* eventstream: a message that lies whole in the new bytes is read in place; only an unfinished one is copied. What a length claims is believed once the
 * sum over it fits, and memory is taken only for bytes that came. */
#include "net/eventstream.h"

#include <string.h>

#include "base/crypto.h"
#include "base/err.h"

enum { PRELUDE = 12, SUM = 4, LEAST = PRELUDE + SUM };
enum { HEADER_TRUE, HEADER_FALSE, HEADER_BYTE, HEADER_SHORT, HEADER_INT, HEADER_LONG, HEADER_BYTES, HEADER_STRING, HEADER_TIME, HEADER_UUID };

typedef bool each_message(void *arg, const char *event, struct bytes payload);

/* What of the headers matters; absent ones are empty. */
struct heading {
    struct bytes message_type, event_type, exception_type, error_code, error_message;
};

static uint32_t number(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

struct eventstream eventstream_new(struct arena *a, size_t max)
{
    return (struct eventstream){.message = buf_new(a, max)};
}

static bool refuse(struct eventstream *s, struct err *err, const char *what)
{
    s->stopped = true;
    return fail(err, ERR_UPSTREAM, "event stream: %s", what);
}

/* The twelve bytes at ${p}: how long the message is. */
static bool read_prelude(struct eventstream *s, const uint8_t *p, struct err *err)
{
    uint32_t total = number(p), headers = number(p + 4);

    if (crypto_crc32(p, 8) != number(p + 8))
        return refuse(s, err, "the sum of a message's lengths is wrong");
    if (total < LEAST || headers > total - LEAST)
        return refuse(s, err, "a message's lengths do not fit each other");
    return total <= s->message.max || refuse(s, err, "a message is longer than allowed");
}

/* Bytes of a value of this type, its own length included; 0 for a type that is none. Values without bytes have ${none_r}. */
static size_t value_size(uint8_t type, const uint8_t *p, size_t left, bool *none_r)
{
    static const uint8_t fixed[] = {[HEADER_BYTE] = 1, [HEADER_SHORT] = 2, [HEADER_INT] = 4, [HEADER_LONG] = 8, [HEADER_TIME] = 8, [HEADER_UUID] = 16};

    *none_r = type == HEADER_TRUE || type == HEADER_FALSE;
    if (type == HEADER_BYTES || type == HEADER_STRING)
        return left < 2 ? SIZE_MAX : 2 + (size_t)(p[0] << 8 | p[1]);
    return type < sizeof(fixed) ? fixed[type] : 0;
}

static void note_header(struct heading *h, struct bytes name, struct bytes value)
{
    const struct { const char *name; struct bytes *value; } known[] = {
        {":message-type", &h->message_type}, {":event-type", &h->event_type}, {":exception-type", &h->exception_type},
        {":error-code", &h->error_code}, {":error-message", &h->error_message},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (bytes_equal_text(name, known[i].name))
            *known[i].value = value;
}

static bool read_headers(const uint8_t *p, size_t n, struct heading *h)
{
    for (size_t at = 0; at < n;) {
        struct bytes name = {p + at + 1, p[at]};
        size_t size;
        bool none;

        at += 1 + name.n;
        if (!name.n || at >= n)
            return false;
        size = value_size(p[at], p + at + 1, n - at - 1, &none);
        if ((!size && !none) || size > n - at - 1)
            return false;
        if (p[at] == HEADER_STRING)
            note_header(h, name, (struct bytes){p + at + 3, size - 2});
        at += 1 + size;
    }
    return true;
}

/* Text of a provider as an event's name: only what a name may have. */
static void name_event(char name[EVENTSTREAM_NAME + 1], const char *sign, struct bytes value)
{
    size_t at = 0;

    for (; *sign; sign++)
        name[at++] = *sign;
    for (size_t i = 0; i < value.n && at < EVENTSTREAM_NAME; i++)
        name[at++] = value.p[i] > 0x20 && value.p[i] < 0x7f ? (char)value.p[i] : '?';
    name[at] = '\0';
}

static bool read_message(struct eventstream *s, const uint8_t *p, size_t n, each_message *each, void *arg, struct err *err)
{
    size_t headers_n = number(p + 4);
    struct bytes payload = {p + PRELUDE + headers_n, n - LEAST - headers_n};
    struct heading h = {0};
    char name[EVENTSTREAM_NAME + 1];

    if (crypto_crc32(p, n - SUM) != number(p + n - SUM))
        return refuse(s, err, "the sum of a message is wrong");
    if (!read_headers(p + PRELUDE, headers_n, &h))
        return refuse(s, err, "a message's headers are malformed");
    if (bytes_equal_text(h.message_type, "exception")) {
        name_event(name, "!", h.exception_type);
    } else if (bytes_equal_text(h.message_type, "error")) {
        name_event(name, "!", h.error_code);
        payload = h.error_message;
    } else {
        name_event(name, "", h.event_type);
    }
    s->stopped = !each(arg, name, payload);
    return true;
}

/* Up to ${want} bytes of the message that is put together. */
static void take(struct eventstream *s, struct bytes *in, size_t want)
{
    size_t missing = want - s->message.n, n = in->n < missing ? in->n : missing;

    buf_add(&s->message, in->p, n);
    *in = (struct bytes){in->p + n, in->n - n};
}

static bool go_on(struct eventstream *s, struct bytes *in, each_message *each, void *arg, struct err *err)
{
    bool begun = s->message.n >= PRELUDE;
    struct bytes whole;
    size_t n;

    if (!begun) {
        take(s, in, PRELUDE);
        return s->message.n < PRELUDE || read_prelude(s, (const uint8_t *)s->message.p, err);
    }
    n = number((const uint8_t *)s->message.p);
    take(s, in, n);
    if (s->message.n < n)
        return true;
    whole = buf_view(&s->message);
    buf_clear(&s->message);
    return read_message(s, whole.p, whole.n, each, arg, err);
}

bool eventstream_feed(struct eventstream *s, struct bytes in, each_message *each, void *arg, struct err *err)
{
    while (in.n && !s->stopped) {
        size_t n;

        if (s->message.n || in.n < PRELUDE) {
            if (!go_on(s, &in, each, arg, err))
                return false;
            continue;
        }
        if (!read_prelude(s, in.p, err))
            return false;
        n = number(in.p);
        if (in.n < n) {
            take(s, &in, n);
            continue;
        }
        if (!read_message(s, in.p, n, each, arg, err))
            return false;
        in = (struct bytes){in.p + n, in.n - n};
    }
    return true;
}

bool eventstream_end(struct eventstream *s, struct err *err)
{
    bool whole = s->stopped || !s->message.n;

    return whole || refuse(s, err, "the stream was cut inside a message");
}
