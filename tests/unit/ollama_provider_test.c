/* SPDX-License-Identifier: MIT */
#include "providers/providers.h"

#include "base/secret.h"
#include "reader_help.h"
#include "serve/openai_read.h"

#define HELLO "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]"
#define HELLO_OUT "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]"

static const struct provider provider = {.base_url = "http://h:11434"};
static struct heard *heard;

static bool write_chat(const char *text, const char **out_r)
{
    struct chat *chat = chat_new(a);
    struct http_request r = {0};
    struct json body;
    must(json_check(bytes_of(text), &(struct json_limits){.allow_nul = true}, &body, &err));
    must(openai_read(body, chat, a, &err));
    must(openai_parse(chat, a, &err));
    memset(&err, 0, sizeof(err));
    struct target target = {.provider = &provider, .model = "qwen", .stream = chat->stream};
    if (!ollama_rules.prepare(&target, chat, a, &r, &err))
        return false;
    assert_string_equal(r.method, "POST");
    assert_string_equal(r.url, "http://h:11434/api/chat");
    *out_r = arena_copy(a, r.body.p, r.body.n);
    return true;
}

static void test_writing(void **state)
{
    (void)state;
    const struct { const char *from, *to; } cases[] = {
        {"{\"model\":\"m\"," HELLO "}", "{\"model\":\"qwen\"," HELLO_OUT ",\"options\":{},\"stream\":false}"},
        {"{\"model\":\"m\"," HELLO ",\"stream\":true}", "{\"model\":\"qwen\"," HELLO_OUT ",\"options\":{},\"stream\":true}"},
        {"{\"model\":\"m\"," HELLO ",\"temperature\":0,\"top_p\":0.5,\"frequency_penalty\":1,\"presence_penalty\":-1,\"max_tokens\":7,\"seed\":3,"
         "\"stop\":[\"a\",\"b\"],\"n\":1,\"tool_choice\":\"auto\"}",
         "{\"model\":\"qwen\"," HELLO_OUT ",\"options\":{\"num_predict\":7,\"seed\":3,\"temperature\":0,\"top_p\":0.5,\"frequency_penalty\":1,"
         "\"presence_penalty\":-1,\"stop\":[\"a\",\"b\"]},\"stream\":false}"},
        {"{\"model\":\"m\"," HELLO ",\"response_format\":{\"type\":\"json_object\"}}",
         "{\"model\":\"qwen\"," HELLO_OUT ",\"format\":\"json\",\"options\":{},\"stream\":false}"},
        {"{\"model\":\"m\"," HELLO ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"type\":\"object\"}}}}",
         "{\"model\":\"qwen\"," HELLO_OUT ",\"format\":{\"type\":\"object\"},\"options\":{},\"stream\":false}"},
        {"{\"model\":\"m\"," HELLO ",\"tools\":[{\"function\":{\"name\":\"f\"}}]}",
         "{\"model\":\"qwen\"," HELLO_OUT ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"\",\"parameters\":"
         "{\"type\":\"object\",\"properties\":{}}}}],\"options\":{},\"stream\":false}"},
        {"{\"model\":\"m\"," HELLO ",\"tools\":[{\"function\":{\"name\":\"f\"}}],\"tool_choice\":\"none\"}",
         "{\"model\":\"qwen\"," HELLO_OUT ",\"options\":{},\"stream\":false}"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\\u0000\"},{\"type\":\"image_url\",\"image_url\":"
         "{\"url\":\"data:image/png;base64,QUJD\"}},{\"type\":\"text\",\"text\":\"b\"}]}]}",
         "{\"model\":\"qwen\",\"messages\":[{\"role\":\"user\",\"content\":\"a\\u0000b\",\"images\":[\"QUJD\"]}],\"options\":{},\"stream\":false}"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"hm\",\"tool_calls\":[{\"id\":\"1\",\"function\":"
         "{\"name\":\"f\",\"arguments\":\" {\\\"x\\\":1} \"}}]},{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":\"42\"}]}",
         "{\"model\":\"qwen\",\"messages\":[{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"hm\",\"tool_calls\":[{\"id\":\"1\",\"function\":{\"name\":\"f\","
         "\"arguments\":{\"x\":1}}}]},{\"role\":\"tool\",\"content\":\"42\",\"tool_name\":\"f\",\"tool_call_id\":\"1\"}],\"options\":{},\"stream\":false}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *out;
        must(write_chat(cases[i].from, &out));
        assert_string_equal(out, cases[i].to);
    }
}

/* What Ollama has no way to say is refused by name, not left out. */
static void test_what_cannot_be_written(void **state)
{
    (void)state;
    const struct { const char *body, *field, *value, *allowed; } bad[] = {
        {"{\"model\":\"m\"," HELLO ",\"n\":2}", "n", "2", "1"},
        {"{\"model\":\"m\"," HELLO ",\"tool_choice\":\"required\"}", "tool_choice", "required", "auto, none"},
        {"{\"model\":\"m\"," HELLO ",\"tool_choice\":{\"function\":{\"name\":\"f\"}}}", "tool_choice", "=f", "auto, none"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x/y\"}}]}]}",
         "messages", "https://x/y", "data:image/…;base64"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"[1]\"}}]}]}",
         "tool_calls.function.arguments", "[1]", "a JSON object as text"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]}]}",
         "tool_calls.function.arguments", "{", "a JSON object as text"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{},\\\"x\\\":{}\"}}]}]}",
         "tool_calls.function.arguments", "{},\"x\":{}", "a JSON object as text"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *out;
        must_fail(write_chat(bad[i].body, &out), ERR_INPUT);
        if (strcmp(err.field, bad[i].field) != 0 || strcmp(err.value, bad[i].value) != 0 || strcmp(err.allowed, bad[i].allowed) != 0)
            fail_msg("%s: %s, %s, %s", bad[i].body, err.field, err.value, err.allowed);
    }
}

