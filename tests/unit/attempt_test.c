/* SPDX-License-Identifier: MIT */
/* Whole runs: a gate with its spool and a relay, a provider on a socket that says what the case has it say, and a caller that notes what it hears. */
#include "gate/attempt.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "gate/gate.h"
#include "gate/record.h"
#include "gate/relay.h"
#include "net/http.h"
#include "providers/providers.h"
#include "serve/openai_read.h"
#include "snapshot_help.h"
#include "spool/spool.h"

/* ---- the provider ---- */

/* What is said, with these between: a tenth of a second of silence; the connection breaks; what follows is said again and again. */
#define WAIT "\1"
#define SECOND "\1\1\1\1\1\1\1\1\1\1"
#define PART "\1\1\1\1\1\1"
#define BREAK "\2"
#define AGAIN "\3"

static int listener;
static const char *script;
static pthread_t provider;
static atomic_bool over;

static bool say(int fd, const char *text, size_t n)
{
    return n == 0 || send(fd, text, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static void play(int fd)
{
    char request[65536];
    size_t n = 0;
    ssize_t got;
    while (n < sizeof(request) - 1 && (got = read(fd, request + n, sizeof(request) - 1 - n)) > 0) {
        n += (size_t)got;
        request[n] = '\0';
        if (strstr(request, "\r\n\r\n") && request[n - 1] == '}')
            break;
    }
    for (const char *c = script; *c; c += *c != '\0') {
        size_t text = strcspn(c, WAIT BREAK AGAIN);
        if (!say(fd, c, text))
            return;
        c += text;
        if (*c == WAIT[0])
            usleep(100000);
        if (*c == BREAK[0])
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
        while (*c == AGAIN[0] && !atomic_load(&over))
            if (!say(fd, c + 1, strlen(c + 1)))
                return;
    }
}

static void *provider_main(void *arg)
{
    (void)arg;
    while (!atomic_load(&over)) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            break;
        play(fd);
        close(fd);
    }
    return NULL;
}

/* ---- the gate ---- */

static struct gate gate;
static const char *url;

static int begin(void **state)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    static const uint8_t key[CRYPTO_KEY] = {1};
    http_global_open();
    provider_types = all_provider_types;
    if (help_begin(state) != 0)
        return -1;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &n), 0);
    url = arena_printf(a, "http://127.0.0.1:%d", ntohs(at.sin_port));
    assert_int_equal(pthread_create(&provider, NULL, provider_main, NULL), 0);
    struct spool_options options = {.folder = in_folder("spool"), .segment_bytes = 4 << 20, .max_bytes = 256 << 20, .refuse_percent = 90, .key = key,
                                    .kid = 1};
    must(spool_open(&options, &gate.spool, &err));
    lock_init(&gate.lock, "gate");
    return 0;
}

static int end(void **state)
{
    atomic_store(&over, true);
    shutdown(listener, SHUT_RDWR);
    pthread_join(provider, NULL);
    close(listener);
    spool_close(gate.spool);
    snapshot_drop(gate.snapshot);
    http_global_close();
    return help_end(state);
}

/* Settings and one provider of this type; models m and gpt. */
static void configure(const char *type, const char *base_url, const char *setting, const char *value)
{
    static struct settings_made settings;
    struct keyring *ring = keyring_random(1);
    struct snapshot *snapshot;
    struct provider_row p = provider_row("p", "provider", "local");
    struct model_row models[] = {{.provider_id = "p", .name = "m", .enabled = true}};
    struct sealed_key_row sealed = pepper_row(ring);
    struct setting_row rows_of_settings[] = {{setting, value, "", 0}};
    p.type = type;
    p.base_url = base_url;
    p.data_class_max = "secret";
    p.connect_ms = p.first_byte_ms = p.idle_ms = p.total_ms = 5000;
    struct snapshot_rows rows = {.settings = {rows_of_settings, setting ? 1 : 0}, .providers = {&p, 1}, .models = {models, 1},
                                 .sealed_keys = {&sealed, 1}};
    const char *path = in_folder("config.snap");
    must(settings_start(NULL, a, &settings, &err));
    settings.values.tries_max = 1;                           /* one attempt is looked at; journey_test.c has the others */
    must(snapshot_rows_save(&rows, ring, path, &err));
    must(snapshot_restore(path, &(struct snapshot_base){ring, &settings}, &snapshot, &err));
    unlink(path);
    gate_use(&gate, snapshot);
}

