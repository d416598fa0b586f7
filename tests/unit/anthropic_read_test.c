/* SPDX-License-Identifier: MIT */
#include "serve/anthropic_read.h"

#include <math.h>

#include "chat_help.h"

#define HELLO "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]"
#define HEAD "{\"model\":\"m\",\"max_tokens\":9,"
#define WITH(more) HEAD HELLO "," more "}"
#define SAID(messages) HEAD "\"messages\":[" messages "]}"
#define USER(blocks) SAID("{\"role\":\"user\",\"content\":[" blocks "]}")
#define ASSISTANT(blocks) SAID("{\"role\":\"assistant\",\"content\":[" blocks "]}")
#define RESULT(blocks) USER("{\"type\":\"tool_result\",\"tool_use_id\":\"1\",\"content\":[" blocks "]}")

static bool take(const char *text)
{
    struct json body;
    chat = chat_new(a);
    must(json_check(bytes_of(text), &(struct json_limits){.allow_nul = true}, &body, &err));
    return anthropic_read(body, chat, a, &err);
}

static bool parse(const char *text)
{
    return take(text) && chat->parse(chat, a, &err);
}

static const struct chat_tool_call *call(size_t i, size_t k)
{
    assert_true(k < message(i)->tool_calls.n);
    return (const struct chat_tool_call *)message(i)->tool_calls.items + k;
}

static const struct chat_thought *thought(size_t i, size_t k)
{
    assert_true(k < message(i)->thoughts.n);
    return (const struct chat_thought *)message(i)->thoughts.items + k;
}

static const char *dropped(void)
{
    struct buf buf = buf_new(a, 1 << 20);
    const char *text = "";
    for (size_t i = 0; i < chat->dropped.n; i++)
        buf_printf(&buf, "%s%s", i ? ", " : "", ((const char *const *)chat->dropped.items)[i]);
    must(buf_done(&buf, &text, &err));
    return text;
}

struct refusal {
    const char *body, *field, *value, *allowed;
};

static void refused(const struct refusal *bad, size_t n, bool (*read)(const char *))
{
    for (size_t i = 0; i < n; i++) {
        must_fail(read(bad[i].body), ERR_INPUT);
        if (strcmp(err.field, bad[i].field) != 0 || strcmp(err.value, bad[i].value) != 0 || strcmp(err.allowed, bad[i].allowed) != 0)
            fail_msg("%s: %s, %s, %s", bad[i].body, err.field, err.value, err.allowed);
    }
}

static void test_bad_bodies(void **state)
{
    (void)state;
    static const struct refusal bad[] = {
        {"{\"max_tokens\":9," HELLO "}", "model", "", "string, 1–200"},
        {"{\"model\":\"\",\"max_tokens\":9," HELLO "}", "model", "\"\"", "string, 1–200"},
        {"{\"model\":\"m\"," HELLO "}", "max_tokens", "", "integer, 0–100000000"},
        {"{\"model\":\"m\",\"max_tokens\":-1," HELLO "}", "max_tokens", "-1", "integer, 0–100000000"},
        {"{\"model\":\"m\",\"max_tokens\":9}", "messages", "", "array, 1–100000"},
        {HEAD "\"messages\":[]}", "messages", "[]", "array, 1–100000"},
        {SAID("7"), "messages[0]", "7", "object"},
        {SAID("{\"content\":\"x\"}"), "messages[0].role", "", "user, assistant, system"},
        {SAID("{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"tool\",\"content\":\"x\"}"), "messages[1].role", "\"tool\"", "user, assistant, system"},
        {SAID("{\"role\":\"user\"}"), "messages[0].content", "", "string, array"},
        {SAID("{\"role\":\"user\",\"content\":{}}"), "messages[0].content", "{}", "string, array"},
        {WITH("\"system\":7"), "system", "7", "string, array"},
        {WITH("\"stream\":1"), "stream", "1", "true, false"},
        {WITH("\"temperature\":2.1"), "temperature", "2.1", "number, 0–2"},
        {WITH("\"top_p\":-1"), "top_p", "-1", "number, 0–1"},
        {WITH("\"top_k\":0.5"), "top_k", "0.5", "integer, 0–100000000"},
        {WITH("\"stop_sequences\":[1]"), "stop_sequences", "[1]", "string, array of strings, 0–8191"},
        {WITH("\"tools\":{}"), "tools", "{}", "array, 0–1024"},
        {WITH("\"tool_choice\":\"auto\""), "tool_choice", "\"auto\"", "object"},
        {WITH("\"thinking\":true"), "thinking", "true", "object"},
        {WITH("\"output_config\":[]"), "output_config", "[]", "object"},
        {WITH("\"metadata\":\"u\""), "metadata", "\"u\"", "object"},
    };
    refused(bad, COUNT(bad), take);
}

