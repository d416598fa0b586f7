/* SPDX-License-Identifier: MIT */
/* http_test: calls on a loop against a scripted server: every way an answer can go wrong and the reason it must get, limits of time and
 * size, cancelling, connections kept warm and kept apart, egress on new and on warm connections, many calls at once. */
#include <dlfcn.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "net/http_private.h"
#include "web_server.h"

#include <cmocka.h>

/* ---- names: libcurl's resolver thread comes here ---- */

static const struct {
    const char *name, *addresses;
} hosts[] = {
    {"inside.test", "127.0.0.1"}, {"metadata.test", "169.254.169.254"}, {"both.test", "127.0.0.2 127.0.0.1"},
    {"mixed.test", "169.254.169.254 127.0.0.1"}, {"mapped.test", "::ffff:169.254.169.254"},
};
static atomic_int resolved;

static const char *addresses_of(const char *name)
{
    for (size_t i = 0; i < COUNT(hosts); i++)
        if (strcmp(hosts[i].name, name) == 0)
            return hosts[i].addresses;
    return NULL;
}

typedef int resolver(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static resolver *system_resolver(void)
{
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
    resolver *found;
    memcpy(&found, &symbol, sizeof(found));
    return found;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **list_r)
{
    resolver *next = system_resolver();
    const char *addresses = name ? addresses_of(name) : NULL;
    struct addrinfo numeric = hints ? *hints : (struct addrinfo){.ai_socktype = SOCK_STREAM}, **at = list_r;
    if (name && strcmp(name, "slow.test") == 0)
        poll(NULL, 0, 1500);
    if (name && strstr(name, ".test") && !addresses)
        return EAI_NONAME;
    if (!addresses)
        return next(name, service, hints, list_r);
    atomic_fetch_add(&resolved, 1);
    numeric.ai_family = AF_UNSPEC;
    numeric.ai_flags |= AI_NUMERICHOST;
    while (*addresses) {
        char one[64];
        size_t n = strcspn(addresses, " ");
        snprintf(one, sizeof(one), "%.*s", (int)n, addresses);
        int code = next(one, service, &numeric, at);
        if (code)
            return code;
        at = &(*at)->ai_next;
        addresses += n + strspn(addresses + n, " ");
    }
    return 0;
}

/* ---- one call ---- */

static const struct egress private_rule = {EGRESS_PRIVATE}, public_rule = {EGRESS_PUBLIC};

struct bench {
    struct web_server *server;
    struct loop *loop;
    struct http *http;
};

struct call {
    struct bench *bench;
    struct http_call *call;
    struct http_result result;
    char body[4096], headers[8192];
    size_t body_n;
    int status, heads, dones, bodies;
    int cancel_in;              /* 1 head, 2 body by http_cancel, 3 body by false */
    struct http_call *victim;   /* cancelled in the first body */
    bool again;                 /* done sends the same once more */
};

static void on_head(void *arg, int status, const struct http_header *headers, size_t n)
{
    struct call *c = arg;
    assert_int_equal(c->bodies + c->dones + c->heads, 0);
    c->heads++;
    c->status = status;
    for (size_t i = 0, at = 0; i < n && at < sizeof(c->headers); i++)
        at += (size_t)snprintf(c->headers + at, sizeof(c->headers) - at, "%s=%s|", headers[i].name, headers[i].value);
    if (c->cancel_in == 1)
        http_cancel(c->call);
}

static bool on_body(void *arg, struct bytes piece)
{
    struct call *c = arg;
    assert_int_equal(c->heads, 1);
    assert_int_equal(c->dones, 0);
    c->bodies++;
    for (size_t i = 0; i < piece.n && c->body_n < sizeof(c->body) - 1; i++)
        c->body[c->body_n++] = (char)piece.p[i];
    if (c->victim)
        http_cancel(c->victim);
    c->victim = NULL;
    if (c->cancel_in == 2)
        http_cancel(c->call);
    return c->cancel_in != 3;
}

static void on_done(void *arg, const struct http_result *result)
{
    struct call *c = arg;
    assert_int_equal(c->dones, 0);
    c->dones++;
    c->result = *result;
}

static const struct http_events events = {on_head, on_body, on_done};

static struct http_request request_for(const char *url)
{
    return (struct http_request){.method = "GET", .url = url, .egress = &private_rule, .pool = "a"};
}

static const char *url_of(struct bench *b, const char *path)
{
    static char urls[8][512];
    static int next;
    next = (next + 1) % 8;
    snprintf(urls[next], sizeof(urls[next]), "http://127.0.0.1:%d%s", b->server->port, path);
    return urls[next];
}

static void start(struct bench *b, struct call *c, const struct http_request *request)
{
    c->bench = b;
    c->call = http_send(b->http, request, &events, c);
    assert_non_null(c->call);
    assert_int_equal(c->heads + c->bodies + c->dones, 0);       /* never before it returns */
}

/* Until every call is done: the loop was stopped, so it runs as long as calls hold it. */
static void finish(struct bench *b)
{
    loop_run(b->loop);
    assert_int_equal(http_in_flight(b->http), 0);
}

static struct call ask(struct bench *b, const struct http_request *request)
{
    struct call c = {.bench = b};
    start(b, &c, request);
    finish(b);
    assert_int_equal(c.dones, 1);
    return c;
}

static struct call get(struct bench *b, const char *path)
{
    struct http_request request = request_for(url_of(b, path));
    return ask(b, &request);
}

static int set_up(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));
    assert_non_null(b);
    b->server = web_server_new();
    b->loop = loop_new();
    b->http = http_new(b->loop);
    loop_stop(b->loop);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    http_free(b->http);
    loop_free(b->loop);
    web_server_free(b->server);
    free(b);
    return 0;
}

