/* SPDX-License-Identifier: MIT */
#include "gate/chat.h"

#include <math.h>

#include "gate/run.h"
#include "gate/who.h"
#include "gate_help.h"

static void test_a_new_chat_has_said_nothing(void **state)
{
    (void)state;
    struct chat *chat = chat_new(a);
    assert_true(isnan(chat->temperature) && isnan(chat->top_p) && isnan(chat->frequency_penalty) && isnan(chat->presence_penalty));
    assert_true(chat->max_tokens == INT64_MIN && chat->seed == INT64_MIN && chat->top_k == INT64_MIN && chat->n == INT64_MIN);
    assert_true(!chat->model && !chat->format && !chat->tool_choice && !chat->stream && !chat->parsed && chat->dialect == DIALECT_NONE);
    chat_drop(chat, a, "x");
    chat_drop(chat, a, "y");
    assert_int_equal(chat->dropped.n, 2);
    assert_string_equal(((const char **)chat->dropped.items)[1], "y");
}

/* Names are the caller's: also those that C cannot hold are listed, as they were written. */
static void test_a_name_with_a_nul_is_listed(void **state)
{
    (void)state;
    const struct json_limits limits = {.allow_nul = true};
    struct chat *chat = chat_new(a);
    struct json body;
    must(json_check(bytes_of("{\"a\\u0000b\":1,\"\\u0063\":2}"), &limits, &body, &err));
    for (struct json_walk w = json_walk(body); json_next(&w);)
        chat_drop_name(chat, a, "options.", w.name);
    assert_string_equal(((const char **)chat->dropped.items)[0], "options.a\\u0000b");
    assert_string_equal(((const char **)chat->dropped.items)[1], "options.c");
    struct run run = {.chat = chat};
    assert_string_equal(run_dropped(&run, a), "options.a\\u0000b, options.c");
}

/* Thousands of thoughts, as a client may send them, take the memory of their text, not of its square. */
static void test_many_thoughts_are_joined(void **state)
{
    (void)state;
    enum { THOUGHTS = 3000, LENGTH = 100 };
    char *words = arena_alloc(a, LENGTH + 1);
    memset(words, 'w', LENGTH);
    struct chat_message message = {0};
    for (size_t i = 0; i < THOUGHTS; i++)
        ((struct chat_thought *)list_add(a, &message.thoughts, sizeof(struct chat_thought)))->text = i % 2 ? words : "";
    struct arena *own = arena_new();
    const char *text = thoughts_text(&message, own);
    assert_int_equal(strlen(text), THOUGHTS / 2 * (LENGTH + 2) - 2);
    assert_memory_equal(text + LENGTH, "\n\nw", 3);
    assert_true(arena_used(own) < 8 * THOUGHTS * LENGTH);
    arena_free(own);
    assert_null(thoughts_text(&(struct chat_message){0}, a));
}

/* A list keeps its items in order while it grows, and new ones are zero. */
static void test_lists_grow(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int round = 0; round < 30; round++) {
        struct thing { int64_t n; char pad[13]; };
        struct list list = {0};
        size_t n = random_below(&r, 300);
        for (size_t i = 0; i < n; i++) {
            struct thing *thing = list_add(a, &list, sizeof(*thing));
            assert_true(thing->n == 0 && thing->pad[12] == 0);
            thing->n = (int64_t)i + 1;
            thing->pad[12] = 1;
        }
        assert_int_equal(list.n, n);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(((struct thing *)list.items)[i].n, i + 1);
    }
}

static void test_words_of_roles_and_classes(void **state)
{
    (void)state;
    enum data_class found;
    assert_string_equal(role_word(ROLE_NONE), "none");
    for (enum role role = ROLE_VIEWER; role <= ROLE_AUDITOR; role++)
        assert_int_equal(role_of(role_word(role)), role);
    const char *const none[] = {"", "none", "Admin", "admin ", "root"};
    for (size_t i = 0; i < COUNT(none); i++)
        assert_int_equal(role_of(none[i]), ROLE_NONE);
    assert_int_equal(role_of(NULL), ROLE_NONE);
    for (size_t i = 0; i < CLASSES; i++) {
        assert_true(class_of(class_words[i], &found));
        assert_int_equal(found, i);
    }
    assert_null(class_words[CLASSES]);
    assert_false(class_of("", &found) || class_of(NULL, &found) || class_of("Secret", &found));
    assert_true(CLASS_PUBLIC < CLASS_INTERNAL && CLASS_INTERNAL < CLASS_CONFIDENTIAL && CLASS_CONFIDENTIAL < CLASS_SECRET);
}

static void test_arguments_are_an_object(void **state)
{
    (void)state;
    const struct { const char *text, *object; } cases[] = {
        {"{\"a\":1}", "{\"a\":1}"}, {" {} ", "{}"}, {"", "{}"}, {"null", "{}"}, {"{\"a\":", "{\"arguments\":\"{\\\"a\\\":\"}"},
        {"[1]", "{\"arguments\":\"[1]\"}"}, {"{} {}", "{\"arguments\":\"{} {}\"}"}, {"\"x\"", "{\"arguments\":\"\\\"x\\\"\"}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bytes object = tool_arguments(cases[i].text, a);
        assert_string_equal(arena_copy(a, object.p, object.n), cases[i].object);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_chat_has_said_nothing),
        cmocka_unit_test(test_a_name_with_a_nul_is_listed),
        cmocka_unit_test(test_many_thoughts_are_joined),
        cmocka_unit_test(test_lists_grow),
        cmocka_unit_test(test_arguments_are_an_object),
        cmocka_unit_test(test_words_of_roles_and_classes),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
