/* SPDX-License-Identifier: MIT */
#include "serve/generate_read.h"

#include "gate_help.h"

static struct chat *chat;

static bool take(const char *text)
{
    struct json body;
    chat = chat_new(a);
    must(json_check(bytes_of(text), &(struct json_limits){.allow_nul = true}, &body, &err));
    return generate_read(body, chat, a, &err);
}

static const struct chat_message *message(size_t i)
{
    assert_true(i < chat->messages.n);
    return (const struct chat_message *)chat->messages.items + i;
}

static const char *text_of(size_t i)
{
    assert_int_equal(message(i)->parts.n, 1);
    return ((const struct chat_part *)message(i)->parts.items)->text;
}

static void test_questions(void **state)
{
    (void)state;
    must(take("{\"prompt\":\"hello\"}"));
    assert_int_equal(chat->messages.n, 1);
    assert_int_equal(message(0)->role, CHAT_USER);
    assert_string_equal(text_of(0), "hello");
    assert_true(chat->parsed && !chat->stream && !chat->model && chat->dialect == DIALECT_NONE);
    must(take("{\"system\":\"be kind\",\"prompt\":\"\\u4f60\\u597d\",\"model\":\"m\",\"stream\":true,\"max_tokens\":5,\"seed\":-1,\"temperature\":1.5,"
              "\"top_p\":0,\"stop\":[\"a\",\"b\"],\"task\":\"code\",\"complexity\":\"critical\",\"tier\":\"ultra-fast\"}"));
    assert_int_equal(message(0)->role, CHAT_SYSTEM);
    assert_string_equal(text_of(1), "你好");
    assert_true(chat->stream && chat->max_tokens == 5 && chat->seed == -1 && chat->temperature == 1.5 && chat->top_p == 0);
    assert_string_equal(chat->model, "m");
    assert_int_equal(chat->stop.n, 2);
    must(take("{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"}],\"stop\":\"x\",\"system\":\"s\"}"));
    assert_int_equal(chat->messages.n, 3);
    assert_string_equal(((const char **)chat->stop.items)[0], "x");
}

/* null counts as not given, everywhere. */
static void test_null_is_not_given(void **state)
{
    (void)state;
    must(take("{\"prompt\":\"x\",\"messages\":null,\"system\":null,\"model\":null,\"task\":null,\"tier\":null,\"stop\":null,\"stream\":null,\"seed\":null}"));
    assert_int_equal(chat->messages.n, 1);
    assert_true(!chat->model && chat->seed == INT64_MIN && !chat->stop.n);
    must(take("{\"prompt\":null,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}"));
    assert_int_equal(chat->messages.n, 1);
    must_fail(take("{\"prompt\":null}"), ERR_INPUT);
    assert_string_equal(err.message, "error.missing_field");
}

static void test_bad_bodies(void **state)
{
    (void)state;
    const struct { const char *body; enum err_kind kind; const char *field, *value, *allowed; } bad[] = {
        {"{}", ERR_INPUT, "prompt", "", "prompt | messages"},
        {"{\"prompt\":\"a\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}", ERR_INPUT, "prompt", "prompt, messages", "prompt | messages"},
        {"{\"prompt\":\"\"}", ERR_INPUT, "prompt", "\"\"", "string, 1–100000000"},
        {"{\"prompt\":7}", ERR_INPUT, "prompt", "7", "string, 1–100000000"},
        {"{\"prompt\":[\"a\"]}", ERR_INPUT, "prompt", "[\"a\"]", "string, 1–100000000"},
        {"{\"messages\":[]}", ERR_INPUT, "messages", "[]", "array, 1–100000"},
        {"{\"messages\":[{\"role\":\"x\",\"content\":\"a\"}]}", ERR_INPUT, "messages[0].role", "\"x\"", "system, developer, user, assistant, tool"},
        {"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"x\"}]}]}", ERR_INPUT, "messages[0].content[0].type", "\"x\"", "text, image_url, input_audio, file"},
        {"{\"prompt\":\"a\",\"task\":\"cooking\"}", ERR_INPUT, "task", "\"cooking\"", "research, planning, code, analysis, chat"},
        {"{\"prompt\":\"a\",\"complexity\":\"Simple\"}", ERR_INPUT, "complexity", "\"Simple\"", "simple, moderate, complex, critical"},
        {"{\"prompt\":\"a\",\"tier\":\"fast\"}", ERR_INPUT, "tier", "\"fast\"", "fast-thinking, ultra-fast, general"},
        {"{\"prompt\":\"a\",\"temperature\":2.1}", ERR_INPUT, "temperature", "2.1", "number, 0–2"},
        {"{\"prompt\":\"a\",\"max_tokens\":0}", ERR_INPUT, "max_tokens", "0", "integer, 1–100000000"},
        {"{\"prompt\":\"a\",\"stream\":1}", ERR_INPUT, "stream", "1", "true, false"},
        {"{\"prompt\":\"a\",\"stop\":[\"\",7]}", ERR_INPUT, "stop", "[\"\",7]", "string, array of strings, 1–16"},
        {"{\"prompt\":\"a\",\"promt\":\"b\"}", ERR_UNKNOWN_FIELD, "promt", "",
         "prompt, messages, system, model, task, complexity, tier, max_tokens, temperature, top_p, seed, stop, stream"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        must_fail(take(bad[i].body), bad[i].kind);
        if (strcmp(err.field, bad[i].field) != 0 || strcmp(err.value, bad[i].value) != 0 || strcmp(err.allowed, bad[i].allowed) != 0)
            fail_msg("%s: %s, %s, %s", bad[i].body, err.field, err.value, err.allowed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_null_is_not_given),
        cmocka_unit_test(test_bad_bodies),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
