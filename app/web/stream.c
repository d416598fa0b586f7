/* SPDX-License-Identifier: MIT */
#include "web/stream.h"

#include <assert.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "web/outgoing.h"
#include "web/request_private.h"

/* Most answers are there before WATCH_US: their sockets are never watched, which saves two system calls. */
enum { WAITING_DEFAULT = 1 << 20, END_PATIENCE_US = 30 * 1000000, WATCH_US = 20000 };

struct stream {
    struct link *link;
    struct loop *loop;
    struct loop_fd *watch;
    struct loop_timer timer;             /* at first: watch; then: flush the head, or tell of a failure; after the end: patience */
    void (*gone)(void *arg);
    void *arg;
    char *waiting;                       /* records the caller did not take yet: [from, from + waiting_n) */
    size_t from, waiting_n, room, max_waiting;
    struct outgoing whole;               /* slices that wait behind them */
    bool headed, complete, ended, failed, told;
};

static void on_ready(void *arg, int fd, int got);
static void on_timer(void *arg);

struct stream *request_stream(struct request *rq)
{
    struct link *link = link_of(rq);
    assert(!rq->detached);
    struct stream *s = NEW(rq->arena, struct stream);
    s->link = link;
    s->max_waiting = WAITING_DEFAULT;
    s->timer = (struct loop_timer){.run = on_timer, .arg = s};
    link->users++;
    rq->detached = true;
    return s;
}

void stream_refuse(struct stream *s)
{
    assert(s->loop == NULL);
    s->link->rq.detached = false;
    s->link->users--;
}

struct request *stream_request(struct stream *s)
{
    return &s->link->rq;
}

/* All of the request was read, so anything that can be read now is the peer giving up: a close or FCGI_ABORT_REQUEST. */
void stream_attach(struct stream *s, struct loop *loop, void (*gone)(void *arg), void *arg)
{
    assert(s->loop == NULL);
    s->loop = loop;
    s->gone = gone;
    s->arg = arg;
    loop_keep(loop, 1);
    loop_timer_set(loop, &s->timer, clock_mono() + WATCH_US);
}

void stream_limit(struct stream *s, size_t max_waiting)
{
    s->max_waiting = max_waiting;
}

size_t stream_waiting(const struct stream *s)
{
    return s->waiting_n + outgoing_left(&s->whole);
}

/* The connection is of no use any more. The owner hears of it from the loop, not from inside its own call. */
static void set_failed(struct stream *s)
{
    if (s->failed)
        return;
    s->failed = true;
    s->waiting_n = 0;
    s->whole.n = s->whole.next = 0;
    loop_unwatch(s->loop, s->watch);
    s->watch = NULL;
    loop_timer_set(s->loop, &s->timer, clock_mono());
}

/* The peer stopped sending, which is how the front says that its client left. If the last record went out whole, end the
 * answer as the protocol wants it: else the front takes us for dead and writes so into its log. */
static void hung_up(struct stream *s)
{
    if (!s->failed && stream_waiting(s) == 0) {
        static const char none[] = "Status: 499\r\n\r\n";
        struct bytes head = s->headed ? (struct bytes){NULL, 0} : bytes_of(none);
        struct outgoing last = outgoing_whole(s->link->rq.arena, s->link->request_id, head, (struct bytes){NULL, 0});
        outgoing_send(&last, s->link->fd);
    }
    set_failed(s);
}

static void finish(struct stream *s)
{
    struct link *link = s->link;
    loop_timer_clear(s->loop, &s->timer);
    loop_unwatch(s->loop, s->watch);
    close(link->fd);
    link->fd = -1;
    loop_keep(s->loop, -1);
    metric_add(METRIC_streams_open, s->headed && !s->complete ? -1 : 0);
    link_drop(link);                     /* the stream's memory goes with it */
}

static void tell_gone(struct stream *s)
{
    s->told = true;
    s->gone(s->arg);                     /* it may end the stream: nothing after this */
}

/* Room for ${n} more bytes behind those that wait. */
static void make_room(struct stream *s, size_t n)
{
    if (s->from > 0 && s->from + s->waiting_n + n > s->room) {
        memmove(s->waiting, s->waiting + s->from, s->waiting_n);
        s->from = 0;
    }
    if (s->waiting_n + n <= s->room)
        return;
    size_t room = s->room < 4096 ? 4096 : s->room;
    while (room < s->waiting_n + n)
        room *= 2;
    char *waiting = arena_alloc(s->link->rq.arena, room);
    if (s->waiting_n > 0)
        memcpy(waiting, s->waiting, s->waiting_n);
    s->waiting = waiting;
    s->room = room;
}

static void wait_with(struct stream *s, const void *p, size_t n)
{
    if (n == 0)
        return;
    make_room(s, n);
    memcpy(s->waiting + s->from + s->waiting_n, p, n);
    s->waiting_n += n;
}

static void watch(struct stream *s)
{
    if (s->watch != NULL || s->failed)
        return;
    s->watch = loop_watch(s->loop, s->link->fd, LOOP_READ | LOOP_HANGUP, on_ready, s);
    if (s->watch == NULL)
        set_failed(s);
}

static void want_room(struct stream *s)
{
    watch(s);
    if (s->failed)
        return;
    loop_want(s->loop, s->watch, LOOP_READ | LOOP_HANGUP | (stream_waiting(s) > 0 ? LOOP_WRITE : 0));
}

