/* SPDX-License-Identifier: MIT */
#include "providers/providers.h"

#include "base/secret.h"
#include "reader_help.h"
#include "serve/openai_read.h"

#define HELLO "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]"
#define HELLO_OUT "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]"

static const struct provider provider = {.base_url = "http://h:11434"};
static struct heard *heard;

static bool write_chat(const char *text, const char **out_r)
{
    struct chat *chat = chat_new(a);
    struct http_request r = {0};
    struct json body;
    must(json_check(bytes_of(text), &(struct json_limits){.allow_nul = true}, &body, &err));
    must(openai_read(body, chat, a, &err));
    must(openai_parse(chat, a, &err));
    memset(&err, 0, sizeof(err));
    struct target target = {.provider = &provider, .model = "qwen", .stream = chat->stream};
    if (!ollama_rules.prepare(&target, chat, a, &r, &err))
        return false;
    assert_string_equal(r.method, "POST");
    assert_string_equal(r.url, "http://h:11434/api/chat");
    *out_r = arena_copy(a, r.body.p, r.body.n);
    return true;
}

static void test_writing(void **state)
{
    (void)state;
    const struct { const char *from, *to; } cases[] = {
        {"{\"model\":\"m\"," HELLO "}", "{\"model\":\"qwen\"," HELLO_OUT ",\"options\":{},\"stream\":false}"},
        {"{\"model\":\"m\"," HELLO ",\"stream\":true}", "{\"model\":\"qwen\"," HELLO_OUT ",\"options\":{},\"stream\":true}"},
        {"{\"model\":\"m\"," HELLO ",\"temperature\":0,\"top_p\":0.5,\"frequency_penalty\":1,\"presence_penalty\":-1,\"max_tokens\":7,\"seed\":3,"
         "\"stop\":[\"a\",\"b\"],\"n\":1,\"tool_choice\":\"auto\"}",
         "{\"model\":\"qwen\"," HELLO_OUT ",\"options\":{\"num_predict\":7,\"seed\":3,\"temperature\":0,\"top_p\":0.5,\"frequency_penalty\":1,"
         "\"presence_penalty\":-1,\"stop\":[\"a\",\"b\"]},\"stream\":false}"},
        {"{\"model\":\"m\"," HELLO ",\"response_format\":{\"type\":\"json_object\"}}",
         "{\"model\":\"qwen\"," HELLO_OUT ",\"format\":\"json\",\"options\":{},\"stream\":false}"},
        {"{\"model\":\"m\"," HELLO ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"type\":\"object\"}}}}",
         "{\"model\":\"qwen\"," HELLO_OUT ",\"format\":{\"type\":\"object\"},\"options\":{},\"stream\":false}"},
        {"{\"model\":\"m\"," HELLO ",\"tools\":[{\"function\":{\"name\":\"f\"}}]}",
         "{\"model\":\"qwen\"," HELLO_OUT ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"\",\"parameters\":"
         "{\"type\":\"object\",\"properties\":{}}}}],\"options\":{},\"stream\":false}"},
        {"{\"model\":\"m\"," HELLO ",\"tools\":[{\"function\":{\"name\":\"f\"}}],\"tool_choice\":\"none\"}",
         "{\"model\":\"qwen\"," HELLO_OUT ",\"options\":{},\"stream\":false}"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\\u0000\"},{\"type\":\"image_url\",\"image_url\":"
         "{\"url\":\"data:image/png;base64,QUJD\"}},{\"type\":\"text\",\"text\":\"b\"}]}]}",
         "{\"model\":\"qwen\",\"messages\":[{\"role\":\"user\",\"content\":\"a\\u0000b\",\"images\":[\"QUJD\"]}],\"options\":{},\"stream\":false}"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"hm\",\"tool_calls\":[{\"id\":\"1\",\"function\":"
         "{\"name\":\"f\",\"arguments\":\" {\\\"x\\\":1} \"}}]},{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":\"42\"}]}",
         "{\"model\":\"qwen\",\"messages\":[{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"hm\",\"tool_calls\":[{\"function\":{\"name\":\"f\","
         "\"arguments\":{\"x\":1}}}]},{\"role\":\"tool\",\"content\":\"42\",\"tool_name\":\"f\"}],\"options\":{},\"stream\":false}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *out;
        must(write_chat(cases[i].from, &out));
        assert_string_equal(out, cases[i].to);
    }
}

/* What Ollama has no way to say is refused by name, not left out. */
static void test_what_cannot_be_written(void **state)
{
    (void)state;
    const struct { const char *body, *field, *value, *allowed; } bad[] = {
        {"{\"model\":\"m\"," HELLO ",\"n\":2}", "n", "2", "1"},
        {"{\"model\":\"m\"," HELLO ",\"tool_choice\":\"required\"}", "tool_choice", "required", "auto, none"},
        {"{\"model\":\"m\"," HELLO ",\"tool_choice\":{\"function\":{\"name\":\"f\"}}}", "tool_choice", "=f", "auto, none"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x/y\"}}]}]}",
         "messages", "https://x/y", "data:image/…;base64"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"[1]\"}}]}]}",
         "tool_calls.function.arguments", "[1]", "a JSON object as text"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]}]}",
         "tool_calls.function.arguments", "{", "a JSON object as text"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{},\\\"x\\\":{}\"}}]}]}",
         "tool_calls.function.arguments", "{},\"x\":{}", "a JSON object as text"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *out;
        must_fail(write_chat(bad[i].body, &out), ERR_INPUT);
        if (strcmp(err.field, bad[i].field) != 0 || strcmp(err.value, bad[i].value) != 0 || strcmp(err.allowed, bad[i].allowed) != 0)
            fail_msg("%s: %s, %s, %s", bad[i].body, err.field, err.value, err.allowed);
    }
}

