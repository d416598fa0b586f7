/* SPDX-License-Identifier: MIT */
/* A chat in Gemini's words. */
#include "providers/gemini_write.h"

#include "base/secret.h"
#include "gate/snapshot.h"
#include "providers/gemini_contents.h"
#include "providers/providers.h"
#include "reader_help.h"
#include "serve/openai_read.h"

#define SAYS(role, words) "{\"role\":\"" role "\",\"content\":\"" words "\"}"
#define HELLO SAYS("user", "hello")
#define TURN(role, parts) "{\"role\":\"" role "\",\"parts\":[" parts "]}"
#define HELLO_OUT TURN("user", "{\"text\":\"hello\"}")

static const struct provider provider = {.base_url = "https://h/v1beta"};
static struct target target;
static struct http_request request;

static bool write_for(const char *model, const char *messages, const char *more, const char **out_r)
{
    struct chat *chat = chat_new(a);
    struct json body;
    const char *text = arena_printf(a, "{\"model\":\"m\",\"messages\":[%s]%s}", messages, more);
    memset(&err, 0, sizeof(err));
    must(json_check(bytes_of(text), NULL, &body, &err));
    must(openai_read(body, chat, a, &err));
    must(openai_parse(chat, a, &err));
    target = (struct target){.provider = &provider, .model = model, .stream = chat->stream};
    request = (struct http_request){0};
    if (!gemini_rules.prepare(&target, chat, a, &request, &err))
        return false;
    *out_r = arena_copy(a, request.body.p, request.body.n);
    return true;
}

static const char *written(const char *model, const char *messages, const char *more)
{
    const char *out = "";
    must(write_for(model, messages, more, &out));
    return out;
}

#define CALLS(calls) "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" calls "]}"
#define CALL(id, name, args) "{\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"" name "\",\"arguments\":\"" args "\"}}"
#define SIGNED(id, name, mark) "{\"id\":\"" id "\",\"function\":{\"name\":\"" name "\",\"arguments\":\"\"},\"extra_content\":{\"google\":{\"thought_signature\":\"" mark "\"}}}"
#define RESULT(id, words) "{\"role\":\"tool\",\"tool_call_id\":\"" id "\",\"content\":\"" words "\"}"
#define CALL_OUT(id, name, args) "{\"functionCall\":{\"id\":\"" id "\",\"name\":\"" name "\",\"args\":" args "}}"
#define SIGNED_OUT(id, name, mark) "{\"functionCall\":{\"id\":\"" id "\",\"name\":\"" name "\",\"args\":{}},\"thoughtSignature\":\"" mark "\"}"
#define RESULT_OUT(id, name, words) "{\"functionResponse\":{\"id\":\"" id "\",\"name\":\"" name "\",\"response\":{\"result\":\"" words "\"}}}"
#define IMAGE "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,QUJD\"}}"
#define IMAGE_OUT "{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"QUJD\"}}"

