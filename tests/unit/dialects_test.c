/* SPDX-License-Identifier: MIT */
/* The same answer says the same whole and in frames cut anywhere, in every dialect. */
#include "base/json_write.h"
#include "meant.h"

static void put_openai_calls(struct json_out *out, const struct meant *m)
{
    json_name(out, "tool_calls");
    json_begin_array(out);
    for (size_t i = 0; i < m->calls; i++) {
        json_begin_object(out);
        json_member_put_int(out, "index", (int64_t)i);
        json_member_text(out, "id", arena_printf(a, "c%zu", i));
        json_name(out, "function");
        json_begin_object(out);
        json_member_text(out, "name", m->call_name[i]);
        json_member_text(out, "arguments", m->call_arguments[i]);
        json_end_object(out);
        json_end_object(out);
    }
    json_end_array(out);
}

static void put_openai_usage(struct json_out *out, const struct meant *m)
{
    json_name(out, "usage");
    json_begin_object(out);
    json_member_put_int(out, "prompt_tokens", m->in);
    json_member_put_int(out, "completion_tokens", m->out);
    json_end_object(out);
}

static const char *openai_whole(const struct meant *m)
{
    struct buf buf = buf_new(a, 1 << 20);
    struct json_out out = json_out(&buf);
    const char *text = NULL;
    json_begin_object(&out);
    json_member_text(&out, "model", "m");
    json_name(&out, "choices");
    json_begin_array(&out);
    json_begin_object(&out);
    json_name(&out, "message");
    json_begin_object(&out);
    json_member_text(&out, "content", *m->text ? m->text : NULL);
    if (*m->reasoning)
        json_member_text(&out, "reasoning_content", m->reasoning);
    if (m->calls)
        put_openai_calls(&out, m);
    json_end_object(&out);
    json_member_text(&out, "finish_reason", m->finish);
    json_end_object(&out);
    json_end_array(&out);
    if (m->usage)
        put_openai_usage(&out, m);
    json_end_object(&out);
    must(buf_done(&buf, &text, &err));
    return text;
}

/* One event: a delta with one text, or a piece of a call's arguments, or how it ended. */
static void openai_event(struct buf *wire, const char *name, const char *text, int64_t call, const struct meant *m)
{
    struct json_out out = json_out(wire);
    buf_text(wire, "data: ");
    json_begin_object(&out);
    json_member_text(&out, "model", "m");
    json_name(&out, "choices");
    json_begin_array(&out);
    json_begin_object(&out);
    json_name(&out, "delta");
    json_begin_object(&out);
    if (call >= 0) {
        json_name(&out, "tool_calls");
        json_begin_array(&out);
        json_begin_object(&out);
        json_member_put_int(&out, "index", call);
        if (m)
            json_member_text(&out, "id", arena_printf(a, "c%zu", (size_t)call));
        json_name(&out, "function");
        json_begin_object(&out);
        if (m)
            json_member_text(&out, "name", m->call_name[call]);
        json_member_text(&out, "arguments", text);
        json_end_object(&out);
        json_end_object(&out);
        json_end_array(&out);
    } else if (name) {
        json_member_text(&out, name, text);
    }
    json_end_object(&out);
    json_member_text(&out, "finish_reason", name ? NULL : text);
    json_end_object(&out);
    json_end_array(&out);
    json_end_object(&out);
    buf_text(wire, "\n\n");
}

static struct bytes openai_wire(struct random *r, const struct meant *m)
{
    struct buf wire = buf_new(a, 1 << 20);
    struct json_out out;
    size_t at = 0, said = 0;
    while (said < strlen(m->reasoning))
        openai_event(&wire, "reasoning_content", piece(r, m->reasoning, &said), -1, NULL);
    while (at < strlen(m->text))
        openai_event(&wire, "content", piece(r, m->text, &at), -1, NULL);
    for (size_t i = 0; i < m->calls; i++) {
        openai_event(&wire, "tool_calls", "", (int64_t)i, m);
        for (at = 0; at < strlen(m->call_arguments[i]);)
            openai_event(&wire, "tool_calls", piece(r, m->call_arguments[i], &at), (int64_t)i, NULL);
        if (random_below(r, 2))
            buf_text(&wire, ": a comment\n\n");
    }
    openai_event(&wire, NULL, m->finish, -1, NULL);
    if (m->usage) {
        buf_text(&wire, "data: ");
        out = json_out(&wire);
        json_begin_object(&out);
        json_name(&out, "choices");
        json_begin_array(&out);
        json_end_array(&out);
        put_openai_usage(&out, m);
        json_end_object(&out);
        buf_text(&wire, "\r\n\r\n");
    }
    if (random_below(r, 3))
        buf_text(&wire, "data: [DONE]\n\n");
    return buf_view(&wire);
}

