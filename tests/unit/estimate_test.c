/* SPDX-License-Identifier: MIT */
#include "gate/estimate.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json_write.h"
#include "base/utf8.h"
#include "gate/chat.h"

#include "property.h"

static int64_t hundredths(enum estimate_family family, const char *text)
{
    struct estimate e = {.family = family};
    estimate_add(&e, bytes_of(text));
    return e.hundredths;
}

static void test_weights(void **state)
{
    (void)state;
    const struct { const char *text; int64_t gpt, claude, gemini; } cases[] = {
        {"", 0, 0, 0}, {"a", 102, 113, 115}, {"Moongate", 102, 113, 115}, {"2026", 155, 163, 280}, {"月", 85, 121, 68}, {"月门", 170, 242, 136},
        {"カナ한글", 340, 484, 272}, {".", 40, 40, 38}, {"≤", 268, 452, 105}, {"/", 100, 126, 120}, {"@", 200, 282, 250}, {"🌙", 212, 260, 108},
        {"\n", 50, 89, 115}, {" ", 42, 39, 20}, {"café", 102, 113, 115}, {"Привет", 102, 113, 115}, {"gpt4o", 102 + 155 + 102, 113 + 163 + 113, 115 + 280 + 115},
        {"Hello, world", 102 + 40 + 42 + 102, 113 + 40 + 39 + 113, 115 + 38 + 20 + 115}, {"你好，world", 2 * 85 + 40 + 102, 2 * 121 + 40 + 113, 2 * 68 + 38 + 115},
        {"\xff", 40, 40, 38}, {"\xe6\x9c", 0, 0, 0}, {"\xe6\x9cxy", 40 + 102, 40 + 113, 38 + 115}, {"\x80\x80", 80, 80, 76}, {"๑", 85, 121, 68},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const int64_t wanted[] = {cases[i].gpt, cases[i].claude, cases[i].gemini};
        for (size_t f = 0; f < 3; f++)
            if (hundredths((enum estimate_family)f, cases[i].text) != wanted[f])
                fail_msg("\"%s\", family %zu: %lld", cases[i].text, f, (long long)hundredths((enum estimate_family)f, cases[i].text));
    }
}

static void test_families(void **state)
{
    (void)state;
    const struct { const char *model; enum estimate_family family; } cases[] = {
        {NULL, ESTIMATE_GPT}, {"", ESTIMATE_GPT}, {"gpt-5.6", ESTIMATE_GPT}, {"qwen3:8b", ESTIMATE_GPT}, {"claude-opus-5", ESTIMATE_CLAUDE},
        {"us.anthropic.claude-sonnet-5", ESTIMATE_CLAUDE}, {"Claude", ESTIMATE_CLAUDE}, {"models/gemini-3.6-flash", ESTIMATE_GEMINI}, {"claud", ESTIMATE_GPT},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(estimate_family(cases[i].model), cases[i].family);
}

static void any_text(struct random *r, char *text, size_t most)
{
    static const char *const pieces[] = {"a", "Z", "7", "月", "한", "é", "🌙", " ", "\n", "/", "@", "≈", "\"", "\\", "\t", "\xff", "Я", "。"};
    size_t n = random_below(r, most);
    *text = '\0';
    for (size_t i = 0; i < n; i++)
        strcat(text, pieces[random_below(r, COUNT(pieces))]);
}

/* Wherever a text is cut, it counts the same; more text is never fewer tokens; nothing is negative. */
static void test_cuts(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int i = 0; i < 300; i++) {
        char text[1024];
        any_text(&r, text, 200);
        struct estimate whole = {.family = (enum estimate_family)random_below(&r, 3)}, cut = whole, twice;
        size_t n = strlen(text), at = 0;
        estimate_add(&whole, bytes_of(text));
        while (at < n) {
            size_t step = 1 + random_below(&r, n - at), before = (size_t)cut.hundredths;
            estimate_add(&cut, (struct bytes){(const uint8_t *)text + at, step});
            assert_true((size_t)cut.hundredths >= before);
            at += step;
        }
        assert_int_equal(whole.hundredths, cut.hundredths);
        assert_true(n == 0 || estimate_tokens(&whole) >= 1);
        twice = whole;
        estimate_gap(&twice);
        assert_true(twice.hundredths >= whole.hundredths && twice.missing == 0);
    }
}

/* A JSON string counts as its text does, however it is escaped. */
static void test_json(void **state)
{
    (void)state;
    struct random r = random_start();
    struct arena *a = arena_new();
    for (int i = 0; i < 300; i++) {
        char text[1024];
        struct buf buf = buf_new(a, 1 << 16);
        struct json_out out = json_out(&buf);
        struct json value;
        struct err err = {0};
        struct estimate plain = {0}, json = {0};
        do any_text(&r, text, 100); while (!utf8_valid(bytes_of(text)));
        json_put_text(&out, text);
        assert_true(json_check(buf_view(&buf), NULL, &value, &err));
        estimate_add(&plain, bytes_of(text));
        estimate_add_json(&json, value);
        assert_int_equal(plain.hundredths, json.hundredths);
    }
    struct json value;
    struct err err = {0};
    struct estimate e = {0};
    assert_true(json_check(bytes_of("\"\\u6708\\u95E8\\ud83c\\udf19\\n\\b\\/\""), NULL, &value, &err));
    estimate_add_json(&e, value);
    assert_int_equal(e.hundredths, 85 + 85 + 212 + 50 + 40 + 100);
    estimate_add_json(&e, (struct json){0});
    assert_int_equal(e.hundredths, 572);
    arena_free(a);
}

