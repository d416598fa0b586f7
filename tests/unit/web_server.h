/* SPDX-License-Identifier: MIT */
#ifndef TESTS_WEB_SERVER_H
#define TESTS_WEB_SERVER_H
/* web_server: a small HTTP/1.1 server for tests, a thread for each connection, on 127.0.0.1. What it does is said by the path, with a
 * number where one follows: /slow-head/200 waits 200 ms before its head. It reads requests well and answers badly. */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WEB_REQUEST = 1 << 16, WEB_CONNECTIONS = 2048 };

struct web_server {
    int fd, port;
    pthread_t thread;
    atomic_int connections, requests, open;
    atomic_bool stopping;
    char last[WEB_REQUEST];             /* head of the last request; read it when nothing is in flight */
    pthread_mutex_t lock;
};

struct web_conn {
    struct web_server *server;
    int fd, nth;                        /* requests on it */
    char in[WEB_REQUEST];
    size_t in_n;
};

static inline void web_wait(int ms)
{
    poll(NULL, 0, ms);
}

static inline bool web_write(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = send(fd, p, n, MSG_NOSIGNAL);
        if (done <= 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

static inline bool web_say(int fd, const char *text)
{
    return web_write(fd, text, strlen(text));
}

static inline bool web_ok(int fd, const char *body)
{
    char head[256];
    snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
    return web_say(fd, head);
}

static inline void web_reset(int fd)
{
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
}

/* A stream of ${n} pieces, one every ${ms}. */
static inline bool web_stream(int fd, int n, int ms)
{
    bool good = web_say(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; good && i < n; i++) {
        web_wait(ms);
        good = web_say(fd, "9\r\ndata: x\n\n\r\n");
    }
    return good && web_say(fd, "0\r\n\r\n");
}

static inline bool web_filler(int fd, const char *before, const char *unit, int n, const char *after)
{
    bool good = web_say(fd, before);
    for (int i = 0; good && i < n; i++)
        good = web_say(fd, unit);
    return good && web_say(fd, after);
}

/* Until the other side closes. */
static inline void web_hang(int fd)
{
    char byte;
    while (recv(fd, &byte, 1, 0) > 0)
        continue;
}

#define WEB_LENGTH(n) "HTTP/1.1 200 OK\r\nContent-Length: " #n "\r\n\r\n"

/* Answers that are only bytes; the connection is closed after those that do not say where they end. */
static const struct web_answer {
    const char *path, *bytes;
    bool close;
} web_answers[] = {
    {"/chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n", false},
    {"/to-close", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end", true},
    {"/empty", WEB_LENGTH(0), false},
    {"/none", "HTTP/1.1 204 No Content\r\n\r\n", false},
    {"/error", "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy", false},
    {"/redirect", "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n", false},
    {"/hints", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nX-Final: yes\r\nContent-Length: 2\r\n\r\nok",
     false},
    {"/names", "HTTP/1.1 200 OK\r\nX-MiXeD:  padded \t\r\nX-Empty:\r\nX-High: \xE6\x9C\x88\r\nX-Fold: a\r\n  b\r\nContent-Length: 0\r\n\r\n", false},
    {"/cut", WEB_LENGTH(100) "only this", true},
    {"/cut-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", true},
    {"/cut-chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", true},
    {"/cut-head", "HTTP/1.1 200 OK\r\nContent-Le", true},
    {"/cut-status", "HTTP/1.1 2", true},
    {"/silent", "", true},
    {"/chunk-bad", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n", true},
    {"/status-bad", "HTTP/1.1 abc OK\r\n\r\n", true},
    {"/status-low", "HTTP/1.1 042 OK\r\n\r\n", true},
    {"/http09", "hello, this is no HTTP\n", true},
    {"/http3", "HTTP/3.7 200 OK\r\n\r\n", true},
    {"/length-bad", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello", true},
    {"/lengths-two", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", true},
    {"/control", "HTTP/1.1 200 OK\r\nX-Bad: a\x01" "b\r\nContent-Length: 0\r\n\r\n", true},
    {"/cr", "HTTP/1.1 200 OK\r\nX-Bad: a\rX-Evil: b\r\nContent-Length: 0\r\n\r\n", true},
    {"/name-bad", "HTTP/1.1 200 OK\r\nX Bad: a\r\nContent-Length: 0\r\n\r\n", true},
    {"/no-colon", "HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 0\r\n\r\n", true},
    {"/switch", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nx", true},
    {"/hostile", "HTTP/1.1 200 OK\r\nX-Sendfile: /etc/passwd\r\nX-LIGHTTPD-send-file: /etc/passwd\r\nStatus: 500\r\nSet-Cookie: a=b; Path=/\r\n"
                 "Alt-Svc: h3=\":443\"\r\nStrict-Transport-Security: max-age=9\r\nContent-Length: 0\r\n\r\n", false},
};

/* What follows the prefix, if the path begins with it. */
static inline bool web_is(const char *path, const char *prefix, int *n_r)
{
    size_t n = strlen(prefix);
    if (strncmp(path, prefix, n) != 0 || (path[n] != '\0' && path[n] != '/'))
        return false;
    *n_r = path[n] ? (int)strtol(path + n + 1, NULL, 10) : 0;
    return true;
}

static inline bool web_send_size(int fd, int n)
{
    char head[128], block[8192];
    memset(block, 'x', sizeof(block));
    snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", n);
    bool good = web_say(fd, head);
    for (int sent = 0; good && sent < n; sent += (int)sizeof(block))
        good = web_write(fd, block, n - sent < (int)sizeof(block) ? (size_t)(n - sent) : sizeof(block));
    return good;
}

/* True: the connection may be used again. */
static inline bool web_answer(struct web_conn *conn, const char *path)
{
    int n, fd = conn->fd;
    for (size_t i = 0; i < sizeof(web_answers) / sizeof(web_answers[0]); i++)
        if (web_is(path, web_answers[i].path, &n))
            return web_say(fd, web_answers[i].bytes) && !web_answers[i].close;
    if (web_is(path, "/ok", &n) || web_is(path, "/echo", &n))
        return web_ok(fd, "hello");
    if (web_is(path, "/size", &n))
        return web_send_size(fd, n);
    if (web_is(path, "/stream", &n))
        return web_stream(fd, n, 20);
    if (web_is(path, "/slow-stream", &n))
        return web_stream(fd, 3, n);
    if (web_is(path, "/slow-head", &n))
        return web_wait(n), web_ok(fd, "slow");
    if (web_is(path, "/slow-body", &n))
        return web_say(fd, WEB_LENGTH(4) "ab") && (web_wait(n), web_say(fd, "cd"));
    if (web_is(path, "/hang", &n))
        return web_hang(fd), false;
    if (web_is(path, "/hang-body", &n))
        return web_say(fd, WEB_LENGTH(10) "ab") && (web_hang(fd), false);
    if (web_is(path, "/rst", &n))
        return web_reset(fd), false;
    if (web_is(path, "/rst-body", &n))
        return web_say(fd, WEB_LENGTH(10) "ab"), web_wait(50), web_reset(fd), false;
    if (web_is(path, "/headers-huge", &n))
        return web_filler(fd, "HTTP/1.1 200 OK\r\n", "X-Filler: 0123456789012345678901234567890123456789012345678901234567890123456789\r\n", 99,
                          "") && web_filler(fd, "X-Long: ", "0123456789", 6000, "\r\nContent-Length: 0\r\n\r\n");
    if (web_is(path, "/headers-many", &n))
        return web_filler(fd, "HTTP/1.1 200 OK\r\n", "X-Filler: 0\r\n", n, "Content-Length: 0\r\n\r\n");
    if (web_is(path, "/header-long", &n))
        return web_filler(fd, "HTTP/1.1 200 OK\r\nX-Long: ", "0123456789", 20000, "\r\nContent-Length: 0\r\n\r\n");
    if (web_is(path, "/hints-flood", &n))
        return web_filler(fd, "", "HTTP/1.1 103 Early Hints\r\nX-Filler: 0123456789012345678901234567890123456789\r\n\r\n", 5000, "") &&
               web_ok(fd, "late");
    if (web_is(path, "/trailers-flood", &n))
        return web_filler(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n", "X-Filler: 0123456789012345\r\n", 9000, "\r\n");
    if (web_is(path, "/die-warm", &n))                   /* the second request on a connection gets no byte, after n ms */
        return conn->nth == 1 ? web_ok(fd, "first") : (web_wait(n), false);
    if (web_is(path, "/close-idle", &n))                 /* the answer is whole, then the connection is closed unannounced */
        return web_ok(fd, "bye"), false;
    return web_say(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

/* Reads a whole request; its path, or NULL when the other side is gone. */
static inline char *web_read(struct web_conn *conn, char *path, size_t room)
{
    char *end;
    size_t body = 0;
    while (conn->in[conn->in_n] = '\0', !(end = strstr(conn->in, "\r\n\r\n"))) {
        ssize_t n = recv(conn->fd, conn->in + conn->in_n, sizeof(conn->in) - 1 - conn->in_n, 0);
        if (n <= 0)
            return NULL;
        conn->in_n += (size_t)n;
        if (conn->in[0] == 0x16)        /* TLS */
            return web_say(conn->fd, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), NULL;
    }
    const char *length = strcasestr(conn->in, "\r\nContent-Length: ");
    if (length && length < end)
        body = strtoul(length + 18, NULL, 10);
    size_t head = (size_t)(end + 4 - conn->in), have = conn->in_n - head;
    pthread_mutex_lock(&conn->server->lock);
    memcpy(conn->server->last, conn->in, conn->in_n + 1);
    pthread_mutex_unlock(&conn->server->lock);
    snprintf(path, room, "%.*s", (int)strcspn(strchr(conn->in, ' ') + 1, " "), strchr(conn->in, ' ') + 1);
    while (have < body) {
        char block[8192];
        ssize_t n = recv(conn->fd, block, body - have < sizeof(block) ? body - have : sizeof(block), 0);
        if (n <= 0)
            return NULL;
        have += (size_t)n;
    }
    conn->in_n = 0;                     /* nobody sends the next request early */
    return path;
}

static inline void *web_serve(void *arg)
{
    struct web_conn *conn = arg;
    char path[1024];
    while (web_read(conn, path, sizeof(path))) {
        atomic_fetch_add(&conn->server->requests, 1);
        conn->nth++;
        if (!web_answer(conn, path))
            break;
    }
    close(conn->fd);
    atomic_fetch_sub(&conn->server->open, 1);
    free(conn);
    return NULL;
}

static inline void *web_accept(void *arg)
{
    struct web_server *server = arg;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 256 << 10);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    for (;;) {
        int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            break;
        if (atomic_load(&server->stopping)) {
            close(fd);
            break;
        }
        struct web_conn *conn = calloc(1, sizeof(*conn));
        pthread_t thread;
        assert(conn);
        *conn = (struct web_conn){.server = server, .fd = fd};
        atomic_fetch_add(&server->connections, 1);
        atomic_fetch_add(&server->open, 1);
        int failed = pthread_create(&thread, &attr, web_serve, conn);
        assert(!failed);
        (void)failed;
    }
    pthread_attr_destroy(&attr);
    return NULL;
}

static inline int web_listen(int *port_r)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 4096) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &n) != 0)
        abort();
    *port_r = ntohs(address.sin_port);
    return fd;
}

static inline struct web_server *web_server_new(void)
{
    struct web_server *server = calloc(1, sizeof(*server));
    if (!server)
        abort();
    server->fd = web_listen(&server->port);
    pthread_mutex_init(&server->lock, NULL);
    if (pthread_create(&server->thread, NULL, web_accept, server) != 0)
        abort();
    return server;
}

/* All clients must have closed their connections. */
static inline void web_server_free(struct web_server *server)
{
    atomic_store(&server->stopping, true);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        abort();
    pthread_join(server->thread, NULL);
    close(fd);
    close(server->fd);
    while (atomic_load(&server->open) > 0)
        web_wait(1);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

#endif
