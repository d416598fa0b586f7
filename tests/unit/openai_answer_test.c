/* SPDX-License-Identifier: MIT */
#include "serve/openai_answer.h"

#include "said_help.h"
#include "serve/openai_message.h"

static const struct usage usage = {.in = 100, .out = 20, .cached = 30, .written = 5, .written_long = 2, .reasoning = 7, .known = true};

static struct openai_answer answer_new(bool include_usage)
{
    return openai_answer_new("chatcmpl-1", "m", 7, include_usage, a);
}

static const char *written(struct buf *buf)
{
    const char *text = "";
    must(buf_done(buf, &text, &err));
    return text;
}

#define CHUNK(delta, finish) "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\",\"choices\":[{\"index\":0," \
    "\"delta\":{" delta "},\"finish_reason\":" finish "}]"

/* In the order that satisfies all the SDKs, byte for byte. */
static void test_stream(void **state)
{
    (void)state;
    struct openai_answer answer = answer_new(true);
    struct buf buf = buf_new(a, 1 << 20);
    const struct chat_event events[] = {
        {.type = EVENT_REASONING, .text = bytes_of("hm")},
        {.type = EVENT_OPAQUE, .text = bytes_of("mg1.anthropic.S")},
        {.type = EVENT_OPAQUE, .text = bytes_of("mg1.anthropic.R"), .redacted = true},
        {.type = EVENT_TEXT, .text = bytes_of("Hi")},
        {.type = EVENT_TOOL_CALL, .id = "c1", .name = "f", .opaque = "mg1.gemini.G"},
        {.type = EVENT_TOOL_CALL, .index = 1, .id = "c2", .name = "g", .arguments = bytes_of("{\"a\"")},
        {.type = EVENT_TOOL_CALL, .index = 1, .arguments = bytes_of(":1}")},
        {.type = EVENT_FINISH, .finish = "tool_calls"},
    };
    for (size_t i = 0; i < COUNT(events); i++)
        openai_answer_event(&answer, &events[i], &buf);
    openai_answer_usage(&answer, "chat.completion.chunk", &usage, &buf);
#define NEXT ",\"usage\":null}\n\n"
    assert_string_equal(written(&buf),
        CHUNK("\"role\":\"assistant\",\"content\":\"\"", "null") NEXT
        CHUNK("\"reasoning_content\":\"hm\"", "null") NEXT
        CHUNK("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"hm\",\"signature\":\"mg1.anthropic.S\",\"index\":0}]", "null") NEXT
        CHUNK("\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":\"mg1.anthropic.R\",\"index\":1}]", "null") NEXT
        CHUNK("\"content\":\"Hi\"", "null") NEXT
        CHUNK("\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"},"
              "\"extra_content\":{\"google\":{\"thought_signature\":\"mg1.gemini.G\"}}}]", "null") NEXT
        CHUNK("\"tool_calls\":[{\"index\":1,\"id\":\"c2\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"{\\\"a\\\"\"}}]", "null") NEXT
        CHUNK("\"tool_calls\":[{\"index\":1,\"function\":{\"arguments\":\":1}\"}}]", "null") NEXT
        CHUNK("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{}\"}}]", "null") NEXT
        CHUNK("", "\"tool_calls\"") NEXT
        "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":100,"
        "\"completion_tokens\":20,\"total_tokens\":120,\"prompt_tokens_details\":{\"cached_tokens\":30,\"cache_write_tokens\":7},"
        "\"completion_tokens_details\":{\"reasoning_tokens\":7}}}\n\n");
}

/* A thought too long to be kept is not signed; the next one is. */
static void test_a_long_thought_loses_only_its_own_signature(void **state)
{
    (void)state;
    struct openai_answer answer = answer_new(false);
    struct buf buf = buf_new(a, 8 << 20);
    struct bytes lengthy = {memset(arena_alloc(a, (1 << 20) + 1), 'w', (1 << 20) + 1), (1 << 20) + 1};
    const struct chat_event events[] = {
        {.type = EVENT_REASONING, .text = lengthy},          {.type = EVENT_OPAQUE, .text = bytes_of("mg1.anthropic.LONG")},
        {.type = EVENT_REASONING, .text = bytes_of("short")}, {.type = EVENT_OPAQUE, .text = bytes_of("mg1.anthropic.NEXT")},
    };
    for (size_t i = 0; i < COUNT(events); i++)
        openai_answer_event(&answer, &events[i], &buf);
    assert_null(strstr(written(&buf), "LONG"));
    assert_non_null(strstr(written(&buf), "\"text\":\"short\",\"signature\":\"mg1.anthropic.NEXT\",\"index\":0"));
}

static void test_whole(void **state)
{
    (void)state;
    struct openai_answer answer = answer_new(false);
    struct buf buf = buf_new(a, 1 << 20);
    struct list none = {0};
    said_add(&none, EVENT_FINISH)->finish = "stop";
    openai_answer_whole(&answer, said_whole(none), "stop", &(struct usage){.in = 1, .image = 4}, &buf);
    assert_string_equal(written(&buf),
        "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":7,\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
        "\"content\":\"\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":0,"
        "\"total_tokens\":1,\"prompt_tokens_details\":{\"cached_tokens\":0,\"cache_write_tokens\":0,\"image_tokens\":4},\"completion_tokens_details\":"
        "{\"reasoning_tokens\":0}}}");
}

/* A stream put together as the SDKs do. */
struct joined {
    struct buf content, reasoning, details, call[16];
    const char *head[16];                /* of a call: id, name, signature */
    size_t calls;
    const char *finish;
};