/* Runtimes that count calls from 0 in every answer use an id again: a result belongs to the nearest call before it. */
static void test_results_of_tools_with_ids_used_again(void **state)
{
    (void)state;
#define CALL(name) "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"call_0\",\"function\":{\"name\":\"" name "\"}}]}"
#define RESULT "{\"role\":\"tool\",\"tool_call_id\":\"call_0\",\"content\":\"\"}"
    const char *out;
    struct json body;
    must(write_chat("{\"model\":\"m\",\"messages\":[" RESULT "," CALL("first") "," RESULT "," CALL("second") "," RESULT ",{\"role\":\"tool\","
                    "\"tool_call_id\":\"other\",\"content\":\"\"},{\"role\":\"tool\",\"content\":\"\"}]}", &out));
    must(json_check(bytes_of(out), NULL, &body, &err));
    const struct { const char *path, *name; } names[] = {{"messages.0", NULL}, {"messages.2", "first"}, {"messages.4", "second"}, {"messages.5", NULL},
                                                         {"messages.6", NULL}};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct json name = json_member(json_at(body, names[i].path), "tool_name");
        assert_true(names[i].name ? json_equal(name, names[i].name) : name.p == NULL);
    }
}

static bool line(const char *text)
{
    memset(&err, 0, sizeof(err));
    return ollama_rules.read_frame(&heard->reader, "", bytes_of(text), &err);
}

static void start(void)
{
    heard = heard_new(&ollama_rules, false);
}

static void test_stream(void **state)
{
    (void)state;
    start();
    must(line("{\"model\":\"qwen:1\",\"created_at\":\"x\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"hm\"},\"done\":false}"));
    must(line("{\"model\":\"qwen:2\",\"message\":{\"content\":\"a\\u6708\"},\"done\":false}"));
    must(line("{\"message\":{\"content\":\"b\"}}"));
    assert_false(heard->reader.ended);
    must(line("{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":7,\"eval_count\":3}"));
    must(line("rubbish after the end"));
    must(line("{\"message\":{\"content\":\"late\"}}"));
    assert_string_equal(heard_text(&heard->text), "a月b");
    assert_string_equal(heard_text(&heard->reasoning), "hm");
    assert_string_equal(heard->finish, "stop");
    assert_string_equal(heard->reader.model, "qwen:1");
    assert_true(heard->reader.ended && heard->reader.usage.known);
    assert_int_equal(heard->reader.usage.in, 7);
    assert_int_equal(heard->reader.usage.out, 3);
}