/* Send what waits; what the socket does not take stays. */
static void flush(struct stream *s)
{
    struct iovec slice = {s->waiting + s->from, s->waiting_n};
    struct outgoing first = {.slices = &slice, .n = s->waiting_n > 0};
    enum sent sent = outgoing_send(&first, s->link->fd);
    s->from = slice.iov_len == 0 ? 0 : s->from + (s->waiting_n - slice.iov_len);
    s->waiting_n = slice.iov_len;
    if (sent == SENT_ALL)
        sent = outgoing_send(&s->whole, s->link->fd);
    if (sent == SENT_GONE)
        set_failed(s);
    else
        want_room(s);
}

/* One record behind what waits. Nothing waiting: straight from ${body} to the socket, and only what it leaves is copied. */
static void send_record(struct stream *s, const uint8_t *p, size_t n)
{
    uint8_t head[RECORD_HEAD];
    record_head(head, s->link->request_id, n);
    union { const uint8_t *from; void *to; } body = {.from = p};
    struct iovec slices[3] = {{s->waiting + s->from, s->waiting_n}, {head, sizeof(head)}, {body.to, n}};
    struct outgoing out = {.slices = s->waiting_n > 0 ? slices : slices + 1, .n = s->waiting_n > 0 ? 3 : 2};
    enum sent sent = outgoing_send(&out, s->link->fd);
    if (sent == SENT_GONE) {
        set_failed(s);
        return;
    }
    s->from = slices[0].iov_len == 0 ? 0 : s->from + (s->waiting_n - slices[0].iov_len);
    s->waiting_n = slices[0].iov_len;
    wait_with(s, slices[1].iov_base, slices[1].iov_len);
    wait_with(s, slices[2].iov_base, slices[2].iov_len);
}

void stream_head(struct stream *s, int status, const struct header *headers, size_t n)
{
    assert(s->loop != NULL && !s->headed);
    s->headed = true;
    s->link->status = status;
    metric_add(METRIC_streams_open, 1);
    struct buf head;
    response_head(&s->link->rq, status, -1, headers, n, &head);
    if (s->failed)
        return;
    uint8_t record[RECORD_HEAD];
    record_head(record, s->link->request_id, head.n);
    wait_with(s, record, sizeof(record));
    wait_with(s, head.p, head.n);
    loop_timer_set(s->loop, &s->timer, clock_mono());    /* if no body comes in this round */
}

bool stream_write(struct stream *s, struct bytes body)
{
    assert(s->headed && !s->complete);
    if (s->failed)
        return false;
    loop_timer_clear(s->loop, &s->timer);
    bool is_head_call = s->link->rq.method_called == HEAD;
    s->link->sent += body.n;
    while (body.n > 0 && !s->failed && !is_head_call) {
        size_t n = body.n < RECORD_MOST ? body.n : RECORD_MOST;
        send_record(s, body.p, n);
        body = (struct bytes){body.p + n, body.n - n};
    }
    if (!s->failed)
        want_room(s);
    return !s->failed && s->waiting_n <= s->max_waiting;
}

bool stream_broken(const struct stream *s)
{
    return s->failed;
}

void stream_whole(struct stream *s, int status, const struct header *headers, size_t n, struct bytes body)
{
    assert(s->loop != NULL && !s->headed);
    struct request *rq = &s->link->rq;
    s->headed = s->complete = true;
    s->link->status = status;
    s->link->sent = body.n;
    struct buf head;
    response_head(rq, status, (int64_t)body.n, headers, n, &head);
    if (s->failed)
        return;
    if (rq->method_called == HEAD)
        body.n = 0;
    s->whole = outgoing_whole(rq->arena, s->link->request_id, buf_view(&head), body);
    enum sent sent = outgoing_send(&s->whole, s->link->fd);
    if (sent == SENT_GONE)
        set_failed(s);
    else if (sent == SENT_SOME)
        want_room(s);
}

void stream_fail(struct stream *s, const struct err *err)
{
    struct request *rq = &s->link->rq;
    rq->err = *err;
    int status = error_answer(rq);
    stream_whole(s, status, NULL, 0, buf_view(&rq->out.body));
}

void stream_end(struct stream *s)
{
    assert(s->loop != NULL && !s->ended);
    s->ended = true;
    if (s->headed && !s->complete && !s->failed) {
        uint8_t tail[RECORD_TAIL];
        record_tail(tail, s->link->request_id);
        wait_with(s, tail, sizeof(tail));
        flush(s);
    }
    if (s->failed || stream_waiting(s) == 0)
        finish(s);
    else
        loop_timer_set(s->loop, &s->timer, clock_mono() + END_PATIENCE_US);
}

static void on_timer(void *arg)
{
    struct stream *s = arg;
    if (s->ended) {
        log_warn(&s->link->rq.log, "caller cut: it took nothing for 30 s", "waiting=%zu", stream_waiting(s));
        finish(s);
    } else if (!s->failed && !s->headed) {
        watch(s);
    } else if (!s->failed) {
        flush(s);
    } else if (!s->told) {
        tell_gone(s);
    }
}

static void on_ended_ready(struct stream *s, int got)
{
    size_t before = stream_waiting(s);
    if (got & (LOOP_READ | LOOP_HANGUP))
        set_failed(s);
    else
        flush(s);
    if (s->failed || stream_waiting(s) == 0)
        finish(s);
    else if (stream_waiting(s) < before)
        loop_timer_set(s->loop, &s->timer, clock_mono() + END_PATIENCE_US);
}

static void on_ready(void *arg, int fd, int got)
{
    struct stream *s = arg;
    (void)fd;
    if (s->ended) {
        on_ended_ready(s, got);
    } else if (got & (LOOP_READ | LOOP_HANGUP)) {
        hung_up(s);
        loop_timer_clear(s->loop, &s->timer);
        tell_gone(s);
    } else {
        flush(s);
    }
}
