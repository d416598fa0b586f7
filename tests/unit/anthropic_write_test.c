/* SPDX-License-Identifier: MIT */
/* Chats of other dialects as Anthropic is asked: limits, sampling, thinking, tools, schemas; by the rules of each model. */
#include "providers/anthropic_write.h"

#include "base/secret.h"
#include "gate/snapshot.h"
#include "providers/providers.h"
#include "reader_help.h"
#include "serve/openai_read.h"

#define HELLO "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]"
#define HELLO_OUT "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hello\"}]}]"
#define OLDEST "claude-3-5-haiku-latest"
#define BUDGET "claude-sonnet-4-5"
#define ADAPTIVE "claude-sonnet-4-6"
#define NEWEST "claude-opus-5-5"

static struct target target;
static struct provider provider = {.base_url = "http://h"};

static struct chat *chat_of(const char *body)
{
    struct chat *chat = chat_new(a);
    struct json json;
    must(json_check(bytes_of(body), &(struct json_limits){.allow_nul = true}, &json, &err));
    must(openai_read(json, chat, a, &err));
    must(openai_parse(chat, a, &err));
    return chat;
}

static bool write_chat(const struct chat *chat, const char *model, const char **out_r)
{
    struct http_request r = {0};
    memset(&err, 0, sizeof(err));
    provider.type = provider_type_find("anthropic");
    target = (struct target){.provider = &provider, .model = model, .stream = chat->stream};
    if (!anthropic_rules.prepare(&target, chat, a, &r, &err))
        return false;
    *out_r = arena_copy(a, r.body.p, r.body.n);
    return true;
}

static const char *dropped(void)
{
    const char *text = "";
    for (size_t i = 0; i < target.dropped.n; i++)
        text = arena_printf(a, "%s%s%s", text, i ? " " : "", ((const char *const *)target.dropped.items)[i]);
    return text;
}