/* ---- answers ---- */

static const struct {
    const char *path;
    enum http_end end;
    int status;
    const char *body;
} answers[] = {
    {"/ok", HTTP_DONE, 200, "hello"},
    {"/chunked", HTTP_DONE, 200, "abcde"},
    {"/to-close", HTTP_DONE, 200, "until the end"},
    {"/empty", HTTP_DONE, 200, ""},
    {"/none", HTTP_DONE, 204, ""},
    {"/error", HTTP_DONE, 503, "busy"},
    {"/redirect", HTTP_DONE, 302, ""},
    {"/hints", HTTP_DONE, 200, "ok"},
    {"/names", HTTP_DONE, 200, ""},
    {"/nothing", HTTP_DONE, 404, ""},
    {"/stream/3", HTTP_DONE, 200, "data: x\n\ndata: x\n\ndata: x\n\n"},
    {"/slow-head/30", HTTP_DONE, 200, "slow"},
    {"/slow-body/30", HTTP_DONE, 200, "abcd"},
    {"/close-idle", HTTP_DONE, 200, "bye"},
    {"/headers-many/98", HTTP_DONE, 200, ""},
    {"/cut", HTTP_CUT, 200, "only this"},
    {"/cut-chunk", HTTP_CUT, 200, "ab"},
    {"/cut-chunks", HTTP_CUT, 200, "ab"},
    {"/cut-head", HTTP_CUT, 0, ""},
    {"/cut-status", HTTP_CUT, 0, ""},
    {"/silent", HTTP_CUT, 0, ""},
    {"/rst", HTTP_CUT, 0, ""},
    {"/rst-body", HTTP_CUT, 200, "ab"},
    {"/chunk-bad", HTTP_PROTOCOL, 200, ""},
    {"/status-bad", HTTP_PROTOCOL, 0, ""},
    {"/status-low", HTTP_PROTOCOL, 0, ""},
    {"/http09", HTTP_PROTOCOL, 0, ""},
    {"/http3", HTTP_PROTOCOL, 0, ""},
    {"/length-bad", HTTP_PROTOCOL, 0, ""},
    {"/control", HTTP_PROTOCOL, 0, ""},
    {"/cr", HTTP_PROTOCOL, 0, ""},
    {"/name-bad", HTTP_PROTOCOL, 0, ""},
    {"/no-colon", HTTP_PROTOCOL, 0, ""},
    {"/switch", HTTP_PROTOCOL, 0, ""},
    {"/headers-huge", HTTP_TOO_LARGE, 0, ""},
    {"/headers-many/200", HTTP_TOO_LARGE, 0, ""},
    {"/header-long", HTTP_TOO_LARGE, 0, ""},
    {"/hints-flood", HTTP_TOO_LARGE, 0, ""},
    {"/trailers-flood", HTTP_TOO_LARGE, 200, "ab"},
};

