/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 256
#define READ_SIZE 16384
#define SPLIT_US 2000

struct server {
    int listener;
    struct loop *loops;
    pthread_t *threads;
    size_t loops_n;
    atomic_size_t turn;
    struct server_shared shared;
};

static int64_t mono_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t wall_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* --- timers: a binary heap of connections by due time --- */

static void heap_put(struct loop *l, size_t at, struct conn *c)
{
    l->heap[at] = c;
    c->heap_at = at;
}

static void heap_up(struct loop *l, size_t at)
{
    struct conn *c = l->heap[at];
    for (; at > 0 && l->heap[(at - 1) / 2]->due > c->due; at = (at - 1) / 2)
        heap_put(l, at, l->heap[(at - 1) / 2]);
    heap_put(l, at, c);
}

static void heap_down(struct loop *l, size_t at)
{
    struct conn *c = l->heap[at];
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= l->heap_n)
            break;
        if (child + 1 < l->heap_n && l->heap[child + 1]->due < l->heap[child]->due)
            child++;
        if (l->heap[child]->due >= c->due)
            break;
        heap_put(l, at, l->heap[child]);
        at = child;
    }
    heap_put(l, at, c);
}

static void timer_clear(struct conn *c)
{
    struct loop *l = c->loop;
    if (c->heap_at == SIZE_MAX)
        return;
    size_t at = c->heap_at;
    c->heap_at = SIZE_MAX;
    struct conn *last = l->heap[--l->heap_n];
    if (last == c)
        return;
    heap_put(l, at, last);
    heap_up(l, at);
    heap_down(l, last->heap_at);
}

static void timer_set(struct conn *c, int64_t us)
{
    struct loop *l = c->loop;
    timer_clear(c);
    if (l->heap_n == l->heap_size) {
        l->heap_size = l->heap_size > 0 ? l->heap_size * 2 : 64;
        l->heap = realloc(l->heap, l->heap_size * sizeof(struct conn *));
        if (l->heap == NULL)
            abort();
    }
    c->due = l->now + us;
    heap_put(l, l->heap_n++, c);
    heap_up(l, c->heap_at);
}

/* --- one connection --- */

static void conn_free(struct conn *c)
{
    text_free(&c->in);
    text_free(&c->out);
    text_free(&c->play.name);
    answer_free(&c->play.answer);
    free(c);
}

static void conn_close(struct conn *c)
{
    if (c->busy)
        play_end(c, ENDING_CLOSED_EARLY);
    timer_clear(c);
    if (c->shut == SHUT_RESET)
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1, .l_linger = 0}, sizeof(struct linger));
    close(c->fd);
    atomic_fetch_sub(&journal_counts(c->loop->shared->journal)->connections, 1);
    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        c->loop->conns = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    conn_free(c);
}

static void conn_read(struct conn *c)
{
    if (c->in_at == c->in.n) {
        c->in_at = c->in.n = 0;
    } else if (c->in_at > 0) {
        memmove(c->in.p, c->in.p + c->in_at, c->in.n - c->in_at);
        c->in.n -= c->in_at;
        c->in_at = 0;
    }
    for (;;) {
        text_room(&c->in, READ_SIZE);
        size_t room = c->in.size - c->in.n;
        ssize_t n = recv(c->fd, c->in.p + c->in.n, room, 0);
        if (n > 0)
            c->in.n += (size_t)n;
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            c->eof = true;
        if (n < (ssize_t)room && !(n < 0 && errno == EINTR))
            return;                                         /* edge-triggered: a short read has emptied it */
        if (c->in.n > HTTP_BODY_MAX + HTTP_HEAD_MAX + READ_SIZE) {
            c->eof = true;
            return;
        }
    }
}

/* How much may leave in the next write. utf8split: up to and with the first byte of the next character that has more. */
static size_t drip_length(const struct conn *c)
{
    const char *p = c->out.p + c->out_at;
    size_t n = c->out.n - c->out_at;
    if (!c->drips)
        return n;
    if (c->play.answer.b.flags & SLOWBYTES)
        return 1;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)p[i] >= 0xc0)
            return i + 1;
    return n;
}

