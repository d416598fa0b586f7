/* SPDX-License-Identifier: MIT */
#include "serve/openai_read.h"

#include <math.h>

#include "chat_help.h"

#define HELLO "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]"

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

static bool same_text(const char *one, const char *two)
{
    return one && two ? strcmp(one, two) == 0 : one == two;
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
#define PARTS "text, image_url, input_audio, file"
#define CONTENT(c) "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[" c "]}]}"
    const struct { const char *body, *field, *value, *allowed; } bad[] = {
        {CONTENT("{\"type\":\"video\"}"), "messages[0].content[0].type", "\"video\"", PARTS},
        {CONTENT("7"), "messages[0].content[0].type", "", PARTS},
        {CONTENT("{\"type\":\"input_audio\"}"), "messages[0].content[0].input_audio.data", "", "string"},
        {CONTENT("{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AA\",\"format\":\"ogg\"}}"), "messages[0].content[0].input_audio.format", "\"ogg\"",
         "wav, mp3"},
        {CONTENT("{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AA\"}}"), "messages[0].content[0].input_audio.format", "", "wav, mp3"},
        {CONTENT("{\"type\":\"file\",\"file\":{\"file_id\":\"file-1\"}}"), "messages[0].content[0].file.file_id", "\"file-1\"", "file_data"},
        {CONTENT("{\"type\":\"file\",\"file\":{\"file_data\":\"AAAA\"}}"), "messages[0].content[0].file.file_data", "\"AAAA\"", "data:…;base64,…"},
        {CONTENT("{\"type\":\"file\"}"), "messages[0].content[0].file.file_data", "", "data:…;base64,…"},
        {CONTENT("{\"type\":\"refusal\"}"), "messages[0].content[0].refusal", "", "string"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"audio\":{\"id\":\"a\"}}]}", "messages[0].audio", "{\"id\":\"a\"}", "content"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\",\"type\":\"custom\",\"custom\":{\"name\":\"x\"}}]}]}",
         "messages[0].tool_calls[0].type", "\"custom\"", "function"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}", "messages[0].tool_call_id", "", "string"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"function_call\":{}}]}", "messages[0].function_call.name", "", "string"},
        {"{\"model\":\"m\"," HELLO ",\"tools\":[{\"type\":\"custom\",\"custom\":{\"name\":\"x\"}}]}", "tools[0].type", "\"custom\"", "function"},
        {"{\"model\":\"m\"," HELLO ",\"tool_choice\":\"any\"}", "tool_choice", "\"any\"", "auto, none, required"},
        {"{\"model\":\"m\"," HELLO ",\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{}}}", "tool_choice.type", "\"allowed_tools\"",
         "auto, none, required, function"},
        {"{\"model\":\"m\"," HELLO ",\"tool_choice\":{\"type\":\"function\"}}", "tool_choice.type", "\"function\"", "auto, none, required, function"},
        {"{\"model\":\"m\"," HELLO ",\"functions\":[]}", "functions", "[]", "tools"},
        {"{\"model\":\"m\"," HELLO ",\"function_call\":\"auto\"}", "function_call", "\"auto\"", "tool_choice"},
        {"{\"model\":\"m\"," HELLO ",\"modalities\":[\"text\",\"audio\"]}", "modalities", "[\"text\",\"audio\"]", "[\"text\"]"},
        {"{\"model\":\"m\"," HELLO ",\"audio\":{}}", "audio", "{}", "null"},
        {"{\"model\":\"m\"," HELLO ",\"web_search_options\":{}}", "web_search_options", "{}", "null"},
        {"{\"model\":\"m\"," HELLO ",\"response_format\":{\"type\":\"grammar\"}}", "response_format.type", "\"grammar\"", "text, json_object, json_schema"},
        {"{\"model\":\"m\"," HELLO ",\"reasoning_effort\":\"extreme\"}", "reasoning_effort", "\"extreme\"",
         "none, minimal, low, medium, high, xhigh, max"},
        {CONTENT("{\"type\":\"text\"}"), "messages[0].content[0].text", "", "string"},
        {CONTENT("{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":7}"), "messages[0].content[1].text", "7", "string"},
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
    assert_string_equal(calls[2].id, "call_3_2");
    assert_string_equal(message(5)->tool_call_id, "c2");
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
               "\"parallel_tool_calls\":false,\"prediction\":{\"type\":\"content\"},\"modalities\":[ \"text\" ],\"audio\":null,\"月\":1}"));
    const char *const dropped[] = {"logit_bias", "prediction", "月"};
    assert_int_equal(chat->dropped.n, COUNT(dropped));
    for (size_t i = 0; i < COUNT(dropped); i++)
        assert_string_equal(((const char **)chat->dropped.items)[i], dropped[i]);
    must(take("{\"model\":\"m\"," HELLO ",\"logit_bias\":{\"1\":2}}"));
    assert_int_equal(chat->dropped.n, 0);
}

