/* SPDX-License-Identifier: MIT */
/* streams URL STREAMS MODEL EVENTS SECONDS: open so many streams at once and measure how late every event is. The model "stamp=N+…" of
 * fakellm says the time it wrote each piece, so lateness is the way from there to here. Prints one line of JSON. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DIGITS 20
#define KEEP 64                 /* of what was read last: a stamp may be cut between two reads */

struct stream {
    int fd;
    char tail[KEEP];
    size_t tail_n;
    int events;
    bool done, sent;
};

struct load {
    struct sockaddr_in to;
    char request[1024];
    size_t request_n, streams_n;
    struct stream *streams;
    int64_t *late, *first;      /* µs of every later event, of every first one */
    size_t late_n, first_n, late_size;
    size_t failed, open, opened;
    int events;
};

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void finish(struct load *l, struct stream *s)
{
    if (!s->done || s->events != l->events)
        l->failed++;
    close(s->fd);
    s->fd = -1;
    l->open--;
}

static void note(struct load *l, struct stream *s, const char *digits, int64_t now)
{
    int64_t stamp = 0;
    for (int i = 0; i < DIGITS; i++)
        stamp = stamp * 10 + (digits[i] - '0');
    if (s->events++ == 0)
        l->first[l->first_n++] = now - stamp;
    else if (l->late_n < l->late_size)
        l->late[l->late_n++] = now - stamp;
}

/* Find every complete stamp, and the end mark; keep what may be the start of one. */
static void scan(struct load *l, struct stream *s, const char *p, size_t n, int64_t now)
{
    static const char mark[] = "\"content\":\"";
    size_t from = 0;
    for (;;) {
        const char *hit = memmem(p + from, n - from, mark, sizeof mark - 1);
        if (hit == NULL || (size_t)(p + n - hit) < sizeof mark - 1 + DIGITS)
            break;
        const char *digits = hit + sizeof mark - 1;
        if (digits[0] >= '0' && digits[0] <= '9')
            note(l, s, digits, now);
        from = (size_t)(digits - p);
    }
    if (memmem(p, n, "[DONE]", 6) != NULL)
        s->done = true;
    size_t rest = n - from;
    s->tail_n = rest < KEEP - 1 ? rest : KEEP - 1;
    memcpy(s->tail, p + n - s->tail_n, s->tail_n);
}

static void readable(struct load *l, struct stream *s)
{
    char all[KEEP + 16384];
    for (;;) {
        size_t room = sizeof all - s->tail_n;
        memcpy(all, s->tail, s->tail_n);
        ssize_t n = recv(s->fd, all + s->tail_n, room, 0);
        bool refused = n > 12 && s->events == 0 && s->tail_n == 0 && memcmp(all, "HTTP/1.1 ", 9) == 0 && memcmp(all + 9, "200", 3) != 0;
        if (n > 0)
            scan(l, s, all, s->tail_n + (size_t)n, now_us());
        if (refused || n == 0 || (n < 0 && errno != EAGAIN) || s->done) {
            finish(l, s);
            return;
        }
        if (n < (ssize_t)room)
            return;
    }
}

static void writable(struct load *l, struct stream *s)
{
    int problem = 0;
    socklen_t size = sizeof problem;
    s->sent = true;
    if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &problem, &size) != 0 || problem != 0
        || send(s->fd, l->request, l->request_n, MSG_NOSIGNAL) != (ssize_t)l->request_n)
        finish(l, s);
}

/* A few at a time, so that those already open are read meanwhile. */
static void open_some(struct load *l, int epoll)
{
    for (int some = 0; some < 32 && l->opened < l->streams_n; some++) {
        struct stream *s = &l->streams[l->opened++];
        struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = s};
        s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        l->open++;
        if (s->fd < 0 || (connect(s->fd, (struct sockaddr *)&l->to, sizeof l->to) != 0 && errno != EINPROGRESS)
            || epoll_ctl(epoll, EPOLL_CTL_ADD, s->fd, &e) != 0)
            finish(l, s);
    }
}

static void run(struct load *l, int epoll, int64_t until)
{
    struct epoll_event events[512];
    while ((l->open > 0 || l->opened < l->streams_n) && now_us() < until) {
        open_some(l, epoll);
        int n = epoll_wait(epoll, events, 512, l->opened < l->streams_n ? 0 : 100);
        for (int i = 0; i < n; i++) {
            struct stream *s = events[i].data.ptr;
            if (s->fd >= 0 && !s->sent && (events[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
                writable(l, s);
            if (s->fd >= 0 && (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)))
                readable(l, s);
        }
    }
    for (size_t i = 0; i < l->opened; i++)
        if (l->streams[i].fd >= 0)
            finish(l, &l->streams[i]);
}

static int by_size(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static long long percentile(int64_t *values, size_t n, double p)
{
    if (n == 0)
        return -1;
    qsort(values, n, sizeof *values, by_size);
    return (long long)values[(size_t)((double)(n - 1) * p)];
}

static bool target(struct load *l, const char *url)
{
    char host[64];
    unsigned port;
    if (sscanf(url, "http://%63[0-9.]:%u", host, &port) != 2 || port > 65535)
        return false;
    l->to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    return inet_pton(AF_INET, host, &l->to.sin_addr) == 1;
}

static bool whole_number(const char *text, long max, long *n_r)
{
    char *end;
    *n_r = strtol(text, &end, 10);
    return end > text && *end == '\0' && *n_r > 0 && *n_r <= max;
}

int main(int argc, char **argv)
{
    static struct load l;
    long streams, events, seconds;
    if (argc != 6 || !target(&l, argv[1]) || !whole_number(argv[2], 100000, &streams) || !whole_number(argv[4], 100000, &events)
        || !whole_number(argv[5], 3600, &seconds)) {
        fputs("usage: streams http://ADDRESS:PORT STREAMS MODEL EVENTS SECONDS (the key in MOONGATE_KEY)\n", stderr);
        return 2;
    }
    struct rlimit files = {0};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    char body[256];
    int body_n = snprintf(body, sizeof body, "{\"model\":\"%.100s\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
                          argv[3]);
    const char *key = getenv("MOONGATE_KEY");
    l.request_n = (size_t)snprintf(l.request, sizeof l.request, "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                                   "Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                                   key != NULL ? key : "none", body_n, body);
    l.events = (int)events;
    l.streams_n = (size_t)streams;
    l.late_size = (size_t)(streams * events);
    l.streams = calloc(l.streams_n, sizeof *l.streams);
    l.late = calloc(l.late_size, sizeof *l.late);
    l.first = calloc(l.streams_n, sizeof *l.first);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l.streams == NULL || l.late == NULL || l.first == NULL || epoll < 0)
        return 1;
    int64_t began = now_us();
    run(&l, epoll, began + (int64_t)seconds * 1000000);
    printf("{\"streams\":%ld,\"failed\":%zu,\"events\":%zu,\"p50_us\":%lld,\"p99_us\":%lld,\"first_p50_us\":%lld,\"first_p99_us\":%lld,"
           "\"seconds\":%.1f}\n", streams, l.failed, l.late_n + l.first_n, percentile(l.late, l.late_n, 0.5),
           percentile(l.late, l.late_n, 0.99), percentile(l.first, l.first_n, 0.5), percentile(l.first, l.first_n, 0.99),
           (double)(now_us() - began) / 1e6);
    free(l.streams);
    free(l.late);
    free(l.first);
    close(epoll);
    return 0;
}
