/* SPDX-License-Identifier: MIT */
/* Bedrock: what Converse is asked, what its answers say, whole and in frames, and where requests go. */
#include "base/json_write.h"
#include "base/secret.h"
#include "eventstream_make.h"
#include "reader_help.h"
#include "serve/openai_read.h"

static struct provider_option options[3];
static struct provider p;
static struct target target;

static void provider_set(const char *base_url, const char *auth, const char *region)
{
    options[0] = (struct provider_option){"auth", auth};
    options[1] = (struct provider_option){"access_key_id", "AKIATEST"};
    options[2] = (struct provider_option){"region", region};
    p = (struct provider){.id = "p", .name = "p", .base_url = base_url, .type = provider_type_find("bedrock"), .options = {options, 3},
                          .secret = secret_text(a, "a-secret-access-key")};
    target = (struct target){.provider = &p, .model = "anthropic.claude-x-v1:0"};
}

static struct chat *chat_of(const char *rest)
{
    struct chat *chat = chat_new(a);
    struct json body;
    must(json_check(bytes_of(arena_printf(a, "{\"model\":\"m\",%s}", rest)), NULL, &body, &err));
    must(openai_read(body, chat, a, &err));
    must(openai_parse(chat, a, &err));
    return chat;
}

static struct http_request request;

static bool prepare(const struct chat *chat)
{
    request = (struct http_request){0};
    target.dropped = (struct list){0};
    return bedrock_rules.prepare(&target, chat, a, &request, &err);
}

static void assert_body(const struct chat *chat, const char *want)
{
    must(prepare(chat));
    if (!bytes_equal_text(request.body, want))
        fail_msg("%.*s\nnot\n%s", (int)request.body.n, (const char *)request.body.p, want);
}

static const char *dropped(void)
{
    const char *const *field = target.dropped.items, *text = "";
    for (size_t i = 0; i < target.dropped.n; i++)
        text = arena_printf(a, "%s%s ", text, field[i]);
    return text;
}

static const char *header(const char *name)
{
    for (size_t i = 0; i < request.headers_n; i++)
        if (strcmp(request.headers[i].name, name) == 0)
            return request.headers[i].value;
    return "";
}

#define HI "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define TOOLS "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"now\",\"description\":\"\"}}]"
#define HI_OUT "\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]}]"
#define TOOLS_OUT "\"tools\":[{\"toolSpec\":{\"name\":\"now\",\"inputSchema\":{\"json\":{\"type\":\"object\",\"properties\":{}}}}}]"

