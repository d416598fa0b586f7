/* SPDX-License-Identifier: MIT */
#include "serve/openai_read.h"

#include <math.h>

#include "gate_help.h"

#define HELLO "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]"

static struct chat *chat;

static bool take(const char *text)
{
    struct json body;
    chat = chat_new(a);
    must(json_check(bytes_of(text), &(struct json_limits){.allow_nul = true}, &body, &err));
    return openai_read(body, chat, a, &err);
}

static bool parse(const char *text)
{
    return take(text) && openai_parse(chat, a, &err);
}

static const struct chat_message *message(size_t i)
{
    assert_true(i < chat->messages.n);
    return (const struct chat_message *)chat->messages.items + i;
}

static const struct chat_part *part(size_t i, size_t k)
{
    assert_true(k < message(i)->parts.n);
    return (const struct chat_part *)message(i)->parts.items + k;
}

static void test_bad_bodies(void **state)
{
    (void)state;
    const struct { const char *body, *field, *value, *allowed; } bad[] = {
        {"{" HELLO "}", "model", "", "string, 1–200"},
        {"{\"model\":null," HELLO "}", "model", "", "string, 1–200"},
        {"{\"model\":\"\"," HELLO "}", "model", "\"\"", "string, 1–200"},
        {"{\"model\":7," HELLO "}", "model", "7", "string, 1–200"},
        {"{\"model\":\"m\"}", "messages", "", "array, 1–100000"},
        {"{\"model\":\"m\",\"messages\":[]}", "messages", "[]", "array, 1–100000"},
        {"{\"model\":\"m\",\"messages\":{}}", "messages", "{}", "array, 1–100000"},
        {"{\"model\":\"m\",\"messages\":[7]}", "messages[0]", "", "object"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"},null]}", "messages[1]", "", "object"},
        {"{\"model\":\"m\",\"messages\":[{\"content\":\"x\"}]}", "messages[0].role", "", "system, developer, user, assistant, tool"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"robot\",\"content\":\"x\"}]}", "messages[0].role", "\"robot\"",
         "system, developer, user, assistant, tool"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":7,\"content\":\"x\"}]}", "messages[0].role", "7", "system, developer, user, assistant, tool"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\"}]}", "messages[0].content", "", "string, array"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":{}}]}", "messages[0].content", "{}", "string, array"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":7}]}", "messages[0].content", "7", "string, array"},
        {"{\"model\":\"m\"," HELLO ",\"stream\":\"yes\"}", "stream", "\"yes\"", "true, false"},
        {"{\"model\":\"m\"," HELLO ",\"stream_options\":true}", "stream_options", "true", "object"},
        {"{\"model\":\"m\"," HELLO ",\"temperature\":3}", "temperature", "3", "number, 0–2"},
        {"{\"model\":\"m\"," HELLO ",\"temperature\":\"0\"}", "temperature", "\"0\"", "number, 0–2"},
        {"{\"model\":\"m\"," HELLO ",\"top_p\":1.01}", "top_p", "1.01", "number, 0–1"},
        {"{\"model\":\"m\"," HELLO ",\"frequency_penalty\":-3}", "frequency_penalty", "-3", "number, -2–2"},
        {"{\"model\":\"m\"," HELLO ",\"presence_penalty\":2.5}", "presence_penalty", "2.5", "number, -2–2"},
        {"{\"model\":\"m\"," HELLO ",\"max_tokens\":0}", "max_tokens", "0", "integer, 1–100000000"},
        {"{\"model\":\"m\"," HELLO ",\"max_completion_tokens\":1.5}", "max_completion_tokens", "1.5", "integer, 1–100000000"},
        {"{\"model\":\"m\"," HELLO ",\"n\":0}", "n", "0", "integer, 1–128"},
        {"{\"model\":\"m\"," HELLO ",\"n\":129}", "n", "129", "integer, 1–128"},
        {"{\"model\":\"m\"," HELLO ",\"seed\":1e30}", "seed", "1e30", "integer"},
        {"{\"model\":\"m\"," HELLO ",\"stop\":{}}", "stop", "{}", "string, array of strings, 1–16"},
        {"{\"model\":\"m\"," HELLO ",\"tools\":{}}", "tools", "{}", "array, 0–1024"},
        {"{\"model\":\"m\"," HELLO ",\"response_format\":\"json\"}", "response_format", "\"json\"", "object"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        must_fail(take(bad[i].body), ERR_INPUT);
        if (strcmp(err.field, bad[i].field) != 0 || strcmp(err.value, bad[i].value) != 0 || strcmp(err.allowed, bad[i].allowed) != 0)
            fail_msg("%s: %s, %s, %s", bad[i].body, err.field, err.value, err.allowed);
    }
}

/* What only a translation needs to understand is checked only then; a provider of the same dialect may know more. */
static void test_bad_to_translate(void **state)
{
    (void)state;
#define CONTENT(c) "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[" c "]}]}"
    const struct { const char *body, *field, *value, *allowed; } bad[] = {
        {CONTENT("{\"type\":\"input_audio\"}"), "messages[0].content[0].type", "\"input_audio\"", "text, image_url"},
        {CONTENT("7"), "messages[0].content[0].type", "", "text, image_url"},
        {CONTENT("{\"type\":\"text\"}"), "messages[0].content[0].text", "", "string"},
        {CONTENT("{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":7}"), "messages[0].content[1].text", "", "string"},
        {CONTENT("{\"type\":\"image_url\"}"), "messages[0].content[0].image_url.url", "", "string"},
        {CONTENT("{\"type\":\"image_url\",\"image_url\":\"http://x\"}"), "messages[0].content[0].image_url.url", "", "string"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\"}]}]}", "messages[0].tool_calls[0].function.name", "",
         "string"},
        {"{\"model\":\"m\"," HELLO ",\"tools\":[{\"type\":\"function\"}]}", "tools[0].function.name", "", "string"},
        {"{\"model\":\"m\"," HELLO ",\"tools\":[7]}", "tools[0].function.name", "", "string"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        must(take(bad[i].body));
        must_fail(parse(bad[i].body), ERR_INPUT);
        if (strcmp(err.field, bad[i].field) != 0 || strcmp(err.value, bad[i].value) != 0 || strcmp(err.allowed, bad[i].allowed) != 0)
            fail_msg("%s: %s, %s, %s", bad[i].body, err.field, err.value, err.allowed);
    }
}

static void test_head(void **state)
{
    (void)state;
    must(take("{\"model\":\"gpt\"," HELLO ",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"x\":1}"));
    assert_string_equal(chat->model, "gpt");
    assert_true(chat->stream && chat->include_usage && !chat->parsed);
    assert_int_equal(chat->dialect, DIALECT_OPENAI_CHAT);
    must(take("{\"model\":\"gpt\"," HELLO ",\"stream\":null,\"stream_options\":null,\"temperature\":null,\"stop\":null,\"tools\":null}"));
    assert_false(chat->stream || chat->include_usage);
}

static void test_messages(void **state)
{
    (void)state;
    must(parse("{\"model\":\"m\",\"messages\":["
               "{\"role\":\"system\",\"content\":\"be kind\"},{\"role\":\"developer\",\"content\":\"be short\",\"name\":\"dev\"},"
               "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\\u0000\\u6708\"},{\"type\":\"text\",\"text\":\"\"}]},"
               "{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"hm\",\"tool_calls\":["
               "{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}},"
               "{\"id\":\"c2\",\"function\":{\"name\":\"g\"}},{\"function\":{\"name\":\"h\",\"arguments\":\"\"}}]},"
               "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"42\"},{\"role\":\"function\",\"name\":\"g\",\"content\":\"43\"},"
               "{\"role\":\"assistant\"},{\"role\":\"user\",\"content\":[]}]}"));
    const enum chat_role roles[] = {CHAT_SYSTEM, CHAT_SYSTEM, CHAT_USER, CHAT_ASSISTANT, CHAT_TOOL, CHAT_TOOL, CHAT_ASSISTANT, CHAT_USER};
    assert_int_equal(chat->messages.n, COUNT(roles));
    for (size_t i = 0; i < COUNT(roles); i++)
        assert_int_equal(message(i)->role, roles[i]);
    assert_string_equal(part(0, 0)->text, "be kind");
    assert_string_equal(message(1)->name, "dev");
    assert_int_equal(message(2)->parts.n, 2);
    assert_int_equal(part(2, 0)->text_n, 5);
    assert_memory_equal(part(2, 0)->text, "a\0月", 5);
    assert_int_equal(part(2, 1)->text_n, 0);
    assert_int_equal(message(3)->parts.n, 0);
    assert_string_equal(thoughts_text(message(3), a), "hm");
    const struct chat_tool_call *calls = message(3)->tool_calls.items;
    assert_int_equal(message(3)->tool_calls.n, 3);
    assert_string_equal(calls[0].id, "c1");
    assert_string_equal(calls[0].arguments, "{\"x\":1}");
    assert_string_equal(calls[1].arguments, "{}");
    assert_string_equal(calls[2].name, "h");
    assert_string_equal(calls[2].arguments, "{}");
    assert_null(calls[2].id);
    assert_string_equal(message(4)->tool_call_id, "c1");
    assert_int_equal(message(7)->parts.n, 0);
}

static void test_images(void **state)
{
    (void)state;
    const struct { const char *url, *media_type, *data; } cases[] = {
        {"data:image/png;base64,AAAA", "image/png", "AAAA"},
        {"data:image/jpeg;base64,", "image/jpeg", ""},
        {"data:;base64,AA", "", "AA"},
        {"https://example.com/a.png", NULL, NULL},
        {"data:text/plain,hello", NULL, NULL},
        {"data:base64,AAAA", NULL, NULL},
        {"data:,", NULL, NULL},
        {"", NULL, NULL},
        {"data:image/png;base64", NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        must(parse(arena_printf(a, CONTENT("{\"type\":\"image_url\",\"image_url\":{\"url\":\"%s\",\"detail\":\"low\"}}"), cases[i].url)));
        const struct chat_part *p = part(0, 0);
        assert_int_equal(p->type, PART_IMAGE);
        if (!cases[i].data) {
            assert_string_equal(p->url, cases[i].url);
            continue;
        }
        assert_null(p->url);
        assert_string_equal(p->media_type, cases[i].media_type);
        assert_true(bytes_equal_text(p->data, cases[i].data));
    }
}

static void test_parameters(void **state)
{
    (void)state;
    must(parse("{\"model\":\"m\"," HELLO ",\"temperature\":0.5,\"top_p\":0.9,\"frequency_penalty\":-1,\"presence_penalty\":1,\"max_tokens\":5,"
               "\"max_completion_tokens\":6,\"seed\":-7,\"n\":2,\"stop\":[\"a\",\"\\u6708\"],\"response_format\":{\"type\":\"json_schema\","
               "\"json_schema\":{\"name\":\"x\",\"schema\":{\"type\":\"object\"}}},\"tool_choice\":{\"type\":\"function\",\"function\":"
               "{\"name\":\"f\"}},\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"does\",\"parameters\":{\"a\":1}}},"
               "{\"type\":\"function\",\"function\":{\"name\":\"g\"}}]}"));
    assert_true(chat->temperature == 0.5 && chat->top_p == 0.9 && chat->frequency_penalty == -1 && chat->presence_penalty == 1);
    assert_int_equal(chat->max_tokens, 6);
    assert_int_equal(chat->seed, -7);
    assert_int_equal(chat->n, 2);
    assert_int_equal(chat->stop.n, 2);
    assert_string_equal(((const char **)chat->stop.items)[1], "月");
    assert_string_equal(chat->format, "schema");
    assert_true(bytes_equal_text(json_bytes(chat->schema), "{\"type\":\"object\"}"));
    assert_string_equal(chat->tool_choice, "=f");
    const struct chat_tool *tools = chat->tools.items;
    assert_int_equal(chat->tools.n, 2);
    assert_string_equal(tools[0].description, "does");
    assert_true(bytes_equal_text(json_bytes(tools[0].parameters), "{\"a\":1}"));
    assert_null(tools[1].description);
    assert_int_equal(chat->dropped.n, 0);

    must(parse("{\"model\":\"m\"," HELLO ",\"stop\":\"x\",\"tool_choice\":\"required\",\"response_format\":{\"type\":\"json_object\"}}"));
    assert_string_equal(((const char **)chat->stop.items)[0], "x");
    assert_string_equal(chat->tool_choice, "required");
    assert_string_equal(chat->format, "json");
    must(parse("{\"model\":\"m\"," HELLO ",\"response_format\":{\"type\":\"text\"}}"));
    assert_null(chat->format);
    assert_true(isnan(chat->temperature) && chat->max_tokens == INT64_MIN && chat->seed == INT64_MIN && !chat->tool_choice);
}

/* null counts as not given, also where another field says the same. */
static void test_null_is_not_given(void **state)
{
    (void)state;
    must(parse("{\"model\":\"m\"," HELLO ",\"max_tokens\":5,\"max_completion_tokens\":null}"));
    assert_int_equal(chat->max_tokens, 5);
    must(parse("{\"model\":\"m\"," HELLO ",\"max_tokens\":null,\"max_completion_tokens\":6}"));
    assert_int_equal(chat->max_tokens, 6);
    must(parse("{\"model\":\"m\"," HELLO ",\"logprobs\":null,\"seed\":null,\"stop\":null,\"tools\":null,\"tool_choice\":null,\"n\":null}"));
    assert_int_equal(chat->dropped.n, 0);
    assert_int_equal(chat->tools.n + chat->stop.n, 0);
    assert_true(chat->seed == INT64_MIN && chat->n == INT64_MIN && !chat->tool_choice);
}

/* What has no place in a chat is listed, so that nobody wonders why it had no effect. */
static void test_dropped(void **state)
{
    (void)state;
    must(parse("{\"model\":\"m\"," HELLO ",\"logit_bias\":{\"1\":2},\"user\":\"me\",\"reasoning_effort\":\"high\",\"logprobs\":true,\"top_k\":3,"
               "\"parallel_tool_calls\":false,\"functions\":[],\"月\":1}"));
    const char *const dropped[] = {"logit_bias", "user", "reasoning_effort", "logprobs", "top_k", "parallel_tool_calls", "functions", "月"};
    assert_int_equal(chat->dropped.n, COUNT(dropped));
    for (size_t i = 0; i < COUNT(dropped); i++)
        assert_string_equal(((const char **)chat->dropped.items)[i], dropped[i]);
    must(take("{\"model\":\"m\"," HELLO ",\"logit_bias\":{\"1\":2}}"));
    assert_int_equal(chat->dropped.n, 0);
}

/* A hundred thousand messages or fields cost time in proportion. */
static void test_large(void **state)
{
    (void)state;
    struct buf buf = buf_new(a, 64 << 20);
    const char *text;
    buf_text(&buf, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}");
    for (int i = 1; i < 100000; i++)
        buf_text(&buf, ",{\"role\":\"user\",\"content\":\"x\"}");
    buf_text(&buf, "]");
    for (int i = 0; i < 50000; i++)
        buf_printf(&buf, ",\"f%d\":1", i);
    buf_text(&buf, "}");
    must(buf_done(&buf, &text, &err));
    must(parse(text));
    assert_int_equal(chat->messages.n, 100000);
    assert_int_equal(chat->dropped.n, 50000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_bodies),
        cmocka_unit_test(test_bad_to_translate),
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_images),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_null_is_not_given),
        cmocka_unit_test(test_dropped),
        cmocka_unit_test(test_large),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
