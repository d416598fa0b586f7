/* SPDX-License-Identifier: MIT */
#include "serve/responses_answer.h"

#include "base/json_write.h"
#include "said_help.h"

static const struct usage usage = {.in = 100, .out = 20, .cached = 30, .written = 5, .reasoning = 7, .known = true};

static struct responses_answer *answer_new(const char *asked)
{
    return responses_answer_new("1", "m", 7, said_json(bytes_of(asked)), 1 << 20, a);
}

/* All events of a stream, checked: names, numbers without gaps. */
static struct list events_of(struct buf *buf)
{
    const char *text;
    struct list list = {0};
    must(buf_done(buf, &text, &err));
    for (int64_t n = 0; *text; n++) {
        const char *data = strstr(text, "\ndata: "), *end = strstr(text, "\n\n");
        assert_memory_equal(text, "event: ", 7);
        assert_true(data && data < end);
        struct json event = said_json((struct bytes){(const uint8_t *)data + 7, (size_t)(end - data) - 7});
        assert_null(memchr(data + 7, '\n', (size_t)(end - data) - 7));
        assert_string_equal(said_member(event, "type"), arena_copy(a, text + 7, (size_t)(data - text) - 7));
        assert_int_equal(json_member_int(event, "sequence_number", -1), n);
        *(struct json *)list_add(a, &list, sizeof(event)) = event;
        text = end + 2;
    }
    return list;
}

static struct json whole_of(struct list events, const char *asked)
{
    const struct chat_event *event = events.items;
    struct responses_answer *answer = answer_new(asked);
    struct buf buf = buf_new(a, 4 << 20);
    struct json_out out = json_out(&buf);
    const char *finish = event[events.n - 1].finish;
    for (size_t i = 0; i < events.n; i++)
        assert_true(responses_answer_event(answer, &event[i], NULL));
    responses_answer_end(answer, finish, &usage, NULL);
    responses_answer_put(answer, finish, &usage, &out);
    return said_json(buf_view(&buf));
}

static struct list streamed_of(struct list events, const char *asked)
{
    const struct chat_event *event = events.items;
    struct responses_answer *answer = answer_new(asked);
    struct buf buf = buf_new(a, 4 << 20);
    responses_answer_begin(answer, &buf);
    for (size_t i = 0; i < events.n; i++)
        assert_true(responses_answer_event(answer, &event[i], &buf));
    responses_answer_end(answer, event[events.n - 1].finish, &usage, &buf);
    return events_of(&buf);
}

static const char *types_of(struct list events)
{
    const struct json *event = events.items;
    const char *types = "";
    for (size_t i = 0; i < events.n; i++)
        types = arena_printf(a, "%s%s\n", types, said_member(event[i], "type") + strlen("response."));
    return types;
}

static struct list list_of(const struct chat_event *events, size_t n)
{
    struct list list = {0};
    for (size_t i = 0; i < n; i++)
        *(struct chat_event *)list_add(a, &list, sizeof(*events)) = events[i];
    return list;
}

