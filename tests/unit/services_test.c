/* SPDX-License-Identifier: MIT */
/* What each service of the chat completions dialect is sent: for a caller of the same dialect, corrected where it would be refused, and for others. */
#include "providers/services.h"

#include "base/secret.h"
#include "gate/snapshot.h"
#include "gate/thought.h"
#include "gate_help.h"
#include "providers/openai_ways.h"
#include "providers/providers.h"
#include "serve/openai_read.h"

#define HELLO "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]"

static struct provider provider;
static struct target target;
static struct http_request request;

static struct chat *chat_of(const char *text, bool same)
{
    struct chat *chat = chat_new(a);
    struct json body;
    must(json_check(bytes_of(text), &(struct json_limits){.allow_nul = true}, &body, &err));
    must(openai_read(body, chat, a, &err));
    if (same)
        return chat;
    must(openai_parse(chat, a, &err));
    chat->dialect = DIALECT_NONE;
    return chat;
}

static bool prepared(const char *type, const char *model, const struct chat *chat)
{
    provider = (struct provider){.id = "p", .name = "p", .type = provider_type_find(type), .base_url = "http://h/v1"};
    assert_non_null(provider.type);
    target = (struct target){.provider = &provider, .model = model, .stream = chat->stream};
    request = (struct http_request){0};
    memset(&err, 0, sizeof(err));
    return provider.type->rules->prepare(&target, chat, a, &request, &err);
}

static const char *dropped(void)
{
    const char *const *name = target.dropped.items;
    const char *text = "";
    for (size_t i = 0; i < target.dropped.n; i++)
        text = arena_printf(a, "%s%s%s", text, i ? " " : "", name[i]);
    return text;
}

static const char *body(void)
{
    struct json checked;
    must(json_check(request.body, &(struct json_limits){.allow_nul = true}, &checked, &err));
    return arena_copy(a, request.body.p, request.body.n);
}

/* ${in} and ${out}: what follows model and messages. NULL: refused, and the field is in dropped. */
struct case_of_fields { const char *type, *model, *in, *out, *dropped; };

static void check_fields(const struct case_of_fields *c, size_t n, bool same)
{
    for (size_t i = 0; i < n; i++, c++) {
        struct chat *chat = chat_of(arena_printf(a, "{\"model\":\"%s\"," HELLO "%s}", c->model, c->in), same);
        bool ok = prepared(c->type, c->model, chat);
        if (!ok != !c->out)
            fail_msg("%s %s %s: %s", c->type, c->model, c->in, ok ? body() : err.text);
        if (!ok) {
            assert_int_equal(err.kind, ERR_INPUT);
            assert_string_equal(err.field, c->dropped);
            continue;
        }
        const char *want = arena_printf(a, "{\"model\":\"%s\"," HELLO "%s}", c->model, c->out);
        if (strcmp(body(), want) != 0 || strcmp(dropped(), c->dropped) != 0)
            fail_msg("%s %s %s:\n%s\n%s\ndropped %s, not %s", c->type, c->model, c->in, body(), want, dropped(), c->dropped);
    }
}

#define STORE ",\"store\":false"
#define STREAM ",\"stream\":true"
#define OPTIONS ",\"stream_options\":{\"include_usage\":true}"
#define SCHEMA ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"q\",\"schema\":{}}}"
#define TOOL ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]"

