/* SPDX-License-Identifier: MIT */
#ifndef NET_SSE_H
#define NET_SSE_H
/* sse: server-sent events out of bytes cut anywhere (WHATWG HTML section 9.2, plus what real providers do: data: without
 * space, CRLF, CR, comments, BOM, a last event without its blank line, JSON lines without any data: up to the next blank line, as
 * Google's servers write a failure into a stream). ndjson: one JSON text per line, the same way. */
#include "base/base.h"
#include "base/buf.h"

struct err;

struct sse {
    struct buf line;             /* the unfinished rest, between feeds */
    struct buf data;             /* data lines of the event so far */
    char event[64];              /* longer names are cut; no provider has any */
    bool has_data, bare, after_cr, started, stopped;
};

/* Lines and events up to ${max} bytes. Buffers live in ${arena}. */
struct sse sse_new(struct arena *, size_t max);
/* Give bytes; each whole event is handed to each(arg, event name ("" = none), data). Events whose data is empty are left out.
 * each() returning false stops: the rest, and all that is fed later, is dropped. ERR_UPSTREAM if a line or event passes the
 * maximum. */
must_check bool sse_feed(struct sse *, struct bytes, bool (*each)(void *arg, const char *event, struct bytes data), void *arg, struct err *);
/* The stream is over: hands out a pending event that lacks its blank line. */
must_check bool sse_end(struct sse *, bool (*each)(void *arg, const char *event, struct bytes data), void *arg, struct err *);

struct ndjson {
    struct buf line;
    bool stopped;
};
/* The same for lines: CR before LF and blank lines are dropped, a last line needs no LF. */
struct ndjson ndjson_new(struct arena *, size_t max);
must_check bool ndjson_feed(struct ndjson *, struct bytes, bool (*each)(void *arg, struct bytes line), void *arg, struct err *);
must_check bool ndjson_end(struct ndjson *, bool (*each)(void *arg, struct bytes line), void *arg, struct err *);

#endif
