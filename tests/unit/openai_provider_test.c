/* SPDX-License-Identifier: MIT */
/* What OpenAI-shaped providers say, tidy and untidy. */
#include "providers/providers.h"

#include "base/secret.h"
#include "reader_help.h"

#define CHUNK(delta) "{\"choices\":[{\"index\":0,\"delta\":{" delta "}}]}"

static struct heard *heard;

static bool frame(const char *text)
{
    memset(&err, 0, sizeof(err));
    return openai_rules.read_frame(&heard->reader, "", bytes_of(text), &err);
}

static bool whole(const char *text)
{
    return hear_whole(heard, text);
}

static void start(bool same)
{
    heard = heard_new(&openai_rules, same);
}

static void test_stream(void **state)
{
    (void)state;
    start(false);
    must(frame("{\"id\":\"cmpl-1\",\"model\":\"gpt-x\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}"));
    must(frame(CHUNK("\"reasoning_content\":\"hm\"")));
    must(frame(CHUNK("\"reasoning\":\" so\"")));
    must(frame("{\"id\":\"cmpl-2\",\"model\":\"gpt-y\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\\u0000\\u6708\\ud83d\\ude42\"}}]}"));
    must(frame(CHUNK("\"content\":null")));
    must(frame("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"\"}]}"));
    must(frame("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}"));
    must(frame("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}"));
    must(frame("{\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"prompt_tokens_details\":{\"cached_tokens\":2},"
               "\"completion_tokens_details\":{\"reasoning_tokens\":1}}}"));
    must(frame("[DONE]"));
    assert_string_equal(heard_text(&heard->reasoning), "hm so");
    assert_int_equal(heard->text.n, 9);
    assert_memory_equal(heard->text.p, "a\0月🙂", 9);
    assert_string_equal(heard->finish, "stop");
    assert_string_equal(heard->reader.model, "gpt-x");
    assert_string_equal(heard->reader.upstream_id, "cmpl-1");
    assert_true(heard->reader.ended && heard->reader.usage.known);
    assert_int_equal(heard->reader.usage.in, 7);
    assert_int_equal(heard->reader.usage.out, 3);
    assert_int_equal(heard->reader.usage.cached, 2);
    assert_int_equal(heard->reader.usage.reasoning, 1);
    assert_int_equal(heard->reader.said.hundredths, 102 + 42 + 102 + 40 + 85 + 212);   /* "hm so", whose word goes on in "a", "\0月🙂" */
}

/* What follows the end mark means nothing, whatever it is. */
static void test_after_the_end(void **state)
{
    (void)state;
    for (int same = 0; same < 2; same++) {
        start(same);
        must(frame(CHUNK("\"content\":\"a\"")));
        must(frame("[DONE]"));
        size_t events = heard->events;
        must(frame("rubbish"));
        must(frame(CHUNK("\"content\":\"b\"")));
        must(frame("{\"error\":\"late\"}"));
        assert_int_equal(heard->events, events);
    }
}