static void test_bodies(void **state)
{
    (void)state;
    static const struct { const char *chat, *body, *dropped; } cases[] = {
        {HI, "{" HI_OUT "}", ""},
        {HI ",\"max_tokens\":5,\"temperature\":0.5,\"top_p\":0.9,\"stop\":[\"a\",\"b\"]",
         "{" HI_OUT ",\"inferenceConfig\":{\"maxTokens\":5,\"temperature\":0.5,\"topP\":0.9,\"stopSequences\":[\"a\",\"b\"]}}", ""},
        {HI ",\"temperature\":1.5", "{" HI_OUT ",\"inferenceConfig\":{\"temperature\":1}}", "temperature "},
        {HI ",\"seed\":1,\"user\":\"u\",\"presence_penalty\":1,\"frequency_penalty\":1,\"reasoning_effort\":\"high\"", "{" HI_OUT "}",
         "seed frequency_penalty presence_penalty user reasoning_effort "},
        {HI ",\"seed\":null,\"reasoning_effort\":\"none\"", "{" HI_OUT "}", ""},
        {HI "," TOOLS, "{" HI_OUT ",\"toolConfig\":{" TOOLS_OUT "}}", ""},
        {HI "," TOOLS ",\"tool_choice\":\"auto\"", "{" HI_OUT ",\"toolConfig\":{" TOOLS_OUT ",\"toolChoice\":{\"auto\":{}}}}", ""},
        {HI "," TOOLS ",\"tool_choice\":\"required\"", "{" HI_OUT ",\"toolConfig\":{" TOOLS_OUT ",\"toolChoice\":{\"any\":{}}}}", ""},
        {HI "," TOOLS ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"now\"}}",
         "{" HI_OUT ",\"toolConfig\":{" TOOLS_OUT ",\"toolChoice\":{\"tool\":{\"name\":\"now\"}}}}", ""},
        {HI "," TOOLS ",\"tool_choice\":\"none\"", "{" HI_OUT "}", ""},
        {HI "," TOOLS ",\"parallel_tool_calls\":false", "{" HI_OUT ",\"toolConfig\":{" TOOLS_OUT "}}", "parallel_tool_calls "},
        /* messages of one side become one turn, empty ones none, and the system's stand apart */
        {"\"messages\":[{\"role\":\"system\",\"content\":\"be kind\"},{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"user\",\"content\":\"\"},"
         "{\"role\":\"user\",\"content\":\"b\"},{\"role\":\"assistant\",\"content\":\"c\"},{\"role\":\"developer\",\"content\":\"be brief\"},"
         "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"d\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/jpg;base64,QUJD\"}}]}]",
         "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"a\"},{\"text\":\"b\"}]},{\"role\":\"assistant\",\"content\":[{\"text\":\"c\"}]},"
         "{\"role\":\"user\",\"content\":[{\"text\":\"d\"},{\"image\":{\"format\":\"jpeg\",\"source\":{\"bytes\":\"QUJD\"}}}]}],"
         "\"system\":[{\"text\":\"be kind\"},{\"text\":\"be brief\"}]}", ""},
        /* answers of tools are the user's; arguments are objects, whatever was said */
        {"\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":["
         "{\"id\":\"1\",\"type\":\"function\",\"function\":{\"name\":\"now\",\"arguments\":\"\"}},"
         "{\"id\":\"2\",\"type\":\"function\",\"function\":{\"name\":\"now\",\"arguments\":\"{\\\"z\\\":1}\"}}]},"
         "{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":\"noon\"},{\"role\":\"tool\",\"tool_call_id\":\"2\",\"content\":\"\"},"
         "{\"role\":\"user\",\"content\":\"so?\"}]," TOOLS,
         "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"x\"}]},{\"role\":\"assistant\",\"content\":["
         "{\"toolUse\":{\"toolUseId\":\"1\",\"name\":\"now\",\"input\":{}}},{\"toolUse\":{\"toolUseId\":\"2\",\"name\":\"now\",\"input\":{\"z\":1}}}]},"
         "{\"role\":\"user\",\"content\":[{\"toolResult\":{\"toolUseId\":\"1\",\"content\":[{\"text\":\"noon\"}]}},"
         "{\"toolResult\":{\"toolUseId\":\"2\",\"content\":[]}},{\"text\":\"so?\"}]}],\"toolConfig\":{" TOOLS_OUT "}}", ""},
        {"\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"read\"},{\"type\":\"file\",\"file\":{\"filename\":\"a_b  c.pdf\","
         "\"file_data\":\"data:application/pdf;base64,QUJD\"}},{\"type\":\"file\",\"file\":{\"file_data\":\"data:text/plain;base64,QUJD\"}}]}]",
         "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"read\"},{\"document\":{\"format\":\"pdf\",\"name\":\"a b c pdf\",\"source\":{\"bytes\":\"QUJD\"}}},"
         "{\"document\":{\"format\":\"txt\",\"name\":\"document 2\",\"source\":{\"bytes\":\"QUJD\"}}}]}]}", ""},
    };
    provider_set("https://h", "sigv4", "");
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_body(chat_of(cases[i].chat), cases[i].body);
        if (strcmp(dropped(), cases[i].dropped) != 0)
            fail_msg("case %zu: %s", i, dropped());
    }
}