/* What stands behind the messages. */
static void test_parameters(void **state)
{
    (void)state;
    const struct { const char *model, *more, *out, *dropped; } cases[] = {
        {OLDEST, "", ",\"max_tokens\":8192", ""},
        {"claude-3-opus-20240229", "", ",\"max_tokens\":4096", ""},
        {OLDEST, ",\"max_tokens\":7", ",\"max_tokens\":7", ""},
        {OLDEST, ",\"stream\":true", ",\"max_tokens\":8192,\"stream\":true", ""},
        {OLDEST, ",\"temperature\":0.5,\"top_p\":0.9,\"top_k\":3", ",\"max_tokens\":8192,\"temperature\":0.5,\"top_p\":0.9,\"top_k\":3", ""},
        {OLDEST, ",\"temperature\":1.7", ",\"max_tokens\":8192,\"temperature\":1", ""},
        {BUDGET, ",\"temperature\":0.5,\"top_p\":0.9", ",\"max_tokens\":8192,\"temperature\":0.5", "top_p"},
        {BUDGET, ",\"top_p\":0.9", ",\"max_tokens\":8192,\"top_p\":0.9", ""},
        {NEWEST, ",\"temperature\":0.5,\"top_p\":0.9,\"top_k\":3", ",\"max_tokens\":8192", "temperature top_p top_k"},
        {NEWEST, ",\"temperature\":1,\"top_p\":1", ",\"max_tokens\":8192", ""},
        {OLDEST, ",\"seed\":1,\"frequency_penalty\":1,\"presence_penalty\":-1", ",\"max_tokens\":8192", "seed frequency_penalty presence_penalty"},
        {OLDEST, ",\"frequency_penalty\":0,\"presence_penalty\":0", ",\"max_tokens\":8192", ""},
        {OLDEST, ",\"stop\":[\"a\",\" \\n\"]", ",\"max_tokens\":8192,\"stop_sequences\":[\"a\"]", "stop"},
        {OLDEST, ",\"stop\":\"b\"", ",\"max_tokens\":8192,\"stop_sequences\":[\"b\"]", ""},
        {OLDEST, ",\"user\":\"u-1\"", ",\"max_tokens\":8192,\"metadata\":{\"user_id\":\"u-1\"}", ""},
        {"deepseek-chat", ",\"temperature\":0.5,\"top_p\":0.9", ",\"max_tokens\":8192,\"temperature\":0.5,\"top_p\":0.9", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *out, *want = arena_printf(a, "{\"model\":\"%s\"," HELLO_OUT "%s}", cases[i].model, cases[i].out);
        must(write_chat(chat_of(arena_printf(a, "{\"model\":\"m\"," HELLO "%s}", cases[i].more)), cases[i].model, &out));
        if (strcmp(out, want) != 0 || strcmp(dropped(), cases[i].dropped) != 0)
            fail_msg("%s %s: %s (dropped %s), not %s", cases[i].model, cases[i].more, out, dropped(), want);
    }
}

static void test_thinking(void **state)
{
    (void)state;
    const struct { const char *model, *effort; int64_t budget, max; const char *out, *dropped; } cases[] = {
        {OLDEST, "high", INT64_MIN, INT64_MIN, ",\"max_tokens\":8192,\"temperature\":0.5,\"top_k\":3", "reasoning_effort"},
        {OLDEST, "none", INT64_MIN, INT64_MIN, ",\"max_tokens\":8192,\"temperature\":0.5,\"top_k\":3", ""},
        {BUDGET, NULL, INT64_MIN, INT64_MIN, ",\"max_tokens\":8192,\"temperature\":0.5,\"top_k\":3", ""},
        {BUDGET, "none", INT64_MIN, INT64_MIN, ",\"max_tokens\":8192,\"thinking\":{\"type\":\"disabled\"},\"temperature\":0.5,\"top_k\":3", ""},
        {BUDGET, "medium", INT64_MIN, INT64_MIN, ",\"max_tokens\":16384,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":8192}",
         "temperature top_k"},
        {BUDGET, "minimal", INT64_MIN, INT64_MIN, ",\"max_tokens\":9216,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}",
         "temperature top_k"},
        {BUDGET, "max", INT64_MIN, 4000, ",\"max_tokens\":4000,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":3000}", "temperature top_k"},
        {BUDGET, "low", INT64_MIN, 1000, ",\"max_tokens\":1000,\"temperature\":0.5,\"top_k\":3", "reasoning_effort"},
        {BUDGET, NULL, 2000, INT64_MIN, ",\"max_tokens\":10192,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}", "temperature top_k"},
        {BUDGET, NULL, 500, INT64_MIN, ",\"max_tokens\":8192,\"temperature\":0.5,\"top_k\":3", "thinking.budget_tokens"},
        {BUDGET, NULL, 0, INT64_MIN, ",\"max_tokens\":8192,\"thinking\":{\"type\":\"disabled\"},\"temperature\":0.5,\"top_k\":3", ""},
        {ADAPTIVE, "minimal", INT64_MIN, INT64_MIN,
         ",\"max_tokens\":8192,\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"low\"}", "temperature top_k"},
        {NEWEST, "xhigh", INT64_MIN, INT64_MIN,
         ",\"max_tokens\":8192,\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"xhigh\"}", "temperature top_k"},
        {NEWEST, NULL, 3000, INT64_MIN, ",\"max_tokens\":8192,\"thinking\":{\"type\":\"adaptive\"}", "thinking.budget_tokens temperature top_k"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct chat *chat = chat_of("{\"model\":\"m\"," HELLO "}");
        const char *out, *want = arena_printf(a, "{\"model\":\"%s\"," HELLO_OUT "%s}", cases[i].model, cases[i].out);
        chat->effort = cases[i].effort;
        chat->thinking_max = cases[i].budget;
        chat->max_tokens = cases[i].max;
        chat->temperature = 0.5;
        chat->top_k = 3;
        must(write_chat(chat, cases[i].model, &out));
        if (strcmp(out, want) != 0 || strcmp(dropped(), cases[i].dropped) != 0)
            fail_msg("case %zu: %s (dropped %s), not %s", i, out, dropped(), want);
    }
}

static void test_tools(void **state)
{
    (void)state;
#define SCHEMA "{\"type\":\"object\",\"properties\":{\"a\":{}}}"
#define TOOL ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\",\"parameters\":" SCHEMA "}}]"
#define TOOL_OUT ",\"tools\":[{\"name\":\"f\",\"description\":\"d\",\"input_schema\":" SCHEMA "}]"
    const struct { const char *more, *out, *dropped; } cases[] = {
        {TOOL, TOOL_OUT, ""},
        {",\"tools\":[]", "", ""},
        {",\"tools\":[{\"function\":{\"name\":\"f\"}}]", ",\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}]", ""},
        {",\"tools\":[{\"function\":{\"name\":\"f\",\"parameters\":{}}}]",
         ",\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}]", ""},
        {",\"tools\":[{\"function\":{\"name\":\"f\",\"parameters\":{\"type\":null,\"properties\":{\"x\":1}}}}]",
         ",\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\",\"properties\":{\"x\":1}}}]", ""},
        {",\"tools\":[{\"function\":{\"name\":\"f\",\"strict\":true,\"parameters\":" SCHEMA "}}]",
         ",\"tools\":[{\"name\":\"f\",\"input_schema\":" SCHEMA ",\"strict\":true}]", ""},
        {TOOL ",\"tool_choice\":\"auto\"", TOOL_OUT ",\"tool_choice\":{\"type\":\"auto\"}", ""},
        {TOOL ",\"tool_choice\":\"none\"", TOOL_OUT ",\"tool_choice\":{\"type\":\"none\"}", ""},
        {TOOL ",\"tool_choice\":\"required\"", TOOL_OUT ",\"tool_choice\":{\"type\":\"any\"}", ""},
        {TOOL ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}}", TOOL_OUT ",\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\"}", ""},
        {TOOL ",\"parallel_tool_calls\":false", TOOL_OUT ",\"tool_choice\":{\"type\":\"auto\",\"disable_parallel_tool_use\":true}", ""},
        {TOOL ",\"parallel_tool_calls\":false,\"tool_choice\":\"required\"",
         TOOL_OUT ",\"tool_choice\":{\"type\":\"any\",\"disable_parallel_tool_use\":true}", ""},
        {TOOL ",\"parallel_tool_calls\":false,\"tool_choice\":\"none\"", TOOL_OUT ",\"tool_choice\":{\"type\":\"none\"}", ""},
        {TOOL ",\"tool_choice\":\"required\",\"reasoning_effort\":\"high\"", TOOL_OUT ",\"tool_choice\":{\"type\":\"any\"}", "reasoning_effort"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *out, *want = arena_printf(a, "{\"model\":\"" BUDGET "\"," HELLO_OUT ",\"max_tokens\":8192%s}", cases[i].out);
        must(write_chat(chat_of(arena_printf(a, "{\"model\":\"m\"," HELLO "%s}", cases[i].more)), BUDGET, &out));
        if (strcmp(out, want) != 0 || strcmp(dropped(), cases[i].dropped) != 0)
            fail_msg("%s: %s (dropped %s), not %s", cases[i].more, out, dropped(), want);
    }
    const char *out;
    must(write_chat(chat_of("{\"model\":\"m\"," HELLO ",\"tools\":[{\"function\":{\"name\":\"f\",\"strict\":true}}]}"), OLDEST, &out));
    assert_null(strstr(out, "strict"));
    assert_string_equal(dropped(), "tools.strict");
}