static void test_tool_calls(void **state)
{
    (void)state;
    start(false);
    must(frame(CHUNK("\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]")));
    must(frame(CHUNK("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"x\\\"\"}},{\"index\":1,\"id\":\"c2\",\"function\":"
                     "{\"name\":\"g\",\"arguments\":\"{}\"}}]")));
    must(frame(CHUNK("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\":1}\"}}]")));
    must(frame(CHUNK("\"tool_calls\":[]")));
    must(frame(CHUNK("\"tool_calls\":null")));
    must(frame("{\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}"));
    assert_int_equal(heard->calls.n, 2);
    assert_string_equal(heard_call(heard, 0)->id, "c1");
    assert_string_equal(heard_call(heard, 0)->name, "f");
    assert_string_equal(heard_text(&((struct heard_call *)heard->calls.items)[0].arguments), "{\"x\":1}");
    assert_string_equal(heard_call(heard, 1)->name, "g");
    assert_int_equal(heard->reader.tool_calls, 2);
    /* without an index, and with an object for arguments */
    start(false);
    must(whole("{\"choices\":[{\"message\":{\"content\":null,\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":{\"y\":2}}},"
               "{\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]},\"finish_reason\":\"tool_calls\"}]}"));
    assert_string_equal(heard_text(&((struct heard_call *)heard->calls.items)[0].arguments), "{\"y\":2}");
    assert_string_equal(heard_call(heard, 1)->id, "b");
}

/* An index of any size neither overflows nor allocates: to another dialect it is refused, to the same one it passes. */
static void test_tool_call_indexes(void **state)
{
    (void)state;
    const char *const indexes[] = {"128", "-1", "9223372036854775807", "-9223372036854775807"};
    for (size_t i = 0; i < COUNT(indexes); i++) {
        const char *text = arena_printf(a, CHUNK("\"tool_calls\":[{\"index\":%s,\"function\":{\"name\":\"f\"}}]"), indexes[i]);
        start(false);
        must_fail(frame(text), ERR_UPSTREAM);
        start(true);
        must(frame(text));
        assert_in_range(heard->reader.tool_calls, 0, TOOL_CALLS_MAX);
    }
}

/* To a caller of the same dialect every frame passes byte for byte, but for the usage it did not ask for. */
static void test_same_dialect(void **state)
{
    (void)state;
    const char *const frames[] = {
        CHUNK("\"content\":\"a\",\"unknown\":[1,2 ]"), "{\"choices\" : [ ] , \"x\":1}", CHUNK("\"tool_calls\":[{\"index\":0}]"),
        "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"second\"}}]}",
    };
    const char *usage = "{\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}", *want = "";
    for (int asked = 0; asked < 2; asked++, want = "") {
        start(true);
        heard->chat.include_usage = asked;
        for (size_t i = 0; i < COUNT(frames); i++) {
            must(frame(frames[i]));
            want = arena_printf(a, "%s%s\n", want, frames[i]);
        }
        must(frame(usage));
        if (asked)
            want = arena_printf(a, "%s%s\n", want, usage);
        must(frame("[DONE]"));
        assert_string_equal(heard_text(&heard->raw), want);
        assert_int_equal(heard->events, heard->raws);
        assert_int_equal(heard->reader.usage.out, 2);
        assert_true(heard->reader.text_bytes > 0);
    }
    const char *body = "{ \"choices\":[{\"message\":{\"content\":\"a\"},\"x\":1}], \"y\": {} }";
    start(true);
    must(whole(body));
    assert_string_equal(heard_text(&heard->raw), arena_printf(a, "%s\n", body));
}

static void test_errors_inside(void **state)
{
    (void)state;
    const char *const said[] = {
        "{\"error\":{\"message\":\"overloaded\",\"type\":\"x\"}}", "{\"error\":\"overloaded\"}", "{\"choices\":[],\"error\":{\"message\":\"overloaded\"}}",
    };
    for (size_t i = 0; i < COUNT(said); i++) {
        start(i % 2);
        must_fail(frame(said[i]), ERR_UPSTREAM);
        assert_non_null(strstr(err.text, "overloaded"));
        must_fail(whole(said[i]), ERR_UPSTREAM);
        assert_int_equal(heard->events, 0);
    }
    start(false);
    must(frame("{\"error\":null,\"choices\":[]}"));
    must_fail(whole("{\"error\":{}}"), ERR_UPSTREAM);
}

static void test_malformed(void **state)
{
    (void)state;
    const char *const bad[] = {"", "{", "{}{}", "<html>", "[", "\"x\"", "7", "null", "[]", "{\"choices\":[{}}", "\xff", "{\"a\":1,\"a\":2}",
                               "{\"a\":\"\\ud800\"}", "[DONE] "};
    for (size_t i = 0; i < COUNT(bad); i++)
        for (int same = 0; same < 2; same++) {
            start(same);
            must_fail(frame(bad[i]), ERR_UPSTREAM);
            must_fail(whole(bad[i]), ERR_UPSTREAM);
            assert_int_equal(heard->events, 0);
        }
    const char *const no_choices[] = {"{}", "{\"choices\":[]}", "{\"choices\":{}}", "{\"choices\":null}"};
    for (size_t i = 0; i < COUNT(no_choices); i++) {
        start(false);
        must(frame(no_choices[i]));
        must_fail(whole(no_choices[i]), ERR_UPSTREAM);
    }
    /* odd but harmless: nothing is said */
    const char *const odd[] = {"{\"choices\":[7]}", "{\"choices\":[{\"delta\":7}]}", CHUNK("\"content\":7"), CHUNK("\"content\":[\"x\"]"),
                               CHUNK("\"tool_calls\":7"), CHUNK("\"tool_calls\":{\"a\":1}"), "{\"choices\":[{\"finish_reason\":7}]}",
                               "{\"usage\":7}", "{\"usage\":[]}", "{\"model\":7,\"id\":[]}", "{\"choices\":[{\"finish_reason\":\"null\"}]}"};
    start(false);
    for (size_t i = 0; i < COUNT(odd); i++)
        must(frame(odd[i]));
    assert_int_equal(heard->text.n, 0);
    assert_null(heard->finish);
    assert_string_equal(heard->reader.model, "");
}

static void test_usage(void **state)
{
    (void)state;
    const struct { const char *usage; int64_t in, out, cached, reasoning; } cases[] = {
        {"{}", 0, 0, 0, 0},
        {"{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}", 1, 2, 0, 0},
        {"{\"prompt_tokens\":5,\"completion_tokens\":2,\"prompt_cache_hit_tokens\":4}", 5, 2, 4, 0},
        {"{\"prompt_tokens\":5,\"prompt_tokens_details\":null,\"completion_tokens_details\":null}", 5, 0, 0, 0},
        {"{\"prompt_tokens\":-5,\"completion_tokens\":9223372036854775807}", 0, 0, 0, 0},
        {"{\"prompt_tokens\":\"5\",\"completion_tokens\":1.5}", 0, 0, 0, 0},
        {"{\"prompt_tokens\":1e3,\"completion_tokens\":1000000000}", 1000, 1000000000, 0, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        start(false);
        must(whole(arena_printf(a, "{\"choices\":[{\"message\":{}}],\"usage\":%s}", cases[i].usage)));
        const struct usage *u = &heard->reader.usage;
        assert_true(u->known);
        assert_int_equal(u->in, cases[i].in);
        assert_int_equal(u->out, cases[i].out);
        assert_int_equal(u->cached, cases[i].cached);
        assert_int_equal(u->reasoning, cases[i].reasoning);
    }
    start(false);
    must(whole("{\"choices\":[{\"message\":{\"content\":\"x\"}}],\"usage\":null}"));
    assert_false(heard->reader.usage.known);
}

/* A model's name as long as a book would make the run too large to be recorded. */
static void test_long_names(void **state)
{
    (void)state;
    start(false);
    must(frame(arena_printf(a, "{\"model\":\"%0100000d\",\"id\":\"%0100000d\",\"choices\":[{\"finish_reason\":\"%0100000d\"}]}", 1, 2, 3)));
    assert_int_equal(strlen(heard->reader.model), 200);
    assert_int_equal(strlen(heard->reader.upstream_id), 200);
    assert_string_equal(heard->reader.finish, "stop");
}

static void test_a_caller_who_goes(void **state)
{
    (void)state;
    const char *const frames[] = {CHUNK("\"content\":\"a\""), CHUNK("\"reasoning\":\"a\""), CHUNK("\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"f\"}}]"),
                                  "{\"choices\":[{\"finish_reason\":\"stop\"}]}"};
    for (size_t i = 0; i < COUNT(frames); i++)
        for (int same = 0; same < 2; same++) {
            start(same);
            heard->most = 0;
            must_fail(frame(frames[i]), ERR_CANCELLED);
        }
}

static void test_error_bodies(void **state)
{
    (void)state;
    const struct { const char *body, *words; } cases[] = {
        {"{\"error\":{\"message\":\"no such \\\"model\\\"\"}}", "no such \"model\""}, {"{\"error\":\"bad\"}", "bad"}, {"{\"message\":\"bad\"}", "bad"},
        {"[{\"error\":{\"message\":\"bad\"}}]", "bad"}, {"{\"detail\":\"x\"}", "x"},
        {"{\"detail\":[{\"msg\":\"x\"}]}", "[{\"msg\":\"x\"}]"}, {"<html>", ""}, {"", ""}, {"{\"error\":{\"message\":7}}", ""},
        {"{\"error\":null}", ""}, {"[]", ""}, {"7", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(error_words(&openai_rules, cases[i].body), cases[i].words);
}

static void test_requests(void **state)
{
    (void)state;
    struct provider p = {.base_url = "http://h/v1/"};
    struct http_request r = {0};
    openai_rules.prepare_models(&p, a, &r);
    assert_string_equal(r.method, "GET");
    assert_string_equal(r.url, "http://h/v1/models");
    assert_int_equal(r.headers_n, 0);
    p.secret = secret_text(a, "sk-1");
    openai_rules.prepare_models(&p, a, &r);
    assert_int_equal(r.headers_n, 1);
    assert_string_equal(r.headers[0].name, "Authorization");
    assert_string_equal(r.headers[0].value, "Bearer sk-1");
    struct chat *chat = chat_new(a);
    r = (struct http_request){0};
    must(openai_rules.prepare(&(struct target){.provider = &p, .model = "m"}, chat, a, &r, &err));
    assert_string_equal(r.method, "POST");
    assert_string_equal(r.url, "http://h/v1/chat/completions");
    assert_int_equal(r.headers_n, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_after_the_end),
        cmocka_unit_test(test_tool_calls),
        cmocka_unit_test(test_tool_call_indexes),
        cmocka_unit_test(test_same_dialect),
        cmocka_unit_test(test_errors_inside),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_a_caller_who_goes),
        cmocka_unit_test(test_error_bodies),
        cmocka_unit_test(test_requests),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