static void test_what_has_no_place(void **state)
{
    (void)state;
    static const struct { const char *chat, *field, *value; } cases[] = {
        {HI ",\"n\":2", "n", "2"},
        {HI ",\"logprobs\":true", "logprobs", "true"},
        {HI ",\"response_format\":{\"type\":\"json_object\"}", "response_format", "json_object"},
        {HI ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"schema\":{}}}", "response_format", "json_schema"},
        {"\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://h/x.png\"}}]}]", "messages", "https://h/x.png"},
        {"\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/tiff;base64,QUJD\"}}]}]", "messages", "image/tiff"},
        {"\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"QUJD\",\"format\":\"wav\"}}]}]", "messages", "audio"},
        {"\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\",\"type\":\"function\",\"function\":"
         "{\"name\":\"now\",\"arguments\":\"\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":\"noon\"}]," TOOLS ",\"tool_choice\":\"none\"",
         "tool_choice", "none"},
    };
    provider_set("https://h", "sigv4", "");
    for (size_t i = 0; i < COUNT(cases); i++) {
        must_fail(prepare(chat_of(cases[i].chat)), ERR_INPUT);
        if (strcmp(err.field, cases[i].field) != 0 || strcmp(err.value, cases[i].value) != 0 || !*err.allowed)
            fail_msg("%s: %s | %s | %s", cases[i].chat, err.field, err.value, err.allowed);
    }
}

/* Only what Bedrock signed goes back to it. */
static void test_thoughts(void **state)
{
    (void)state;
    struct chat_thought thoughts[] = {
        {"mine", "c2ln", DIALECT_BEDROCK}, {NULL, "c2VhbA==", DIALECT_BEDROCK}, {"other's", "c2ln", DIALECT_ANTHROPIC}, {"nobody's", NULL, DIALECT_NONE},
    };
    struct chat *chat = chat_of("\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":\"y\"},{\"role\":\"user\",\"content\":\"z\"}]");
    ((struct chat_message *)chat->messages.items)[1].thoughts = (struct list){thoughts, COUNT(thoughts)};
    provider_set("https://h", "sigv4", "");
    assert_body(chat, "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"x\"}]},{\"role\":\"assistant\",\"content\":["
        "{\"reasoningContent\":{\"reasoningText\":{\"text\":\"mine\",\"signature\":\"c2ln\"}}},{\"reasoningContent\":{\"redactedContent\":\"c2VhbA==\"}},"
        "{\"text\":\"y\"}]},{\"role\":\"user\",\"content\":[{\"text\":\"z\"}]}]}");
    assert_string_equal(dropped(), "reasoning ");
}

/* Fields of a Claude's own; others do not take them. */
static void test_claude(void **state)
{
    (void)state;
    struct chat *chat = chat_of(HI ",\"temperature\":0.5");
    chat->top_k = 7;
    provider_set("https://h", "sigv4", "");
    assert_body(chat, "{" HI_OUT ",\"inferenceConfig\":{\"temperature\":0.5},\"additionalModelRequestFields\":{\"top_k\":7}}");
    chat->thinking_max = 2000;
    assert_body(chat, "{" HI_OUT ",\"additionalModelRequestFields\":{\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}}}");
    assert_string_equal(dropped(), "temperature top_k ");
    target.model = "amazon.nova-pro-v1:0";
    assert_body(chat, "{" HI_OUT ",\"inferenceConfig\":{\"temperature\":0.5}}");
    assert_string_equal(dropped(), "top_k thinking ");
}