static void test_contents(void **state)
{
    (void)state;
    const struct { const char *messages, *contents; } cases[] = {
        {HELLO, HELLO_OUT},
        /* turns of the same side are one */
        {HELLO "," SAYS("user", "again") "," SAYS("assistant", "a") "," SAYS("assistant", "b"),
         TURN("user", "{\"text\":\"hello\"},{\"text\":\"again\"}") "," TURN("model", "{\"text\":\"a\"},{\"text\":\"b\"}")},
        /* empty ones are none */
        {HELLO "," SAYS("assistant", "") "," SAYS("user", "") "," SAYS("user", "x"), TURN("user", "{\"text\":\"hello\"},{\"text\":\"x\"}")},
        /* the user begins, and there is one */
        {SAYS("assistant", "a") "," HELLO, TURN("user", "{\"text\":\" \"}") "," TURN("model", "{\"text\":\"a\"}") "," HELLO_OUT},
        {SAYS("user", ""), TURN("user", "{\"text\":\" \"}")},
        {"{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}," IMAGE ",{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"QQ==\","
         "\"format\":\"wav\"}},{\"type\":\"file\",\"file\":{\"filename\":\"x.pdf\",\"file_data\":\"data:application/pdf;base64,UERG\"}}]}",
         TURN("user", "{\"text\":\"a\"}," IMAGE_OUT ",{\"inlineData\":{\"mimeType\":\"audio/wav\",\"data\":\"QQ==\"}},"
              "{\"inlineData\":{\"mimeType\":\"application/pdf\",\"data\":\"UERG\"}}")},
        {"{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"gs://b/x.png\"}}]}",
         TURN("user", "{\"fileData\":{\"fileUri\":\"gs://b/x.png\"}}")},
        /* calls and what they were answered: in one turn, in the order of the calls, before other words */
        {HELLO "," CALLS(CALL("1", "f", "{\\\"x\\\": 1}") "," CALL("2", "f", "") "," CALL("3", "g", "null")) "," SAYS("user", "and?") "," RESULT("3", "c")
         "," RESULT("1", "a") "," RESULT("2", "{\\\"n\\\":12345678901234567890}"),
         HELLO_OUT "," TURN("model", CALL_OUT("1", "f", "{\"x\": 1}") "," CALL_OUT("2", "f", "{}") "," CALL_OUT("3", "g", "{}")) ","
         TURN("user", RESULT_OUT("1", "f", "a") "," RESULT_OUT("2", "f", "{\\\"n\\\":12345678901234567890}") "," RESULT_OUT("3", "g", "c") ",{\"text\":\"and?\"}")},
        /* an id used again belongs to the nearest call */
        {HELLO "," CALLS(CALL("0", "f", "")) "," RESULT("0", "a") "," CALLS(CALL("0", "g", "")) "," RESULT("0", ""),
         HELLO_OUT "," TURN("model", CALL_OUT("0", "f", "{}")) "," TURN("user", RESULT_OUT("0", "f", "a")) "," TURN("model", CALL_OUT("0", "g", "{}")) ","
         TURN("user", RESULT_OUT("0", "g", ""))},
        /* even within one turn */
        {HELLO "," CALLS(CALL("0", "f", "") "," CALL("0", "g", "")) "," RESULT("0", "a") "," RESULT("0", "b"),
         HELLO_OUT "," TURN("model", CALL_OUT("0", "f", "{}") "," CALL_OUT("0", "g", "{}")) "," TURN("user", RESULT_OUT("0", "f", "a") "," RESULT_OUT("0", "g", "b"))},
        {HELLO "," CALLS(CALL("1", "f", "")) ",{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":[{\"type\":\"text\",\"text\":\"see\"}," IMAGE "]}",
         HELLO_OUT "," TURN("model", CALL_OUT("1", "f", "{}")) "," TURN("user", RESULT_OUT("1", "f", "see") "," IMAGE_OUT)},
        {HELLO ",{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_content\":\"hm\"}",
         HELLO_OUT "," TURN("model", "{\"text\":\"hm\",\"thought\":true},{\"text\":\"a\"}")},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(written("gemini-2.5-flash", cases[i].messages, ""),
                            arena_printf(a, "{\"contents\":[%s],\"generationConfig\":{}}", cases[i].contents));
    assert_string_equal(names_text(target.dropped), "");
}

static void test_instructions(void **state)
{
    (void)state;
    assert_string_equal(written("m", SAYS("system", "one") "," HELLO "," SAYS("developer", "two") "," SAYS("system", ""), ""),
                        "{\"systemInstruction\":{\"parts\":[{\"text\":\"one\"},{\"text\":\"two\"}]},\"contents\":[" HELLO_OUT "],\"generationConfig\":{}}");
    assert_string_equal(written("m", SAYS("system", "one"), ""), "{\"systemInstruction\":{\"parts\":[{\"text\":\"one\"}]},\"contents\":["
                        TURN("user", "{\"text\":\" \"}") "],\"generationConfig\":{}}");
}

static void test_signatures(void **state)
{
    (void)state;
#define SKIP "skip_thought_signature_validator"
    const struct { const char *model, *message, *parts, *dropped; } cases[] = {
        {"gemini-2.5-pro", CALLS(SIGNED("1", "f", "mg1.gemini.QQ==") "," CALL("2", "g", "")),
         SIGNED_OUT("1", "f", "QQ==") "," CALL_OUT("2", "g", "{}"), ""},
        {"gemini-3-pro", CALLS(SIGNED("1", "f", "mg1.gemini.QQ==") "," CALL("2", "g", "")),
         SIGNED_OUT("1", "f", "QQ==") "," CALL_OUT("2", "g", "{}"), ""},
        {"gemini-3-pro", CALLS(SIGNED("1", "f", "QQ==")), SIGNED_OUT("1", "f", "QQ=="), ""},        /* of Gemini's OpenAI-shaped door */
        {"gemini-3-pro", CALLS(CALL("1", "f", "") "," CALL("2", "g", "")), SIGNED_OUT("1", "f", SKIP) "," CALL_OUT("2", "g", "{}"), ""},
        {"gemini-flash-latest", CALLS(CALL("1", "f", "")), SIGNED_OUT("1", "f", SKIP), ""},
        {"models/gemini-3.6-flash", CALLS(SIGNED("1", "f", "mg1.anthropic.QQ==")), SIGNED_OUT("1", "f", SKIP), ""},
        {"gemini-2.5-pro", CALLS(SIGNED("1", "f", "mg1.anthropic.QQ==")), CALL_OUT("1", "f", "{}"), ""},
        {"gemini-3-pro", "{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"hm\",\"signature\":\"mg1.gemini.QQ==\"},"
         "{\"type\":\"reasoning.encrypted\",\"data\":\"mg1.gemini.Qg==\"}]}",
         "{\"text\":\"hm\",\"thought\":true,\"thoughtSignature\":\"QQ==\"},{\"text\":\"a\",\"thoughtSignature\":\"Qg==\"}", ""},
        {"gemini-3-pro", "{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"hm\",\"signature\":\"mg1.anthropic.QQ==\"},"
         "{\"type\":\"reasoning.encrypted\",\"data\":\"mg1.bedrock.Qg==\"}]}", "{\"text\":\"hm\",\"thought\":true},{\"text\":\"a\"}", "reasoning.signature"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *out = written(cases[i].model, arena_printf(a, HELLO ",%s", cases[i].message), "");
        assert_string_equal(out, arena_printf(a, "{\"contents\":[" HELLO_OUT "," TURN("model", "%s") "],\"generationConfig\":{}}", cases[i].parts));
        assert_string_equal(names_text(target.dropped), cases[i].dropped);
    }
}

static void test_generations(void **state)
{
    (void)state;
    const struct { const char *model; int generation; } cases[] = {
        {"gemini-3.6-flash", 36}, {"gemini-2.5-pro", 25}, {"gemini-3-pro-preview", 30}, {"models/gemini-2.0-flash", 20}, {"gemini-pro-latest", 30},
        {"gemini-pro", 0}, {"gemini-", 0}, {"gemma-3", 0}, {"", 0}, {"gemini-latest", 0}, {"gemini-4.", 40}, {"tunedModels/x-gemini-3", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(gemini_generation(cases[i].model), cases[i].generation);
}

static void test_options(void **state)
{
    (void)state;
#define TOOL(name, more) "{\"type\":\"function\",\"function\":{\"name\":\"" name "\"" more "}}"
#define TOOLS ",\"tools\":[" TOOL("f", ",\"description\":\"d\",\"parameters\":{\"type\":\"object\",\"$ref\":\"#\"}") "," TOOL("g", "") "]"
#define TOOLS_OUT "\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"description\":\"d\",\"parametersJsonSchema\":{\"type\":\"object\",\"$ref\":\"#\"}}," \
                  "{\"name\":\"g\",\"description\":\"\"}]}],\"toolConfig\":{\"functionCallingConfig\":{"
    const struct { const char *more, *out, *dropped; } cases[] = {
        {",\"temperature\":0,\"top_p\":0.5,\"top_k\":3,\"frequency_penalty\":1,\"presence_penalty\":-1,\"max_tokens\":7,\"seed\":3,\"stop\":[\"a\",\"b\"],\"n\":1",
         "\"generationConfig\":{\"maxOutputTokens\":7,\"temperature\":0,\"topP\":0.5,\"topK\":3,\"presencePenalty\":-1,\"frequencyPenalty\":1,\"seed\":3,"
         "\"stopSequences\":[\"a\",\"b\"]}", ""},
        {",\"seed\":2147483648,\"user\":\"u\",\"stream\":true", "\"generationConfig\":{}", "user, seed"},
        {",\"response_format\":{\"type\":\"json_object\"}", "\"generationConfig\":{\"responseMimeType\":\"application/json\"}", ""},
        {",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"schema\":{\"type\":\"object\",\"const\":1}}}",
         "\"generationConfig\":{\"responseMimeType\":\"application/json\",\"responseJsonSchema\":{\"type\":\"object\",\"const\":1}}", ""},
        {TOOLS, TOOLS_OUT "\"mode\":\"AUTO\"}},\"generationConfig\":{}", ""},
        {TOOLS ",\"tool_choice\":\"none\"", TOOLS_OUT "\"mode\":\"NONE\"}},\"generationConfig\":{}", ""},
        {TOOLS ",\"tool_choice\":\"required\",\"parallel_tool_calls\":false", TOOLS_OUT "\"mode\":\"ANY\"}},\"generationConfig\":{}", "parallel_tool_calls"},
        {TOOLS ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"g\"}}",
         TOOLS_OUT "\"mode\":\"ANY\",\"allowedFunctionNames\":[\"g\"]}},\"generationConfig\":{}", ""},
        {",\"tools\":[" TOOL("f", ",\"strict\":true") "]", "\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"description\":\"\"}]}],"
         "\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"VALIDATED\"}},\"generationConfig\":{}", ""},
        {",\"tools\":[],\"tool_choice\":\"auto\"", "\"generationConfig\":{}", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(written("m", HELLO, cases[i].more), arena_printf(a, "{\"contents\":[" HELLO_OUT "],%s}", cases[i].out));
        assert_string_equal(names_text(target.dropped), cases[i].dropped);
    }
}

static void test_thinking(void **state)
{
    (void)state;
    const struct { const char *model, *effort, *out, *dropped; } cases[] = {
        {"gemini-2.5-flash", "none", "{\"thinkingBudget\":0,\"includeThoughts\":false}", ""},
        {"gemini-2.5-pro", "none", "{\"thinkingBudget\":128,\"includeThoughts\":false}", ""},
        {"gemini-2.5-flash", "low", "{\"thinkingBudget\":1024,\"includeThoughts\":true}", ""},
        {"gemini-2.5-pro", "max", "{\"thinkingBudget\":32768,\"includeThoughts\":true}", ""},
        {"unknown", "medium", "{\"thinkingBudget\":8192,\"includeThoughts\":true}", ""},
        {"gemini-3-flash", "none", "{\"thinkingLevel\":\"MINIMAL\",\"includeThoughts\":false}", ""},
        {"gemini-3.1-pro-preview", "minimal", "{\"thinkingLevel\":\"LOW\",\"includeThoughts\":true}", ""},
        {"gemini-3.6-flash", "medium", "{\"thinkingLevel\":\"MEDIUM\",\"includeThoughts\":true}", ""},
        {"gemini-3.6-flash", "xhigh", "{\"thinkingLevel\":\"HIGH\",\"includeThoughts\":true}", ""},
        {"gemini-2.0-flash", "high", NULL, "reasoning_effort"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *config = cases[i].out ? arena_printf(a, "{\"thinkingConfig\":%s}", cases[i].out) : "{}";
        assert_string_equal(written(cases[i].model, HELLO, arena_printf(a, ",\"reasoning_effort\":\"%s\"", cases[i].effort)),
                            arena_printf(a, "{\"contents\":[" HELLO_OUT "],\"generationConfig\":%s}", config));
        assert_string_equal(names_text(target.dropped), cases[i].dropped);
    }
    /* Clients that say tokens. */
    const struct { const char *model, *effort; int64_t tokens; const char *out; } budgets[] = {
        {"gemini-2.5-pro", NULL, 5000, "{\"thinkingBudget\":5000,\"includeThoughts\":true}"}, {"gemini-3-pro", NULL, 0, "{\"thinkingBudget\":0,\"includeThoughts\":false}"},
        {"gemini-3-pro", "low", 5000, "{\"thinkingLevel\":\"LOW\",\"includeThoughts\":true}"}, {"gemini-2.5-pro", "low", 5000, "{\"thinkingBudget\":5000,\"includeThoughts\":true}"},
    };
    for (size_t i = 0; i < COUNT(budgets); i++) {
        struct chat *chat = chat_new(a);
        struct bytes body;
        chat->thinking_max = budgets[i].tokens;
        chat->effort = budgets[i].effort;
        target = (struct target){.provider = &provider, .model = budgets[i].model};
        must(gemini_write(&target, chat, a, &body, &err));
        assert_non_null(strstr(arena_copy(a, body.p, body.n), budgets[i].out));
    }
}

static void test_failed_tools_and_names(void **state)
{
    (void)state;
    struct chat *chat = chat_new(a);
    struct chat_tool_call call = {.name = "f", .arguments = ""}, second = {.name = "g", .arguments = ""};
    struct chat_part text = {.text = "no", .text_n = 2};
    struct chat_tool_call both[2] = {call, second};
    struct chat_message messages[] = {{.role = CHAT_ASSISTANT, .tool_calls = {both, 2}}, {.role = CHAT_TOOL, .name = "g", .tool_failed = true, .parts = {&text, 1}},
                                      {.role = CHAT_TOOL, .parts = {&text, 1}}};
    struct bytes body;
    chat->messages = (struct list){messages, 3};
    target = (struct target){.provider = &provider, .model = "m"};
    must(gemini_write(&target, chat, a, &body, &err));       /* of clients without ids: by the name, or in order */
    assert_non_null(strstr(arena_copy(a, body.p, body.n), "[{\"functionResponse\":{\"name\":\"f\",\"response\":{\"result\":\"no\"}}},"
                                                          "{\"functionResponse\":{\"name\":\"g\",\"response\":{\"error\":\"no\"}}}]"));
}

static void test_what_cannot_be_written(void **state)
{
    (void)state;
    const struct { const char *messages, *more, *field, *value; } bad[] = {
        {HELLO, ",\"n\":2", "n", "2"},
        {HELLO, ",\"logprobs\":true", "logprobs", "true"},
        {HELLO, ",\"stop\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\"]", "stop", "6"},
        {HELLO, ",\"tool_choice\":\"required\"", "tool_choice", "required"},
        {"{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x/y\"}}]}", "", "messages", "https://x/y"},
        {HELLO "," CALLS(CALL("1", "f", "[1]")), "", "tool_calls.function.arguments", "[1]"},
        {HELLO "," CALLS(CALL("1", "f", "{")), "", "tool_calls.function.arguments", "{"},
        {HELLO "," RESULT("1", "x"), "", "messages.tool_call_id", "1"},
        {HELLO "," CALLS(CALL("1", "f", "")) "," RESULT("2", "x"), "", "messages.tool_call_id", "2"},
        {HELLO "," CALLS(CALL("1", "f", "")) "," RESULT("1", "x") "," RESULT("1", "x"), "", "messages.tool_call_id", "1"},
        {HELLO "," CALLS(CALL("1", "f", "")) "," RESULT("1", "x") "," SAYS("assistant", "y") "," RESULT("1", "x"), "", "messages.tool_call_id", "1"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *out;
        must_fail(write_for("gemini-3-pro", bad[i].messages, bad[i].more, &out), ERR_INPUT);
        if (strcmp(err.field, bad[i].field) != 0 || strcmp(err.value, bad[i].value) != 0)
            fail_msg("%s: %s, %s, %s", bad[i].messages, err.field, err.value, err.allowed);
    }
    /* More calls than any model makes would cost square time to match. */
    struct buf calls = buf_new(a, 1 << 20);
    for (size_t i = 0; i < 1025; i++)
        buf_printf(&calls, "%s" CALL("%zu", "f", ""), i ? "," : "", i);
    const char *out;
    must_fail(write_for("m", arena_printf(a, HELLO "," CALLS("%s"), heard_text(&calls)), "", &out), ERR_INPUT);
}

static void test_requests(void **state)
{
    (void)state;
    const struct { const char *model, *more, *url; } cases[] = {
        {"gemini-2.5-pro", "", "https://h/v1beta/models/gemini-2.5-pro:generateContent"},
        {"gemini-2.5-pro", ",\"stream\":true", "https://h/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse"},
        {"models/x", "", "https://h/v1beta/models/x:generateContent"},
        {"tunedModels/x", "", "https://h/v1beta/tunedModels/x:generateContent"},
        {"a/../b?c#d e:月", "", "https://h/v1beta/models/a%2F..%2Fb%3Fc%23d%20e%3A%E6%9C%88:generateContent"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        (void)written(cases[i].model, HELLO, cases[i].more);
        assert_string_equal(request.url, cases[i].url);
        assert_string_equal(request.method, "POST");
        assert_string_equal(request.headers[0].value, "application/json");
    }
    struct provider p = {.base_url = "https://h", .secret = secret_text(a, "AIza")};
    struct chat *chat = chat_new(a);
    struct target t = {.provider = &p, .model = "m"};
    struct http_request r = {0};
    must(gemini_rules.prepare(&t, chat, a, &r, &err));
    assert_string_equal(r.headers[0].name, "x-goog-api-key");
    assert_string_equal(r.headers[0].value, "AIza");
    assert_null(strstr(r.url, "AIza"));
}

static void test_embeddings(void **state)
{
    (void)state;
    struct bytes inputs[] = {bytes_of("a"), bytes_of("b\""), bytes_of("c")};
    struct embed embed = {.inputs = {inputs, 3}, .dimensions = INT64_MIN};
    struct chat *chat = chat_new(a);
    struct target t = {.provider = &provider, .model = "gemini-embedding-001"};
    struct http_request r = {0};
    chat->embed = &embed;
    must(gemini_rules.prepare_embed(&t, chat, 1, 2, a, &r, &err));
    assert_string_equal(r.url, "https://h/v1beta/models/gemini-embedding-001:batchEmbedContents");
#define INPUT(text, more) "{\"model\":\"models/gemini-embedding-001\",\"content\":{\"parts\":[{\"text\":\"" text "\"}]}" more "}"
    assert_string_equal(arena_copy(a, r.body.p, r.body.n), "{\"requests\":[" INPUT("b\\\"", "") "," INPUT("c", "") "]}");
    embed.dimensions = 256;
    chat->user = "u";
    must(gemini_rules.prepare_embed(&t, chat, 0, 1, a, &r, &err));
    assert_string_equal(arena_copy(a, r.body.p, r.body.n), "{\"requests\":[" INPUT("a", ",\"outputDimensionality\":256") "]}");
    assert_int_equal(t.dropped.n, 1);
    embed.tokens = true;
    must_fail(gemini_rules.prepare_embed(&t, chat, 0, 1, a, &r, &err), ERR_INPUT);
}

/* Any conversation becomes turns that alternate, begin with the user, and hold every word and every answer. */
static void test_any_conversation(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int round = 0; round < 200; round++) {
        struct chat *chat = chat_new(a);
        size_t words = 0, calls = 0, answers = 0, said = 0, asked = 0, answered = 0;
        for (size_t n = random_below(&r, 12); n; n--) {
            enum chat_role role = (enum chat_role)random_below(&r, 3);
            struct chat_message *m = list_add(a, &chat->messages, sizeof(*m));
            m->role = role;
            if (random_below(&r, 4)) {
                struct chat_part *part = list_add(a, &m->parts, sizeof(*part));
                part->text = random_text(&r, 5);
                part->text_n = strlen(part->text);
                words += role != CHAT_SYSTEM && strcmp(part->text, " ") != 0;      /* which stands for silence */
            }
            for (size_t k = role == CHAT_ASSISTANT ? random_below(&r, 3) : 0, first = calls; k; k--) {
                *(struct chat_tool_call *)list_add(a, &m->tool_calls, sizeof(struct chat_tool_call)) =
                    (struct chat_tool_call){.id = arena_printf(a, "c%zu", calls++), .name = "f", .arguments = ""};
                if (k == 1)
                    for (size_t c = calls; c > first; c--, answers++) {
                        struct chat_message *t = list_add(a, &chat->messages, sizeof(*t));
                        *t = (struct chat_message){.role = CHAT_TOOL, .tool_call_id = arena_printf(a, "c%zu", c - 1)};
                        m = NULL;
                    }
            }
        }
        struct bytes body;
        struct json json;
        target = (struct target){.provider = &provider, .model = "gemini-3-pro"};
        must(gemini_write(&target, chat, a, &body, &err));
        must(json_check(body, NULL, &json, &err));
        struct json_walk turns = json_walk(json_member(json, "contents"));
        while (json_next(&turns)) {
            struct json_walk parts = json_walk(json_member(turns.value, "parts"));
            assert_true(json_equal(json_member(turns.value, "role"), turns.i % 2 ? "model" : "user"));
            size_t signed_calls = 0, calls_here = 0;
            while (json_next(&parts)) {
                struct json text = json_member(parts.value, "text");
                said += text.p && !json_equal(text, " ");
                calls_here += json_member(parts.value, "functionCall").p != NULL;
                signed_calls += json_member(parts.value, "thoughtSignature").p != NULL;
                answered += json_member(parts.value, "functionResponse").p != NULL;
            }
            asked += calls_here;
            assert_int_equal(signed_calls, calls_here ? 1 : 0);
            assert_true(json_count(json_member(turns.value, "parts")) > 0);
        }
        assert_true(json_count(json_member(json, "contents")) > 0);
        assert_int_equal(asked, calls);
        assert_int_equal(answered, answers);
        assert_int_equal(said, words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contents), cmocka_unit_test(test_instructions), cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_generations), cmocka_unit_test(test_options), cmocka_unit_test(test_thinking),
        cmocka_unit_test(test_failed_tools_and_names), cmocka_unit_test(test_what_cannot_be_written), cmocka_unit_test(test_requests),
        cmocka_unit_test(test_embeddings), cmocka_unit_test(test_any_conversation),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