/* Runtimes that count calls from 0 in every answer use an id again: a result belongs to the nearest call before it. */
static void test_results_of_tools_with_ids_used_again(void **state)
{
    (void)state;
#define CALL(name) "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"call_0\",\"function\":{\"name\":\"" name "\"}}]}"
#define RESULT "{\"role\":\"tool\",\"tool_call_id\":\"call_0\",\"content\":\"\"}"
    const char *out;
    struct json body;
    must(write_chat("{\"model\":\"m\",\"messages\":[" RESULT "," CALL("first") "," RESULT "," CALL("second") "," RESULT ",{\"role\":\"tool\","
                    "\"tool_call_id\":\"other\",\"content\":\"\"}]}", &out));
    must(json_check(bytes_of(out), NULL, &body, &err));
    const struct { const char *path, *name; } names[] = {{"messages.0", NULL}, {"messages.2", "first"}, {"messages.4", "second"}, {"messages.5", NULL}};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct json name = json_member(json_at(body, names[i].path), "tool_name");
        assert_true(names[i].name ? json_equal(name, names[i].name) : name.p == NULL);
    }
}

static bool line(const char *text)
{
    memset(&err, 0, sizeof(err));
    return ollama_rules.read_frame(&heard->reader, "", bytes_of(text), &err);
}

static void start(void)
{
    heard = heard_new(&ollama_rules, false);
}

static void test_stream(void **state)
{
    (void)state;
    start();
    must(line("{\"model\":\"qwen:1\",\"created_at\":\"x\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"hm\"},\"done\":false}"));
    must(line("{\"model\":\"qwen:2\",\"message\":{\"content\":\"a\\u6708\"},\"done\":false}"));
    must(line("{\"message\":{\"content\":\"b\"}}"));
    assert_false(heard->reader.ended);
    must(line("{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":7,\"eval_count\":3}"));
    must(line("rubbish after the end"));
    must(line("{\"message\":{\"content\":\"late\"}}"));
    assert_string_equal(heard_text(&heard->text), "a月b");
    assert_string_equal(heard_text(&heard->reasoning), "hm");
    assert_string_equal(heard->finish, "stop");
    assert_string_equal(heard->reader.model, "qwen:1");
    assert_true(heard->reader.ended && heard->reader.usage.known);
    assert_int_equal(heard->reader.usage.in, 7);
    assert_int_equal(heard->reader.usage.out, 3);
}