static void test_addresses(void **state)
{
    (void)state;
    static const struct { const char *base, *region, *signs, *models; } cases[] = {
        {"https://bedrock-runtime.eu-west-1.amazonaws.com", "", "/eu-west-1/bedrock/", "https://bedrock.eu-west-1.amazonaws.com/foundation-models"},
        {"https://bedrock-runtime.eu-west-1.amazonaws.com/", "eu-west-3", "/eu-west-3/bedrock/", "https://bedrock.eu-west-1.amazonaws.com/foundation-models"},
        {"https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "", "/us-gov-west-1/bedrock/",
         "https://bedrock-fips.us-gov-west-1.amazonaws.com/foundation-models"},
        {"http://127.0.0.1:9100", "", "/us-east-1/bedrock/", "http://127.0.0.1:9100/foundation-models"},
        {"http://bedrock-runtime", "", "/us-east-1/bedrock/", "http://bedrock/foundation-models"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        provider_set(cases[i].base, "sigv4", cases[i].region);
        must(prepare(chat_of(HI)));
        assert_true(strncmp(request.url, cases[i].base, strlen(cases[i].base) - 1) == 0);
        assert_non_null(strstr(request.url, "/model/anthropic.claude-x-v1%3A0/converse"));
        assert_null(strstr(request.url, "stream"));
        if (!strstr(header("Authorization"), cases[i].signs))
            fail_msg("%s: %s", cases[i].base, header("Authorization"));
        assert_null(strstr(header("Authorization"), "a-secret"));
        target.stream = true;
        must(prepare(chat_of(HI)));
        assert_non_null(strstr(request.url, "/converse-stream"));
        request = (struct http_request){0};
        bedrock_rules.prepare_models(&p, a, &request);
        assert_string_equal(request.method, "GET");
        assert_string_equal(request.url, cases[i].models);
        assert_non_null(strstr(header("Authorization"), cases[i].signs));
    }
    provider_set("https://h", "api-key", "");
    must(prepare(chat_of(HI)));
    assert_string_equal(header("Authorization"), "Bearer a-secret-access-key");
    assert_string_equal(header("X-Amz-Date"), "");
    p.secret = NULL;
    must(prepare(chat_of(HI)));
    assert_string_equal(header("Authorization"), "");
    target.model = "arn:aws:bedrock:us-east-1:1:inference-profile/us.x/../y";
    must(prepare(chat_of(HI)));
    assert_string_equal(request.url, "https://h/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.x%2F..%2Fy/converse");
}

/* ---- answers ---- */

static struct heard *heard;

static bool whole(const char *body)
{
    heard = heard_new(&bedrock_rules, false);
    return hear_whole(heard, body);
}

static struct buf wire;

static bool frames(struct random *cut)
{
    heard = heard_new(&bedrock_rules, false);
    bool ok = hear_stream(heard, buf_view(&wire), cut);
    return ok;
}

static void frame(const char *event, const char *payload)
{
    put_event(&wire, event, bytes_of(payload));
}

static void test_a_whole_answer(void **state)
{
    (void)state;
    must(whole("{\"output\":{\"message\":{\"role\":\"assistant\",\"content\":[{\"reasoningContent\":{\"reasoningText\":{\"text\":\"hm\",\"signature\":\"c2ln\"}}},"
               "{\"reasoningContent\":{\"redactedContent\":\"c2VhbA==\"}},{\"text\":\"a\"},{\"text\":\"\"},{\"text\":\"b\"},{\"citationsContent\":{}},"
               "{\"toolUse\":{\"toolUseId\":\"t1\",\"name\":\"now\",\"input\":{\"z\":[1]}}},{\"toolUse\":{\"name\":\"then\",\"input\":{}}}]}},"
               "\"stopReason\":\"tool_use\",\"usage\":{\"inputTokens\":5,\"outputTokens\":7,\"totalTokens\":12,\"cacheReadInputTokens\":20,\"cacheWriteInputTokens\":3}}"));
    assert_string_equal(heard_text(&heard->text), "ab");
    assert_string_equal(heard_text(&heard->reasoning), "hm");
    assert_string_equal(heard_text(&heard->opaque), "(mg1.bedrock.c2ln)<mg1.bedrock.c2VhbA==>");
    assert_int_equal(heard->calls.n, 2);
    assert_string_equal(heard_call(heard, 0)->id, "t1");
    assert_true(*heard_call(heard, 1)->id);
    assert_string_equal(heard->finish, "tool_calls");
    assert_int_equal(heard->reader.usage.in, 28);
    assert_int_equal(heard->reader.usage.cached, 20);
    assert_int_equal(heard->reader.usage.written, 3);
    assert_int_equal(heard->reader.usage.out, 7);
    assert_true(heard->reader.usage.known);
    assert_true(heard->reader.ended);
    assert_int_equal(heard->reader.dropped.n, 1);
}

static void test_stop_reasons(void **state)
{
    (void)state;
    static const struct { const char *said, *finish; } cases[] = {
        {"end_turn", "stop"}, {"stop_sequence", "stop"}, {"max_tokens", "length"}, {"model_context_window_exceeded", "length"},
        {"guardrail_intervened", "content_filter"}, {"content_filtered", "content_filter"}, {"something_new", "stop"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        must(whole(arena_printf(a, "{\"output\":{\"message\":{\"content\":[{\"text\":\"a\"}]}},\"stopReason\":\"%s\"}", cases[i].said)));
        assert_string_equal(heard->finish, cases[i].finish);
        assert_false(heard->reader.usage.known);
    }
}

static void test_wrong_answers(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "", "{", "[]", "{}", "{\"message\":\"no\"}", "{\"output\":{}}", "{\"output\":{\"message\":{\"content\":[]}}}", "{\"output\":{\"message\":{\"content\":{}}},\"stopReason\":\"x\"}",
        "{\"output\":{\"message\":{\"content\":[{\"toolUse\":{\"toolUseId\":\"t\",\"input\":{}}}]}},\"stopReason\":\"tool_use\"}",
    };
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (whole(wrong[i]))
            fail_msg("%s was taken", wrong[i]);
}

/* What an answer has in mind comes out whole and in frames cut anywhere, with the blocks of parallel calls mixed. */
static void test_frames_and_whole_say_the_same(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int turn = 0; turn < 150; turn++) {
        const char *text = random_text(&r, 60), *thought = random_text(&r, 20);
        size_t calls = random_below(&r, 4);
        struct buf body = buf_new(a, 1 << 20);
        struct json_out out = json_out(&body);
        wire = buf_new(a, 1 << 20);
        frame("messageStart", "{\"role\":\"assistant\",\"p\":\"abc\"}");
        buf_text(&body, "{\"output\":{\"message\":{\"content\":[{\"reasoningContent\":{\"reasoningText\":{\"signature\":\"c2ln\",\"text\":");
        json_put_text(&out, thought);
        buf_text(&body, "}}},{\"text\":");
        out.comma = false;
        json_put_text(&out, text);
        buf_text(&body, "}");
        for (int part = 0; part < 2; part++) {
            const char *said = part ? text : thought;
            for (size_t at = 0, n; said[at]; at += n) {
                struct buf payload = buf_new(a, 4096);
                struct json_out piece = json_out(&payload);
                for (n = 1 + random_below(&r, strlen(said + at)); ((unsigned char)said[at + n] & 0xc0) == 0x80; n++)
                    continue;
                buf_printf(&payload, "{\"contentBlockIndex\":%d,\"delta\":%s", part, part ? "{\"text\":" : "{\"reasoningContent\":{\"text\":");
                json_put_bytes(&piece, (struct bytes){(const uint8_t *)said + at, n});
                buf_text(&payload, part ? "}}" : "}}}");
                put_event(&wire, "contentBlockDelta", buf_view(&payload));
            }
            if (!part)
                frame("contentBlockDelta", "{\"contentBlockIndex\":0,\"delta\":{\"reasoningContent\":{\"signature\":\"c2ln\"}}}");
            frame("contentBlockStop", arena_printf(a, "{\"contentBlockIndex\":%d}", part));
        }
        for (size_t i = 0; i < calls; i++) {
            frame("contentBlockStart", arena_printf(a, "{\"contentBlockIndex\":%zu,\"start\":{\"toolUse\":{\"toolUseId\":\"t%zu\",\"name\":\"n%zu\"}}}", i + 2, i, i));
            buf_printf(&body, ",{\"toolUse\":{\"toolUseId\":\"t%zu\",\"name\":\"n%zu\",\"input\":%s}}", i, i, i % 2 ? "{}" : "{\"a\":[1,2]}");
        }
        for (int half = 0; half < 2; half++)                 /* the pieces of several calls, one after the other */
            for (size_t i = 0; i < calls; i += 2)
                frame("contentBlockDelta", arena_printf(a, "{\"contentBlockIndex\":%zu,\"delta\":{\"toolUse\":{\"input\":\"%s\"}}}", i + 2, half ? "[1,2]}" : "{\\\"a\\\":"));
        frame("messageStop", arena_printf(a, "{\"stopReason\":\"%s\"}", calls ? "tool_use" : "end_turn"));
        frame("metadata", "{\"usage\":{\"inputTokens\":3,\"outputTokens\":4,\"cacheReadInputTokens\":1},\"metrics\":{\"latencyMs\":1}}");
        buf_printf(&body, "]}},\"stopReason\":\"%s\",\"usage\":{\"inputTokens\":3,\"outputTokens\":4,\"cacheReadInputTokens\":1}}", calls ? "tool_use" : "end_turn");
        must(whole(heard_text(&body)));
        struct heard *one = heard;
        if (!frames(&r))
            fail_msg("%s", err.text);
        assert_string_equal(heard_text(&heard->text), heard_text(&one->text));
        assert_string_equal(heard_text(&heard->text), text);
        assert_string_equal(heard_text(&heard->reasoning), heard_text(&one->reasoning));
        assert_string_equal(heard_text(&heard->opaque), heard_text(&one->opaque));
        assert_string_equal(heard->finish, one->finish);
        assert_int_equal(heard->calls.n, calls);
        assert_int_equal(one->calls.n, calls);
        for (size_t i = 0; i < calls; i++) {
            struct buf arguments = heard_call(heard, i)->arguments, other = heard_call(one, i)->arguments;
            assert_string_equal(heard_call(heard, i)->id, heard_call(one, i)->id);
            assert_string_equal(heard_call(heard, i)->name, heard_call(one, i)->name);
            assert_string_equal(arguments.n ? heard_text(&arguments) : "{}", heard_text(&other));
        }
        assert_memory_equal(&heard->reader.usage, &one->reader.usage, sizeof(struct usage));
        assert_true(heard->reader.ended);
    }
}

