/* SPDX-License-Identifier: MIT */
#include "serve/ollama_read.h"

#include <math.h>

#include "base/json_write.h"
#include "gate/snapshot.h"
#include "chat_help.h"
#include "providers/providers.h"
#include "serve/ollama_embed.h"

#define HELLO "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]"
#define PNG "iVBORw0KGgoAAAANSUhEUgAAAAE="

static bool take_as(bool (*read)(struct json, struct chat *, struct arena *, struct err *), const char *text)
{
    struct json body;
    chat = chat_new(a);
    must(json_check(bytes_of(text), &(struct json_limits){.allow_nul = true}, &body, &err));
    memset(&err, 0, sizeof(err));
    return read(body, chat, a, &err);
}

static bool take(const char *text)
{
    return take_as(ollama_chat_read, text);
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

struct bad {
    const char *body, *field, *value, *allowed;
};

static void assert_bad(bool ok, const struct bad *bad)
{
    if (ok || err.kind != ERR_INPUT || strcmp(err.field, bad->field) != 0 || strcmp(err.value, bad->value) != 0
        || (bad->allowed && strcmp(err.allowed, bad->allowed) != 0))
        fail_msg("%s: %s, %s, %s, %s", bad->body, err_name(err.kind), err.field, err.value, err.allowed);
}

/* Refused for every provider. */
static void test_bad_bodies(void **state)
{
    (void)state;
    const struct bad bad[] = {
        {"{" HELLO "}", "model", "", "string, 1–200"},
        {"{\"model\":7," HELLO "}", "model", "7", "string, 1–200"},
        {"{\"model\":\"m\",\"messages\":{}}", "messages", "{}", "array, 1–100000"},
        {"{\"model\":\"m\",\"messages\":[7]}", "messages[0]", "", "object"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"developer\",\"content\":\"x\"}]}", "messages[0].role", "\"developer\"", "system, user, assistant, tool"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[]}]}", "messages[0].content", "[]", "string"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\",\"images\":\"x\"}]}", "messages[0].images", "\"x\"", "array"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\",\"images\":[7]}]}", "messages[0].images[0]", "7", "base64"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"thinking\":7}]}", "messages[0].thinking", "7", "string"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":{}}]}", "messages[0].tool_calls", "{}", "array"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{}}]}]}", "messages[0].tool_calls[0].function.name", "", "string"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"\\u0000f\"}}]}]}",
         "messages[0].tool_calls[0].function.name", "", "string"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}]}",
         "messages[0].tool_calls[0].function.arguments", "\"{}\"", "object"},
        {"{\"model\":\"m\"," HELLO ",\"stream\":\"no\"}", "stream", "\"no\"", "true, false"},
        {"{\"model\":\"m\"," HELLO ",\"options\":[]}", "options", "[]", "object"},
        {"{\"model\":\"m\"," HELLO ",\"options\":{\"temperature\":\"hot\"}}", "temperature", "\"hot\"", "number, 0–100"},
        {"{\"model\":\"m\"," HELLO ",\"options\":{\"num_predict\":-3}}", "num_predict", "-3", "integer, -2–100000000"},
        {"{\"model\":\"m\"," HELLO ",\"options\":{\"stop\":7}}", "stop", "7", NULL},
        {"{\"model\":\"m\"," HELLO ",\"think\":\"hard\"}", "think", "\"hard\"", "true, false, low, medium, high, max"},
        {"{\"model\":\"m\"," HELLO ",\"think\":1}", "think", "1", "true, false, low, medium, high, max"},
        {"{\"model\":\"m\"," HELLO ",\"format\":\"xml\"}", "format", "\"xml\"", "\"json\", JSON Schema"},
        {"{\"model\":\"m\"," HELLO ",\"format\":[]}", "format", "[]", "\"json\", JSON Schema"},
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_bad(take(bad[i].body), &bad[i]);
}

