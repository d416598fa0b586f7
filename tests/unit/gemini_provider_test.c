/* SPDX-License-Identifier: MIT */
/* What Gemini's answers, errors and lists say. How a chat is written is gemini_write_test. */
#include "providers/providers.h"

#include "base/secret.h"
#include "reader_help.h"

#define PARTS(parts) "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[" parts "]}}]}"
#define ENDS(reason) "{\"candidates\":[{\"finishReason\":\"" reason "\"}]}"
#define TEXT(words) "{\"text\":\"" words "\"}"
#define CALL(name, args) "{\"functionCall\":{\"name\":\"" name "\",\"args\":" args "}}"

static struct heard *heard;

static void start(void)
{
    heard = heard_new(&gemini_rules, false);
}

#define STREAM(...) (start(), hear_frames(heard, FRAMES(__VA_ARGS__)))

static void test_stream(void **state)
{
    (void)state;
    must(STREAM("{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hm\",\"thought\":true}]}}],\"modelVersion\":\"gemini-3-pro\",\"responseId\":\"r1\","
                "\"usageMetadata\":{\"promptTokenCount\":7,\"thoughtsTokenCount\":2}}",
                PARTS(TEXT("a\\u6708") "," TEXT("")), PARTS(TEXT("b")),
                "{\"candidates\":[{\"finishReason\":\"STOP\"}],\"modelVersion\":\"other\",\"usageMetadata\":{\"promptTokenCount\":7,"
                "\"toolUsePromptTokenCount\":3,\"candidatesTokenCount\":5,\"thoughtsTokenCount\":4,\"cachedContentTokenCount\":6,"
                "\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":1},{\"modality\":\"IMAGE\",\"tokenCount\":258}]}}", "[DONE]"));
    assert_string_equal(heard_text(&heard->text), "a月b");
    assert_string_equal(heard_text(&heard->reasoning), "hm");
    assert_string_equal(heard->finish, "stop");
    assert_string_equal(heard->reader.finish, "stop");
    assert_string_equal(heard->reader.model, "gemini-3-pro");
    assert_string_equal(heard->reader.upstream_id, "r1");
    const struct usage *u = &heard->reader.usage;
    assert_true(u->known);
    const int64_t counts[] = {u->in, 10, u->out, 9, u->cached, 6, u->reasoning, 4, u->image, 258};
    for (size_t i = 0; i < COUNT(counts); i += 2)
        assert_int_equal(counts[i], counts[i + 1]);
}

/* Old models say STOP in every event: what comes after it is heard, and the last word counts. */
static void test_words_after_stop(void **state)
{
    (void)state;
    must(STREAM("{\"candidates\":[{\"content\":{\"parts\":[" TEXT("a") "]},\"finishReason\":\"STOP\"}]}",
                "{\"candidates\":[{\"content\":{\"parts\":[" TEXT("b") "]},\"finishReason\":\"MAX_TOKENS\"}]}"));
    assert_string_equal(heard_text(&heard->text), "ab");
    assert_string_equal(heard->finish, "length");
}

static void test_calls(void **state)
{
    (void)state;
    must(STREAM(PARTS(TEXT("look:") "," CALL("f", "{\"x\":[1]}")), PARTS("{\"functionCall\":{\"id\":\"theirs\",\"name\":\"f\"},\"thoughtSignature\":\"c2ln\"}"),
                PARTS(CALL("g", "null") "," CALL("h", "7")), ENDS("STOP")));
    assert_string_equal(heard_text(&heard->text), "look:");
    assert_string_equal(heard->finish, "tool_calls");
    assert_int_equal(heard->calls.n, 4);
    const char *const names[] = {"f", "f", "g", "h"}, *const arguments[] = {"{\"x\":[1]}", "{}", "{}", "{\"arguments\":\"7\"}"};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(heard_call(heard, i)->name, names[i]);
        assert_string_equal(heard_text(&((struct heard_call *)heard->calls.items)[i].arguments), arguments[i]);
        assert_true(*heard_call(heard, i)->id);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(heard_call(heard, i)->id, heard_call(heard, k)->id);
    }
    assert_string_equal(heard_call(heard, 1)->id, "theirs");
    assert_string_equal(heard_call(heard, 1)->opaque, "mg1.gemini.c2ln");
    assert_null(heard_call(heard, 0)->opaque);
    must_fail(STREAM(PARTS("{\"functionCall\":{\"args\":{}}}")), ERR_UPSTREAM);
    must_fail(STREAM(PARTS(CALL("", "{}"))), ERR_UPSTREAM);
}