static void test_exceptions(void **state)
{
    (void)state;
    static const struct { const char *event, *payload; enum err_kind kind; const char *words; } cases[] = {
        {"!throttlingException", "{\"message\":\"slow down\"}", ERR_RATE, "slow down"},
        {"!validationException", "{\"message\":\"bad \\\"x\\\"\"}", ERR_UPSTREAM_INPUT, "bad \"x\""},
        {"!serviceUnavailableException", "{}", ERR_UPSTREAM_DOWN, ""},
        {"!internalServerException", "it broke", ERR_UPSTREAM, "it broke"},
        {"!modelStreamErrorException", "", ERR_UPSTREAM, ""},
        {"!newException", "{\"message\":7}", ERR_UPSTREAM, "7"},
        {"contentBlockDelta", "{", ERR_UPSTREAM, "malformed"},
        {"contentBlockDelta", "[]", ERR_UPSTREAM, "no object"},
        {"contentBlockDelta", "{\"contentBlockIndex\":9,\"delta\":{\"toolUse\":{\"input\":\"x\"}}}", ERR_UPSTREAM, "had not begun"},
        {"contentBlockStart", "{\"contentBlockIndex\":1,\"start\":{\"toolUse\":{\"toolUseId\":\"t\"}}}", ERR_UPSTREAM, "without a name"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        wire = buf_new(a, 1 << 20);
        frame("messageStart", "{}");
        frame(cases[i].event, cases[i].payload);
        assert_false(frames(NULL));
        if (err.kind != cases[i].kind || !strstr(err.text, cases[i].words))
            fail_msg("%s: %s: %s", cases[i].event, err_name(err.kind), err.text);
        if (*cases[i].event == '!')
            assert_string_equal(heard->reader.error.code, cases[i].event + 1);
    }
    wire = buf_new(a, 1 << 20);
    for (int i = 0; i <= TOOL_CALLS_MAX; i++)
        frame("contentBlockStart", arena_printf(a, "{\"contentBlockIndex\":%d,\"start\":{\"toolUse\":{\"toolUseId\":\"t\",\"name\":\"n\"}}}", i));
    assert_false(frames(NULL));
    assert_int_equal(err.kind, ERR_UPSTREAM);
    assert_int_equal(heard->calls.n, TOOL_CALLS_MAX);
}

/* Without its metadata the stream is no less complete; what follows the end means nothing; what is unknown is passed over. */
static void test_ends(void **state)
{
    (void)state;
    wire = buf_new(a, 1 << 20);
    frame("eventOfTomorrow", "{\"x\":1}");
    frame("contentBlockDelta", "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"a\"}}");
    frame("messageStop", "{\"stopReason\":\"end_turn\"}");
    assert_true(frames(NULL));
    assert_false(heard->reader.ended);
    assert_string_equal(heard->finish, "stop");
    frame("metadata", "{}");
    frame("contentBlockDelta", "{");
    frame("!throttlingException", "{}");
    assert_true(frames(NULL));
    assert_true(heard->reader.ended);
    assert_false(heard->reader.usage.known);
    assert_string_equal(heard_text(&heard->text), "a");
}

static void test_errors(void **state)
{
    (void)state;
    static const struct { int status; const char *body, *words, *code; enum remedy remedy; } cases[] = {
        {400, "{\"message\":\"too long\"}", "too long", "", REMEDY_CALLER},
        {400, "{\"message\":\"The provided model identifier is invalid.\"}", "The provided model identifier is invalid.", "", REMEDY_OTHER},
        {403, "{\"Message\":\"no\",\"__type\":\"com.amazon.coral.service#AccessDeniedException\"}", "no", "AccessDeniedException", REMEDY_OTHER},
        {429, "{\"message\":null,\"__type\":\"ThrottlingException\"}", "", "ThrottlingException", REMEDY_RETRY},
        {503, "<html>", "", "", REMEDY_RETRY},
    };
    provider_set("https://h", "sigv4", "");
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct upstream_error e;
        upstream_error_of(cases[i].status, &e);
        bedrock_rules.read_error(&p, cases[i].status, bytes_of(cases[i].body), a, &e);
        assert_string_equal(e.words, cases[i].words);
        assert_string_equal(e.code, cases[i].code);
        assert_int_equal(e.remedy, cases[i].remedy);
    }
}

