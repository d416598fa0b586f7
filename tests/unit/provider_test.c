/* SPDX-License-Identifier: MIT */
#include "gate/provider.h"

#include "base/secret.h"
#include "gate/snapshot.h"
#include "gate_help.h"
#include "providers/providers.h"

static void test_types(void **state)
{
    (void)state;
    provider_types = NULL;
    assert_null(provider_type_find("ollama"));
    provider_types = all_provider_types;
    const char *const promised[] = {
        "ollama", "vllm", "llamacpp", "lmstudio", "localai", "openai-compatible", "qwen", "zhipu", "baidu-qianfan", "tencent-hunyuan", "deepseek",
        "moonshot", "openai", "azure-openai", "azure-openai-classic", "mistral", "groq", "openrouter", "perplexity",
    };
    size_t n = 0;
    for (; all_provider_types[n]; n++) {
        const struct provider_type *type = all_provider_types[n];
        assert_ptr_equal(provider_type_find(type->name), type);
        assert_true(*type->label && *type->help && type->rules && *type->base_url);
        assert_true(strcmp(type->mode, "local") == 0 || strcmp(type->mode, "cloud") == 0);
        struct egress egress = provider_egress(strcmp(type->mode, "local") == 0, type->base_url);
        must(egress_check_url(&egress, type->base_url, &err));
        assert_true(type->rules->prepare && type->rules->read_frame && type->rules->read_whole && type->rules->read_error
                    && type->rules->prepare_models && type->rules->read_models && type->rules->id != DIALECT_NONE);
    }
    assert_true(n >= COUNT(promised));
    for (size_t i = 0; i < COUNT(promised); i++)
        assert_non_null(provider_type_find(promised[i]));
    assert_null(provider_type_find("Ollama"));
    assert_null(provider_type_find(""));
}

