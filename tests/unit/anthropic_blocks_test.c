/* SPDX-License-Identifier: MIT */
#include "serve/anthropic_blocks.h"

#include "gate/collect.h"
#include "gate/snapshot.h"
#include "gate/thought.h"
#include "gate_help.h"
#include "net/sse.h"
#include "providers/providers.h"
#include "serve/anthropic_shape.h"

#define TEXT(t)                 {.type = EVENT_TEXT, .text = {(const uint8_t *)(t), sizeof(t) - 1}}
#define THINK(t)                {.type = EVENT_REASONING, .text = {(const uint8_t *)(t), sizeof(t) - 1}}
#define SEAL(t)                 {.type = EVENT_OPAQUE, .text = {(const uint8_t *)(t), sizeof(t) - 1}}
#define REDACTED(t)             {.type = EVENT_OPAQUE, .redacted = true, .text = {(const uint8_t *)(t), sizeof(t) - 1}}
#define CALL(i, call, args)     {.type = EVENT_TOOL_CALL, .index = i, .id = "id_" call, .name = call, .arguments = {(const uint8_t *)(args), sizeof(args) - 1}}
#define MARKED(i, call, mark)   {.type = EVENT_TOOL_CALL, .index = i, .id = "id_" call, .name = call, .opaque = mark}
#define MORE(i, args)           {.type = EVENT_TOOL_CALL, .index = i, .arguments = {(const uint8_t *)(args), sizeof(args) - 1}}
#define FINISH(f)               {.type = EVENT_FINISH, .finish = f}

/* What a client that follows the events puts together: blocks as "text(…)", "thinking(…|signature)", "redacted(…)", "call(name id input)". */
struct client {
    struct buf all, body, signature;
    struct buf texts, thoughts, calls, redacted;         /* the same, by type */
    const char *open, *head;             /* type of the open block; what its start said */
    int64_t next;
    size_t deltas, events;
    size_t most;                         /* then the caller is gone */
};

static const char *text_of(struct buf *buf)
{
    const char *text = "";
    must(buf_done(buf, &text, &err));
    return text;
}

static const char *member(struct json object, const char *path)
{
    const char *text = json_string(json_at(object, path), a);
    if (!text)
        fail_msg("no %s in %.*s", path, (int)object.n, object.p);
    return text;
}

static void client_start(struct client *c, struct json event)
{
    struct json block = json_member(event, "content_block");
    assert_null(c->open);
    assert_int_equal(json_member_int(event, "index", -1), c->next);
    c->open = member(block, "type");
    buf_clear(&c->body);
    buf_clear(&c->signature);
    if (strcmp(c->open, "text") == 0)
        assert_string_equal(member(block, "text"), "");
    else if (strcmp(c->open, "thinking") == 0)
        assert_string_equal(member(block, "signature"), "");
    else if (strcmp(c->open, "redacted_thinking") == 0)
        buf_text(&c->body, member(block, "data"));
    else
        assert_true(json_kind(json_member(block, "input")) == JSON_OBJECT && json_count(json_member(block, "input")) == 0);
    c->head = strcmp(c->open, "tool_use") == 0 ? arena_printf(a, "%s %s ", member(block, "name"), member(block, "id")) : "";
}

static void client_delta(struct client *c, struct json event)
{
    static const struct { const char *block, *delta, *member; } kinds[] = {
        {"text", "text_delta", "delta.text"}, {"thinking", "thinking_delta", "delta.thinking"}, {"thinking", "signature_delta", "delta.signature"},
        {"tool_use", "input_json_delta", "delta.partial_json"},
    };
    const char *type = member(event, "delta.type");
    assert_non_null(c->open);
    assert_int_equal(json_member_int(event, "index", -1), c->next);
    c->deltas++;
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcmp(kinds[i].block, c->open) == 0 && strcmp(kinds[i].delta, type) == 0) {
            const char *piece = member(event, kinds[i].member);
            assert_string_not_equal(piece, "");
            buf_text(i == 2 ? &c->signature : &c->body, piece);
            return;
        }
    fail_msg("a %s in a block of %s", type, c->open);
}