static void test_ends(void **state)
{
    (void)state;
#define TOOLS "\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{}}}]},"
    const struct { const char *text, *finish; bool known; int64_t in, out; } cases[] = {
        {"{\"done\":true}", "stop", false, 0, 0},
        {"{\"done\":true,\"done_reason\":\"length\",\"eval_count\":5}", "length", true, 0, 5},
        {"{\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":5}", "stop", true, 5, 0},
        {"{" TOOLS "\"done\":true,\"done_reason\":\"stop\"}", "tool_calls", false, 0, 0},
        {"{" TOOLS "\"done\":true,\"done_reason\":\"length\"}", "length", false, 0, 0},
        {"{\"done\":true,\"done_reason\":\"unload\",\"eval_count\":-5,\"prompt_eval_count\":\"x\"}", "stop", false, 0, 0},
        {"{\"done\":true,\"eval_count\":9223372036854775807}", "stop", false, 0, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        start();
        must(line(cases[i].text));
        assert_string_equal(heard->finish, cases[i].finish);
        assert_true(heard->reader.usage.known == cases[i].known);
        assert_int_equal(heard->reader.usage.in, cases[i].in);
        assert_int_equal(heard->reader.usage.out, cases[i].out);
        start();
        must(hear_whole(heard, cases[i].text));
    }
}

/* Calls without an id get one; no two alike, also not across answers. */
static void test_tool_calls(void **state)
{
    (void)state;
    const char *seen[6];
    size_t n = 0;
    for (int answer = 0; answer < 2; answer++) {
        start();
        must(line("{\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{\"x\":[1]}}},{\"id\":\"\",\"function\":{\"name\":\"g\"}}]}}"));
        must(line("{\"message\":{\"tool_calls\":[{\"id\":\"theirs\",\"function\":{\"name\":\"h\",\"arguments\":\"{}\"}},{\"function\":{\"arguments\":7}}]}}"));
        assert_int_equal(heard->calls.n, 4);
        assert_string_equal(heard_text(&((struct heard_call *)heard->calls.items)[0].arguments), "{\"x\":[1]}");
        assert_string_equal(heard_text(&((struct heard_call *)heard->calls.items)[1].arguments), "{}");
        assert_string_equal(heard_call(heard, 2)->id, "theirs");
        for (size_t i = 0; i < 4; i++)
            if (i != 2)
                seen[n++] = heard_call(heard, i)->id;
    }
    for (size_t i = 0; i < n; i++) {
        assert_memory_equal(seen[i], "call_", 5);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(seen[i], seen[k]);
    }
    struct buf buf = buf_new(a, 1 << 20);
    const char *text;
    buf_text(&buf, "{\"message\":{\"tool_calls\":[{}");
    for (int i = 0; i < TOOL_CALLS_MAX; i++)
        buf_text(&buf, ",{}");
    buf_text(&buf, "]}}");
    must(buf_done(&buf, &text, &err));
    start();
    must_fail(line(text), ERR_UPSTREAM);
    assert_int_equal(heard->calls.n, TOOL_CALLS_MAX);
}

static void test_errors(void **state)
{
    (void)state;
    const char *const bad[] = {"{\"error\":\"model not loaded\"}", "{\"error\":{\"x\":1}}", "{", "", "7", "[]", "null", "\"x\"", "{}{}", "<html>", "\xff"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        start();
        must_fail(line(bad[i]), ERR_UPSTREAM);
        must_fail(hear_whole(heard, bad[i]), ERR_UPSTREAM);
        assert_int_equal(heard->events, 0);
    }
    start();
    must_fail(hear_whole(heard, "{\"message\":{\"content\":\"cut\"},\"done\":false}"), ERR_UPSTREAM);
    const char *const odd[] = {"{}", "{\"message\":7}", "{\"message\":{\"content\":7,\"tool_calls\":7,\"thinking\":[]}}", "{\"done\":\"true\"}",
                               "{\"error\":null}", "{\"model\":7}"};
    start();
    for (size_t i = 0; i < COUNT(odd); i++)
        must(line(odd[i]));
    assert_int_equal(heard->events, 0);
    const char *const taken[] = {"{\"message\":{\"content\":\"x\"}}", "{\"message\":{\"thinking\":\"x\"}}", "{" TOOLS "\"x\":1}", "{\"done\":true}"};
    for (size_t i = 0; i < COUNT(taken); i++) {
        start();
        heard->most = 0;
        must_fail(line(taken[i]), ERR_CANCELLED);
    }
}

static void test_error_bodies_and_models(void **state)
{
    (void)state;
    assert_string_equal(error_words(&ollama_rules, "{\"error\":\"no \\u6708\"}"), "no 月");
    assert_string_equal(error_words(&ollama_rules, "{\"error\":7}"), "");
    assert_string_equal(error_words(&ollama_rules, "<html>"), "");
    struct list names = {0};
    must(ollama_rules.read_models(bytes_of("{\"models\":[{\"name\":\"qwen\"}]}"), a, &names, &err));
    assert_int_equal(names.n, 1);
    must_fail(ollama_rules.read_models(bytes_of("{\"data\":[]}"), a, &names, &err), ERR_UPSTREAM);
    struct http_request r = {0};
    struct provider p = {.base_url = "http://h/", .secret = secret_text(a, "s")};
    ollama_rules.prepare_models(&p, a, &r);
    assert_string_equal(r.url, "http://h/api/tags");
    assert_string_equal(r.headers[0].value, "Bearer s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writing),
        cmocka_unit_test(test_what_cannot_be_written),
        cmocka_unit_test(test_results_of_tools_with_ids_used_again),
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_tool_calls),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_error_bodies_and_models),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
