/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdatomic.h>

#include "base/loop.h"
#include "base/metrics.h"
#include "web/stream.h"
#include "web_help.h"

static struct help h;
static struct loop *loop;
static pthread_t loop_thread;
static atomic_int gone_count, refused_writes, ended_count, last_status;
static atomic_size_t most_waiting;

/* What a stream of these tests is doing; lives in its request's arena. */
struct talk {
    struct loop_task task;
    struct loop_timer timer;
    struct request *rq;
    struct stream *stream;
    const char *what;
    int64_t left, every_us;
    size_t piece;
    bool gone;
};

static void talk_end(struct talk *t)
{
    loop_timer_clear(loop, &t->timer);
    stream_end(t->stream);
}

static void talk_gone(void *arg)
{
    struct talk *t = arg;
    gone_count++;
    t->gone = true;
    talk_end(t);
}

static void talk_on(void *arg)
{
    struct talk *t = arg;
    char *piece = arena_alloc(t->rq->scratch, t->piece);
    memset(piece, 'a' + (char)(t->left % 26), t->piece);
    bool ok = stream_write(t->stream, (struct bytes){(uint8_t *)piece, t->piece});
    size_t waiting = stream_waiting(t->stream);
    arena_reset(t->rq->scratch);
    if (waiting > most_waiting)
        most_waiting = waiting;
    if (!ok)
        refused_writes++;
    if (!ok || --t->left == 0)
        talk_end(t);
    else
        loop_timer_set(loop, &t->timer, clock_mono() + t->every_us);
}

static void talk_begin(void *arg)
{
    struct talk *t = arg;
    static const struct header headers[] = {{"Content-Type", "text/event-stream"}, {"X-Sendfile", "/etc/passwd"},
                                            {"X-Bad", "a\nb"},
                                            {"Location", "http://evil"}};
    stream_attach(t->stream, loop, talk_gone, t);
    if (strcmp(t->what, "whole") == 0) {
        char *body = arena_alloc(t->rq->arena, t->piece);
        memset(body, 'w', t->piece);
        stream_whole(t->stream, 200, headers, 1, (struct bytes){(uint8_t *)body, t->piece});
        talk_end(t);
    } else if (strcmp(t->what, "fail") == 0) {
        struct err err = {0};
        fail(&err, ERR_UPSTREAM_DOWN, "the provider is down");
        err.retry_after_s = 7;
        stream_fail(t->stream, &err);
        talk_end(t);
    } else if (strcmp(t->what, "talk") == 0) {
        stream_head(t->stream, 200, headers, 4);
        loop_timer_set(loop, &t->timer, clock_mono() + t->every_us);
    }                                            /* "silence": waits for a provider that says nothing */
}

static int64_t query_int(struct request *rq, const char *name, int64_t missing)
{
    const char *text = request_query(rq, name);
    return text != NULL ? strtoll(text, NULL, 10) : missing;
}

static bool talk_run(struct request *rq)
{
    struct talk *t = NEW(rq->arena, struct talk);
    *t = (struct talk){.task = {.run = talk_begin, .arg = t}, .timer = {.run = talk_on, .arg = t}, .rq = rq, .stream = request_stream(rq),
                       .what = request_path_param(rq, "what"), .left = query_int(rq, "n", 1), .every_us = query_int(rq, "us", 0),
                       .piece = (size_t)query_int(rq, "size", 10)};
    response_header(rq, "X-Run-Id", "run-1");
    if (strcmp(t->what, "refuse") == 0) {
        stream_refuse(t->stream);
        return fail(&rq->err, ERR_RATE, "too many");
    }
    if (query_int(rq, "limit", 0) > 0)
        stream_limit(t->stream, (size_t)query_int(rq, "limit", 0));
    loop_post(loop, &t->task);
    return true;
}

static void ended(struct request *rq, int status)
{
    (void)rq;
    last_status = status;
    ended_count++;
}

