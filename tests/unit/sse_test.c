/* SPDX-License-Identifier: MIT */
/* sse_test: a table of streams and what they hold, then the same streams cut at every byte and at random, then bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/err.h"
#include "net/sse.h"

#include <cmocka.h>

#define S(text) {(const uint8_t *)(text), sizeof(text) - 1}

/* Events are noted as name{data}, one after the other. */
static const struct {
    struct bytes in;
    const char *fed;            /* after sse_feed */
    const char *ended;          /* what sse_end adds */
} cases[] = {
    {S("data: a\n\ndata: b\n\n"), "{a}{b}", ""},
    {S("data:a\n\n"), "{a}", ""},
    {S("data:  a \n\n"), "{ a }", ""},
    {S("event: x\ndata: 1\n\ndata: 2\n\n"), "x{1}{2}", ""},
    {S("data: 1\nevent:x\n\n"), "x{1}", ""},
    {S("data: a\r\n\r\ndata: b\r\n\r\n"), "{a}{b}", ""},
    {S("data: a\r\rdata: b\r\r"), "{a}{b}", ""},
    {S("data: a\r\n\ndata: b\n\r\n"), "{a}{b}", ""},
    {S("data: a\ndata: b\ndata: c\n\n"), "{a\nb\nc}", ""},
    {S("data: a\ndata:\ndata: c\n\n"), "{a\n\nc}", ""},
    {S("data:\ndata:\n\n"), "{\n}", ""},
    {S("data\n\ndata: x\n\n"), "{x}", ""},                       /* empty data is no event */
    {S("event: ping\n\ndata: x\n\n"), "{x}", ""},                /* nor is a name alone, and it is forgotten */
    {S(": comment\n:\n\n: OPENROUTER PROCESSING\n\ndata: x\n\n"), "{x}", ""},
    {S("data: a\n: between\ndata: b\n\n"), "{a\nb}", ""},
    {S("id: 7\nretry: 10\nfoo: bar\ndata: x\n\n"), "{x}", ""},
    {S("Data: no\ndata : no\n data: no\ndata: yes\n\n"), "{yes}", ""},
    {S("\xEF\xBB\xBF" "data: a\n\n"), "{a}", ""},
    {S("\xEF\xBB\xBF\xEF\xBB\xBF" "data: a\n\n"), "", ""},       /* only one */
    {S("data: a\n\n\xEF\xBB\xBF" "data: b\n\n"), "{a}", ""},     /* and only first */
    {S("\xEF\xBB\xBF\ndata: a\n\n"), "{a}", ""},
    {S("\xEF\xBB"), "", ""},
    {S("data: \xE6\x9C\x88\xE9\x97\xA8 \xF0\x9F\x8C\x99\n\n"), "{\xE6\x9C\x88\xE9\x97\xA8 \xF0\x9F\x8C\x99}", ""},
    {S("data: {\"a\":1}\n\ndata: [DONE]"), "{{\"a\":1}}", "{[DONE]}"},
    {S("data: [DONE]\n"), "", "{[DONE]}"},
    {S("data: a\r"), "", "{a}"},
    {S("data: a\n\n\n\n\n"), "{a}", ""},
    {S("event: done\ndata: x"), "", "done{x}"},
    {S("data: a\n\n{\"error\":\n {}}\n\ndata: b\n\n"), "{a}{{\"error\":\n {}}}{b}", ""},      /* JSON that is no field */
    {S("data: a\n\n[{\r\n\"data\": 1\r\n}]"), "{a}", "{[{\n\"data\": 1\n}]}"},
    {S("data: a\n{\n\n"), "{a}", ""},                            /* but not inside an event */
    {S(""), "", ""},
    {S("\n\n\r\r\n"), "", ""},
    {S("event: 123456789012345678901234567890123456789012345678901234567890123456789\ndata: x\n\n"),
     "123456789012345678901234567890123456789012345678901234567890123{x}", ""},
};