static void test_urls(void **state)
{
    (void)state;
    const struct { const char *base, *path, *url; } cases[] = {
        {"http://h/v1", "/models", "http://h/v1/models"},
        {"http://h/v1/", "/models", "http://h/v1/models"},
        {"http://h/v1///", "/models", "http://h/v1/models"},
        {"http://h", "/api/chat", "http://h/api/chat"},
        {"", "/x", "/x"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(provider_url(&(struct provider){.base_url = cases[i].base}, cases[i].path, a), cases[i].url);
}

static void test_header_text(void **state)
{
    (void)state;
    const struct { const char *text, *header; } cases[] = {
        {"", ""}, {"gpt-4o", "gpt-4o"}, {"a b", "a%20b"}, {"100%", "100%25"}, {"月", "%E6%9C%88"}, {"a\r\nX-Evil: 1", "a%0D%0AX-Evil:%201"},
        {"\x01\x7f\xff", "%01%7F%FF"}, {"~!\"#$&'()*+,-./:;<=>?@[\\]^_`{|}", "~!\"#$&'()*+,-./:;<=>?@[\\]^_`{|}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(header_text(cases[i].text, a), cases[i].header);
    struct random r = random_start();
    for (int i = 0; i < 200; i++) {
        struct bytes any = random_bytes(&r, random_below(&r, 60));
        const char *header = header_text(arena_copy(a, any.p, any.n), a);
        for (const char *c = header; *c; c++)
            assert_true(*c > 0x20 && *c < 0x7f);
    }
}

static void test_headers_add_up(void **state)
{
    (void)state;
    struct http_request request = {0};
    for (size_t i = 0; i < 9; i++)
        http_add_header(&request, a, arena_printf(a, "n%zu", i), arena_printf(a, "v%zu", i));
    assert_int_equal(request.headers_n, 9);
    for (size_t i = 0; i < 9; i++) {
        assert_string_equal(request.headers[i].name, arena_printf(a, "n%zu", i));
        assert_string_equal(request.headers[i].value, arena_printf(a, "v%zu", i));
    }
}

static bool read_models(const char *body, struct list *names_r)
{
    *names_r = (struct list){0};
    return models_read(bytes_of(body), "data", "id", NULL, a, names_r, &err);
}

static void test_models(void **state)
{
    (void)state;
    struct list names;
    must(read_models("{\"data\":[{\"id\":\"a\"},{\"id\":\"模型\"},{\"id\":\"\"},{\"id\":7},{\"id\":null},{},null,\"x\",{\"id\":\"b\",\"z\":1}]}", &names));
    assert_int_equal(names.n, 3);
    assert_string_equal(((const struct listed_model *)names.items)[0].name, "a");
    assert_string_equal(((const struct listed_model *)names.items)[1].name, "模型");
    assert_string_equal(((const struct listed_model *)names.items)[2].name, "b");
    must(read_models("{\"data\":[]}", &names));
    assert_int_equal(names.n, 0);
    const char *const bad[] = {"", "[]", "{}", "{\"data\":null}", "{\"data\":{}}", "{\"data\":\"x\"}", "<html>", "{\"data\":[}", "null", "7"};
    for (size_t i = 0; i < COUNT(bad); i++)
        must_fail(read_models(bad[i], &names), ERR_UPSTREAM);
}

/* A provider may list names without end, or one as long as a book: those are left out, so that the others can be stored. */
static void test_many_and_long_models(void **state)
{
    (void)state;
    struct buf buf = buf_new(a, 16 << 20);
    struct list names;
    const char *text;
    buf_printf(&buf, "{\"data\":[{\"id\":\"%0200d\"},{\"id\":\"%0201d\"}", 1, 2);
    for (int i = 0; i < 5000; i++)
        buf_printf(&buf, ",{\"id\":\"m%d\"}", i);
    buf_text(&buf, "]}");
    must(buf_done(&buf, &text, &err));
    must(read_models(text, &names));
    assert_int_equal(names.n, 2000);
    assert_int_equal(strlen(((const struct listed_model *)names.items)[0].name), 200);
    assert_string_equal(((const struct listed_model *)names.items)[1].name, "m0");
}

static bool hand_on(void *arg, const struct chat_event *event)
{
    *(size_t *)arg += 1;
    return event->index != 5;
}

static void test_reader_parts(void **state)
{
    (void)state;
    size_t events = 0;
    struct reader r = {.arena = a, .scratch = a, .emit = hand_on, .arg = &events};
    struct json v;
    const struct { const char *json; const char *word; } words[] = {
        {"\"x\"", "x"}, {"\"\"", NULL}, {"7", NULL}, {"null", NULL}, {"{}", NULL}, {"\"a\\u0000b\"", NULL}, {"\"\\u6708\"", "月"},
    };
    for (size_t i = 0; i < COUNT(words); i++) {
        must(json_check(bytes_of(words[i].json), &(struct json_limits){.allow_nul = true}, &v, &err));
        const char *word = reader_word(&r, v);
        assert_true(!word == !words[i].word);
        if (word)
            assert_string_equal(word, words[i].word);
    }
    for (size_t n = 190; n < 210; n++) {
        const char *text = arena_printf(a, "\"%0*d月月月月月\"", (int)n, 0);
        must(json_check(bytes_of(text), NULL, &v, &err));
        const char *word = reader_word(&r, v);
        size_t kept = n >= 200 ? 200 : n + (200 - n) / 3 * 3;
        assert_int_equal(strlen(word), kept < n + 15 ? kept : n + 15);
    }
    r.secret = secret_text(a, "sk-quoted-0123456789");
    must(json_check(bytes_of("[\"no sk-quoted-0123456789!\",{\"x\":\"sk-quoted-0123456789\"}]"), NULL, &v, &err));
    for (int i = 0; i < 2; i++)
        assert_null(strstr(reader_said(&r, json_at(v, i ? "1" : "0")), "0123456789"));
    assert_null(strstr(reader_word(&r, json_at(v, "0")), "0123456789"));
    assert_string_equal(reader_said(&r, (struct json){0}), "");
    must(json_check(bytes_of("{\"a\":5,\"b\":-1,\"c\":1e9,\"d\":1000000001,\"e\":9223372036854775807,\"f\":\"5\",\"g\":1.5,\"h\":null}"), NULL, &v, &err));
    const struct { const char *name; int64_t n; } tokens[] = {{"a", 5}, {"b", 0}, {"c", 1000000000}, {"d", 0}, {"e", 0}, {"f", 0}, {"g", 0}, {"h", 0},
                                                              {"i", 0}};
    for (size_t i = 0; i < COUNT(tokens); i++)
        assert_int_equal(reader_tokens(v, tokens[i].name), tokens[i].n);
    struct chat_event event = {.type = EVENT_TOOL_CALL};
    const struct { int64_t index; enum err_kind kind; } calls[] = {
        {0, ERR_NONE}, {127, ERR_NONE}, {5, ERR_CANCELLED}, {128, ERR_UPSTREAM}, {-1, ERR_UPSTREAM}, {INT64_MAX, ERR_UPSTREAM}, {INT64_MIN, ERR_UPSTREAM}};
    for (size_t i = 0; i < COUNT(calls); i++) {
        event.index = calls[i].index;
        memset(&err, 0, sizeof(err));
        assert_true(reader_emit(&r, &event, &err) == (calls[i].kind == ERR_NONE));
        assert_int_equal(err.kind, calls[i].kind);
    }
    assert_int_equal(events, 3);
    reader_count(&r, bytes_of("ab月门é"));
    assert_int_equal(r.text_bytes, 10);
    assert_int_equal(estimate_tokens(&r.said), 4);      /* a word, two characters of Han, a word */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_header_text),
        cmocka_unit_test(test_headers_add_up),
        cmocka_unit_test(test_models),
        cmocka_unit_test(test_many_and_long_models),
        cmocka_unit_test(test_reader_parts),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
