/* SPDX-License-Identifier: MIT */
#include "web/fcgi.h"

#include <errno.h>
#include <fcgiapp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

enum { READ_TIMEOUT_S = 5, BODY_TIMEOUT_S = 60, DRAIN_MS = 250, BODY_STEP = 64 << 10 };

struct fcgi_reader {
    FCGX_Request fcgx;
};

static void library_init(void)
{
    FCGX_Init();
}

struct fcgi_reader *fcgi_reader_new(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, library_init);
    struct fcgi_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL)
        abort();
    FCGX_InitRequest(&reader->fcgx, -1, 0);
    return reader;
}

void fcgi_reader_free(struct fcgi_reader *reader)
{
    free(reader);
}

/* Whether somebody answers there; if not, the file is a leftover. */
static bool is_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool alive = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN);
    if (fd >= 0)
        close(fd);
    return alive;
}

static bool clear_path(const struct sockaddr_un *address, struct err *err)
{
    struct stat st;
    if (lstat(address->sun_path, &st) != 0)
        return errno == ENOENT || fail(err, ERR_INPUT, "%s: %s", address->sun_path, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return fail(err, ERR_INPUT, "%s is there and is no socket", address->sun_path);
    if (is_alive(address))
        return fail(err, ERR_INPUT, "%s is in use. hint: is another moongate running?", address->sun_path);
    return unlink(address->sun_path) == 0 || fail(err, ERR_INPUT, "%s: %s", address->sun_path, strerror(errno));
}

int fcgi_listen(const char *path, int backlog, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof(address.sun_path)) {
        fail(err, ERR_INPUT, "the socket path must have 1–%zu bytes: %s", sizeof(address.sun_path) - 1, path);
        return -1;
    }
    memcpy(address.sun_path, path, n);
    if (!clear_path(&address, err))
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    mode_t mask = umask(0117);               /* before others can connect, not after */
    bool ok = fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    umask(mask);
    if (ok && chmod(path, 0660) == 0 && listen(fd, backlog) == 0)
        return fd;
    fail(err, ERR_INPUT, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Out of descriptors is no reason to end: others will be closed. */
static bool is_passing(int error)
{
    return error == EINTR || error == ECONNABORTED || error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

int fcgi_accept(int listening)
{
    for (;;) {
        int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            struct timeval patience = {.tv_sec = READ_TIMEOUT_S};
            setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
            return fd;
        }
        if (!is_passing(errno))
            return -1;
        if (errno != EINTR && errno != ECONNABORTED)
            poll(NULL, 0, 10);
    }
}

bool fcgi_head(struct fcgi_reader *reader, int fd, struct link *link)
{
    FCGX_Request *fcgx = &reader->fcgx;
    fcgx->ipcFd = fd;
    fcgx->keepConnection = 1;                /* or FCGX_Accept_r would close the connection first, as its last one */
    fcgx->detached = 1;                      /* on failure close at once, without lingering */
    if (FCGX_Accept_r(fcgx) != 0) {          /* listen_sock is -1: after closing a bad connection it finds no other */
        fcgx->ipcFd = -1;
        return false;
    }
    link->fd = fd;
    link->request_id = (uint16_t)fcgx->requestId;
    head_read(link, fcgx->envp);
    return true;
}

void fcgi_done(struct fcgi_reader *reader)
{
    FCGX_Free(&reader->fcgx, 0);
    reader->fcgx.ipcFd = -1;
}

bool fcgi_body(struct fcgi_reader *reader, struct link *link)
{
    struct request *rq = &link->rq;
    size_t want = link->body_declared, have = 0;
    char *body = arena_alloc(rq->arena, want + 1), more;
    int64_t deadline = clock_mono() + (int64_t)BODY_TIMEOUT_S * 1000000;
    while (have < want) {
        size_t step = want - have < BODY_STEP ? want - have : BODY_STEP;
        int n = FCGX_GetStr(body + have, (int)step, reader->fcgx.in);
        have += n > 0 ? (size_t)n : 0;
        if (n < (int)step)
            return fail(&rq->err, ERR_INPUT, "the body ended after %zu of %zu bytes", have, want);
        if (clock_mono() > deadline)
            return fail(&rq->err, ERR_TIMEOUT, "the body took longer than %d s", BODY_TIMEOUT_S);
    }
    /* This also takes the record that ends the body, so that from here on anything to read means that the peer gives up. */
    if (FCGX_GetStr(&more, 1, reader->fcgx.in) != 0)
        return fail(&rq->err, ERR_INPUT, "the body is longer than the %zu bytes declared", want);
    if (FCGX_GetError(reader->fcgx.in) != 0)
        return fail(&rq->err, ERR_INPUT, "the connection broke while the body was read");
    rq->body = (struct bytes){(const uint8_t *)body, want};
    link->body_unread = false;
    return true;
}

void fcgi_drain(int fd)
{
    char trash[16 << 10];
    int64_t deadline = clock_mono() + DRAIN_MS * 1000;
    shutdown(fd, SHUT_WR);
    for (int64_t left; (left = deadline - clock_mono()) > 0;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, (int)(left / 1000) + 1) <= 0 || recv(fd, trash, sizeof(trash), MSG_DONTWAIT) <= 0)
            return;
    }
}