struct notes {
    char text[1 << 12];
    size_t n;
    int left;                   /* events to take before saying stop */
};

static bool note(void *arg, const char *event, struct bytes data)
{
    struct notes *notes = arg;
    int n = snprintf(notes->text + notes->n, sizeof(notes->text) - notes->n, "%s{%.*s}", event, (int)data.n, (const char *)data.p);
    notes->n += (size_t)n;
    assert_true(notes->n < sizeof(notes->text));
    return --notes->left != 0;
}

/* Feed ${in} in pieces of the sizes ${cut} gives; each piece is memory of its own, so that reading past it is seen. */
static void check_cut(size_t i, size_t (*cut)(void *arg, size_t at), void *arg)
{
    struct arena *a = arena_new();
    struct sse s = sse_new(a, 4096);
    struct notes notes = {.n = 0};
    struct err err = {0};
    for (size_t at = 0; at < cases[i].in.n;) {
        size_t n = cut(arg, at);
        n = n < cases[i].in.n - at ? n : cases[i].in.n - at;
        uint8_t *piece = malloc(n ? n : 1);
        assert_non_null(piece);
        memcpy(piece, cases[i].in.p + at, n);
        assert_true(sse_feed(&s, (struct bytes){piece, n}, note, &notes, &err));
        free(piece);
        at += n;
    }
    notes.text[notes.n] = '\0';
    assert_string_equal(notes.text, cases[i].fed);
    notes.n = 0;
    assert_true(sse_end(&s, note, &notes, &err));
    notes.text[notes.n] = '\0';
    assert_string_equal(notes.text, cases[i].ended);
    arena_free(a);
}

static size_t whole(void *arg, size_t at) { (void)arg; (void)at; return SIZE_MAX; }
static size_t single(void *arg, size_t at) { (void)arg; (void)at; return 1; }
static size_t once_at(void *arg, size_t at) { return at == 0 ? *(size_t *)arg : SIZE_MAX; }
static size_t anywhere(void *arg, size_t at) { (void)at; return (size_t)rand_r(arg) % 7; }

static void test_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_cut(i, whole, NULL);
}

static void test_cut_everywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        check_cut(i, single, NULL);
        for (size_t at = 1; at < cases[i].in.n; at++)
            check_cut(i, once_at, &at);
    }
}

static void test_cut_at_random(void **state)
{
    (void)state;
    const char *seed_text = getenv("MOONGATE_SEED");
    unsigned seed = seed_text ? (unsigned)strtoul(seed_text, NULL, 10) : (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    for (int round = 0; round < 100; round++)
        for (size_t i = 0; i < COUNT(cases); i++)
            check_cut(i, anywhere, &seed);
}

static void test_stop(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct sse s = sse_new(a, 4096);
    struct notes notes = {.left = 2};
    struct err err = {0};
    assert_true(sse_feed(&s, bytes_of("data: 1\n\ndata: 2\n\ndata: 3\n\n"), note, &notes, &err));
    assert_true(sse_feed(&s, bytes_of("data: 4\n\ndata: 5"), note, &notes, &err));
    assert_true(sse_end(&s, note, &notes, &err));
    assert_string_equal(notes.text, "{1}{2}");
    arena_free(a);
}

/* ${n} bytes of x after "data:" in pieces of ${step}. */
static bool feed_long(struct sse *s, size_t n, size_t step, struct notes *notes, struct err *err)
{
    static uint8_t x[4096];
    memset(x, 'x', sizeof(x));
    bool good = sse_feed(s, bytes_of("data:"), note, notes, err);
    for (size_t fed = 0; good && fed < n; fed += step)
        good = sse_feed(s, (struct bytes){x, n - fed < step ? n - fed : step}, note, notes, err);
    return good && sse_feed(s, bytes_of("\n\n"), note, notes, err);
}

static void test_maximum(void **state)
{
    (void)state;
    static const struct { size_t n, step; bool good; } sizes[] = {
        {995, 1, true}, {995, 995, true}, {996, 1, false}, {996, 996, false}, {4000, 4000, false}, {4000, 7, false},
    };
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct arena *a = arena_new();
        struct sse s = sse_new(a, 1000);
        struct notes notes = {.n = 0};
        struct err err = {0};
        assert_int_equal(feed_long(&s, sizes[i].n, sizes[i].step, &notes, &err), sizes[i].good);
        if (!sizes[i].good) {
            assert_int_equal(err.kind, ERR_UPSTREAM);
            assert_true(sse_feed(&s, bytes_of("\n\ndata: late\n\n"), note, &notes, &err));      /* dropped */
            assert_true(sse_end(&s, note, &notes, &err));
            assert_int_equal(notes.n, 0);
        }
        arena_free(a);
    }
}