/* The order in which OpenAI says it. */
static void test_order(void **state)
{
    (void)state;
    const struct chat_event events[] = {
        {.type = EVENT_REASONING, .text = bytes_of("hm")}, {.type = EVENT_OPAQUE, .text = bytes_of("mg1.anthropic.S")},
        {.type = EVENT_TEXT, .text = bytes_of("H")}, {.type = EVENT_TEXT, .text = bytes_of("i")},
        {.type = EVENT_TOOL_CALL, .id = "c1", .name = "f", .opaque = "mg1.gemini.G"},
        {.type = EVENT_TOOL_CALL, .index = 1, .id = "c2", .name = "g", .arguments = bytes_of("{}")},
        {.type = EVENT_FINISH, .finish = "tool_calls"},
    };
    struct list said = streamed_of(list_of(events, COUNT(events)), "{}");
    assert_string_equal(types_of(said),
        "created\nin_progress\n"
        "output_item.added\nreasoning_summary_part.added\nreasoning_summary_text.delta\nreasoning_summary_text.done\nreasoning_summary_part.done\n"
        "output_item.done\n"
        "output_item.added\ncontent_part.added\noutput_text.delta\noutput_text.delta\noutput_text.done\ncontent_part.done\noutput_item.done\n"
        "output_item.added\noutput_item.done\n"
        "output_item.added\noutput_item.added\nfunction_call_arguments.delta\n"
        "function_call_arguments.delta\nfunction_call_arguments.done\noutput_item.done\n"
        "function_call_arguments.done\noutput_item.done\n"
        "completed\n");
    struct json last = json_member(((struct json *)said.items)[said.n - 1], "response");
    assert_string_equal(arena_copy(a, json_member(last, "output").p, json_member(last, "output").n),
        "[{\"id\":\"rs_1_0\",\"type\":\"reasoning\",\"status\":\"completed\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"hm\"}],"
        "\"encrypted_content\":\"mg1.anthropic.S\"},"
        "{\"id\":\"msg_1_1\",\"type\":\"message\",\"status\":\"completed\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"Hi\","
        "\"annotations\":[],\"logprobs\":[]}]},"
        "{\"id\":\"rs_1_2\",\"type\":\"reasoning\",\"status\":\"completed\",\"summary\":[],\"encrypted_content\":\"call:c1:mg1.gemini.G\"},"
        "{\"id\":\"fc_1_3\",\"type\":\"function_call\",\"status\":\"completed\",\"call_id\":\"c1\",\"name\":\"f\",\"arguments\":\"{}\"},"
        "{\"id\":\"fc_1_4\",\"type\":\"function_call\",\"status\":\"completed\",\"call_id\":\"c2\",\"name\":\"g\",\"arguments\":\"{}\"}]");
}

/* Every key that the SDKs need, and what the request said. */
static void test_object(void **state)
{
    (void)state;
    const struct chat_event finish = {.type = EVENT_FINISH, .finish = "stop"};
    struct json r = whole_of(list_of(&finish, 1), "{\"instructions\":\"be\\nkind\",\"metadata\":{\"k\":\"v\"},\"tools\":[\n1],\"temperature\":0.5,\"text\":null}");
    const struct { const char *name, *json; } keys[] = {
        {"id", "\"resp_1\""}, {"object", "\"response\""}, {"created_at", "7"}, {"status", "\"completed\""}, {"error", "null"},
        {"incomplete_details", "null"}, {"model", "\"m\""}, {"instructions", "\"be\\nkind\""}, {"metadata", "{\"k\":\"v\"}"}, {"tools", "[\n1]"},
        {"tool_choice", "\"auto\""}, {"parallel_tool_calls", "true"}, {"temperature", "0.5"}, {"top_p", "null"}, {"store", "false"},
        {"previous_response_id", "null"}, {"text", "{\"format\":{\"type\":\"text\"}}"}, {"truncation", "\"disabled\""}, {"background", "false"},
        {"output", "[{\"id\":\"msg_1_0\",\"type\":\"message\",\"status\":\"completed\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\","
                   "\"text\":\"\",\"annotations\":[],\"logprobs\":[]}]}]"},
        {"usage", "{\"input_tokens\":100,\"input_tokens_details\":{\"cached_tokens\":30,\"cache_write_tokens\":5},\"output_tokens\":20,"
                  "\"output_tokens_details\":{\"reasoning_tokens\":7},\"total_tokens\":120}"},
    };
    for (size_t i = 0; i < COUNT(keys); i++)
        if (!bytes_equal_text(json_bytes(json_member(r, keys[i].name)), keys[i].json))
            fail_msg("%s: %.*s", keys[i].name, (int)json_member(r, keys[i].name).n, json_member(r, keys[i].name).p);
}

