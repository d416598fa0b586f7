/* SPDX-License-Identifier: MIT */
/* What Hunyuan's answers, errors and the check say, and what is sent to it. */
#include "providers/hunyuan_write.h"

#include "base/clock.h"
#include "base/secret.h"
#include "gate/snapshot.h"
#include "net/tc3.h"
#include "providers/providers.h"
#include "reader_help.h"
#include "serve/openai_read.h"

#define SAYS(role, words) "{\"role\":\"" role "\",\"content\":\"" words "\"}"
#define HELLO SAYS("user", "hello")
#define OUT(role, words) "{\"Role\":\"" role "\",\"Content\":\"" words "\"}"
#define HELLO_OUT OUT("user", "hello")

static struct heard *heard;
static struct target target;

/* ---- writing ---- */

static bool write_chat(const char *messages, const char *more, const char **out_r)
{
    struct chat *chat = chat_new(a);
    struct json body;
    struct bytes written;
    const char *text = arena_printf(a, "{\"model\":\"m\",\"messages\":[%s]%s}", messages, more);
    memset(&err, 0, sizeof(err));
    must(json_check(bytes_of(text), NULL, &body, &err));
    must(openai_read(body, chat, a, &err));
    must(openai_parse(chat, a, &err));
    target = (struct target){.model = "hunyuan-turbos-latest", .stream = chat->stream};
    if (!hunyuan_write(&target, chat, a, &written, &err))
        return false;
    *out_r = arena_copy(a, written.p, written.n);
    return true;
}

#define CALLS(calls) "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" calls "]}"
#define CALL(id, name, args) "{\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"" name "\",\"arguments\":\"" args "\"}}"
#define CALL_OUT(id, name, args) "{\"Id\":\"" id "\",\"Type\":\"function\",\"Function\":{\"Name\":\"" name "\",\"Arguments\":\"" args "\"}}"