/* Refused only where they would have to be translated. */
static void test_what_cannot_be_translated(void **state)
{
    (void)state;
    const struct bad bad[] = {
        {"{\"model\":\"m\"," HELLO ",\"logprobs\":true}", "logprobs", "true", "false"},
        {"{\"model\":\"m\"," HELLO ",\"tools\":[{}]}", "tools[0].function.name", "", "string"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"images\":[\"bm90IGEgcGljdHVyZQ==\"]}]}", "messages[0].images[0]", "\"bm90IGEgcGljdHVyZQ==\"",
         "png, jpeg, gif, webp"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"images\":[\"" PNG "!\"]}]}", "messages[0].images[0]", "\"" PNG "!\"", "png, jpeg, gif, webp"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}", "messages[0].tool_name", "", ""},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\"}}]},{\"role\":\"tool\",\"tool_name\":\"g\"}]}",
         "messages[1].tool_name", "g", ""},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\",\"function\":{\"name\":\"f\"}}]},{\"role\":\"tool\","
         "\"tool_call_id\":\"2\",\"tool_name\":\"f\"}]}", "messages[1].tool_name", "2", ""},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\"}}]},{\"role\":\"tool\"},{\"role\":\"tool\"}]}",
         "messages[2].tool_name", "", ""},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        must(take(bad[i].body));
        assert_bad(chat->parse(chat, a, &err), &bad[i]);
    }
}

static void test_what_is_read(void **state)
{
    (void)state;
    must(take("{\"model\":\"m\"," HELLO "}"));
    assert_true(chat->stream && chat->include_usage && !chat->parsed && chat->dialect == DIALECT_OLLAMA_CHAT);
    must(take("{\"model\":\"m\"," HELLO ",\"stream\":false}"));
    assert_false(chat->stream);
    must(parse("{\"model\":\"m\"," HELLO ",\"stream\":null,\"format\":\"json\",\"think\":true,\"keep_alive\":\"5m\",\"x\":1,\"truncate\":null,"
               "\"options\":{\"num_predict\":9,\"seed\":-1,\"top_k\":40,\"temperature\":0.5,\"top_p\":0.9,\"frequency_penalty\":1,\"presence_penalty\":-1,"
               "\"stop\":[\"a\",\"b\"],\"num_ctx\":4096,\"mirostat\":0,\"min_p\":null},\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\","
               "\"description\":\"d\",\"parameters\":{\"type\":\"object\"}}},{\"function\":{\"name\":\"g\"}}]}"));
    assert_true(chat->stream && chat->parsed);
    assert_string_equal(chat->format, "json");
    assert_string_equal(chat->effort, "medium");
    assert_true(chat->max_tokens == 9 && chat->seed == -1 && chat->top_k == 40 && chat->stop.n == 2);
    assert_true(chat->temperature == 0.5 && chat->top_p == 0.9 && chat->frequency_penalty == 1 && chat->presence_penalty == -1);
    assert_int_equal(chat->tools.n, 2);
    assert_string_equal(((const struct chat_tool *)chat->tools.items)[0].description, "d");
    assert_null(((const struct chat_tool *)chat->tools.items)[1].parameters.p);
    const char *const dropped[] = {"options.num_ctx", "options.mirostat", "keep_alive", "x"};
    assert_int_equal(chat->dropped.n, COUNT(dropped));
    for (size_t i = 0; i < COUNT(dropped); i++)
        assert_string_equal(((const char *const *)chat->dropped.items)[i], dropped[i]);
    for (const char *const *none = (const char *const[]){"-1", "-2", "0", "null", NULL}; *none; none++) {
        must(parse(arena_printf(a, "{\"model\":\"m\"," HELLO ",\"options\":{\"num_predict\":%s}}", *none)));
        assert_true(chat->max_tokens == INT64_MIN && chat->dropped.n == 0);
    }
    const struct { const char *think, *effort; } efforts[] = {{"false", "none"}, {"\"low\"", "low"}, {"\"max\"", "max"}, {"null", NULL}};
    for (size_t i = 0; i < COUNT(efforts); i++) {
        must(parse(arena_printf(a, "{\"model\":\"m\"," HELLO ",\"think\":%s}", efforts[i].think)));
        assert_true(efforts[i].effort ? chat->effort && strcmp(chat->effort, efforts[i].effort) == 0 : !chat->effort);
    }
    must(parse("{\"model\":\"m\"," HELLO ",\"format\":{\"type\":\"object\"}}"));
    assert_string_equal(chat->format, "schema");
    assert_int_equal(chat->schema.n, 17);
    must(parse("{\"model\":\"m\"," HELLO ",\"format\":\"\"}"));
    assert_null(chat->format);
}