static void test_same_dialect(void **state)
{
    (void)state;
    const struct case_of_fields cases[] = {
        /* fields nobody here knows go on */
        {"openai-compatible", "m", ",\"x\":[1.50]", ",\"x\":[1.50]", ""},
        {"openai-compatible", "gpt-5", ",\"temperature\":0.2,\"max_tokens\":5,\"logprobs\":true", ",\"temperature\":0.2,\"max_tokens\":5,\"logprobs\":true", ""},
        {"openai", "gpt-4o", ",\"x\":1", ",\"x\":1" STORE, ""},
        {"openai", "gpt-4o", ",\"store\":true,\"x\":1", STORE ",\"x\":1", "store"},
        {"openai", "gpt-4o", ",\"st\\u006fre\":true", STORE, "store"},
        {"openai", "gpt-4o", ",\"store\":null", STORE, ""},
        {"openai", "gpt-4o", ",\"max_tokens\":5,\"temperature\":0.5,\"reasoning_effort\":\"low\"", ",\"max_completion_tokens\":5,\"temperature\":0.5" STORE,
         "reasoning_effort"},
        {"openai", "gpt-5-mini", ",\"temperature\":0.5,\"top_p\":1,\"presence_penalty\":null,\"logprobs\":false,\"logit_bias\":{}", STORE,
         "temperature top_p logit_bias"},
        {"openai", "gpt-5-mini", ",\"logprobs\":true", NULL, "logprobs"},
        {"openai", "o3-mini", ",\"reasoning_effort\":\"xhigh\"", ",\"reasoning_effort\":\"high\"" STORE, ""},
        {"openai", "o3-mini", ",\"reasoning_effort\":\"none\"", ",\"reasoning_effort\":\"low\"" STORE, "reasoning_effort"},
        {"openai", "gpt-5.4", ",\"reasoning_effort\":\"none\"", ",\"reasoning_effort\":\"none\"" STORE, ""},
        {"openai", "gpt-4o", ",\"max_tokens\":5,\"max_completion_tokens\":6", ",\"max_completion_tokens\":6" STORE, ""},
        {"openai", "gpt-4o", ",\"max_tokens\":5,\"max_completion_tokens\":null", ",\"max_completion_tokens\":5" STORE, ""},
        {"azure-openai-classic", "gpt-4o", ",\"max_tokens\":5", ",\"max_tokens\":5" STORE, ""},
        {"azure-openai-classic", "gpt-5", ",\"max_tokens\":5", ",\"max_completion_tokens\":5" STORE, ""},
        {"lmstudio", "m", ",\"max_completion_tokens\":5", ",\"max_tokens\":5,\"max_completion_tokens\":5", ""},
        {"lmstudio", "m", ",\"max_tokens\":5", ",\"max_tokens\":5", ""},
        {"openrouter", "x/y", ",\"reasoning_effort\":\"high\"",
         ",\"reasoning\":{\"effort\":\"high\"},\"provider\":{\"data_collection\":\"deny\",\"zdr\":true}", ""},
        {"openrouter", "x/y", ",\"models\":[\"dear/one\"]", NULL, "models"}, {"openrouter", "x/y", ",\"route\":\"fallback\"", NULL, "route"},
        {"openrouter", "x/y", ",\"preset\":\"mine\"", NULL, "preset"}, {"openrouter", "x/y", ",\"models\":[]", ",\"provider\":{\"data_collection\":\"deny\",\"zdr\":true}", ""},
        {"openrouter", "x/y", ",\"provider\":{\"order\":[\"a\"],\"zdr\":false}", ",\"provider\":{\"order\":[\"a\"],\"data_collection\":\"deny\",\"zdr\":true}",
         ""},
        {"qwen", "qwen-plus", ",\"top_p\":1.0,\"max_completion_tokens\":3", ",\"top_p\":0.9999,\"max_tokens\":3", "top_p"},
        {"qwen", "qwen-plus", ",\"reasoning_effort\":\"none\"", ",\"enable_thinking\":false", ""},
        {"qwen", "qwen-plus", ",\"enable_thinking\":true", ",\"enable_thinking\":true" STREAM OPTIONS, ""},
        {"qwen", "qwq-plus", ",\"stream\":false", STREAM OPTIONS, ""},
        {"qwen", "qwq-plus", ",\"n\":2", NULL, "n"},
        {"zhipu", "glm-5.1", ",\"temperature\":0", ",\"temperature\":0.01,\"do_sample\":false", ""},
        {"zhipu", "glm-5.1", ",\"temperature\":1,\"user\":\"u\"", ",\"temperature\":0.99,\"user_id\":\"u\"", "temperature"},
        {"zhipu", "glm-5.1", ",\"reasoning_effort\":\"high\",\"stream\":true,\"stream_options\":{\"include_usage\":true}",
         ",\"thinking\":{\"type\":\"enabled\"},\"stream\":true", ""},
        {"zhipu", "glm-5.1", ",\"reasoning_effort\":\"high\",\"thinking\":{\"type\":\"disabled\"}", ",\"thinking\":{\"type\":\"disabled\"}", ""},
        {"zhipu", "glm-5.3", ",\"reasoning_effort\":\"medium\"", ",\"reasoning_effort\":\"high\"", ""},
        {"zhipu", "glm-5.1", TOOL ",\"tool_choice\":\"required\"", NULL, "tool_choice"},
        {"zhipu", "glm-5.1", TOOL ",\"tool_choice\":\"none\"", "", ""},
        {"zhipu", "glm-5.1", TOOL ",\"tool_choice\":\"auto\"", TOOL ",\"tool_choice\":\"auto\"", ""},
        {"zhipu", "glm-5.1", SCHEMA, NULL, "response_format.type"},
        {"deepseek", "deepseek-v4-pro", ",\"reasoning_effort\":\"low\"", ",\"thinking\":{\"type\":\"enabled\"},\"reasoning_effort\":\"high\"", ""},
        {"deepseek", "deepseek-v4-pro", ",\"reasoning_effort\":\"none\"", ",\"thinking\":{\"type\":\"disabled\"}", ""},
        {"deepseek", "deepseek-v4-pro", ",\"reasoning_effort\":\"max\"", ",\"reasoning_effort\":\"max\"", ""},
        {"deepseek", "deepseek-v4-pro", SCHEMA, NULL, "response_format.type"},
        {"moonshot", "kimi-k3", ",\"temperature\":0.2,\"n\":1,\"max_tokens\":7", ",\"max_completion_tokens\":7", "temperature"},
        {"moonshot", "kimi-k3", ",\"n\":2", NULL, "n"},
        {"moonshot", "moonshot-v1-8k", ",\"temperature\":1.5,\"n\":2", ",\"temperature\":1,\"n\":2", "temperature"},
        {"moonshot", "kimi-k2.6", ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"strict\":true},\"x\":1}]",
         ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"},\"x\":1}]", ""},
        {"mistral", "mistral-large-latest", ",\"seed\":7,\"temperature\":1.2,\"user\":\"u\",\"metadata\":{\"a\":\"b\"}",
         ",\"random_seed\":7,\"temperature\":1", "temperature user metadata"},
        {"mistral", "mistral-large-latest", ",\"seed\":7,\"random_seed\":8", ",\"random_seed\":8", ""},
        {"mistral", "mistral-large-latest", ",\"stream\":true,\"stream_options\":{\"include_usage\":true}", ",\"stream\":true", ""},
        {"mistral", "mistral-large-latest", ",\"logprobs\":true", NULL, "logprobs"},
        {"groq", "openai/gpt-oss-120b", ",\"n\":1,\"logit_bias\":{\"1\":2},\"reasoning_effort\":\"xhigh\"", ",\"reasoning_effort\":\"high\"", "logit_bias"},
        {"groq", "llama-3.3-70b-versatile", ",\"n\":2", NULL, "n"},
        {"perplexity", "sonar", TOOL, NULL, "tools"},
        {"perplexity", "sonar", ",\"tools\":[]", "", ""},
        {"perplexity", "sonar", TOOL ",\"tool_choice\":\"none\"", ",\"tool_choice\":\"none\"", ""},
        {"vllm", "m", ",\"reasoning_effort\":\"none\"", ",\"chat_template_kwargs\":{\"enable_thinking\":false}", ""},
        {"vllm", "m", ",\"reasoning_effort\":\"low\"", ",\"reasoning_effort\":\"low\"", ""},
        {"tencent-hunyuan", "hunyuan-t1-latest", ",\"reasoning_effort\":\"low\"", "", "reasoning_effort"},
    };
    check_fields(cases, COUNT(cases), true);
}

