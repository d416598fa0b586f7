/* SPDX-License-Identifier: MIT */
/* http_head_test: heads line by line: what is taken, what is refused, where the bounds are; and that no request header can add a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/http_private.h"

#include <cmocka.h>

static const struct {
    const char *lines[8];
    enum http_end end;          /* of the last line; all before it must be HTTP_DONE */
    int status;                 /* of a whole head, 0 = not whole */
    const char *headers;
} cases[] = {
    {{"HTTP/1.1 200 OK\r\n", "A: b\r\n", "\r\n"}, HTTP_DONE, 200, "a=b|"},
    {{"HTTP/2 200 \r\n", "a: b\r\n", "\r\n"}, HTTP_DONE, 200, "a=b|"},
    {{"HTTP/1.1 200\n", "\n"}, HTTP_DONE, 200, ""},
    {{"HTTP/1.1 103 Hints\r\n", "A: b\r\n", "\r\n", "HTTP/1.1 404 No\r\n", "C: d\r\n", "\r\n"}, HTTP_DONE, 404, "c=d|"},
    {{"HTTP/1.1 200 OK\r\n", "A: b\r\n"}, HTTP_DONE, 0, "a=b|"},
    {{"HTTP/1.1 200 OK\r\n", "\r\n", "Trailer: x\r\n", "bad trailer\r\n"}, HTTP_DONE, 200, ""},
    {{"HTTP/1.1 200 OK\r\n", "A:b\r\n", "a: \t c \r\n", "B:\r\n", "\r\n"}, HTTP_DONE, 200, "a=b|a=c|b=|"},
    {{"HTTP/1.1 200 OK\r\n", "A: b\r\n", "\tc\r\n", "\r\n"}, HTTP_DONE, 200, "a=b c|"},
    {{"HTTP/1.1 200 OK\r\n", "A: b:c\r\n", "\r\n"}, HTTP_DONE, 200, "a=b:c|"},
    {{"HTTP/1.1 200 OK\r\n", " a: b\r\n"}, HTTP_PROTOCOL, 0, ""},
    {{"HTTP/1.1 200 OK\r\n", "A : b\r\n"}, HTTP_PROTOCOL, 0, ""},
    {{"HTTP/1.1 200 OK\r\n", ": b\r\n"}, HTTP_PROTOCOL, 0, ""},
    {{"HTTP/1.1 200 OK\r\n", "A\r\n"}, HTTP_PROTOCOL, 0, ""},
    {{"HTTP/1.1 200 OK\r\n", "A: b\x7f\r\n"}, HTTP_PROTOCOL, 0, ""},
    {{"HTTP/1.1 200 OK\r\n", "A: b\rC: d\r\n"}, HTTP_PROTOCOL, 0, ""},
    {{"HTTP/1.1 200 OK\r\n", "\xC3\xA9: d\r\n"}, HTTP_PROTOCOL, 0, ""},
    {{"HTTP/1.1 500 No\r\n", "HTTP/1.1 200 OK\r\n"}, HTTP_PROTOCOL, 0, ""},
    {{"HTTP/1.1 103 Hints\r\n", "\r\n", "A: b\r\n"}, HTTP_PROTOCOL, 0, ""},
    {{"HTTP/1.1 20\r\n"}, HTTP_PROTOCOL, 0, ""},
    {{"HTTP/1.1 2x0 OK\r\n"}, HTTP_PROTOCOL, 0, ""},
    {{"HTTP/1.1 099 OK\r\n"}, HTTP_PROTOCOL, 0, ""},
    {{"HTTP/1.1\r\n"}, HTTP_PROTOCOL, 0, ""},
    {{"ICY 200 OK\r\n"}, HTTP_PROTOCOL, 0, ""},
    {{"\r\n"}, HTTP_PROTOCOL, 0, ""},
};

static const char *list(const struct head *head)
{
    static char text[1024];
    struct http_header headers[HEADERS_MAX];
    size_t n = head_list(head, headers), at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < n && at < sizeof(text); i++)
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%s=%s|", headers[i].name, headers[i].value);
    return text;
}

static void test_lines(void **state)
{
    (void)state;
    struct head head = {.n = 0};
    for (size_t i = 0; i < COUNT(cases); i++) {
        enum http_end end = HTTP_DONE;
        head_clear(&head);
        for (size_t k = 0; k < COUNT(cases[i].lines) && cases[i].lines[k]; k++) {
            if (end != HTTP_DONE)
                fail_msg("case %zu: refused before its last line", i);
            end = head_line(&head, cases[i].lines[k], strlen(cases[i].lines[k]));
        }
        if (end != cases[i].end || (head.whole ? head.status : 0) != cases[i].status)
            fail_msg("case %zu: %s %d", i, http_end_name(end), head.status);
        if (end == HTTP_DONE)
            assert_string_equal(list(&head), cases[i].headers);
    }
    head_free(&head);
}

