/* SPDX-License-Identifier: MIT */
/* http: one call. What its easy handle is told, what libcurl asks and reports while it runs, and when it has taken too long. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "net/http_private.h"

enum {
    RESEND_MAX = 1000000,               /* µs after sending in which a broken warm connection counts as closed before */
    BUFFER = 16 << 10,                  /* bytes, per call under way */
};

/* ---- libcurl asks ---- */

static void refuse(struct http_call *call, const char *address, const char *why)
{
    metric_add(METRIC_egress_refused_total, 1);
    call->refused++;
    snprintf(call->reason, sizeof(call->reason), "egress rule refuses %s: %s", address, why);
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct http_call *call = arg;
    const char *why = NULL;
    (void)purpose;
    if (!egress_allows(call->egress, &address->addr, &why)) {
        refuse(call, "the address", why);
        return CURL_SOCKET_BAD;
    }
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    call->opened++;
    return fd;
}

/* The connection may outlive the call that opened it, so this gets the client. */
static int on_close_socket(void *arg, curl_socket_t fd)
{
    watch_closed(arg, fd);
    return close(fd);
}

/* A second sending is libcurl's answer to a warm connection that broke without a byte. Right after sending, the other side had
 * closed it before; later, it may have begun to work, and working twice costs money. */
static bool may_send(const struct http_call *call, int64_t now)
{
    return call->tries == 0 || (call->tries == 1 && now - call->sent < RESEND_MAX);
}

/* Before each sending, on a new connection or a warm one: the rule may have changed, or be another's. */
static int on_ready(void *arg, char *remote, char *local, int remote_port, int local_port)
{
    struct http_call *call = arg;
    const char *why = NULL;
    int64_t now = clock_mono();
    (void)local;
    (void)local_port;
    snprintf(call->remote, sizeof(call->remote), strchr(remote, ':') ? "[%s]:%d" : "%s:%d", remote, remote_port);
    if (!egress_allows_text(call->egress, remote, &why)) {
        refuse(call, remote, why);
        call->why = HTTP_EGRESS;
        return CURL_PREREQFUNC_ABORT;
    }
    if (!may_send(call, now)) {
        call->why = HTTP_CUT;
        return CURL_PREREQFUNC_ABORT;
    }
    call->tries++;
    call->sent = now;
    return CURL_PREREQFUNC_OK;
}

/* ---- libcurl reports ---- */

/* Anything but ${n} makes libcurl end the transfer. */
static size_t stop(struct http_call *call, enum http_end why)
{
    if (call->why == HTTP_DONE)
        call->why = why;
    return 0;
}

static void note_time(struct http_call *call)
{
    call->last = clock_mono();
    if (!call->first)
        call->first = call->last;
}

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
    struct http_call *call = arg;
    struct head *head = &call->head;
    bool was_whole = head->whole;
    n *= size;
    if (call->cancelled)
        return stop(call, HTTP_CANCELLED);
    if (!call->first || was_whole)
        note_time(call);
    enum http_end end = head_line(head, p, n);
    if (end != HTTP_DONE)
        return stop(call, end);
    if (head->whole && !was_whole && call->events.head) {
        struct http_header headers[HEADERS_MAX];
        size_t headers_n = head_list(head, headers);
        call->events.head(call->arg, head->status, headers, headers_n);
    }
    return call->cancelled ? stop(call, HTTP_CANCELLED) : n;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    struct http_call *call = arg;
    n *= size;
    if (call->cancelled)
        return stop(call, HTTP_CANCELLED);
    if (!call->head.whole)
        return stop(call, HTTP_PROTOCOL);
    note_time(call);
    call->received += n;
    if (call->answer_max && call->received > call->answer_max)
        return stop(call, HTTP_TOO_LARGE);
    bool more = call->events.body(call->arg, (struct bytes){(const uint8_t *)p, n});
    return more && !call->cancelled ? n : stop(call, HTTP_CANCELLED);
}

/* ---- settings ---- */

/* What is the same for every request. */
static void set_constants(struct http_call *call)
{
    CURL *easy = call->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
    curl_easy_setopt(easy, CURLOPT_SHARE, call->http->share);
    curl_easy_setopt(easy, CURLOPT_ADDRESS_SCOPE, (long)call->pool->number);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);             /* or ending a call would wait for its name to be resolved */
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)BUFFER);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)BUFFER);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");                  /* not even from the environment */
    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);               /* with it, libcurl reads all CAs for each connection: 24 ms */
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, call->http);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_ready);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, call);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
}