static void test_other_dialects(void **state)
{
    (void)state;
    const struct case_of_fields cases[] = {
        {"openai", "gpt-5", ",\"max_tokens\":5,\"temperature\":0.5,\"reasoning_effort\":\"xhigh\",\"top_k\":3",
         ",\"max_completion_tokens\":5,\"reasoning_effort\":\"high\"" STORE, "top_k temperature"},
        {"openai", "gpt-4o", TOOL ",\"parallel_tool_calls\":false,\"tool_choice\":\"required\"",
         TOOL ",\"tool_choice\":\"required\",\"parallel_tool_calls\":false" STORE, ""},
        {"openai", "gpt-4o", ",\"user\":\"u\",\"seed\":3,\"stop\":[\"a\"]", ",\"seed\":3,\"stop\":[\"a\"],\"user\":\"u\"" STORE, ""},
        {"openai", "gpt-4o", ",\"n\":2", NULL, "n"},
        {"openai", "gpt-4o", ",\"logprobs\":true", NULL, "logprobs"},
        {"openai", "gpt-4o", SCHEMA ",\"stream\":true",
         ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"q\",\"schema\":{}}}" STORE STREAM OPTIONS, ""},
        {"openrouter", "x/y", ",\"reasoning_effort\":\"none\",\"top_k\":3",
         ",\"top_k\":3,\"reasoning\":{\"enabled\":false},\"provider\":{\"data_collection\":\"deny\",\"zdr\":true}", ""},
        {"qwen", "qwen-plus", ",\"reasoning_effort\":\"low\"", ",\"enable_thinking\":true" STREAM OPTIONS, ""},
        {"qwen", "qwen3-32b", "", STREAM OPTIONS, ""},
        {"zhipu", "glm-5.1", ",\"temperature\":0,\"top_p\":1,\"user\":\"u\",\"reasoning_effort\":\"none\"",
         ",\"temperature\":0.01,\"do_sample\":false,\"top_p\":0.99,\"user_id\":\"u\",\"thinking\":{\"type\":\"disabled\"}", "top_p"},
        {"zhipu", "glm-5.1", TOOL ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}}", NULL, "tool_choice"},
        {"zhipu", "glm-5.1", TOOL ",\"tool_choice\":\"none\"", "", ""},
        {"zhipu", "glm-5.1", SCHEMA, NULL, "response_format.type"},
        {"zhipu", "glm-5.1", ",\"response_format\":{\"type\":\"json_object\"}", ",\"response_format\":{\"type\":\"json_object\"}", ""},
        {"moonshot", "kimi-k2.6", ",\"temperature\":1,\"reasoning_effort\":\"none\"", ",\"thinking\":{\"type\":\"disabled\"}", "temperature"},
        {"moonshot", "kimi-k2.7-code", ",\"reasoning_effort\":\"low\"", "", "reasoning_effort"},
        {"mistral", "m", ",\"seed\":1,\"user\":\"u\",\"stream\":true", ",\"random_seed\":1,\"stream\":true", "user"},
        {"perplexity", "sonar", TOOL, NULL, "tools"},
        {"perplexity", "sonar", TOOL ",\"tool_choice\":\"none\"", "", ""},
        {"deepseek", "deepseek-v4-pro", ",\"reasoning_effort\":\"xhigh\",\"max_completion_tokens\":9",
         ",\"max_tokens\":9,\"thinking\":{\"type\":\"enabled\"},\"reasoning_effort\":\"max\"", ""},
        {"llamacpp", "m", ",\"max_completion_tokens\":9,\"top_k\":2", ",\"max_tokens\":9,\"max_completion_tokens\":9,\"top_k\":2", ""},
    };
    check_fields(cases, COUNT(cases), false);
}