static void test_bounds(void **state)
{
    (void)state;
    struct head head = {.n = 0};
    static char line[HEAD_MAX + 1];
    assert_int_equal(head_line(&head, "HTTP/1.1 200 OK\r\n", 17), HTTP_DONE);
    for (int i = 0; i < HEADERS_MAX; i++)
        assert_int_equal(head_line(&head, "A: b\r\n", 6), HTTP_DONE);
    assert_int_equal(head_line(&head, "A: b\r\n", 6), HTTP_TOO_LARGE);
    head_clear(&head);
    memset(line, 'x', sizeof(line));
    memcpy(line, "A: ", 3);
    assert_int_equal(head_line(&head, "HTTP/1.1 200 OK\r\n", 17), HTTP_DONE);
    assert_int_equal(head_line(&head, line, HEAD_MAX - 17), HTTP_DONE);
    assert_int_equal(head_line(&head, "\r\n", 2), HTTP_TOO_LARGE);
    head_clear(&head);
    assert_null(head.p);                /* large ones are given back */
    assert_int_equal(head_line(&head, line, sizeof(line)), HTTP_TOO_LARGE);
    head_free(&head);
}

/* Whatever bytes: no crash, and what is taken has no control character in it. */
static void test_any_bytes(void **state)
{
    (void)state;
    const char *seed_text = getenv("MOONGATE_SEED");
    unsigned seed = seed_text ? (unsigned)strtoul(seed_text, NULL, 10) : (unsigned)time(NULL);
    static const char pieces[] = "HTTP/1.1 200 \r\n\t: aZ-;,\x01\x7f\xE6";
    struct head head = {.n = 0};
    print_message("seed %u\n", seed);
    for (int round = 0; round < 5000; round++) {
        head_clear(&head);
        enum http_end end = round % 2 ? head_line(&head, "HTTP/1.1 200 OK\r\n", 17) : HTTP_DONE;
        for (int k = 0; end == HTTP_DONE && k < 6; k++) {
            size_t n = (size_t)rand_r(&seed) % 12;
            char *line = malloc(n + 1);
            assert_non_null(line);
            for (size_t i = 0; i < n; i++)
                line[i] = i == 0 && k % 2 ? 'A' : i == 1 && k % 2 ? ':' : pieces[(size_t)rand_r(&seed) % (sizeof(pieces) - 1)];
            end = head_line(&head, line, n);
            free(line);
        }
        for (const char *c = list(&head); *c; c++)
            assert_true((uint8_t)*c >= 0x20 || *c == '\t');
    }
    head_free(&head);
}

static void test_sent(void **state)
{
    (void)state;
    static const struct http_header headers[] = {{"Content-Type", "a/b"}, {"X-Empty", ""}, {"x-tab", "a\tb"}, {"X-High", "\xE6\x9C\x88"}};
    static const char *const lines[] = {"Content-Type: a/b", "X-Empty;", "x-tab: a\tb", "X-High: \xE6\x9C\x88", "Expect:"};
    struct http_request request = {.headers = headers, .headers_n = COUNT(headers)};
    struct http_call *call = calloc(1, sizeof(*call));
    struct curl_slist *node;
    size_t n = 0;
    assert_non_null(call);
    assert_true(lines_set(call, &request, &node));
    for (; node; node = node->next)
        assert_string_equal(node->data, lines[n++]);
    assert_int_equal(n, COUNT(lines));
    request.headers_n = 0;
    assert_true(lines_set(call, &request, &node));
    assert_string_equal(node->data, "Expect:");
    assert_string_equal(node->next->data, "Content-Type:");
    assert_null(node->next->next);
    struct http_header many[HEADERS_MAX + 1];
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = headers[0];
    request = (struct http_request){.headers = many, .headers_n = HEADERS_MAX};
    assert_true(lines_set(call, &request, &node));
    request.headers_n++;
    assert_false(lines_set(call, &request, &node));
    assert_non_null(strstr(call->reason, "100"));
    free(call->lines);
    free(call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines), cmocka_unit_test(test_bounds), cmocka_unit_test(test_any_bytes), cmocka_unit_test(test_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
