/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "property.h"
#include "web_request.h"

#include <fcntl.h>

static void test_reading(void **state)
{
    (void)state;
    static const struct { const char *header; bool https; const char *name, *want; } cases[] = {
        {"a=1; mg=2", false, "mg", "2"}, {"mg=2", false, "a", NULL}, {"mg=2", true, "mg", NULL},
        {"__Host-mg=2; mg=3", true, "mg", "2"},
        {"__Host-mg=2", false, "mg", NULL}, {"mg_lang=zh-CN", true, "mg_lang", "zh-CN"}, {"mg=\"q\"", false, "mg", "q"},
        {"mg=", false, "mg", ""},
        {"  mg=2 ;", false, "mg", "2"}, {"a b=1; mg=2", false, "mg", "2"}, {"mg=1 2", false, "mg", NULL},
        {"mg", false, "mg", NULL}, {"=x; mg=2", false, "mg", "2"},
        {"mg=2; mg=2", false, "mg", "2"}, {"mg=2; mg=3", false, "mg", NULL}, {"mg=2; mg=3; mg=2", false, "mg", NULL},
        {"mg=a=b", false, "mg", "a=b"},
        {"MG=2", false, "mg", NULL}, {"mg=\xe6\x9c\x88", false, "mg", NULL}, {"mg=a,b", false, "mg", NULL},
        {";;;", false, "mg", NULL}, {"", false, "mg", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request *rq = bare_request();
        cookies_read(cases[i].header, rq);
        rq->https = cases[i].https;
        const char *got = request_cookie(rq, cases[i].name);
        if ((got == NULL) != (cases[i].want == NULL) || (got != NULL && strcmp(got, cases[i].want) != 0))
            fail_msg("%s: %s", cases[i].header, got != NULL ? got : "none");
        bare_drop(rq);
    }
}

static void test_writing(void **state)
{
    (void)state;
    struct request *rq = bare_request();
    response_cookie(rq, "mg", "s", 60, true);
    response_cookie(rq, "mg_lang", "zh-CN", 60, false);
    rq->https = true;
    response_cookie(rq, "mg", "s", 0, true);
    response_cookie(rq, "mg_lang", "en-US", 60, false);
    response_cookie(rq, "bad", "a;b", 60, false);
    response_cookie(rq, "bad", "a\r\nb", 60, false);
    response_cookie(rq, "b=d", "x", 60, false);
    static const char *const want[] = {
        "mg=s; Path=/; Max-Age=60; SameSite=Strict; HttpOnly", "mg_lang=zh-CN; Path=/; Max-Age=60; SameSite=Lax",
        "__Host-mg=s; Path=/; Max-Age=0; SameSite=Strict; Secure; HttpOnly",
        "mg_lang=en-US; Path=/; Max-Age=60; SameSite=Lax; Secure",
    };
    assert_int_equal(rq->out.headers_n, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++)
        assert_string_equal(rq->out.headers[i].value, want[i]);
    bare_drop(rq);
}

static void test_any_header_is_survived(void **state)
{
    (void)state;
    static const char *const pieces[] = {"mg", "=", ";", " ", "\"", ",", "a", "\xff", "\x01", "__Host-"};
    struct random r = random_start();
    for (int turn = 0; turn < 2000; turn++) {
        struct request *rq = bare_request();
        struct buf text = buf_new(rq->arena, 10000);
        for (size_t i = random_below(&r, 300); i > 0; i--)
            buf_text(&text, pieces[random_below(&r, COUNT(pieces))]);
        buf_char(&text, '\0');
        cookies_read(text.p, rq);
        for (size_t i = 0; i < rq->cookies_n; i++)
            assert_true(rq->cookies[i].value == NULL || strpbrk(rq->cookies[i].value, "\",; \x01\xff") == NULL);
        bare_drop(rq);
    }
}

static int start(void **state)
{
    log_open(open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_ERROR);
    return bare_start(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_writing),
        cmocka_unit_test(test_any_header_is_survived),
    };
    return cmocka_run_group_tests(tests, start, bare_stop);
}