static void test_answers(void **state)
{
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct http_request r = request_for(url_of(*state, answers[i].path));
        r.pool = answers[i].path;       /* on a warm connection /silent would be sent twice */
        struct call c = ask(*state, &r);
        if (c.result.end != answers[i].end || c.result.status != answers[i].status || strcmp(c.body, answers[i].body) != 0)
            fail_msg("%s: %s %d \"%s\" (%s)", answers[i].path, http_end_name(c.result.end), c.result.status, c.body, c.result.detail);
        assert_int_equal(c.heads, answers[i].status != 0);
        assert_int_equal(c.result.received, strlen(answers[i].body));
        assert_true(c.result.end == HTTP_DONE || c.result.detail[0]);
        assert_int_equal(c.result.tries, 1);
        assert_int_equal(strncmp(c.result.remote, "127.0.0.1:", 10), 0);
    }
}

/* Two lengths that differ: libcurl takes one of them; whatever it does, it must end. */
static void test_two_lengths(void **state)
{
    struct call c = get(*state, "/lengths-two");
    assert_true(c.result.end == HTTP_DONE || c.result.end == HTTP_PROTOCOL || c.result.end == HTTP_CUT);
}

static void test_headers(void **state)
{
    assert_string_equal(get(*state, "/names").headers, "x-mixed=padded|x-empty=|x-high=\xE6\x9C\x88|x-fold=a b|content-length=0|");
    assert_string_equal(get(*state, "/hints").headers, "x-final=yes|content-length=2|");       /* nothing of the 103 */
    struct call c = get(*state, "/hostile");
    assert_non_null(strstr(c.headers, "x-sendfile=/etc/passwd|"));      /* handed on as data: who copies headers chooses */
    c = get(*state, "/echo");
    assert_null(strstr(((struct bench *)*state)->server->last, "ookie"));      /* not kept for the next request */
}

/* ---- requests ---- */

static const char *asked(struct bench *b, const struct http_request *request)
{
    struct call c = ask(b, request);
    assert_int_equal(c.result.end, HTTP_DONE);
    assert_int_equal(c.result.sent, request->body.n);
    return b->server->last;
}

static void test_request(void **state)
{
    struct bench *b = *state;
    const struct http_header headers[] = {{"Content-Type", "application/json"}, {"Authorization", "Bearer x"}, {"X-Empty", ""}};
    struct http_request r = request_for(url_of(b, "/echo?q=1"));
    char wanted[512];
    r.method = "POST";
    r.headers = headers;
    r.headers_n = COUNT(headers);
    r.body = bytes_of("{\"a\":1}");
    snprintf(wanted, sizeof(wanted), "POST /echo?q=1 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: */*\r\nContent-Type: application/json\r\n"
             "Authorization: Bearer x\r\nX-Empty:\r\nContent-Length: 7\r\n\r\n{\"a\":1}", b->server->port);
    assert_string_equal(asked(b, &r), wanted);
    /* The handle is used again: nothing of the request before may be left. */
    r = request_for(url_of(b, "/echo"));
    snprintf(wanted, sizeof(wanted), "GET /echo HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: */*\r\n\r\n", b->server->port);
    assert_string_equal(asked(b, &r), wanted);
    r.method = "POST";
    snprintf(wanted, sizeof(wanted), "POST /echo HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: */*\r\nContent-Length: 0\r\n\r\n", b->server->port);
    assert_string_equal(asked(b, &r), wanted);
    r.method = "DELETE";
    snprintf(wanted, sizeof(wanted), "DELETE /echo HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: */*\r\n\r\n", b->server->port);
    assert_string_equal(asked(b, &r), wanted);
    r.method = "PUT";
    r.body = bytes_of("x");
    snprintf(wanted, sizeof(wanted), "PUT /echo HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: */*\r\nContent-Length: 1\r\n\r\nx", b->server->port);
    assert_string_equal(asked(b, &r), wanted);
    r.method = "GET";
    snprintf(wanted, sizeof(wanted), "GET /echo HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: */*\r\nContent-Length: 1\r\n\r\nx", b->server->port);
    assert_string_equal(asked(b, &r), wanted);
}

