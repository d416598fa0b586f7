/* SPDX-License-Identifier: MIT */
/* http_bench: what a call costs: CPU per call, allocations, memory per stream, against a server of the smallest kind in a process of its
 * own. Not part of any target; build and run it by hand:
 *   make out/plain/moongate.a && cc -O2 -g -D_GNU_SOURCE -Iapp tests/bench/http_bench.c out/plain/moongate.a \
 *       $(pkg-config --libs libcurl libcrypto) -pthread -o out/http_bench && out/http_bench calls 200000 16 */
#include <arpa/inet.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <signal.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "base/clock.h"
#include "base/loop.h"
#include "net/http.h"

/* ---- the server: whatever arrives is one request; /stream is answered with events for ever ---- */

static char answer[1024];
static size_t answer_n;

static int listen_anywhere(int *port_r)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 4096) || getsockname(fd, (struct sockaddr *)&address, &n))
        abort();
    *port_r = ntohs(address.sin_port);
    return fd;
}

static void tick(const int *streams, int n)
{
    static const char piece[] = "3a\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"hello world!\"}}]}\n\n\r\n";
    for (int i = 0; i < n; i++)
        (void)!send(streams[i], piece, sizeof(piece) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static _Noreturn void serve(int listener)
{
    static int streams[20000];
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    int epoll = epoll_create1(0), streams_n = 0;
    int64_t next = clock_mono();
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, batch[256];
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int n = epoll_wait(epoll, batch, 256, streams_n ? 20 : -1);
        for (int i = 0; i < n; i++) {
            int fd = batch[i].data.fd;
            char in[65536];
            if (fd == listener) {
                int conn = accept(listener, NULL, NULL), one = 1;
                setsockopt(conn, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
                event.data.fd = conn;
                epoll_ctl(epoll, EPOLL_CTL_ADD, conn, &event);
                continue;
            }
            ssize_t got = recv(fd, in, sizeof(in), 0);
            if (got <= 0)
                close(fd);
            else if (memmem(in, (size_t)got, "/stream", 7))
                streams[streams_n++] = fd, (void)!send(fd, head, sizeof(head) - 1, 0);
            else
                (void)!send(fd, answer, answer_n, 0);
        }
        if (streams_n && clock_mono() >= next) {
            tick(streams, streams_n);
            next = clock_mono() + 333000;
        }
    }
}

/* ---- the client ---- */

static const struct egress rule = {EGRESS_PRIVATE};
static struct loop *loop;
static struct http *http;
static struct http_request request;
static long left, pending, failed, events_seen;
static size_t bytes;

static void on_head(void *arg, int status, const struct http_header *headers, size_t n)
{
    (void)arg;
    (void)headers;
    failed += status != 200 || n == 0;
}

static bool on_body(void *arg, struct bytes piece)
{
    (void)arg;
    bytes += piece.n;
    events_seen++;
    return true;
}

static void on_done(void *arg, const struct http_result *result)
{
    failed += result->end != HTTP_DONE;
    pending--;
    if (left-- > 0) {
        pending++;
        http_send(http, &request, &(struct http_events){on_head, on_body, on_done}, arg);
    } else if (pending == 0) {
        loop_stop(loop);
    }
}

static double cpu(int who)
{
    struct rusage usage;
    getrusage(who, &usage);
    return (double)usage.ru_utime.tv_sec * 1e6 + (double)usage.ru_utime.tv_usec + (double)usage.ru_stime.tv_sec * 1e6 + (double)usage.ru_stime.tv_usec;
}

static void set_request(char *url, size_t room, int port, const char *path, const char *body)
{
    static const struct http_header headers[] = {
        {"Content-Type", "application/json"}, {"Authorization", "Bearer sk-0123456789abcdef0123456789abcdef"}, {"Accept", "application/json"},
    };
    snprintf(url, room, "http://127.0.0.1:%d%s", port, path);
    request = (struct http_request){.method = "POST", .url = url, .headers = headers, .headers_n = COUNT(headers), .body = bytes_of(body),
                                    .egress = &rule, .pool = "1/1", .connect_ms = 5000, .first_byte_ms = 60000, .idle_ms = 60000,
                                    .total_ms = 600000};
}

static void run_calls(long n, long at_once)
{
    left = n + 2000 - at_once;
    pending = at_once;
    for (long i = 0; i < at_once; i++)
        http_send(http, &request, &(struct http_events){on_head, on_body, on_done}, NULL);
    double before = cpu(RUSAGE_SELF);
    int64_t start = clock_mono();
    loop_run(loop);
    double took = cpu(RUSAGE_SELF) - before;
    printf("calls %ld at once %ld: %.2f us CPU per call, %.0f calls/s, failed %ld\n", n + 2000, at_once, took / (double)(n + 2000),
           (double)(n + 2000) * 1e6 / (double)(clock_mono() - start), failed);
}

static size_t rss(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    size_t total = 0, resident = 0;
    if (!f || fscanf(f, "%zu %zu", &total, &resident) != 2)
        abort();
    fclose(f);
    return resident * 4096;
}

static size_t rss_before;
static long streams, heads;
static int64_t started, slowest_head;

static void on_stream_head(void *arg, int status, const struct http_header *headers, size_t n)
{
    on_head(arg, status, headers, n);
    if (++heads == streams)
        slowest_head = clock_mono() - started;
}

static void stop(void *arg)
{
    (void)arg;
    double memory = (double)(rss() - rss_before), used = cpu(RUSAGE_SELF);
    http_free(http);
    http = NULL;
    loop_stop(loop);
    printf("streams %ld: failed %ld, all begun after %.1f ms, %.1f KB each, %ld pieces, %.2f s CPU in %.1f s\n", streams, failed,
           (double)slowest_head / 1e3, memory / 1024 / (double)streams, events_seen, used / 1e6, (double)(clock_mono() - started) / 1e6);
}

static void nothing(void *arg, const struct http_result *result)
{
    (void)arg;
    failed += result->end != HTTP_CANCELLED;
}

static void run_streams(long n)
{
    struct loop_timer timer = {.run = stop};
    rss_before = rss();
    started = clock_mono();
    streams = n;
    for (long i = 0; i < n; i++)
        http_send(http, &request, &(struct http_events){on_stream_head, on_body, nothing}, NULL);
    loop_timer_set(loop, &timer, clock_mono() + 4000000);
    loop_run(loop);
}

int main(int argc, char **argv)
{
    static char body[501];
    char url[128], filler[601];
    long n = argc > 2 ? atol(argv[2]) : 200000, at_once = argc > 3 ? atol(argv[3]) : 16;
    bool streams = argc > 1 && strcmp(argv[1], "streams") == 0;
    int port, listener = listen_anywhere(&port);
    memset(body, 'b', 500);
    memset(filler, 'a', 600);
    filler[600] = '\0';
    answer_n = (size_t)snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
                                "Content-Length: 600\r\n\r\n%s", filler);
    pid_t server = fork();
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(listener);
    }
    close(listener);
    http_global_open();
    loop = loop_new();
    http = http_new(loop);
    set_request(url, sizeof(url), port, streams ? "/stream" : "/v1/chat/completions", body);
    if (streams)
        run_streams(n);
    else
        run_calls(n, at_once);
    http_free(http);
    loop_free(loop);
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    http_global_close();
    return failed != 0;
}
