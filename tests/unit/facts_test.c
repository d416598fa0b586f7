/* SPDX-License-Identifier: MIT */
#include "gate/facts.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "gate/provider.h"
#include "gate/snapshot.h"
#include "gate_help.h"
#include "providers/providers.h"

/* A runtime that answers every /api/show with the same body, and counts. */
struct runtime {
    int fd;
    pthread_t thread;
    const char *answer;
    atomic_int asked;
    char url[64];
};

static void *serve(void *arg)
{
    struct runtime *t = arg;
    int fd;
    while ((fd = accept(t->fd, NULL, NULL)) >= 0) {
        char in[8192];
        ssize_t n = read(fd, in, sizeof(in) - 1);
        in[n > 0 ? n : 0] = '\0';
        if (strncmp(in, "POST /api/show ", 15) == 0)
            atomic_fetch_add(&t->asked, 1);
        assert_int_equal(write(fd, t->answer, strlen(t->answer)), strlen(t->answer));
        close(fd);
    }
    return NULL;
}

static void runtime_start(struct runtime *t, const char *answer)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    *t = (struct runtime){.fd = socket(AF_INET, SOCK_STREAM, 0), .answer = answer};
    assert_int_equal(bind(t->fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(t->fd, 16), 0);
    assert_int_equal(getsockname(t->fd, (struct sockaddr *)&at, &n), 0);
    snprintf(t->url, sizeof(t->url), "http://127.0.0.1:%d", ntohs(at.sin_port));
    assert_int_equal(pthread_create(&t->thread, NULL, serve, t), 0);
}

static void runtime_stop(struct runtime *t)
{
    shutdown(t->fd, SHUT_RDWR);
    pthread_join(t->thread, NULL);
    close(t->fd);
}

static struct provider provider_at(const struct runtime *t, struct list models)
{
    return (struct provider){.id = "p", .name = "p", .type = all_provider_types[0], .base_url = t->url, .local = true, .egress = {EGRESS_PRIVATE},
                             .pool = "facts", .models = models};
}

#define ANSWER(status, body) "HTTP/1.1 " status "\r\nConnection: close\r\n\r\n" body
#define SHOWN ANSWER("200 OK", "{\"model_info\":{\"general.architecture\":\"x\",\"x.context_length\":4096,\"y.context_length\":1},\"capabilities\":[\"tools\"]}")

/* Asked for are those of its own models that nothing is known of, a few at a time. */
static void test_who_is_asked_for(void **state)
{
    (void)state;
    const struct {
        struct listed_model listed;
        struct model known;                              /* its name NULL: the provider has none of that name */
        int asked;
        int64_t context, can;
    } cases[] = {
        {{.name = "m"}, {.name = "m"}, 1, 4096, CAN_CALL_TOOLS},
        {{.name = "m", .context = 7}, {.name = "m"}, 1, 4096, CAN_CALL_TOOLS},
        {{.name = "m", .context = 7, .can = CAN_SEE}, {.name = "m"}, 0, 7, CAN_SEE},
        {{.name = "m"}, {.name = "m", .context = 9, .can = CAN_CHAT}, 0, 0, 0},
        {{.name = "m"}, {.name = "m", .context = 9}, 1, 4096, CAN_CALL_TOOLS},
        {{.name = "other"}, {.name = "m"}, 0, 0, 0},
        {{.name = "m"}, {.name = "m", .context = 9, .can = CAN_CHAT, .remote = true}, 1, 4096, CAN_CALL_TOOLS},
        {{.name = "m", .context = 7, .can = CAN_SEE}, {.name = "m", .remote = true}, 1, 4096, CAN_CALL_TOOLS},
        {{.name = "m", .remote = true}, {.name = "m", .context = 9, .can = CAN_CHAT, .remote = true}, 0, 0, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct runtime t;
        struct listed_model listed = cases[i].listed;
        struct model known = cases[i].known;
        runtime_start(&t, SHOWN);
        struct provider p = provider_at(&t, (struct list){&known, 1});
        facts_ask(&p, 2000, a, (struct list){&listed, 1});
        runtime_stop(&t);
        if (t.asked != cases[i].asked || listed.context != cases[i].context || listed.can != cases[i].can)
            fail_msg("case %zu: asked %d, context %d, can %d", i, t.asked, (int)listed.context, (int)listed.can);
    }
    struct runtime t;
    struct listed_model many[20];
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = (struct listed_model){.name = "m"};
    runtime_start(&t, SHOWN);
    struct provider p = provider_at(&t, (struct list){0});
    facts_ask(&p, 2000, a, (struct list){many, COUNT(many)});
    runtime_stop(&t);
    assert_int_equal(t.asked, 8);
    assert_true(many[7].context == 4096 && many[8].context == 0);
}

/* What is no answer changes nothing. */
static void test_no_answers(void **state)
{
    (void)state;
    const char *const answers[] = {
        ANSWER("404 No", "{\"error\":\"model 'm' not found\"}"), ANSWER("200 OK", "<html>"), ANSWER("200 OK", "[]"), ANSWER("200 OK", "{}"), "",
        ANSWER("200 OK", "{\"model_info\":7,\"capabilities\":7,\"details\":7,\"remote_host\":7}"),
        ANSWER("200 OK", "{\"model_info\":{\"general.architecture\":\"x\",\"x.context_length\":-1}}"),
    };
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct runtime t;
        struct listed_model listed = {.name = "m", .context = 5};
        runtime_start(&t, answers[i]);
        struct provider p = provider_at(&t, (struct list){0});
        facts_ask(&p, 2000, a, (struct list){&listed, 1});
        runtime_stop(&t);
        if (t.asked != 1 || listed.context != 5 || listed.can || listed.remote)
            fail_msg("answer %zu: asked %d, context %d", i, t.asked, (int)listed.context);
    }
}

/* Nothing new is nothing to write: there is no database here that could be asked. */
static void test_nothing_new(void **state)
{
    (void)state;
    struct model known[] = {{.name = "m", .context = 9, .max_output = 3, .can = CAN_CHAT}, {.name = "away", .remote = true}};
    struct listed_model listed[] = {{.name = "m", .context = 9, .can = CAN_CHAT}, {.name = "m"}, {.name = "away", .remote = true}, {.name = "unknown"}};
    struct provider p = {.id = "p", .name = "p", .local = true, .models = {known, COUNT(known)}};
    struct change change = {.arena = a};
    must(facts_store(&change, &p, (struct list){listed, COUNT(listed)}, &err));
    assert_int_equal(facts_known(NULL, "p", a).n, 0);
    /* A list that leaves it out does not make a model local that was said to run elsewhere: there would be something to write. */
    listed[2].remote = false;
    must(facts_store(&change, &p, (struct list){listed, COUNT(listed)}, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_asked_for),
        cmocka_unit_test(test_no_answers),
        cmocka_unit_test(test_nothing_new),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