/* No "Expect: 100-continue", which would cost a second where the provider does not know it. */
static void test_large_request(void **state)
{
    struct bench *b = *state;
    size_t n = 5 << 20;
    uint8_t *body = calloc(1, n);
    assert_non_null(body);
    struct http_request r = request_for(url_of(b, "/echo"));
    r.method = "POST";
    r.body = (struct bytes){body, n};
    assert_null(strcasestr(asked(b, &r), "expect"));
    free(body);
}

static void test_bad_requests(void **state)
{
    struct bench *b = *state;
    static const struct http_header bad[] = {{"X-A", "a\r\nX-B: b"}, {"X-A", "a\nb"}, {"X A", "b"}, {"", "b"}, {"X:", "b"}, {"X", "\x7f"}, {"X\r\nY", "z"}};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct http_request r = request_for(url_of(b, "/ok"));
        r.headers = &bad[i];
        r.headers_n = 1;
        struct call c = ask(b, &r);
        assert_int_equal(c.result.end, HTTP_OTHER);
        assert_non_null(strstr(c.result.detail, "header 1"));
    }
    static const char *const methods[] = {"", "get", "GET /", "POST\r\n", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"};
    for (size_t i = 0; i < COUNT(methods); i++) {
        struct http_request r = request_for(url_of(b, "/ok"));
        r.method = methods[i];
        assert_int_equal(ask(b, &r).result.end, HTTP_OTHER);
    }
    static const char *const urls[] = {"", "http://", "http://127.0.0.1:99999/", "http://a b/", "http://127.0.0.1/\r\nX: y", "http://user:pw@127.0.0.1/"};
    for (size_t i = 0; i < COUNT(urls); i++) {
        struct http_request r = request_for(urls[i]);
        struct call c = ask(b, &r);
        assert_true(c.result.end == HTTP_OTHER || c.result.end == HTTP_NOT_RESOLVED);
        assert_int_equal(c.result.tries, 0);
    }
    assert_int_equal(b->server->requests, 0);
    assert_int_equal(get(b, "/ok").result.end, HTTP_DONE);      /* and the handle is none the worse */
}

/* ---- not reached ---- */

static void test_not_reached(void **state)
{
    struct bench *b = *state;
    char refused[64], both[64];
    int port, fd = web_listen(&port);
    close(fd);
    snprintf(refused, sizeof(refused), "http://127.0.0.1:%d/", port);
    snprintf(both, sizeof(both), "http://both.test:%d/ok", b->server->port);
    const struct { const char *url; enum http_end end; } cases[] = {
        {refused, HTTP_REFUSED},
        {"http://unknown.test/", HTTP_NOT_RESOLVED},
        {both, HTTP_DONE},                                      /* the second address answers */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_request r = request_for(cases[i].url);
        struct call c = ask(b, &r);
        if (c.result.end != cases[i].end)
            fail_msg("%s: %s (%s)", cases[i].url, http_end_name(c.result.end), c.result.detail);
    }
}

/* ---- egress ---- */

static void check_egress(struct bench *b, const char *url, const struct egress *rule)
{
    struct http_request r = request_for(url);
    r.egress = rule;
    int64_t before = metric_get(METRIC_egress_refused_total);
    struct call c = ask(b, &r);
    if (c.result.end != HTTP_EGRESS)
        fail_msg("%s: %s (%s)", url, http_end_name(c.result.end), c.result.detail);
    assert_int_equal(c.result.tries, 0);
    assert_true(metric_get(METRIC_egress_refused_total) > before);
    assert_non_null(strstr(c.result.detail, "egress rule refuses"));
}

static void test_egress(void **state)
{
    struct bench *b = *state;
    char by_name[64];
    snprintf(by_name, sizeof(by_name), "http://inside.test:%d/ok", b->server->port);
    check_egress(b, url_of(b, "/ok"), &public_rule);
    check_egress(b, by_name, &public_rule);
    check_egress(b, "http://169.254.169.254/latest/meta-data", &private_rule);
    check_egress(b, "http://metadata.test/", &private_rule);
    check_egress(b, "http://mapped.test/", &private_rule);
    check_egress(b, "http://[::ffff:169.254.169.254]/", &private_rule);
    check_egress(b, "http://[fd00:ec2::254]/", &private_rule);
    check_egress(b, "http://0/", &private_rule);
    check_egress(b, "http://2852039166/", &private_rule);       /* 169.254.169.254 */
    check_egress(b, "http://8.8.8.8/", &(struct egress){EGRESS_LOCAL_ONLY});
    assert_int_equal(b->server->connections, 0);
}