/* False: the connection is gone. */
static bool conn_flush(struct conn *c)
{
    while (c->out_at < c->out.n) {
        size_t want = drip_length(c);
        ssize_t n = send(c->fd, c->out.p + c->out_at, want, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        c->out_at += (size_t)n;
        if (c->drips || (size_t)n < want)
            break;
    }
    if (c->out_at == c->out.n)
        c->out_at = c->out.n = 0;
    return true;
}

/* Answer the requests that are complete, until one takes time. */
static void conn_requests(struct conn *c)
{
    while (!c->busy && c->in_at < c->in.n && c->shut == SHUT_NOT) {
        struct http h;
        size_t used = 0;
        enum http_state state = http_read(c->in.p + c->in_at, c->in.n - c->in_at, &h, &used);
        if (state == HTTP_MORE && h.expect && !c->continued) {
            c->continued = true;
            text_put(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
        }
        if (state == HTTP_MORE)
            return;
        if (state == HTTP_BAD) {
            control_send(c, 400, "text/plain", "Connection: close\r\n", slice_of("this is not an HTTP/1.1 request\n"));
            c->shut = SHUT_CLOSE;
            return;
        }
        c->continued = false;
        c->closes = h.close;
        c->in_at += used;
        control_handle(c, &h);
        if (h.close && !c->busy)
            c->shut = SHUT_CLOSE;
    }
}

/* Everything that can be done now, after anything has happened. The connection may be gone afterwards. */
static void conn_work(struct conn *c)
{
    bool ended = true;
    for (size_t before = SIZE_MAX; ended || c->in_at != before;) {
        before = c->in_at;
        ended = false;
        conn_requests(c);
        if (!conn_flush(c)) {
            conn_close(c);
            return;
        }
        if (c->out.n > 0)
            break;
        if (c->over) {
            ended = true;
            if (c->closes && c->shut == SHUT_NOT)
                c->shut = SHUT_CLOSE;
            play_end(c, c->play.stage == STAGE_SHUT ? ENDING_CUT : ENDING_DONE);
        }
        if (c->shut != SHUT_NOT && !c->busy) {
            conn_close(c);
            return;
        }
    }
    if (c->eof && (c->busy || c->out.n == 0))
        conn_close(c);
    else if (c->out.n > 0 && c->drips)
        timer_set(c, c->play.answer.b.flags & SLOWBYTES ? 0 : SPLIT_US);
    else if (c->busy && c->out.n == 0 && c->wait_us >= 0 && c->heap_at == SIZE_MAX)
        timer_set(c, c->wait_us);
}

static void conn_timer(struct conn *c)
{
    if (c->busy && c->out.n == 0)
        play_step(c);
    conn_work(c);
}

static void conn_event(struct conn *c, uint32_t events)
{
    if (!c->linked) {
        c->linked = true;
        c->next = c->loop->conns;
        if (c->next != NULL)
            c->next->prev = c;
        c->loop->conns = c;
    }
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        conn_read(c);
    if (c->heap_at != SIZE_MAX && c->drips && !c->eof)
        return;                                             /* the timer decides when the next bytes leave */
    conn_work(c);
}

/* --- a thread --- */

static void accept_all(struct server *s)
{
    for (;;) {
        int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        struct conn *c = calloc(1, sizeof *c);
        if (c == NULL)
            abort();
        *c = (struct conn){.fd = fd, .heap_at = SIZE_MAX, .loop = &s->loops[atomic_fetch_add(&s->turn, 1) % s->loops_n]};
        atomic_fetch_add(&journal_counts(s->shared.journal)->connections, 1);
        struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c};
        if (epoll_ctl(c->loop->epoll, EPOLL_CTL_ADD, fd, &e) != 0) {
            close(fd);
            conn_free(c);
        }
    }
}

static void loop_release(struct loop *l)
{
    unsigned long long releases = atomic_load(&l->shared->releases);
    for (struct conn *c = l->conns, *next; c != NULL; c = next) {
        next = c->next;
        if (!c->holding || c->play.holds == releases)
            continue;
        timer_clear(c);
        play_step(c);
        conn_work(c);
    }
}

static int loop_patience(const struct loop *l)
{
    if (l->heap_n == 0)
        return -1;
    int64_t us = l->heap[0]->due - mono_us();
    return us <= 0 ? 0 : (int)((us + 999) / 1000);
}

static void loop_timers(struct loop *l)
{
    int64_t until = l->now++;                               /* a timer of 0 µs set meanwhile waits for the next turn */
    while (l->heap_n > 0 && l->heap[0]->due <= until) {
        struct conn *c = l->heap[0];
        timer_clear(c);
        conn_timer(c);
    }
}

static void *loop_run(void *arg)
{
    struct loop *l = arg;
    struct epoll_event events[EVENTS];
    while (!atomic_load(&l->stop)) {
        int n = epoll_wait(l->epoll, events, EVENTS, loop_patience(l));
        bool woken = false;
        l->now = mono_us();
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == l)
                woken = true;
            else if (events[i].data.ptr == l->server)
                accept_all(l->server);
            else
                conn_event(events[i].data.ptr, events[i].events);
        }
        if (woken) {
            eventfd_t value;
            (void)!eventfd_read(l->wake, &value);
            loop_release(l);
        }
        loop_timers(l);
    }
    return NULL;
}