/* A wish in tokens is said in words where the service has only those. */
static void test_thinking_tokens(void **state)
{
    (void)state;
    const struct { const char *type, *model; int64_t tokens; const char *has; } cases[] = {
        {"openai", "gpt-5", 1024, "\"reasoning_effort\":\"low\""}, {"openai", "gpt-5", 8000, "\"reasoning_effort\":\"medium\""},
        {"openai", "gpt-5", 32000, "\"reasoning_effort\":\"high\""}, {"qwen", "qwen-plus", 4000, "\"enable_thinking\":true,\"thinking_budget\":4000"},
        {"qwen", "qwen-plus", 0, "\"enable_thinking\":false"}, {"openrouter", "m", 4000, "\"reasoning\":{\"max_tokens\":4000}"},
        {"openrouter", "m", 0, "\"reasoning\":{\"enabled\":false}"}, {"zhipu", "glm-5", 4000, "\"thinking\":{\"type\":\"enabled\"}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct chat *chat = chat_of("{\"model\":\"m\"," HELLO "}", false);
        chat->thinking_max = cases[i].tokens;
        must(prepared(cases[i].type, cases[i].model, chat));
        if (!strstr(body(), cases[i].has))
            fail_msg("%s: %s", cases[i].type, body());
    }
}

/* ${in} and ${out}: the messages. */
struct case_of_messages { const char *type, *in, *out, *dropped; };

static void check_messages(const struct case_of_messages *c, size_t n, bool same)
{
    for (size_t i = 0; i < n; i++, c++) {
        struct chat *chat = chat_of(arena_printf(a, "{\"model\":\"m\",\"messages\":[%s]}", c->in), same);
        bool ok = prepared(c->type, "m", chat);
        if (!ok != !c->out)
            fail_msg("%s %s: %s", c->type, c->in, ok ? body() : err.text);
        if (!ok) {
            assert_string_equal(err.field, c->dropped);
            continue;
        }
        const char *want = arena_printf(a, "\"messages\":[%s]", c->out);
        if (!strstr(body(), want) || strcmp(dropped(), c->dropped) != 0)
            fail_msg("%s %s:\n%s\n%s\ndropped %s, not %s", c->type, c->in, body(), want, dropped(), c->dropped);
    }
}

#define U(content) "{\"role\":\"user\",\"content\":" content "}"
#define IMAGE "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,QUJD\",\"detail\":\"low\"}}"
#define CALL(id) "{\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}"
#define CALLED(id, more) "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" CALL(id) "]" more "}"
#define RESULT(id) "{\"role\":\"tool\",\"tool_call_id\":\"" id "\",\"content\":\"r\"}"

static void test_same_messages(void **state)
{
    (void)state;
    const struct case_of_messages cases[] = {
        {"openai", "{\"role\":\"developer\",\"content\":\"d\",\"name\":\"n\"}," U("\"a\""),
         "{\"role\":\"developer\",\"content\":\"d\",\"name\":\"n\"}," U("\"a\""), ""},
        {"deepseek", "{\"role\":\"developer\",\"content\":\"d\",\"x\":1}", "{\"role\":\"system\",\"content\":\"d\",\"x\":1}", ""},
        {"deepseek", CALLED("c", ",\"reasoning_content\":\"t\"") "," RESULT("c"), CALLED("c", ",\"reasoning_content\":\"t\"") "," RESULT("c"), ""},
        {"deepseek", CALLED("c", "") "," RESULT("c"), CALLED("c", ",\"reasoning_content\":\" \"") "," RESULT("c"), ""},
        {"deepseek", CALLED("c", ",\"reasoning\":\"t\""), CALLED("c", ",\"reasoning\":\"t\",\"reasoning_content\":\"t\""), ""},
        {"mistral", CALLED("AbCdEf123", "") "," RESULT("AbCdEf123"), CALLED("AbCdEf123", "") "," RESULT("AbCdEf123"), ""},
        {"mistral", "{\"role\":\"user\",\"content\":\"a\",\"name\":\"n\"},{\"role\":\"assistant\",\"content\":\"b\",\"reasoning_content\":\"t\"}",
         U("\"a\"") ",{\"role\":\"assistant\",\"content\":\"b\"}", "messages.name messages.reasoning_content"},
        {"groq", "{\"role\":\"user\",\"content\":\"a\",\"name\":\"n\"}", U("\"a\""), "messages.name"},
        {"zhipu", U("[{\"type\":\"text\",\"text\":\"t\"}," IMAGE ",{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://h/i\"}}]"),
         U("[{\"type\":\"text\",\"text\":\"t\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"QUJD\",\"detail\":\"low\"}},"
           "{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://h/i\"}}]"), ""},
        {"openai", U("[" IMAGE "]"), U("[" IMAGE "]"), ""},
        /* a signature that another client API marked */
        {"openai-compatible", "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"extra_content\":{\"google\":{\"thought_signature\":\"mg1.gemini.S\"}}}]}",
         "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"extra_content\":{\"google\":{\"thought_signature\":\"S\"}}}]}", ""},
        {"openai-compatible", "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"extra_content\":{\"google\":{\"thought_signature\":\"S\"}}}]}",
         "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"extra_content\":{\"google\":{\"thought_signature\":\"S\"}}}]}", ""},
        {"openai", "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"extra_content\":{\"google\":{\"thought_signature\":\"mg1.gemini.S\"}}}]}",
         "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\"}]}", "extra_content"},
        {"openrouter", "{\"role\":\"assistant\",\"content\":\"\",\"reasoning_details\":[{\"signature\":\"mg1.anthropic.S\"}]}",
         "{\"role\":\"assistant\",\"content\":\"\"}", "reasoning_details"},
    };
    check_messages(cases, COUNT(cases), true);
}

static void test_other_messages(void **state)
{
    (void)state;
    const struct case_of_messages cases[] = {
        {"openai", U("[" IMAGE ",{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"QQ==\",\"format\":\"mp3\"}}]"),
         U("[" IMAGE ",{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"QQ==\",\"format\":\"mp3\"}}]"), ""},
        {"openai", U("[{\"type\":\"file\",\"file\":{\"filename\":\"a.pdf\",\"file_data\":\"data:application/pdf;base64,QQ==\"}}]"),
         U("[{\"type\":\"file\",\"file\":{\"filename\":\"a.pdf\",\"file_data\":\"data:application/pdf;base64,QQ==\"}}]"), ""},
        {"deepseek", U("[" IMAGE "]"), NULL, "messages.content"},
        {"groq", U("[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"QQ==\",\"format\":\"mp3\"}}]"), NULL, "messages.content"},
        {"zhipu", U("[" IMAGE "]"), U("[{\"type\":\"image_url\",\"image_url\":{\"url\":\"QUJD\",\"detail\":\"low\"}}]"), ""},
        {"deepseek", CALLED("c", ",\"reasoning_content\":\"t\"") "," RESULT("c"),
         "{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"t\",\"tool_calls\":[" CALL("c") "]}," RESULT("c"), ""},
        {"moonshot", CALLED("c", "") "," RESULT("c"),
         "{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\" \",\"tool_calls\":[" CALL("c") "]}," RESULT("c"), ""},
        {"openai", CALLED("c", ",\"reasoning_content\":\"t\"") "," RESULT("c"), CALLED("c", "") "," RESULT("c"), "thoughts"},
        {"openrouter", "{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_content\":\"t\"}",
         "{\"role\":\"assistant\",\"content\":\"a\",\"reasoning\":\"t\",\"reasoning_details\":[]}", ""},
        {"mistral", "{\"role\":\"user\",\"content\":\"a\",\"name\":\"n\"}", U("\"a\""), "messages.name"},
        {"openai", "{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}," IMAGE "]}," RESULT("d") "," U("\"b\""),
         "{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"a\"}," RESULT("d") "," U("[" IMAGE "]") "," U("\"b\""), ""},
        {"openai", "{\"role\":\"system\",\"content\":[" IMAGE "]}", NULL, "messages.content"},
        {"openai-compatible", "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\","
         "\"arguments\":\"\"},\"extra_content\":{\"google\":{\"thought_signature\":\"S\"}}}]}",
         "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\","
         "\"arguments\":\"{}\"},\"extra_content\":{\"google\":{\"thought_signature\":\"S\"}}}]}", ""},
        {"openai", "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"[1\"}}]}", NULL,
         "tool_calls.function.arguments"},
    };
    check_messages(cases, COUNT(cases), false);
}

/* What was signed comes back to the door that signed it, with its text. */
static void test_details_come_back(void **state)
{
    (void)state;
    struct chat *chat = chat_of("{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"}]}", false);
    struct chat_message *message = chat->messages.items;
    const struct chat_thought thoughts[] = {
        {"why", "{\"type\":\"reasoning.text\",\"signature\":\"S\",\"index\":0}", DIALECT_OPENAI_CHAT},
        {NULL, "{\"type\":\"reasoning.encrypted\",\"data\":\"D\"}", DIALECT_OPENAI_CHAT}, {"b", "X", DIALECT_ANTHROPIC}, {"c", "no json", DIALECT_OPENAI_CHAT},
    };
    for (size_t i = 0; i < COUNT(thoughts); i++)
        *(struct chat_thought *)list_add(a, &message->thoughts, sizeof(thoughts[i])) = thoughts[i];
    must(prepared("openrouter", "m", chat));
    assert_non_null(strstr(body(), "\"reasoning_details\":[{\"type\":\"reasoning.text\",\"signature\":\"S\",\"index\":0,\"text\":\"why\"},"
                                   "{\"type\":\"reasoning.encrypted\",\"data\":\"D\"}]"));
    assert_string_equal(dropped(), "thoughts.signature");
}