static void test_models(void **state)
{
    (void)state;
    struct list models = {0};
    must(bedrock_rules.read_models(bytes_of("{\"modelSummaries\":[{\"modelId\":\"a.chat-v1:0\",\"outputModalities\":[\"TEXT\"],\"inputModalities\":[\"TEXT\",\"IMAGE\"]},"
        "{\"modelId\":\"a.embed\",\"outputModalities\":[\"EMBEDDING\"],\"inputModalities\":[\"TEXT\",\"IMAGE\"]},{\"modelName\":\"none\"}]}"), a, &models, &err));
    const struct listed_model *m = models.items;
    assert_int_equal(models.n, 2);
    assert_string_equal(m[0].name, "a.chat-v1:0");
    assert_int_equal(m[0].can, CAN_CHAT | CAN_SEE);
    assert_int_equal(m[1].can, CAN_EMBED);
    must_fail(bedrock_rules.read_models(bytes_of("{\"message\":\"x\"}"), a, &models, &err), ERR_UPSTREAM);
}

static int begin(void **state)
{
    provider_types = all_provider_types;
    return help_begin(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies), cmocka_unit_test(test_what_has_no_place), cmocka_unit_test(test_thoughts), cmocka_unit_test(test_claude),
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_a_whole_answer), cmocka_unit_test(test_stop_reasons), cmocka_unit_test(test_wrong_answers),
        cmocka_unit_test(test_frames_and_whole_say_the_same), cmocka_unit_test(test_exceptions), cmocka_unit_test(test_ends),
        cmocka_unit_test(test_errors), cmocka_unit_test(test_models),
    };
    return cmocka_run_group_tests(tests, begin, help_end);
}