static void test_too_many_calls(void **state)
{
    (void)state;
    struct buf body = buf_new(a, 1 << 20);
    buf_text(&body, "{\"candidates\":[{\"content\":{\"parts\":[" CALL("f", "{}"));
    for (size_t i = 0; i < TOOL_CALLS_MAX; i++)
        buf_text(&body, "," CALL("f", "{}"));
    buf_text(&body, "]}}]}");
    const char *frame = heard_text(&body);
    must_fail(STREAM(frame), ERR_UPSTREAM);
    assert_int_equal(heard->calls.n, TOOL_CALLS_MAX);
}

/* The signature of a thought belongs to it; that of a text, which often comes alone at the end, is reasoning of its own. */
static void test_signatures(void **state)
{
    (void)state;
    must(STREAM(PARTS("{\"text\":\"hm\",\"thought\":true,\"thoughtSignature\":\"QQ==\"}"), PARTS(TEXT("a")),
                PARTS("{\"text\":\"\",\"thoughtSignature\":\"Qg==\"}"), PARTS("{\"text\":\"b\",\"thoughtSignature\":\"a\\nb\"}"),
                PARTS("{\"text\":\"c\",\"thoughtSignature\":7}"), ENDS("STOP")));
    assert_string_equal(heard_text(&heard->text), "abc");
    assert_string_equal(heard_text(&heard->opaque), "(mg1.gemini.QQ==)<mg1.gemini.Qg==>");
}

