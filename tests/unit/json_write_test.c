/* SPDX-License-Identifier: MIT */
#include "base/json_write.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "property.h"

static const char *text_of(struct buf *b)
{
    const char *text;
    struct err err;
    struct json value;
    assert_true(buf_done(b, &text, &err));
    if (!json_check(buf_view(b), NULL, &value, &err))
        fail_msg("%s: %s", text, err.text);
    return text;
}

static void test_commas(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct buf b = buf_new(a, 4096);
    struct json_out out = json_out(&b);
    json_begin_object(&out);
    json_member_text(&out, "a", "x");
    json_member_text(&out, "none", NULL);
    json_member_put_int(&out, "n", -5);
    json_member_put_bool(&out, "yes", true);
    json_name(&out, "list");
    json_begin_array(&out);
    json_put_int(&out, 1);
    json_begin_array(&out);
    json_end_array(&out);
    json_begin_object(&out);
    json_end_object(&out);
    json_put_bool(&out, false);
    json_put_raw(&out, bytes_of("{\"raw\":1}"));
    json_put_raw(&out, (struct bytes){NULL, 0});
    json_put_bytes(&out, (struct bytes){NULL, 0});
    json_end_array(&out);
    json_name(&out, "last");
    json_begin_object(&out);
    json_member_put_int(&out, "n", INT64_MIN);
    json_end_object(&out);
    json_end_object(&out);
    assert_string_equal(text_of(&b), "{\"a\":\"x\",\"none\":null,\"n\":-5,\"yes\":true,\"list\":[1,[],{},false,{\"raw\":1},null,"
                                     "\"\"],\"last\":{\"n\":-9223372036854775808}}");
    arena_free(a);
}

static void test_strings(void **state)
{
    (void)state;
    static const struct { const char *text, *json; } cases[] = {
        {"", "\"\""}, {"plain", "\"plain\""}, {"月门 é 😀", "\"月门 é 😀\""}, {"\"\\/", "\"\\\"\\\\/\""},
        {"\b\f\n\r\t\x01\x1F\x7F", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7F\""}, {"</script>&", "\"\\u003c/script\\u003e\\u0026\""},
        {"a\xE2\x80\xA8" "b\xE2\x80\xA9", "\"a\\u2028b\\u2029\""}, {"\x80", "\"\xEF\xBF\xBD\""},
        {"a\xC0\xAF" "b", "\"a\xEF\xBF\xBD\xEF\xBF\xBD" "b\""}, {"月\xE6\x9C", "\"月\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xF0\x82\x80\xA8", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = buf_new(a, 4096);
        struct json_out out = json_out(&b);
        json_put_text(&out, cases[i].text);
        assert_string_equal(text_of(&b), cases[i].json);
    }
    struct buf b = buf_new(a, 4096);
    struct json_out out = json_out(&b);
    json_begin_array(&out);
    json_put_bytes(&out, (struct bytes){(const uint8_t *)"a\0b", 3});
    json_end_array(&out);
    assert_true(bytes_equal_text(buf_view(&b), "[\"a\\u0000b\"]"));
    b = buf_new(a, 4096);
    out = json_out(&b);
    json_begin_object(&out);
    json_member_text(&out, "<\"月\n", "");
    json_end_object(&out);
    assert_string_equal(text_of(&b), "{\"\\u003c\\\"月\\n\":\"\"}");
    arena_free(a);
}

static void test_reals_and_times(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct buf b = buf_new(a, 4096);
    struct json_out out = json_out(&b);
    static const double reals[] = {0, 0.1, -2.5, 1e300, NAN, INFINITY, -INFINITY};
    static const int64_t times[] = {0, 1, 1700000000123456, -1000000, INT64_MAX, INT64_MIN, 253402300799999000};
    json_begin_array(&out);
    for (size_t i = 0; i < COUNT(reals); i++)
        json_put_real(&out, reals[i]);
    for (size_t i = 0; i < COUNT(times); i++)
        json_put_time(&out, times[i]);
    json_end_array(&out);
    assert_string_equal(text_of(&b), "[0,0.1,-2.5,1e+300,null,null,null,null,\"1970-01-01T00:00:00.000Z\","
                                     "\"2023-11-14T22:13:20.123Z\",\"1969-12-31T23:59:59.000Z\",null,null,"
                                     "\"9999-12-31T23:59:59.999Z\"]");
    arena_free(a);
}

/* Any bytes become one string that checks and holds nothing a page could take for markup; valid text comes back. */
static void test_any_bytes(void **state)
{
    (void)state;
    struct random r = random_start();
    struct arena *a = arena_new();
    for (int turn = 0; turn < 5000; turn++) {
        char bytes[40];
        size_t n = random_below(&r, sizeof(bytes)), again;
        bool plain = random_below(&r, 2);
        for (size_t i = 0; i < n; i++)
            bytes[i] = (char)(plain ? 1 + random_below(&r, 127) : random_next(&r) | 1);
        struct buf b = buf_new(a, 4096);
        struct json_out out = json_out(&b);
        json_put_bytes(&out, (struct bytes){(const uint8_t *)bytes, n});
        const char *text = text_of(&b);
        assert_int_equal(strcspn(text, "<>&\n"), b.n);
        const char *back = json_text((struct json){b.p, b.n}, a, &again);
        if (plain) {
            assert_int_equal(again, n);
            assert_memory_equal(back, bytes, n);
        }
        arena_reset(a);
    }
    arena_free(a);
}

/* Pieces of a text are escaped as the whole text is. */
static void test_pieces(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct buf one = buf_new(a, 1000), other = buf_new(a, 1000);
    struct json_out out = json_out(&one), whole = json_out(&other);
    const struct bytes pieces[] = {bytes_of("data:\"\\"), bytes_of(""), bytes_of("\n\xe6\x9c\x88"), bytes_of("<\xff>")};
    json_begin_array(&out);
    json_put_int(&out, 1);
    json_put_pieces(&out, pieces, COUNT(pieces));
    json_put_pieces(&out, NULL, 0);
    json_end_array(&out);
    json_begin_array(&whole);
    json_put_int(&whole, 1);
    json_put_text(&whole, "data:\"\\\n\xe6\x9c\x88<\xff>");
    json_put_text(&whole, "");
    json_end_array(&whole);
    assert_int_equal(one.n, other.n);
    assert_memory_equal(one.p, other.p, one.n);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commas),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_reals_and_times),
        cmocka_unit_test(test_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
