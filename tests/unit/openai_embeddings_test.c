/* SPDX-License-Identifier: MIT */
#include "serve/openai_embeddings.h"

#include "gate_help.h"

static struct chat *chat;

static bool take(const char *body)
{
    struct json value;
    chat = chat_new(a);
    must(json_check(bytes_of(body), &(struct json_limits){.allow_nul = true}, &value, &err));
    return openai_embeddings_read(value, chat, a, &err);
}

static const struct bytes *input(size_t i)
{
    assert_true(i < chat->embed->inputs.n);
    return (const struct bytes *)chat->embed->inputs.items + i;
}

static void test_inputs(void **state)
{
    (void)state;
    static const struct { const char *input; size_t n; bool tokens, single; const char *first, *last; } cases[] = {
        {"\"a\"", 1, false, true, "a", "a"},
        {"\"\"", 1, false, true, "", ""},
        {"\"\\u6708\\n\"", 1, false, true, "月\n", "月\n"},
        {"[\"a\",\"\",\"b\"]", 3, false, false, "a", "b"},
        {"[\"a\"]", 1, false, false, "a", "a"},
        {"[1, 2]", 1, true, true, "[1, 2]", "[1, 2]"},
        {"[[1,2],[3]]", 2, true, false, "[1,2]", "[3]"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        must(take(arena_printf(a, "{\"model\":\"m\",\"input\":%s}", cases[i].input)));
        assert_int_equal(chat->embed->inputs.n, cases[i].n);
        assert_int_equal(chat->embed->tokens, cases[i].tokens);
        assert_int_equal(chat->embed->single, cases[i].single);
        assert_true(bytes_equal_text(*input(0), cases[i].first));
        assert_true(bytes_equal_text(*input(cases[i].n - 1), cases[i].last));
        assert_false(chat->embed->base64);
        assert_true(chat->embed->dimensions == INT64_MIN);
    }
    must(take("{\"model\":\"m\",\"input\":\"a\",\"dimensions\":256,\"encoding_format\":\"base64\",\"user\":\"u\"}"));
    assert_true(chat->embed->base64);
    assert_int_equal(chat->embed->dimensions, 256);
    assert_string_equal(chat->user, "u");
    must(take("{\"model\":\"m\",\"input\":\"a\",\"dimensions\":null,\"encoding_format\":null,\"user\":null}"));
    assert_false(chat->embed->base64);
    assert_null(chat->user);
}

static const char *many(size_t n, const char *one)
{
    struct buf buf = buf_new(a, 1 << 20);
    const char *text;
    buf_text(&buf, "{\"model\":\"m\",\"input\":[");
    for (size_t i = 0; i < n; i++)
        buf_printf(&buf, "%s%s", i ? "," : "", one);
    buf_text(&buf, "]}");
    must(buf_done(&buf, &text, &err));
    return text;
}

static void test_bad_bodies(void **state)
{
    (void)state;
    static const char words[] = "string, array of 1–2048 strings, token ids, array of 1–2048 arrays of token ids";
    const struct { const char *body, *field, *value, *allowed; } bad[] = {
        {"{\"input\":\"a\"}", "model", "", "string, 1–200"},
        {"{\"model\":\"m\"}", "input", "", ""},
        {"{\"model\":\"m\",\"input\":null}", "input", "", ""},
        {"{\"model\":\"m\",\"input\":[]}", "input", "[]", words},
        {"{\"model\":\"m\",\"input\":{}}", "input", "{}", words},
        {"{\"model\":\"m\",\"input\":7}", "input", "7", words},
        {"{\"model\":\"m\",\"input\":[\"a\",1]}", "input[1]", "1", words},
        {"{\"model\":\"m\",\"input\":[1,\"a\"]}", "input[0]", "1", words},
        {"{\"model\":\"m\",\"input\":[1.5]}", "input[0]", "1.5", words},
        {"{\"model\":\"m\",\"input\":[-1]}", "input[0]", "-1", words},
        {"{\"model\":\"m\",\"input\":[[1],[]]}", "input[1]", "[]", words},
        {"{\"model\":\"m\",\"input\":[[1],[\"a\"]]}", "input[1]", "[\"a\"]", words},
        {"{\"model\":\"m\",\"input\":[[1],\"a\"]}", "input[1]", "\"a\"", words},
        {"{\"model\":\"m\",\"input\":[null]}", "input[0]", "null", words},
        {many(2049, "\"a\""), "input", "2049", words},
        {many(2049, "[1]"), "input", "2049", words},
        {"{\"model\":\"m\",\"input\":\"a\",\"encoding_format\":\"hex\"}", "encoding_format", "\"hex\"", "float, base64"},
        {"{\"model\":\"m\",\"input\":\"a\",\"encoding_format\":1}", "encoding_format", "1", "string, 1–40"},
        {"{\"model\":\"m\",\"input\":\"a\",\"dimensions\":0}", "dimensions", "0", "integer, 1–65536"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        must_fail(take(bad[i].body), ERR_INPUT);
        if (strcmp(err.field, bad[i].field) != 0 || strcmp(err.value, bad[i].value) != 0 || strcmp(err.allowed, bad[i].allowed) != 0)
            fail_msg("%.60s: %s | %s | %s", bad[i].body, err.field, err.value, err.allowed);
    }
    must(take(many(2048, "\"a\"")));
    must(take(many(5000, "1")));
    assert_int_equal(chat->embed->inputs.n, 1);
}

static void test_unknown_fields_are_named_when_they_stay_here(void **state)
{
    (void)state;
    must(take("{\"model\":\"m\",\"input\":\"a\",\"truncate\":true,\"input_type\":\"query\",\"none\":null}"));
    assert_int_equal(chat->dropped.n, 0);
    must(chat->parse(chat, a, &err));
    assert_int_equal(chat->dropped.n, 2);
    assert_string_equal(((const char *const *)chat->dropped.items)[1], "input_type");
    assert_true(chat->parsed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inputs), cmocka_unit_test(test_bad_bodies), cmocka_unit_test(test_unknown_fields_are_named_when_they_stay_here),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
