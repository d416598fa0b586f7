/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_WEB_HELP_H
#define TESTS_UNIT_WEB_HELP_H
/* web_help: a FastCGI client as small as the protocol allows, so that tests can send what no web server would, and a server of
 * ours in a temporary folder with the routes and options of the test. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "property.h"
#include "web/catalogue.h"
#include "web/web.h"

struct help {
    char folder[64], socket[100];
    struct catalogues *catalogues;
    struct web_options options;
    struct web *web;
    struct arena *arena;                 /* of replies */
};

__attribute__((unused)) static void help_start(struct help *h)
{
    struct err err = {0};
    log_open(open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_ERROR);
    snprintf(h->folder, sizeof(h->folder), "/tmp/moongate-web-XXXXXX");
    assert_non_null(mkdtemp(h->folder));
    snprintf(h->socket, sizeof(h->socket), "%s/web.sock", h->folder);
    if (!catalogues_load("i18n", &h->catalogues, &err))
        fail_msg("%s", err.text);
    h->arena = arena_new();
    h->options.socket = h->socket;
    h->options.backlog = 4096;
    h->options.catalogues = h->catalogues;
    if (h->options.run_workers == 0)
        h->options.run_workers = 2;
    if (h->options.page_workers == 0)
        h->options.page_workers = 1;
    if (h->options.page_queue == 0)
        h->options.page_queue = 8;
    if (!web_open(&h->options, &h->web, &err))
        fail_msg("%s", err.text);
}

__attribute__((unused)) static void help_stop(struct help *h)
{
    web_stop(h->web, 1000);
    assert_int_equal(web_in_flight(h->web), 0);
    web_close(h->web);
    catalogues_free(h->catalogues);
    arena_free(h->arena);
    assert_int_equal(rmdir(h->folder), 0);       /* the socket is gone too */
}

/* ---- records ---- */

static void put_record(struct buf *out, int type, const void *p, size_t n)
{
    const uint8_t head[8] = {1, (uint8_t)type, 0, 1, (uint8_t)(n >> 8), (uint8_t)n, 0, 0};
    buf_add(out, head, 8);
    buf_add(out, p, n);
}

static void put_length(struct buf *out, size_t n)
{
    if (n > 127)
        buf_char(out, (char)(0x80 | n >> 24)), buf_char(out, (char)(n >> 16)), buf_char(out, (char)(n >> 8));
    buf_char(out, (char)n);
}

/* ${params}: name, value, …, NULL. */
__attribute__((unused)) static void put_params(struct buf *out, const char *const *params)
{
    struct buf text = buf_new(out->arena, 1 << 20);
    for (; *params != NULL; params += 2) {
        put_length(&text, strlen(params[0]));
        put_length(&text, strlen(params[1]));
        buf_text(&text, params[0]);
        buf_text(&text, params[1]);
    }
    for (size_t at = 0; at < text.n; at += 60000)
        put_record(out, 4, text.p + at, text.n - at < 60000 ? text.n - at : 60000);
    put_record(out, 4, NULL, 0);
}

__attribute__((unused)) static void put_begin(struct buf *out)
{
    put_record(out, 1, (const uint8_t[8]){0, 1, 0, 0, 0, 0, 0, 0}, 8);
}

__attribute__((unused)) static void put_body(struct buf *out, const char *p, size_t n)
{
    for (size_t at = 0; at < n; at += 60000)
        put_record(out, 5, p + at, n - at < 60000 ? n - at : 60000);
    put_record(out, 5, NULL, 0);
}

/* ---- the connection ---- */

__attribute__((unused)) static int client_connect(const struct help *h)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, h->socket, strlen(h->socket) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

__attribute__((unused)) static void client_send(int fd, const struct buf *what)
{
    for (size_t at = 0; at < what->n;) {
        ssize_t n = send(fd, what->p + at, what->n - at, MSG_NOSIGNAL);
        if (n <= 0)
            return;                              /* refused early: the answer says why */
        at += (size_t)n;
    }
}

struct reply {
    int status;                          /* 0 = the connection ended without an answer */
    const char *head, *body;             /* head with the Status line */
    size_t body_n;
    bool ended;                          /* END_REQUEST came */
};

/* Read one byte range or give up after 10 s. */
static bool client_read(int fd, void *p, size_t n)
{
    for (size_t have = 0; have < n;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, 10000) <= 0)
            fail_msg("nothing came for 10 s");
        ssize_t got = recv(fd, (char *)p + have, n - have, 0);
        if (got <= 0)
            return false;
        have += (size_t)got;
    }
    return true;
}

/* The next record; type 0 at the end of the connection. */
__attribute__((unused)) static int client_record(int fd, struct buf *payload)
{
    uint8_t head[8];
    static char bytes[65535];
    if (!client_read(fd, head, 8))
        return 0;
    size_t n = (size_t)head[4] << 8 | head[5];
    if (n > 0 && !client_read(fd, bytes, n))
        return 0;
    buf_add(payload, bytes, n);
    return head[1];
}

__attribute__((unused)) static struct reply client_reply(struct help *h, int fd)
{
    struct buf text = buf_new(h->arena, 64 << 20), end = buf_new(h->arena, 100);
    struct reply reply = {0};
    int type;
    while ((type = client_record(fd, &text)) == 6)
        continue;
    reply.ended = type == 3;
    if (reply.ended) {
        text.n -= 8;                             /* END_REQUEST's own body */
        assert_int_equal(client_record(fd, &end), 0);
    }
    if (text.n == 0)
        return reply;
    buf_char(&text, '\0');
    char *blank = strstr(text.p, "\r\n\r\n");
    assert_non_null(blank);
    reply.body = blank + 4;
    reply.body_n = text.n - 1 - (size_t)(reply.body - text.p);
    blank[2] = '\0';
    reply.head = text.p;
    assert_int_equal(sscanf(reply.head, "Status: %d", &reply.status), 1);
    return reply;
}

/* The parameters lighttpd sends for a plain request, and then ${more} (name, value, …, NULL). */
__attribute__((unused)) static struct reply client_call(struct help *h, const char *method, const char *target, const char *body,
                                                        const char *const *more)
{
    struct buf out = buf_new(h->arena, 64 << 20);
    const char *params[500] = {"REQUEST_METHOD", method, "REQUEST_URI", target, "REMOTE_ADDR", "127.0.0.1", "HTTP_HOST",
                               "gate.example",
                               "CONTENT_LENGTH", arena_printf(h->arena, "%zu", body != NULL ? strlen(body) : 0)};
    size_t n = 10;
    for (; more != NULL && *more != NULL; more++)
        params[n++] = *more;
    params[n] = NULL;
    put_begin(&out);
    put_params(&out, params);
    put_body(&out, body, body != NULL ? strlen(body) : 0);
    int fd = client_connect(h);
    client_send(fd, &out);
    struct reply reply = client_reply(h, fd);
    close(fd);
    return reply;
}

#define MORE(...) ((const char *const[]){__VA_ARGS__, NULL})

__attribute__((unused)) static bool has_line(const struct reply *reply, const char *line)
{
    size_t n = strlen(line);
    for (const char *p = reply->head; p != NULL && *p != '\0'; p = strstr(p, "\r\n") + 2)
        if (strncmp(p, line, n) == 0)
            return true;
    return false;
}

#endif