/* --- the whole --- */

static int listen_on(const struct server_options *o, int *port_r)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)o->port)};
    socklen_t a_n = sizeof a;
    if (inet_pton(AF_INET, o->bind, &a.sin_addr) != 1) {
        fprintf(stderr, "fakellm: --bind %s is not an IPv4 address\n", o->bind);
        return -1;
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) != 0
        || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 4096) != 0 || getsockname(fd, (struct sockaddr *)&a, &a_n) != 0) {
        fprintf(stderr, "fakellm: cannot listen on %s:%d: %s\n", o->bind, o->port, strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    *port_r = ntohs(a.sin_port);
    return fd;
}

static void loop_open(struct server *s, size_t i)
{
    struct loop *l = &s->loops[i];
    *l = (struct loop){.server = s, .shared = &s->shared, .at = i, .epoll = epoll_create1(EPOLL_CLOEXEC),
                       .wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), .now = mono_us(), .wall = wall_us() - mono_us()};
    struct epoll_event wake = {.events = EPOLLIN, .data.ptr = l}, door = {.events = EPOLLIN, .data.ptr = s};
    if (l->epoll < 0 || l->wake < 0 || epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->wake, &wake) != 0
        || (i == 0 && epoll_ctl(l->epoll, EPOLL_CTL_ADD, s->listener, &door) != 0))
        abort();
}

struct server *server_open(const struct server_options *o, int *port_r)
{
    int listener = listen_on(o, port_r);
    if (listener < 0)
        return NULL;
    struct server *s = calloc(1, sizeof *s);
    if (s == NULL)
        abort();
    s->listener = listener;
    s->loops_n = o->threads;
    s->loops = calloc(o->threads, sizeof *s->loops);
    s->threads = calloc(o->threads, sizeof *s->threads);
    s->shared.journal = journal_new(o->threads, o->keep, o->log_file);
    s->shared.script = script_new();
    s->shared.key = o->key;
    if (s->loops == NULL || s->threads == NULL)
        abort();
    for (size_t i = 0; i < s->loops_n; i++)
        loop_open(s, i);
    return s;
}

struct script *server_script(struct server *s)
{
    return s->shared.script;
}

void server_start(struct server *s)
{
    for (size_t i = 0; i < s->loops_n; i++)
        if (pthread_create(&s->threads[i], NULL, loop_run, &s->loops[i]) != 0)
            abort();
}

void server_release(struct server *s)
{
    atomic_fetch_add(&s->shared.releases, 1);
    for (size_t i = 0; i < s->loops_n; i++)
        eventfd_write(s->loops[i].wake, 1);
}

void server_close(struct server *s)
{
    for (size_t i = 0; i < s->loops_n; i++) {
        atomic_store(&s->loops[i].stop, true);
        eventfd_write(s->loops[i].wake, 1);
    }
    for (size_t i = 0; i < s->loops_n; i++)
        pthread_join(s->threads[i], NULL);
    for (size_t i = 0; i < s->loops_n; i++) {
        struct loop *l = &s->loops[i];
        while (l->conns != NULL)
            conn_close(l->conns);
        close(l->epoll);
        close(l->wake);
        free(l->heap);
        text_free(&l->body);
    }
    close(s->listener);
    journal_free(s->shared.journal);
    script_free(s->shared.script);
    free(s->loops);
    free(s->threads);
    free(s);
}
