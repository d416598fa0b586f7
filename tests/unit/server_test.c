/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <semaphore.h>
#include <sys/stat.h>

#include "gate/who.h"
#include "web/form.h"
#include "web_help.h"

static struct help h;
static sem_t page_goes_on;
static const struct identity somebody;

static bool echo(struct request *rq)
{
    const char *forwarded = request_header(rq, "x-forwarded-for"), *length = request_header(rq, "content-length");
    const char *id = request_path_param(rq, "id"), *q = request_query(rq, "q");
    buf_printf(&rq->out.body, "%s|%s|%.*s|%s%s|%s|%s", rq->path, rq->remote_addr, (int)rq->body.n, (const char *)rq->body.p,
               forwarded != NULL ? forwarded : "", length != NULL ? length : "", id != NULL ? id : "", q != NULL ? q : "");
    response_header(rq, "Content-Type", "text/plain");
    return true;
}

static bool wait_page(struct request *rq)
{
    sem_wait(&page_goes_on);
    return echo(rq);
}

static bool crash(struct request *rq)
{
    response_header(rq, "X-Bad", "a\r\nSet-Cookie: x=1");
    response_header(rq, "X-Sendfile", "/etc/passwd");
    return fail(&rq->err, ERR_DATABASE, "the database is gone");
}

struct name_values { const char *name; };

static bool save(struct request *rq)
{
    static const struct form_field fields[] = {{"name", FORM_TEXT, offsetof(struct name_values, name), .required = true,
                                                .max = 5}, FORM_END};
    struct name_values values = {0};
    struct form form;
    if (!form_read(rq, fields, &values, &form))
        return false;
    if (form.problems.n > 0)
        return page_again(rq, "none", NULL, NULL, &form);
    return page_done(rq, "/admin/things", "format.ago.now", values.name, 200, NULL, NULL);
}

static bool flash(struct request *rq)
{
    const char *cookie = request_cookie(rq, "mg_flash");
    return response_text(rq, 200, "text/plain", bytes_of(cookie != NULL ? cookie : "none"));
}

static const struct route routes[] = {
    {GET, "/livez", ANYONE, echo, FACE_PLAIN, .lane = LANE_RUNS},
    {POST, "/v1/echo", ANYONE, echo, FACE_OPENAI, .lane = LANE_RUNS, .body_max = 100000},
    {GET, "/v1/echo/:id", ANYONE, echo, FACE_OPENAI, .lane = LANE_RUNS},
    {POST, "/v1/keys-only", KEY_HOLDER, echo, FACE_OPENAI, .lane = LANE_RUNS, .body_max = 100},
    {GET, "/admin/things", VIEWER, flash, FACE_HTML, .lane = LANE_PAGES, .twin = "/api/v1/things"},
    {POST, "/admin/things", ADMIN, save, FACE_HTML, .lane = LANE_PAGES, .twin = "/api/v1/things", .body_max = 1000},
    {GET, "/admin/audit", AUDITOR, flash, FACE_HTML, .lane = LANE_PAGES},
    {GET, "/admin/login", ANYONE, flash, FACE_HTML, .lane = LANE_PAGES},
    {POST, "/admin/login", ANYONE, flash, FACE_HTML, .lane = LANE_PAGES, .body_max = 1000},
    {GET, "/admin/setup", SETUP, flash, FACE_HTML, .lane = LANE_PAGES},
    {GET, "/api/v1/wait", ANYONE, wait_page, FACE_API, .lane = LANE_PAGES},
    {GET, "/api/v1/crash", ANYONE, crash, FACE_API, .lane = LANE_PAGES},
    {.path = NULL},
};

/* X-Test-Role: what the caller is; X-Test-Session: by a session. */
static bool identify(struct request *rq)
{
    static const char *const words[] = {"key", "viewer", "developer", "operator", "admin", "auditor"};
    const char *role = request_header(rq, "x-test-role");
    for (size_t i = 0; role != NULL && i < COUNT(words); i++)
        if (strcmp(words[i], role) == 0) {
            rq->who = &somebody;
            rq->role = KEY_HOLDER + (int)i;
        }
    if (request_header(rq, "x-test-session") != NULL)
        rq->csrf = "0123456789abcdef";
    return true;
}

