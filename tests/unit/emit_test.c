/* SPDX-License-Identifier: MIT */
#include "providers/emit.h"

#include "base/json_write.h"
#include "reader_help.h"

static struct heard *heard;

static struct json value(const char *text)
{
    struct json v;
    must(json_check(bytes_of(arena_text(a, text)), &(struct json_limits){.allow_nul = true}, &v, &err));
    return v;
}

static void start(void)
{
    heard = heard_new(&gemini_rules, false);
}

static void test_check(void **state)
{
    (void)state;
    struct json v;
    must(emit_check(bytes_of(" {\"a\":1}"), JSON_OBJECT, &v, &err));
    must(emit_check(bytes_of("[]"), JSON_ARRAY, &v, &err));
    const char *const bad[] = {"", "{", "[]", "7", "null", "{} x"};
    for (size_t i = 0; i < COUNT(bad); i++)
        must_fail(emit_check(bytes_of(bad[i]), JSON_OBJECT, &v, &err), ERR_UPSTREAM);
}

static void test_text(void **state)
{
    (void)state;
    start();
    const char *const nothing[] = {"\"\"", "7", "null", "{}", "[\"x\"]"};
    for (size_t i = 0; i < COUNT(nothing); i++)
        must(emit_text(&heard->reader, EVENT_TEXT, value(nothing[i]), &err));
    must(emit_text(&heard->reader, EVENT_TEXT, (struct json){0}, &err));
    assert_int_equal(heard->events, 0);
    must(emit_text(&heard->reader, EVENT_TEXT, value("\"\\u6708\\\"\""), &err));
    must(emit_text(&heard->reader, EVENT_REASONING, value("\"hm\""), &err));
    assert_string_equal(heard_text(&heard->text), "月\"");
    assert_string_equal(heard_text(&heard->reasoning), "hm");
    assert_int_equal(heard->reader.text_bytes, 6);
    heard->most = heard->events;
    must_fail(emit_text(&heard->reader, EVENT_TEXT, value("\"x\""), &err), ERR_CANCELLED);
}

static void test_calls(void **state)
{
    (void)state;
    const struct { const char *id, *arguments, *out; } cases[] = {
        {"\"theirs\"", "{\"x\":1}", "{\"x\":1}"}, {"\"\"", "{}", "{}"}, {"7", "null", "{}"}, {"null", "\"{\\\"y\\\":2}\"", "{\"y\":2}"},
    };
    start();
    for (size_t i = 0; i < COUNT(cases); i++)
        must(emit_call(&heard->reader, value(cases[i].id), value("\"f\""), value(cases[i].arguments), i == 0 ? "mark" : NULL, &err));
    must(emit_call(&heard->reader, (struct json){0}, value("\"f\""), (struct json){0}, NULL, &err));
    assert_int_equal(heard->calls.n, COUNT(cases) + 1);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(heard_text(&((struct heard_call *)heard->calls.items)[i].arguments), cases[i].out);
        assert_true(*heard_call(heard, i)->id);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(heard_call(heard, i)->id, heard_call(heard, k)->id);
    }
    assert_string_equal(heard_call(heard, 0)->id, "theirs");
    assert_string_equal(heard_call(heard, 0)->opaque, "mark");
    const char *const nameless[] = {"\"\"", "7", "null"};
    for (size_t i = 0; i < COUNT(nameless); i++)
        must_fail(emit_call(&heard->reader, value("\"x\""), value(nameless[i]), value("{}"), NULL, &err), ERR_UPSTREAM);
    while (heard->reader.tool_calls < TOOL_CALLS_MAX)
        must(emit_call(&heard->reader, value("\"x\""), value("\"f\""), value("{}"), NULL, &err));
    must_fail(emit_call(&heard->reader, value("\"x\""), value("\"f\""), value("{}"), NULL, &err), ERR_UPSTREAM);
    assert_int_equal(heard->reader.tool_calls, TOOL_CALLS_MAX);
}

static void test_finish(void **state)
{
    (void)state;
    const struct { bool calls; const char *said, *told; } cases[] = {
        {false, "stop", "stop"}, {true, "stop", "tool_calls"}, {true, "length", "length"}, {true, "content_filter", "content_filter"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        start();
        if (cases[i].calls)
            must(emit_call(&heard->reader, value("\"x\""), value("\"f\""), value("{}"), NULL, &err));
        must(emit_finish(&heard->reader, cases[i].said, &err));
        must(emit_finish(&heard->reader, "stop", &err));     /* the first counts; the ear takes one only */
        assert_string_equal(heard->finish, cases[i].told);
        assert_string_equal(heard->reader.finish, cases[i].told);
    }
}

static void test_ids(void **state)
{
    (void)state;
    const char *one = emit_call_id(a), *two = emit_call_id(a);
    assert_memory_equal(one, "call_", 5);
    assert_string_not_equal(one, two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check), cmocka_unit_test(test_text), cmocka_unit_test(test_calls), cmocka_unit_test(test_finish), cmocka_unit_test(test_ids),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