static void test_ends(void **state)
{
    (void)state;
    const struct { const char *reason, *finish; } cases[] = {
        {"STOP", "stop"}, {"MAX_TOKENS", "length"}, {"SAFETY", "content_filter"}, {"RECITATION", "content_filter"},
        {"LANGUAGE", "content_filter"}, {"BLOCKLIST", "content_filter"}, {"PROHIBITED_CONTENT", "content_filter"},
        {"SPII", "content_filter"}, {"IMAGE_SAFETY", "content_filter"}, {"MALFORMED_FUNCTION_CALL", NULL}, {"UNEXPECTED_TOOL_CALL", NULL},
        {"TOO_MANY_TOOL_CALLS", NULL}, {"OTHER", NULL}, {"FINISH_REASON_UNSPECIFIED", NULL}, {"SOMETHING_NEW", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *end = arena_printf(a, ENDS("%s"), cases[i].reason);
        if (cases[i].finish) {
            must(STREAM(end));
            assert_string_equal(heard->finish, cases[i].finish);
        } else {                                             /* with nothing said it is a failure, which another try may mend */
            must_fail(STREAM(end), ERR_UPSTREAM);
            assert_int_equal(heard->reader.error.remedy, REMEDY_RETRY);
            assert_string_equal(heard->reader.error.code, cases[i].reason);
            assert_null(heard->finish);
        }
        must(STREAM(PARTS(TEXT("x")), end));
        assert_string_equal(heard->finish, cases[i].finish ? cases[i].finish : "stop");
        assert_int_equal(heard->reader.dropped.n, cases[i].finish ? 0 : 1);
        if (!cases[i].finish || strcmp(cases[i].reason, "STOP") == 0) {
            must(STREAM(PARTS(CALL("f", "{}")), end));
            assert_string_equal(heard->finish, "tool_calls");
        }
    }
}

/* A question that is refused has no candidates. */
static void test_blocked(void **state)
{
    (void)state;
    const char *body = "{\"promptFeedback\":{\"blockReason\":\"PROHIBITED_CONTENT\"},\"usageMetadata\":{\"promptTokenCount\":9},\"modelVersion\":\"m\"}";
    must(STREAM(body));
    assert_string_equal(heard->finish, "content_filter");
    assert_int_equal(heard->reader.usage.in, 9);
    start();
    must(hear_whole(heard, body));
    assert_string_equal(heard->finish, "content_filter");
    assert_true(heard->reader.ended);
}

static void test_whole(void **state)
{
    (void)state;
    const char *answer = "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hm\",\"thought\":true}," TEXT("hi") "," CALL("f", "{}") "]},"
                         "\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":1,\"candidatesTokenCount\":2}}";
    start();
    must(hear_whole(heard, answer));
    assert_string_equal(heard_text(&heard->text), "hi");
    assert_string_equal(heard_text(&heard->reasoning), "hm");
    assert_string_equal(heard->finish, "tool_calls");
    assert_true(heard->reader.ended);
    start();                                                 /* a stream as one list */
    must(hear_whole(heard, "[" PARTS(TEXT("a")) "," PARTS(TEXT("b")) "," ENDS("STOP") "]"));
    assert_string_equal(heard_text(&heard->text), "ab");
    assert_string_equal(heard->finish, "stop");
}

static void test_what_has_no_place(void **state)
{
    (void)state;
    must(STREAM("{\"candidates\":[{\"content\":{\"parts\":[{\"executableCode\":{\"code\":\"1\"}},{\"inlineData\":{\"data\":\"QQ==\"}}," TEXT("x") "]},"
                "\"groundingMetadata\":{\"webSearchQueries\":[]},\"citationMetadata\":{},\"finishReason\":\"STOP\"}]}"));
    const char *const *dropped = heard->reader.dropped.items, *const want[] = {"groundingMetadata", "executableCode", "inlineData"};
    assert_int_equal(heard->reader.dropped.n, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++)
        assert_string_equal(dropped[i], want[i]);
}

static void test_failures(void **state)
{
    (void)state;
    const struct { const char *text; enum err_kind kind; enum remedy remedy; const char *words, *code; } cases[] = {
        {"{\"error\":{\"code\":503,\"message\":\"overloaded\",\"status\":\"UNAVAILABLE\"}}", ERR_UPSTREAM_DOWN, REMEDY_RETRY, "overloaded", "UNAVAILABLE"},
        {"{\"error\":{\"code\":429,\"message\":\"slow\",\"status\":\"RESOURCE_EXHAUSTED\"}}", ERR_RATE, REMEDY_RETRY, "slow", "RESOURCE_EXHAUSTED"},
        {"[{\"error\":{\"code\":500,\"message\":\"x\",\"status\":\"INTERNAL\"}}]", ERR_UPSTREAM, REMEDY_RETRY, "x", "INTERNAL"},
        {"{\"error\":{\"code\":429,\"message\":\"day\",\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"violations\":[{\"quotaId\":\"XPerDayY\"}]}]}}",
         ERR_RATE, REMEDY_OTHER, "day", "RESOURCE_EXHAUSTED"},
        {"{\"error\":\"words\"}", ERR_UPSTREAM, REMEDY_RETRY, "words", ""},
        {"{\"error\":{\"code\":7}}", ERR_UPSTREAM, REMEDY_RETRY, "", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        must_fail(STREAM(PARTS(TEXT("x")), cases[i].text), cases[i].kind);
        assert_string_equal(heard->reader.error.words, cases[i].words);
        assert_string_equal(heard->reader.error.code, cases[i].code);
        assert_int_equal(heard->reader.error.remedy, cases[i].remedy);
        assert_null(heard->finish);
        start();
        must_fail(hear_whole(heard, cases[i].text), cases[i].kind);
        start();                                             /* Google writes it into the stream without "data:" */
        must_fail(hear_stream(heard, bytes_of(arena_printf(a, "data: " PARTS(TEXT("x")) "\n\n%s\n", cases[i].text)), NULL), cases[i].kind);
    }
    const char *const bad[] = {"", "7", "[]", "[7]", "{", "{\"candidates\":[]}", PARTS(TEXT("cut")), "{}", "{\"promptFeedback\":{}}", "null"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        must_fail(STREAM(bad[i]), ERR_UPSTREAM);
        start();
        must_fail(hear_whole(heard, bad[i]), ERR_UPSTREAM);
    }
    const char *const odd[] = {"{\"error\":null}", "{\"candidates\":7,\"usageMetadata\":[],\"modelVersion\":{}}", "{\"candidates\":[{\"content\":7}]}",
                               "{\"candidates\":[{\"content\":{\"parts\":[7,{\"text\":7},{\"functionCall\":7},null]},\"finishReason\":{}}]}"};
    for (size_t i = 0; i < COUNT(odd); i++) {
        must(STREAM(odd[i], ENDS("STOP")));
        assert_int_equal(heard->events, 1);
    }
    const char *const taken[] = {PARTS(TEXT("x")), PARTS(CALL("f", "{}")), PARTS("{\"text\":\"\",\"thoughtSignature\":\"QQ==\"}")};
    for (size_t i = 0; i < COUNT(taken); i++) {
        start();
        heard->most = 0;
        must_fail(gemini_rules.read_frame(&heard->reader, "", bytes_of(taken[i]), &err), ERR_CANCELLED);
    }
}

static void test_error_bodies(void **state)
{
    (void)state;
#define ERROR(code, status, details) "{\"error\":{\"code\":" code ",\"message\":\"no \\u6708\",\"status\":\"" status "\",\"details\":[" details "]}}"
#define RETRY_IN(s) "{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":" s "}"
#define QUOTA(id) "{\"@type\":\"type.googleapis.com/google.rpc.QuotaFailure\",\"violations\":[{\"quotaId\":\"" id "\"}]}"
    const struct { int status; const char *body; enum err_kind kind; enum remedy remedy; int64_t wait_ms; } cases[] = {
        {429, ERROR("429", "RESOURCE_EXHAUSTED", RETRY_IN("\"34s\"")), ERR_RATE, REMEDY_RETRY, 34000},
        {429, ERROR("429", "RESOURCE_EXHAUSTED", QUOTA("GenerateRequestsPerMinutePerProjectPerModel") "," RETRY_IN("\"0.5s\"")), ERR_RATE, REMEDY_RETRY, 500},
        {429, ERROR("429", "RESOURCE_EXHAUSTED", QUOTA("GenerateRequestsPerDayPerProjectPerModel-FreeTier") "," RETRY_IN("\"7s\"")), ERR_RATE, REMEDY_OTHER, 7000},
        {429, ERROR("429", "RESOURCE_EXHAUSTED", RETRY_IN("\"-3s\"") "," RETRY_IN("\"3m\"") "," RETRY_IN("7") "," RETRY_IN("\"s\"")
                    "," RETRY_IN("\"1e99s\"")), ERR_RATE, REMEDY_RETRY, 0},
        {400, ERROR("400", "INVALID_ARGUMENT", ""), ERR_UPSTREAM_INPUT, REMEDY_CALLER, 0},
        {400, ERROR("400", "INVALID_ARGUMENT", "{\"reason\":\"API_KEY_INVALID\"}"), ERR_UPSTREAM_AUTH, REMEDY_OTHER, 0},
        {400, ERROR("400", "FAILED_PRECONDITION", ""), ERR_UPSTREAM, REMEDY_OTHER, 0},
        {402, ERROR("402", "RESOURCE_EXHAUSTED", ""), ERR_UPSTREAM, REMEDY_OTHER, 0},
        {403, "[" ERROR("403", "PERMISSION_DENIED", "") "]", ERR_UPSTREAM_AUTH, REMEDY_OTHER, 0},
        {404, ERROR("404", "NOT_FOUND", ""), ERR_UPSTREAM, REMEDY_OTHER, 0},
        {503, ERROR("503", "UNAVAILABLE", ""), ERR_UPSTREAM_DOWN, REMEDY_RETRY, 0},
        {504, ERROR("504", "DEADLINE_EXCEEDED", ""), ERR_UPSTREAM, REMEDY_RETRY, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct upstream_error error;
        upstream_error_of(cases[i].status, &error);
        gemini_rules.read_error(NULL, cases[i].status, bytes_of(cases[i].body), a, &error);
        if (error.kind != cases[i].kind || error.remedy != cases[i].remedy || error.retry_after_ms != cases[i].wait_ms)
            fail_msg("%s: %s, remedy %d, %lld ms", cases[i].body, err_name(error.kind), error.remedy, (long long)error.retry_after_ms);
        assert_string_equal(error.words, "no 月");
    }
    assert_string_equal(error_words(&gemini_rules, "{\"error\":\"plain\"}"), "plain");
    assert_string_equal(error_words(&gemini_rules, "<html>"), "");
    assert_string_equal(error_words(&gemini_rules, "[]"), "");
}

static void test_models(void **state)
{
    (void)state;
    struct list models = {0};
    must(gemini_rules.read_models(bytes_of("{\"models\":[{\"name\":\"models/gemini-3-pro\",\"inputTokenLimit\":1048576,\"outputTokenLimit\":65536,"
        "\"supportedGenerationMethods\":[\"generateContent\",\"countTokens\"],\"thinking\":true},{\"name\":\"models/gemini-embedding-001\","
        "\"supportedGenerationMethods\":[\"embedContent\"]},{\"name\":\"tunedModels/mine\"},{\"name\":\"models/\"}],\"nextPageToken\":\"x\"}"), a, &models, &err));
    const struct listed_model *m = models.items;
    const struct { const char *name; int64_t context, out, can; } want[] = {
        {"gemini-3-pro", 1048576, 65536, CAN_CHAT | CAN_THINK}, {"gemini-embedding-001", 0, 0, CAN_EMBED}, {"tunedModels/mine", 0, 0, 0}, {"models/", 0, 0, 0}};
    assert_int_equal(models.n, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++) {
        assert_string_equal(m[i].name, want[i].name);
        assert_int_equal(m[i].context, want[i].context);
        assert_int_equal(m[i].max_output, want[i].out);
        assert_int_equal(m[i].can, want[i].can);
    }
    struct http_request r = {0};
    struct provider p = {.base_url = "https://h/v1beta/", .secret = secret_text(a, "AIza")};
    gemini_rules.prepare_models(&p, a, &r);
    assert_string_equal(r.url, "https://h/v1beta/models?pageSize=1000");
    assert_string_equal(r.headers[0].name, "x-goog-api-key");
    assert_string_equal(r.headers[0].value, "AIza");
}

static void test_embeddings(void **state)
{
    (void)state;
    struct bytes inputs[2] = {0};
    struct embed embed = {.inputs = {inputs, 2}};
    start();
    heard->chat.embed = &embed;
    must(gemini_rules.read_embed(&heard->reader, bytes_of("{\"embeddings\":[{\"values\":[1,-0.5]},{\"values\":[2e0,3]}],\"usageMetadata\":{\"promptTokenCount\":9}}"), &err));
    const struct vector *v = heard->reader.vectors.items;
    assert_int_equal(heard->reader.vectors.n, 2);
    assert_true(v[0].n == 2 && v[1].n == 2 && v[0].x[1] == -0.5F && v[1].x[0] == 2);
    assert_true(heard->reader.usage.known && heard->reader.usage.in == 9);
    const char *const bad[] = {"", "{}", "{\"embeddings\":[{}]}", "{\"embeddings\":[{\"values\":[\"x\"]}]}", "{\"embeddings\":{}}",
                               "{\"error\":{\"code\":500,\"message\":\"x\"}}"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        start();
        heard->chat.embed = &embed;
        must_fail(gemini_rules.read_embed(&heard->reader, bytes_of(bad[i]), &err), ERR_UPSTREAM);
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
        assert_true(hear_event(heard, "", bytes_of(arena_printf(heard->scratch, "{\"candidates\":[{\"finishReason\":\"%s\"}]}", words[i % 3]))));
    assert_true(arena_used(heard->reader.arena) < 32 << 10);
    arena_free(heard->reader.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream), cmocka_unit_test(test_words_after_stop), cmocka_unit_test(test_calls),
        cmocka_unit_test(test_too_many_calls), cmocka_unit_test(test_signatures), cmocka_unit_test(test_ends),
        cmocka_unit_test(test_blocked), cmocka_unit_test(test_whole), cmocka_unit_test(test_what_has_no_place),
        cmocka_unit_test(test_failures), cmocka_unit_test(test_error_bodies), cmocka_unit_test(test_models),
        cmocka_unit_test(test_embeddings), cmocka_unit_test(test_reasons_take_no_memory_for_ever),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
