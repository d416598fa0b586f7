/* SPDX-License-Identifier: MIT */
#ifndef WEB_OUTGOING_H
#define WEB_OUTGOING_H
/* outgoing: FastCGI records on their way to the front server, without copies: slices that are sent with one gather write where
 * the socket has room. libfcgi's own streams are not used for answers: they block, and they linger at the end. */
#include <sys/uio.h>

#include "base/base.h"

struct arena;

enum { RECORD_HEAD = 8, RECORD_MOST = 65528, RECORD_TAIL = 24 };
enum sent { SENT_ALL, SENT_SOME, SENT_GONE };

/* The head of a STDOUT record of ${n} bytes; and what ends an answer: the empty STDOUT and END_REQUEST. */
void record_head(uint8_t out[RECORD_HEAD], uint16_t request_id, size_t n);
void record_tail(uint8_t out[RECORD_TAIL], uint16_t request_id);

struct outgoing {
    struct iovec *slices;
    size_t n, next;
};

/* A whole answer: ${head} and ${body} as records, and the tail. Both must live until it is sent. */
struct outgoing outgoing_whole(struct arena *, uint16_t request_id, struct bytes head, struct bytes body);
/* Send what the socket takes now; SIGPIPE never comes. */
enum sent outgoing_send(struct outgoing *, int fd);
/* Bytes not yet sent. */
size_t outgoing_left(const struct outgoing *);
/* The same, waiting for room until ${deadline} (clock_mono): true if all was taken. For threads that may wait. */
bool outgoing_wait(struct outgoing *, int fd, int64_t deadline);

#endif