/* ---- the caller ---- */

struct caller {
    struct buf said;                     /* one word for each thing it was told */
    struct buf text;
    size_t takes;                        /* events until it hangs up */
    struct err err;
    struct upstream_error error;
    struct run_entry entry;
    int64_t ended_at;
    atomic_bool closed;
};

static struct caller *caller_of(struct run *run)
{
    return run->caller;
}

static void heard_attach(struct run *run, struct loop *loop)
{
    (void)loop;
    buf_text(&caller_of(run)->said, "attach ");
}

static void heard_begin(struct run *run)
{
    buf_text(&caller_of(run)->said, "begin ");
}

static bool heard_event(struct run *run, const struct chat_event *event)
{
    static const char *const words[] = {"text ", "reasoning ", "call ", "finish ", "opaque ", "raw "};
    struct caller *c = caller_of(run);
    buf_text(&c->said, words[event->type]);
    buf_bytes(&c->text, event->text);
    return c->takes-- > 1;
}

static bool heard_comment(struct run *run)
{
    buf_text(&caller_of(run)->said, "comment ");
    return true;
}

static void heard_end(struct run *run)
{
    buf_text(&caller_of(run)->said, "end ");
}

static void heard_whole(struct run *run, const struct chat_answer *answer)
{
    struct caller *c = caller_of(run);
    const struct chat_tool_call *calls = answer->tool_calls.items;
    buf_text(&c->said, "whole ");
    buf_bytes(&c->text, answer->raw.n ? answer->raw : (struct bytes){(const uint8_t *)answer->text, answer->text_n});
    for (size_t i = 0; i < answer->tool_calls.n; i++)
        buf_printf(&c->text, "|%s %s %s", calls[i].id, calls[i].name, calls[i].arguments);
}

static void heard_fail(struct run *run, const struct err *failure)
{
    buf_text(&caller_of(run)->said, "fail ");
    caller_of(run)->err = *failure;
    caller_of(run)->error = run->reader.error;
}

static void heard_close(struct run *run)
{
    struct caller *c = caller_of(run);
    c->entry = run->entry;
    c->ended_at = clock_mono();
    atomic_store(&c->closed, true);
}

static const struct run_client client = {
    .attach = heard_attach, .begin = heard_begin, .event = heard_event, .comment = heard_comment, .end = heard_end, .whole = heard_whole,
    .fail = heard_fail, .close = heard_close,
};

/* A question as a program of this dialect would ask it. */
struct question {
    bool same, stream, sovereign;
    size_t takes;
};

static struct caller *caller;

static bool ask(const struct question *q)
{
    struct identity who = {.user_name = "somebody"};
    struct run_start start = {.api = "test", .request_id = "r", .remote_addr = "192.0.2.1", .who = &who, .policy_profile = "standard",
                              .sovereign = q->sovereign, .started = clock_mono(), .started_wall = clock_wall()};
    struct chat *chat = chat_new(a);
    struct json body;
    const char *text = arena_printf(a, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stream\":%s}", q->stream ? "true" : "false");
    must(json_check(bytes_of(text), NULL, &body, &err));
    must(openai_read(body, chat, a, &err));
    if (!q->same) {
        must(openai_parse(chat, a, &err));
        chat->dialect = DIALECT_NONE;
    }
    breakers_init(&gate.breakers);
    caller = NEW(a, struct caller);
    *caller = (struct caller){.said = buf_new(a, 1 << 20), .text = buf_new(a, 64 << 20), .takes = q->takes ? q->takes : SIZE_MAX};
    return run_open(run_new(&gate, a, gate.snapshot, &start), chat, &client, caller, &err);
}

/* Play the script for a question on a relay of its own, until the caller is let go. */
static struct caller *run_of(const char *said, const struct question *q)
{
    script = said;
    relays_start(&gate, 1);
    must(ask(q));
    for (int i = 0; i < 20000 && !atomic_load(&caller->closed); i++)
        usleep(1000);
    relays_stop(&gate, 100);
    assert_true(atomic_load(&caller->closed));
    return caller;
}