/* Mistral's ids: nine letters or digits, the same for a call and its result, in both ways of writing. */
static void test_short_ids(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int i = 0; i < 120; i++) {
        const char *id = arena_printf(a, "call_%llx", (unsigned long long)random_next(&r));
        const char *text = arena_printf(a, "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"%s\",\"type\":"
                                           "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"%s\","
                                           "\"content\":\"r\"}]}", id, id);
        const char *ids[2];
        for (int same = 0; same < 2; same++) {
            struct json checked;
            must(prepared("mistral", "m", chat_of(text, same)));
            must(json_check(request.body, NULL, &checked, &err));
            ids[same] = json_string(json_at(checked, "messages.0.tool_calls.0.id"), a);
            assert_string_equal(json_string(json_at(checked, "messages.1.tool_call_id"), a), ids[same]);
            assert_int_equal(strlen(ids[same]), 9);
        }
        assert_string_equal(ids[0], ids[1]);
    }
}

/* Whatever a caller of the same dialect says: what nobody knows goes on byte for byte, switches are set, and a body that was corrected needs no
 * more of it. */
static void test_any_body(void **state)
{
    (void)state;
    static const char *const fields[] = {
        "\"temperature\":0", "\"top_p\":1.0", "\"seed\":1", "\"user\":\"u\"", "\"reasoning_effort\":\"low\"", "\"max_tokens\":3", "\"max_completion_tokens\":4",
        "\"store\":true", "\"provider\":{\"order\":[\"a\"],\"zdr\":false}", "\"logit_bias\":{}", "\"stream\":true", "\"n\":1", "\"metadata\":null",
        "\"stream_options\":{\"include_usage\":true}", "\"enable_thinking\":true", "\"thinking\":{\"type\":\"enabled\"}", "\"tool_choice\":\"auto\"",
    };
    struct random r = random_start();
    for (int i = 0; i < 400; i++) {
        const struct provider_type *type = all_provider_types[random_below(&r, 19)];
        const char *text = "{\"model\":\"m\"," HELLO ",\"x y\":{ \"z\" : [1.50, \"\\u0041\"]}";
        struct json checked;
        if (!type->openai)
            continue;
        for (size_t k = 0; k < COUNT(fields); k++)
            if (random_below(&r, 3) == 0)
                text = arena_printf(a, "%s,%s", text, fields[k]);
        text = arena_printf(a, "%s}", text);
        must(prepared(type->name, "m", chat_of(text, true)));
        const char *once = body();
        assert_non_null(strstr(once, "\"x y\":{ \"z\" : [1.50, \"\\u0041\"]}"));
        must(json_check(bytes_of(once), NULL, &checked, &err));
        if (type->switches && type->switches[0] == 's')
            assert_int_equal(json_kind(json_member(checked, "store")), JSON_FALSE);
        must(prepared(type->name, "m", chat_of(once, true)));
        if (strcmp(body(), once) != 0 && strcmp(type->name, "openrouter") != 0)
            fail_msg("%s:\n%s\n%s\n%s", type->name, text, once, body());
    }
}

