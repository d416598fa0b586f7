/* SPDX-License-Identifier: MIT */
#ifndef WEB_STREAM_H
#define WEB_STREAM_H
/* stream: the caller's side of an answer, written from a relay loop as FastCGI records with non-blocking gather writes.
 * What the caller does not take yet waits in a bounded buffer. All on the loop's thread, except where noted. */
#include "web/request.h"

struct loop;
struct stream;

/* Bind to a loop. gone(arg) is called once if the caller hangs up (or its connection fails) before stream_end; after it
 * nothing more is written, and stream_end must still be called. */
void stream_attach(struct stream *, struct loop *, void (*gone)(void *arg), void *arg);
/* Status line and headers, once. response_header()s set on the request so far come first. */
void stream_head(struct stream *, int status, const struct header *headers, size_t n);
/* Body bytes, copied where they must wait. False when the caller is gone or more than ${max_waiting} (set by stream_limit,
 * default 1 MiB) waits unsent: the run is to be cut. */
must_check bool stream_write(struct stream *, struct bytes);
void stream_limit(struct stream *, size_t max_waiting);
/* Bytes waiting, for back-pressure decisions. */
size_t stream_waiting(const struct stream *);
/* A whole answer in one gather write: head, body, end. Body of any size; it must live in the request's arena. */
void stream_whole(struct stream *, int status, const struct header *headers, size_t n, struct bytes body);
/* The error ${err} as a whole answer in the request's face and language; only before stream_head. */
void stream_fail(struct stream *, const struct err *);
/* No more: flushes what waits (a caller that takes nothing for 30 s is cut), closes, frees request and stream. */
void stream_end(struct stream *);
/* Give the answer back before stream_attach: server.c answers rq->err as if request_stream had not been called. */
void stream_refuse(struct stream *);
struct request *stream_request(struct stream *);

#endif
