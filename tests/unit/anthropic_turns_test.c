/* SPDX-License-Identifier: MIT */
/* Conversations as Anthropic has them: the system apart, roles by turns, results first, ids that fit; and the body of a caller that speaks so itself. */
#include "gate/snapshot.h"
#include "gate/thought.h"
#include "providers/anthropic_write.h"
#include "providers/providers.h"
#include "reader_help.h"
#include "serve/openai_read.h"

#define MODEL "claude-sonnet-4-5"

static struct provider provider = {.base_url = "http://h"};
static struct target target;

static struct chat *chat_of(const char *messages)
{
    struct chat *chat = chat_new(a);
    struct json json;
    must(json_check(bytes_of(arena_printf(a, "{\"model\":\"m\",\"messages\":[%s]}", messages)), NULL, &json, &err));
    must(openai_read(json, chat, a, &err));
    must(openai_parse(chat, a, &err));
    return chat;
}

static bool write_chat(const struct chat *chat, const char **out_r)
{
    struct bytes body;
    memset(&err, 0, sizeof(err));
    target = (struct target){.provider = &provider, .model = MODEL, .stream = chat->stream};
    if (!anthropic_write(&target, chat, a, &body, &err))
        return false;
    *out_r = arena_copy(a, body.p, body.n);
    return true;
}

#define SYS(t) "{\"role\":\"system\",\"content\":\"" t "\"}"
#define USER(t) "{\"role\":\"user\",\"content\":\"" t "\"}"
#define SAID(t) "{\"role\":\"assistant\",\"content\":\"" t "\"}"
#define CALL(id, args) "{\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"" args "\"}}"
#define CALLS(list) "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" list "]}"
#define TOOL(id, t) "{\"role\":\"tool\",\"tool_call_id\":\"" id "\",\"content\":\"" t "\"}"
#define T(t) "{\"type\":\"text\",\"text\":\"" t "\"}"
#define U(blocks) "{\"role\":\"user\",\"content\":[" blocks "]}"
#define A(blocks) "{\"role\":\"assistant\",\"content\":[" blocks "]}"
#define USE(id, input) "{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"f\",\"input\":" input "}"
#define RESULT(id, blocks) "{\"type\":\"tool_result\",\"tool_use_id\":\"" id "\",\"content\":[" blocks "]}"