/* The last record of the spool is this run's FINAL, and nothing is reserved any more. */
static void assert_recorded(const struct caller *c, const char *status)
{
    struct list records;
    struct run_entry entry = {0};
    struct spool_status spool;
    must(spool_read(gate.spool, a, 100, 1 << 20, &records, &err));
    assert_true(records.n >= 2);
    const struct spool_record *last = (const struct spool_record *)records.items + records.n - 1;
    assert_int_equal(last->type, RECORD_FINAL);
    must(record_read(last->payload, a, &entry, &err));
    assert_string_equal(entry.run.id, c->entry.run.id);
    assert_string_equal(entry.run.status, status);
    assert_int_equal(entry.attempts.n, 1);
    must(spool_done(gate.spool, &err));
    spool_status(gate.spool, &spool);
    assert_int_equal(spool.reserved, 0);
}

static const char *text_of(struct buf *buf)
{
    const char *text = "";
    must(buf_done(buf, &text, &err));
    return text;
}

#define HEAD(status, type) "HTTP/1.1 " status "\r\nContent-Type: " type "\r\nConnection: close\r\n\r\n"
#define SSE HEAD("200 OK", "text/event-stream")
#define CHUNKED "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
#define TEXT(t) "data: {\"model\":\"real\",\"choices\":[{\"delta\":{\"content\":\"" t "\"}}]}\n\n"
#define STOP "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define USAGE "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\n"
#define DONE "data: [DONE]\n\n"

static void test_streams(void **state)
{
    (void)state;
    const struct { const char *name; const char *script; bool same; const char *said, *text, *status; } cases[] = {
        {"a stream", SSE TEXT("a") TEXT("b") STOP USAGE DONE, false, "attach begin text text finish end ", "ab", "ok"},
        {"passed on", SSE TEXT("a") STOP USAGE DONE, true, "attach begin raw raw end ", NULL, "ok"},
        {"no end mark", SSE TEXT("a") STOP, false, "attach begin text finish end ", "a", "ok"},
        {"no finish", SSE TEXT("a") DONE, false, "attach begin text finish end ", "a", "ok"},
        {"broken after the end mark", SSE TEXT("a") STOP DONE WAIT BREAK, false, "attach begin text finish end ", "a", "ok"},
        {"chunks that end nowhere, after the end mark", CHUNKED "400\r\n" TEXT("a") STOP DONE WAIT, false, "attach begin text finish end ", "a",
         "ok"},
        {"rubbish after the end mark", SSE TEXT("a") STOP DONE "data: rubbish\n\n", false, "attach begin text finish end ", "a", "ok"},
        {"cut", SSE TEXT("a"), false, "attach begin text fail ", "a", "truncated"},
        {"broken", SSE TEXT("a") WAIT BREAK, false, "attach begin text fail ", "a", "truncated"},
        {"broken before anything", SSE WAIT BREAK, false, "attach fail ", "", "failed"},
        {"malformed", SSE TEXT("a") "data: {\n\n" TEXT("b"), false, "attach begin text fail ", "a", "truncated"},
        {"an error inside", SSE "data: {\"error\":{\"message\":\"x\"}}\n\n", false, "attach fail ", "", "failed"},
        {"a tool call of no sense", SSE "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":9223372036854775807}]}}]}\n\n", false,
         "attach fail ", "", "failed"},
        {"JSON instead of a stream", HEAD("200 OK", "Application/JSON; charset=utf-8")
            "{\"choices\":[{\"message\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}", true, "attach begin text finish end ", "a", "ok"},
        {"nothing", SSE, false, "attach fail ", "", "failed"},
        {"an empty answer", SSE STOP DONE, false, "attach begin finish end ", "", "ok"},
    };
    configure("openai", url, NULL, NULL);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct caller *c = run_of(cases[i].script, &(struct question){.same = cases[i].same, .stream = true});
        if (strcmp(text_of(&c->said), cases[i].said) != 0 || (cases[i].text && strcmp(text_of(&c->text), cases[i].text) != 0))
            fail_msg("%s: %s, %s (%s)", cases[i].name, text_of(&c->said), text_of(&c->text), c->err.text);
        assert_string_equal(c->entry.run.status, cases[i].status);
        assert_recorded(c, cases[i].status);
    }
}