/* One address of a name is refused, another one allowed: the allowed one is used. */
static void test_egress_mixed(void **state)
{
    struct bench *b = *state;
    char url[64];
    snprintf(url, sizeof(url), "http://mixed.test:%d/ok", b->server->port);
    struct http_request r = request_for(url);
    struct call c = ask(b, &r);
    assert_int_equal(c.result.end, HTTP_DONE);
    assert_int_equal(strncmp(c.result.remote, "127.0.0.1:", 10), 0);
}

/* The same pool, the connection warm, and a rule that does not allow it. */
static void test_egress_reused(void **state)
{
    struct bench *b = *state;
    assert_int_equal(get(b, "/ok").result.end, HTTP_DONE);
    check_egress(b, url_of(b, "/ok"), &public_rule);
    assert_int_equal(b->server->requests, 1);
    assert_int_equal(get(b, "/ok").result.end, HTTP_DONE);
}

static void test_schemes(void **state)
{
    struct bench *b = *state;
    static const char *const urls[] = {"file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1:1/x", "dict://127.0.0.1/x", "scp://127.0.0.1/x",
                                       "ldap://127.0.0.1/", "smtp://127.0.0.1/", "unknown://127.0.0.1/"};
    for (size_t i = 0; i < COUNT(urls); i++) {
        struct http_request r = request_for(urls[i]);
        struct call c = ask(b, &r);
        assert_int_equal(c.result.end, HTTP_EGRESS);
        assert_int_equal(c.body_n, 0);
    }
}

static void test_proxy_ignored(void **state)
{
    struct bench *b = *state;
    static const char *const names[] = {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"};
    for (size_t i = 0; i < COUNT(names); i++)
        setenv(names[i], "http://169.254.1.1:3128", 1);
    struct call c = get(b, "/ok");
    for (size_t i = 0; i < COUNT(names); i++)
        unsetenv(names[i]);
    assert_int_equal(c.result.end, HTTP_DONE);
    assert_int_equal(b->server->requests, 1);
}

/* ---- time ---- */

static void test_timeouts(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *path;
        int64_t first_byte, idle, total;
        enum http_end end;
        int64_t at;             /* ms, not earlier */
    } cases[] = {
        {"/hang", 150, 0, 0, HTTP_FIRST_BYTE_TIMEOUT, 150},
        {"/hang", 0, 0, 200, HTTP_TOTAL_TIMEOUT, 200},
        {"/hang", 500, 50, 200, HTTP_TOTAL_TIMEOUT, 200},
        {"/hang", 200, 50, 0, HTTP_FIRST_BYTE_TIMEOUT, 200},       /* idle does not count before the first byte */
        {"/hang-body", 5000, 150, 0, HTTP_IDLE_TIMEOUT, 150},
        {"/slow-body/1000", 0, 100, 0, HTTP_IDLE_TIMEOUT, 100},
        {"/slow-stream/150", 0, 100, 0, HTTP_IDLE_TIMEOUT, 100},
        {"/slow-stream/400", 5000, 1000, 0, HTTP_DONE, 1200},
        {"/slow-stream/60", 0, 5000, 100, HTTP_TOTAL_TIMEOUT, 100},
        {"/slow-head/150", 5000, 100, 0, HTTP_DONE, 150},
        {"/slow-head/100", 0, 0, 0, HTTP_DONE, 100},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_request r = request_for(url_of(b, cases[i].path));
        r.first_byte_ms = cases[i].first_byte;
        r.idle_ms = cases[i].idle;
        r.total_ms = cases[i].total;
        struct call c = ask(b, &r);
        int64_t took = c.result.total_us / 1000;
        if (c.result.end != cases[i].end || took < cases[i].at - 1)
            fail_msg("%s: %s after %lld ms", cases[i].path, http_end_name(c.result.end), (long long)took);
    }
}