static void test_more_parameters(void **state)
{
    (void)state;
    must(parse("{\"model\":\"m\"," HELLO ",\"user\":\"me\",\"reasoning_effort\":\"high\",\"logprobs\":true,\"top_k\":3,\"parallel_tool_calls\":false,"
               "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"strict\":true,\"schema\":{}}},"
               "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"strict\":true,\"parameters\":null}}]}"));
    assert_string_equal(chat->user, "me");
    assert_string_equal(chat->effort, "high");
    assert_int_equal(chat->top_logprobs, 0);
    assert_int_equal(chat->top_k, 3);
    assert_true(chat->one_call && chat->schema_strict);
    assert_string_equal(chat->schema_name, "n");
    const struct chat_tool *tools = chat->tools.items;
    assert_true(tools[0].strict && !tools[0].parameters.p);
    must(parse("{\"model\":\"m\"," HELLO ",\"user\":\"me\",\"safety_identifier\":\"me2\",\"logprobs\":true,\"top_logprobs\":5,"
               "\"parallel_tool_calls\":true,\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\"}}}"));
    assert_string_equal(chat->user, "me2");
    assert_string_equal(chat->format, "json");
    assert_int_equal(chat->top_logprobs, 5);
    assert_false(chat->one_call || chat->schema_strict || chat->effort);
    must(parse("{\"model\":\"m\"," HELLO ",\"logprobs\":false}"));
    assert_true(chat->top_logprobs == INT64_MIN && !chat->user);
}

static void test_other_parts(void **state)
{
    (void)state;
    must(parse(CONTENT("{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"QUJD\",\"format\":\"mp3\"}},"
                       "{\"type\":\"file\",\"file\":{\"file_data\":\"data:application/pdf;base64,JVBE\",\"filename\":\"a.pdf\"}},"
                       "{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://h/i\",\"detail\":\"high\"},\"prompt_cache_breakpoint\":{}}")));
    assert_int_equal(part(0, 0)->type, PART_AUDIO);
    assert_string_equal(part(0, 0)->media_type, "audio/mp3");
    assert_true(bytes_equal_text(part(0, 0)->data, "QUJD"));
    assert_int_equal(part(0, 1)->type, PART_FILE);
    assert_string_equal(part(0, 1)->media_type, "application/pdf");
    assert_string_equal(part(0, 1)->name, "a.pdf");
    assert_true(bytes_equal_text(part(0, 1)->data, "JVBE"));
    assert_string_equal(part(0, 2)->detail, "high");
    assert_int_equal(chat->dropped.n, 1);
    assert_string_equal(((const char **)chat->dropped.items)[0], "messages[0].content[2].prompt_cache_breakpoint");
    must(parse("{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":null,\"refusal\":\"no\"},"
               "{\"role\":\"assistant\",\"content\":[{\"type\":\"refusal\",\"refusal\":\"never\"}],\"refusal\":\"never\"}]}"));
    assert_string_equal(part(0, 0)->text, "no");
    assert_string_equal(part(1, 0)->text, "never");
    assert_int_equal(message(1)->parts.n, 1);
}