static void test_facts(void **state)
{
    (void)state;
    configure("openai", url, NULL, NULL);
    struct caller *c = run_of(SSE TEXT("ab") STOP USAGE DONE, &(struct question){.stream = true});
    const struct run_row *run = &c->entry.run;
    const struct attempt_row *attempt = c->entry.attempts.items;
    assert_string_equal(run->actual_model, "real");
    assert_string_equal(run->finish_reason, "stop");
    assert_string_equal(run->provider_name, "provider");
    assert_int_equal(run->tokens_in, 7);
    assert_int_equal(run->tokens_out, 3);
    assert_true(!run->estimated && run->is_local && run->stream && run->latency_us > 0 && run->first_token_us > 0);
    assert_int_equal(run->http_status, 200);
    assert_string_equal(attempt->result, "ok");
    assert_int_equal(attempt->http_status, 200);
    assert_recorded(c, "ok");
    c = run_of(SSE TEXT("12345678") STOP, &(struct question){.stream = true});
    assert_true(c->entry.run.estimated);
    assert_int_equal(c->entry.run.tokens_in, 8);
    assert_int_equal(c->entry.run.tokens_out, 2);
    assert_recorded(c, "ok");
}

static void test_whole_answers(void **state)
{
    (void)state;
    const char *body = "{\"choices\":[{\"message\":{\"content\":\"a\\u0000b\",\"tool_calls\":[{\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},"
                       "{\"function\":{\"name\":\"g\"}}]},\"finish_reason\":\"tool_calls\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}";
    const char *s = arena_printf(a, HEAD("200 OK", "application/json") WAIT "%s", body);
    configure("openai", url, NULL, NULL);
    struct caller *c = run_of(s, &(struct question){0});
    assert_string_equal(text_of(&c->said), "attach whole ");
    assert_memory_equal(c->text.p, "a\0b|c f {}|call_", strlen("a?b|c f {}|call_"));          /* the second got an id from us */
    assert_string_equal(text_of(&c->text) + c->text.n - strlen(" g {}"), " g {}");
    assert_recorded(c, "ok");
    c = run_of(s, &(struct question){.same = true});
    assert_string_equal(text_of(&c->text), body);
    assert_recorded(c, "ok");
    c = run_of(HEAD("200 OK", "application/json") "{\"choices\":[", &(struct question){0});
    assert_string_equal(text_of(&c->said), "attach fail ");
    assert_int_equal(c->err.kind, ERR_UPSTREAM);
    assert_recorded(c, "failed");
}

static void test_statuses(void **state)
{
    (void)state;
    const struct { const char *head; enum err_kind kind; int after; const char *result, *remedy; int64_t requests; } cases[] = {
        {"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\n", ERR_RATE, 7, "status_429", "retry", -1},
        {"HTTP/1.1 429 Slow\r\nRetry-After: 99999999\r\n", ERR_RATE, 86400, "status_429", "retry", -1},
        {"HTTP/1.1 429 Slow\r\nRetry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n", ERR_RATE, 0, "status_429", "retry", -1},
        {"HTTP/1.1 429 Slow\r\nX-RateLimit-Remaining-Requests: 12\r\nretry-after-ms: 1200\r\n", ERR_RATE, 2, "status_429", "retry", 12},
        {"HTTP/1.1 401 No\r\n", ERR_UPSTREAM_AUTH, 0, "status_401", "other", -1},
        {"HTTP/1.1 403 No\r\n", ERR_UPSTREAM_AUTH, 0, "status_403", "other", -1},
        {"HTTP/1.1 400 No\r\n", ERR_UPSTREAM_INPUT, 0, "status_400", "caller", -1},
        {"HTTP/1.1 422 No\r\n", ERR_UPSTREAM_INPUT, 0, "status_422", "caller", -1},
        {"HTTP/1.1 404 No\r\n", ERR_UPSTREAM, 0, "status_404", "other", -1},
        {"HTTP/1.1 500 No\r\n", ERR_UPSTREAM, 0, "status_500", "retry", -1},
        {"HTTP/1.1 503 No\r\nRetry-After: 3\r\n", ERR_UPSTREAM_DOWN, 3, "status_503", "retry", -1},
        {"HTTP/1.1 529 No\r\n", ERR_UPSTREAM_DOWN, 0, "status_529", "retry", -1},
        {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n", ERR_UPSTREAM, 0, "status_302", "other", -1},
    };
    configure("openai", url, NULL, NULL);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *s = arena_printf(a, "%sContent-Type: application/json\r\nConnection: close\r\n\r\n{\"error\":{\"message\":\"their words\"}}",
                                          cases[i].head);
        struct caller *c = run_of(s, &(struct question){.stream = i % 2, .same = i % 3});
        assert_string_equal(text_of(&c->said), "attach fail ");
        assert_int_equal(c->error.body.n, i % 3 ? strlen("{\"error\":{\"message\":\"their words\"}}") : 0);
        if (c->err.kind != cases[i].kind || c->err.retry_after_s != cases[i].after)
            fail_msg("%s: %s, %d", cases[i].head, err_name(c->err.kind), c->err.retry_after_s);
        assert_string_equal(c->err.detail, "their words");
        assert_string_equal(c->err.value, "provider");
        const struct attempt_row *attempt = c->entry.attempts.items;
        assert_string_equal(attempt->result, cases[i].result);
        assert_string_equal(attempt->remedy, cases[i].remedy);
        assert_int_equal(attempt->rate_requests, cases[i].requests);
        assert_int_equal(attempt->rate_tokens, -1);
        assert_recorded(c, "failed");
    }
}