/* What counts of an answer, however its blocks are cut. */
static void client_keep(struct client *c, const char *type, const char *body)
{
    struct json input = {"{}", 2};
    if (strcmp(type, "text") == 0)
        buf_text(&c->texts, body);
    else if (strcmp(type, "thinking") == 0)
        buf_text(&c->thoughts, body);
    else if (strcmp(type, "redacted_thinking") == 0)
        buf_printf(&c->redacted, "(%s)", body);
    else {
        if (*body && !json_check(bytes_of(body), NULL, &input, &err))
            input = (struct json){body, strlen(body)};
        buf_printf(&c->calls, "(%s%.*s)", c->head, (int)input.n, input.p);
    }
}

static void client_stop(struct client *c, struct json event)
{
    static const char *const names[][2] = {{"text", "text"}, {"thinking", "thinking"}, {"redacted_thinking", "redacted"}, {"tool_use", "call"}};
    const char *body = text_of(&c->body);
    assert_non_null(c->open);
    assert_int_equal(json_member_int(event, "index", -1), c->next++);
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(names[i][0], c->open) == 0)
            buf_printf(&c->all, "%s(%s%s%s%s) ", names[i][1], c->head, i == 3 && !*body ? "{}" : body, i == 1 ? "|" : "", text_of(&c->signature));
    client_keep(c, c->open, body);
    c->open = NULL;
}

static bool client_event(void *arg, const char *name, struct bytes data)
{
    struct client *c = arg;
    struct json event;
    must(json_check(data, NULL, &event, &err));
    assert_string_equal(member(event, "type"), name);
    if (strcmp(name, "content_block_start") == 0)
        client_start(c, event);
    else if (strcmp(name, "content_block_delta") == 0)
        client_delta(c, event);
    else if (strcmp(name, "content_block_stop") == 0)
        client_stop(c, event);
    else
        fail_msg("an event %s", name);
    return true;
}

static bool client_hears(void *arg, struct bytes wire)
{
    struct client *c = arg;
    struct sse sse = sse_new(a, 64 << 20);
    if (c->events++ >= c->most)
        return false;
    must(sse_feed(&sse, wire, client_event, c, &err));
    return true;
}

static struct client *client_new(void)
{
    struct client *c = NEW(a, struct client);
    *c = (struct client){.all = buf_new(a, 16 << 20), .body = buf_new(a, 16 << 20), .signature = buf_new(a, 1 << 20), .texts = buf_new(a, 1 << 20), .thoughts = buf_new(a, 1 << 20),
                          .calls = buf_new(a, 1 << 20), .redacted = buf_new(a, 1 << 20), .most = SIZE_MAX};
    return c;
}

static struct anthropic_blocks blocks_new(struct client *c)
{
    return (struct anthropic_blocks){.arena = a, .scratch = a, .send = client_hears, .arg = c};
}