/* Answers find their calls: by id, by name, by order; calls without an id have one then. */
static void test_calls_and_their_answers(void **state)
{
    (void)state;
#define CALLS(a, b) "{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{" a "\"function\":{\"name\":\"f\",\"arguments\":{\"x\": 1}}},{" b "\"function\":{\"name\":\"g\"}}]}"
    must(parse("{\"model\":\"m\",\"messages\":[" CALLS("", "") ",{\"role\":\"tool\",\"tool_name\":\"g\",\"content\":\"G\"},{\"role\":\"tool\",\"content\":\"F\"},"
               CALLS("\"id\":\"one\",", "\"id\":\"\",") ",{\"role\":\"tool\",\"content\":\"1\"},{\"role\":\"tool\",\"content\":\"2\"},"
               CALLS("\"id\":\"a\",", "\"id\":\"b\",") ",{\"role\":\"tool\",\"tool_call_id\":\"b\",\"tool_name\":\"whatever\"},{\"role\":\"tool\",\"tool_call_id\":\"a\"}]}"));
    const struct { size_t message; const char *id; } pairs[] = {{1, "call_1"}, {2, "call_0"}, {4, "one"}, {5, "call_2"}, {7, "b"}, {8, "a"}};
    for (size_t i = 0; i < COUNT(pairs); i++)
        assert_string_equal(message(pairs[i].message)->tool_call_id, pairs[i].id);
    assert_string_equal(call(0, 0)->arguments, "{\"x\": 1}");
    assert_string_equal(call(0, 1)->arguments, "{}");
    assert_string_equal(call(0, 1)->id, "call_1");
}

/* An answer looks for its call among those near the first that waits: a body could hold a million of both. */
static void test_a_call_far_from_its_turn_is_not_found(void **state)
{
    (void)state;
    struct buf buf = buf_new(a, 1 << 20);
    buf_text(&buf, "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[");
    for (int i = 0; i < 1500; i++)
        buf_printf(&buf, "%s{\"id\":\"c%d\",\"function\":{\"name\":\"f\"}}", i ? "," : "", i);
    size_t n = buf.n;
    buf_text(&buf, "]},{\"role\":\"tool\",\"tool_call_id\":\"c1000\"}]}");
    must(parse(arena_copy(a, buf.p, buf.n)));
    buf.n = n;
    buf_text(&buf, "]},{\"role\":\"tool\",\"tool_call_id\":\"c1400\"}]}");
    must_fail(parse(arena_copy(a, buf.p, buf.n)), ERR_INPUT);
}

static void test_pictures(void **state)
{
    (void)state;
    const struct { const char *base64, *type; } kinds[] = {
        {PNG, "image/png"}, {"/9j/4AAQSkZJRgABAQ==", "image/jpeg"}, {"R0lGODlhAQABAAAA", "image/gif"}, {"R0lGODdhAQABAAAA", "image/gif"},
        {"UklGRhoAAABXRUJQVlA4", "image/webp"}, {"UklGRhoAAABXQVZFZm10", NULL}, {"JVBERi0xLjQ=", NULL}, {"iVBORw==", NULL}, {"", NULL}, {"====", NULL},
    };
    for (size_t i = 0; i < COUNT(kinds); i++) {
        const char *type = ollama_media_type(kinds[i].base64, strlen(kinds[i].base64));
        if (kinds[i].type ? !type || strcmp(type, kinds[i].type) != 0 : type != NULL)
            fail_msg("%s: %s", kinds[i].base64, type ? type : "none");
    }
    must(parse("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"see\",\"images\":[\"" PNG "\",\"\\/9j\\/4AAQSkZJRgABAQ==\"]},"
               "{\"role\":\"user\",\"content\":\"\",\"images\":[\"" PNG "\"]},{\"role\":\"user\",\"content\":\"\"}]}"));
    assert_int_equal(message(0)->parts.n, 3);
    assert_string_equal(part(0, 0)->text, "see");
    assert_string_equal(part(0, 1)->media_type, "image/png");
    assert_int_equal(part(0, 2)->data.n, 20);
    assert_memory_equal(part(0, 2)->data.p, "/9j/4AAQSkZJRgABAQ==", 20);
    assert_int_equal(message(1)->parts.n, 1);
    assert_int_equal(message(2)->parts.n, 1);
}

