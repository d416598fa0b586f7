/* SPDX-License-Identifier: MIT */
#ifndef NET_EVENTSTREAM_H
#define NET_EVENTSTREAM_H
/* eventstream: messages of AWS (application/vnd.amazon.eventstream) out of bytes cut anywhere:
 *     length of all, length of headers, CRC-32 of these two, headers, payload, CRC-32 of all before it; numbers are big-endian
 *     header = length and name, type, value
 * Both sums are checked before anything of a message is believed. */
#include "base/base.h"
#include "base/buf.h"

struct arena;
struct err;

struct eventstream {
    struct buf message;          /* the unfinished rest, between feeds */
    bool stopped;
};

/* Messages up to ${max} bytes. The buffer lives in ${arena}. */
struct eventstream eventstream_new(struct arena *, size_t max);
/* Give bytes; each whole message is handed to each(arg, event, payload). Its event is ":event-type"; of an exception "!" and ":exception-type"; of an
 * error, which has no payload, "!" and ":error-code", with ":error-message" for a payload; longer names than EVENTSTREAM_NAME are cut. each() returning
 * false stops: the rest, and all that is fed later, is dropped. ERR_UPSTREAM for a wrong sum, length or header, or a message beyond the maximum. */
enum { EVENTSTREAM_NAME = 63 };
must_check bool eventstream_feed(struct eventstream *, struct bytes, bool (*each)(void *arg, const char *event, struct bytes payload), void *arg,
                                 struct err *);
/* The stream is over: ERR_UPSTREAM if it was cut inside a message. */
must_check bool eventstream_end(struct eventstream *, struct err *);

#endif