/* An error without end is not read to its end, and says its status; an answer too long says so. */
static void test_bodies_without_end(void **state)
{
    (void)state;
    char *lengthy = arena_alloc(a, 5001);
    memset(lengthy, 'x', 5000);
    configure("openai", url, "answer_max", "100000");
    struct caller *c = run_of(arena_printf(a, HEAD("500 No", "text/plain") AGAIN "%s", lengthy), &(struct question){.stream = true});
    assert_int_equal(c->err.kind, ERR_UPSTREAM);
    assert_non_null(strstr(c->err.text, "500"));
    assert_string_equal(((const struct attempt_row *)c->entry.attempts.items)->result, "status_500");
    assert_recorded(c, "failed");
    for (int stream = 0; stream < 2; stream++) {
        c = run_of(arena_printf(a, HEAD("200 OK", "application/json") AGAIN "%s", lengthy), &(struct question){.stream = stream});
        assert_int_equal(c->err.kind, ERR_UPSTREAM);
        assert_recorded(c, "failed");
    }
}

/* Arguments without end are kept by nobody, whoever collects them. */
static void test_calls_without_end(void **state)
{
    (void)state;
    configure("openai", url, "answer_max", "100000");
    struct caller *c = run_of(arena_printf(a, SSE AGAIN "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"f\","
                                                        "\"arguments\":\"%04000d\"}}]}}]}\n\n", 1), &(struct question){.stream = true});
    assert_int_equal(c->err.kind, ERR_UPSTREAM);
    assert_non_null(strstr(c->err.text, "longer than 100000 bytes"));
    assert_recorded(c, "truncated");
}

/* What is long in an answer does not make the run too long to be recorded. */
static void test_long_words(void **state)
{
    (void)state;
    configure("openai", url, NULL, NULL);
    const char *lengthy = arena_printf(a, "data: {\"model\":\"%0300000d\",\"id\":\"%0300000d\",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n", 1, 2);
    struct caller *c = run_of(arena_printf(a, SSE "%s" STOP DONE, lengthy), &(struct question){.stream = true});
    assert_string_equal(text_of(&c->said), "attach begin text finish end ");
    assert_int_equal(strlen(c->entry.run.actual_model), 200);
    assert_recorded(c, "ok");
    c = run_of("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\nX-Request-Id: \xff\xfe ab\r\n\r\n" TEXT("a") STOP DONE,
               &(struct question){.stream = true});
    assert_string_equal(((const struct attempt_row *)c->entry.attempts.items)->upstream_id, "%FF%FE%20ab");
    assert_recorded(c, "ok");
}

/* Silence, before the first event and between two, is told to the caller of a stream; while there are events, nothing is. */
static void test_keepalive(void **state)
{
    (void)state;
    configure("openai", url, "keepalive_s", "1");
    struct caller *c = run_of(SSE SECOND WAIT WAIT WAIT TEXT("a") SECOND SECOND WAIT WAIT WAIT WAIT STOP DONE, &(struct question){.stream = true});
    assert_string_equal(text_of(&c->said), "attach begin comment text comment comment finish end ");
    assert_recorded(c, "ok");
    c = run_of(SSE TEXT("a") PART TEXT("a") PART TEXT("a") PART STOP DONE, &(struct question){.stream = true});
    assert_string_equal(text_of(&c->said), "attach begin text text text finish end ");
    assert_recorded(c, "ok");
    configure("openai", url, "keepalive_s", "0");
    c = run_of(SSE SECOND WAIT WAIT TEXT("a") STOP DONE, &(struct question){.stream = true});
    assert_string_equal(text_of(&c->said), "attach begin text finish end ");
    assert_recorded(c, "ok");
}