static int64_t body(const char *text, const char *model)
{
    struct chat chat = {0};
    struct err err = {0};
    if (!json_check(bytes_of(text), NULL, &chat.raw, &err))
        fail_msg("%s", err.text);
    return estimate_chat(&chat, model);
}

/* Bodies of every dialect: what is said counts, what names or encodes something does not. */
static void test_bodies(void **state)
{
    (void)state;
    const struct { const char *body, *model; int64_t tokens; } cases[] = {
        {"{}", NULL, 3},
        {"{\"model\":\"a b c d e f g\",\"user\":\"someone\"}", NULL, 3},
        {"{\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}", NULL, 8},                                    /* 3 + 3 + 1.02 */
        {"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hello\"}]}]}", NULL, 8},
        {"{\"messages\":[{\"role\":\"user\",\"name\":\"x\",\"content\":\"\\u6708\\u95e8\"}]}", NULL, 10},             /* + a name: 1 and its word */
        {"{\"system\":\"be kind\",\"messages\":[]}", "claude-x", 9},                                                  /* 3 + 3 + 2.65 */
        {"{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hello\"}]}]}", "gemini-x", 8},
        {"{\"input\":\"hello\",\"instructions\":\"hello\"}", NULL, 12},
        {"{\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"call_1234567890\",\"type\":\"function\",\"function\":{\"name\":\"now\","
         "\"arguments\":\"{}\"}}]}]}", NULL, 8},                                                                     /* 6 + 1.02 + 0.8 */
        {"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB\"}}]}]}",
         NULL, 771},
        {"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,iVBORw0KGgo\",\"detail\":\"low\"}}]}]}",
         NULL, 91},
        {"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"iVBORw0KGgo\"}}]}]}",
         "claude-x", 1404},
        {"{\"contents\":[{\"parts\":[{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"iVBORw0KGgo\"}}]}]}", "gemini-x", 1038},
        {"{\"messages\":[{\"role\":\"user\",\"content\":\"hello\",\"images\":[\"iVBORw0KGgo\"]}]}", NULL, 773},
        {"{\"messages\":[{\"role\":\"user\",\"content\":[{\"image\":{\"format\":\"png\",\"source\":{\"bytes\":\"iVBORw0KGgo\"}}}]}]}", NULL, 771},
        {"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\",\"input_audio\":{\"format\":\"wav\",\"data\":\"iVBORw0KGgo\"}}]}]}", NULL, 7},
        {"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"hello\"}}]}]}",
         "claude-x", 8},
        {"{\"messages\":[],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"now\"}}]}", NULL, 28},
        {"{\"messages\":7,\"tools\":7,\"input\":{\"a\":[[[]]]},\"contents\":null}", NULL, 12},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (body(cases[i].body, cases[i].model) != cases[i].tokens)
            fail_msg("%s: %lld", cases[i].body, (long long)body(cases[i].body, cases[i].model));
}

/* A picture's size in the body is not its size in tokens. */
static void test_base64_does_not_count(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    char *big = arena_alloc(a, 3 << 20);
    memset(big, 'A', (3 << 20) - 1);
    const char *text = arena_printf(a, "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,%s\"}}]}]}", big);
    assert_int_equal(body(text, NULL), 771);
    arena_free(a);
}

/* What lies deeper than any conversation is counted as it stands: to look into each level would take a walk for each. */
static void test_depth(void **state)
{
    (void)state;
    static const char picture[] = "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:x\"}}";
    static const char open[] = "[[[[[[[[[[[[[[[[[[[[", close[] = "]]]]]]]]]]]]]]]]]]]]";
    char text[400];
    int64_t near = body("{\"messages\":[{\"role\":\"user\",\"content\":[[[[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:x\"}}]]]]}]}", "gpt-x");
    assert_true(near > 700);
    snprintf(text, sizeof(text), "{\"messages\":[{\"role\":\"user\",\"content\":[%s%s%s]}]}", open, picture, close);
    int64_t deep = body(text, "gpt-x");
    assert_true(deep > 10 && deep < 100);
}

/* Parsed and as it came: the same question counts alike. */
static void test_parsed(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct chat *chat = chat_new(a);
    struct chat_message *m = list_add(a, &chat->messages, sizeof(*m));
    m->role = CHAT_USER;
    *(struct chat_part *)list_add(a, &m->parts, sizeof(struct chat_part)) = (struct chat_part){.type = PART_TEXT, .text = "hello", .text_n = 5};
    *(struct chat_part *)list_add(a, &m->parts, sizeof(struct chat_part)) = (struct chat_part){.type = PART_IMAGE, .data = bytes_of("iVBORw0KGgo")};
    assert_int_equal(estimate_chat(chat, "gpt-x"), 773);
    assert_int_equal(body("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hello\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:x\"}}]}]}",
                          "gpt-x"), 773);
    struct chat texts = {.embed = NEW(a, struct embed)};
    *(struct bytes *)list_add(a, &texts.embed->inputs, sizeof(struct bytes)) = bytes_of("hello");
    *(struct bytes *)list_add(a, &texts.embed->inputs, sizeof(struct bytes)) = bytes_of("hello");
    assert_int_equal(estimate_chat(&texts, NULL), 3);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights), cmocka_unit_test(test_families), cmocka_unit_test(test_cuts), cmocka_unit_test(test_json),
        cmocka_unit_test(test_bodies), cmocka_unit_test(test_base64_does_not_count), cmocka_unit_test(test_parsed), cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
