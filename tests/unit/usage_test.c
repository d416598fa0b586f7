/* SPDX-License-Identifier: MIT */
#include "gate/usage.h"

#include "base/json.h"
#include "gate/provider.h"
#include "gate_help.h"

/* A question of 8 tokens (3 for the message, 3 for the answer, one word) and an answer of so many characters of Han, at 0.85 each. */
static struct reader reader_of(struct chat *chat, struct usage usage, int64_t han)
{
    must(json_check(bytes_of("{\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"), NULL, &chat->raw, &err));
    struct reader r = {.arena = a, .chat = chat, .usage = usage};
    for (int64_t i = 0; i < han; i++)
        reader_count(&r, bytes_of("月"));
    return r;
}

static void test_settling(void **state)
{
    (void)state;
    const struct usage_end good = {.answered = true}, cut = {.answered = true, .failed = true}, gone = {.answered = true, .gone = true}, refused = {.failed = true},
                           early = {.gone = true};
    const struct { const char *what; struct usage said; int64_t han; const struct usage_end *end; int64_t in, out; bool estimated; } cases[] = {
        {"said", {.in = 10, .out = 20, .known = true}, 10, &good, 10, 20, false},
        {"said, though the text looks longer", {.in = 10, .out = 2, .known = true}, 100, &good, 10, 2, false},
        {"nothing said", {0}, 10, &good, 8, 9, true},
        {"nothing said, nothing answered", {0}, 0, &good, 8, 0, true},
        {"zeros said", {.known = true}, 10, &good, 8, 9, true},
        {"only the answer's", {.out = 20, .known = true}, 10, &good, 8, 20, true},
        {"only the question's", {.in = 10, .known = true}, 10, &good, 10, 9, true},
        {"only the question's, no text", {.in = 10, .known = true}, 0, &good, 10, 0, false},
        {"negative", {.in = -5, .out = -5, .known = true}, 10, &good, 8, 9, true},
        {"beyond any", {.in = INT64_MAX, .out = INT64_MAX, .known = true}, 10, &good, TOKENS_MAX, TOKENS_MAX, false},
        {"the caller hung up after some text", {0}, 10, &gone, 8, 9, true},
        {"the caller hung up; the start had said 1", {.in = 10, .out = 1, .known = true}, 10, &gone, 10, 9, true},
        {"the caller hung up; more was said", {.in = 10, .out = 20, .known = true}, 10, &gone, 10, 20, false},
        {"the caller hung up before any text", {0}, 0, &gone, 8, 0, true},
        {"the caller hung up before any answer", {0}, 0, &early, 0, 0, false},
        {"cut after some text", {0}, 10, &cut, 8, 9, true},
        {"an error instead of text", {0}, 0, &cut, 0, 0, false},
        {"refused", {0}, 0, &refused, 0, 0, false},
        {"refused, with usage", {.in = 10, .known = true}, 0, &refused, 10, 0, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct chat chat = {0};
        struct reader r = reader_of(&chat, cases[i].said, cases[i].han);
        bool estimated = usage_settle(&r, "gpt-x", cases[i].end);
        if (r.usage.in != cases[i].in || r.usage.out != cases[i].out || estimated != cases[i].estimated)
            fail_msg("%s: %lld %lld %d", cases[i].what, (long long)r.usage.in, (long long)r.usage.out, estimated);
    }
}

/* Settling twice changes nothing; parts stay within their wholes. */
static void test_bounds(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int i = 0; i < 300; i++) {
        int64_t any[7];
        for (size_t k = 0; k < COUNT(any); k++)
            any[k] = (int64_t)random_next(&r) >> random_below(&r, 64);
        struct usage u = {any[0], any[1], any[2], any[3], any[4], any[5], any[6], true}, once;
        usage_bound(&u);
        assert_true(u.in >= 0 && u.in <= TOKENS_MAX && u.out >= 0 && u.out <= TOKENS_MAX && u.cached >= 0 && u.written >= 0 && u.written_long >= 0 && u.image >= 0);
        assert_true(u.cached + u.written + u.written_long + u.image <= u.in && u.reasoning >= 0 && u.reasoning <= u.out);
        once = u;
        usage_bound(&u);
        assert_memory_equal(&once, &u, sizeof(u));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_settling), cmocka_unit_test(test_bounds)};
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