/* Calls of custom tools are custom again; their input is known when they end. */
static void test_custom(void **state)
{
    (void)state;
    static const char asked[] = "{\"tools\":[{\"type\":\"custom\",\"name\":\"patch\"},{\"type\":\"function\",\"name\":\"f\"}]}";
    const struct chat_event events[] = {
        {.type = EVENT_TOOL_CALL, .id = "c1", .name = "patch", .arguments = bytes_of("{\"inp")},
        {.type = EVENT_TOOL_CALL, .arguments = bytes_of("ut\":\"*** \\n\"}")},
        {.type = EVENT_TOOL_CALL, .index = 1, .id = "c2", .name = "patch"},
        {.type = EVENT_FINISH, .finish = "tool_calls"},
    };
    struct list said = streamed_of(list_of(events, COUNT(events)), asked);
    assert_string_equal(types_of(said), "created\nin_progress\noutput_item.added\noutput_item.added\n"
                                        "custom_tool_call_input.delta\ncustom_tool_call_input.done\noutput_item.done\n"
                                        "custom_tool_call_input.done\noutput_item.done\ncompleted\n");
    struct json output = json_member(whole_of(list_of(events, COUNT(events)), asked), "output");
    assert_string_equal(arena_copy(a, output.p, output.n),
        "[{\"id\":\"ctc_1_0\",\"type\":\"custom_tool_call\",\"status\":\"completed\",\"call_id\":\"c1\",\"name\":\"patch\",\"input\":\"*** \\n\"},"
        "{\"id\":\"ctc_1_1\",\"type\":\"custom_tool_call\",\"status\":\"completed\",\"call_id\":\"c2\",\"name\":\"patch\",\"input\":\"\"}]");
    struct json last = json_at(((struct json *)said.items)[said.n - 1], "response.output");
    assert_true(bytes_equal(json_bytes(last), json_bytes(output)));
}

static void test_ends(void **state)
{
    (void)state;
    const struct { const char *finish, *type, *status, *reason; } cases[] = {
        {"stop", "response.completed", "completed", ""}, {"tool_calls", "response.completed", "completed", ""},
        {"length", "response.incomplete", "incomplete", "max_output_tokens"},
        {"content_filter", "response.incomplete", "incomplete", "content_filter"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct chat_event events[] = {{.type = EVENT_TEXT, .text = bytes_of("x")}, {.type = EVENT_FINISH, .finish = cases[i].finish}};
        struct list said = streamed_of(list_of(events, 2), "{\"tools\":[\n1\r\n]}");
        struct json last = ((struct json *)said.items)[said.n - 1];
        assert_string_equal(said_member(last, "type"), cases[i].type);
        assert_string_equal(said_member(last, "response.status"), cases[i].status);
        assert_string_equal(said_member(last, "response.incomplete_details.reason"), cases[i].reason);
        assert_string_equal(said_member(last, "response.output.0.status"), cases[i].status);
    }
}

static void test_failed(void **state)
{
    (void)state;
    struct responses_answer *answer = answer_new("{}");
    struct buf buf = buf_new(a, 1 << 20);
    responses_answer_begin(answer, &buf);
    assert_true(responses_answer_event(answer, &(struct chat_event){.type = EVENT_TEXT, .text = bytes_of("half")}, &buf));
    responses_answer_fail(answer, "server_error", "gone", &buf);
    struct list said = events_of(&buf);
    struct json last = ((struct json *)said.items)[said.n - 1];
    assert_string_equal(said_member(last, "type"), "response.failed");
    assert_string_equal(said_member(last, "response.status"), "failed");
    assert_string_equal(said_member(last, "response.error.code"), "server_error");
    assert_string_equal(said_member(last, "response.error.message"), "gone");
    assert_string_equal(said_member(last, "response.output.0.content.0.text"), "half");
    assert_string_equal(said_member(last, "response.output.0.status"), "incomplete");
}

/* Beyond what may be kept, and calls beyond any, are refused and not written past an end. */
static void test_bounds(void **state)
{
    (void)state;
    struct responses_answer *answer = responses_answer_new("1", "m", 7, (struct json){0}, 10, a);
    assert_true(responses_answer_event(answer, &(struct chat_event){.type = EVENT_TEXT, .text = bytes_of("0123456789")}, NULL));
    assert_false(responses_answer_event(answer, &(struct chat_event){.type = EVENT_TEXT, .text = bytes_of("x")}, NULL));
    assert_false(responses_answer_event(answer, &(struct chat_event){.type = EVENT_OPAQUE, .text = bytes_of("x")}, NULL));
    answer = answer_new("{}");
    assert_false(responses_answer_event(answer, &(struct chat_event){.type = EVENT_TOOL_CALL, .index = TOOL_CALLS_MAX}, NULL));
    assert_false(responses_answer_event(answer, &(struct chat_event){.type = EVENT_TOOL_CALL, .index = -1}, NULL));
    bool ok = true;
    for (int i = 0; i < 20000 && ok; i++)
        ok = responses_answer_event(answer, &(struct chat_event){.type = i % 2 ? EVENT_TEXT : EVENT_REASONING, .text = bytes_of("x")}, NULL);
    assert_false(ok);
}

/* What the events say of the items, put together as the SDKs do, is what output_item.done, the last event and the whole answer say. */
static void join(struct list items, struct json event, struct list *done)
{
    const char *type = said_member(event, "type"), *delta = said_member(event, "delta");
    int64_t i = json_member_int(event, "output_index", -1);
    if (strcmp(type, "response.output_item.added") == 0) {
        assert_int_equal(i, done->n);
        list_add(a, done, sizeof(struct json));
    } else if (i >= 0 && strcmp(type, "response.output_item.done") == 0) {
        ((struct json *)done->items)[i] = json_member(event, "item");
    } else if (strstr(type, ".delta")) {
        buf_text((struct buf *)items.items + i, delta);
    } else if (strstr(type, "_text.done") || strstr(type, "arguments.done")) {
        struct buf *buf = (struct buf *)items.items + i;
        const char *text = said_member(event, strstr(type, "arguments") ? "arguments" : "text");
        assert_string_equal(buf->n ? buf->p : "", text);
    }
    assert_true(i < (int64_t)done->n);
}

static void test_streamed_is_whole(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int n = 0; n < 300; n++) {
        struct list events = said_any(&r), said = streamed_of(events, "{\"input\":\"x\"}"), done = {0}, items = {NEW_ARRAY(a, struct buf, 200), 200};
        struct json whole = whole_of(events, "{\"input\":\"x\"}");
        for (size_t i = 0; i < 200; i++)
            ((struct buf *)items.items)[i] = buf_new(a, 1 << 20);
        for (size_t i = 0; i < said.n; i++)
            join(items, ((struct json *)said.items)[i], &done);
        struct json last = json_member(((struct json *)said.items)[said.n - 1], "response");
        assert_true(bytes_equal(json_bytes(last), json_bytes(whole)));
        assert_int_equal(done.n, json_count(json_member(whole, "output")));
        struct json_walk w = json_walk(json_member(whole, "output"));
        while (json_next(&w))
            assert_true(bytes_equal(json_bytes(((struct json *)done.items)[w.i]), json_bytes(w.value)));
    }
}

