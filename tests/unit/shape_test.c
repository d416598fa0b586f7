/* SPDX-License-Identifier: MIT */
#include "serve/shape.h"

#include "base/json_write.h"
#include "gate_help.h"

static const struct shape_field fields[] = {
    {"text",   SHAPE_TEXT,   .min = 2, .max = 4},
    {.name = "any", .type = SHAPE_TEXT},
    {.name = "flag", .type = SHAPE_BOOL},
    {"int",    SHAPE_INT,    .min = -3, .max = 7},
    {"wide",   SHAPE_INT,    .min = INT64_MIN + 1, .max = INT64_MAX},
    {"number", SHAPE_NUMBER, .min = 0, .max = 2},
    {.name = "object", .type = SHAPE_OBJECT},
    {"list",   SHAPE_ARRAY,  .min = 1, .max = 2},
    {"texts",  SHAPE_TEXTS,  .min = 1, .max = 2},
    {"needed", SHAPE_INT,    .required = true, .min = 0, .max = 1},
    {.name = NULL},
};

static bool check(const char *text, bool all)
{
    struct json body;
    must(json_check(bytes_of(text), &(struct json_limits){.allow_nul = true}, &body, &err));
    return all ? shape_check_all(body, fields, a, &err) : shape_check(body, fields, a, &err);
}

static void test_good(void **state)
{
    (void)state;
    const char *const good[] = {
        "", "\"text\":\"ab\"", "\"text\":\"月门月门\"", "\"text\":null", "\"any\":\"\"", "\"flag\":true", "\"flag\":false", "\"int\":-3", "\"int\":7",
        "\"int\":7.0", "\"int\":1e0", "\"wide\":9223372036854775807", "\"number\":0", "\"number\":2", "\"number\":2.0", "\"number\":1e-9",
        "\"object\":{}", "\"list\":[null]", "\"list\":[1,2]", "\"texts\":\"a\"", "\"texts\":[]", "\"texts\":[\"a\",\"b\"]", "\"texts\":null",
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        const char *text = arena_printf(a, "{\"needed\":1%s%s}", *good[i] ? "," : "", good[i]);
        must(check(text, false));
        must(check(text, true));
    }
    must(check("{\"needed\":0,\"unknown\":[{}]}", false));
}