/* A listener whose queue is full does not answer a connection attempt. */
static void test_connect_timeout(void **state)
{
    struct bench *b = *state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fillers[4];
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 0), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
    for (size_t i = 0; i < COUNT(fillers); i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)!connect(fillers[i], (struct sockaddr *)&address, sizeof(address));
    }
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/", ntohs(address.sin_port));
    struct http_request r = request_for(url);
    r.connect_ms = 200;
    struct call c = ask(b, &r);
    assert_int_equal(c.result.end, HTTP_CONNECT_TIMEOUT);
    assert_in_range(c.result.total_us, 190000, 900000);
    r.connect_ms = 5000;
    r.total_ms = 100;
    assert_int_equal(ask(b, &r).result.end, HTTP_TOTAL_TIMEOUT);
    for (size_t i = 0; i < COUNT(fillers); i++)
        close(fillers[i]);
    close(fd);
}

/* A name that takes 1.5 s to resolve holds up nobody: not the loop, not the end of its own call. */
static void test_slow_name(void **state)
{
    struct bench *b = *state;
    struct http_request slow = request_for("http://slow.test/"), r = request_for(url_of(b, "/ok"));
    struct call a = {0}, c = {0};
    slow.connect_ms = 300;
    start(b, &a, &slow);
    start(b, &c, &r);
    finish(b);
    assert_int_equal(a.result.end, HTTP_CONNECT_TIMEOUT);
    assert_in_range(a.result.total_us, 290000, 1000000);
    assert_int_equal(c.result.end, HTTP_DONE);
    assert_in_range(c.result.total_us, 0, 250000);
    poll(NULL, 0, 1500);                /* its thread ends by itself */
}

/* ---- size ---- */

static void test_answer_max(void **state)
{
    struct bench *b = *state;
    static const struct { const char *path; size_t max; enum http_end end; } cases[] = {
        {"/size/1000", 1000, HTTP_DONE}, {"/size/1001", 1000, HTTP_TOO_LARGE}, {"/size/3000000", 1000000, HTTP_TOO_LARGE},
        {"/size/3000000", 0, HTTP_DONE}, {"/stream/5", 40, HTTP_TOO_LARGE}, {"/empty", 1, HTTP_DONE},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_request r = request_for(url_of(b, cases[i].path));
        r.answer_max = cases[i].max;
        assert_int_equal(ask(b, &r).result.end, cases[i].end);
    }
}

/* ---- cancelling ---- */

/* The server sees the connection closed, at once; the time is for a machine that does much else. */
static void check_closed(struct bench *b)
{
    for (int i = 0; i < 5000 && b->server->open > 0; i++)
        poll(NULL, 0, 1);
    assert_int_equal(b->server->open, 0);
}

static void test_cancel_inside(void **state)
{
    struct bench *b = *state;
    for (int where = 1; where <= 3; where++) {
        struct http_request r = request_for(url_of(b, "/hang-body"));
        struct call c = {.cancel_in = where};
        start(b, &c, &r);
        finish(b);
        assert_int_equal(c.result.end, HTTP_CANCELLED);
        assert_int_equal(c.bodies, where > 1);
        check_closed(b);
    }
}

static void cancel(void *arg)
{
    struct call *c = arg;
    http_cancel(c->call);
    http_cancel(c->call);               /* twice is once */
    assert_int_equal(c->dones, 0);      /* not before it returns */
}

static void test_cancel_outside(void **state)
{
    struct bench *b = *state;
    static const char *const paths[] = {"/hang", "/hang-body", "/stream/500"};
    for (size_t i = 0; i < COUNT(paths); i++)
        for (int64_t after = 0; after <= 60000; after += 60000) {
            struct http_request r = request_for(url_of(b, paths[i]));
            struct call c = {0};
            struct loop_timer timer = {.run = cancel, .arg = &c};
            start(b, &c, &r);
            loop_timer_set(b->loop, &timer, clock_mono() + after);
            int64_t before = clock_mono();
            finish(b);
            assert_int_equal(c.result.end, HTTP_CANCELLED);
            assert_in_range(clock_mono() - before, 0, 500000 + after);
            check_closed(b);
        }
}

static void test_cancel_at_once(void **state)
{
    struct bench *b = *state;
    struct http_request r = request_for(url_of(b, "/ok"));
    struct call c = {0};
    start(b, &c, &r);
    http_cancel(c.call);
    assert_int_equal(c.dones, 0);
    finish(b);
    assert_int_equal(c.result.end, HTTP_CANCELLED);
    assert_int_equal(c.dones, 1);
}

