/* SPDX-License-Identifier: MIT */
#include "net/eventstream.h"

#include "eventstream_make.h"
#include "gate_help.h"

enum { MOST = 64 << 10 };

/* ---- what is heard ---- */

struct seen {
    struct buf text;
    size_t n, most;
};

static bool see(void *arg, const char *event, struct bytes payload)
{
    struct seen *seen = arg;
    buf_printf(&seen->text, "%s=%.*s;", event, (int)payload.n, (const char *)payload.p);
    return ++seen->n < seen->most;
}

static bool read_all(struct bytes in, struct random *cut, struct seen *seen)
{
    struct eventstream s = eventstream_new(a, MOST);
    *seen = (struct seen){.text = buf_new(a, 1 << 20), .most = seen->most ? seen->most : SIZE_MAX};
    memset(&err, 0, sizeof(err));
    for (size_t at = 0, n; at < in.n; at += n) {
        n = cut ? 1 + random_below(cut, 1 + random_below(cut, 60)) : in.n;
        n = n < in.n - at ? n : in.n - at;
        uint8_t *piece = arena_alloc(a, n);
        memcpy(piece, in.p + at, n);
        if (!eventstream_feed(&s, (struct bytes){piece, n}, see, seen, &err))
            return false;
    }
    return eventstream_end(&s, &err);
}

static const char *text_of(struct seen *seen)
{
    const char *text = "";
    must(buf_done(&seen->text, &text, &err));
    return text;
}

static void test_messages(void **state)
{
    (void)state;
    struct buf b = buf_new(a, MOST), headers = buf_new(a, MOST);
    struct seen seen = {0};
    put_event(&b, "messageStart", bytes_of("{}"));
    put_event(&b, "empty", bytes_of(""));
    put_string(&headers, ":exception-type", "throttlingException");
    put_string(&headers, ":message-type", "exception");
    put_message(&b, buf_view(&headers), bytes_of("{\"message\":\"slow\"}"));
    buf_clear(&headers);
    put_string(&headers, ":message-type", "error");
    put_string(&headers, ":error-code", "Internal Error");
    put_string(&headers, ":error-message", "it broke");
    put_message(&b, buf_view(&headers), bytes_of("unread"));
    put_message(&b, bytes_of(""), bytes_of("bare"));
    must(read_all(buf_view(&b), NULL, &seen));
    assert_string_equal(text_of(&seen), "messageStart={};empty=;!throttlingException={\"message\":\"slow\"};!Internal?Error=it broke;=bare;");
}

/* Every type of header is passed over. */
static void test_header_types(void **state)
{
    (void)state;
    static const struct { uint8_t type; size_t n; const char *value; } types[] = {
        {0, 0, ""}, {1, 0, ""}, {2, 1, "x"}, {3, 2, "xx"}, {4, 4, "xxxx"}, {5, 8, "xxxxxxxx"}, {6, 5, "\0\3abc"}, {7, 3, "\0\1a"}, {8, 8, "xxxxxxxx"},
        {9, 16, "xxxxxxxxxxxxxxxx"},
    };
    struct buf b = buf_new(a, MOST), headers = buf_new(a, MOST);
    struct seen seen = {0};
    for (size_t i = 0; i < COUNT(types); i++) {
        buf_add(&headers, "\2hh", 3);
        buf_add(&headers, &types[i].type, 1);
        buf_add(&headers, types[i].value, types[i].n);
    }
    put_string(&headers, ":event-type", "after");
    put_message(&b, buf_view(&headers), bytes_of("{}"));
    must(read_all(buf_view(&b), NULL, &seen));
    assert_string_equal(text_of(&seen), "after={};");
    static const struct { const char *what, *bytes; size_t n; } wrong[] = {
        {"a type that is none", "\1h\12x", 4}, {"a name without length", "\0\0", 2}, {"a name beyond the end", "\x09h\0", 3}, {"no type", "\1h", 2},
        {"a value beyond the end", "\1h\7\0\5ab", 7}, {"a length beyond the end", "\1h\7\0", 4}, {"a number beyond the end", "\1h\4xx", 5},
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        buf_clear(&b);
        put_message(&b, (struct bytes){(const uint8_t *)wrong[i].bytes, wrong[i].n}, bytes_of("{}"));
        if (read_all(buf_view(&b), NULL, &seen))
            fail_msg("%s was taken", wrong[i].what);
        assert_int_equal(err.kind, ERR_UPSTREAM);
        assert_int_equal(seen.n, 0);
    }
}