static void join_call(struct joined *j, struct json call)
{
    int64_t index = json_member_int(call, "index", -1);
    assert_in_range(index, 0, COUNT(j->call) - 1);
    if (json_member(call, "id").p) {
        assert_int_equal(index, j->calls);
        j->call[index] = buf_new(a, 1 << 20);
        j->head[j->calls++] = arena_printf(a, "%s %s %s", said_member(call, "id"), said_member(call, "function.name"),
                                           said_member(call, "extra_content.google.thought_signature"));
    }
    assert_true(index < (int64_t)j->calls);
    buf_text(&j->call[index], said_member(call, "function.arguments"));
}

static void join(struct joined *j, struct json chunk, bool first)
{
    struct json delta = json_at(chunk, "choices.0.delta"), finish = json_at(chunk, "choices.0.finish_reason");
    struct json_walk calls = json_walk(json_member(delta, "tool_calls")), details = json_walk(json_member(delta, "reasoning_details"));
    assert_null(j->finish);
    assert_string_equal(said_member(chunk, "id"), "chatcmpl-1");
    assert_true(first == (json_member(delta, "role").p != NULL));
    buf_text(&j->content, said_member(delta, "content"));
    buf_text(&j->reasoning, said_member(delta, "reasoning_content"));
    while (json_next(&details))
        buf_bytes(&j->details, json_bytes(details.value));
    while (json_next(&calls))
        join_call(j, calls.value);
    j->finish = json_string(finish, a);
}

static void assert_same(struct joined *j, struct json whole)
{
    struct json message = json_at(whole, "choices.0.message");
    struct json_walk calls = json_walk(json_member(message, "tool_calls")), details = json_walk(json_member(message, "reasoning_details"));
    struct buf kept = buf_new(a, 1 << 20);
    assert_string_equal(written(&j->content), said_member(message, "content"));
    assert_string_equal(written(&j->reasoning), said_member(message, "reasoning_content"));
    while (json_next(&details))
        buf_bytes(&kept, json_bytes(details.value));
    assert_string_equal(written(&j->details), written(&kept));
    assert_int_equal(json_count(json_member(message, "tool_calls")), j->calls);
    for (size_t i = 0; json_next(&calls); i++) {
        assert_string_equal(j->head[i], arena_printf(a, "%s %s %s", said_member(calls.value, "id"), said_member(calls.value, "function.name"),
                                                     said_member(calls.value, "extra_content.google.thought_signature")));
        assert_string_equal(written(&j->call[i]), said_member(calls.value, "function.arguments"));
    }
    assert_string_equal(j->finish, said_member(whole, "choices.0.finish_reason"));
}

static void test_streamed_is_whole(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int i = 0; i < 300; i++) {
        struct list events = said_any(&r);
        const struct chat_event *event = events.items;
        struct openai_answer answer = answer_new(random_below(&r, 2));
        struct buf buf = buf_new(a, 1 << 20), whole = buf_new(a, 1 << 20);
        struct joined j = {.content = buf_new(a, 1 << 20), .reasoning = buf_new(a, 1 << 20), .details = buf_new(a, 1 << 20)};
        for (size_t k = 0; k < events.n; k++)
            openai_answer_event(&answer, &event[k], &buf);
        const char *text = written(&buf);
        for (bool first = true; *text; first = false) {
            const char *end = strstr(text, "\n\n");
            assert_memory_equal(text, "data: ", 6);
            join(&j, said_json((struct bytes){(const uint8_t *)text + 6, (size_t)(end - text) - 6}), first);
            text = end + 2;
        }
        openai_answer_whole(&answer, said_whole(events), event[events.n - 1].finish, &usage, &whole);
        assert_same(&j, said_json(buf_view(&whole)));
    }
}

/* What was answered and comes back is what was said, with all that its maker signed. */
static void test_there_and_back(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int i = 0; i < 300; i++) {
        const struct chat_answer *said = said_whole(said_any(&r));
        const struct chat_thought *meant = said->thoughts.items;
        struct openai_answer answer = answer_new(false);
        struct buf buf = buf_new(a, 1 << 20);
        struct chat *chat = chat_new(a);
        openai_answer_whole(&answer, said, "stop", &usage, &buf);
        struct json message = json_at(said_json(buf_view(&buf)), "choices.0.message");
        must(openai_messages(said_json(bytes_of(arena_printf(a, "[%.*s]", (int)message.n, message.p))), "messages", chat, a, &err));
        const struct chat_message *back = chat->messages.items;
        const struct chat_part *part = back->parts.items;
        assert_string_equal(back->parts.n ? part->text : "", said->text);
        assert_int_equal(back->tool_calls.n, said->tool_calls.n);
        for (size_t k = 0; k < back->tool_calls.n; k++) {
            const struct chat_tool_call *call = (const struct chat_tool_call *)back->tool_calls.items + k;
            const struct chat_tool_call *want = (const struct chat_tool_call *)said->tool_calls.items + k;
            assert_string_equal(call->arguments, want->arguments);
            assert_true(!want->opaque || strcmp(thought_tag(call->by, bytes_of(call->opaque), a), want->opaque) == 0);
        }
        size_t at = 0;
        for (size_t k = 0; k < said->thoughts.n; k++) {
            if (!meant[k].opaque)
                continue;
            const struct chat_thought *thought = back->thoughts.items;
            while (at < back->thoughts.n && !thought[at].opaque)
                at++;
            assert_true(at < back->thoughts.n);
            assert_string_equal(thought_tag(thought[at].by, bytes_of(thought[at].opaque), a), meant[k].opaque);
            assert_true((thought[at].text == NULL) == (meant[k].text == NULL));
            assert_true(!meant[k].text || strcmp(thought[at].text, meant[k].text) == 0);
            at++;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_a_long_thought_loses_only_its_own_signature),
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_streamed_is_whole),
        cmocka_unit_test(test_there_and_back),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
