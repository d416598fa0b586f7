/* SPDX-License-Identifier: MIT */
/* ndjson_test: a table of streams, whole, cut at every byte and at random; bounds. */
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

static const struct {
    const char *in;
    const char *lines;          /* all that is handed out, each followed by | */
} cases[] = {
    {"{\"a\":1}\n{\"b\":2}\n", "{\"a\":1}|{\"b\":2}|"},
    {"{\"a\":1}\r\n{\"b\":2}\r\n", "{\"a\":1}|{\"b\":2}|"},
    {"{\"a\":1}\n{\"b\":2}", "{\"a\":1}|{\"b\":2}|"},
    {"\n\n  \n\t\r\n{}\n\n", "{}|"},
    {"{\"text\":\"\xE6\x9C\x88\xE9\x97\xA8\"}\n", "{\"text\":\"\xE6\x9C\x88\xE9\x97\xA8\"}|"},
    {" {} \n", " {} |"},
    {"a\rb\n", "a\rb|"},
    {"a\r", "a|"},
    {"", ""},
};

struct notes {
    char text[1024];
    int left;
};

static bool note(void *arg, struct bytes line)
{
    struct notes *notes = arg;
    size_t n = strlen(notes->text);
    snprintf(notes->text + n, sizeof(notes->text) - n, "%.*s|", (int)line.n, (const char *)line.p);
    return --notes->left != 0;
}

/* Cut first at ${first}, then every ${step}. */
static void check_cut(size_t i, size_t first, size_t step, unsigned *seed)
{
    struct arena *a = arena_new();
    struct ndjson s = ndjson_new(a, 100);
    struct notes notes = {.left = 0};
    struct err err = {0};
    size_t n = strlen(cases[i].in);
    for (size_t at = 0; at < n;) {
        size_t size = at == 0 && !seed ? first : seed ? (size_t)rand_r(seed) % 5 : step;
        size = size < n - at ? size : n - at;
        uint8_t *piece = malloc(size ? size : 1);
        assert_non_null(piece);
        memcpy(piece, cases[i].in + at, size);
        assert_true(ndjson_feed(&s, (struct bytes){piece, size}, note, &notes, &err));
        free(piece);
        at += size;
    }
    assert_true(ndjson_end(&s, note, &notes, &err));
    assert_string_equal(notes.text, cases[i].lines);
    arena_free(a);
}

static void test_cut(void **state)
{
    (void)state;
    const char *seed_text = getenv("MOONGATE_SEED");
    unsigned seed = seed_text ? (unsigned)strtoul(seed_text, NULL, 10) : (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    for (size_t i = 0; i < COUNT(cases); i++) {
        check_cut(i, 1, 1, NULL);
        for (size_t at = 1; at <= strlen(cases[i].in); at++)
            check_cut(i, at, SIZE_MAX, NULL);
        for (int round = 0; round < 100; round++)
            check_cut(i, 0, 0, &seed);
    }
}

static void test_stop(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct ndjson s = ndjson_new(a, 100);
    struct notes notes = {.left = 1};
    struct err err = {0};
    assert_true(ndjson_feed(&s, bytes_of("1\n2\n3"), note, &notes, &err));
    assert_true(ndjson_feed(&s, bytes_of("4\n"), note, &notes, &err));
    assert_true(ndjson_end(&s, note, &notes, &err));
    assert_string_equal(notes.text, "1|");
    arena_free(a);
}

static void test_maximum(void **state)
{
    (void)state;
    static const struct { size_t n, step; bool good; } sizes[] = {
        {100, 1, true}, {100, 1000, true}, {101, 1, false}, {101, 1000, false}, {1000, 1000, false},
    };
    static char line[1001];
    memset(line, 'x', sizeof(line));
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct arena *a = arena_new();
        struct ndjson s = ndjson_new(a, 100);
        struct notes notes = {.left = 0};
        struct err err = {0};
        bool good = true;
        line[sizes[i].n] = '\n';
        for (size_t at = 0; good && at <= sizes[i].n; at += sizes[i].step) {
            size_t n = sizes[i].n + 1 - at < sizes[i].step ? sizes[i].n + 1 - at : sizes[i].step;
            good = ndjson_feed(&s, (struct bytes){(const uint8_t *)line + at, n}, note, &notes, &err);
        }
        line[sizes[i].n] = 'x';
        assert_int_equal(good, sizes[i].good);
        assert_int_equal(strlen(notes.text), good ? sizes[i].n + 1 : 0);
        if (!good)
            assert_int_equal(err.kind, ERR_UPSTREAM);
        assert_true(arena_used(a) < 1024);
        arena_free(a);
    }
}

static bool count(void *arg, struct bytes line)
{
    (void)line;
    ++*(size_t *)arg;
    return true;
}

static void test_memory(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct ndjson s = ndjson_new(a, 1 << 20);
    struct err err = {0};
    size_t lines = 0;
    for (int i = 0; i < 100000; i++) {
        assert_true(ndjson_feed(&s, bytes_of("{\"message\":{\"cont"), count, &lines, &err));
        assert_true(ndjson_feed(&s, bytes_of("ent\":\"hello\"}}\n"), count, &lines, &err));
    }
    assert_int_equal(lines, 100000);
    assert_true(arena_used(a) < 2048);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut), cmocka_unit_test(test_stop), cmocka_unit_test(test_maximum), cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