static void test_ends(void **state)
{
    (void)state;
#define TOOLS "\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{}}}]},"
    const struct { const char *text, *finish; bool known; int64_t in, out; } cases[] = {
        {"{\"done\":true}", "stop", false, 0, 0},
        {"{\"done\":true,\"done_reason\":\"length\",\"eval_count\":5}", "length", true, 0, 5},
        {"{\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":5}", "stop", true, 5, 0},
        {"{" TOOLS "\"done\":true,\"done_reason\":\"stop\"}", "tool_calls", false, 0, 0},
        {"{" TOOLS "\"done\":true,\"done_reason\":\"length\"}", "length", false, 0, 0},
        {"{\"done\":true,\"done_reason\":\"unload\",\"eval_count\":-5,\"prompt_eval_count\":\"x\"}", "stop", false, 0, 0},
        {"{\"done\":true,\"eval_count\":9223372036854775807}", "stop", false, 0, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        start();
        must(line(cases[i].text));
        assert_string_equal(heard->finish, cases[i].finish);
        assert_true(heard->reader.usage.known == cases[i].known);
        assert_int_equal(heard->reader.usage.in, cases[i].in);
        assert_int_equal(heard->reader.usage.out, cases[i].out);
        start();
        must(hear_whole(heard, cases[i].text));
    }
}

/* Calls without an id get one; no two alike, also not across answers. */
static void test_tool_calls(void **state)
{
    (void)state;
    const char *seen[6];
    size_t n = 0;
    for (int answer = 0; answer < 2; answer++) {
        start();
        must(line("{\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{\"x\":[1]}}},{\"id\":\"\",\"function\":{\"name\":\"g\"}}]}}"));
        must(line("{\"message\":{\"tool_calls\":[{\"id\":\"theirs\",\"function\":{\"name\":\"h\",\"arguments\":\"{}\"}},{\"function\":{\"name\":\"i\",\"arguments\":7}}]}}"));
        assert_int_equal(heard->calls.n, 4);
        assert_string_equal(heard_text(&((struct heard_call *)heard->calls.items)[0].arguments), "{\"x\":[1]}");
        assert_string_equal(heard_text(&((struct heard_call *)heard->calls.items)[1].arguments), "{}");
        assert_string_equal(heard_text(&((struct heard_call *)heard->calls.items)[2].arguments), "{}");
        assert_string_equal(heard_text(&((struct heard_call *)heard->calls.items)[3].arguments), "{\"arguments\":\"7\"}");
        assert_string_equal(heard_call(heard, 2)->id, "theirs");
        for (size_t i = 0; i < 4; i++)
            if (i != 2)
                seen[n++] = heard_call(heard, i)->id;
    }
    for (size_t i = 0; i < n; i++) {
        assert_memory_equal(seen[i], "call_", 5);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(seen[i], seen[k]);
    }
    struct buf buf = buf_new(a, 1 << 20);
    const char *text;
    buf_text(&buf, "{\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"f\"}}");
    for (int i = 0; i < TOOL_CALLS_MAX; i++)
        buf_text(&buf, ",{\"function\":{\"name\":\"f\"}}");
    buf_text(&buf, "]}}");
    must(buf_done(&buf, &text, &err));
    start();
    must_fail(line(text), ERR_UPSTREAM);
    assert_int_equal(heard->calls.n, TOOL_CALLS_MAX);
    start();
    must_fail(line("{\"message\":{\"tool_calls\":[{\"function\":{\"arguments\":{}}}]}}"), ERR_UPSTREAM);      /* nobody could answer it */
}

/* A chat of the same dialect, asked for with these options of the provider's row. */
static const char *write_same(const char *text, const char *num_ctx, const char *keep_alive, bool stream)
{
    const struct provider_option options[] = {{"num_ctx", num_ctx}, {"keep_alive", keep_alive}};
    struct provider p = {.base_url = "http://h:11434", .options = {arena_copy(a, options, sizeof(options)), COUNT(options)}};
    struct chat *chat = chat_new(a);
    struct http_request r = {0};
    struct target target = {.provider = &p, .model = "qwen", .stream = stream};
    must(json_check(bytes_of(text), &(struct json_limits){.allow_nul = true}, &chat->raw, &err));
    chat->dialect = DIALECT_OLLAMA_CHAT;
    chat->model = json_string(json_member(chat->raw, "model"), a);
    must(ollama_rules.prepare(&target, chat, a, &r, &err));
    return arena_copy(a, r.body.p, r.body.n);
}

static void test_same_dialect(void **state)
{
    (void)state;
#define REST "\"x\":[1e400, 2.50],\"messages\":[]"
    const struct { const char *from, *num_ctx, *keep, *to; } cases[] = {
        {"{\"model\":\"qwen\", " REST ",\"stream\":true}", "", "", "{\"model\":\"qwen\", " REST ",\"stream\":true}"},
        {"{" REST ",\"model\":\"other\"}", "", "", "{\"model\":\"qwen\"," REST ",\"stream\":true}"},
        {"{\"model\":\"qwen\"," REST "}", "", "", "{\"model\":\"qwen\"," REST ",\"stream\":true}"},
        {"{\"model\":\"qwen\"," REST ",\"stream\":null}", "", "", "{\"model\":\"qwen\"," REST ",\"stream\":true}"},
        {"{\"model\":\"qwen\"," REST ",\"stream\":true}", "4096", "30m",
         "{\"model\":\"qwen\"," REST ",\"options\":{\"num_ctx\":4096},\"keep_alive\":\"30m\",\"stream\":true}"},
        {"{\"model\":\"qwen\"," REST ",\"options\":{\"mirostat\":1},\"keep_alive\":5}", "4096", "-1",
         "{\"model\":\"qwen\"," REST ",\"keep_alive\":5,\"options\":{\"mirostat\":1,\"num_ctx\":4096},\"stream\":true}"},
        {"{\"model\":\"qwen\"," REST ",\"options\":{\"num_ctx\":1}}", "4096", "-1",
         "{\"model\":\"qwen\"," REST ",\"options\":{\"num_ctx\":1},\"keep_alive\":-1,\"stream\":true}"},
        {"{\"model\":\"qwen\"," REST "}", "many", "", "{\"model\":\"qwen\"," REST ",\"stream\":true}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(write_same(cases[i].from, cases[i].num_ctx, cases[i].keep, true), cases[i].to);
}

/* Lines go on as they came, and are counted all the same. */
static void test_same_lines(void **state)
{
    (void)state;
    const char *const lines[] = {
        "{\"model\":\"q\",\"x\":1, \"message\":{\"thinking\":\"hm\",\"content\":\"a\"},\"done\":false}",
        "{\"message\":{" "\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{}}}]}}",
        "{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":7,\"eval_count\":3}",
    };
    heard = heard_new(&ollama_rules, true);
    for (size_t i = 0; i < COUNT(lines); i++)
        must(line(lines[i]));
    assert_int_equal(heard->raws, COUNT(lines));
    assert_int_equal(heard->events, COUNT(lines));
    assert_string_equal(heard_text(&heard->raw), arena_printf(a, "%s\n%s\n%s\n", lines[0], lines[1], lines[2]));
    assert_true(heard->reader.ended && heard->reader.usage.known);
    assert_int_equal(heard->reader.usage.in, 7);
    assert_int_equal(heard->reader.tool_calls, 1);
    assert_int_equal(heard->reader.text_bytes, 5);
    assert_string_equal(heard->reader.finish, "tool_calls");
    heard = heard_new(&ollama_rules, true);
    must_fail(line("{\"error\":\"out of memory\"}"), ERR_UPSTREAM);
    assert_int_equal(heard->events, 0);
    assert_string_equal(heard->reader.error.words, "out of memory");
    assert_int_equal(heard->reader.error.body.n, 25);
}

/* What the model of a conversation holds that chat completions do not say, or say otherwise. */
static const char *write_think(const char *effort, int64_t thinking_max)
{
    struct chat *chat = chat_new(a);
    struct http_request r = {0};
    struct target target = {.provider = &provider, .model = "q"};
    chat->effort = effort;
    chat->thinking_max = thinking_max;
    must(ollama_rules.prepare(&target, chat, a, &r, &err));
    struct json body;
    must(json_check(r.body, NULL, &body, &err));
    struct json think = json_member(body, "think");
    return think.p ? arena_copy(a, think.p, think.n) : "";
}

static void test_thinking(void **state)
{
    (void)state;
    const struct { const char *effort; int64_t max; const char *think; } cases[] = {
        {NULL, INT64_MIN, ""}, {NULL, 1000, "true"}, {NULL, 0, "false"}, {"none", INT64_MIN, "false"}, {"minimal", INT64_MIN, "\"low\""},
        {"low", INT64_MIN, "\"low\""}, {"medium", 9, "\"medium\""}, {"high", INT64_MIN, "\"high\""}, {"xhigh", INT64_MIN, "\"max\""},
        {"max", INT64_MIN, "\"max\""},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(write_think(cases[i].effort, cases[i].max), cases[i].think);
}

static struct chat *one_message(struct chat_message message)
{
    struct chat *chat = chat_new(a);
    *(struct chat_message *)list_add(a, &chat->messages, sizeof(message)) = message;
    return chat;
}

static bool prepare(const struct chat *chat, struct target *target)
{
    struct http_request r = {0};
    *target = (struct target){.provider = &provider, .model = "q"};
    memset(&err, 0, sizeof(err));
    return ollama_rules.prepare(target, chat, a, &r, &err);
}

static void test_what_only_others_say(void **state)
{
    (void)state;
    struct target target;
    struct chat_tool tool = {.name = "f", .strict = true};
    struct chat_part audio = {.type = PART_AUDIO, .media_type = "audio/wav"}, file = {.type = PART_FILE, .media_type = "application/pdf"};
    struct chat *chat = one_message((struct chat_message){.parts = {&audio, 1}});
    must_fail(prepare(chat, &target), ERR_INPUT);
    assert_string_equal(err.value, "audio/wav");
    chat = one_message((struct chat_message){.parts = {&file, 1}});
    must_fail(prepare(chat, &target), ERR_INPUT);
    chat = chat_new(a);
    chat->top_logprobs = 0;
    must_fail(prepare(chat, &target), ERR_INPUT);
    chat = chat_new(a);
    chat->one_call = true;
    must(prepare(chat, &target));
    chat->tools = (struct list){&tool, 1};
    must_fail(prepare(chat, &target), ERR_INPUT);
    chat = one_message((struct chat_message){.role = CHAT_TOOL, .name = "n", .tool_failed = true});
    chat->tools = (struct list){&tool, 1};
    chat->user = "u";
    chat->thinking_max = 1000;
    must(prepare(chat, &target));
    const char *const *dropped = target.dropped.items;
    const char *const want[] = {"messages.name", "is_error", "tools.strict", "thinking.budget_tokens", "user"};
    assert_int_equal(target.dropped.n, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++)
        assert_string_equal(dropped[i], want[i]);
}

/* A local runtime's model may run elsewhere: its entry says so, or its name. */
static void test_facts_of_models(void **state)
{
    (void)state;
    const struct { const char *entry; int64_t context, can; bool remote; } cases[] = {
        {"{\"name\":\"qwen\"}", 0, 0, false},
        {"{\"name\":\"qwen\",\"details\":{\"context_length\":4096},\"capabilities\":[\"completion\",\"tools\",\"new\"]}", 4096,
         CAN_CHAT | CAN_CALL_TOOLS, false},
        {"{\"name\":\"e\",\"capabilities\":[\"embedding\",\"vision\",\"thinking\"],\"remote_host\":\"\"}", 0, CAN_EMBED | CAN_SEE | CAN_THINK, false},
        {"{\"name\":\"big\",\"remote_host\":\"https://ollama.com:443\"}", 0, 0, true},
        {"{\"name\":\"gpt-oss:120b-cloud\"}", 0, 0, true},
        {"{\"name\":\"kimi-k2:cloud\",\"details\":7,\"capabilities\":7}", 0, 0, true},
        {"{\"name\":\"cloud\",\"details\":{\"context_length\":-1}}", 0, 0, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct list models = {0};
        must(ollama_rules.read_models(bytes_of(arena_printf(a, "{\"models\":[%s]}", cases[i].entry)), a, &models, &err));
        assert_int_equal(models.n, 1);
        const struct listed_model *m = models.items;
        if (m->context != cases[i].context || m->can != cases[i].can || m->remote != cases[i].remote)
            fail_msg("%s: context %d can %d remote %d", cases[i].entry, (int)m->context, (int)m->can, m->remote);
    }
}

static void test_remedies(void **state)
{
    (void)state;
    const struct { int status; const char *words; enum remedy remedy; } cases[] = {
        {404, "model 'x' not found", REMEDY_OTHER}, {503, "server busy, please try again.  maximum pending requests exceeded", REMEDY_RETRY},
        {500, "model requires more system memory (9 GiB) than is available", REMEDY_OTHER}, {500, "boom", REMEDY_RETRY},
        {400, "registry.ollama.ai/library/x does not support tools", REMEDY_OTHER}, {400, "invalid options", REMEDY_CALLER},
        {429, "usage limit reached", REMEDY_RETRY}, {502, "", REMEDY_RETRY}, {401, "unauthorized", REMEDY_OTHER},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct upstream_error error;
        upstream_error_of(cases[i].status, &error);
        ollama_rules.read_error(&provider, cases[i].status, bytes_of(arena_printf(a, "{\"error\":\"%s\"}", cases[i].words)), a, &error);
        assert_string_equal(error.words, cases[i].words);
        assert_int_equal(error.remedy, cases[i].remedy);
    }
}

static void test_errors(void **state)
{
    (void)state;
    const char *const bad[] = {"{\"error\":\"model not loaded\"}", "{\"error\":{\"x\":1}}", "{", "", "7", "[]", "null", "\"x\"", "{}{}", "<html>", "\xff"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        start();
        must_fail(line(bad[i]), ERR_UPSTREAM);
        must_fail(hear_whole(heard, bad[i]), ERR_UPSTREAM);
        assert_int_equal(heard->events, 0);
    }
    start();
    must_fail(hear_whole(heard, "{\"message\":{\"content\":\"cut\"},\"done\":false}"), ERR_UPSTREAM);
    const char *const odd[] = {"{}", "{\"message\":7}", "{\"message\":{\"content\":7,\"tool_calls\":7,\"thinking\":[]}}", "{\"done\":\"true\"}",
                               "{\"error\":null}", "{\"model\":7}"};
    start();
    for (size_t i = 0; i < COUNT(odd); i++)
        must(line(odd[i]));
    assert_int_equal(heard->events, 0);
    const char *const taken[] = {"{\"message\":{\"content\":\"x\"}}", "{\"message\":{\"thinking\":\"x\"}}", "{" TOOLS "\"x\":1}", "{\"done\":true}"};
    for (size_t i = 0; i < COUNT(taken); i++) {
        start();
        heard->most = 0;
        must_fail(line(taken[i]), ERR_CANCELLED);
    }
}

static void test_error_bodies_and_models(void **state)
{
    (void)state;
    assert_string_equal(error_words(&ollama_rules, "{\"error\":\"no \\u6708\"}"), "no 月");
    assert_string_equal(error_words(&ollama_rules, "{\"error\":7}"), "");
    assert_string_equal(error_words(&ollama_rules, "<html>"), "");
    struct list names = {0};
    must(ollama_rules.read_models(bytes_of("{\"models\":[{\"name\":\"qwen\"}]}"), a, &names, &err));
    assert_int_equal(names.n, 1);
    must_fail(ollama_rules.read_models(bytes_of("{\"data\":[]}"), a, &names, &err), ERR_UPSTREAM);
    struct http_request r = {0};
    struct provider p = {.base_url = "http://h/", .secret = secret_text(a, "s")};
    ollama_rules.prepare_models(&p, a, &r);
    assert_string_equal(r.url, "http://h/api/tags");
    assert_string_equal(r.headers[0].value, "Bearer s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writing),
        cmocka_unit_test(test_what_cannot_be_written),
        cmocka_unit_test(test_results_of_tools_with_ids_used_again),
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_tool_calls),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_same_dialect),
        cmocka_unit_test(test_same_lines),
        cmocka_unit_test(test_thinking),
        cmocka_unit_test(test_what_only_others_say),
        cmocka_unit_test(test_facts_of_models),
        cmocka_unit_test(test_remedies),
        cmocka_unit_test(test_error_bodies_and_models),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