static void test_cancel_another(void **state)
{
    struct bench *b = *state;
    struct http_request r = request_for(url_of(b, "/hang")), s = request_for(url_of(b, "/stream/3"));
    struct call a = {0}, c = {0};
    start(b, &a, &r);
    start(b, &c, &s);
    c.victim = a.call;
    finish(b);
    assert_int_equal(a.result.end, HTTP_CANCELLED);
    assert_int_equal(c.result.end, HTTP_DONE);
}

static void test_free_ends_all(void **state)
{
    struct bench *b = *state;
    struct call calls[5] = {{0}};
    for (size_t i = 0; i < COUNT(calls); i++) {
        struct http_request r = request_for(url_of(b, "/hang"));
        start(b, &calls[i], &r);
    }
    http_free(b->http);
    for (size_t i = 0; i < COUNT(calls); i++) {
        assert_int_equal(calls[i].dones, 1);
        assert_int_equal(calls[i].result.end, HTTP_CANCELLED);
    }
    b->http = http_new(b->loop);
    finish(b);
}

/* ---- connections ---- */

static void test_keep_alive(void **state)
{
    struct bench *b = *state;
    for (int i = 0; i < 10000; i++) {
        struct http_request r = request_for(url_of(b, "/echo"));
        r.method = "POST";
        r.body = bytes_of("{}");
        struct call c = ask(b, &r);
        assert_int_equal(c.result.end, HTTP_DONE);
        assert_int_equal(c.result.reused, i > 0);
    }
    assert_int_equal(b->server->connections, 1);
    assert_int_equal(b->server->requests, 10000);
}

static void test_pools_apart(void **state)
{
    struct bench *b = *state;
    static const char *const pools[] = {"a", "b", "a", "c", "b", "a", NULL, "", "c"};
    for (size_t i = 0; i < COUNT(pools); i++) {
        struct http_request r = request_for(url_of(b, "/ok"));
        r.pool = pools[i];
        assert_int_equal(ask(b, &r).result.end, HTTP_DONE);
    }
    assert_int_equal(b->server->connections, 4);        /* a, b, c and the nameless one */
}

/* Closed by the server while idle: the next call finds that out without failing. */
static void test_closed_while_idle(void **state)
{
    struct bench *b = *state;
    for (int i = 0; i < 5; i++) {
        struct http_request r = request_for(url_of(b, "/close-idle"));
        r.method = "POST";
        r.body = bytes_of("{}");
        struct call c = ask(b, &r);
        assert_int_equal(c.result.end, HTTP_DONE);
        assert_int_equal(c.result.tries, 1);
        check_closed(b);
    }
    assert_int_equal(b->server->requests, 5);
}

/* Closed just as the request arrives: sent once more, and it says so. Closed after a while, perhaps of work: not sent again. */
static void test_dies_when_warm(void **state)
{
    struct bench *b = *state;
    static const struct { const char *path; enum http_end end; int tries, requests; } cases[] = {
        {"/die-warm/0", HTTP_DONE, 2, 3}, {"/die-warm/1200", HTTP_CUT, 1, 2},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_request r = request_for(url_of(b, cases[i].path));
        r.method = "POST";
        r.body = bytes_of("{\"cost\":\"money\"}");
        r.pool = cases[i].path;
        b->server->requests = 0;
        assert_int_equal(ask(b, &r).result.end, HTTP_DONE);
        struct call c = ask(b, &r);
        assert_int_equal(c.result.end, cases[i].end);
        assert_int_equal(c.result.tries, cases[i].tries);
        assert_int_equal(b->server->requests, cases[i].requests);
    }
}

/* ---- many ---- */

static void test_many_streams(void **state)
{
    struct bench *b = *state;
    enum { N = 500 };
    struct call *calls = calloc(N, sizeof(*calls));
    assert_non_null(calls);
    for (int round = 0; round < 2; round++) {
        memset(calls, 0, N * sizeof(*calls));
        for (int i = 0; i < N; i++) {
            struct http_request r = request_for(url_of(b, "/stream/10"));
            r.idle_ms = r.first_byte_ms = 20000;
            start(b, &calls[i], &r);
        }
        assert_int_equal(http_in_flight(b->http), N);
        finish(b);
        for (int i = 0; i < N; i++) {
            assert_int_equal(calls[i].result.end, HTTP_DONE);
            assert_int_equal(calls[i].body_n, 90);
        }
    }
    assert_int_equal(b->server->connections, N);        /* the second round found all of the first */
    free(calls);
}