/* Whatever single bit is wrong, nothing of that message is believed. */
static void test_any_bit_that_is_wrong(void **state)
{
    (void)state;
    struct buf b = buf_new(a, MOST);
    struct seen seen = {0};
    put_event(&b, "one", bytes_of("{\"a\":1}"));
    for (size_t bit = 0; bit < b.n * 8; bit++) {
        b.p[bit / 8] ^= (char)(1 << bit % 8);
        if (read_all(buf_view(&b), NULL, &seen))
            fail_msg("bit %zu", bit);
        assert_int_equal(seen.n, 0);
        b.p[bit / 8] ^= (char)(1 << bit % 8);
    }
    must(read_all(buf_view(&b), NULL, &seen));
}

static void test_lengths(void **state)
{
    (void)state;
    static const struct { uint32_t total, headers; const char *words; } wrong[] = {
        {15, 0, "do not fit"}, {0, 0, "do not fit"}, {16, 1, "do not fit"}, {100, 85, "do not fit"}, {UINT32_MAX, UINT32_MAX, "do not fit"},
        {MOST + 1, 0, "longer than allowed"}, {UINT32_MAX, 0, "longer than allowed"},
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct buf b = buf_new(a, MOST);
        struct seen seen = {0};
        put_number(&b, wrong[i].total);
        put_number(&b, wrong[i].headers);
        put_number(&b, crypto_crc32(b.p, 8));
        for (int cut = 0; cut < 2; cut++) {
            struct random r = {.state = 7};
            assert_false(read_all(buf_view(&b), cut ? &r : NULL, &seen));
            if (!strstr(err.text, wrong[i].words))
                fail_msg("%u %u: %s", wrong[i].total, wrong[i].headers, err.text);
        }
    }
    struct eventstream s = eventstream_new(a, MOST);
    must(eventstream_end(&s, &err));
}

/* Cut anywhere, the same is heard; cut off anywhere, it is an error unless a message ends there. */
static void test_cuts(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int turn = 0; turn < 200; turn++) {
        struct buf b = buf_new(a, MOST);
        struct seen whole = {0}, cut = {0}, less = {0};
        size_t n = 1 + random_below(&r, 6), ends[6];
        for (size_t i = 0; i < n; i++) {
            put_event(&b, random_below(&r, 2) ? "contentBlockDelta" : "metadata", bytes_of(random_text(&r, 1 + random_below(&r, 300))));
            ends[i] = b.n;
        }
        must(read_all(buf_view(&b), NULL, &whole));
        must(read_all(buf_view(&b), &r, &cut));
        assert_int_equal(whole.n, n);
        assert_string_equal(text_of(&whole), text_of(&cut));
        size_t off = random_below(&r, b.n), between = off == 0;
        for (size_t i = 0; i < n; i++)
            between += ends[i] == off;
        assert_int_equal(read_all((struct bytes){(const uint8_t *)b.p, off}, &r, &less), between != 0);
        less = (struct seen){.most = 1};
        must(read_all(buf_view(&b), &r, &less));
        assert_int_equal(less.n, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages), cmocka_unit_test(test_header_types), cmocka_unit_test(test_any_bit_that_is_wrong),
        cmocka_unit_test(test_lengths), cmocka_unit_test(test_cuts),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