static void test_sequences(void **state)
{
    (void)state;
    static const struct { const char *what; struct chat_event events[9]; const char *blocks; } cases[] = {
        {"nothing", {FINISH("stop")}, ""},
        {"text in pieces", {TEXT("a"), TEXT("b"), FINISH("stop")}, "text(ab) "},
        {"empty pieces are not said", {TEXT(""), THINK(""), TEXT("a"), TEXT(""), FINISH("stop")}, "text(a) "},
        {"thinking, then text", {THINK("hm"), THINK("m"), TEXT("a"), FINISH("stop")}, "thinking(hmm|mg1..) text(a) "},
        {"thinking by itself", {THINK("hm"), FINISH("stop")}, "thinking(hm|mg1..) "},
        {"thinking that is signed", {THINK("hm"), SEAL("mg1.gemini.x"), TEXT("a"), FINISH("stop")}, "thinking(hm|mg1.gemini.x) text(a) "},
        {"thinking between texts", {TEXT("a"), THINK("hm"), TEXT("b")}, "text(a) thinking(hm|mg1..) text(b) "},
        {"two signed thoughts", {THINK("1"), SEAL("s1"), THINK("2"), SEAL("s2")}, "thinking(1|s1) thinking(2|s2) "},
        {"a signature of no thought", {TEXT("a"), SEAL("s"), TEXT("b")}, "text(a) thinking(|s) text(b) "},
        {"sealed thinking", {THINK("a"), REDACTED("x"), REDACTED("y"), TEXT("t")}, "thinking(a|mg1..) redacted(x) redacted(y) text(t) "},
        {"a call in pieces", {CALL(0, "f", ""), MORE(0, "{\"a\""), MORE(0, ":1}"), FINISH("tool_calls")}, "call(f id_f {\"a\":1}) "},
        {"a call at once", {CALL(0, "f", "{\"a\":1}"), FINISH("tool_calls")}, "call(f id_f {\"a\":1}) "},
        {"no arguments", {CALL(0, "f", ""), FINISH("tool_calls")}, "call(f id_f {}) "},
        {"null arguments, in pieces", {CALL(0, "f", "nu"), MORE(0, "ll"), FINISH("tool_calls")}, "call(f id_f {}) "},
        {"arguments of white space", {CALL(0, "f", " \n"), FINISH("tool_calls")}, "call(f id_f {}) "},
        {"{} and then nothing", {CALL(0, "f", "{}"), MORE(0, ""), FINISH("tool_calls")}, "call(f id_f {}) "},
        {"arguments that are no object", {CALL(0, "f", "[1,"), MORE(0, "2]")}, "call(f id_f {\"arguments\":\"[1,2]\"}) "},
        {"text, thinking and a call in one go", {THINK("t"), TEXT("a"), CALL(0, "f", "{}"), FINISH("tool_calls")},
         "thinking(t|mg1..) text(a) call(f id_f {}) "},
        {"calls one after another", {CALL(0, "f", "{\"a\":"), MORE(0, "1}"), CALL(1, "g", "{\"b\":"), MORE(1, "2}")},
         "call(f id_f {\"a\":1}) call(g id_g {\"b\":2}) "},
        {"calls without arguments", {CALL(0, "f", ""), CALL(1, "g", ""), CALL(2, "h", "")}, "call(f id_f {}) call(g id_g {}) call(h id_h {}) "},
        {"fragments that interleave", {CALL(0, "f", "{"), CALL(1, "g", "{"), MORE(0, "\"a\":1"), MORE(1, "\"b\":2"), MORE(1, "}"), MORE(0, "}")},
         "call(f id_f {\"a\":1}) call(g id_g {\"b\":2}) "},
        {"three that interleave", {CALL(0, "f", ""), CALL(1, "g", ""), CALL(2, "h", "{\"c\":3}"), MORE(1, "{\"b\":2}"), MORE(0, "{\"a\":1}")},
         "call(f id_f {\"a\":1}) call(g id_g {\"b\":2}) call(h id_h {\"c\":3}) "},
        {"braces in arguments do not end them", {CALL(0, "f", "{\"a\":\"}"), CALL(1, "g", "{}"), MORE(0, "}\"}")},
         "call(f id_f {\"a\":\"}}\"}) call(g id_g {}) "},
        {"text after a whole call", {CALL(0, "f", "{\"a\":1}"), TEXT("then"), FINISH("tool_calls")}, "call(f id_f {\"a\":1}) text(then) "},
        {"text inside a call waits", {CALL(0, "f", "{"), TEXT("a"), THINK("t"), TEXT("b"), MORE(0, "}"), TEXT("c")},
         "call(f id_f {}) text(a) thinking(t|mg1..) text(bc) "},
        {"text inside a call that never ends", {CALL(0, "f", "{\"a"), TEXT("b"), FINISH("length")}, "call(f id_f {\"a) text(b) "},
        {"a call, text, a call", {CALL(0, "f", "{}"), TEXT("a"), CALL(1, "g", "{}")}, "call(f id_f {}) text(a) call(g id_g {}) "},
        {"a call whose mark must come back", {TEXT("a"), MARKED(0, "f", "mg1.gemini.s"), MORE(0, "{}")},
         "text(a) redacted(mg1.call.mg1.gemini.s) call(f id_f {}) "},
        {"marks of parallel calls", {MARKED(0, "f", "mg1.gemini.s"), MARKED(1, "g", "mg1.gemini.t"), MORE(0, "{\"a\":1}")},
         "redacted(mg1.call.mg1.gemini.s) call(f id_f {\"a\":1}) redacted(mg1.call.mg1.gemini.t) call(g id_g {}) "},
        {"white space after a whole call", {CALL(0, "f", "{}"), CALL(1, "g", "{}"), MORE(0, "\n")}, "call(f id_f {}) call(g id_g {}) "},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct client *c = client_new();
        struct anthropic_blocks b = blocks_new(c);
        for (size_t k = 0; k < COUNT(cases[i].events); k++)
            if (cases[i].events[k].text.p || cases[i].events[k].id || cases[i].events[k].arguments.p || cases[i].events[k].finish)
                assert_true(blocks_event(&b, &cases[i].events[k]));
        assert_true(blocks_end(&b));
        if (c->open || strcmp(text_of(&c->all), cases[i].blocks) != 0)
            fail_msg("%s: %s", cases[i].what, text_of(&c->all));
        size_t events = c->events;
        assert_true(blocks_end(&b));
        assert_int_equal(c->events, events);
    }
}

