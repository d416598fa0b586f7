/* SPDX-License-Identifier: MIT */
/* http_ask_test: the blocking form gives the whole answer, or the kind of error the caller can act on. */
#include <setjmp.h>
#include <stdarg.h>

#include "base/arena.h"
#include "base/err.h"
#include "net/http.h"
#include "web_server.h"

#include <cmocka.h>

static const struct egress private_rule = {EGRESS_PRIVATE}, public_rule = {EGRESS_PUBLIC};
static struct web_server *server;

static struct http_request request_for(struct arena *a, const char *path)
{
    return (struct http_request){.method = "GET", .url = arena_printf(a, "http://127.0.0.1:%d%s", server->port, path), .egress = &private_rule,
                                 .pool = "a"};
}

static void test_ends(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int64_t first_byte, total;
        const struct egress *rule;
        enum http_end end;
        enum err_kind kind;
        const char *body;
    } cases[] = {
        {"/ok", 0, 1000, &private_rule, HTTP_DONE, ERR_NONE, "hello"},
        {"/chunked", 0, 0, &private_rule, HTTP_DONE, ERR_NONE, "abcde"},
        {"/error", 0, 0, &private_rule, HTTP_DONE, ERR_NONE, "busy"},
        {"/empty", 0, 0, &private_rule, HTTP_DONE, ERR_NONE, ""},
        {"/cut", 0, 0, &private_rule, HTTP_CUT, ERR_UPSTREAM_DOWN, "only this"},
        {"/http09", 0, 0, &private_rule, HTTP_PROTOCOL, ERR_UPSTREAM_DOWN, ""},
        {"/hang", 100, 0, &private_rule, HTTP_FIRST_BYTE_TIMEOUT, ERR_TIMEOUT, ""},
        {"/hang-body", 100, 200, &private_rule, HTTP_TOTAL_TIMEOUT, ERR_TIMEOUT, "ab"},
        {"/ok", 0, 0, &public_rule, HTTP_EGRESS, ERR_POLICY, ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *a = arena_new();
        struct http_request r = request_for(a, cases[i].path);
        struct http_result result;
        struct bytes body;
        struct err err = {0};
        r.first_byte_ms = cases[i].first_byte;
        r.total_ms = cases[i].total;
        r.egress = cases[i].rule;
        assert_int_equal(http_ask(a, &r, &result, &body, &err), cases[i].end == HTTP_DONE);
        assert_int_equal(result.end, cases[i].end);
        assert_int_equal(err.kind, cases[i].kind);
        assert_true(bytes_equal_text(body, cases[i].body));
        if (cases[i].end != HTTP_DONE)
            assert_non_null(strstr(err.text, http_end_name(cases[i].end)));
        arena_free(a);
    }
}

static void test_sizes(void **state)
{
    (void)state;
    static const struct { int n; size_t max; bool good; } cases[] = {
        {16 << 20, 0, true}, {(16 << 20) + 1, 0, false}, {100, 100, true}, {101, 100, false}, {20 << 20, 32 << 20, true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *a = arena_new();
        struct http_request r = request_for(a, arena_printf(a, "/size/%d", cases[i].n));
        struct http_result result;
        struct bytes body;
        struct err err = {0};
        r.answer_max = cases[i].max;
        assert_int_equal(http_ask(a, &r, &result, &body, &err), cases[i].good);
        assert_int_equal(result.end, cases[i].good ? HTTP_DONE : HTTP_TOO_LARGE);
        if (cases[i].good)
            assert_int_equal(body.n, cases[i].n);
        arena_free(a);
    }
}

static void *ask_often(void *arg)
{
    struct arena *a = arena_new();
    for (int i = 0; i < 50; i++) {
        struct http_request r = request_for(a, "/ok");
        struct http_result result;
        struct bytes body;
        struct err err = {0};
        if (!http_ask(a, &r, &result, &body, &err) || !bytes_equal_text(body, "hello"))
            atomic_fetch_add((atomic_int *)arg, 1);
    }
    arena_free(a);
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    atomic_int failed = 0;
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &failed), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(failed, 0);
}

static int open_all(void **state)
{
    (void)state;
    http_global_open();
    server = web_server_new();
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    web_server_free(server);
    http_global_close();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ends), cmocka_unit_test(test_sizes), cmocka_unit_test(test_threads)};
    return cmocka_run_group_tests(tests, open_all, close_all);
}