/* The deprecated way to call a function: results name the function, not the call. */
static void test_function_call(void **state)
{
    (void)state;
    must(parse("{\"model\":\"m\",\"messages\":[" "{\"role\":\"user\",\"content\":\"x\"},"
               "{\"role\":\"assistant\",\"content\":null,\"function_call\":{\"name\":\"f\",\"arguments\":\"{}\"}},"
               "{\"role\":\"function\",\"name\":\"f\",\"content\":\"42\"}]}"));
    const struct chat_tool_call *call = message(1)->tool_calls.items;
    assert_int_equal(message(1)->tool_calls.n, 1);
    assert_string_equal(call->name, "f");
    assert_string_equal(message(2)->tool_call_id, call->id);
    must(parse("{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"\",\"function\":{\"name\":\"f\"}},"
               "{\"function\":{\"name\":\"f\"}}]},{\"role\":\"tool\",\"content\":\"1\"},{\"role\":\"tool\",\"tool_call_id\":\"\",\"content\":\"2\"}]}"));
    call = message(0)->tool_calls.items;
    assert_string_not_equal(call[0].id, call[1].id);
    assert_string_equal(message(1)->tool_call_id, call[0].id);
    assert_string_equal(message(2)->tool_call_id, call[1].id);
}

/* What was thought, with what its maker signed, comes back as it was given. */
static void test_thoughts(void **state)
{
    (void)state;
#define ASSISTANT(more) "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"," more "}]}"
    const struct { const char *body; size_t n; struct chat_thought thoughts[3]; } cases[] = {
        {ASSISTANT("\"reasoning\":\"r\""), 1, {{"r", NULL, DIALECT_NONE}}},
        {ASSISTANT("\"reasoning_content\":\"\""), 0, {{0}}},
        {ASSISTANT("\"reasoning_content\":null,\"reasoning\":\"r\",\"reasoning_details\":null"), 1, {{"r", NULL, DIALECT_NONE}}},
        {ASSISTANT("\"reasoning_content\":\"r\",\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":\"mg1.anthropic.S\"}]"), 2,
         {{"r", NULL, DIALECT_NONE}, {NULL, "S", DIALECT_ANTHROPIC}}},
        {ASSISTANT("\"reasoning_content\":\"all\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"one\",\"signature\":\"mg1.bedrock.A\"},"
                   "{\"type\":\"reasoning.text\",\"text\":\"\",\"signature\":\"mg1.gemini.B\"}]"), 2,
         {{"one", "A", DIALECT_BEDROCK}, {"", "B", DIALECT_GEMINI}}},
        {ASSISTANT("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"o\",\"index\":0},{\"type\":\"reasoning.text\",\"text\":\"n\",\"index\":0},"
                   "{\"type\":\"reasoning.text\",\"signature\":\"mg1.anthropic.A\",\"index\":0},{\"type\":\"reasoning.summary\",\"summary\":\"s\",\"index\":1}]"),
         2, {{"on", "A", DIALECT_ANTHROPIC}, {"s", NULL, DIALECT_NONE}}},
        {ASSISTANT("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"o\",\"signature\":\"foreign\",\"index\":0},"
                   "{\"type\":\"reasoning.text\",\"text\":\"n\",\"index\":0},7,{}]"), 2, {{"o", "foreign", DIALECT_NONE}, {"n", NULL, DIALECT_NONE}}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        must(parse(cases[i].body));
        const struct chat_thought *got = message(0)->thoughts.items;
        assert_int_equal(message(0)->thoughts.n, cases[i].n);
        for (size_t k = 0; k < cases[i].n; k++) {
            const struct chat_thought *want = &cases[i].thoughts[k];
            if (!same_text(got[k].text, want->text) || !same_text(got[k].opaque, want->opaque) || got[k].by != want->by)
                fail_msg("case %zu, thought %zu: %s %s %d", i, k, got[k].text, got[k].opaque, got[k].by);
        }
    }
    must(parse(ASSISTANT("\"tool_calls\":[{\"id\":\"1\",\"function\":{\"name\":\"f\"},\"extra_content\":{\"google\":{\"thought_signature\":\"mg1.gemini.X\"}}},"
                         "{\"id\":\"2\",\"function\":{\"name\":\"f\"},\"extra_content\":{\"google\":{\"thought_signature\":\"raw\"}}}]")));
    const struct chat_tool_call *calls = message(0)->tool_calls.items;
    assert_string_equal(calls[0].opaque, "X");
    assert_string_equal(calls[1].opaque, "raw");
    assert_true(calls[0].by == DIALECT_GEMINI && calls[1].by == DIALECT_GEMINI);
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
        cmocka_unit_test(test_more_parameters),
        cmocka_unit_test(test_other_parts),
        cmocka_unit_test(test_function_call),
        cmocka_unit_test(test_thoughts),
        cmocka_unit_test(test_large),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