/* A call is heard while it is being written, not only when it is whole. */
static void test_arguments_are_passed_on_as_they_come(void **state)
{
    (void)state;
    struct client *c = client_new();
    struct anthropic_blocks b = blocks_new(c);
    const struct chat_event first = CALL(0, "f", "{\"a\":\""), more = MORE(0, "x");
    assert_true(blocks_event(&b, &first));
    assert_int_equal(c->deltas, 1);
    for (size_t i = 2; i < 10; i++) {
        assert_true(blocks_event(&b, &more));
        assert_int_equal(c->deltas, i);
    }
}

static void test_bounds(void **state)
{
    (void)state;
    struct chat_event far = CALL(TOOL_CALLS_MAX, "f", ""), before = CALL(-1, "f", ""), call = CALL(0, "f", "{");
    struct client *c = client_new();
    struct anthropic_blocks b = blocks_new(c);
    assert_false(blocks_event(&b, &far));
    assert_false(blocks_event(&b, &before));
    assert_true(blocks_event(&b, &call));
    char *much = arena_alloc(a, FRAME_MAX);
    memset(much, 'x', FRAME_MAX);
    struct chat_event more = {.type = EVENT_TOOL_CALL, .arguments = {(const uint8_t *)much, FRAME_MAX}};
    assert_false(blocks_event(&b, &more));

    b = blocks_new(c = client_new());                        /* text that waits for a call is bounded too */
    assert_true(blocks_event(&b, &call));
    struct chat_event text = {.type = EVENT_TEXT, .text = {(const uint8_t *)much, FRAME_MAX / 2}};
    assert_true(blocks_event(&b, &text));
    assert_true(blocks_event(&b, &text));
    assert_false(blocks_event(&b, &text));

    b = blocks_new(c = client_new());                        /* whatever its kinds are */
    struct chat_event thought = {.type = EVENT_REASONING, .text = text.text};
    assert_true(blocks_event(&b, &call));
    assert_true(blocks_event(&b, &text));
    assert_true(blocks_event(&b, &thought));
    assert_false(blocks_event(&b, &text));

    b = blocks_new(c = client_new());
    assert_true(blocks_event(&b, &call));
    struct chat_event seal = SEAL("s");
    size_t n = 0;
    while (n < 100000 && blocks_event(&b, &seal))
        n++;
    assert_true(n < 100000);
}