/* Trust is not changed back on a handle: it starts anew. */
static bool set_trust(struct http_call *call, const struct http_request *request)
{
    const char *now = request->ca_file ? request->ca_file : "";
    if (strcmp(call->ca_file, now) == 0 && call->insecure == request->insecure)
        return true;
    http_keep(&call->ca_file, &call->ca_file_room, now);
    call->insecure = request->insecure;
    call->multiplex = false;
    call->connect_ms = 0;
    call->method[0] = '\0';
    call->url[0] = '\0';
    curl_easy_reset(call->easy);
    set_constants(call);
    if (request->insecure) {
        curl_easy_setopt(call->easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(call->easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    return !request->ca_file || curl_easy_setopt(call->easy, CURLOPT_CAINFO, request->ca_file) == CURLE_OK;
}

/* Over TLS the first calls of a burst wait to learn whether they can share a connection. Without TLS there is nothing to share,
 * and libcurl would learn it only from the first answer, which may take a minute. */
static bool set_url(struct http_call *call, const char *url)
{
    if (strcmp(call->url, url) == 0)
        return true;
    bool multiplex = strncasecmp(url, "https:", 6) == 0;
    if (multiplex != call->multiplex)
        curl_easy_setopt(call->easy, CURLOPT_PIPEWAIT, multiplex ? 1L : 0L);
    call->multiplex = multiplex;
    http_keep(&call->url, &call->url_room, url);
    return curl_easy_setopt(call->easy, CURLOPT_URL, url) == CURLE_OK;
}

static bool is_method(const char *method)
{
    size_t n = strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return n > 0 && n < sizeof(((struct http_call *)0)->method) && method[n] == '\0';
}

static bool set_method(struct http_call *call, const struct http_request *request)
{
    CURL *easy = call->easy;
    if (!is_method(request->method))
        return snprintf(call->reason, sizeof(call->reason), "the method is not one of HTTP"), false;
    bool is_post = strcmp(request->method, "POST") == 0, is_head = strcmp(request->method, "HEAD") == 0;
    bool with_body = !is_head && (is_post || request->body.n > 0);
    if (strcmp(call->method, request->method) != 0 || call->with_body != with_body) {
        snprintf(call->method, sizeof(call->method), "%s", request->method);
        call->with_body = with_body;
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);            /* also takes back what was set before */
        curl_easy_setopt(easy, CURLOPT_NOBODY, is_head ? 1L : 0L);
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, is_post || is_head ? NULL : call->method);
    }
    if (!with_body)
        return true;
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
    return curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.n ? (const char *)request->body.p : "") == CURLE_OK;
}

static void set_limits(struct http_call *call, const struct http_request *request)
{
    long connect_ms = request->connect_ms > 0 && request->connect_ms < 300000 ? (long)request->connect_ms : 300000;
    if (connect_ms != call->connect_ms)
        curl_easy_setopt(call->easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
    call->connect_ms = connect_ms;
    call->first_byte = request->first_byte_ms * 1000;
    call->idle = request->idle_ms * 1000;
    call->total = request->total_ms * 1000;
    call->answer_max = request->answer_max;
}

bool call_set(struct http_call *call, const struct http_request *request, const struct http_events *events, void *arg)
{
    struct curl_slist *list = NULL;
    call->events = *events;
    call->arg = arg;
    call->egress = request->egress;
    call->started = clock_mono();
    call->sent = call->first = call->last = 0;
    call->received = 0;
    call->tries = 0;
    call->added = call->cancelled = false;
    call->why = HTTP_DONE;
    call->opened = call->refused = 0;
    call->remote[0] = call->reason[0] = call->error[0] = '\0';
    head_clear(&call->head);
    if (!set_trust(call, request))
        return false;
    set_limits(call, request);
    return set_url(call, request->url) && set_method(call, request) && lines_set(call, request, &list)
        && curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, list) == CURLE_OK;
}

/* ---- time ---- */