/* Each wrong value is told by field, value and what is allowed. */
static void test_bad(void **state)
{
    (void)state;
    const struct { const char *member, *field, *value, *allowed; } bad[] = {
        {"\"text\":\"a\"", "text", "\"a\"", "string, 2–4"},
        {"\"text\":\"abcde\"", "text", "\"abcde\"", "string, 2–4"},
        {"\"text\":7", "text", "7", "string, 2–4"},
        {"\"Text\":\"ab\"", "Text", "\"ab\"", "text"},
        {"\"text\":\"ab\",\"TEXT\":null", "TEXT", "null", "text"},
        {"\"text\u017f\":\"ab\"", "text\u017f", "\"ab\"", "texts"},
        {"\"\\u0054ex\\u0074\":\"ab\"", "Text", "\"ab\"", "text"},
        {"\"any\":[]", "any", "[]", "string"},
        {"\"any\":\"a\\u0000\"", "any", "\"a\\u0000\"", "string"},
        {"\"flag\":1", "flag", "1", "true, false"},
        {"\"flag\":\"true\"", "flag", "\"true\"", "true, false"},
        {"\"int\":8", "int", "8", "integer, -3–7"},
        {"\"int\":-4", "int", "-4", "integer, -3–7"},
        {"\"int\":1.5", "int", "1.5", "integer, -3–7"},
        {"\"int\":\"1\"", "int", "\"1\"", "integer, -3–7"},
        {"\"int\":1e99", "int", "1e99", "integer, -3–7"},
        {"\"wide\":9223372036854775808", "wide", "9223372036854775808", "integer"},
        {"\"wide\":1.5", "wide", "1.5", "integer"},
        {"\"number\":2.01", "number", "2.01", "number, 0–2"},
        {"\"number\":-0.01", "number", "-0.01", "number, 0–2"},
        {"\"number\":1e999", "number", "1e999", "number, 0–2"},
        {"\"number\":true", "number", "true", "number, 0–2"},
        {"\"object\":[]", "object", "[]", "object"},
        {"\"list\":{}", "list", "{}", "array, 1–2"},
        {"\"list\":[]", "list", "[]", "array, 1–2"},
        {"\"list\":[1,2,3]", "list", "[1,2,3]", "array, 1–2"},
        {"\"texts\":[\"a\",\"b\",\"c\"]", "texts", "[\"a\",\"b\",\"c\"]", "string, array of strings, 1–2"},
        {"\"texts\":[1]", "texts", "[1]", "string, array of strings, 1–2"},
        {"\"texts\":[null]", "texts", "[null]", "string, array of strings, 1–2"},
        {"\"texts\":7", "texts", "7", "string, array of strings, 1–2"},
        {"\"needed\":2", "needed", "2", "integer, 0–1"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *more = strstr(bad[i].member, "needed") ? "" : ",\"needed\":1";
        must_fail(check(arena_printf(a, "{%s%s}", bad[i].member, more), false), ERR_INPUT);
        assert_string_equal(err.field, bad[i].field);
        assert_string_equal(err.value, bad[i].value);
        assert_string_equal(err.allowed, bad[i].allowed);
    }
    const char *const missing[] = {"{}", "{\"needed\":null}"};
    for (size_t i = 0; i < COUNT(missing); i++) {
        must_fail(check(missing[i], false), ERR_INPUT);
        assert_string_equal(err.field, "needed");
        assert_string_equal(err.message, "error.missing_field");
    }
}

static void test_unknown(void **state)
{
    (void)state;
    must_fail(check("{\"needed\":1,\"tex\":\"ab\"}", true), ERR_UNKNOWN_FIELD);
    assert_string_equal(err.field, "tex");
    assert_memory_equal(err.allowed, "text, any, flag", strlen("text, any, flag"));
    must_fail(check("{\"needed\":1,\"a\\u0000b\":1}", true), ERR_UNKNOWN_FIELD);
    const char *lengthy = arena_printf(a, "{\"needed\":1,\"%0300d月\":1}", 0);
    must_fail(check(lengthy, true), ERR_UNKNOWN_FIELD);
}

static void test_excerpt(void **state)
{
    (void)state;
    struct json v;
    assert_string_equal(shape_excerpt((struct json){0}, a), "");
    for (int n = 40; n < 70; n++) {
        const char *text = arena_printf(a, "\"%0*d月门月门月门\"", n, 0);
        must(json_check(bytes_of(text), NULL, &v, &err));
        const char *shown = shape_excerpt(v, a);
        struct bytes ignored = bytes_of(shown);
        assert_true(ignored.n <= 60 + strlen("…"));
        const char *quoted = arena_printf(a, "[\"%.*s\"]", (int)(strlen(shown) - 1), shown + 1);
        if (strlen(text) > 60) {
            struct json again;                                   /* valid UTF-8: cut between characters */
            must(json_check(bytes_of(quoted), NULL, &again, &err));
        } else {
            assert_string_equal(shown, text);
        }
    }
}

static void test_numbers(void **state)
{
    (void)state;
    struct json v;
    int64_t n = 5;
    double x = 5;
    must(json_check(bytes_of("[7,null,\"8\",1.5]"), NULL, &v, &err));
    for (int i = 1; i < 3; i++) {
        shape_int(json_at(v, arena_printf(a, "%d", i)), &n);
        shape_real(json_at(v, arena_printf(a, "%d", i)), &x);
    }
    shape_int((struct json){0}, &n);
    shape_real((struct json){0}, &x);
    shape_int(json_at(v, "3"), &n);
    assert_true(n == 5 && x == 5);
    shape_int(json_at(v, "0"), &n);
    shape_real(json_at(v, "3"), &x);
    assert_true(n == 7 && x == 1.5);
}

static void test_schema(void **state)
{
    (void)state;
    for (int closed = 0; closed < 2; closed++) {
        struct buf buf = buf_new(a, 64 << 10);
        struct json_out out = json_out(&buf);
        struct json schema, properties;
        const char *text;
        json_begin_object(&out);
        shape_schema(&out, fields, closed);
        json_end_object(&out);
        must(buf_done(&buf, &text, &err));
        must(json_check(bytes_of(text), NULL, &schema, &err));
        properties = json_member(schema, "properties");
        assert_int_equal(json_count(properties), COUNT(fields) - 1);
        assert_true(json_is_true(json_member(schema, "additionalProperties")) == !closed);
        assert_true(json_equal(json_at(schema, "required.0"), "needed"));
        assert_int_equal(json_member_int(json_member(properties, "int"), "minimum", 0), -3);
        assert_true(json_member(json_member(properties, "wide"), "maximum").p == NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_excerpt),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_schema),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