static void test_generate(void **state)
{
    (void)state;
    must(take_as(ollama_generate_read, "{\"model\":\"m\",\"prompt\":\"a\\u0000\\u6708\",\"system\":\"s\",\"images\":[\"" PNG "\"],\"options\":{\"num_ctx\":1},"
                 "\"suffix\":\"\",\"template\":\"\",\"raw\":false,\"context\":[],\"keep_alive\":5,\"think\":\"high\",\"stream\":false,\"x\":1e400}"));
    assert_int_equal(chat->dialect, DIALECT_OLLAMA_CHAT);
    assert_string_equal(arena_copy(a, chat->raw.p, chat->raw.n),
                        "{\"model\":\"m\",\"options\":{\"num_ctx\":1},\"keep_alive\":5,\"think\":\"high\",\"stream\":false,\"x\":1e400,\"messages\":["
                        "{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\",\"content\":\"a\\u0000\\u6708\",\"images\":[\"" PNG "\"]}]}");
    must(chat->parse(chat, a, &err));
    assert_int_equal(chat->messages.n, 2);
    assert_int_equal(part(1, 0)->text_n, 5);
    must(take_as(ollama_generate_read, "{\"model\":\"m\",\"prompt\":\"p\",\"system\":\"\",\"images\":null,\"messages\":[7],\"tools\":[{}]}"));
    must(chat->parse(chat, a, &err));
    assert_true(chat->messages.n == 1 && chat->tools.n == 0 && chat->stream);
    const struct bad bad[] = {
        {"{\"model\":\"m\"}", "prompt", "", NULL}, {"{\"model\":\"m\",\"prompt\":\"\"}", "prompt", "\"\"", NULL},
        {"{\"model\":\"m\",\"prompt\":\"p\",\"suffix\":\"s\"}", "suffix", "\"s\"", "prompt, system, images"},
        {"{\"model\":\"m\",\"prompt\":\"p\",\"template\":\"t\"}", "template", "\"t\"", "prompt, system, images"},
        {"{\"model\":\"m\",\"prompt\":\"p\",\"raw\":true}", "raw", "true", "prompt, system, images"},
        {"{\"model\":\"m\",\"prompt\":\"p\",\"context\":[1]}", "context", "[1]", "prompt, system, images"},
        {"{\"model\":\"m\",\"prompt\":\"p\",\"images\":[7]}", "images[0]", "7", "base64"},
        {"{\"model\":\"m\",\"prompt\":\"p\",\"think\":7}", "think", "7", NULL},
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_bad(take_as(ollama_generate_read, bad[i].body), &bad[i]);
}

static void test_embeddings(void **state)
{
    (void)state;
    must(take_as(ollama_embed_read, "{\"model\":\"m\",\"input\":[\"a\",\"\\u6708\"],\"dimensions\":8,\"truncate\":true,\"keep_alive\":null}"));
    assert_true(chat->embed && chat->embed->inputs.n == 2 && !chat->embed->single && chat->embed->dimensions == 8 && !chat->embed->base64);
    assert_int_equal(((const struct bytes *)chat->embed->inputs.items)[1].n, 3);
    assert_int_equal(chat->dialect, DIALECT_OLLAMA_EMBED);
    must(chat->parse(chat, a, &err));
    assert_int_equal(chat->dropped.n, 1);
    must(take_as(ollama_embed_read, "{\"model\":\"m\",\"input\":\"a\"}"));
    assert_true(chat->embed->single && chat->embed->inputs.n == 1 && chat->embed->dimensions == INT64_MIN);
    must(take_as(ollama_embeddings_read, "{\"model\":\"m\",\"prompt\":\"a\",\"options\":{}}"));
    assert_true(chat->embed->single && chat->embed->inputs.n == 1 && chat->parsed && chat->dialect == DIALECT_NONE && chat->dropped.n == 1);
    const struct bad bad[] = {
        {"{\"model\":\"m\"}", "input", "", NULL}, {"{\"model\":\"m\",\"input\":[]}", "input", "[]", NULL}, {"{\"model\":\"m\",\"input\":7}", "input", "7", NULL},
        {"{\"model\":\"m\",\"input\":[\"a\",7]}", "input[1]", "7", NULL}, {"{\"model\":\"m\",\"input\":[[1]]}", "input[0]", "[1]", NULL},
        {"{\"model\":\"m\",\"input\":\"a\",\"dimensions\":0}", "dimensions", "0", NULL}, {"{\"input\":\"a\"}", "model", "", NULL},
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_bad(take_as(ollama_embed_read, bad[i].body), &bad[i]);
    assert_bad(take_as(ollama_embeddings_read, "{\"model\":\"m\",\"prompt\":\"\"}"), &(struct bad){"", "prompt", "\"\"", NULL});
}

/* ---- property: what is read, written for Ollama and read again says the same ---- */

static void put_message(struct json_out *out, struct random *r, const char *role)
{
    json_begin_object(out);
    json_member_text(out, "role", role);
    json_member_text(out, "content", random_text(r, 30));
    if (strcmp(role, "assistant") == 0 && random_below(r, 2))
        json_member_text(out, "thinking", random_text(r, 30));
    if (strcmp(role, "user") == 0 && random_below(r, 3) == 0) {
        json_name(out, "images");
        json_put_raw(out, bytes_of("[\"" PNG "\"]"));
    }
    if (strcmp(role, "assistant") == 0 && random_below(r, 2)) {
        json_name(out, "tool_calls");
        json_put_raw(out, bytes_of(random_below(r, 2) ? "[{\"function\":{\"name\":\"f\",\"arguments\":{\"x\":[1,\"é\"]}}}]"
                                                      : "[{\"id\":\"i\",\"function\":{\"name\":\"f\"}},{\"function\":{\"name\":\"g\",\"arguments\":{}}}]"));
    }
    json_end_object(out);
}

static void put_options(struct json_out *out, struct random *r)
{
    static const char *const names[] = {"num_predict", "seed", "top_k", "temperature", "top_p", "frequency_penalty", "presence_penalty"};
    json_name(out, "options");
    json_begin_object(out);
    for (size_t i = 0; i < COUNT(names); i++)
        if (random_below(r, 2))
            json_member_put_int(out, names[i], (int64_t)random_below(r, 2));
    if (random_below(r, 2)) {
        json_name(out, "stop");
        json_put_raw(out, bytes_of("[\"a\",\"中\"]"));
    }
    json_end_object(out);
}

static const char *body_any(struct random *r)
{
    static const char *const roles[] = {"system", "user", "assistant"};
    struct buf buf = buf_new(a, 1 << 20);
    struct json_out out = json_out(&buf);
    const char *text = NULL;
    json_begin_object(&out);
    json_member_text(&out, "model", "m");
    json_name(&out, "messages");
    json_begin_array(&out);
    for (size_t i = 0, n = 1 + random_below(r, 6); i < n; i++)
        put_message(&out, r, roles[random_below(r, COUNT(roles))]);
    json_end_array(&out);
    if (random_below(r, 2))
        put_options(&out, r);
    if (random_below(r, 2)) {
        json_name(&out, "tools");
        json_put_raw(&out, bytes_of("[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\",\"parameters\":{\"type\":\"object\"}}}]"));
    }
    if (random_below(r, 2))
        json_member_put_bool(&out, "stream", random_below(r, 2));
    if (random_below(r, 3) == 0) {
        json_name(&out, "format");
        json_put_raw(&out, bytes_of(random_below(r, 2) ? "\"json\"" : "{\"type\":\"object\"}"));
    }
    if (random_below(r, 3) == 0)
        json_member_text(&out, "think", random_below(r, 2) ? "low" : "max");
    json_end_object(&out);
    must(buf_done(&buf, &text, &err));
    return text;
}

static const char *written(void)
{
    struct provider provider = {.base_url = "http://h"};
    struct target target = {.provider = &provider, .model = "m", .stream = chat->stream};
    struct http_request request = {0};
    chat->dialect = DIALECT_NONE;
    must(ollama_rules.prepare(&target, chat, a, &request, &err));
    assert_int_equal(target.dropped.n, 0);
    return arena_copy(a, request.body.p, request.body.n);
}

static void test_round_trips(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int i = 0; i < 300; i++) {
        must(parse(body_any(&r)));
        assert_int_equal(chat->dropped.n, 0);
        size_t messages = chat->messages.n, tools = chat->tools.n;
        const char *first = written();
        must(parse(first));
        assert_int_equal(chat->messages.n, messages);
        assert_int_equal(chat->tools.n, tools);
        assert_string_equal(written(), first);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_bodies),
        cmocka_unit_test(test_what_cannot_be_translated),
        cmocka_unit_test(test_what_is_read),
        cmocka_unit_test(test_calls_and_their_answers),
        cmocka_unit_test(test_a_call_far_from_its_turn_is_not_found),
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_generate),
        cmocka_unit_test(test_embeddings),
        cmocka_unit_test(test_round_trips),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
