/* SPDX-License-Identifier: MIT */
#include "web/router.h"

#include <stdio.h>

#include "property.h"
#include "web_request.h"

static bool run(struct request *rq)
{
    (void)rq;
    return true;
}

/* Two kinds of clients at one address; whose it is, the header says. */
static enum face face_of(const struct request *rq)
{
    return request_header(rq, "anthropic-version") != NULL ? FACE_ANTHROPIC : FACE_OPENAI;
}

static const struct route routes[] = {
    {GET, "/", ANYONE, run, .face = FACE_HTML},
    {GET, "/admin/", VIEWER, run, .face = FACE_HTML, .twin = "/api/v1/overview"},
    {GET, "/admin/providers", VIEWER, run, .face = FACE_HTML, .twin = "/api/v1/providers", .twin2 = "/admin/config/llm"},
    {POST, "/admin/providers", OPERATOR, run, .face = FACE_HTML, .twin = "/api/v1/providers", .twin2 = "/admin/config/llm"},
    {GET, "/admin/providers/:id", VIEWER, run, .face = FACE_HTML, .twin = "/api/v1/providers/:id",
     .twin2 = "/admin/config/llm/:id"},
    {GET, "/admin/providers/new", OPERATOR, run, .face = FACE_HTML},
    {POST, "/admin/providers/:id", OPERATOR, run, .face = FACE_HTML, .twin = "/api/v1/providers/:id", .twin_method = PATCH,
     .twin2 = "/admin/config/llm/:id", .twin2_method = PUT},
    {POST, "/admin/providers/:id/delete", OPERATOR, run, .face = FACE_HTML, .twin = "/api/v1/providers/:id",
     .twin_method = DELETE},
    {POST, "/v1/chat/completions", KEY_HOLDER, run, .face = FACE_OPENAI},
    {GET, "/v1/models/:id", KEY_HOLDER, run, .face = FACE_OPENAI, .face_of = face_of},
    {POST, "/v1/models/:id", KEY_HOLDER, run, .face = FACE_OPENAI, .face_of = face_of},
    {GET, "/metrics", ANYONE, run, .face = FACE_PLAIN},
    {.path = NULL},
};

static bool find(struct request *rq, enum method method, const char *raw)
{
    rq->method_called = method;
    return path_normalise(raw, rq->arena, &rq->path, &rq->err) && router_find(routes, rq);
}

