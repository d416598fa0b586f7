/* SPDX-License-Identifier: MIT */
/* http: a shard. libcurl says which sockets and which moment it waits for, the loop says when they are there. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/http_private.h"

/* ---- descriptors ---- */

static struct watch *watch_get(struct http *http, int fd)
{
    http->watches = http_room(http->watches, &http->watches_room, (size_t)fd + 1, sizeof(struct watch));
    return &http->watches[fd];
}

void watch_keep(struct http *http, int fd)
{
    watch_get(http, fd)->kept = true;
}

void watch_closed(struct http *http, int fd)
{
    struct watch *w = watch_get(http, fd);
    loop_unwatch(http->loop, w->fd);
    *w = (struct watch){.fd = NULL};
}

static void want(struct http *http, struct watch *w, int wanted)
{
    if (w->wanted != wanted)
        loop_want(http->loop, w->fd, wanted);
    w->wanted = wanted;
}

/* ---- from libcurl ---- */

static void drain(struct shard *shard)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(shard->multi, &left))) {
        struct http_call *call = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        http_finish(call, code);
    }
}

static void on_ready(void *arg, int fd, int got)
{
    struct http *http = arg;
    struct watch *w = &http->watches[fd];
    struct shard *shard = w->shard;
    int running;
    if (!w->active) {       /* a warm connection was closed, or sent what nobody asked for: libcurl looks before it uses it */
        want(http, w, 0);
        return;
    }
    if (got & LOOP_HANGUP)
        got |= w->wanted;
    int select = (got & LOOP_READ ? CURL_CSELECT_IN : 0) | (got & LOOP_WRITE ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(shard->multi, fd, select, &running);
    drain(shard);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket)
{
    struct shard *shard = arg;
    struct http *http = shard->http;
    struct watch *w = watch_get(http, fd);
    (void)easy;
    (void)socket;
    w->active = what != CURL_POLL_REMOVE;
    w->shard = shard;
    if (what == CURL_POLL_REMOVE && !w->kept) {
        watch_closed(http, fd);
        return 0;
    }
    /* A kept one stays watched for reading, so that the next call finds it as it needs it. */
    int wanted = (what == CURL_POLL_OUT ? 0 : LOOP_READ) | (what == CURL_POLL_OUT || what == CURL_POLL_INOUT ? LOOP_WRITE : 0);
    if (w->fd) {
        want(http, w, wanted);
    } else if (w->active) {
        w->fd = loop_watch(http->loop, fd, wanted, on_ready, http);
        w->wanted = wanted;
    }
    return w->fd || !w->active ? 0 : -1;
}

static int on_timer_wanted(CURLM *multi, long ms, void *arg)
{
    struct shard *shard = arg;
    (void)multi;
    if (ms < 0)
        loop_timer_clear(shard->http->loop, &shard->timer);
    else
        loop_timer_set(shard->http->loop, &shard->timer, clock_mono() + (int64_t)ms * 1000);
    return 0;
}

static void on_timer(void *arg)
{
    struct shard *shard = arg;
    int running;
    curl_multi_socket_action(shard->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    drain(shard);
}

/* ---- life ---- */

struct shard *shard_new(struct http *http, size_t index)
{
    struct shard *shard = http_must(calloc(1, sizeof(*shard)), "a shard");
    CURLM *multi = http_must(curl_multi_init(), "a shard");
    *shard = (struct shard){.http = http, .multi = multi, .index = index};
    shard->timer = (struct loop_timer){.run = on_timer, .arg = shard};
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, shard);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, shard);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 2L * SHARD_CALLS);
    return shard;
}

void shard_free(struct shard *shard)
{
    curl_multi_cleanup(shard->multi);
    loop_timer_clear(shard->http->loop, &shard->timer);
    free(shard);
}