/* The same words, thoughts and calls as the gate collects for everyone else. */
static void test_nothing_is_lost(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int n = 0; n < 200; n++) {
        struct list events = said_any(&r);
        const struct chat_answer *answer = said_whole(events);
        const struct chat_tool_call *call = answer->tool_calls.items;
        struct json_walk w = json_walk(json_member(whole_of(events, "{}"), "output"));
        struct buf text = buf_new(a, 1 << 20), reasoning = buf_new(a, 1 << 20);
        size_t calls = 0, signed_n = 0, kept = 0;
        while (json_next(&w)) {
            buf_text(&text, said_member(w.value, "content.0.text"));
            buf_text(&reasoning, said_member(w.value, "summary.0.text"));
            signed_n += json_member(w.value, "encrypted_content").p && strncmp(said_member(w.value, "encrypted_content"), "call:", 5) != 0;
            if (strcmp(said_member(w.value, "type"), "function_call") != 0)
                continue;
            assert_string_equal(said_member(w.value, "call_id"), call[calls].id);
            assert_string_equal(said_member(w.value, "arguments"), call[calls++].arguments);
        }
        for (size_t i = 0; i < answer->thoughts.n; i++)
            kept += ((const struct chat_thought *)answer->thoughts.items)[i].opaque != NULL;
        assert_int_equal(calls, answer->tool_calls.n);
        assert_int_equal(signed_n, kept);
        assert_string_equal(text.n ? text.p : "", answer->text);
        assert_string_equal(reasoning.n ? reasoning.p : "", answer->reasoning ? answer->reasoning : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order), cmocka_unit_test(test_object), cmocka_unit_test(test_custom), cmocka_unit_test(test_ends), cmocka_unit_test(test_failed),
        cmocka_unit_test(test_bounds), cmocka_unit_test(test_streamed_is_whole), cmocka_unit_test(test_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