static void test_messages(void **state)
{
    (void)state;
    const struct { const char *messages, *out; } cases[] = {
        {HELLO, HELLO_OUT},
        {SAYS("system", "one") "," HELLO "," SAYS("developer", "two") "," SAYS("system", ""), OUT("system", "one\\n\\ntwo") "," HELLO_OUT},
        {HELLO "," SAYS("user", "again") "," SAYS("assistant", "a") "," SAYS("assistant", "b"), OUT("user", "hello\\n\\nagain") "," OUT("assistant", "a\\n\\nb")},
        {HELLO "," SAYS("assistant", "") "," SAYS("user", "x"), OUT("user", "hello\\n\\nx")},
        {SAYS("assistant", "a"), OUT("user", " ") "," OUT("assistant", "a")},
        {SAYS("system", "s"), OUT("system", "s") "," OUT("user", " ")},
        {"{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x/y.png\"}},"
         "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,QUJD\"}}]}",
         "{\"Role\":\"user\",\"Contents\":[{\"Type\":\"text\",\"Text\":\"a\"},{\"Type\":\"image_url\",\"ImageUrl\":{\"Url\":\"https://x/y.png\"}},"
         "{\"Type\":\"image_url\",\"ImageUrl\":{\"Url\":\"data:image/png;base64,QUJD\"}}]}"},
        {HELLO "," CALLS(CALL("1", "f", "{\\\"x\\\": 1}") "," CALL("2", "g", "")) ",{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":\"a\"},"
         "{\"role\":\"tool\",\"tool_call_id\":\"2\",\"content\":\"\"}",
         HELLO_OUT ",{\"Role\":\"assistant\",\"Content\":\"\",\"ToolCalls\":[" CALL_OUT("1", "f", "{\\\"x\\\": 1}") "," CALL_OUT("2", "g", "{}") "]},"
         "{\"Role\":\"tool\",\"ToolCallId\":\"1\",\"Content\":\"a\"},{\"Role\":\"tool\",\"ToolCallId\":\"2\",\"Content\":\"\"}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *out;
        must(write_chat(cases[i].messages, "", &out));
        assert_string_equal(out, arena_printf(a, "{\"Model\":\"hunyuan-turbos-latest\",\"Messages\":[%s],\"Stream\":false}", cases[i].out));
        assert_string_equal(names_text(target.dropped), "");
    }
}

static void test_options(void **state)
{
    (void)state;
#define TOOL(name) "{\"type\":\"function\",\"function\":{\"name\":\"" name "\",\"description\":\"d\",\"parameters\":{\"type\":\"object\"}}}"
#define TOOL_OUT(name) "{\"Type\":\"function\",\"Function\":{\"Name\":\"" name "\",\"Description\":\"d\",\"Parameters\":\"{\\\"type\\\":\\\"object\\\"}\"}}"
#define ONE ",\"tools\":[" TOOL("f") "]"
#define ONE_OUT ",\"Tools\":[" TOOL_OUT("f") "]"
    const struct { const char *more, *out, *dropped; } cases[] = {
        {",\"temperature\":0.5,\"top_p\":1,\"seed\":7,\"stop\":[\"a\"],\"stream\":true", ",\"Temperature\":0.5,\"TopP\":1,\"Seed\":7,\"Stop\":[\"a\"],\"Stream\":true", ""},
        {",\"max_tokens\":5,\"top_k\":4,\"user\":\"u\",\"frequency_penalty\":1,\"presence_penalty\":1,\"reasoning_effort\":\"low\",\"seed\":0", ",\"Stream\":false",
         "max_tokens, top_k, user, frequency_penalty, presence_penalty, reasoning_effort, seed"},
        {ONE, ONE_OUT ",\"Stream\":false", ""},
        {ONE ",\"tool_choice\":\"auto\",\"parallel_tool_calls\":false", ONE_OUT ",\"ToolChoice\":\"auto\",\"Stream\":false", "parallel_tool_calls"},
        {ONE ",\"tool_choice\":\"none\"", ONE_OUT ",\"ToolChoice\":\"none\",\"Stream\":false", ""},
        {ONE ",\"tool_choice\":\"required\"", ONE_OUT ",\"ToolChoice\":\"custom\",\"CustomTool\":" TOOL_OUT("f") ",\"Stream\":false", ""},
        {",\"tools\":[" TOOL("f") "," TOOL("g") "],\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"g\"}}",
         ",\"Tools\":[" TOOL_OUT("f") "," TOOL_OUT("g") "],\"ToolChoice\":\"custom\",\"CustomTool\":" TOOL_OUT("g") ",\"Stream\":false", ""},
        {",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]", ",\"Tools\":[{\"Type\":\"function\",\"Function\":{\"Name\":\"f\",\"Description\":\"\","
         "\"Parameters\":\"{\\\"type\\\":\\\"object\\\",\\\"properties\\\":{}}\"}}],\"Stream\":false", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *out;
        must(write_chat(HELLO, cases[i].more, &out));
        assert_string_equal(out, arena_printf(a, "{\"Model\":\"hunyuan-turbos-latest\",\"Messages\":[" HELLO_OUT "]%s}", cases[i].out));
        assert_string_equal(names_text(target.dropped), cases[i].dropped);
    }
    const char *out;
    must(write_chat(HELLO ",{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_content\":\"hm\"},{\"role\":\"user\",\"name\":\"n\",\"content\":\"b\"}", "", &out));
    assert_string_equal(names_text(target.dropped), "messages.reasoning_content, messages.name");
    assert_null(strstr(out, "hm"));
}

static void test_what_cannot_be_written(void **state)
{
    (void)state;
    const struct { const char *messages, *more, *field, *value; } bad[] = {
        {HELLO, ",\"n\":2", "n", "2"},
        {HELLO, ",\"logprobs\":true", "logprobs", "true"},
        {HELLO, ",\"response_format\":{\"type\":\"json_object\"}", "response_format", "json_object"},
        {HELLO, ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"schema\":{}}}", "response_format", "json_schema"},
        {HELLO, ",\"tools\":[" TOOL("f") "," TOOL("g") "],\"tool_choice\":\"required\"", "tool_choice", "required"},
        {HELLO, ONE ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"g\"}}", "tool_choice", "g"},
        {HELLO, ",\"tool_choice\":\"required\"", "tool_choice", "required"},
        {"{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"QQ==\",\"format\":\"wav\"}}]}", "", "messages", "input_audio"},
        {"{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":{\"file_data\":\"data:application/pdf;base64,QQ==\"}}]}", "", "messages", "file"},
        {HELLO "," CALLS(CALL("1", "f", "[]")), "", "tool_calls.function.arguments", "[]"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *out;
        must_fail(write_chat(bad[i].messages, bad[i].more, &out), ERR_INPUT);
        if (strcmp(err.field, bad[i].field) != 0 || strcmp(err.value, bad[i].value) != 0)
            fail_msg("%s: %s, %s, %s", bad[i].messages, err.field, err.value, err.allowed);
    }
}

/* ---- requests ---- */

static const char *header(const struct http_request *r, const char *name)
{
    for (size_t i = 0; i < r->headers_n; i++)
        if (strcmp(r->headers[i].name, name) == 0)
            return r->headers[i].value;
    return NULL;
}

/* Signed with the provider's own id and key over exactly the body, at the time it says. */
static void check_signed(const struct http_request *r, const struct provider *p, const char *action)
{
    struct http_header again[TC3_HEADERS];
    int64_t seconds = 0;
    assert_string_equal(r->method, "POST");
    assert_string_equal(r->url, "http://127.0.0.1:9/");
    assert_string_equal(header(r, "Content-Type"), "application/json");
    must(parse_int(header(r, "X-TC-Timestamp"), 0, INT64_MAX, "t", &seconds, &err));
    assert_true(llabs((long long)(seconds - clock_wall() / 1000000)) < 3600);
    struct tc3 tc3 = {.service = "hunyuan", .action = action, .version = "2023-09-01", .region = "ap-guangzhou", .key_id = "AKIDtest",
                      .secret = p->secret, .now = seconds * 1000000};
    size_t n = tc3_sign(&tc3, r, a, again);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(header(r, again[i].name), again[i].value);
}

static void test_requests(void **state)
{
    (void)state;
    struct provider_option options[] = {{"secret_id", "AKIDtest"}, {"region", "ap-guangzhou"}};
    struct provider p = {.type = provider_type_find("hunyuan-native"), .base_url = "http://127.0.0.1:9", .secret = secret_text(a, "key"), .options = {options, 2}};
    struct bytes inputs[] = {bytes_of("a"), bytes_of("b"), bytes_of("c")};
    struct embed embed = {.inputs = {inputs, 3}, .dimensions = INT64_MIN};
    struct chat *chat = chat_new(a);
    struct target t = {.provider = &p, .model = "m"};
    struct http_request r = {0};
    must(hunyuan_rules.prepare(&t, chat, a, &r, &err));
    check_signed(&r, &p, "ChatCompletions");
    r = (struct http_request){0};
    hunyuan_rules.prepare_models(&p, a, &r);
    check_signed(&r, &p, "GetTokenCount");
    r = (struct http_request){0};
    chat->embed = &embed;
    must(hunyuan_rules.prepare_embed(&t, chat, 1, 2, a, &r, &err));
    check_signed(&r, &p, "GetEmbedding");
    assert_string_equal(arena_copy(a, r.body.p, r.body.n), "{\"InputList\":[\"b\",\"c\"]}");
    embed.dimensions = 1024;
    must(hunyuan_rules.prepare_embed(&t, chat, 0, 1, a, &r, &err));
    embed.dimensions = 256;
    must_fail(hunyuan_rules.prepare_embed(&t, chat, 0, 1, a, &r, &err), ERR_INPUT);
    embed.dimensions = INT64_MIN;
    embed.tokens = true;
    must_fail(hunyuan_rules.prepare_embed(&t, chat, 0, 1, a, &r, &err), ERR_INPUT);
}

/* ---- reading ---- */

static void start(void)
{
    heard = heard_new(&hunyuan_rules, false);
}

#define STREAM(...) (start(), hear_frames(heard, FRAMES(__VA_ARGS__)))
#define DELTA(delta, finish) "{\"Id\":\"i1\",\"Choices\":[{\"Delta\":{\"Role\":\"assistant\"," delta "},\"FinishReason\":\"" finish "\"}]," \
                             "\"Usage\":{\"PromptTokens\":3,\"CompletionTokens\":4,\"TotalTokens\":7}}"
#define WHOLE(message, finish) "{\"Response\":{\"RequestId\":\"r\",\"Id\":\"i1\",\"Choices\":[{\"Message\":{\"Role\":\"assistant\"," message "}," \
                               "\"FinishReason\":\"" finish "\"}],\"Usage\":{\"PromptTokens\":3,\"CompletionTokens\":4}}}"
#define FAILS(code, words) "{\"Response\":{\"Error\":{\"Code\":\"" code "\",\"Message\":\"" words "\"},\"RequestId\":\"r\"}}"

static void test_answers(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {                            /* in pieces, in one, whole */
        if (i == 0) {
            must(STREAM(DELTA("\"ReasoningContent\":\"hm\"", ""), DELTA("\"Content\":\"a\\u6708\"", ""), DELTA("\"Content\":\"b\"", ""),
                        DELTA("\"Content\":\"\"", "stop"), "[DONE]"));
        } else if (i == 1) {
            must(STREAM(DELTA("\"ReasoningContent\":\"hm\",\"Content\":\"a\\u6708b\"", "stop")));
        } else {
            start();
            must(hear_whole(heard, WHOLE("\"ReasoningContent\":\"hm\",\"Content\":\"a\\u6708b\"", "stop")));
        }
        assert_string_equal(heard_text(&heard->text), "a月b");
        assert_string_equal(heard_text(&heard->reasoning), "hm");
        assert_string_equal(heard->finish, "stop");
        assert_string_equal(heard->reader.upstream_id, "i1");
        assert_true(heard->reader.usage.known && heard->reader.usage.in == 3 && heard->reader.usage.out == 4);
    }
    const struct { const char *reason, *finish; } ends[] = {{"stop", "stop"}, {"sensitive", "content_filter"}, {"length", "length"}, {"new", "stop"}};
    for (size_t i = 0; i < COUNT(ends); i++) {
        start();
        must(hear_whole(heard, arena_printf(a, WHOLE("\"Content\":\"x\"", "%s"), ends[i].reason)));
        assert_string_equal(heard->finish, ends[i].finish);
    }
}

static void test_calls(void **state)
{
    (void)state;
#define PIECE(index, id, name, args) "{\"Index\":" index ",\"Id\":\"" id "\",\"Type\":\"function\",\"Function\":{\"Name\":\"" name "\",\"Arguments\":\"" args "\"}}"
    for (int whole = 0; whole < 2; whole++) {
        if (whole) {
            start();
            must(hear_whole(heard, WHOLE("\"Content\":\"\",\"ToolCalls\":[" PIECE("0", "1", "f", "{\\\"x\\\":1}") "," PIECE("1", "2", "g", "") "]", "tool_calls")));
        } else {                                             /* name and id come again in every piece */
            must(STREAM(DELTA("\"ToolCalls\":[" PIECE("0", "1", "f", "{\\\"x") "]", ""), DELTA("\"ToolCalls\":[" PIECE("0", "1", "f", "\\\":1}") "]", ""),
                        DELTA("\"ToolCalls\":[" PIECE("1", "2", "g", "") "]", ""), DELTA("\"Content\":\"\"", "stop"), "[DONE]"));
        }
        assert_int_equal(heard->calls.n, 2);
        assert_string_equal(heard_call(heard, 0)->name, "f");
        assert_string_equal(heard_call(heard, 1)->name, "g");
        assert_string_equal(heard_call(heard, 1)->id, "2");
        assert_string_equal(heard_text(&((struct heard_call *)heard->calls.items)[0].arguments), "{\"x\":1}");
        assert_string_equal(heard_text(&((struct heard_call *)heard->calls.items)[1].arguments), "");
        assert_string_equal(heard->finish, "tool_calls");
    }
    must_fail(STREAM(DELTA("\"ToolCalls\":[{\"Index\":0,\"Id\":\"1\"}]", "tool_calls")), ERR_UPSTREAM);
}

static void test_failures(void **state)
{
    (void)state;
    const struct { const char *code; enum err_kind kind; enum remedy remedy; } cases[] = {
        {"AuthFailure.SignatureFailure", ERR_UPSTREAM_AUTH, REMEDY_OTHER}, {"AuthFailure.SecretIdNotFound", ERR_UPSTREAM_AUTH, REMEDY_OTHER},
        {"UnauthorizedOperation", ERR_UPSTREAM_AUTH, REMEDY_OTHER}, {"RequestLimitExceeded", ERR_RATE, REMEDY_RETRY},
        {"LimitExceeded.UinLimitExceeded", ERR_RATE, REMEDY_RETRY}, {"InternalError", ERR_UPSTREAM, REMEDY_RETRY},
        {"FailedOperation.EngineServerError", ERR_UPSTREAM, REMEDY_RETRY}, {"FailedOperation.EngineServerLimitExceeded", ERR_RATE, REMEDY_RETRY},
        {"FailedOperation.ServiceNotActivated", ERR_UPSTREAM, REMEDY_OTHER}, {"FailedOperation.FreeResourcePackExhausted", ERR_UPSTREAM, REMEDY_OTHER},
        {"ResourceUnavailable.InArrears", ERR_UPSTREAM, REMEDY_OTHER}, {"InvalidParameterValue.Model", ERR_UPSTREAM_INPUT, REMEDY_CALLER},
        {"InvalidParameter", ERR_UPSTREAM_INPUT, REMEDY_CALLER}, {"OperationDenied.TextIllegalDetected", ERR_UPSTREAM_INPUT, REMEDY_CALLER},
        {"SomethingNew", ERR_UPSTREAM, REMEDY_OTHER},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *body = arena_printf(a, FAILS("%s", "no \\u6708"), cases[i].code);
        struct upstream_error error;
        start();
        must_fail(hear_whole(heard, body), cases[i].kind);
        assert_int_equal(heard->reader.error.remedy, cases[i].remedy);
        assert_string_equal(heard->reader.error.words, "no 月");
        assert_string_equal(heard->reader.error.code, cases[i].code);
        upstream_error_of(500, &error);
        hunyuan_rules.read_error(NULL, 500, bytes_of(body), a, &error);
        assert_string_equal(error.words, "no 月");
        assert_string_equal(error.code, cases[i].code);
        assert_int_equal(error.kind, strcmp(cases[i].code, "SomethingNew") == 0 ? ERR_UPSTREAM : cases[i].kind);
    }
    must_fail(STREAM(DELTA("\"Content\":\"x\"", ""), "{\"ErrorMsg\":{\"Msg\":\"engine\",\"Code\":4001}}"), ERR_UPSTREAM);
    assert_string_equal(heard->reader.error.words, "engine");
    must_fail(STREAM(DELTA("\"Content\":\"x\"", ""), FAILS("InternalError", "x")), ERR_UPSTREAM);
    const char *const bad[] = {"7", "[]", "{", "{}", "{\"Response\":{}}", DELTA("\"Content\":\"cut\"", "")};
    for (size_t i = 0; i < COUNT(bad); i++) {
        must_fail(STREAM(bad[i]), ERR_UPSTREAM);
        must_fail(STREAM(bad[i], "[DONE]"), ERR_UPSTREAM);   /* the end mark alone is no end */
        start();
        must_fail(hear_whole(heard, bad[i]), ERR_UPSTREAM);
    }
}

static void test_check(void **state)
{
    (void)state;
    struct list models = {0};
    const struct { const char *body; enum err_kind kind; } cases[] = {
        {"{\"Response\":{\"TokenCount\":1,\"CharacterCount\":1,\"Tokens\":[\"a\"],\"RequestId\":\"r\"}}", ERR_NONE},
        {FAILS("InvalidParameterValue", "x"), ERR_NONE},     /* the signature was checked before */
        {FAILS("RequestLimitExceeded", "x"), ERR_NONE},
        {FAILS("AuthFailure.SignatureFailure", "x"), ERR_UPSTREAM_AUTH},
        {FAILS("AuthFailure.SecretIdNotFound", "x"), ERR_UPSTREAM_AUTH},
        {FAILS("UnauthorizedOperation", "x"), ERR_UPSTREAM_AUTH},
        {"<html>", ERR_UPSTREAM}, {"{}", ERR_UPSTREAM}, {"{\"Response\":7}", ERR_UPSTREAM},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (cases[i].kind == ERR_NONE)
            must(hunyuan_rules.read_models(bytes_of(cases[i].body), a, &models, &err));
        else
            must_fail(hunyuan_rules.read_models(bytes_of(cases[i].body), a, &models, &err), cases[i].kind);
    }
    assert_int_equal(models.n, 0);
}

static void test_embeddings(void **state)
{
    (void)state;
    struct bytes inputs[2] = {0};
    struct embed embed = {.inputs = {inputs, 2}};
    start();
    heard->chat.embed = &embed;
    must(hunyuan_rules.read_embed(&heard->reader, bytes_of("{\"Response\":{\"Data\":[{\"Embedding\":[1,-0.5],\"Index\":0,\"Object\":\"embedding\"},"
        "{\"Embedding\":[2,3],\"Index\":1}],\"Usage\":{\"PromptTokens\":9,\"TotalTokens\":9}}}"), &err));
    const struct vector *v = heard->reader.vectors.items;
    assert_true(heard->reader.vectors.n == 2 && v[0].x[1] == -0.5F && v[1].x[0] == 2 && heard->reader.usage.in == 9);
    const char *const bad[] = {"", "{}", "{\"Response\":{\"Data\":{}}}", "{\"Response\":{\"Data\":[{\"Embedding\":[\"x\"]}]}}", FAILS("InternalError", "x")};
    for (size_t i = 0; i < COUNT(bad); i++) {
        start();
        heard->chat.embed = &embed;
        must_fail(hunyuan_rules.read_embed(&heard->reader, bytes_of(bad[i]), &err), ERR_UPSTREAM);
    }
}

/* A stream may have no end, and what is kept of each event would have none either. */
static void test_reasons_take_no_memory_for_ever(void **state)
{
    (void)state;
    const char *const words[] = {"STOP", "stop", "MAX_TOKENS"};
    start();
    heard->reader.arena = arena_new();
    for (int i = 0; i < 20000; i++)
        assert_true(hear_event(heard, "", bytes_of(arena_printf(heard->scratch, "{\"Choices\":[{\"FinishReason\":\"%s\"}]}", words[i % 3]))));
    assert_true(arena_used(heard->reader.arena) < 32 << 10);
    arena_free(heard->reader.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages), cmocka_unit_test(test_options), cmocka_unit_test(test_what_cannot_be_written), cmocka_unit_test(test_requests),
        cmocka_unit_test(test_answers), cmocka_unit_test(test_calls), cmocka_unit_test(test_failures), cmocka_unit_test(test_check),
        cmocka_unit_test(test_embeddings), cmocka_unit_test(test_reasons_take_no_memory_for_ever),
    };
    provider_types = all_provider_types;
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