static void test_formats(void **state)
{
    (void)state;
    const char *out;
    must(write_chat(chat_of("{\"model\":\"m\"," HELLO ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"schema\":"
                            "{\"type\":\"object\"}}},\"reasoning_effort\":\"low\"}"), NEWEST, &out));
    assert_non_null(strstr(out, "\"output_config\":{\"effort\":\"low\",\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}}"));
    must(write_chat(chat_of("{\"model\":\"m\"," HELLO ",\"response_format\":{\"type\":\"json_object\"}}"), OLDEST, &out));
    assert_non_null(strstr(out, "\"system\":\"Answer with one JSON object"));
    assert_null(strstr(out, "output_config"));
}

/* A long answer is asked for as a stream whatever its caller wants: it may take longer than a connection is left open. */
static void test_long_answers(void **state)
{
    (void)state;
    const struct { int64_t max; bool stream; } cases[] = {{21333, false}, {21334, true}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *out;
        must(write_chat(chat_of(arena_printf(a, "{\"model\":\"m\"," HELLO ",\"max_tokens\":%lld}", (long long)cases[i].max)), NEWEST, &out));
        assert_true(target.stream == cases[i].stream);
        assert_true(cases[i].stream == (strstr(out, "\"stream\":true") != NULL));
    }
}

static void test_what_cannot_be_written(void **state)
{
    (void)state;
    const struct { const char *more, *field; } bad[] = {
        {",\"n\":2", "n"},
        {",\"logprobs\":true", "logprobs"},
        {",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"schema\":{}}}", "response_format.type"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *out;
        struct chat *chat = chat_of(arena_printf(a, "{\"model\":\"m\"," HELLO "%s}", bad[i].more));
        must_fail(write_chat(chat, OLDEST, &out), ERR_INPUT);
        assert_string_equal(err.field, bad[i].field);
        assert_true(*err.allowed);
    }
}

static const char *header(const struct http_request *r, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < r->headers_n; i++)
        if (strcmp(r->headers[i].name, name) == 0) {
            assert_null(value);
            value = r->headers[i].value;
        }
    return value ? value : "";
}

