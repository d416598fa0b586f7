/* SPDX-License-Identifier: MIT */
#include "gate/collect.h"

#include "gate/snapshot.h"
#include "gate_help.h"

enum { ROOM = 100 };

static struct run *run_made(void)
{
    static const struct dialect_rules rules = {.id = DIALECT_GEMINI};
    static const struct provider_type type = {.rules = &rules};
    static const struct provider provider = {.name = "p", .type = &type};
    struct run *run = NEW(a, struct run);
    run->arena = a;
    run->target.provider = &provider;
    run->text = run->reasoning = buf_new(a, ROOM);
    return run;
}

static struct chat_event piece(enum chat_event_type type, size_t n)
{
    static const char letters[ROOM + 1] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    struct bytes text = {(const uint8_t *)letters, n};
    if (type == EVENT_TOOL_CALL)
        return (struct chat_event){.type = type, .id = "c", .name = "f", .arguments = text};
    return (struct chat_event){.type = type, .text = text};
}

/* However it is spread: what would have to be cut off is an error, and no shorter answer. */
static void test_an_answer_beyond_its_room_fails(void **state)
{
    (void)state;
    const struct { enum chat_event_type type[3]; size_t n[3]; bool fits; } rows[] = {
        {{EVENT_TEXT}, {ROOM}, true},
        {{EVENT_TEXT, EVENT_TEXT}, {ROOM, 1}, false},
        {{EVENT_REASONING, EVENT_TEXT, EVENT_TOOL_CALL}, {ROOM / 2, ROOM / 4, ROOM / 4}, true},
        {{EVENT_REASONING, EVENT_TEXT}, {ROOM / 2, ROOM / 2 + 1}, false},
        {{EVENT_TOOL_CALL, EVENT_TEXT}, {ROOM, 1}, false},
        {{EVENT_OPAQUE, EVENT_OPAQUE}, {ROOM, 1}, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct run *run = run_made();
        bool all = true;
        for (size_t k = 0; k < COUNT(rows[i].n) && rows[i].n[k]; k++) {
            struct chat_event event = piece(rows[i].type[k], rows[i].n[k]);
            all = all && collect(run, &event);
        }
        if (all != rows[i].fits)
            fail_msg("row %zu: %s", i, all ? "kept" : "refused");
        assert_int_equal(run->failed, !rows[i].fits);
        assert_int_equal(run->err.kind, rows[i].fits ? ERR_NONE : ERR_UPSTREAM);
    }
}

static void test_pieces_are_put_together(void **state)
{
    (void)state;
    struct run *run = run_made();
    const struct chat_event events[] = {
        {.type = EVENT_REASONING, .text = bytes_of("one")},
        {.type = EVENT_OPAQUE, .text = bytes_of("mg1.gemini.S")},
        {.type = EVENT_OPAQUE, .text = bytes_of("mg1.gemini.R"), .redacted = true},
        {.type = EVENT_REASONING, .text = bytes_of("two")},
        {.type = EVENT_TEXT, .text = bytes_of("Hi ")},
        {.type = EVENT_TOOL_CALL, .id = "c", .name = "f"},
        {.type = EVENT_TEXT, .text = bytes_of("there")},
    };
    for (size_t i = 0; i < COUNT(events); i++)
        assert_true(collect(run, &events[i]));
    collect_answer(run);
    const struct chat_thought *thought = run->answer.thoughts.items;
    const struct chat_tool_call *call = run->answer.tool_calls.items;
    assert_string_equal(run->answer.text, "Hi there");
    assert_int_equal(run->answer.thoughts.n, 3);
    assert_string_equal(thought[0].text, "one");
    assert_string_equal(thought[0].opaque, "mg1.gemini.S");
    assert_null(thought[1].text);
    assert_string_equal(thought[2].text, "two");
    assert_int_equal(run->answer.tool_calls.n, 1);
    assert_string_equal(call->arguments, "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_beyond_its_room_fails),
        cmocka_unit_test(test_pieces_are_put_together),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