static void test_conversations(void **state)
{
    (void)state;
    const struct { const char *from, *to, *system; } cases[] = {
        {USER("a"), U(T("a")), NULL},
        {SYS("s") "," USER("a"), U(T("a")), "s"},
        {SYS("s") "," USER("a") "," SYS("t") "," USER("b"), U(T("a") "," T("b")), "s\\n\\nt"},
        {USER("a") "," SAID("b") "," SAID("c") "," USER("d"), U(T("a")) "," A(T("b") "," T("c")) "," U(T("d")), NULL},
        {USER("a") "," SAID("") "," USER(" \\n") "," USER("b"), U(T("a") "," T("b")), NULL},
        {SYS("s"), U(T("s")), NULL},
        {USER("a") "," SAID("prefill"), U(T("a")) "," A(T("prefill")), NULL},
        /* one call, its result, and what the user says beside it */
        {USER("a") "," CALLS(CALL("c1", "{\\\"x\\\":1}")) "," TOOL("c1", "r"), U(T("a")) "," A(USE("c1", "{\"x\":1}")) "," U(RESULT("c1", T("r"))), NULL},
        {CALLS(CALL("c1", "")) "," USER("u") "," TOOL("c1", "r"), A(USE("c1", "{}")) "," U(RESULT("c1", T("r")) "," T("u")), NULL},
        {CALLS(CALL("c1", "null")) "," TOOL("c1", ""), A(USE("c1", "{}")) "," U(RESULT("c1", "")), NULL},
        /* parallel calls, answered in another order, in one message */
        {CALLS(CALL("c1", "{}") "," CALL("c2", "{}")) "," TOOL("c2", "r2") "," TOOL("c1", "r1"),
         A(USE("c1", "{}") "," USE("c2", "{}")) "," U(RESULT("c2", T("r2")) "," RESULT("c1", T("r1"))), NULL},
        {CALLS(CALL("c1", "{}")) "," CALLS(CALL("c2", "{}")) "," TOOL("c1", "r1") "," TOOL("c2", "r2"),
         A(USE("c1", "{}") "," USE("c2", "{}")) "," U(RESULT("c1", T("r1")) "," RESULT("c2", T("r2"))), NULL},
        /* ids that the service would refuse, and ones that come again */
        {CALLS(CALL("call:1.a", "{}")) "," TOOL("call:1.a", "r"), A(USE("call_1_a-6463ab49", "{}")) "," U(RESULT("call_1_a-6463ab49", T("r"))), NULL},
        {CALLS(CALL("c", "{}")) "," TOOL("c", "1") "," CALLS(CALL("c", "{}")) "," TOOL("c", "2"),
         A(USE("c", "{}")) "," U(RESULT("c", T("1"))) "," A(USE("c_2", "{}")) "," U(RESULT("c_2", T("2"))), NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *out, *want = arena_printf(a, "{\"model\":\"" MODEL "\",\"messages\":[%s]%s,\"max_tokens\":8192}", cases[i].to,
                                              cases[i].system ? arena_printf(a, ",\"system\":\"%s\"", cases[i].system) : "");
        must(write_chat(chat_of(cases[i].from), &out));
        if (strcmp(out, want) != 0)
            fail_msg("%s\n%s\nnot %s", cases[i].from, out, want);
    }
}

static void test_parts(void **state)
{
    (void)state;
#define PARTS(list) "{\"role\":\"user\",\"content\":[" list "]}"
#define IMAGE(url) "{\"type\":\"image_url\",\"image_url\":{\"url\":\"" url "\"}}"
#define FILE_OF(data) "{\"type\":\"file\",\"file\":{\"filename\":\"n.x\",\"file_data\":\"" data "\"}}"
    const struct { const char *from, *to; } cases[] = {
        {IMAGE("data:image/png;base64,QUJD"), "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"QUJD\"}}"},
        {IMAGE("https://h/x.png"), "{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://h/x.png\"}}"},
        {FILE_OF("data:application/pdf;base64,QUJD"),
         "{\"type\":\"document\",\"source\":{\"type\":\"base64\",\"media_type\":\"application/pdf\",\"data\":\"QUJD\"},\"title\":\"n.x\"}"},
        {FILE_OF("data:text/csv;base64,QUJD"),
         "{\"type\":\"document\",\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"ABC\"},\"title\":\"n.x\"}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *out, *want = arena_printf(a, "\"messages\":[" U(T("a") ",%s," T("b")) "]", cases[i].to);
        must(write_chat(chat_of(arena_printf(a, PARTS(T("a") ",%s," T("b")), cases[i].from)), &out));
        if (!strstr(out, want))
            fail_msg("%s\nwithout %s", out, want);
    }
    const struct { const char *message, *field; } bad[] = {
        {PARTS(IMAGE("data:image/bmp;base64,QUJD")), "messages[0].content"},
        {PARTS("{\"type\":\"input_audio\",\"input_audio\":{\"format\":\"wav\",\"data\":\"QUJD\"}}"), "messages[0].content"},
        {PARTS(FILE_OF("data:application/zip;base64,QUJD")), "messages[0].content"},
        {PARTS(FILE_OF("data:text/plain;base64,***")), "messages[0].content"},
        {CALLS(CALL("c", "[1]")), "tool_calls.function.arguments"},
        {CALLS(CALL("c", "{\\\"x\\\":")), "tool_calls.function.arguments"},
        {TOOL("c", "r"), "messages[0].tool_call_id"},
        {CALLS(CALL("c", "{}")) "," TOOL("d", "r"), "messages[1].tool_call_id"},
        {CALLS(CALL("c", "{}")) "," TOOL("c", "r") "," TOOL("c", "r"), "messages[2].tool_call_id"},
        {CALLS(CALL("c", "{}")) "," TOOL("c", "r") "," SAID("x") "," TOOL("c", "r"), "messages[3].tool_call_id"},
        {USER(" "), "messages"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *out;
        struct chat *chat = chat_of(bad[i].message);
        must_fail(write_chat(chat, &out), ERR_INPUT);
        if (strcmp(err.field, bad[i].field) != 0 || !*err.allowed)
            fail_msg("%s: field %s, allowed %s", bad[i].message, err.field, err.allowed);
    }
}

/* Results without ids are those of the calls of that name, in order. */
static void test_calls_without_ids(void **state)
{
    (void)state;
    struct chat *chat = chat_new(a);
    struct chat_message *m;
    const char *out;
    m = list_add(a, &chat->messages, sizeof(*m));
    m->role = CHAT_ASSISTANT;
    static const char *const names[] = {"f", "g", "f"};
    for (size_t i = 0; i < 3; i++)
        *(struct chat_tool_call *)list_add(a, &m->tool_calls, sizeof(struct chat_tool_call)) = (struct chat_tool_call){.name = names[i]};
    for (size_t i = 0; i < 3; i++) {
        static const char *const results[] = {"g", "f", "f"};
        m = list_add(a, &chat->messages, sizeof(*m));
        *m = (struct chat_message){.role = CHAT_TOOL, .name = results[i], .tool_failed = i == 2};
    }
    must(write_chat(chat, &out));
    const char *want = "[{\"type\":\"tool_result\",\"tool_use_id\":\"call_2\",\"content\":[]},{\"type\":\"tool_result\",\"tool_use_id\":\"call_1\",\"content\":[]},"
                       "{\"type\":\"tool_result\",\"tool_use_id\":\"call_3\",\"content\":[],\"is_error\":true}]";
    if (!strstr(out, want))
        fail_msg("%s", out);
}

static struct chat *with_thought(const char *text, const char *opaque, enum dialect by)
{
    struct chat *chat = chat_of(USER("a") "," SAID("b") "," USER("c"));
    struct chat_message *said = (struct chat_message *)chat->messages.items + 1;
    *(struct chat_thought *)list_add(a, &said->thoughts, sizeof(struct chat_thought)) = (struct chat_thought){text, opaque, by};
    return chat;
}

static void test_thoughts(void **state)
{
    (void)state;
    const struct { const char *text, *opaque; enum dialect by; const char *out, *dropped; } cases[] = {
        {"hm", "sig", DIALECT_ANTHROPIC, A("{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"sig\"}," T("b")), NULL},
        {"", "sig", DIALECT_ANTHROPIC, A("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"sig\"}," T("b")), NULL},
        {NULL, "data", DIALECT_ANTHROPIC, A("{\"type\":\"redacted_thinking\",\"data\":\"data\"}," T("b")), NULL},
        {"hm", "sig", DIALECT_GEMINI, A(T("b")), "reasoning"},
        {"hm", NULL, DIALECT_NONE, A(T("b")), "reasoning"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *out;
        must(write_chat(with_thought(cases[i].text, cases[i].opaque, cases[i].by), &out));
        if (!strstr(out, cases[i].out))
            fail_msg("case %zu: %s", i, out);
        assert_int_equal(target.dropped.n, cases[i].dropped != NULL);
        if (cases[i].dropped)
            assert_string_equal(((const char *const *)target.dropped.items)[0], cases[i].dropped);
    }
    /* Within a budget, the last calls must stand behind thoughts of this service. */
    for (int ours = 0; ours < 2; ours++) {
        struct chat *chat = chat_of(USER("a") "," CALLS(CALL("c", "{}")) "," TOOL("c", "r"));
        struct chat_message *said = (struct chat_message *)chat->messages.items + 1;
        const char *out;
        chat->effort = "high";
        if (ours)
            *(struct chat_thought *)list_add(a, &said->thoughts, sizeof(struct chat_thought)) = (struct chat_thought){"hm", "s", DIALECT_ANTHROPIC};
        must(write_chat(chat, &out));
        assert_true((strstr(out, "\"thinking\":{") != NULL) == ours);
    }
}

/* ---- ids ---- */

/* Any id becomes one that the service takes; the same for the same, another for another. */
static void test_ids(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int i = 0; i < 400; i++) {
        const char *one = random_text(&r, 90), *two = random_text(&r, 90);
        const char *x = anthropic_call_id(one, 1, a), *y = anthropic_call_id(two, 2, a);
        assert_true(*x && strlen(x) <= 64);
        for (const char *c = x; *c; c++)
            assert_true(strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", *c) != NULL);
        assert_string_equal(x, anthropic_call_id(one, 1, a));
        if (strcmp(one, two) != 0)
            assert_string_not_equal(x, y);
    }
    assert_string_equal(anthropic_call_id("toolu_01-A", 1, a), "toolu_01-A");
    assert_string_equal(anthropic_call_id(NULL, 3, a), "call_3");
    assert_string_equal(anthropic_call_id("", 3, a), "call_3");
}

/* ---- any conversation ---- */

static struct chat *chat_any(struct random *r)
{
    struct chat *chat = chat_new(a);
    size_t turns = 1 + random_below(r, 8);
    for (size_t i = 0; i < turns; i++) {
        struct chat_message *m = list_add(a, &chat->messages, sizeof(*m));
        struct chat_part part = {.type = PART_TEXT};
        size_t calls = random_below(r, 4);
        m->role = random_below(r, 5) ? random_below(r, 2) ? CHAT_USER : CHAT_ASSISTANT : CHAT_SYSTEM;
        part.text = random_below(r, 4) ? random_text(r, 20) : "";
        part.text_n = strlen(part.text);
        *(struct chat_part *)list_add(a, &m->parts, sizeof(part)) = part;
        if (m->role != CHAT_ASSISTANT || random_below(r, 2))
            continue;
        for (size_t k = 0; k < calls; k++)
            *(struct chat_tool_call *)list_add(a, &m->tool_calls, sizeof(struct chat_tool_call)) = (struct chat_tool_call){
                .id = random_below(r, 3) ? arena_printf(a, "c.%zu", k) : arena_printf(a, "x%zu_%zu", i, k), .name = "f"};
        struct list made = m->tool_calls;
        for (size_t k = 0; k < made.n; k++) {
            m = list_add(a, &chat->messages, sizeof(*m));
            *m = (struct chat_message){.role = CHAT_TOOL, .tool_call_id = ((const struct chat_tool_call *)made.items)[made.n - 1 - k].id};
        }
    }
    return chat;
}

/* Whether this id is that of exactly ${n} blocks of the type. */
static size_t blocks_with(struct json content, const char *type, const char *member, struct json id)
{
    size_t n = 0;
    for (struct json_walk w = json_walk(content); json_next(&w);)
        n += json_equal(json_member(w.value, "type"), type) && json_equal(json_member(w.value, member), json_string(id, a));
    return n;
}

/* Roles by turns, no empty message or text, every call answered once in the next message before any text, every id once. */
static void assert_takes(struct json messages)
{
    struct json before = {0};
    for (struct json_walk m = json_walk(messages); json_next(&m);) {
        struct json role = json_member(m.value, "role"), content = json_member(m.value, "content");
        bool text = false;
        assert_true(json_count(content) > 0);
        assert_true(!before.p || !json_equal(role, json_string(json_member(before, "role"), a)));
        for (struct json_walk b = json_walk(content); json_next(&b);) {
            struct json type = json_member(b.value, "type");
            if (json_equal(type, "text"))
                text = json_member(b.value, "text").n > 2 || (fail_msg("an empty text"), true);
            if (json_equal(type, "tool_result")) {
                assert_false(text);
                assert_int_equal(blocks_with(json_member(before, "content"), "tool_use", "id", json_member(b.value, "tool_use_id")), 1);
            }
        }
        for (struct json_walk b = json_walk(json_member(before, "content")); json_next(&b);)
            if (json_equal(json_member(b.value, "type"), "tool_use"))
                assert_int_equal(blocks_with(content, "tool_result", "tool_use_id", json_member(b.value, "id")), 1);
        before = m.value;
    }
}

static void test_any_conversation(void **state)
{
    (void)state;
    struct random r = random_start();
    size_t written = 0;
    for (int i = 0; i < 400; i++) {
        struct chat *chat = chat_any(&r);
        struct json body;
        const char *out;
        if (!write_chat(chat, &out)) {
            assert_int_equal(err.kind, ERR_INPUT);
            continue;
        }
        written++;
        must(json_check(bytes_of(out), &(struct json_limits){.allow_nul = true}, &body, &err));
        assert_takes(json_member(body, "messages"));
    }
    assert_true(written > 150);
}

/* ---- a caller of the same dialect ---- */

static void test_same(void **state)
{
    (void)state;
#define HEAD "\"max_tokens\":5,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024},\"unknown\":[1, 2]"
#define THINK(s) "{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"" s "\"}"
#define SEALED(s) "{\"type\":\"redacted_thinking\",\"data\":\"" s "\"}"
    const struct { const char *messages, *out; bool unthinking; } cases[] = {
        {U(T("a")) ", " A(THINK("own") "," T("b")), U(T("a")) ", " A(THINK("own") "," T("b")), false},
        {U(T("a")) "," A(THINK("mg1.anthropic.s") "," SEALED("mg1.anthropic.d") "," T("b")), U(T("a")) "," A(THINK("s") "," SEALED("d") "," T("b")), false},
        {U(T("a")) "," A(THINK("mg1.gemini.s") "," SEALED("mg1..d") "," T("b")), U(T("a")) "," A(T("b")), false},
        {U(T("a")) "," A(THINK("mg1.gemini.s")) "," U(T("b")), U(T("a")) "," U(T("b")), false},
        {U(T("\\\"mg1. is a mark")) ",{\"role\":\"user\",\"content\":\"mg1.\"}", U(T("\\\"mg1. is a mark")) ",{\"role\":\"user\",\"content\":\"mg1.\"}", false},
        {U(T("a")) "," A(THINK("mg1.gemini.s") "," USE("c", "{ }")) "," U(RESULT("c", "")), U(T("a")) "," A(USE("c", "{ }")) "," U(RESULT("c", "")), true},
        {A(THINK("mg1.gemini.s") "," USE("c", "{}")) "," U(RESULT("c", "")) "," A(THINK("mg1.anthropic.s") "," T("b")) "," U(T("c")),
         A(USE("c", "{}")) "," U(RESULT("c", "")) "," A(THINK("s") "," T("b")) "," U(T("c")), false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct chat *chat = chat_new(a);
        struct bytes body;
        const char *out, *want;
        chat->dialect = DIALECT_ANTHROPIC;
        must(json_check(bytes_of(arena_printf(a, "{" HEAD ",\"model\":\"m\",\"messages\":[%s]}", cases[i].messages)), NULL, &chat->raw, &err));
        target = (struct target){.provider = &provider, .model = MODEL};
        must(anthropic_write_same(&target, chat, a, &body, &err));
        out = arena_copy(a, body.p, body.n);
        want = arena_printf(a, "\"messages\":[%s]}", cases[i].out);
        if (!strstr(out, want) || !strstr(out, "\"unknown\":[1, 2]") || !strstr(out, "\"model\":\"" MODEL "\""))
            fail_msg("case %zu: %s\nnot %s", i, out, want);
        assert_true((strstr(out, "\"thinking\":{") == NULL) == cases[i].unthinking);
        assert_int_equal(target.dropped.n, cases[i].unthinking);
    }
}

static int begin(void **state)
{
    provider_types = all_provider_types;
    provider.type = provider_type_find("anthropic");
    return help_begin(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conversations),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_calls_without_ids),
        cmocka_unit_test(test_thoughts),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_any_conversation),
        cmocka_unit_test(test_same),
    };
    return cmocka_run_group_tests(tests, begin, help_end);
}
