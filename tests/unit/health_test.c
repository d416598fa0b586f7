/* SPDX-License-Identifier: MIT */
#include "gate/health.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>

#include "gate/snapshot.h"
#include "gate_help.h"
#include "net/http.h"
#include "providers/providers.h"

static int begin(void **state)
{
    http_global_open();
    provider_types = all_provider_types;
    return help_begin(state);
}

static int end(void **state)
{
    http_global_close();
    return help_end(state);
}

static struct check check_of(const char *state, const char *reason)
{
    return (struct check){.state = state, .reason = reason, .http_status = 7, .latency_us = 9};
}

static void test_what_is_remembered(void **state)
{
    (void)state;
    struct health *h = health_new();
    struct provider p = {.id = "p1", .enabled = true}, other = {.id = "p2", .enabled = true};
    const char *before;
    struct check ok = check_of("ok", ""), bad = check_of("bad", "refused");
    assert_string_equal(health_of(h, &p, a).state, "unknown");
    assert_true(health_note(h, "p1", &ok, &before));
    assert_string_equal(before, "unknown");
    struct health_view view = health_of(h, &p, a);
    assert_string_equal(view.state, "ok");
    assert_int_equal(view.http_status, 7);
    assert_int_equal(view.latency_us, 9);
    assert_true(view.checked_at > 0 && view.since > 0);
    int64_t since = view.since;
    assert_false(health_note(h, "p1", &ok, &before));
    assert_string_equal(before, "ok");
    assert_int_equal(health_of(h, &p, a).since, since);
    assert_true(health_note(h, "p1", &bad, &before));
    assert_string_equal(before, "ok");
    assert_string_equal(health_of(h, &p, a).reason, "refused");
    assert_string_equal(health_of(h, &other, a).state, "unknown");
    p.enabled = false;
    assert_string_equal(health_of(h, &p, a).state, "off");
    p.enabled = true;
    health_forget(h, "p1");
    assert_string_equal(health_of(h, &p, a).state, "unknown");
    health_forget(h, "p1");
    health_free(h);
}

static void test_more_than_there_is_room_for(void **state)
{
    (void)state;
    struct health *h = health_new();
    struct check ok = check_of("ok", "");
    const char *before;
    for (int i = 0; i < 1100; i++)
        (void)health_note(h, arena_printf(a, "p%d", i), &ok, &before);
    struct provider first = {.id = "p0", .enabled = true}, last = {.id = "p1099", .enabled = true};
    assert_string_equal(health_of(h, &first, a).state, "ok");
    assert_string_equal(health_of(h, &last, a).state, "unknown");
    health_forget(h, "p0");
    assert_true(health_note(h, "p1099", &ok, &before));
    assert_string_equal(health_of(h, &last, a).state, "ok");
    health_free(h);
}

/* A provider of one answer, on a port of its own. */
struct server {
    pthread_t thread;
    int fd;
    const char *answer;
    char url[64];
};

static void *serve(void *arg)
{
    struct server *s = arg;
    char request[2048];
    int fd = accept(s->fd, NULL, NULL);
    if (fd < 0)
        return NULL;
    if (read(fd, request, sizeof(request)) > 0 && s->answer)
        (void)!write(fd, s->answer, strlen(s->answer));
    close(fd);
    return NULL;
}