static int start(void **state)
{
    (void)state;
    sem_init(&page_goes_on, 0, 0);
    h = (struct help){.options = {.routes = routes, .identify = identify, .page_queue = 2}};
    help_start(&h);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    help_stop(&h);
    return 0;
}

static void test_an_answer_has_its_headers(void **state)
{
    (void)state;
    struct reply r = client_call(&h, "POST", "/v1/echo?q=a%20b", "hello", MORE("HTTP_X_REQUEST_ID", "mine-1"));
    assert_int_equal(r.status, 200);
    assert_true(r.ended);
    assert_string_equal(r.body, "/v1/echo|127.0.0.1|hello|||a b");
    assert_true(has_line(&r, "Content-Length: 30"));
    static const char *const lines[] = {
        "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n",
        "X-Content-Type-Options: nosniff\r\n", "Referrer-Policy: same-origin\r\n", "Cross-Origin-Opener-Policy: same-origin\r\n",
        "Cache-Control: no-store\r\n",
    };
    for (size_t i = 0; i < COUNT(lines); i++)
        assert_true(has_line(&r, lines[i]));
    r = client_call(&h, "HEAD", "/livez", NULL, NULL);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.body_n, 0);
    assert_true(has_line(&r, "Content-Length: "));
}

static void test_what_is_refused_by_the_head(void **state)
{
    (void)state;
    static const struct { const char *method, *target, *more[6]; int status; const char *says; } cases[] = {
        {"GET", "/v1/echo/1", {"HTTP_X_A", "1", "HTTP_X_A", "2", NULL}, 400, "\"param\":\"HTTP_X_A\""},
        {"GET", "/api/v1/things", {"HTTP_X_FORWARDED_FOR", "1.2.3.4", "HTTP_X_FORWARDED_FOR", "::1", NULL}, 400,
         "\"field\":\"HTTP_X_FORWARDED_FOR\""},
        {"GET", "/v1/echo/1", {"HTTP_X-Forwarded-For", "1.2.3.4", NULL}, 400, "HTTP_X-Forwarded-For"},
        {"GET", "/v1/echo/1", {"REQUEST_METHOD", "POST", NULL}, 400, "REQUEST_METHOD"},
        {"GET", "/v1/echo/1?a=1&a=2", {NULL}, 400, "\"param\":\"a\""},
        {"GET", "/v1/echo/1?a=%zz", {NULL}, 400, "\"param\":\"a\""},
        {"GET", "/v1/echo/%ff", {NULL}, 400, NULL},
        {"GET", "/v1/../admin/things", {NULL}, 400, NULL},
        {"GET", "/v1/%2e%2e/admin/things", {NULL}, 400, NULL},
        {"GET", "/v1/echo/a%2f..%2fb", {NULL}, 400, NULL},
        {"GET", "//v1/echo/1", {NULL}, 400, NULL},
        {"GET", "http://other/v1/echo/1", {NULL}, 400, NULL},
        {"GET", "/v1/none", {NULL}, 404, "\"code\":\"not_found\""},
        {"GET", "/api/v1/none", {NULL}, 404, "\"value\":\"/api/v1/none\""},
        {"PUT", "/v1/echo", {NULL}, 405, "POST"},
        {"BREW", "/v1/echo", {NULL}, 405, NULL},
        {"GET", "/v1/echo/1", {"HTTP_AUTHORIZATION", "Bearer a, Bearer b", NULL}, 401, "authentication_error"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct reply r = client_call(&h, cases[i].method, cases[i].target, NULL, cases[i].more);
        if (r.status != cases[i].status || (cases[i].says != NULL && strstr(r.body, cases[i].says) == NULL))
            fail_msg("case %zu: %d %s", i, r.status, r.body);
        assert_true(has_line(&r, "X-Content-Type-Options: nosniff"));
    }
    struct reply r = client_call(&h, "PUT", "/api/v1/things", NULL, NULL);
    assert_true(has_line(&r, "Allow: GET, HEAD, POST\r\n"));
    r = client_call(&h, "POST", "/v1/keys-only", "{}", NULL);
    assert_true(has_line(&r, "WWW-Authenticate: Bearer\r\n"));
}

static void test_headers_only_a_proxy_may_send_are_ignored(void **state)
{
    (void)state;
    struct reply r = client_call(&h, "GET", "/livez", NULL, MORE("HTTP_X_FORWARDED_FOR", "9.9.9.9", "HTTP_CONTENT_LENGTH",
                                                                 "999"));
    assert_string_equal(r.body, "/livez|127.0.0.1||||");
}

static void test_limits_of_the_head(void **state)
{
    (void)state;
    const char *more[2 * 300 + 1];
    size_t n = 0;
    for (int i = 0; i < 194; i++) {                       /* with the five of client_call and libfcgi's own: 200 */
        more[n++] = arena_printf(h.arena, "HTTP_X_%d", i);
        more[n++] = "v";
    }
    more[n] = NULL;
    assert_int_equal(client_call(&h, "GET", "/livez", NULL, more).status, 200);
    more[n++] = "HTTP_Y";
    more[n++] = "v";
    more[n] = NULL;
    assert_int_equal(client_call(&h, "GET", "/livez", NULL, more).status, 400);
    char *big = arena_alloc(h.arena, 66000);
    memset(big, 'a', 65999);
    assert_int_equal(client_call(&h, "GET", "/livez", NULL, MORE("HTTP_X_BIG", big)).status, 400);
    big[60000] = '\0';
    assert_int_equal(client_call(&h, "GET", "/livez", NULL, MORE("HTTP_X_BIG", big)).status, 200);
}

/* A head with this CONTENT_LENGTH and then ${n} bytes of body. */
static struct reply call_with_length(const char *length, size_t n)
{
    struct buf out = buf_new(h.arena, 1 << 20);
    char *body = arena_alloc(h.arena, n + 1);
    memset(body, 'x', n);
    put_begin(&out);
    put_params(&out, MORE("REQUEST_METHOD", "POST", "REQUEST_URI", "/v1/echo", "CONTENT_LENGTH", length));
    put_body(&out, body, n);
    int fd = client_connect(&h);
    client_send(fd, &out);
    struct reply r = client_reply(&h, fd);
    close(fd);
    return r;
}

static void test_bodies(void **state)
{
    (void)state;
    static const struct { const char *length; size_t n; int status; } cases[] = {
        {"0", 0, 200}, {"", 0, 200}, {"1", 1, 200}, {"100000", 100000, 200}, {"100001", 0, 413}, {"100001", 100001, 413},
        {"9999999999999", 3, 413}, {"5", 6, 400}, {"5", 70000, 400}, {"6", 5, 400}, {"-1", 0, 400}, {"1x", 1, 400},
        {"0x1", 1, 400},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct reply r = call_with_length(cases[i].length, cases[i].n);
        if (r.status != cases[i].status)
            fail_msg("case %zu: %d", i, r.status);
    }
    struct reply r = call_with_length("100001", 0);
    assert_non_null(strstr(r.body, "100000"));            /* what is allowed */
}

static void test_too_large_is_answered_before_the_body_comes(void **state)
{
    (void)state;
    struct buf out = buf_new(h.arena, 10000);
    put_begin(&out);
    put_params(&out, MORE("REQUEST_METHOD", "POST", "REQUEST_URI", "/v1/echo", "CONTENT_LENGTH", "100001"));
    int fd = client_connect(&h);
    client_send(fd, &out);
    int64_t before = clock_mono();
    assert_int_equal(client_reply(&h, fd).status, 413);
    assert_true(clock_mono() - before < 2000000);
    close(fd);
}

static void test_a_stalled_peer_stops_nobody(void **state)
{
    (void)state;
    int stalled = client_connect(&h);
    struct buf out = buf_new(h.arena, 1000);
    put_begin(&out);
    client_send(stalled, &out);
    int64_t before = clock_mono();
    for (int i = 0; i < 20; i++)
        assert_int_equal(client_call(&h, "GET", "/livez", NULL, NULL).status, 200);
    assert_true(clock_mono() - before < 3000000);
    close(stalled);
}

static void test_nonsense_on_the_socket(void **state)
{
    (void)state;
    static const char *const cases[] = {"GET / HTTP/1.1\r\n\r\n", "\xff\xff\xff\xff\xff\xff\xff\xff\xff", "\x01\x01",
                                        "\x01\x05\x01\x01\x01"};
    for (size_t i = 0; i < COUNT(cases); i++) {
        int fd = client_connect(&h);
        assert_true(send(fd, cases[i], strlen(cases[i]), MSG_NOSIGNAL) > 0);
        shutdown(fd, SHUT_WR);
        assert_int_equal(client_reply(&h, fd).status, 0);
        close(fd);
    }
    assert_int_equal(client_call(&h, "GET", "/livez", NULL, NULL).status, 200);
}

static void test_who_may(void **state)
{
    (void)state;
    static const struct { const char *method, *target, *role; bool session; int status; } cases[] = {
        {"POST", "/v1/keys-only", NULL, false, 401},       {"POST", "/v1/keys-only", "key", false, 200},
        {"POST", "/v1/keys-only", "viewer", false, 200},   {"GET", "/admin/things", NULL, false, 303},
        {"GET", "/admin/things", "key", false, 403},       {"GET", "/admin/things", "viewer", false, 200},
        {"GET", "/admin/things", "auditor", true, 200},    {"GET", "/admin/audit", "viewer", true, 403},
        {"GET", "/admin/audit", "operator", true, 403},    {"GET", "/admin/audit", "auditor", true, 200},
        {"GET", "/admin/audit", "admin", true, 200},       {"POST", "/admin/things", "operator", false, 403},
        {"POST", "/admin/things", "auditor", false, 403},  {"GET", "/api/v1/things", NULL, false, 401},
        {"GET", "/admin/setup", NULL, false, 404},         {"GET", "/admin/setup", "admin", true, 404},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *more[5] = {NULL};
        size_t n = 0;
        if (cases[i].role != NULL)
            more[n++] = "HTTP_X_TEST_ROLE", more[n++] = cases[i].role;
        if (cases[i].session)
            more[n++] = "HTTP_X_TEST_SESSION", more[n++] = "1";
        struct reply r = client_call(&h, cases[i].method, cases[i].target, NULL, more);
        if (r.status != cases[i].status)
            fail_msg("case %zu: %d %s", i, r.status, r.body);
    }
    struct reply r = client_call(&h, "GET", "/admin/things?after=%2F&x=1", NULL, NULL);
    assert_true(has_line(&r, "Location: /admin/login?next=%2Fadmin%2Fthings%3Fafter%3D%252F%26x%3D1\r\n"));
    r = client_call(&h, "POST", "/admin/things", NULL, NULL);
    assert_true(has_line(&r, "Location: /admin/login?next=%2Fadmin%2F\r\n"));
}

#define ADMIN_SESSION "HTTP_X_TEST_ROLE", "admin", "HTTP_X_TEST_SESSION", "1", "CONTENT_TYPE", "application/x-www-form-urlencoded"
#define ADMIN_JSON    "HTTP_X_TEST_ROLE", "admin", "HTTP_X_TEST_SESSION", "1", "CONTENT_TYPE", "application/json"

static void test_changes_need_a_page_of_ours(void **state)
{
    (void)state;
    static const char right[] = "name=a&csrf=0123456789abcdef";
    static const struct { const char *target, *body; const char *more[12]; int status; } cases[] = {
        {"/admin/things", right, {ADMIN_SESSION}, 303},
        {"/admin/things", "name=a", {ADMIN_SESSION}, 403},
        {"/admin/things", "name=a&csrf=", {ADMIN_SESSION}, 403},
        {"/admin/things", "name=a&csrf=0123456789abcdeF", {ADMIN_SESSION}, 403},
        {"/admin/things", "name=a&csrf=0123456789abcdef0", {ADMIN_SESSION}, 403},
        {"/admin/things", right, {ADMIN_SESSION, "HTTP_ORIGIN", "http://gate.example"}, 303},
        {"/admin/things", right, {ADMIN_SESSION, "HTTP_ORIGIN", "http://evil.example"}, 403},
        {"/admin/things", right, {ADMIN_SESSION, "HTTP_ORIGIN", "https://gate.example"}, 403},
        {"/admin/things", right, {ADMIN_SESSION, "HTTP_ORIGIN", "null"}, 403},
        {"/admin/things", right, {ADMIN_SESSION, "HTTP_ORIGIN", "http://gate.example.evil"}, 403},
        {"/admin/things", right, {ADMIN_SESSION, "HTTP_REFERER", "http://gate.example/admin/things/new"}, 303},
        {"/admin/things", right, {ADMIN_SESSION, "HTTP_REFERER", "http://evil.example/?http://gate.example"}, 403},
        {"/admin/things", right, {ADMIN_SESSION, "HTTP_SEC_FETCH_SITE", "same-origin"}, 303},
        {"/admin/things", right, {ADMIN_SESSION, "HTTP_SEC_FETCH_SITE", "cross-site"}, 403},
        {"/admin/things", right, {ADMIN_SESSION, "HTTP_SEC_FETCH_SITE", "same-site"}, 403},
        {"/api/v1/things", "{\"name\":\"a\"}", {ADMIN_JSON}, 403},
        {"/api/v1/things", "{\"name\":\"a\"}", {ADMIN_JSON, "HTTP_X_CSRF_TOKEN", "0123456789abcdef"}, 204},
        {"/api/v1/things", "{\"name\":\"a\"}", {"HTTP_X_TEST_ROLE", "admin", "CONTENT_TYPE", "application/json"}, 204},
        {"/admin/login", "name=a", {"CONTENT_TYPE", "application/x-www-form-urlencoded"}, 403},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct reply r = client_call(&h, "POST", cases[i].target, cases[i].body, cases[i].more);
        if (r.status != cases[i].status)
            fail_msg("case %zu: %d %s", i, r.status, r.body);
    }
}

static void test_a_form_before_there_is_a_session(void **state)
{
    (void)state;
    struct reply r = client_call(&h, "GET", "/admin/login", NULL, NULL);
    const char *cookie = strstr(r.head, "Set-Cookie: mg_pre=");
    assert_non_null(cookie);
    assert_non_null(strstr(cookie, "; Path=/; Max-Age=14400; SameSite=Strict; HttpOnly"));
    const char *token = arena_copy(h.arena, cookie + 19, 64);
    const char *sent = arena_printf(h.arena, "x=1; mg_pre=%s", token), *body = arena_printf(h.arena, "csrf=%s", token);
    const char *const form[] = {"HTTP_COOKIE", sent, "CONTENT_TYPE", "application/x-www-form-urlencoded", NULL};
    assert_int_equal(client_call(&h, "POST", "/admin/login", body, form).status, 200);
    assert_int_equal(client_call(&h, "POST", "/admin/login", "csrf=00", form).status, 403);
    assert_int_equal(client_call(&h, "POST", "/admin/login", body, form + 2).status, 403);
    r = client_call(&h, "GET", "/admin/login", NULL, MORE("HTTPS", "on"));
    assert_non_null(strstr(r.head, "Set-Cookie: __Host-mg_pre="));
    assert_non_null(strstr(r.head, "; Secure"));
}

static void test_what_went_wrong_is_said(void **state)
{
    (void)state;
    struct reply r = client_call(&h, "GET", "/api/v1/crash", NULL, MORE("HTTP_ACCEPT_LANGUAGE", "zh", "HTTP_X_REQUEST_ID", "r1"));
    assert_int_equal(r.status, 503);
    assert_non_null(strstr(r.body, "\"code\":\"database\""));
    assert_non_null(strstr(r.body, "数据库暂时无法连接"));
    assert_non_null(strstr(r.body, "\"request_id\":\"r1\""));
    assert_null(strstr(r.body, "is gone"));
    assert_null(strstr(r.head, "X-Bad"));
    assert_null(strstr(r.head, "Sendfile"));
    assert_true(has_line(&r, "X-Request-ID: r1\r\n"));
    const char *const json[] = {"HTTP_X_TEST_ROLE", "admin", "CONTENT_TYPE", "application/json", NULL};
    r = client_call(&h, "POST", "/api/v1/things", "{\"name\":\"too long\"}", json);
    assert_int_equal(r.status, 422);
    assert_non_null(strstr(r.body, "\"fields\":[{\"field\":\"name\",\"message\":\"Too long. Allowed: 0–5 characters.\"}]"));
    r = client_call(&h, "POST", "/api/v1/things", "{\"nam\":\"x\"}", json);
    assert_int_equal(r.status, 400);
    assert_non_null(strstr(r.body, "\"field\":\"nam\",\"allowed\":\"name\""));
    r = client_call(&h, "POST", "/api/v1/things", "<name>x</name>", MORE("HTTP_X_TEST_ROLE", "admin", "CONTENT_TYPE",
                                                                         "text/xml; x=y"));
    assert_int_equal(r.status, 415);
    r = client_call(&h, "GET", "/admin/nowhere", NULL, MORE("HTTP_ACCEPT_LANGUAGE", "zh-TW"));
    assert_true(has_line(&r, "Content-Language: zh-CN\r\n"));
    assert_true(has_line(&r, "Vary: Accept-Language, Cookie\r\n"));
}

static void test_after_a_change(void **state)
{
    (void)state;
    struct reply r = client_call(&h, "POST", "/admin/things", "name=a&csrf=0123456789abcdef", MORE(ADMIN_SESSION));
    assert_true(has_line(&r, "Location: /admin/things\r\n"));
    assert_true(has_line(&r, "Set-Cookie: mg_flash=format.ago.now:a; "));
    r = client_call(&h, "POST", "/admin/things", "name=a&csrf=0123456789abcdef", MORE(ADMIN_SESSION, "HTTP_HX_REQUEST", "true"));
    assert_int_equal(r.status, 200);
    assert_true(has_line(&r, "HX-Redirect: /admin/things\r\n"));
}

static void test_a_full_queue_is_said(void **state)
{
    (void)state;
    struct buf out = buf_new(h.arena, 1000);
    put_begin(&out);
    put_params(&out, MORE("REQUEST_METHOD", "GET", "REQUEST_URI", "/api/v1/wait"));
    put_body(&out, NULL, 0);
    int fds[3];
    for (size_t i = 0; i < COUNT(fds); i++) {              /* one in work, two waiting */
        fds[i] = client_connect(&h);
        client_send(fds[i], &out);
        while (web_in_flight(h.web) < i + 1)
            usleep(1000);
        usleep(20000);
    }
    struct reply r = client_call(&h, "GET", "/api/v1/wait", NULL, NULL);
    assert_int_equal(r.status, 503);
    assert_non_null(strstr(r.body, "\"code\":\"busy\""));
    assert_true(has_line(&r, "Retry-After: 2\r\n"));
    assert_int_equal(client_call(&h, "GET", "/livez", NULL, NULL).status, 200);     /* runs do not wait for pages */
    for (size_t i = 0; i < COUNT(fds); i++)
        sem_post(&page_goes_on);
    for (size_t i = 0; i < COUNT(fds); i++) {
        assert_int_equal(client_reply(&h, fds[i]).status, 200);
        close(fds[i]);
    }
}

static void *stop_soon(void *web)
{
    web_stop(web, 50);
    return NULL;
}

static void test_stopping_tells_those_who_wait(void **state)
{
    (void)state;
    struct help own = {.options = {.routes = routes, .identify = identify}};
    help_start(&own);
    struct buf out = buf_new(own.arena, 1000);
    put_begin(&out);
    put_params(&out, MORE("REQUEST_METHOD", "GET", "REQUEST_URI", "/api/v1/wait"));
    put_body(&out, NULL, 0);
    int fds[2];
    for (size_t i = 0; i < COUNT(fds); i++) {
        fds[i] = client_connect(&own);
        client_send(fds[i], &out);
        while (web_in_flight(own.web) < i + 1)
            usleep(1000);
        usleep(20000);
    }
    pthread_t stopper;
    assert_int_equal(pthread_create(&stopper, NULL, stop_soon, own.web), 0);
    assert_int_equal(client_reply(&own, fds[1]).status, 503);      /* was waiting */
    sem_post(&page_goes_on);
    assert_int_equal(client_reply(&own, fds[0]).status, 200);      /* was in work */
    pthread_join(stopper, NULL);
    close(fds[0]);
    close(fds[1]);
    help_stop(&own);
}

static void test_the_socket(void **state)
{
    (void)state;
    struct err err = {0};
    struct web *web;
    struct web_options options = h.options;
    assert_false(web_open(&options, &web, &err));          /* in use */
    assert_int_equal(err.kind, ERR_INPUT);
    assert_non_null(strstr(err.text, h.socket));
    assert_int_equal(client_call(&h, "GET", "/livez", NULL, NULL).status, 200);
    options.socket = "/nowhere/at/all.sock";
    assert_false(web_open(&options, &web, &err));
    options.socket = "i18n/en-US.json";                     /* no socket: left alone */
    assert_false(web_open(&options, &web, &err));
    assert_int_equal(access("i18n/en-US.json", R_OK), 0);
    struct stat st;
    assert_int_equal(stat(h.socket, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
}

static void test_a_leftover_socket_is_replaced(void **state)
{
    (void)state;
    struct help own = {.options = {.routes = routes}};
    char path[64] = "/tmp/moongate-web-XXXXXX";
    assert_non_null(mkdtemp(path));
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/left", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    help_start(&own);
    struct web_options options = own.options;
    struct web *web;
    struct err err = {0};
    options.socket = address.sun_path;
    if (!web_open(&options, &web, &err))
        fail_msg("%s", err.text);
    web_stop(web, 0);
    web_close(web);
    help_stop(&own);
    rmdir(path);
}

static void test_how_long_a_request_takes(void **state)
{
    (void)state;
    struct buf out = buf_new(h.arena, 10000);
    put_begin(&out);
    put_params(&out, MORE("REQUEST_METHOD", "POST", "REQUEST_URI", "/v1/echo", "CONTENT_LENGTH", "4", "CONTENT_TYPE",
                          "application/json",
                          "HTTP_HOST", "127.0.0.1:8080", "HTTP_AUTHORIZATION", "Bearer mgk_x", "HTTP_ACCEPT", "*/*",
                              "REMOTE_ADDR", "127.0.0.1",
                          "SERVER_SOFTWARE", "x", "SERVER_NAME", "x", "GATEWAY_INTERFACE", "CGI/1.1", "SERVER_PORT", "8080",
                          "SERVER_PROTOCOL", "HTTP/1.1", "SCRIPT_NAME", "/v1/echo"));
    put_body(&out, "body", 4);
    char trash[4096];
    int64_t before = clock_mono();
    enum { TURNS = 2000 };
    for (int i = 0; i < TURNS; i++) {
        int fd = client_connect(&h);
        client_send(fd, &out);
        while (recv(fd, trash, sizeof(trash), 0) > 0)
            continue;
        close(fd);
    }
    print_message("%.1f us for a connection, a trivial handler and its answer, one after another\n",
                  (double)(clock_mono() - before) / TURNS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_has_its_headers),
        cmocka_unit_test(test_what_is_refused_by_the_head),
        cmocka_unit_test(test_headers_only_a_proxy_may_send_are_ignored),
        cmocka_unit_test(test_limits_of_the_head),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_too_large_is_answered_before_the_body_comes),
        cmocka_unit_test(test_a_stalled_peer_stops_nobody),
        cmocka_unit_test(test_nonsense_on_the_socket),
        cmocka_unit_test(test_who_may),
        cmocka_unit_test(test_changes_need_a_page_of_ours),
        cmocka_unit_test(test_a_form_before_there_is_a_session),
        cmocka_unit_test(test_what_went_wrong_is_said),
        cmocka_unit_test(test_after_a_change),
        cmocka_unit_test(test_a_full_queue_is_said),
        cmocka_unit_test(test_stopping_tells_those_who_wait),
        cmocka_unit_test(test_the_socket),
        cmocka_unit_test(test_a_leftover_socket_is_replaced),
        cmocka_unit_test(test_how_long_a_request_takes),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
