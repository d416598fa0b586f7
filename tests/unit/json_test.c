/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json_write.h"
#include "property.h"

static struct json checked(const char *text)
{
    struct json value;
    struct err err;
    if (!json_check(bytes_of(text), &(struct json_limits){.allow_nul = true}, &value, &err))
        fail_msg("%s: %s", text, err.text);
    return value;
}

static void test_kinds(void **state)
{
    (void)state;
    static const struct { const char *text; enum json_kind kind; } cases[] = {
        {"null", JSON_NULL}, {" true ", JSON_TRUE}, {"false", JSON_FALSE}, {"-1", JSON_NUMBER}, {"0", JSON_NUMBER},
        {"\"\"", JSON_STRING}, {"[]", JSON_ARRAY}, {"{}", JSON_OBJECT},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(json_kind(checked(cases[i].text)), cases[i].kind);
    assert_true(json_is_true(checked("true")));
    assert_false(json_is_true(checked("\"true\"")));
    assert_true(bytes_equal_text(json_bytes(checked(" [1, 2] ")), "[1, 2]"));
}

/* What is not there can be asked anything. */
static void test_nothing(void **state)
{
    (void)state;
    const struct json nothing = {NULL, 0};
    struct arena *a = arena_new();
    struct json_walk w = json_walk(nothing);
    int64_t n;
    double real;
    assert_int_equal(json_kind(nothing), JSON_NONE);
    assert_false(json_next(&w));
    assert_int_equal(json_count(nothing), 0);
    assert_null(json_member(nothing, "a").p);
    assert_null(json_at(nothing, "a.0").p);
    assert_null(json_text(nothing, a, NULL));
    assert_null(json_string(nothing, a));
    assert_false(json_equal(nothing, ""));
    assert_null(json_escaped(nothing).p);
    assert_false(json_int(nothing, INT64_MIN, INT64_MAX, &n));
    assert_false(json_real(nothing, &real));
    assert_int_equal(json_member_int(nothing, "a", -7), -7);
    assert_false(json_is_true(nothing));
    assert_int_equal(json_count(checked("\"[1,2]\"")), 0);
    arena_free(a);
}

static void test_members_and_paths(void **state)
{
    (void)state;
    struct json v = checked(" { \"a\" : [ 10 , {\"b\":\"x\"} , [ ] ] , \"a\\u002eb\" : 1, \"q\\\"\":\"]}\\\\\", \"n\":null,"
                            " \"e\":{}, \"月\" : 5 } ");
    struct arena *a = arena_new();
    assert_int_equal(json_count(v), 6);
    assert_true(bytes_equal_text(json_bytes(json_at(v, "a.0")), "10"));
    assert_string_equal(json_string(json_at(v, "a.1.b"), a), "x");
    assert_int_equal(json_kind(json_at(v, "a.2")), JSON_ARRAY);
    assert_int_equal(json_count(json_at(v, "a")), 3);
    assert_string_equal(json_string(json_member(v, "q\""), a), "]}\\");
    assert_int_equal(json_kind(json_member(v, "n")), JSON_NULL);
    assert_int_equal(json_member_int(v, "a.b", 0), 1);
    assert_int_equal(json_member_int(v, "月", 0), 5);
    assert_ptr_equal(json_at(v, "").p, v.p);
    static const char *const missing[] = {"b", "a.3", "a.x", "a.-1", "a.01x", "a.0.0", "a.1.b.c", "e.a", "n.a", "A",
                                          "a.99999999999999999999999999", "q", "\"a\"", "a\\u002eb"};
    for (size_t i = 0; i < COUNT(missing); i++)
        if (json_at(v, missing[i]).p)
            fail_msg("%s is there", missing[i]);
    arena_free(a);
}

static void test_walk(void **state)
{
    (void)state;
    struct json_walk w = json_walk(checked("[1 ,\"a,]\\\"\", [2,[3]],{\"x\":{}} , true]"));
    static const char *const items[] = {"1", "\"a,]\\\"\"", "[2,[3]]", "{\"x\":{}}", "true"};
    for (size_t i = 0; i < COUNT(items); i++) {
        assert_true(json_next(&w));
        assert_int_equal(w.i, i);
        assert_true(bytes_equal_text(json_bytes(w.value), items[i]));
        assert_null(w.name.p);
    }
    assert_false(json_next(&w));
    assert_false(json_next(&w));
    w = json_walk(checked("{\"a\":1, \"\\\\\" : \"\\\\\\\\\" ,\"c\"\n:\n[ ]}"));
    static const char *const members[][2] = {{"\"a\"", "1"}, {"\"\\\\\"", "\"\\\\\\\\\""}, {"\"c\"", "[ ]"}};
    for (size_t i = 0; i < COUNT(members); i++) {
        assert_true(json_next(&w));
        assert_int_equal(w.i, i);
        assert_true(bytes_equal_text(json_bytes(w.name), members[i][0]));
        assert_true(bytes_equal_text(json_bytes(w.value), members[i][1]));
    }
    assert_false(json_next(&w));
    w = json_walk(checked("{ }"));
    assert_false(json_next(&w));
}

static void test_strings(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"\"\"", ""}, {"\"plain\"", "plain"}, {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"}, {"\"\\u0041\"", "A"},
        {"\"\\u00E9\\u6708\"", "é月"}, {"\"a\\ud83d\\uDE00b\"", "a😀b"}, {"\"\\udbff\\udfff\"", "\xF4\x8F\xBF\xBF"},
        {"\"\\ud836\\ude00\"", "\xF0\x9D\xA8\x80"}, {"\"月\\n门\"", "月\n门"}, {"\"\\\\u0041\"", "\\u0041"},
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json v = checked(cases[i][0]);
        size_t n;
        assert_string_equal(json_text(v, a, &n), cases[i][1]);
        assert_int_equal(n, strlen(cases[i][1]));
        assert_string_equal(json_string(v, a), cases[i][1]);
        assert_true(json_equal(v, cases[i][1]));
        assert_false(json_equal(v, arena_printf(a, "%sx", cases[i][1])));
        assert_int_equal(json_escaped(v).n, strlen(cases[i][0]) - 2);
        if (n > 0)
            assert_false(json_equal(v, arena_copy(a, cases[i][1], n - 1)));
    }
    size_t n;
    assert_memory_equal(json_text(checked("\"a\\u0000b\""), a, &n), "a\0b", 4);
    assert_int_equal(n, 3);
    assert_null(json_string(checked("\"a\\u0000b\""), a));
    assert_false(json_equal(checked("\"a\\u0000b\""), "a"));
    assert_false(json_equal(checked("\"\\u0000\""), ""));
    assert_null(json_text(checked("1"), a, &n));
    arena_free(a);
}