static const struct route routes[] = {
    {GET, "/v1/:what", ANYONE, .run = talk_run, .face = FACE_OPENAI},
    {.path = NULL},
};

static void *loop_main(void *arg)
{
    loop_run(arg);
    return NULL;
}

static int start(void **state)
{
    (void)state;
    loop = loop_new();
    pthread_create(&loop_thread, NULL, loop_main, loop);
    h = (struct help){.options = {.routes = routes, .ended = ended}};
    help_start(&h);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    web_stop(h.web, 100);
    loop_stop(loop);
    pthread_join(loop_thread, NULL);             /* drains first: loop_keep */
    loop_free(loop);
    help_stop(&h);
    return 0;
}

static int call(const char *target)
{
    struct buf out = buf_new(h.arena, 1000);
    put_begin(&out);
    put_params(&out, MORE("REQUEST_METHOD", "GET", "REQUEST_URI", target, "REMOTE_ADDR", "127.0.0.1"));
    put_body(&out, NULL, 0);
    int fd = client_connect(&h);
    client_send(fd, &out);
    return fd;
}

static void wait_for(atomic_int *what, int value)
{
    for (int i = 0; *what != value && i < 5000; i++)
        usleep(1000);
    assert_int_equal(*what, value);
}

static void test_a_whole_answer(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 10, 65000, 65528, 65529, 131056, 5000000};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        int fd = call(arena_printf(h.arena, "/v1/whole?size=%zu", sizes[i]));
        struct reply r = client_reply(&h, fd);
        assert_int_equal(r.status, 200);
        assert_true(r.ended);
        assert_int_equal(r.body_n, sizes[i]);
        for (size_t k = 0; k < r.body_n; k++)
            if (r.body[k] != 'w')
                fail_msg("byte %zu of %zu", k, sizes[i]);
        assert_true(has_line(&r, arena_printf(h.arena, "Content-Length: %zu\r\n", sizes[i])));
        assert_true(has_line(&r, "X-Run-Id: run-1\r\n"));
        close(fd);
    }
}

static void test_a_stream_arrives_piece_by_piece(void **state)
{
    (void)state;
    int fd = call("/v1/talk?n=3&us=60000&size=5");
    struct buf text = buf_new(h.arena, 100000);
    int64_t before = clock_mono();
    assert_int_equal(client_record(fd, &text), 6);         /* the head does not wait for the body */
    assert_true(clock_mono() - before < 50000);
    assert_non_null(strstr(text.p, "Status: 200\r\nX-Run-Id: run-1\r\nContent-Type: text/event-stream\r\n"));
    assert_null(strstr(text.p, "Content-Length"));
    assert_null(strstr(text.p, "Sendfile"));
    assert_null(strstr(text.p, "X-Bad"));
    assert_null(strstr(text.p, "evil"));
    static const char *const pieces[] = {"ddddd", "ccccc", "bbbbb"};
    for (size_t i = 0; i < COUNT(pieces); i++) {
        buf_clear(&text);
        assert_int_equal(client_record(fd, &text), 6);
        assert_memory_equal(text.p, pieces[i], 5);
        assert_true(clock_mono() - before > (int64_t)(i + 1) * 55000);
    }
    assert_int_equal(client_record(fd, &text), 6);
    assert_int_equal(client_record(fd, &text), 3);
    assert_int_equal(client_record(fd, &text), 0);
    close(fd);
}

static void test_a_slow_reader_gets_everything(void **state)
{
    (void)state;
    most_waiting = 0;
    int fd = call("/v1/talk?n=100&size=20000&limit=4000000");
    usleep(200000);
    struct reply r = client_reply(&h, fd);
    assert_true(r.ended);
    assert_int_equal(r.body_n, 2000000);
    for (size_t i = 0; i < r.body_n; i++)
        if (r.body[i] != 'a' + (char)((100 - i / 20000) % 26))
            fail_msg("byte %zu", i);
    assert_true(most_waiting > 1000000);
    close(fd);
}