static int64_t earlier(int64_t a, int64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

/* The moment a limit of ${length} µs ends that began at ${start}, or would begin ${now} at the earliest. */
static int64_t limit(int64_t start, int64_t length, int64_t now)
{
    return length == 0 ? 0 : (start ? start : now) + length;
}

/* Limits that have not begun are looked at again when they could have ended: so bytes need not move the timer. */
int64_t call_look(const struct http_call *call, int64_t now, enum http_end *end_r)
{
    int64_t total = limit(call->started, call->total, now);
    int64_t first_byte = call->first ? 0 : limit(call->sent, call->first_byte, now);
    int64_t idle = limit(call->last, call->idle, now);
    *end_r = call->cancelled                ? HTTP_CANCELLED
           : total && now >= total          ? HTTP_TOTAL_TIMEOUT
           : first_byte && now >= first_byte ? HTTP_FIRST_BYTE_TIMEOUT
           : idle && now >= idle            ? HTTP_IDLE_TIMEOUT
                                            : HTTP_DONE;
    return earlier(earlier(total, first_byte), idle);
}

/* ---- the end ---- */

static int64_t info_time(CURL *easy, CURLINFO what)
{
    curl_off_t micros = 0;
    curl_easy_getinfo(easy, what, &micros);
    return (int64_t)micros;
}

static enum http_end why(const struct http_call *call, CURLcode code)
{
    long os_errno = 0;
    if (call->why != HTTP_DONE)
        return call->why;
    if (code == CURLE_COULDNT_CONNECT && call->refused > 0 && call->opened == 0)
        return HTTP_EGRESS;
    if (code == CURLE_OK && !call->head.whole)      /* libcurl is content with half a head, or with 101 */
        return call->head.status ? HTTP_CUT : HTTP_PROTOCOL;
    if (code == CURLE_COULDNT_CONNECT)
        curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &os_errno);
    return end_of(code, os_errno, call->tries > 0, call->error);
}

/* Ours where we ended it; libcurl's own, or at least what its code means. */
static const char *words(const struct http_call *call, CURLcode code, enum http_end end)
{
    if (call->reason[0] && (call->why != HTTP_DONE || end == HTTP_EGRESS))
        return call->reason;
    if (call->why != HTTP_DONE && call->why != HTTP_PROTOCOL)
        return http_end_name(end);
    return call->error[0] ? call->error : code != CURLE_OK ? curl_easy_strerror(code) : http_end_name(end);
}

static void keep_socket(struct http_call *call)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (curl_easy_getinfo(call->easy, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK && fd != CURL_SOCKET_BAD)
        watch_keep(call->http, fd);
}

void call_result(struct http_call *call, CURLcode code, struct http_result *r)
{
    long connections = 0;
    int64_t now = clock_mono();
    *r = (struct http_result){.end = why(call, code), .status = call->head.whole ? call->head.status : 0};
    r->dns_us = info_time(call->easy, CURLINFO_NAMELOOKUP_TIME_T);
    r->connect_us = info_time(call->easy, CURLINFO_CONNECT_TIME_T);
    r->tls_us = info_time(call->easy, CURLINFO_APPCONNECT_TIME_T);
    r->first_byte_us = call->first ? call->first - call->started : 0;
    r->total_us = now - call->started;
    r->sent = (uint64_t)info_time(call->easy, CURLINFO_SIZE_UPLOAD_T);
    r->received = call->received;
    curl_easy_getinfo(call->easy, CURLINFO_NUM_CONNECTS, &connections);
    r->reused = call->tries > 0 && connections == 0;
    r->tries = call->tries;
    if (r->end == HTTP_DONE && !r->reused)
        keep_socket(call);
    snprintf(r->remote, sizeof(r->remote), "%s", call->remote);
    if (r->end != HTTP_DONE)
        snprintf(r->detail, sizeof(r->detail), "%.159s", words(call, code, r->end));
}

struct http_call *call_new(struct http *http, struct shard *shard, struct pool *pool)
{
    struct http_call *call = http_must(calloc(1, sizeof(*call)), "a call");
    CURL *easy = http_must(curl_easy_init(), "a call");
    *call = (struct http_call){.http = http, .shard = shard, .pool = pool, .easy = easy};
    http_keep(&call->url, &call->url_room, "");
    http_keep(&call->ca_file, &call->ca_file_room, "");
    set_constants(call);
    return call;
}

void call_free(struct http_call *call)
{
    curl_easy_cleanup(call->easy);
    head_free(&call->head);
    free(call->lines);
    free(call->ca_file);
    free(call->url);
    free(call);
}
