/* SPDX-License-Identifier: MIT */
#include "serve/responses_read.h"

#include <math.h>

#include "base/json_write.h"
#include "chat_help.h"
#include "said_help.h"
#include "serve/responses_answer.h"
#include "serve/responses_tools.h"

static bool take(const char *text)
{
    chat = chat_new(a);
    return responses_read(said_json(bytes_of(text)), chat, a, &err);
}

#define ASK(more) "{\"model\":\"m\",\"input\":\"hello\"," more "}"
#define INPUT(items) "{\"model\":\"m\",\"input\":[" items "]}"
#define USER(content) INPUT("{\"role\":\"user\",\"content\":[" content "]}")

static void test_bad_bodies(void **state)
{
    (void)state;
    static const char parts[] = "input_text, output_text, input_image, input_file, refusal";
    static const char types[] = "message, reasoning, function_call, function_call_output, custom_tool_call, custom_tool_call_output";
    const struct { const char *body, *field, *value, *allowed; } bad[] = {
        {"{\"input\":\"x\"}", "model", "", "string, 1–200"},
        {"{\"model\":\"m\",\"input\":null}", "input", "", NULL},
        {"{\"model\":\"m\",\"input\":7}", "input", "7", "string, array"},
        {"{\"model\":\"m\",\"input\":[]}", "input", "[]", "string, array"},
        {INPUT("7"), "input[0]", "7", "object"},
        {INPUT("{\"type\":\"reasoning\"}"), "input", "[{\"type\":\"reasoning\"}]", "message"},
        {INPUT("{}"), "input[0].role", "", "user, assistant, system, developer"},
        {INPUT("{\"role\":\"tool\",\"content\":\"x\"}"), "input[0].role", "\"tool\"", "user, assistant, system, developer"},
        {INPUT("{\"role\":\"user\"}"), "input[0].content", "", "string, array"},
        {USER("{\"type\":\"input_audio\"}"), "input[0].content[0].type", "\"input_audio\"", parts},
        {USER("{\"type\":\"input_text\"}"), "input[0].content[0].text", "", "string"},
        {USER("{\"type\":\"input_image\",\"file_id\":\"f\"}"), "input[0].content[0].file_id", "\"f\"", "image_url"},
        {USER("{\"type\":\"input_image\"}"), "input[0].content[0].image_url", "", "string"},
        {USER("{\"type\":\"input_file\",\"file_id\":\"f\"}"), "input[0].content[0].file_id", "\"f\"", "file_data"},
        {INPUT("{\"type\":\"item_reference\",\"id\":\"x\"}"), "input[0].type", "item_reference", "store: false"},
        {INPUT("{\"type\":\"compaction\"}"), "input[0].type", "\"compaction\"", types},
        {INPUT("{\"type\":\"custom_tool_call\",\"call_id\":\"c\",\"name\":\"n\"}"), "input[0].input", "", "string"},
        {INPUT("{\"type\":\"web_search_call\"}"), "input[0].type", "\"web_search_call\"", types},
        {INPUT("{\"type\":\"function_call\",\"name\":\"f\"}"), "input[0].call_id", "", "string"},
        {INPUT("{\"type\":\"function_call\",\"call_id\":\"f\"}"), "input[0].name", "", "string"},
        {INPUT("{\"type\":\"function_call_output\",\"output\":\"f\"}"), "input[0].call_id", "", "string"},
        {INPUT("{\"type\":\"function_call_output\",\"call_id\":\"f\"}"), "input[0].output", "", "string, array"},
        {ASK("\"previous_response_id\":\"r\""), "previous_response_id", "\"r\"", "input"},
        {ASK("\"conversation\":{\"id\":\"c\"}"), "conversation", "{\"id\":\"c\"}", "input"},
        {ASK("\"prompt\":{\"id\":\"p\"}"), "prompt", "{\"id\":\"p\"}", "instructions, input"},
        {ASK("\"background\":true"), "background", "true", "false"},
        {ASK("\"moderation\":{}"), "moderation", "{}", "null"},
        {ASK("\"tools\":[{\"type\":\"web_search\"}]"), "tools[0].type", "\"web_search\"", "function, custom, namespace"},
        {ASK("\"tools\":[{\"type\":\"namespace\",\"name\":\"n\",\"tools\":[{\"type\":\"mcp\"}]}]"), "tools[0].tools[0].type", "\"mcp\"",
         "function, custom, namespace"},
        {ASK("\"tools\":[{\"type\":\"namespace\",\"tools\":[]}]"), "tools[0].name", "", "string, 1–200"},
        {ASK("\"tools\":[{\"type\":\"custom\"}]"), "tools[0].name", "", "string, 1–200"},
        {ASK("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"x\"}}]"), "tools[0].name", "", "string, 1–200"},
        {ASK("\"tool_choice\":\"any\""), "tool_choice", "\"any\"", "auto, none, required"},
        {ASK("\"tool_choice\":{\"type\":\"allowed_tools\"}"), "tool_choice.type", "\"allowed_tools\"", "auto, none, required, function, custom"},
        {ASK("\"text\":{\"format\":{\"type\":\"grammar\"}}"), "text.format.type", "\"grammar\"", "text, json_object, json_schema"},
        {ASK("\"reasoning\":{\"effort\":\"much\"}"), "reasoning.effort", "\"much\"", "none, minimal, low, medium, high, xhigh, max"},
        {ASK("\"top_logprobs\":2"), "top_logprobs", "2", "0"},
        {ASK("\"include\":[\"message.output_text.logprobs\"]"), "include", "\"message.output_text.logprobs\"", "reasoning.encrypted_content"},
        {ASK("\"max_output_tokens\":0"), "max_output_tokens", "0", "integer, 1–100000000"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        must_fail(take(bad[i].body), ERR_INPUT);
        if (strcmp(err.field, bad[i].field) != 0 || strcmp(err.value, bad[i].value) != 0 || (bad[i].allowed && strcmp(err.allowed, bad[i].allowed) != 0))
            fail_msg("%s: %s, %s, %s", bad[i].body, err.field, err.value, err.allowed);
    }
}

static void test_parameters(void **state)
{
    (void)state;
    must(take(ASK("\"instructions\":\"be kind\",\"stream\":true,\"max_output_tokens\":9,\"temperature\":0.5,\"top_p\":0.9,\"parallel_tool_calls\":false,"
                  "\"reasoning\":{\"effort\":\"high\",\"summary\":\"auto\"},\"safety_identifier\":\"s\",\"user\":\"u\","
                  "\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"description\":\"d\",\"parameters\":{\"a\":1},\"strict\":true}],"
                  "\"tool_choice\":{\"type\":\"function\",\"name\":\"f\"},\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"n\",\"schema\":{\"b\":2},"
                  "\"strict\":true}},\"include\":[\"reasoning.encrypted_content\"],\"store\":false,\"metadata\":{\"k\":\"v\"},"
                  "\"previous_response_id\":null,\"stream_options\":{\"include_obfuscation\":false}")));
    const struct chat_tool *tool = chat->tools.items;
    assert_string_equal(chat->model, "m");
    assert_true(chat->stream && chat->parsed && chat->one_call && chat->schema_strict && tool->strict);
    assert_int_equal(chat->dialect, DIALECT_OPENAI_RESPONSES);
    assert_int_equal(chat->max_tokens, 9);
    assert_true(chat->temperature == 0.5 && chat->top_p == 0.9);
    assert_string_equal(chat->effort, "high");
    assert_string_equal(chat->user, "s");
    assert_string_equal(tool->name, "f");
    assert_true(bytes_equal_text(json_bytes(tool->parameters), "{\"a\":1}"));
    assert_string_equal(chat->tool_choice, "=f");
    assert_string_equal(chat->format, "schema");
    assert_string_equal(chat->schema_name, "n");
    assert_true(bytes_equal_text(json_bytes(chat->schema), "{\"b\":2}"));
    assert_int_equal(chat->dropped.n, 0);
    assert_int_equal(chat->messages.n, 2);
    assert_int_equal(message(0)->role, CHAT_SYSTEM);
    assert_string_equal(part(0, 0)->text, "be kind");
    assert_string_equal(part(1, 0)->text, "hello");
    must(take(ASK("\"text\":{\"format\":{\"type\":\"json_object\"}},\"tool_choice\":\"required\"")));
    assert_string_equal(chat->format, "json");
    assert_string_equal(chat->tool_choice, "required");
    assert_true(isnan(chat->temperature) && chat->max_tokens == INT64_MIN && !chat->effort && !chat->stream);
    must(take(ASK("\"store\":true,\"text\":{\"verbosity\":\"low\"},\"service_tier\":\"auto\",\"truncation\":\"auto\",\"x\":null,\"y\":1")));
    const char *const dropped[] = {"text.verbosity", "store", "service_tier", "truncation", "y"};
    assert_int_equal(chat->dropped.n, COUNT(dropped));
    for (size_t i = 0; i < COUNT(dropped); i++)
        assert_string_equal(((const char **)chat->dropped.items)[i], dropped[i]);
}

static void test_items(void **state)
{
    (void)state;
    must(take(INPUT("{\"role\":\"developer\",\"content\":\"be short\"},"
                    "{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"look\"},"
                    "{\"type\":\"input_image\",\"image_url\":\"data:image/png;base64,AAAA\",\"detail\":\"low\"},"
                    "{\"type\":\"input_file\",\"filename\":\"a.pdf\",\"file_data\":\"data:application/pdf;base64,JV\"},"
                    "{\"type\":\"input_file\",\"file_url\":\"https://h/f\"}]},"
                    "{\"type\":\"reasoning\",\"id\":\"r\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"one\"},{\"type\":\"summary_text\",\"text\":\"two\"}],"
                    "\"encrypted_content\":\"mg1.anthropic.S\"},"
                    "{\"type\":\"reasoning\",\"summary\":[],\"encrypted_content\":\"mg1.bedrock.R\"},"
                    "{\"type\":\"reasoning\",\"summary\":[],\"content\":[{\"type\":\"reasoning_text\",\"text\":\"raw\"}],\"encrypted_content\":null},"
                    "{\"type\":\"reasoning\",\"summary\":[]},"
                    "{\"type\":\"message\",\"role\":\"assistant\",\"id\":\"i\",\"content\":[{\"type\":\"output_text\",\"text\":\"so\",\"annotations\":[]}]},"
                    "{\"type\":\"reasoning\",\"summary\":[],\"encrypted_content\":\"call:c2:mg1.gemini.G\"},"
                    "{\"type\":\"function_call\",\"call_id\":\"c1\",\"name\":\"f\",\"arguments\":\"\"},"
                    "{\"type\":\"function_call\",\"call_id\":\"c2\",\"name\":\"g\",\"arguments\":\"{}\"},"
                    "{\"type\":\"function_call_output\",\"call_id\":\"c1\",\"output\":\"42\"},"
                    "{\"type\":\"function_call_output\",\"call_id\":\"c2\",\"output\":[{\"type\":\"input_text\",\"text\":\"43\"}]},"
                    "{\"role\":\"assistant\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"refusal\",\"refusal\":\"no\"}]}")));
    const enum chat_role roles[] = {CHAT_SYSTEM, CHAT_USER, CHAT_ASSISTANT, CHAT_TOOL, CHAT_TOOL, CHAT_ASSISTANT, CHAT_ASSISTANT};
    assert_int_equal(chat->messages.n, COUNT(roles));
    for (size_t i = 0; i < COUNT(roles); i++)
        assert_int_equal(message(i)->role, roles[i]);
    assert_string_equal(part(1, 1)->media_type, "image/png");
    assert_string_equal(part(1, 1)->detail, "low");
    assert_string_equal(part(1, 2)->name, "a.pdf");
    assert_string_equal(part(1, 3)->url, "https://h/f");
    const struct chat_thought *thoughts = message(2)->thoughts.items;
    assert_int_equal(message(2)->thoughts.n, 3);
    assert_string_equal(thoughts[0].text, "one\n\ntwo");
    assert_string_equal(thoughts[0].opaque, "S");
    assert_int_equal(thoughts[0].by, DIALECT_ANTHROPIC);
    assert_true(thoughts[1].text == NULL && thoughts[1].by == DIALECT_BEDROCK);
    assert_string_equal(thoughts[2].text, "raw");
    assert_null(thoughts[2].opaque);
    const struct chat_tool_call *calls = message(2)->tool_calls.items;
    assert_int_equal(message(2)->tool_calls.n, 2);
    assert_string_equal(calls[0].arguments, "{}");
    assert_null(calls[0].opaque);
    assert_string_equal(calls[1].opaque, "G");
    assert_int_equal(calls[1].by, DIALECT_GEMINI);
    assert_string_equal(part(2, 0)->text, "so");
    assert_string_equal(message(3)->tool_call_id, "c1");
    assert_string_equal(part(4, 0)->text, "43");
    assert_string_equal(part(6, 0)->text, "no");
}

/* A tool of free text is a function of one text to every provider; what nobody can enforce is said and listed. */
static void test_custom_tools(void **state)
{
    (void)state;
    must(take("{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":\"x\"},"
              "{\"type\":\"custom_tool_call\",\"call_id\":\"c\",\"name\":\"patch\",\"input\":\"a \\\"b\\\"\\n\"},"
              "{\"type\":\"custom_tool_call_output\",\"call_id\":\"c\",\"output\":\"done\"}],\"tool_choice\":{\"type\":\"custom\",\"name\":\"patch\"},"
              "\"tools\":[{\"type\":\"custom\",\"name\":\"patch\",\"description\":\"d\",\"format\":{\"type\":\"grammar\",\"syntax\":\"lark\","
              "\"definition\":\"start: /.+/\"}},{\"type\":\"custom\",\"name\":\"say\",\"format\":{\"type\":\"text\"}}]}"));
    const struct chat_tool *tools = chat->tools.items;
    const struct chat_tool_call *call = message(1)->tool_calls.items;
    assert_string_equal(tools[0].description, "d\n\n\"input\" follows this lark grammar:\nstart: /.+/");
    assert_true(bytes_equal_text(json_bytes(json_at(tools[0].parameters, "required")), "[\"input\"]"));
    assert_string_equal(tools[1].description, "");
    assert_string_equal(chat->tool_choice, "=patch");
    assert_string_equal(call->arguments, "{\"input\":\"a \\\"b\\\"\\n\"}");
    assert_string_equal(message(2)->tool_call_id, "c");
    assert_int_equal(chat->dropped.n, 1);
    assert_string_equal(((const char **)chat->dropped.items)[0], "tools[0].format");
    assert_true(responses_tool_find(chat->raw, "say", a).custom && !responses_tool_find(chat->raw, "sa", a).custom);

    const struct { const char *arguments, *input; } cases[] = {
        {"{\"input\":\"a\\u6708\"}", "a月"}, {"{\"input\":\"\"}", ""}, {"{\"patch\":\"a\"}", "{\"patch\":\"a\"}"}, {"*** Begin", "*** Begin"}, {"", ""},
        {"{\"input\":7}", "{\"input\":7}"}, {"7", "7"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_true(bytes_equal_text(responses_input(bytes_of(cases[i].arguments), a), cases[i].input));
}

/* Tools in namespaces have one name for providers, and both of theirs in calls. */
static void test_namespaces(void **state)
{
    (void)state;
    must(take("{\"model\":\"m\",\"input\":[{\"type\":\"function_call\",\"call_id\":\"c\",\"namespace\":\"team\",\"name\":\"spawn\",\"arguments\":\"{}\"},"
              "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"wait\"}]},"
              "{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"ok\"}],\"tools\":["
              "{\"type\":\"namespace\",\"name\":\"team\",\"description\":\"d\",\"tools\":[{\"type\":\"function\",\"name\":\"spawn\"},"
              "{\"type\":\"function\",\"name\":\"shell\"}]},"
              "{\"type\":\"namespace\",\"name\":\"functions\",\"tools\":[{\"type\":\"custom\",\"name\":\"exec\"}]},{\"type\":\"function\",\"name\":\"shell\"}]}"));
    const struct chat_tool *tools = chat->tools.items;
    assert_int_equal(chat->tools.n, 4);
    assert_string_equal(tools[0].name, "team__spawn");
    assert_string_equal(tools[2].name, "exec");
    assert_string_equal(((const struct chat_tool_call *)message(0)->tool_calls.items)->name, "team__spawn");
    assert_int_equal(chat->messages.n, 2);                   /* what is said between a call and its result belongs to the call's message */
    const struct { const char *called; struct responses_tool meant; } cases[] = {
        {"team__spawn", {"spawn", "team", false}}, {"spawn", {"spawn", "team", false}}, {"exec", {"exec", NULL, true}},
        {"shell", {"shell", NULL, false}}, {"team__shell", {"shell", "team", false}}, {"other", {"other", NULL, false}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct responses_tool found = responses_tool_find(chat->raw, cases[i].called, a);
        assert_string_equal(found.name, cases[i].meant.name);
        assert_true((found.group == NULL) == (cases[i].meant.group == NULL) && found.custom == cases[i].meant.custom);
    }
}

/* What was answered and comes back is what was said: nothing that a provider must see again is lost. */
static void test_there_and_back(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int n = 0; n < 300; n++) {
        struct list events = said_any(&r);
        const struct chat_answer *said = said_whole(events);
        struct responses_answer *answer = responses_answer_new("1", "m", 7, (struct json){0}, 1 << 20, a);
        struct buf buf = buf_new(a, 4 << 20);
        struct json_out out = json_out(&buf);
        for (size_t i = 0; i < events.n; i++)
            assert_true(responses_answer_event(answer, (const struct chat_event *)events.items + i, NULL));
        responses_answer_end(answer, "stop", &(struct usage){0}, NULL);
        responses_answer_put(answer, "stop", &(struct usage){0}, &out);
        struct json output = json_member(said_json(buf_view(&buf)), "output");
        must(take(arena_printf(a, "{\"model\":\"m\",\"input\":%.*s}", (int)output.n, output.p)));
        const char *text = "", *thought = "", *want = "";
        size_t calls = 0, opaque = 0, signed_n = 0;
        for (size_t i = 0; i < chat->messages.n; i++) {
            const struct chat_tool_call *call = message(i)->tool_calls.items;
            const struct chat_thought *t = message(i)->thoughts.items;
            for (size_t k = 0; k < message(i)->parts.n; k++)
                text = arena_printf(a, "%s%s", text, part(i, k)->text);
            for (size_t k = 0; k < message(i)->thoughts.n; k++) {
                thought = arena_printf(a, "%s%s", thought, t[k].text ? t[k].text : "");
                opaque += t[k].opaque != NULL && t[k].by != DIALECT_NONE;
            }
            for (size_t k = 0; k < message(i)->tool_calls.n; k++, calls++) {
                const struct chat_tool_call *meant = (const struct chat_tool_call *)said->tool_calls.items + calls;
                assert_string_equal(call[k].id, meant->id);
                assert_string_equal(call[k].name, meant->name);
                assert_string_equal(call[k].arguments, meant->arguments);
                assert_true((call[k].opaque != NULL) == (meant->opaque != NULL));
            }
        }
        for (size_t k = 0; k < said->thoughts.n; k++) {
            const struct chat_thought *t = (const struct chat_thought *)said->thoughts.items + k;
            want = t->text ? arena_printf(a, "%s%s", want, t->text) : want;
            signed_n += t->opaque != NULL;
        }
        assert_int_equal(calls, said->tool_calls.n);
        assert_string_equal(text, said->text);
        assert_string_equal(thought, want);
        assert_int_equal(opaque, signed_n);
    }
}

/* A hundred thousand items, seals that belong to no call, cost time in proportion. */
static void test_large(void **state)
{
    (void)state;
    struct buf buf = buf_new(a, 64 << 20);
    const char *text;
    buf_text(&buf, "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":\"x\"}");
    for (int i = 0; i < 50000; i++)
        buf_printf(&buf, ",{\"type\":\"reasoning\",\"summary\":[],\"encrypted_content\":\"call:x%d:mg1.gemini.S\"}"
                   ",{\"type\":\"function_call\",\"call_id\":\"x%d\",\"name\":\"f\",\"arguments\":\"{}\"}", i, i);
    buf_text(&buf, "]}");
    must(buf_done(&buf, &text, &err));
    must(take(text));
    assert_int_equal(message(1)->tool_calls.n, 50000);

    buf_clear(&buf);
    buf_text(&buf, "{\"model\":\"m\",\"input\":\"x\",\"tools\":[{\"type\":\"namespace\",\"name\":\"n\",\"tools\":[{\"type\":\"function\",\"name\":\"f\"}");
    for (int i = 0; i < 1024; i++)
        buf_text(&buf, ",{\"type\":\"function\",\"name\":\"f\"}");
    buf_text(&buf, "]}]}");
    must(buf_done(&buf, &text, &err));
    must_fail(take(text), ERR_INPUT);
    assert_string_equal(err.field, "tools");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_bodies), cmocka_unit_test(test_parameters), cmocka_unit_test(test_items), cmocka_unit_test(test_custom_tools), cmocka_unit_test(test_namespaces),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_large),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