static void test_who_takes_too_little_is_cut(void **state)
{
    (void)state;
    refused_writes = 0;
    most_waiting = 0;
    int fd = call("/v1/talk?n=1000&size=20000&limit=100000");
    wait_for(&refused_writes, 1);
    assert_true(most_waiting < 100000 + 2 * 20008);
    struct reply r = client_reply(&h, fd);
    assert_true(r.ended);                                  /* what waited was still delivered */
    assert_true(r.body_n < 1000 * 20000);
    close(fd);
}

static void test_hanging_up_is_noticed_at_once(void **state)
{
    (void)state;
    static const char *const targets[] = {"/v1/silence", "/v1/talk?n=100000&us=10000"};
    for (size_t i = 0; i < COUNT(targets); i++)
        for (int half = 0; half < 2; half++) {
            while (web_in_flight(h.web) > 0)
                usleep(1000);
            gone_count = 0;
            int before = ended_count, fd = call(targets[i]);
            usleep(50000);
            assert_int_equal(gone_count, 0);
            int64_t left = clock_mono();
            if (half)
                shutdown(fd, SHUT_WR);
            else
                close(fd);
            wait_for(&gone_count, 1);
            assert_true(clock_mono() - left < 500000);
            wait_for(&ended_count, before + 1);
            assert_int_equal(last_status, i == 0 ? 499 : 200);
            if (half) {
                struct reply r = client_reply(&h, fd);
                assert_int_equal(r.status, i == 0 ? 499 : 200);
                assert_true(r.ended);              /* or lighttpd would log that we died */
                close(fd);
            }
        }
}

static void test_an_abort_record_is_hanging_up(void **state)
{
    (void)state;
    gone_count = 0;
    int fd = call("/v1/silence");
    usleep(30000);
    struct buf out = buf_new(h.arena, 100);
    put_record(&out, 2, NULL, 0);
    client_send(fd, &out);
    wait_for(&gone_count, 1);
    close(fd);
}

static void test_a_failure_has_the_callers_shape(void **state)
{
    (void)state;
    int fd = call("/v1/fail");
    struct reply r = client_reply(&h, fd);
    assert_int_equal(r.status, 503);
    assert_non_null(strstr(r.body, "\"code\":\"upstream_down\""));
    assert_true(has_line(&r, "Retry-After: 7\r\n"));
    assert_true(has_line(&r, "X-Run-Id: run-1\r\n"));
    close(fd);
    fd = call("/v1/refuse");
    r = client_reply(&h, fd);
    assert_int_equal(r.status, 429);
    assert_non_null(strstr(r.body, "rate_limit_error"));
    close(fd);
}

static void test_many_at_once(void **state)
{
    (void)state;
    while (web_in_flight(h.web) > 0)             /* those of the tests before */
        usleep(1000);
    int fds[100], before = ended_count;
    gone_count = 0;
    for (size_t i = 0; i < COUNT(fds); i++)
        fds[i] = call(i % 3 == 0 ? "/v1/silence" : i % 3 == 1 ? "/v1/talk?n=20&us=500&size=100" : "/v1/whole?size=1000");
    for (size_t i = 0; i < COUNT(fds); i++) {
        if (i % 3 != 0)
            assert_true(client_reply(&h, fds[i]).ended);
        close(fds[i]);
    }
    wait_for(&ended_count, before + 100);
    assert_int_equal(gone_count, 34);
    assert_int_equal(metric_get(METRIC_streams_open), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_answer),
        cmocka_unit_test(test_a_stream_arrives_piece_by_piece),
        cmocka_unit_test(test_a_slow_reader_gets_everything),
        cmocka_unit_test(test_who_takes_too_little_is_cut),
        cmocka_unit_test(test_hanging_up_is_noticed_at_once),
        cmocka_unit_test(test_an_abort_record_is_hanging_up),
        cmocka_unit_test(test_a_failure_has_the_callers_shape),
        cmocka_unit_test(test_many_at_once),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