static struct check checked(const char *answer, const char *type)
{
    struct server s = {.fd = socket(AF_INET, SOCK_STREAM, 0), .answer = answer};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    struct check check;
    assert_int_equal(bind(s.fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(s.fd, 1), 0);
    assert_int_equal(getsockname(s.fd, (struct sockaddr *)&at, &n), 0);
    snprintf(s.url, sizeof(s.url), "http://127.0.0.1:%d", ntohs(at.sin_port));
    assert_int_equal(pthread_create(&s.thread, NULL, serve, &s), 0);
    struct provider p = {.id = "p", .name = "p", .type = provider_type_find(type), .base_url = s.url, .local = true, .enabled = true,
                         .egress = {EGRESS_PRIVATE}, .pool = "try"};
    provider_check(&p, 2000, a, &check);
    pthread_join(s.thread, NULL);
    close(s.fd);
    return check;
}

#define ANSWER(status, body) "HTTP/1.1 " status "\r\nConnection: close\r\n\r\n" body

static void test_checks(void **state)
{
    (void)state;
    const struct { const char *type, *answer, *state, *reason, *detail; size_t models; } cases[] = {
        {"openai", ANSWER("200 OK", "{\"data\":[{\"id\":\"a\"},{\"id\":\"b\"}]}"), "ok", "", "", 2},
        {"ollama", ANSWER("200 OK", "{\"models\":[{\"name\":\"a\",\"details\":{\"context_length\":9},\"capabilities\":[\"completion\"]}]}"), "ok", "", "", 1},
        {"openai", ANSWER("200 OK", "{\"data\":[]}"), "ok", "", "", 0},
        {"openai", ANSWER("200 OK", "<html>"), "bad", "malformed", NULL, 0},
        {"openai", ANSWER("401 No", "{\"error\":{\"message\":\"wrong key\"}}"), "bad", "status_401", "wrong key", 0},
        {"openai", ANSWER("403 No", ""), "bad", "status_403", "", 0},
        {"openai", ANSWER("404 No", ""), "bad", "status_404", "", 0},
        {"openai", ANSWER("429 No", ""), "bad", "status_429", "", 0},
        {"openai", ANSWER("500 No", "{\"error\":\"oops\"}"), "bad", "status_5xx", "oops", 0},
        {"openai", ANSWER("302 Found", ""), "bad", "status_other", "", 0},
        {"openai", ANSWER("201 Created", "{\"data\":[]}"), "bad", "status_other", "", 0},
        {"gemini", ANSWER("400 No", "{\"error\":{\"message\":\"API key not valid\",\"details\":[{\"reason\":\"API_KEY_INVALID\"}]}}"), "bad", "status_401",
         "API key not valid", 0},
        {"gemini", ANSWER("400 No", "{\"error\":{\"message\":\"other\"}}"), "bad", "status_other", "other", 0},
        {"hunyuan-native", ANSWER("200 OK", "{\"Response\":{\"TokenCount\":1}}"), "ok", "", "", 0},
        {"hunyuan-native", ANSWER("200 OK", "{\"Response\":{\"Error\":{\"Code\":\"AuthFailure.SignatureFailure\",\"Message\":\"no\"}}}"), "bad", "status_401",
         "AuthFailure.SignatureFailure: no", 0},
        {"zhipu", ANSWER("400 No", "{\"error\":{\"code\":\"1214\",\"message\":\"messages is missing\"}}"), "ok", "", "", 0},
        {"zhipu", ANSWER("401 No", "{\"error\":{\"code\":\"1000\",\"message\":\"wrong key\"}}"), "bad", "status_401", "wrong key", 0},
        {"perplexity", ANSWER("422 No", "{}"), "ok", "", "", 0},
        {"qwen", ANSWER("404 No", ""), "ok", "", "", 0},
        {"azure-openai", ANSWER("200 OK", "{\"data\":[{\"id\":\"no deployment\"}]}"), "ok", "", "", 0},
        {"openrouter", ANSWER("401 No", "{\"error\":{\"message\":\"wrong key\",\"code\":401}}"), "bad", "status_401", "wrong key", 0},
        {"openai", "rubbish\r\n\r\n", "bad", NULL, NULL, 0},
        {"openai", NULL, "bad", NULL, NULL, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct check c = checked(cases[i].answer, cases[i].type);
        if (strcmp(c.state, cases[i].state) != 0 || (cases[i].reason && strcmp(c.reason, cases[i].reason) != 0)
            || (cases[i].detail && strcmp(c.detail, cases[i].detail) != 0) || c.names.n != cases[i].models)
            fail_msg("case %zu: %s, %s, %s, %zu models", i, c.state, c.reason, c.detail, c.names.n);
        assert_true(strcmp(c.state, "ok") == 0 || *c.reason);
    }
    /* a provider that quotes the key it refuses does not bring it into logs and pages */
    struct check c = checked(ANSWER("401 No", "{\"error\":{\"message\":\"Incorrect API key provided: sk-abcdefghijklmnopqrstuvwxyz0123456789ABCD\"}}"),
                             "openai");
    assert_null(strstr(c.detail, "sk-abcdefghijklmnopqrstuvwxyz"));
}

static void test_nobody_there(void **state)
{
    (void)state;
    struct provider p = {.id = "p", .name = "p", .type = provider_type_find("ollama"), .base_url = "http://127.0.0.1:1", .egress = {EGRESS_PRIVATE},
                         .pool = "try"};
    struct check c;
    provider_check(&p, 1000, a, &c);
    assert_string_equal(c.state, "bad");
    assert_string_equal(c.reason, "refused");
    p.egress.reach = EGRESS_PUBLIC;
    provider_check(&p, 1000, a, &c);
    assert_string_equal(c.reason, "egress");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_remembered),
        cmocka_unit_test(test_more_than_there_is_room_for),
        cmocka_unit_test(test_checks),
        cmocka_unit_test(test_nobody_there),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