/* Wherever the caller leaves, it is told at once and nothing more is said. */
static void test_caller_gone(void **state)
{
    (void)state;
    static const struct chat_event events[] = {THINK("t"), TEXT("a"), MARKED(0, "f", "mg1.x.y"), CALL(1, "g", "{"), TEXT("b"), MORE(0, "{}")};
    for (size_t most = 0; most < 14; most++) {
        struct client *c = client_new();
        struct anthropic_blocks b = blocks_new(c);
        bool ok = true;
        c->most = most;
        for (size_t i = 0; i < COUNT(events) && ok; i++)
            ok = blocks_event(&b, &events[i]);
        ok = ok && blocks_end(&b);
        assert_false(ok);
        assert_int_equal(c->events, most + 1);
    }
}

/* ---- a whole answer ---- */

static const char *put_whole(const struct chat_answer *answer)
{
    struct buf buf = buf_new(a, 64 << 20);
    struct json_out out = json_out(&buf);
    json_begin_object(&out);
    anthropic_put_content(&out, answer);
    json_end_object(&out);
    return text_of(&buf);
}

static void test_whole(void **state)
{
    (void)state;
    struct chat_thought thoughts[] = {{.text = "hm"}, {.text = "so", .opaque = "mg1.gemini.s"}, {.text = "", .opaque = "s"}, {.opaque = "mg1.bedrock.r"}};
    struct chat_tool_call calls[] = {{.id = "1", .name = "f", .arguments = "{\"a\":[1]}"}, {.id = "2", .name = "g", .arguments = "null"},
                                     {.id = "3", .name = "h", .arguments = "{\"a", .opaque = "mg1.gemini.c"}};
    assert_string_equal(put_whole(&(struct chat_answer){.text = ""}), "{\"content\":[]}");
    assert_string_equal(put_whole(&(struct chat_answer){.text = "a\n", .text_n = 2}), "{\"content\":[{\"type\":\"text\",\"text\":\"a\\n\",\"citations\":null}]}");
    assert_string_equal(put_whole(&(struct chat_answer){.thoughts = {thoughts, 4}, .text = "t", .text_n = 1, .tool_calls = {calls, 3}}),
                        "{\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"mg1..\"},"
                        "{\"type\":\"thinking\",\"thinking\":\"so\",\"signature\":\"mg1.gemini.s\"},{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"s\"},"
                        "{\"type\":\"redacted_thinking\",\"data\":\"mg1.bedrock.r\"},{\"type\":\"text\",\"text\":\"t\",\"citations\":null},"
                        "{\"type\":\"tool_use\",\"id\":\"1\",\"name\":\"f\",\"input\":{\"a\":[1]}},{\"type\":\"tool_use\",\"id\":\"2\",\"name\":\"g\",\"input\":{}},"
                        "{\"type\":\"redacted_thinking\",\"data\":\"mg1.call.mg1.gemini.c\"},"
                        "{\"type\":\"tool_use\",\"id\":\"3\",\"name\":\"h\",\"input\":{\"arguments\":\"{\\\"a\"}}]}");
}

/* ---- streamed is whole ---- */