static void test_a_caller_who_hangs_up(void **state)
{
    (void)state;
    configure("openai", url, NULL, NULL);
    struct caller *c = run_of(SSE TEXT("a") TEXT("b") WAIT TEXT("c") STOP DONE, &(struct question){.stream = true, .takes = 2});
    assert_non_null(strstr(text_of(&c->said), "attach begin text text "));
    assert_null(strstr(text_of(&c->said), "end"));
    assert_recorded(c, c->entry.run.status);
}

/* The second lock of sovereign runs: a local provider at an address that may be anywhere is not connected to. */
static void test_sovereign_runs_stay_inside(void **state)
{
    (void)state;
    configure("openai", "http://198.18.0.1:9", NULL, NULL);
    struct caller *c = run_of(SSE, &(struct question){.stream = true, .sovereign = true});
    assert_int_equal(c->err.kind, ERR_POLICY);
    assert_string_equal(((const struct attempt_row *)c->entry.attempts.items)->result, "egress");
    assert_recorded(c, "failed");
    configure("openai", url, NULL, NULL);
    c = run_of(SSE TEXT("a") STOP DONE, &(struct question){.stream = true, .sovereign = true});
    assert_recorded(c, "ok");
}

/* A stop waits for runs only so long, and tells those it cuts. */
static void test_a_stop_cuts(void **state)
{
    (void)state;
    configure("openai", url, NULL, NULL);
    script = SSE TEXT("a") SECOND WAIT WAIT WAIT WAIT WAIT STOP DONE;
    relays_start(&gate, 1);
    must(ask(&(struct question){.stream = true}));
    usleep(300000);
    int64_t began = clock_mono();
    relays_stop(&gate, 200);
    assert_in_range(clock_mono() - began, 150000, 1200000);
    assert_true(atomic_load(&caller->closed));
    assert_string_equal(text_of(&caller->said), "attach begin text fail ");
    assert_int_equal(caller->err.kind, ERR_BUSY);
    assert_recorded(caller, "truncated");
}

static void test_ollama(void **state)
{
    (void)state;
#define LINE(t, more) "{\"model\":\"real\",\"message\":{\"content\":\"" t "\"}" more "}\n"
    const struct { const char *script; bool stream; const char *said, *text, *status; } cases[] = {
        {HEAD("200 OK", "application/x-ndjson") LINE("a", "") LINE("b", "") LINE("", ",\"done\":true,\"eval_count\":2"), true,
         "attach begin text text finish end ", "ab", "ok"},
        {HEAD("200 OK", "application/json") LINE("ab", ",\"done\":true"), false, "attach whole ", "ab", "ok"},
        {HEAD("200 OK", "application/json") LINE("a", "") LINE("", ",\"done\":true"), true, "attach begin text finish end ", "a", "ok"},
        {HEAD("200 OK", "application/x-ndjson") LINE("a", ""), true, "attach begin text fail ", "a", "truncated"},
        {HEAD("200 OK", "application/x-ndjson") LINE("a", "") "{\"error\":\"x\"}\n", true, "attach begin text fail ", "a", "truncated"},
        {HEAD("404 No", "application/json") "{\"error\":\"no such model\"}", true, "attach fail ", "", "failed"},
    };
    configure("ollama", url, NULL, NULL);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct caller *c = run_of(cases[i].script, &(struct question){.stream = cases[i].stream});
        if (strcmp(text_of(&c->said), cases[i].said) != 0 || strcmp(text_of(&c->text), cases[i].text) != 0)
            fail_msg("case %zu: %s, %s (%s)", i, text_of(&c->said), text_of(&c->text), c->err.text);
        assert_recorded(c, cases[i].status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_whole_answers),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_bodies_without_end),
        cmocka_unit_test(test_calls_without_end),
        cmocka_unit_test(test_long_words),
        cmocka_unit_test(test_keepalive),
        cmocka_unit_test(test_a_caller_who_hangs_up),
        cmocka_unit_test(test_sovereign_runs_stay_inside),
        cmocka_unit_test(test_a_stop_cuts),
        cmocka_unit_test(test_ollama),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