struct chain {
    struct bench *bench;
    struct http_request request;
    int left, done;
};

static bool chain_body(void *arg, struct bytes piece)
{
    (void)arg;
    (void)piece;
    return true;
}

static void chain_done(void *arg, const struct http_result *result)
{
    struct chain *chain = arg;
    assert_int_equal(result->end, HTTP_DONE);
    chain->done++;
    if (chain->left-- > 0)
        http_send(chain->bench->http, &chain->request, &(struct http_events){.body = chain_body, .done = chain_done}, chain);
}

/* done starts the next call, on the connection that was just given back; no head is asked for. */
static void test_send_in_done(void **state)
{
    struct bench *b = *state;
    struct chain chains[20];
    for (size_t i = 0; i < COUNT(chains); i++) {
        chains[i] = (struct chain){.bench = b, .request = request_for(url_of(b, "/ok")), .left = 100};
        chains[i].request.url = strdup(chains[i].request.url);
        chain_done(&chains[i], &(struct http_result){.end = HTTP_DONE});
    }
    finish(b);
    for (size_t i = 0; i < COUNT(chains); i++) {
        assert_int_equal(chains[i].done, 101);
        free((void *)(uintptr_t)chains[i].request.url);
    }
    assert_true(b->server->connections <= (int)COUNT(chains));
}

/* What is warm is given back: connections close, and all begins anew. What is under way is not touched. */
static void test_sweep(void **state)
{
    struct bench *b = *state;
    for (int round = 0; round < 3; round++) {
        struct call calls[200] = {{0}};
        for (size_t i = 0; i < COUNT(calls); i++) {
            struct http_request r = request_for(url_of(b, "/ok"));
            r.pool = i % 2 ? "odd" : "even";
            start(b, &calls[i], &r);
            if (i == 50)
                http_sweep(b->http, INT64_MAX);
        }
        finish(b);
        for (size_t i = 0; i < COUNT(calls); i++)
            assert_int_equal(calls[i].result.end, HTTP_DONE);
        http_sweep(b->http, clock_mono() - 60000000);
        assert_true(b->server->open > 0);
        assert_int_equal(b->http->shards_n, 2);
        http_sweep(b->http, INT64_MAX);
        assert_null(b->http->pools);
        assert_null(b->http->shards[0]);
        check_closed(b);
    }
}

/* Two hundred pools, as after many changes of secrets, keep no more handles than a shard may. */
static void test_many_pools(void **state)
{
    struct bench *b = *state;
    for (int i = 0; i < 200; i++) {
        char name[16];
        struct http_request r = request_for(url_of(b, "/ok"));
        snprintf(name, sizeof(name), "%d", i);
        r.pool = name;
        assert_int_equal(ask(b, &r).result.end, HTTP_DONE);
    }
    assert_int_equal(b->http->shards_n, 1);
    assert_in_range(b->http->shards[0]->idle, 1, SHARD_CALLS);
    assert_int_equal(b->server->connections, 200);
    assert_in_range(b->server->open, 1, 2 * SHARD_CALLS);
}

static void test_names(void **state)
{
    (void)state;
    for (int i = 0; i < HTTP_ENDS; i++) {
        assert_non_null(http_end_name((enum http_end)i));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(http_end_name((enum http_end)i), http_end_name((enum http_end)k));
    }
    assert_string_equal(http_end_name(HTTP_NOT_RESOLVED), "not_resolved");
    assert_string_equal(http_end_name(HTTP_ENDS), "other");
}

static int open_all(void **state)
{
    (void)state;
    http_global_open();
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    http_global_close();
    return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_answers), T(test_two_lengths), T(test_headers), T(test_request), T(test_large_request), T(test_bad_requests), T(test_not_reached),
        T(test_egress), T(test_egress_mixed), T(test_egress_reused), T(test_schemes), T(test_proxy_ignored), T(test_timeouts),
        T(test_connect_timeout), T(test_slow_name), T(test_answer_max), T(test_cancel_inside), T(test_cancel_outside), T(test_cancel_at_once),
        T(test_cancel_another), T(test_free_ends_all), T(test_keep_alive), T(test_pools_apart), T(test_closed_while_idle), T(test_dies_when_warm),
        T(test_many_streams), T(test_send_in_done), T(test_sweep), T(test_many_pools), cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