/* Events as a provider of any manners may send them: texts and thoughts between the pieces of calls, calls that interleave. */
static void any_events(struct random *r, struct list *events)
{
    static const char *const args[] = {"", "null", "{}", "{\"a\":1}", "{\"city\":\"北京}\",\"b\":[{}]}", " {\"x\":\"\\\"}\"} "};
    const char *full[4] = {0};
    size_t given[4] = {0}, calls = random_below(r, 4), begun = 0;
    for (size_t i = 0; i < calls; i++)
        full[i] = args[random_below(r, COUNT(args))];
    for (size_t steps = random_below(r, 24); steps || begun < calls; steps -= steps > 0) {
        struct chat_event e = {0};
        size_t kind = random_below(r, 8), i = begun ? random_below(r, begun) : 0;
        if (kind < 2 || (kind < 5 && !calls)) {
            e = (struct chat_event){.type = EVENT_TEXT, .text = bytes_of(random_text(r, 8))};
        } else if (kind == 2) {
            e = (struct chat_event){.type = EVENT_REASONING, .text = bytes_of(random_text(r, 8))};
        } else if (kind == 3 && begun < calls) {
            i = begun++;
            e = (struct chat_event){.type = EVENT_TOOL_CALL, .index = (int64_t)i, .id = arena_printf(a, "c%zu", i), .name = arena_printf(a, "n%zu", i),
                                    .opaque = random_below(r, 4) ? NULL : arena_printf(a, "mg1.gemini.%zu", i), .arguments = bytes_of("")};
        } else if (begun) {
            size_t left = strlen(full[i]) - given[i], n = left ? 1 + random_below(r, left) : 0;
            while (n < left && ((unsigned char)full[i][given[i] + n] & 0xc0) == 0x80)
                n++;
            e = (struct chat_event){.type = EVENT_TOOL_CALL, .index = (int64_t)i, .arguments = {(const uint8_t *)full[i] + given[i], n}};
            given[i] += n;
        } else {
            continue;
        }
        *(struct chat_event *)list_add(a, events, sizeof(e)) = e;
    }
    for (size_t i = 0; i < calls; i++)
        *(struct chat_event *)list_add(a, events, sizeof(struct chat_event)) = (struct chat_event){.type = EVENT_TOOL_CALL, .index = (int64_t)i,
            .arguments = bytes_of(full[i] + given[i])};
}

/* The blocks of a whole answer, as if a client had heard them. */
static struct client *hear_answer(const struct chat_answer *answer)
{
    struct client *c = client_new();
    struct json body;
    struct json_walk w;
    must(json_check(bytes_of(put_whole(answer)), NULL, &body, &err));
    for (w = json_walk(json_member(body, "content")); json_next(&w);) {
        const char *type = member(w.value, "type");
        struct json input = json_member(w.value, "input");
        c->head = input.p ? arena_printf(a, "%s %s ", member(w.value, "name"), member(w.value, "id")) : "";
        client_keep(c, type, input.p ? arena_copy(a, input.p, input.n)
                    : member(w.value, strcmp(type, "redacted_thinking") == 0 ? "data" : type));
    }
    return c;
}

static const char *same(struct buf *streamed, struct buf *whole)
{
    return strcmp(text_of(streamed), text_of(whole)) == 0 ? NULL : arena_printf(a, "%s / %s", text_of(streamed), text_of(whole));
}

static void test_streamed_is_whole(void **state)
{
    (void)state;
    static const struct provider_type type = {.rules = &ollama_rules};
    static const struct provider provider = {.type = &type};
    struct random r = random_start();
    for (int turn = 0; turn < 400; turn++) {
        struct run run = {.arena = a, .target.provider = &provider, .text = buf_new(a, 1 << 20), .reasoning = buf_new(a, 1 << 20)};
        struct client *c = client_new(), *whole;
        struct anthropic_blocks b = blocks_new(c);
        struct list events = {0};
        any_events(&r, &events);
        for (size_t i = 0; i < events.n; i++) {
            const struct chat_event *event = (const struct chat_event *)events.items + i;
            assert_true(blocks_event(&b, event));
            assert_true(collect(&run, event));
        }
        assert_true(blocks_end(&b));
        assert_null(c->open);
        collect_answer(&run);
        whole = hear_answer(&run.answer);
        const char *differ[] = {same(&c->texts, &whole->texts), same(&c->thoughts, &whole->thoughts), same(&c->calls, &whole->calls),
                                same(&c->redacted, &whole->redacted)};
        for (size_t i = 0; i < COUNT(differ); i++)
            if (differ[i])
                fail_msg("turn %d: %s", turn, differ[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sequences),
        cmocka_unit_test(test_arguments_are_passed_on_as_they_come),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_caller_gone),
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_streamed_is_whole),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