/* What only a translation must understand is refused only then: Anthropic's own service may know more. */
static void test_bad_to_translate(void **state)
{
    (void)state;
#define USER_BLOCKS "text, image, document, search_result, tool_result"
#define ASSISTANT_BLOCKS "text, thinking, redacted_thinking, tool_use"
    static const struct refusal bad[] = {
        {USER("7"), "messages[0].content[0].type", "", USER_BLOCKS},
        {USER("{\"type\":\"container_upload\",\"file_id\":\"f\"}"), "messages[0].content[0].type", "\"container_upload\"", USER_BLOCKS},
        {USER("{\"type\":\"tool_use\",\"id\":\"1\",\"name\":\"f\",\"input\":{}}"), "messages[0].content[0].type", "\"tool_use\"", USER_BLOCKS},
        {USER("{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\"}"), "messages[0].content[1].text", "", "string"},
        {USER("{\"type\":\"image\",\"source\":{\"type\":\"file\",\"file_id\":\"f\"}}"), "messages[0].content[0].source.type", "\"file\"", "base64, url"},
        {USER("{\"type\":\"image\"}"), "messages[0].content[0].source.type", "", "base64, url"},
        {USER("{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"data\":\"QQ==\"}}"), "messages[0].content[0].source.media_type", "", "string"},
        {USER("{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\"}}"), "messages[0].content[0].source.data", "", "string"},
        {USER("{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":7}}"), "messages[0].content[0].source.url", "7", "string"},
        {USER("{\"type\":\"document\",\"source\":{\"type\":\"file\",\"file_id\":\"f\"}}"), "messages[0].content[0].source.type", "\"file\"",
         "base64, url, text, content"},
        {USER("{\"type\":\"document\",\"source\":{\"type\":\"text\"}}"), "messages[0].content[0].source.content", "", "string"},
        {USER("{\"type\":\"search_result\",\"content\":\"x\"}"), "messages[0].content[0].content", "\"x\"", "array"},
        {USER("{\"type\":\"tool_result\",\"content\":\"x\"}"), "messages[0].content[0].tool_use_id", "", "string"},
        {USER("{\"type\":\"tool_result\",\"tool_use_id\":\"1\",\"content\":{}}"), "messages[0].content[0].content", "{}", "array"},
        {RESULT("{\"type\":\"tool_reference\",\"tool_name\":\"x\"}"), "messages[0].content[0].content[0].type", "\"tool_reference\"",
         "text, image, document, search_result"},
        {RESULT("{\"type\":\"image\",\"source\":{\"type\":\"file\"}}"), "messages[0].content[0].content[0].source.type", "\"file\"", "base64, url"},
        {ASSISTANT("{\"type\":\"server_tool_use\",\"id\":\"1\",\"name\":\"web_search\",\"input\":{}}"), "messages[0].content[0].type",
         "\"server_tool_use\"", ASSISTANT_BLOCKS},
        {ASSISTANT("{\"type\":\"tool_result\",\"tool_use_id\":\"1\"}"), "messages[0].content[0].type", "\"tool_result\"", ASSISTANT_BLOCKS},
        {ASSISTANT("{\"type\":\"tool_use\",\"name\":\"f\",\"input\":{}}"), "messages[0].content[0].id", "", "string"},
        {ASSISTANT("{\"type\":\"tool_use\",\"id\":\"1\",\"input\":{}}"), "messages[0].content[0].name", "", "string"},
        {ASSISTANT("{\"type\":\"tool_use\",\"id\":\"1\",\"name\":\"f\",\"input\":\"{}\"}"), "messages[0].content[0].input", "\"{}\"", "object"},
        {ASSISTANT("{\"type\":\"tool_use\",\"id\":\"1\\u0000\",\"name\":\"f\"}"), "messages[0].content[0].id", "\"1\\u0000\"", "string"},
        {ASSISTANT("{\"type\":\"thinking\"}"), "messages[0].content[0].thinking", "", "string"},
        {ASSISTANT("{\"type\":\"redacted_thinking\"}"), "messages[0].content[0].data", "", "string"},
        {WITH("\"system\":[{\"type\":\"image\"}]"), "system[0].type", "\"image\"", "text"},
        {WITH("\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}]"), "tools[0].type", "\"web_search_20250305\"", "custom"},
        {WITH("\"tools\":[{\"name\":\"f\",\"input_schema\":{}},{\"type\":\"bash_20250124\",\"name\":\"bash\"}]"), "tools[1].type",
         "\"bash_20250124\"", "custom"},
        {WITH("\"tools\":[7]"), "tools[0]", "7", "object"},
        {WITH("\"tools\":[{\"name\":\"f\"}]"), "tools[0].input_schema", "", "object"},
        {WITH("\"tools\":[{\"input_schema\":{}}]"), "tools[0].name", "", "string"},
        {WITH("\"tool_choice\":{}"), "tool_choice.type", "", "auto, none, any, tool"},
        {WITH("\"tool_choice\":{\"type\":\"required\"}"), "tool_choice.type", "\"required\"", "auto, none, any, tool"},
        {WITH("\"tool_choice\":{\"type\":\"tool\"}"), "tool_choice.name", "", "string"},
        {WITH("\"thinking\":{\"type\":\"maybe\"}"), "thinking.type", "\"maybe\"", "enabled, disabled, adaptive"},
        {WITH("\"thinking\":{\"type\":\"enabled\"}"), "thinking.budget_tokens", "", "integer, 1–100000000"},
        {WITH("\"output_config\":{\"effort\":\"huge\"}"), "output_config.effort", "\"huge\"", "none, minimal, low, medium, high, xhigh, max"},
        {WITH("\"output_config\":{\"format\":{\"type\":\"regex\"}}"), "output_config.format.type", "\"regex\"", "json_schema"},
        {WITH("\"output_config\":{\"format\":{\"type\":\"json_schema\"}}"), "output_config.format.schema", "", "object"},
        {WITH("\"output_format\":{\"type\":\"json_schema\",\"schema\":7}"), "output_format.schema", "7", "object"},
        {WITH("\"mcp_servers\":[{\"type\":\"url\"}]"), "mcp_servers", "[{\"type\":\"url\"}]", "[]"},
        {"{\"model\":\"m\",\"max_tokens\":0," HELLO "}", "max_tokens", "0", "integer, 1–100000000"},
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        must(take(bad[i].body));
    refused(bad, COUNT(bad), parse);
}

static void test_head(void **state)
{
    (void)state;
    must(take(WITH("\"stream\":true,\"x\":1")));
    assert_string_equal(chat->model, "m");
    assert_true(chat->stream && chat->include_usage && !chat->parsed);
    assert_int_equal(chat->dialect, DIALECT_ANTHROPIC);
    must(parse(WITH("\"stream\":null,\"system\":null,\"tools\":null,\"tool_choice\":null,\"thinking\":null,\"output_config\":null,\"temperature\":null,"
                    "\"stop_sequences\":null,\"metadata\":null")));
    assert_false(chat->stream);
    assert_true(chat->parsed && isnan(chat->temperature) && !chat->effort && !chat->tool_choice && !chat->format);
    assert_string_equal(dropped(), "");
    struct json body;
    must(json_check(bytes_of("{\"model\":\"m\"," HELLO "}"), NULL, &body, &err));
    must(anthropic_read_count(body, chat = chat_new(a), a, &err));
    must(chat->parse(chat, a, &err));
}

static void test_turns(void **state)
{
    (void)state;
    must(parse(HEAD "\"system\":[{\"type\":\"text\",\"text\":\"first\",\"cache_control\":{\"type\":\"ephemeral\"}},{\"type\":\"text\",\"text\":\"\"},"
               "{\"type\":\"text\",\"text\":\"second\"}],\"messages\":["
               "{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"b\\u0000\\u6708\"}]},"
               "{\"role\":\"assistant\",\"content\":\"c\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"d\"}]},"
               "{\"role\":\"system\",\"content\":\"now be brief\"},{\"role\":\"user\",\"content\":[]}]}"));
    const enum chat_role roles[] = {CHAT_SYSTEM, CHAT_USER, CHAT_ASSISTANT, CHAT_SYSTEM, CHAT_USER};
    assert_int_equal(chat->messages.n, COUNT(roles));
    for (size_t i = 0; i < COUNT(roles); i++)
        assert_int_equal(message(i)->role, roles[i]);
    assert_int_equal(message(0)->parts.n, 1);
    assert_string_equal(part(0, 0)->text, "first\n\nsecond");
    assert_int_equal(part(0, 0)->text_n, 13);
    assert_int_equal(message(1)->parts.n, 2);                /* turns of one role that follow each other are one */
    assert_int_equal(part(1, 1)->text_n, 5);
    assert_memory_equal(part(1, 1)->text, "b\0月", 5);
    assert_int_equal(message(2)->parts.n, 2);
    assert_int_equal(message(4)->parts.n, 0);
    assert_string_equal(dropped(), "content.cache_control");
    must(parse(WITH("\"system\":\"be kind\"")));
    assert_string_equal(part(0, 0)->text, "be kind");
    must(parse(WITH("\"system\":[]")));
    assert_int_equal(chat->messages.n, 1);
}

static void test_tools_in_turns(void **state)
{
    (void)state;
    must(parse(SAID("{\"role\":\"user\",\"content\":\"q\"},"
                    "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"let me see\"},"
                    "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{\"a\": [1]}},{\"type\":\"tool_use\",\"id\":\"t2\",\"name\":\"g\",\"input\":{}},"
                    "{\"type\":\"tool_use\",\"id\":\"t3\",\"name\":\"h\"}]},"
                    "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"before\"},{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"content\":\"42\"},"
                    "{\"type\":\"tool_result\",\"tool_use_id\":\"t2\",\"is_error\":true,\"content\":[{\"type\":\"text\",\"text\":\"no\"},"
                    "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"QUJD\"}}]},"
                    "{\"type\":\"tool_result\",\"tool_use_id\":\"t3\"},{\"type\":\"text\",\"text\":\"after\"}]},"
                    "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t4\",\"content\":null}]}")));
    const enum chat_role roles[] = {CHAT_USER, CHAT_ASSISTANT, CHAT_TOOL, CHAT_TOOL, CHAT_TOOL, CHAT_USER, CHAT_TOOL};
    assert_int_equal(chat->messages.n, COUNT(roles));
    for (size_t i = 0; i < COUNT(roles); i++)
        assert_int_equal(message(i)->role, roles[i]);
    assert_int_equal(message(1)->tool_calls.n, 3);
    assert_string_equal(call(1, 0)->id, "t1");
    assert_string_equal(call(1, 0)->arguments, "{\"a\": [1]}");
    assert_string_equal(call(1, 1)->arguments, "{}");
    assert_string_equal(call(1, 2)->arguments, "{}");
    assert_string_equal(message(2)->tool_call_id, "t1");
    assert_string_equal(part(2, 0)->text, "42");
    assert_true(message(3)->tool_failed && !message(2)->tool_failed);
    assert_int_equal(part(3, 1)->type, PART_IMAGE);
    assert_memory_equal(part(3, 1)->data.p, "QUJD", 4);
    assert_int_equal(message(4)->parts.n, 0);
    assert_string_equal(part(5, 0)->text, "before");
    assert_string_equal(part(5, 1)->text, "after");
}

static void test_media(void **state)
{
    (void)state;
    must(parse(USER("{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/webp\",\"data\":\"QU\\/D\"}},"
                    "{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://x.example/a.png\"}},"
                    "{\"type\":\"document\",\"title\":\"Paper\",\"source\":{\"type\":\"base64\",\"media_type\":\"application/pdf\",\"data\":\"UERG\"}},"
                    "{\"type\":\"document\",\"context\":\"old\",\"citations\":{\"enabled\":true},\"source\":{\"type\":\"url\",\"url\":\"https://x.example/p.pdf\"}},"
                    "{\"type\":\"document\",\"title\":\"T\",\"context\":\"C\",\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"body\"}},"
                    "{\"type\":\"document\",\"source\":{\"type\":\"content\",\"content\":[{\"type\":\"text\",\"text\":\"one\"}]}},"
                    "{\"type\":\"search_result\",\"title\":\"R\",\"source\":\"https://x.example\",\"content\":[{\"type\":\"text\",\"text\":\"found\"}]}")));
    assert_int_equal(message(0)->parts.n, 10);
    assert_string_equal(part(0, 0)->media_type, "image/webp");
    assert_int_equal(part(0, 0)->data.n, 4);
    assert_memory_equal(part(0, 0)->data.p, "QU/D", 4);
    assert_string_equal(part(0, 1)->url, "https://x.example/a.png");
    assert_int_equal(part(0, 2)->type, PART_FILE);
    assert_string_equal(part(0, 2)->name, "Paper");
    assert_string_equal(part(0, 2)->media_type, "application/pdf");
    assert_string_equal(part(0, 3)->text, "old\n");
    assert_string_equal(part(0, 4)->url, "https://x.example/p.pdf");
    assert_string_equal(part(0, 5)->text, "T\nC\n");
    assert_string_equal(part(0, 6)->text, "body");
    assert_string_equal(part(0, 7)->text, "one");
    assert_string_equal(part(0, 8)->text, "R\nhttps://x.example\n");
    assert_string_equal(part(0, 9)->text, "found");
    assert_string_equal(dropped(), "content.citations");
}

static void test_thoughts(void **state)
{
    (void)state;
    must(parse(ASSISTANT("{\"type\":\"thinking\",\"thinking\":\"own\",\"signature\":\"EqQB\"},{\"type\":\"thinking\",\"thinking\":\"theirs\",\"signature\":\"mg1.gemini.s\"},"
                         "{\"type\":\"thinking\",\"thinking\":\"nobody's\",\"signature\":\"mg1..\"},{\"type\":\"thinking\",\"thinking\":\"none\"},"
                         "{\"type\":\"redacted_thinking\",\"data\":\"sealed\"},{\"type\":\"redacted_thinking\",\"data\":\"mg1.bedrock.r\"},"
                         "{\"type\":\"redacted_thinking\",\"data\":\"mg1.call.mg1.gemini.c\"},{\"type\":\"tool_use\",\"id\":\"1\",\"name\":\"f\",\"input\":{}},"
                         "{\"type\":\"tool_use\",\"id\":\"2\",\"name\":\"f\",\"input\":{}}")));
    static const struct { const char *text, *opaque; enum dialect by; } want[] = {
        {"own", "EqQB", DIALECT_ANTHROPIC}, {"theirs", "s", DIALECT_GEMINI}, {"nobody's", NULL, DIALECT_NONE}, {"none", NULL, DIALECT_NONE},
        {NULL, "sealed", DIALECT_ANTHROPIC}, {NULL, "r", DIALECT_BEDROCK},
    };
    assert_int_equal(message(0)->thoughts.n, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++) {
        assert_int_equal(thought(0, i)->by, want[i].by);
        assert_true((thought(0, i)->text != NULL) == (want[i].text != NULL) && (thought(0, i)->opaque != NULL) == (want[i].opaque != NULL));
        assert_true(!want[i].text || strcmp(thought(0, i)->text, want[i].text) == 0);
        assert_true(!want[i].opaque || strcmp(thought(0, i)->opaque, want[i].opaque) == 0);
    }
    assert_string_equal(call(0, 0)->opaque, "c");
    assert_int_equal(call(0, 0)->by, DIALECT_GEMINI);
    assert_null(call(0, 1)->opaque);
}

static void test_parameters(void **state)
{
    (void)state;
    must(parse(WITH("\"temperature\":0.5,\"top_p\":0.9,\"top_k\":40,\"stop_sequences\":[\"a\",\"b\"],\"metadata\":{\"user_id\":\"u\",\"x\":1},"
                    "\"tools\":[{\"name\":\"f\",\"description\":\"d\",\"input_schema\":{\"type\":\"object\"},\"strict\":true,\"cache_control\":{},"
                    "\"defer_loading\":true},{\"type\":\"custom\",\"name\":\"g\",\"input_schema\":{},\"cache_control\":{}}],"
                    "\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\",\"disable_parallel_tool_use\":true},\"service_tier\":\"auto\",\"container\":null,"
                    "\"context_management\":{},\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048,\"display\":\"omitted\"},"
                    "\"output_config\":{\"effort\":\"xhigh\",\"task_budget\":1,\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}}")));
    assert_true(chat->temperature == 0.5 && chat->top_p == 0.9);
    assert_int_equal(chat->top_k, 40);
    assert_int_equal(chat->max_tokens, 9);
    assert_int_equal(chat->stop.n, 2);
    assert_string_equal(((const char *const *)chat->stop.items)[1], "b");
    assert_string_equal(chat->user, "u");
    assert_int_equal(chat->tools.n, 2);
    const struct chat_tool *tools = chat->tools.items;
    assert_true(tools[0].strict && !tools[1].strict && json_count(tools[0].parameters) == 1);
    assert_string_equal(tools[0].description, "d");
    assert_string_equal(chat->tool_choice, "=f");
    assert_true(chat->one_call && chat->schema_strict);
    assert_int_equal(chat->thinking_max, 2048);
    assert_string_equal(chat->effort, "xhigh");
    assert_string_equal(chat->format, "schema");
    assert_int_equal(json_count(chat->schema), 1);
    assert_string_equal(dropped(), "tools.cache_control, tools.defer_loading, thinking.display, output_config.task_budget, service_tier, "
                                   "context_management, metadata.x");
}

static void test_words(void **state)
{
    (void)state;
    static const struct { const char *more, *choice, *effort, *dropped; } cases[] = {
        {"\"tool_choice\":{\"type\":\"auto\"}", "auto", NULL, ""}, {"\"tool_choice\":{\"type\":\"any\"}", "required", NULL, ""},
        {"\"tool_choice\":{\"type\":\"none\"}", "none", NULL, ""}, {"\"thinking\":{\"type\":\"disabled\"}", NULL, "none", ""},
        {"\"thinking\":{\"type\":\"adaptive\"}", NULL, NULL, "thinking"},
        {"\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"low\"}", NULL, "low", "thinking"},
        {"\"thinking\":{\"type\":\"disabled\"},\"output_config\":{\"effort\":\"low\"}", NULL, "none", ""},
        {"\"mcp_servers\":[]", NULL, NULL, ""}, {"\"mcp_servers\":null", NULL, NULL, ""},
        {"\"a\":1,\"a.b\":{},\"A\":0", NULL, NULL, "a, a.b, A"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        must(parse(arena_printf(a, HEAD HELLO ",%s}", cases[i].more)));
        assert_true(!cases[i].choice == !chat->tool_choice && (!cases[i].choice || strcmp(chat->tool_choice, cases[i].choice) == 0));
        assert_true(!cases[i].effort == !chat->effort && (!cases[i].effort || strcmp(chat->effort, cases[i].effort) == 0));
        if (strcmp(dropped(), cases[i].dropped) != 0)
            fail_msg("%s: %s", cases[i].more, dropped());
    }
    must(parse(WITH("\"output_format\":{\"type\":\"json_schema\",\"schema\":{}}")));
    assert_string_equal(chat->format, "schema");
}

/* Names that a caller makes up are listed once, and not without end. */
static void test_many_names(void **state)
{
    (void)state;
    struct buf buf = buf_new(a, 1 << 20);
    const char *body = NULL;
    buf_text(&buf, HEAD "\"messages\":[");
    for (int i = 0; i < 2000; i++)
        buf_printf(&buf, "%s{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"\",\"x%d\":1,\"y\":1}]}", i ? "," : "", i);
    buf_text(&buf, "]}");
    must(buf_done(&buf, &body, &err));
    must(parse(body));
    assert_int_equal(chat->dropped.n, 64);
    assert_int_equal(chat->messages.n, 1);
    assert_int_equal(message(0)->parts.n, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_bodies),
        cmocka_unit_test(test_bad_to_translate),
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_turns),
        cmocka_unit_test(test_tools_in_turns),
        cmocka_unit_test(test_media),
        cmocka_unit_test(test_thoughts),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_many_names),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
