/* SPDX-License-Identifier: MIT */
#include "providers/write.h"

#include <math.h>

#include "gate_help.h"

static const char *written(void (*fill)(struct json_out *))
{
    struct buf buf = buf_new(a, 4096);
    struct json_out out = json_out(&buf);
    const char *text = NULL;
    json_begin_object(&out);
    fill(&out);
    json_end_object(&out);
    must(buf_done(&buf, &text, &err));
    return text;
}

static void fill_given(struct json_out *out)
{
    static const char *const texts[] = {"a", "\"", "月"};
    write_int(out, "i", 0);
    write_real(out, "r", 0.5);
    write_texts(out, "t", (struct list){.items = (void *)(uintptr_t)texts, .n = 3});
}

static void fill_missing(struct json_out *out)
{
    write_int(out, "i", INT64_MIN);
    write_real(out, "r", (double)NAN);
    write_texts(out, "t", (struct list){0});
}

static void test_members(void **state)
{
    (void)state;
    assert_string_equal(written(fill_given), "{\"i\":0,\"r\":0.5,\"t\":[\"a\",\"\\\"\",\"月\"]}");
    assert_string_equal(written(fill_missing), "{}");
}

static void test_arguments(void **state)
{
    (void)state;
    const struct { const char *arguments, *object; } cases[] = {
        {NULL, "{}"}, {"", "{}"}, {"null", "{}"}, {"{}", "{}"}, {" {\"x\":1} ", "{\"x\":1}"}, {"[1]", NULL}, {"\"{}\"", NULL}, {"{", NULL}, {"{} {}", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct chat_tool_call call = {.name = "f", .arguments = cases[i].arguments};
        struct json object;
        if (!cases[i].object) {
            must_fail(write_arguments(&call, &object, &err), ERR_INPUT);
            assert_string_equal(err.field, "tool_calls.function.arguments");
            continue;
        }
        must(write_arguments(&call, &object, &err));
        assert_string_equal(arena_copy(a, object.p, object.n), cases[i].object);
    }
}

static void test_texts_of_a_message(void **state)
{
    (void)state;
    struct chat_part parts[] = {{.text = "a\0b", .text_n = 3}, {.type = PART_IMAGE, .media_type = "image/png", .data = bytes_of("QQ==")}, {.text = "", .text_n = 0},
                                {.text = "c", .text_n = 1}};
    struct chat_message m = {.parts = {parts, 4}}, one = {.parts = {parts, 1}}, none = {0};
    struct bytes text = write_text(&m, "--", a);
    assert_int_equal(text.n, 6);
    assert_memory_equal(text.p, "a\0b--c", 6);
    assert_int_equal(write_text(&one, "--", a).n, 3);
    assert_int_equal(write_text(&none, "--", a).n, 0);
    struct buf buf = buf_new(a, 100);
    struct json_out out = json_out(&buf);
    const char *url;
    write_data_url(&out, &parts[1]);
    must(buf_done(&buf, &url, &err));
    assert_string_equal(url, "\"data:image/png;base64,QQ==\"");
}

/* A conversation of nothing but calls and answers is not searched through for each of them. */
static void test_tools_far_back_have_no_name(void **state)
{
    (void)state;
    enum { FAR = 20000 };
    struct chat_message *messages = NEW_ARRAY(a, struct chat_message, FAR);
    struct chat_tool_call call = {.id = "c", .name = "f"};
    struct chat chat = {.messages = {messages, FAR}};
    messages[0].tool_calls = (struct list){&call, 1};
    for (size_t i = 1; i < FAR; i++)
        messages[i].tool_call_id = "c";
    assert_string_equal(write_tool_name(&chat, &messages[FAR / 4]), "f");
    assert_null(write_tool_name(&chat, &messages[FAR - 1]));
}

static void test_names_of_tools(void **state)
{
    (void)state;
    struct chat_tool_call first = {.id = "0", .name = "f"}, second = {.id = "0", .name = "g"}, nameless = {.name = "h"};
    struct chat_message messages[] = {{.role = CHAT_TOOL, .tool_call_id = "0"}, {.role = CHAT_ASSISTANT, .tool_calls = {&first, 1}}, {.role = CHAT_TOOL, .tool_call_id = "0"},
                                      {.role = CHAT_ASSISTANT, .tool_calls = {&second, 1}}, {.role = CHAT_ASSISTANT, .tool_calls = {&nameless, 1}},
                                      {.role = CHAT_TOOL, .tool_call_id = "0"}, {.role = CHAT_TOOL, .tool_call_id = "1"}, {.role = CHAT_TOOL}};
    struct chat chat = {.messages = {messages, COUNT(messages)}};
    const char *const names[] = {NULL, NULL, "f", NULL, NULL, "g", NULL, NULL};
    for (size_t i = 0; i < COUNT(messages); i++) {
        const char *name = messages[i].role == CHAT_TOOL ? write_tool_name(&chat, &messages[i]) : NULL;
        assert_true(names[i] ? name && strcmp(name, names[i]) == 0 : !name);
    }
}

static void test_one_plain_answer(void **state)
{
    (void)state;
    struct chat *chat = chat_new(a);
    must(write_one_plain(chat, a, &err));
    chat->n = 1;
    must(write_one_plain(chat, a, &err));
    chat->n = 2;
    must_fail(write_one_plain(chat, a, &err), ERR_INPUT);
    assert_string_equal(err.field, "n");
    chat->n = INT64_MIN;
    chat->top_logprobs = 0;
    must_fail(write_one_plain(chat, a, &err), ERR_INPUT);
    assert_string_equal(err.field, "logprobs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members), cmocka_unit_test(test_arguments), cmocka_unit_test(test_texts_of_a_message), cmocka_unit_test(test_names_of_tools), cmocka_unit_test(test_tools_far_back_have_no_name),
        cmocka_unit_test(test_one_plain_answer),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
