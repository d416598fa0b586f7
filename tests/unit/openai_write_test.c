/* SPDX-License-Identifier: MIT */
#include "providers/openai_write.h"

#include "gate_help.h"
#include "providers/providers.h"
#include "serve/openai_read.h"

#define HELLO "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]"

static struct target target;

static struct chat *chat_of(const char *text)
{
    struct chat *chat = chat_new(a);
    struct json body;
    must(json_check(bytes_of(text), &(struct json_limits){.allow_nul = true}, &body, &err));
    must(openai_read(body, chat, a, &err));
    return chat;
}

static const char *written(const struct chat *chat)
{
    struct bytes body;
    struct json checked;
    target = (struct target){.model = "theirs"};
    must(openai_write(&target, chat, a, &body, &err));
    must(json_check(body, &(struct json_limits){.allow_nul = true}, &checked, &err));
    return arena_copy(a, body.p, body.n);
}

/* A caller of the same dialect: only the model and the wish for usage are exchanged. */
static void test_same_dialect(void **state)
{
    (void)state;
    const struct { const char *from, *to; } cases[] = {
        {"{\"model\":\"theirs\" , " HELLO ", \"x\" : [ 1e0 ] }", "{\"model\":\"theirs\" , " HELLO ", \"x\" : [ 1e0 ] }"},
        {"{\"model\":\"the\\u0069rs\"," HELLO "}", "{\"model\":\"the\\u0069rs\"," HELLO "}"},
        {"{\"model\":\"alias\"," HELLO ",\"x\":{\"y\" : 1.50}}", "{\"model\":\"theirs\"," HELLO ",\"x\":{\"y\" : 1.50}}"},
        {"{" HELLO ",\"model\":\"alias\",\"stream\":false,\"stream_options\":null}",
         "{" HELLO ",\"model\":\"theirs\",\"stream\":false,\"stream_options\":null}"},
        {"{\"model\":\"theirs\"," HELLO ",\"stream\":true}", "{\"model\":\"theirs\"," HELLO ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}"},
        {"{\"model\":\"theirs\"," HELLO ",\"stream\":true,\"stream_options\":{\"include_usage\":false,\"z\":1}}",
         "{\"model\":\"theirs\"," HELLO ",\"stream\":true,\"stream_options\":{\"z\":1,\"include_usage\":true}}"},
        {"{\"model\":\"theirs\"," HELLO ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}",
         "{\"model\":\"theirs\"," HELLO ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}"},
        {"{\"model\":\"alias\"," HELLO ",\"stream\":true,\"stream_options\":null}",
         "{\"model\":\"theirs\"," HELLO ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(written(chat_of(cases[i].from)), cases[i].to);
    /* not even copied when nothing changes */
    struct chat *chat = chat_of(cases[0].from);
    struct bytes body;
    target = (struct target){.model = "theirs"};
    must(openai_write(&target, chat, a, &body, &err));
    assert_ptr_equal(body.p, chat->raw.p);
}

static struct chat *translated(const char *text)
{
    struct chat *chat = chat_of(text);
    must(openai_parse(chat, a, &err));
    chat->dialect = DIALECT_NONE;
    return chat;
}

static void test_other_dialect(void **state)
{
    (void)state;
    const struct { const char *from, *to; } cases[] = {
        {"{\"model\":\"alias\"," HELLO ",\"logit_bias\":{}}", "{\"model\":\"theirs\"," HELLO "}"},
        {"{\"model\":\"m\"," HELLO ",\"stream\":true}",
         "{\"model\":\"theirs\"," HELLO ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"developer\",\"content\":\"s\",\"name\":\"n\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\","
         "\"text\":\"a\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}},{\"type\":\"image_url\",\"image_url\":"
         "{\"url\":\"https://x/y.png\"}}]}]}",
         "{\"model\":\"theirs\",\"messages\":[{\"role\":\"system\",\"name\":\"n\",\"content\":\"s\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\","
         "\"text\":\"a\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}},{\"type\":\"image_url\",\"image_url\":"
         "{\"url\":\"https://x/y.png\"}}]}]}"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
         "{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"\"},{\"role\":\"assistant\"}]}",
         "{\"model\":\"theirs\",\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":"
         "{\"name\":\"f\",\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"\"},{\"role\":\"assistant\",\"content\":\"\"}]}"},
        {"{\"model\":\"m\"," HELLO ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\",\"parameters\":{\"p\": 1}}},"
         "{\"function\":{\"name\":\"g\"}}],\"tool_choice\":\"auto\"}",
         "{\"model\":\"theirs\"," HELLO ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\",\"parameters\":{\"p\": 1}}},"
         "{\"type\":\"function\",\"function\":{\"name\":\"g\"}}],\"tool_choice\":\"auto\"}"},
        {"{\"model\":\"m\"," HELLO ",\"tools\":[{\"function\":{\"name\":\"g\"}}],\"tool_choice\":{\"function\":{\"name\":\"g\"}}}",
         "{\"model\":\"theirs\"," HELLO ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"g\"}}],\"tool_choice\":{\"type\":\"function\","
         "\"function\":{\"name\":\"g\"}}}"},
        {"{\"model\":\"m\"," HELLO ",\"temperature\":0.1,\"top_p\":1,\"frequency_penalty\":-2,\"presence_penalty\":0,\"max_tokens\":9,\"seed\":0,\"n\":1,"
         "\"stop\":\"x\",\"response_format\":{\"type\":\"json_object\"}}",
         "{\"model\":\"theirs\"," HELLO ",\"max_tokens\":9,\"seed\":0,\"temperature\":0.1,\"top_p\":1,\"frequency_penalty\":-2,"
         "\"presence_penalty\":0,\"stop\":[\"x\"],\"response_format\":{\"type\":\"json_object\"}}"},
        {"{\"model\":\"m\"," HELLO ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"q\",\"schema\":{\"a\":1}}}}",
         "{\"model\":\"theirs\"," HELLO ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"q\",\"schema\":{\"a\":1}}}}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(written(translated(cases[i].from)), cases[i].to);
}

/* What was read and written anew reads back as the same chat: writing it once more gives the same bytes. */
static void test_writing_is_stable(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int i = 0; i < 150; i++) {
        struct chat *chat = chat_new(a);
        chat->model = "m";
        chat->stream = random_below(&r, 2);
        size_t n = 1 + random_below(&r, 5);
        for (size_t k = 0; k < n; k++) {
            struct chat_message message = {.role = (enum chat_role)random_below(&r, 4), .name = random_below(&r, 3) ? NULL : random_text(&r, 9)};
            size_t parts = random_below(&r, 3);
            for (size_t p = 0; p < parts; p++) {
                const char *text = random_text(&r, 40);
                struct chat_part part = {.type = PART_TEXT, .text = text, .text_n = strlen(text)};
                if (random_below(&r, 4) == 0 && message.role == CHAT_USER)
                    part = (struct chat_part){.type = PART_IMAGE, .media_type = "image/png", .data = bytes_of("QUJD")};
                *(struct chat_part *)list_add(a, &message.parts, sizeof(part)) = part;
            }
            if (message.role == CHAT_TOOL)
                message.tool_call_id = random_text(&r, 5);
            if (message.role == CHAT_ASSISTANT && random_below(&r, 2))
                *(struct chat_tool_call *)list_add(a, &message.tool_calls, sizeof(struct chat_tool_call)) =
                    (struct chat_tool_call){.id = random_text(&r, 5), .name = random_text(&r, 5), .arguments = "{\"a\":[1]}"};
            *(struct chat_message *)list_add(a, &chat->messages, sizeof(message)) = message;
        }
        if (random_below(&r, 2))
            chat->temperature = (double)random_below(&r, 2000) / 1000;
        if (random_below(&r, 2))
            chat->seed = (int64_t)random_next(&r);
        if (random_below(&r, 2))
            *(const char **)list_add(a, &chat->stop, sizeof(const char *)) = random_text(&r, 6);
        const char *once = written(chat), *twice = written(translated(once));
        assert_string_equal(once, twice);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_dialect),
        cmocka_unit_test(test_other_dialect),
        cmocka_unit_test(test_writing_is_stable),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
