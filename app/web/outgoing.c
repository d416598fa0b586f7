/* SPDX-License-Identifier: MIT */
#include "web/outgoing.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/clock.h"

enum { FCGI_VERSION = 1, FCGI_END_REQUEST = 3, FCGI_STDOUT = 6, SLICES_AT_ONCE = 256 };

static void put_head(uint8_t *out, uint8_t type, uint16_t request_id, size_t n)
{
    const uint8_t head[RECORD_HEAD] = {FCGI_VERSION, type, (uint8_t)(request_id >> 8), (uint8_t)request_id, (uint8_t)(n >> 8),
                                       (uint8_t)n, 0, 0};
    memcpy(out, head, sizeof(head));
}

void record_head(uint8_t out[RECORD_HEAD], uint16_t request_id, size_t n)
{
    put_head(out, FCGI_STDOUT, request_id, n);
}

void record_tail(uint8_t out[RECORD_TAIL], uint16_t request_id)
{
    put_head(out, FCGI_STDOUT, request_id, 0);
    put_head(out + RECORD_HEAD, FCGI_END_REQUEST, request_id, 8);
    memset(out + 2 * RECORD_HEAD, 0, 8);     /* application status 0, FCGI_REQUEST_COMPLETE */
}

static void add_slice(struct outgoing *out, const void *p, size_t n)
{
    union { const void *from; void *to; } address = {.from = p};     /* iovec has no const; sendmsg only reads */
    if (n > 0)
        out->slices[out->n++] = (struct iovec){address.to, n};
}

struct outgoing outgoing_whole(struct arena *arena, uint16_t request_id, struct bytes head, struct bytes body)
{
    size_t records = (head.n + body.n + RECORD_MOST - 1) / RECORD_MOST;
    struct outgoing out = {.slices = NEW_ARRAY(arena, struct iovec, 3 * records + 1)};
    uint8_t *heads = arena_alloc(arena, records * RECORD_HEAD + RECORD_TAIL);
    while (head.n + body.n > 0) {
        size_t n = head.n + body.n < RECORD_MOST ? head.n + body.n : RECORD_MOST;
        size_t of_head = head.n < n ? head.n : n, of_body = n - of_head;
        record_head(heads, request_id, n);
        add_slice(&out, heads, RECORD_HEAD);
        add_slice(&out, head.p, of_head);
        add_slice(&out, body.p, of_body);
        heads += RECORD_HEAD;
        head = (struct bytes){head.p + of_head, head.n - of_head};
        body = of_body > 0 ? (struct bytes){body.p + of_body, body.n - of_body} : body;
    }
    record_tail(heads, request_id);
    add_slice(&out, heads, RECORD_TAIL);
    return out;
}

static void advance(struct outgoing *out, size_t sent)
{
    while (sent > 0) {
        struct iovec *slice = &out->slices[out->next];
        size_t n = sent < slice->iov_len ? sent : slice->iov_len;
        slice->iov_base = (char *)slice->iov_base + n;
        slice->iov_len -= n;
        sent -= n;
        out->next += slice->iov_len == 0;
    }
}

enum sent outgoing_send(struct outgoing *out, int fd)
{
    while (out->next < out->n) {
        size_t slices = out->n - out->next < SLICES_AT_ONCE ? out->n - out->next : SLICES_AT_ONCE;
        struct msghdr message = {.msg_iov = out->slices + out->next, .msg_iovlen = slices};
        ssize_t sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? SENT_SOME : SENT_GONE;
        advance(out, (size_t)sent);
    }
    return SENT_ALL;
}

size_t outgoing_left(const struct outgoing *out)
{
    size_t left = 0;
    for (size_t i = out->next; i < out->n; i++)
        left += out->slices[i].iov_len;
    return left;
}

bool outgoing_wait(struct outgoing *out, int fd, int64_t deadline)
{
    for (;;) {
        enum sent sent = outgoing_send(out, fd);
        int64_t left_ms = (deadline - clock_mono()) / 1000;
        if (sent != SENT_SOME || left_ms <= 0)
            return sent == SENT_ALL;
        struct pollfd room = {.fd = fd, .events = POLLOUT};
        if (poll(&room, 1, (int)left_ms) < 0 && errno != EINTR)
            return false;
    }
}