/* Many lines whole in one piece, each within the maximum, all of them together not. */
static void test_maximum_of_event(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct sse s = sse_new(a, 100);
    struct notes notes = {.n = 0};
    struct err err = {0};
    assert_true(sse_feed(&s, bytes_of("data: 0123456789\n\n"), note, &notes, &err));
    bool good = true;
    for (int i = 0; good && i < 12; i++)
        good = sse_feed(&s, bytes_of("data: 0123456789\n"), note, &notes, &err);
    assert_false(good);
    assert_int_equal(err.kind, ERR_UPSTREAM);
    assert_string_equal(notes.text, "{0123456789}");
    struct sse lines = sse_new(a, 100);
    static char one[200];
    memset(one, 'x', 150);
    one[150] = '\n';
    assert_false(sse_feed(&lines, bytes_of(one), note, &notes, &err));
    arena_free(a);
}

static bool count(void *arg, const char *event, struct bytes data)
{
    (void)event;
    (void)data;
    ++*(size_t *)arg;
    return true;
}

/* A long stream costs the arena nothing per event. */
static void test_memory(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct sse s = sse_new(a, 1 << 20);
    struct err err = {0};
    size_t events = 0;
    for (int i = 0; i < 100000; i++) {
        assert_true(sse_feed(&s, bytes_of("event: delta\nda"), count, &events, &err));
        assert_true(sse_feed(&s, bytes_of("ta: {\"text\":\"hello\"}\n\n"), count, &events, &err));
    }
    assert_int_equal(events, 100000);
    assert_true(arena_used(a) < 2048);
    arena_free(a);
}

/* Input made to be looked at again and again costs no more than ten times a plain one of the same length. */
static int64_t cost(const char *unit, size_t n, size_t step)
{
    struct arena *a = arena_new();
    struct sse s = sse_new(a, n + 1);
    struct err err = {0};
    size_t events = 0, unit_n = strlen(unit);
    uint8_t *p = malloc(n);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)unit[i % unit_n];
    clock_t start = clock();             /* of the processor: other programs on the machine do not count */
    for (size_t at = 0; at < n; at += step)
        assert_true(sse_feed(&s, (struct bytes){p + at, n - at < step ? n - at : step}, count, &events, &err));
    int64_t took = (int64_t)(clock() - start) * 1000000 / CLOCKS_PER_SEC;
    free(p);
    arena_free(a);
    return took;
}

static void test_linear(void **state)
{
    (void)state;
    enum { N = 4 << 20 };
    static const char *const units[] = {"\r", "\n", "\r\n", ":\r", "x", "data:\r", ":\n", "data:x\n\n"};
    for (size_t i = 0; i < COUNT(units); i++)
        for (size_t step = 64; step <= N; step *= 256) {
            int64_t took = cost(units[i], N, step);
            if (took > 5000000)
                fail_msg("4 MiB of unit %zu in steps of %zu took %lld us", i, step, (long long)took);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole), cmocka_unit_test(test_cut_everywhere), cmocka_unit_test(test_cut_at_random),
        cmocka_unit_test(test_stop), cmocka_unit_test(test_maximum), cmocka_unit_test(test_maximum_of_event),
        cmocka_unit_test(test_memory), cmocka_unit_test(test_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
