/* SPDX-License-Identifier: MIT */
#include "serve/completions.h"

#include "said_help.h"
#include "serve/completions_read.h"
#include "serve/openai_answer.h"

static struct chat *chat;

static bool take(const char *text)
{
    chat = chat_new(a);
    return completions_read(said_json(bytes_of(text)), chat, a, &err);
}

#define ASK(more) "{\"model\":\"m\",\"prompt\":\"x\"," more "}"

static void test_bad_bodies(void **state)
{
    (void)state;
    static const char prompt[] = "string, array of strings, 1–1";
    const struct { const char *body, *field, *value, *allowed; } bad[] = {
        {"{\"prompt\":\"x\"}", "model", "", "string, 1–200"},
        {"{\"model\":\"m\"}", "prompt", "", prompt},
        {"{\"model\":\"m\",\"prompt\":[]}", "prompt", "[]", prompt},
        {"{\"model\":\"m\",\"prompt\":[\"a\",\"b\"]}", "prompt", "[\"a\",\"b\"]", prompt},
        {"{\"model\":\"m\",\"prompt\":[1,2]}", "prompt", "[1,2]", prompt},
        {"{\"model\":\"m\",\"prompt\":[[1,2]]}", "prompt", "[[1,2]]", prompt},
        {ASK("\"suffix\":\"y\""), "suffix", "\"y\"", "null"},
        {ASK("\"echo\":true"), "echo", "true", "false"},
        {ASK("\"best_of\":3"), "best_of", "3", "1"},
        {ASK("\"n\":2"), "n", "2", "1"},
        {ASK("\"logprobs\":0"), "logprobs", "0", "null"},
        {ASK("\"max_tokens\":0"), "max_tokens", "0", "integer, 1–100000000"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        must_fail(take(bad[i].body), ERR_INPUT);
        if (strcmp(err.field, bad[i].field) != 0 || strcmp(err.value, bad[i].value) != 0 || strcmp(err.allowed, bad[i].allowed) != 0)
            fail_msg("%s: %s, %s, %s", bad[i].body, err.field, err.value, err.allowed);
    }
}

static void test_read(void **state)
{
    (void)state;
    must(take(ASK("\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_tokens\":5,\"temperature\":0.5,\"stop\":[\"a\"],\"seed\":7,\"user\":\"u\","
                  "\"suffix\":null,\"echo\":false,\"best_of\":1,\"n\":1,\"logprobs\":null,\"logit_bias\":{},\"y\":1")));
    const struct chat_message *message = chat->messages.items;
    const struct chat_part *part = message->parts.items;
    assert_int_equal(chat->messages.n, 1);
    assert_int_equal(message->role, CHAT_USER);
    assert_string_equal(part->text, "x");
    assert_true(chat->stream && chat->include_usage && chat->parsed && chat->temperature == 0.5);
    assert_int_equal(chat->max_tokens, 5);
    assert_int_equal(chat->seed, 7);
    assert_string_equal(chat->user, "u");
    assert_int_equal(chat->stop.n, 1);
    assert_int_equal(chat->dropped.n, 2);
    must(take("{\"model\":\"m\",\"prompt\":[\"\\u6708\"]}"));
    message = chat->messages.items;
    part = message->parts.items;
    assert_string_equal(part->text, "月");
    assert_true(chat->max_tokens == INT64_MIN && !chat->stream);
}

static void test_shapes(void **state)
{
    (void)state;
    const struct usage usage = {.in = 1, .out = 2};
    struct openai_answer answer = openai_answer_new("cmpl-1", "m", 7, false, a);
    struct buf buf = buf_new(a, 1 << 20);
    const char *text;
#define HEAD "{\"id\":\"cmpl-1\",\"object\":\"text_completion\",\"created\":7,\"model\":\"m\",\"choices\":[{\"text\":\""
    completions_put_event(&answer, bytes_of("Hi"), NULL, &buf);
    answer.include_usage = true;
    completions_put_event(&answer, (struct bytes){0}, "length", &buf);
    completions_put_event(&answer, (struct bytes){0}, "tool_calls", &buf);
    must(buf_done(&buf, &text, &err));
    assert_string_equal(text, "data: " HEAD "Hi\",\"index\":0,\"logprobs\":null,\"finish_reason\":null}]}\n\n"
                              "data: " HEAD "\",\"index\":0,\"logprobs\":null,\"finish_reason\":\"length\"}],\"usage\":null}\n\n"
                              "data: " HEAD "\",\"index\":0,\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":null}\n\n");
    buf_clear(&buf);
    completions_put_whole(&answer, bytes_of("Hi"), "stop", &usage, &buf);
    must(buf_done(&buf, &text, &err));
    assert_string_equal(text, HEAD "Hi\",\"index\":0,\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,"
                              "\"total_tokens\":3,\"prompt_tokens_details\":{\"cached_tokens\":0,\"cache_write_tokens\":0},"
                              "\"completion_tokens_details\":{\"reasoning_tokens\":0}}}");
}

static void test_streamed_is_whole(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int i = 0; i < 150; i++) {
        struct list events = said_any(&r);
        const struct chat_answer *said = said_whole(events);
        struct openai_answer answer = openai_answer_new("cmpl-1", "m", 7, random_below(&r, 2), a);
        struct buf whole = buf_new(a, 1 << 20), text = buf_new(a, 1 << 20);
        const char *finish = "";
        for (size_t k = 0; k < events.n; k++) {
            const struct chat_event *event = (const struct chat_event *)events.items + k;
            struct buf frame = buf_new(a, 1 << 20);
            if (event->type != EVENT_TEXT && event->type != EVENT_FINISH)
                continue;
            completions_put_event(&answer, event->text, event->type == EVENT_FINISH ? event->finish : NULL, &frame);
            struct json chunk = said_json((struct bytes){(const uint8_t *)frame.p + 6, frame.n - 8});
            buf_text(&text, said_member(chunk, "choices.0.text"));
            finish = said_member(chunk, "choices.0.finish_reason");
        }
        completions_put_whole(&answer, bytes_of(said->text), ((const struct chat_event *)events.items)[events.n - 1].finish, &(struct usage){0}, &whole);
        struct json body = said_json(buf_view(&whole));
        assert_string_equal(text.n ? text.p : "", said_member(body, "choices.0.text"));
        assert_string_equal(finish, said_member(body, "choices.0.finish_reason"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_bodies), cmocka_unit_test(test_read), cmocka_unit_test(test_shapes), cmocka_unit_test(test_streamed_is_whole),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
