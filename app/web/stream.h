/* SPDX-License-Identifier: MIT */
#ifndef WEB_STREAM_H
#define WEB_STREAM_H
/* stream: the caller's side of an answer, written from a relay loop as FastCGI records with non-blocking gather writes. What
 * the caller does not take yet waits in a bounded buffer. A handler calls request_stream on its worker and hands the stream to
 * a loop with loop_post; everything below is called on that loop's thread only, stream_attach first. Every stream ends with
 * exactly one stream_end, also after stream_whole, stream_fail and gone. */
#include "web/request.h"

struct loop;
struct stream;

/* Bind to a loop. gone(arg) is called at most once, from the loop and never from inside another call, if the caller hangs up
 * or its connection fails before stream_end; after it nothing more is written. It may call stream_end. */
void stream_attach(struct stream *, struct loop *, void (*gone)(void *arg), void *arg);
/* Status line and headers, once; they leave with the first body bytes, or when the loop comes round. response_header()s set on
 * the request so far come first. Headers with names or values that must not leave are left out (Location, X-Sendfile, control
 * characters …). */
void stream_head(struct stream *, int status, const struct header *headers, size_t n);
/* Body bytes, copied where they must wait. False when the caller is gone or more than ${max_waiting} (set by stream_limit,
 * default 1 MiB) waits unsent: the run is to be cut. */
must_check bool stream_write(struct stream *, struct bytes);
/* Whether the caller's connection is broken. */
bool stream_broken(const struct stream *);
void stream_limit(struct stream *, size_t max_waiting);
/* Bytes waiting, for back-pressure decisions. */
size_t stream_waiting(const struct stream *);
/* A whole answer in one gather write: head, body, end. Body of any size; it must live in the request's arena. */
void stream_whole(struct stream *, int status, const struct header *headers, size_t n, struct bytes body);
/* The error ${err} as a whole answer in the request's face and language; only before stream_head. */
void stream_fail(struct stream *, const struct err *);
/* No more: flushes what waits (a caller that takes nothing for 30 s is cut), closes, frees request and stream. */
void stream_end(struct stream *);
/* Give the answer back before the stream is posted: server.c answers rq->err as if request_stream had not been called. On the
 * worker. */
void stream_refuse(struct stream *);
struct request *stream_request(struct stream *);

#endif