/* ---- where to ---- */

static const char *header(const char *name)
{
    for (size_t i = 0; i < request.headers_n; i++)
        if (strcmp(request.headers[i].name, name) == 0)
            return request.headers[i].value;
    return "";
}

static void use(const char *type, const char *options)
{
    provider = (struct provider){.type = provider_type_find(type), .base_url = "http://h/v1", .secret = secret_text(a, "sk-secret"),
                                 .options = provider_options_of(options, a)};
    target = (struct target){.provider = &provider, .model = "my model/1"};
    request = (struct http_request){0};
    memset(&err, 0, sizeof(err));
}

static void test_addresses(void **state)
{
    (void)state;
    const struct chat *chat = chat_of("{\"model\":\"m\"," HELLO "}", true);
    const struct { const char *type, *options, *url, *header, *value; } cases[] = {
        {"openai", "{\"organization\":\"org-1\",\"project\":\"p 1\"}", "http://h/v1/chat/completions", "OpenAI-Organization", "org-1"},
        {"openai", "{\"organization\":\"org-1\",\"project\":\"p 1\"}", "http://h/v1/chat/completions", "OpenAI-Project", "p%201"},
        {"openai", "{}", "http://h/v1/chat/completions", "Authorization", "Bearer sk-secret"},
        {"openai", "{}", "http://h/v1/chat/completions", "OpenAI-Organization", ""},
        {"azure-openai", "{}", "http://h/v1/chat/completions", "api-key", "sk-secret"},
        {"azure-openai-classic", "{}", "http://h/v1/deployments/my%20model%2F1/chat/completions?api-version=2025-04-01-preview", "api-key", "sk-secret"},
        {"azure-openai-classic", "{\"api_version\":\"a&b\"}", "http://h/v1/deployments/my%20model%2F1/chat/completions?api-version=a%26b",
         "Authorization", ""},
        {"baidu-qianfan", "{\"appid\":\"app-1\"}", "http://h/v1/chat/completions", "appid", "app-1"},
        {"openrouter", "{\"title\":\"\xe6\x9c\x88\"}", "http://h/v1/chat/completions", "X-Title", "%E6%9C%88"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        use(cases[i].type, cases[i].options);
        must(openai_rules.prepare(&target, chat, a, &request, &err));
        assert_string_equal(request.method, "POST");
        assert_string_equal(request.url, cases[i].url);
        assert_string_equal(header("Content-Type"), "application/json");
        assert_string_equal(header(cases[i].header), cases[i].value);
    }
}

/* The check is never a paid call: a list, or a chat without a body. */
static void test_checks(void **state)
{
    (void)state;
    const struct { const char *type, *method, *url, *body; int alive; } cases[] = {
        {"openai", "GET", "http://h/v1/models", "", 0}, {"azure-openai", "GET", "http://h/v1/models", "", 200},
        {"azure-openai-classic", "GET", "http://h/v1/models?api-version=2025-04-01-preview", "", 200},
        {"zhipu", "POST", "http://h/v1/chat/completions", "{}", 400}, {"perplexity", "POST", "http://h/v1/chat/completions", "{}", 422},
        {"tencent-hunyuan", "POST", "http://h/v1/chat/completions", "{}", 400}, {"openrouter", "GET", "http://h/v1/models", "", 0}, {"qwen", "GET", "http://h/v1/models", "", 404},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        use(cases[i].type, "{}");
        openai_rules.prepare_models(&provider, a, &request);
        assert_string_equal(request.method, cases[i].method);
        assert_string_equal(request.url, cases[i].url);
        assert_true(bytes_equal_text(request.body, cases[i].body));
        assert_false(openai_rules.alive(&provider, 401) || openai_rules.alive(&provider, 500));
        assert_int_equal(openai_rules.alive(&provider, 200), cases[i].alive == 200);
        if (cases[i].alive)
            assert_true(openai_rules.alive(&provider, cases[i].alive));
    }
    use("openai", "{}");
    assert_false(openai_rules.prepare_key(&provider, a, &request));
    use("openrouter", "{}");
    assert_true(openai_rules.prepare_key(&provider, a, &request));
    assert_string_equal(request.url, "http://h/v1/key");
}

/* What the privacy of a provider shows: a switch is set exactly where one is said to be enforced. */
static void test_switches(void **state)
{
    (void)state;
    for (size_t i = 0; all_provider_types[i]; i++) {
        const struct provider_type *type = all_provider_types[i];
        if (type->rules != &openai_rules)
            continue;
        assert_non_null(type->openai);
        assert_int_equal(strlen(type->icon), 2);
        assert_int_equal(type->retention == RETENTION_ENFORCED, type->switches != NULL);
        assert_int_equal(type->switches != NULL, type->openai->members != NULL);
        assert_true(strcmp(type->mode, "cloud") != 0 || (type->secret_needed && type->prices));
        for (const struct openai_header *row = type->openai->headers; row && row->option; row++) {
            bool found = false;
            for (const struct provider_option_row *option = type->options; option && option->name; option++)
                found |= strcmp(option->name, row->option) == 0;
            assert_true(found);
        }
        for (const struct provider_region *region = type->regions; region && region->name; region++) {
            struct egress egress = provider_egress(false, region->base_url);
            must(egress_check_url(&egress, region->base_url, &err));
        }
    }
}

static void test_facts(void **state)
{
    (void)state;
    struct list models = {0};
    must(openai_rules.read_models(bytes_of(
        "{\"data\":[{\"id\":\"vllm\",\"max_model_len\":4096},{\"id\":\"router\",\"context_length\":8192,\"top_provider\":{\"max_completion_tokens\":100},"
        "\"architecture\":{\"input_modalities\":[\"text\",\"image\"]},\"supported_parameters\":[\"tools\",\"reasoning\"]},"
        "{\"id\":\"groq\",\"context_window\":131072,\"max_completion_tokens\":32768},{\"id\":\"llama\",\"meta\":{\"n_ctx_train\":2048}},"
        "{\"id\":\"loading\",\"meta\":null},{\"id\":\"mistral\",\"max_context_length\":32000,\"capabilities\":{\"completion_chat\":true,"
        "\"function_calling\":true,\"vision\":false}},{\"id\":\"odd\",\"max_model_len\":-4,\"context_length\":\"8\",\"capabilities\":[\"x\"]}]}"),
        a, &models, &err));
    const struct listed_model *m = models.items, want[] = {
        {"vllm", 4096, 0, 0, false, false}, {"router", 8192, 100, CAN_CHAT | CAN_SEE | CAN_CALL_TOOLS | CAN_THINK, false, false}, {"groq", 131072, 32768, 0, false, false},
        {"llama", 2048, 0, 0, false, false}, {"loading", 0, 0, 0, false, false}, {"mistral", 32000, 0, CAN_CHAT | CAN_CALL_TOOLS, false, false}, {"odd", 0, 0, 0, false, false},
    };
    assert_int_equal(models.n, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++) {
        assert_string_equal(m[i].name, want[i].name);
        assert_int_equal(m[i].context, want[i].context);
        assert_int_equal(m[i].max_output, want[i].max_output);
        assert_int_equal(m[i].can, want[i].can);
    }
}

/* ---- embeddings ---- */

static struct chat *embedding(const char *raw, size_t n, bool tokens)
{
    struct chat *chat = chat_new(a);
    struct err ignored = {0};
    chat->embed = NEW(a, struct embed);
    chat->embed->dimensions = INT64_MIN;
    chat->embed->tokens = tokens;
    for (size_t i = 0; i < n; i++)
        *(struct bytes *)list_add(a, &chat->embed->inputs, sizeof(struct bytes)) = bytes_of(tokens ? "[1,2]" : arena_printf(a, "t%zu", i));
    if (raw) {
        must(json_check(bytes_of(raw), NULL, &chat->raw, &ignored));
        chat->dialect = DIALECT_OPENAI_EMBEDDINGS;
    }
    return chat;
}

static void test_embeddings(void **state)
{
    (void)state;
    const char *raw = "{\"model\":\"x\",\"input\":[\"t0\",\"t1\",\"t2\"],\"y\":1}";
    use("openai", "{}");
    must(openai_rules.prepare_embed(&target, embedding(raw, 3, false), 0, 3, a, &request, &err));
    assert_string_equal(request.url, "http://h/v1/embeddings");
    assert_string_equal(body(), "{\"model\":\"my model/1\",\"input\":[\"t0\",\"t1\",\"t2\"],\"y\":1}");
    must(openai_rules.prepare_embed(&target, embedding(raw, 3, false), 1, 2, a, &request, &err));
    assert_string_equal(body(), "{\"model\":\"my model/1\",\"input\":[\"t1\",\"t2\"],\"y\":1}");
    must(openai_rules.prepare_embed(&target, embedding(raw, 3, true), 1, 1, a, &request, &err));
    assert_string_equal(body(), "{\"model\":\"my model/1\",\"input\":[[1,2]],\"y\":1}");
    struct chat *other = embedding(NULL, 1, false);
    other->embed->dimensions = 8;
    must(openai_rules.prepare_embed(&target, other, 0, 1, a, &request, &err));
    assert_string_equal(body(), "{\"model\":\"my model/1\",\"input\":[\"t0\"],\"dimensions\":8,\"encoding_format\":\"base64\"}");
    use("azure-openai-classic", "{}");
    must(openai_rules.prepare_embed(&target, other, 0, 1, a, &request, &err));
    assert_string_equal(request.url, "http://h/v1/deployments/my%20model%2F1/embeddings?api-version=2025-04-01-preview");
    use("qwen", "{}");
    must(openai_rules.prepare_embed(&target, other, 0, 1, a, &request, &err));
    assert_non_null(strstr(body(), "\"encoding_format\":\"float\""));
    must_fail(openai_rules.prepare_embed(&target, embedding(raw, 3, true), 0, 3, a, &request, &err), ERR_INPUT);
}

static struct reader reader;

static bool embedded(const char *answer, size_t n)
{
    struct chat *chat = embedding(NULL, n, false);
    use("openai", "{}");
    reader = (struct reader){.arena = a, .scratch = a, .chat = chat, .provider = &provider, .model = "", .upstream_id = "", .usage.in = 99};
    return openai_rules.read_embed(&reader, bytes_of(answer), &err);
}

static void test_embedding_answers(void **state)
{
    (void)state;
    must(embedded("{\"model\":\"e\",\"data\":[{\"index\":1,\"embedding\":[3,4]},{\"index\":0,\"embedding\":\"AACAPwAAAEA=\"}],\"usage\":{\"prompt_tokens\":5}}", 2));
    const struct vector *v = reader.vectors.items;
    assert_int_equal(reader.vectors.n, 2);
    assert_true(v[0].n == 2 && v[0].x[0] == 1 && v[0].x[1] == 2 && v[1].x[0] == 3);
    assert_true(reader.usage.known);
    assert_int_equal(reader.usage.in, 5);
    assert_string_equal(reader.model, "e");
    const char *const bad[] = {
        "{}", "[]", "{\"data\":{}}", "{\"data\":[{\"index\":2,\"embedding\":[1]}]}", "{\"data\":[{\"index\":-1,\"embedding\":[1]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":0,\"embedding\":[1]}]}", "{\"data\":[{\"embedding\":[]}]}", "{\"data\":[{}]}",
        "{\"data\":[{\"embedding\":[1]},{\"embedding\":[1]},{\"embedding\":[1]}]}", "{\"error\":{\"message\":\"no\"}}", "x",
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        must_fail(embedded(bad[i], 2), ERR_UPSTREAM);
}

int main(void)
{
    provider_types = all_provider_types;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_dialect), cmocka_unit_test(test_other_dialects), cmocka_unit_test(test_thinking_tokens),
        cmocka_unit_test(test_same_messages), cmocka_unit_test(test_other_messages), cmocka_unit_test(test_details_come_back),
        cmocka_unit_test(test_short_ids), cmocka_unit_test(test_any_body), cmocka_unit_test(test_addresses), cmocka_unit_test(test_checks), cmocka_unit_test(test_switches),
        cmocka_unit_test(test_facts), cmocka_unit_test(test_embeddings), cmocka_unit_test(test_embedding_answers),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