static void test_addresses_and_headers(void **state)
{
    (void)state;
    struct chat *chat = chat_of("{\"model\":\"m\"," HELLO "}");
    const struct { const char *base, *chat, *models; } cases[] = {
        {"https://api.anthropic.com", "https://api.anthropic.com/v1/messages", "https://api.anthropic.com/v1/models?limit=1000"},
        {"https://h/anthropic/", "https://h/anthropic/v1/messages", "https://h/anthropic/v1/models?limit=1000"},
        {"https://h/v1", "https://h/v1/messages", "https://h/v1/models?limit=1000"},
        {"https://h/v1/", "https://h/v1/messages", "https://h/v1/models?limit=1000"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct provider p = {.base_url = cases[i].base, .type = provider_type_find("anthropic"), .secret = secret_text(a, "sk-ant")};
        struct target t = {.provider = &p, .model = OLDEST};
        struct http_request r = {0}, models = {0};
        must(anthropic_rules.prepare(&t, chat, a, &r, &err));
        assert_string_equal(r.url, cases[i].chat);
        assert_string_equal(r.method, "POST");
        assert_string_equal(header(&r, "x-api-key"), "sk-ant");
        assert_string_equal(header(&r, "anthropic-version"), "2023-06-01");
        assert_string_equal(header(&r, "anthropic-beta"), "");
        anthropic_rules.prepare_models(&p, a, &models);
        assert_string_equal(models.url, cases[i].models);
        assert_string_equal(header(&models, "x-api-key"), "sk-ant");
        assert_string_equal(header(&models, "anthropic-version"), "2023-06-01");
    }
}

static void test_options(void **state)
{
    (void)state;
    struct provider p = {.base_url = "http://h", .type = provider_type_find("anthropic"), .secret = secret_text(a, "sk-ant")};
    struct target t = {.provider = &p, .model = OLDEST};
    struct http_request r = {0}, other = {0};
    struct chat *chat = chat_of("{\"model\":\"m\"," HELLO "}");
    p.options = provider_options_of("{\"key_header\":\"bearer\",\"max_tokens\":\"500\",\"beta\":\"b-1\"}", a);
    must(anthropic_rules.prepare(&t, chat, a, &r, &err));
    assert_string_equal(header(&r, "Authorization"), "Bearer sk-ant");
    assert_string_equal(header(&r, "x-api-key"), "");
    assert_string_equal(header(&r, "anthropic-beta"), "b-1");
    assert_non_null(memmem(r.body.p, r.body.n, "\"max_tokens\":500", 16));
    /* The headers of a caller that speaks otherwise mean nothing here; those of one that does go on. */
    for (int i = 0; i < 3; i++) {
        static const struct http_header own[] = {{"anthropic-version", "2024-01-01"}, {"anthropic-beta", "b-2,b-3"}, {"x-claude-code-session-id", "s"}};
        *(struct http_header *)list_add(a, &chat->forward, sizeof(own[0])) = own[i];
    }
    must(anthropic_rules.prepare(&t, chat, a, &other, &err));
    assert_string_equal(header(&other, "anthropic-version"), "2023-06-01");
    assert_string_equal(header(&other, "x-claude-code-session-id"), "");
    chat->dialect = DIALECT_ANTHROPIC;
    r = (struct http_request){0};
    must(anthropic_rules.prepare(&t, chat, a, &r, &err));
    assert_string_equal(header(&r, "anthropic-version"), "2024-01-01");
    assert_string_equal(header(&r, "anthropic-beta"), "b-2,b-3,b-1");
    assert_string_equal(header(&r, "x-claude-code-session-id"), "s");
}

static int begin(void **state)
{
    provider_types = all_provider_types;
    return help_begin(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_thinking),
        cmocka_unit_test(test_tools),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_long_answers),
        cmocka_unit_test(test_what_cannot_be_written),
        cmocka_unit_test(test_addresses_and_headers),
        cmocka_unit_test(test_options),
    };
    return cmocka_run_group_tests(tests, begin, help_end);
}