static void test_what_is_found(void **state)
{
    (void)state;
    static const struct { enum method method; const char *path, *route; enum face face; const char *id; } cases[] = {
        {GET, "/", "/", FACE_HTML, NULL}, {GET, "/admin/", "/admin/", FACE_HTML, NULL},
        {HEAD, "/admin/", "/admin/", FACE_HTML, NULL},
        {GET, "/api/v1/overview", "/admin/", FACE_API, NULL}, {GET, "/admin/providers/x1", "/admin/providers/:id", FACE_HTML,
                                                               "x1"},
        {GET, "/admin/providers/new", "/admin/providers/new", FACE_HTML, NULL},
        {POST, "/api/v1/providers", "/admin/providers", FACE_API, NULL}, {PATCH, "/api/v1/providers/a%20b",
                                                                          "/admin/providers/:id", FACE_API, "a b"},
        {PUT, "/admin/config/llm/7", "/admin/providers/:id", FACE_API, "7"},
        {GET, "/admin/config/llm/7", "/admin/providers/:id", FACE_API, "7"},
        {DELETE, "/api/v1/providers/7", "/admin/providers/:id/delete", FACE_API, "7"},
        {POST, "/admin/providers/7/delete", "/admin/providers/:id/delete", FACE_HTML, "7"},
        {POST, "/v1/chat/completions", "/v1/chat/completions", FACE_OPENAI, NULL},
        {GET, "/v1/models/%e6%9c%88", "/v1/models/:id", FACE_OPENAI, "月"},
        {GET, "/v1/models/a%25b", "/v1/models/:id", FACE_OPENAI, "a%b"}, {GET, "/v1/models/a+b;c=d", "/v1/models/:id",
                                                                          FACE_OPENAI, "a+b;c=d"},
        {GET, "/v1/m%6fdels/x", "/v1/models/:id", FACE_OPENAI, "x"}, {GET, "/metrics", "/metrics", FACE_PLAIN, NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request *rq = bare_request();
        const char *id = "";
        bool found = find(rq, cases[i].method, cases[i].path);
        if (found && request_path_param(rq, "id") != NULL)
            id = request_path_param(rq, "id");
        if (!found || strcmp(rq->route->path, cases[i].route) != 0 || rq->face != cases[i].face
            || strcmp(id, cases[i].id != NULL ? cases[i].id : "") != 0)
            fail_msg("%s: %s", cases[i].path, found ? rq->route->path : rq->err.text);
        assert_int_equal(rq->method, cases[i].method == HEAD ? GET : cases[i].method);
        bare_drop(rq);
    }
}

static void test_what_is_not_found(void **state)
{
    (void)state;
    static const struct { enum method method; const char *path; enum err_kind kind; enum face face; const char *allowed; } cases[] = {
        {GET, "/admin", ERR_NOT_FOUND, FACE_HTML, ""}, {GET, "/admin/providers/", ERR_NOT_FOUND, FACE_HTML, ""},
        {GET, "/v1/models/", ERR_NOT_FOUND, FACE_OPENAI, ""}, {GET, "/v1/models/a/b", ERR_NOT_FOUND, FACE_OPENAI, ""},
        {GET, "/api/v1/zzz", ERR_NOT_FOUND, FACE_API, ""}, {GET, "/admin/config/zzz", ERR_NOT_FOUND, FACE_API, ""},
        {GET, "/admin/zzz", ERR_NOT_FOUND, FACE_HTML, ""}, {GET, "/zzz", ERR_NOT_FOUND, FACE_HTML, ""},
        {GET, "/V1/models/x", ERR_NOT_FOUND, FACE_HTML, ""}, {GET, "/admin/providers/:id/x", ERR_NOT_FOUND, FACE_HTML, ""},
        {DELETE, "/admin/providers", ERR_METHOD, FACE_HTML, "GET, HEAD, POST"},
        {POST, "/admin/providers/new", ERR_METHOD, FACE_HTML, "GET, HEAD"},
        {POST, "/api/v1/providers/1", ERR_METHOD, FACE_API, "GET, HEAD, PATCH, DELETE"},
        {OPTIONS, "/metrics", ERR_METHOD, FACE_PLAIN, "GET, HEAD"},
        {METHOD_OTHER, "/v1/chat/completions", ERR_METHOD, FACE_OPENAI, "POST"},
        {HEAD, "/v1/chat/completions", ERR_METHOD, FACE_OPENAI, "POST"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request *rq = bare_request();
        bool found = find(rq, cases[i].method, cases[i].path);
        if (found || rq->err.kind != cases[i].kind || rq->face != cases[i].face || strcmp(rq->err.allowed, cases[i].allowed) != 0)
            fail_msg("%s: %s, %s, face %d", cases[i].path, found ? "found" : rq->err.text, rq->err.allowed, rq->face);
        bare_drop(rq);
    }
}

static void test_the_face_a_caller_asks_for(void **state)
{
    (void)state;
    static const struct { enum method method; const char *path; bool found; enum face plain, asked; } cases[] = {
        {GET, "/v1/models/x", true, FACE_OPENAI, FACE_ANTHROPIC}, {POST, "/v1/models/x", true, FACE_OPENAI, FACE_ANTHROPIC},
        {DELETE, "/v1/models/x", false, FACE_OPENAI, FACE_ANTHROPIC}, {GET, "/v1/models/a/b", false, FACE_OPENAI, FACE_ANTHROPIC},
        {POST, "/v1/chat/completions", true, FACE_OPENAI, FACE_OPENAI}, {GET, "/v1/chat/x", false, FACE_OPENAI, FACE_OPENAI},
        {GET, "/api/v1/overview", true, FACE_API, FACE_API}, {GET, "/admin/", true, FACE_HTML, FACE_HTML},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int asked = 0; asked < 2; asked++) {
            struct request *rq = bare_request();
            struct param version = {"anthropic-version", "2023-06-01"};
            rq->headers = &version;
            rq->headers_n = (size_t)asked;
            assert_true(find(rq, cases[i].method, cases[i].path) == cases[i].found);
            if (rq->face != (asked ? cases[i].asked : cases[i].plain))
                fail_msg("%s: face %d", cases[i].path, rq->face);
            bare_drop(rq);
        }
}

static void test_paths_that_can_be_read_two_ways(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "", "x", "*", "//", "/a//b", "/.", "/..", "/a/.", "/a/..", "/a/../b", "/a/./b", "/%2e", "/%2e%2e/a", "/a/%2E%2e",
        "/.%2e/", "/a%2f%2fb", "/a%2F..%2Fb",
        "/a\\b", "/a%5cb", "/%00", "/a%00b", "/%0a", "/a\nb", "/%7f", "/%", "/%2", "/%zz", "/a%2", "/%ff", "/%c0%af",
        "/%ed%a0%80", "/a?b", "/a#b",
        "/a/%2f/b", "http://h/a",
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request *rq = bare_request();
        if (path_normalise(cases[i], rq->arena, &rq->path, &rq->err))
            fail_msg("%s became %s", cases[i], rq->path);
        bare_drop(rq);
    }
}

/* However the bytes of a path are written, it is refused or leads where its plain spelling leads. */
static void test_no_two_spellings_reach_different_routes(void **state)
{
    (void)state;
    static const char *const paths[] = {"/admin/providers/new", "/admin/providers/x", "/v1/models/abc", "/admin/config/llm/q",
                                        "/metrics", "/admin/",
                                        "/v1/none"};
    struct random r = random_start();
    for (int turn = 0; turn < 2000; turn++) {
        const char *plain = paths[random_below(&r, COUNT(paths))];
        char raw[200];
        size_t n = 0;
        for (const char *p = plain; *p != '\0'; p++)
            n += (size_t)(random_below(&r, 3) == 0 && n > 0 ? snprintf(raw + n, 4, random_below(&r, 2) ? "%%%02x" : "%%%02X", *p)
                                                            : snprintf(raw + n, 2, "%c", *p));
        struct request *one = bare_request(), *two = bare_request();
        bool plain_found = find(one, GET, plain), raw_found = find(two, GET, raw);
        if (two->path != NULL && (plain_found != raw_found || (raw_found && one->route != two->route)))
            fail_msg("%s and %s differ", plain, raw);
        if (two->path == NULL)
            fail_msg("%s was refused", raw);
        bare_drop(one);
        bare_drop(two);
    }
}

static void test_any_path_is_survived(void **state)
{
    (void)state;
    static const char *const pieces[] = {"/", ".", "%2e", "%2f", "admin", "providers", ":id", "%", "a", "\xe6\x9c\x88", "%e6",
                                         "..", ";", "%5c", "new"};
    struct random r = random_start();
    for (int turn = 0; turn < 2000; turn++) {
        struct request *rq = bare_request();
        struct buf raw = buf_new(rq->arena, 4000);
        buf_char(&raw, '/');
        for (size_t i = random_below(&r, 12); i > 0; i--)
            buf_text(&raw, pieces[random_below(&r, COUNT(pieces))]);
        buf_char(&raw, '\0');
        if (find(rq, GET, raw.p) || rq->path != NULL) {
            assert_null(strstr(rq->path, "//"));
            assert_null(strstr(rq->path, "/../"));
            assert_null(strchr(rq->path, '\\'));
        }
        bare_drop(rq);
    }
}

static void count(void *arg, const struct route *route, enum method method, const char *path, enum face face)
{
    (void)route, (void)method, (void)path, (void)face;
    ++*(int *)arg;
}

static void test_every_address(void **state)
{
    (void)state;
    int n = 0;
    router_each(routes, count, &n);
    assert_int_equal(n, 22);
}

static void test_a_long_path(void **state)
{
    (void)state;
    struct request *rq = bare_request();
    char *raw = arena_alloc(rq->arena, 2050);
    memset(raw, 'a', 2049);
    raw[0] = '/';
    assert_false(path_normalise(raw, rq->arena, &rq->path, &rq->err));
    raw[2048] = '\0';
    assert_true(path_normalise(raw, rq->arena, &rq->path, &rq->err));
    bare_drop(rq);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_found),
        cmocka_unit_test(test_what_is_not_found),
        cmocka_unit_test(test_the_face_a_caller_asks_for),
        cmocka_unit_test(test_paths_that_can_be_read_two_ways),
        cmocka_unit_test(test_no_two_spellings_reach_different_routes),
        cmocka_unit_test(test_any_path_is_survived),
        cmocka_unit_test(test_every_address),
        cmocka_unit_test(test_a_long_path),
    };
    return cmocka_run_group_tests(tests, bare_start, bare_stop);
}