static void ollama_line(struct buf *wire, const struct meant *m, const char *text, const char *reasoning, bool calls, bool done)
{
    struct json_out out = json_out(wire);
    json_begin_object(&out);
    json_member_text(&out, "model", "m");
    json_name(&out, "message");
    json_begin_object(&out);
    json_member_text(&out, "content", text);
    if (*reasoning)
        json_member_text(&out, "thinking", reasoning);
    if (calls && m->calls) {
        json_name(&out, "tool_calls");
        json_begin_array(&out);
        for (size_t i = 0; i < m->calls; i++) {
            json_begin_object(&out);
            json_member_text(&out, "id", arena_printf(a, "c%zu", i));
            json_name(&out, "function");
            json_begin_object(&out);
            json_member_text(&out, "name", m->call_name[i]);
            json_name(&out, "arguments");
            json_put_raw(&out, bytes_of(m->call_arguments[i]));
            json_end_object(&out);
            json_end_object(&out);
        }
        json_end_array(&out);
    }
    json_end_object(&out);
    json_member_put_bool(&out, "done", done);
    if (done) {
        json_member_text(&out, "done_reason", strcmp(m->finish, "length") == 0 ? "length" : "stop");
        if (m->usage) {
            json_member_put_int(&out, "prompt_eval_count", m->in);
            json_member_put_int(&out, "eval_count", m->out);
        }
    }
    json_end_object(&out);
    buf_char(wire, '\n');
}

static const char *ollama_whole(const struct meant *m)
{
    struct buf wire = buf_new(a, 1 << 20);
    const char *text = NULL;
    ollama_line(&wire, m, m->text, m->reasoning, true, true);
    must(buf_done(&wire, &text, &err));
    return text;
}

static struct bytes ollama_wire(struct random *r, const struct meant *m)
{
    struct buf wire = buf_new(a, 1 << 20);
    size_t at = 0, said = 0;
    while (said < strlen(m->reasoning))
        ollama_line(&wire, m, "", piece(r, m->reasoning, &said), false, false);
    while (at < strlen(m->text))
        ollama_line(&wire, m, piece(r, m->text, &at), "", false, false);
    if (m->calls)
        ollama_line(&wire, m, "", "", true, false);
    ollama_line(&wire, m, "", "", false, true);
    if (random_below(r, 2))
        wire.n--;                                            /* the last line need not end */
    return buf_view(&wire);
}

static void test_whole_and_cut_are_equal(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int i = 0; i < 250; i++) {
        struct meant m = meant_any(&r);
        for (int ollama = 0; ollama < 2; ollama++) {
            const struct dialect_rules *rules = ollama ? &ollama_rules : &openai_rules;
            struct heard *whole = heard_new(rules, false), *cut = heard_new(rules, false), *once = heard_new(rules, false);
            struct bytes wire = ollama ? ollama_wire(&r, &m) : openai_wire(&r, &m);
            must(hear_whole(whole, ollama ? ollama_whole(&m) : openai_whole(&m)));
            assert_heard(whole, &m);
            must(hear_stream(cut, wire, &r));
            assert_heard(cut, &m);
            must(hear_stream(once, wire, NULL));
            assert_heard(once, &m);
            assert_int_equal(estimate_tokens(&whole->reader.said), estimate_tokens(&cut->reader.said));
            assert_true(cut->reader.ended || cut->reader.finish);
        }
    }
}

/* To the same dialect: the frames that pass are those that came, whatever the cuts, and the facts are the same as when translated. */
static void test_same_dialect_keeps_the_facts(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int i = 0; i < 120; i++) {
        struct meant m = meant_any(&r);
        struct bytes wire = openai_wire(&r, &m);
        struct heard *one = heard_new(&openai_rules, true), *two = heard_new(&openai_rules, true);
        one->chat.include_usage = two->chat.include_usage = random_below(&r, 2);
        must(hear_stream(one, wire, NULL));
        must(hear_stream(two, wire, &r));
        assert_string_equal(heard_text(&one->raw), heard_text(&two->raw));
        assert_int_equal(one->events, one->raws);
        assert_string_equal(one->reader.finish, m.finish);
        assert_int_equal(one->reader.tool_calls, m.calls);
        assert_true(one->reader.usage.known == m.usage);
        assert_int_equal(one->reader.usage.out, m.usage ? m.out : 0);
        assert_true(!*m.text || one->reader.text_bytes > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_and_cut_are_equal),
        cmocka_unit_test(test_same_dialect_keeps_the_facts),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