static void test_ints(void **state)
{
    (void)state;
    static const struct { const char *text; bool ok; int64_t n; } cases[] = {
        {"0", true, 0}, {"-0", true, 0}, {"7", true, 7}, {"-7", true, -7}, {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN}, {"1e3", true, 1000}, {"1000.0", true, 1000}, {"12.50e3", true, 12500},
        {"-12.5E+1", true, -125}, {"1200e-2", true, 12}, {"0.00", true, 0}, {"0e999999999999", true, 0}, {"0.0e-5", true, 0},
        {"0.001e3", true, 1}, {"10.00e-1", true, 1}, {"9223372036854775807.000", true, INT64_MAX},
        {"1e18", true, 1000000000000000000},
        {"92233720368547758.07e2", true, INT64_MAX}, {"0.000000000000000000000000001e27", true, 1},
        {"100000000000000000000000000000e-29", true, 1},
        {"0.5", false, 0}, {"1.5", false, 0}, {"15e-1", false, 0}, {"1e-1", false, 0}, {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0}, {"18446744073709551616", false, 0}, {"1e19", false, 0},
        {"1e99999999999999999999", false, 0},
        {"1e-99999999999999999999", false, 0}, {"\"1\"", false, 0}, {"null", false, 0}, {"true", false, 0}, {"[1]", false, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t n = 77;
        if (json_int(checked(cases[i].text), INT64_MIN, INT64_MAX, &n) != cases[i].ok || n != (cases[i].ok ? cases[i].n : 77))
            fail_msg("%s was read as %lld", cases[i].text, (long long)n);
    }
    int64_t n;
    assert_false(json_int(checked("11"), 0, 10, &n));
    assert_false(json_int(checked("-1"), 0, 10, &n));
    assert_true(json_int(checked("10"), 0, 10, &n));
    struct json v = checked("{\"a\":5,\"b\":null,\"c\":1.5,\"d\":\"5\",\"e\":1e99}");
    assert_int_equal(json_member_int(v, "a", -1), 5);
    for (const char *name = "bcdef"; *name; name++)
        assert_int_equal(json_member_int(v, (char[]){*name, '\0'}, -1), -1);
}

static void test_reals(void **state)
{
    (void)state;
    double n;
    assert_true(json_real(checked("0.25"), &n) && n == 0.25);
    assert_true(json_real(checked("[-1.5e2]"), &n) == false);
    assert_true(json_real(json_at(checked("[-1.5e2]"), "0"), &n) && n == -150);
    assert_true(json_real(checked("12345678901234567890"), &n) && n == 12345678901234567890.0);
    assert_false(json_real(checked("1e999"), &n));
    assert_false(json_real(checked("\"1\""), &n));
}

/* A random value is written and, drawn again from the same seed, found again by the walk. */
enum { LETTERS = 12 };
static const char *const letters[LETTERS] = {"a", "b", "\"", "\\", "\n", "\x01", "é", "月", "😀", "<", "\xE2\x80\xA8", "/"};

static const char *random_text(struct random *r, struct arena *a)
{
    struct buf b = buf_new(a, 1000);
    for (size_t i = random_below(r, 20); i > 0; i--)
        buf_text(&b, letters[random_below(r, LETTERS)]);
    return arena_copy(a, b.p, b.n);
}

static void write_random(struct random *r, struct json_out *out, size_t depth, struct arena *a)
{
    size_t kind = random_below(r, depth ? 7 : 5), n = random_below(r, 6);
    switch (kind) {
    case 0: json_put_text(out, NULL); break;
    case 1: json_put_bool(out, n > 2); break;
    case 2: json_put_int(out, (int64_t)random_next(r) >> random_below(r, 63)); break;
    case 3: json_put_real(out, (double)(int64_t)random_next(r) / 1024); break;
    case 4: json_put_text(out, random_text(r, a)); break;
    case 5:
        json_begin_array(out);
        while (n-- > 0)
            write_random(r, out, depth - 1, a);
        json_end_array(out);
        break;
    default:
        json_begin_object(out);
        for (size_t i = 0; i < n; i++) {
            json_name(out, arena_printf(a, "%zu%s", i, random_text(r, a)));
            write_random(r, out, depth - 1, a);
        }
        json_end_object(out);
    }
}

static void expect_random(struct random *r, struct json v, size_t depth, struct arena *a)
{
    size_t kind = random_below(r, depth ? 7 : 5), n = random_below(r, 6);
    int64_t whole;
    double real;
    switch (kind) {
    case 0: assert_int_equal(json_kind(v), JSON_NULL); break;
    case 1: assert_int_equal(json_kind(v), n > 2 ? JSON_TRUE : JSON_FALSE); break;
    case 2:
        assert_true(json_int(v, INT64_MIN, INT64_MAX, &whole));
        assert_int_equal(whole, (int64_t)random_next(r) >> random_below(r, 63));
        break;
    case 3:
        assert_true(json_real(v, &real));
        assert_true(real == (double)(int64_t)random_next(r) / 1024);
        break;
    case 4: assert_true(json_equal(v, random_text(r, a))); break;
    case 5:
        assert_int_equal(json_count(v), n);
        for (struct json_walk w = json_walk(v); json_next(&w);)
            expect_random(r, w.value, depth - 1, a);
        break;
    default:
        assert_int_equal(json_count(v), n);
        for (size_t i = 0; i < n; i++) {
            struct json member = json_member(v, arena_printf(a, "%zu%s", i, random_text(r, a)));
            assert_non_null(member.p);
            expect_random(r, member, depth - 1, a);
        }
    }
}

static void test_what_is_written_is_found(void **state)
{
    (void)state;
    struct random r = random_start();
    struct arena *a = arena_new();
    for (int turn = 0; turn < 500; turn++) {
        struct random again = r;
        struct buf b = buf_new(a, 1 << 20);
        struct json_out out = json_out(&b);
        struct json v;
        struct err err;
        write_random(&r, &out, 4, a);
        if (!json_check(buf_view(&b), NULL, &v, &err))
            fail_msg("%.*s: %s", (int)b.n, b.p, err.text);
        expect_random(&again, v, 4, a);
        assert_int_equal(r.state, again.state);
        arena_reset(a);
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_members_and_paths),
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_ints),
        cmocka_unit_test(test_reals),
        cmocka_unit_test(test_what_is_written_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
