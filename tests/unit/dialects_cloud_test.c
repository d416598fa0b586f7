/* SPDX-License-Identifier: MIT */
/* As dialects_test, for Gemini and Hunyuan: the same answer says the same whole and in frames cut anywhere. */
#include "base/json_write.h"
#include "meant.h"

/* What the pieces of an answer are written with. */
struct pen {
    struct buf buf;
    struct json_out out;
};

static void pen_begin(struct pen *pen)
{
    pen->buf = buf_new(a, 1 << 20);
    pen->out = json_out(&pen->buf);
}

static const char *pen_text(struct pen *pen)
{
    const char *text = NULL;
    must(buf_done(&pen->buf, &text, &err));
    return text;
}

/* ---- Gemini ---- */

static void gemini_text(struct json_out *out, const char *text, bool thought)
{
    json_begin_object(out);
    json_member_text(out, "text", text);
    if (thought)
        json_member_put_bool(out, "thought", true);
    json_end_object(out);
}

static void gemini_call(struct json_out *out, const struct meant *m, size_t i)
{
    json_begin_object(out);
    json_name(out, "functionCall");
    json_begin_object(out);
    json_member_text(out, "id", arena_printf(a, "c%zu", i));
    json_member_text(out, "name", m->call_name[i]);
    json_name(out, "args");
    json_put_raw(out, bytes_of(m->call_arguments[i]));
    json_end_object(out);
    json_end_object(out);
}

static void gemini_begin(struct json_out *out)
{
    json_begin_object(out);
    json_member_text(out, "modelVersion", "m");
    json_name(out, "candidates");
    json_begin_array(out);
    json_begin_object(out);
    json_name(out, "content");
    json_begin_object(out);
    json_name(out, "parts");
    json_begin_array(out);
}

/* ${end}: the reason and the counts, which may come in every event, the last ones count. */
static void gemini_end(struct json_out *out, const struct meant *m, bool end, int64_t spoken)
{
    json_end_array(out);
    json_end_object(out);
    if (end)
        json_member_text(out, "finishReason", strcmp(m->finish, "length") == 0 ? "MAX_TOKENS" : "STOP");
    json_end_object(out);
    json_end_array(out);
    if (m->usage) {
        json_name(out, "usageMetadata");
        json_begin_object(out);
        json_member_put_int(out, "promptTokenCount", m->in);
        json_member_put_int(out, "candidatesTokenCount", end ? m->out : spoken);
        json_end_object(out);
    }
    json_end_object(out);
}

static const char *gemini_whole(const struct meant *m)
{
    struct pen pen;
    pen_begin(&pen);
    gemini_begin(&pen.out);
    if (*m->reasoning)
        gemini_text(&pen.out, m->reasoning, true);
    if (*m->text)
        gemini_text(&pen.out, m->text, false);
    for (size_t i = 0; i < m->calls; i++)
        gemini_call(&pen.out, m, i);
    gemini_end(&pen.out, m, true, 0);
    return pen_text(&pen);
}

static void gemini_event(struct buf *wire, const struct meant *m, const char *text, bool thought, size_t call, bool end)
{
    struct pen pen;
    pen_begin(&pen);
    gemini_begin(&pen.out);
    if (text)
        gemini_text(&pen.out, text, thought);
    if (call < m->calls)
        gemini_call(&pen.out, m, call);
    gemini_end(&pen.out, m, end, 1);
    buf_printf(wire, "data: %s\r\n\r\n", pen_text(&pen));
}

static struct bytes gemini_wire(struct random *r, const struct meant *m)
{
    struct buf wire = buf_new(a, 1 << 20);
    for (size_t at = 0; at < strlen(m->reasoning);)
        gemini_event(&wire, m, piece(r, m->reasoning, &at), true, SIZE_MAX, false);
    for (size_t at = 0; at < strlen(m->text);)
        gemini_event(&wire, m, piece(r, m->text, &at), false, SIZE_MAX, random_below(r, 4) == 0);
    for (size_t i = 0; i < m->calls; i++)
        gemini_event(&wire, m, NULL, false, i, false);
    gemini_event(&wire, m, random_below(r, 2) ? "" : NULL, false, SIZE_MAX, true);
    return buf_view(&wire);
}

/* ---- Hunyuan ---- */

static void hunyuan_call(struct json_out *out, const struct meant *m, size_t i, const char *arguments)
{
    json_begin_object(out);
    json_member_put_int(out, "Index", (int64_t)i);
    json_member_text(out, "Id", arena_printf(a, "c%zu", i));
    json_name(out, "Function");
    json_begin_object(out);
    json_member_text(out, "Name", m->call_name[i]);
    json_member_text(out, "Arguments", arguments);
    json_end_object(out);
    json_end_object(out);
}

static void hunyuan_begin(struct json_out *out, const char *part)
{
    json_begin_object(out);
    json_name(out, "Choices");
    json_begin_array(out);
    json_begin_object(out);
    json_name(out, part);
    json_begin_object(out);
}

static void hunyuan_end(struct json_out *out, const struct meant *m, bool end)
{
    json_end_object(out);
    json_member_text(out, "FinishReason", end ? m->finish : "");
    json_end_object(out);
    json_end_array(out);
    if (m->usage) {
        json_name(out, "Usage");
        json_begin_object(out);
        json_member_put_int(out, "PromptTokens", m->in);
        json_member_put_int(out, "CompletionTokens", end ? m->out : 1);
        json_end_object(out);
    }
    json_end_object(out);
}

static const char *hunyuan_whole(const struct meant *m)
{
    struct pen pen;
    pen_begin(&pen);
    hunyuan_begin(&pen.out, "Message");
    json_member_text(&pen.out, "ReasoningContent", m->reasoning);
    json_member_text(&pen.out, "Content", m->text);
    json_name(&pen.out, "ToolCalls");
    json_begin_array(&pen.out);
    for (size_t i = 0; i < m->calls; i++)
        hunyuan_call(&pen.out, m, i, m->call_arguments[i]);
    json_end_array(&pen.out);
    hunyuan_end(&pen.out, m, true);
    return arena_printf(a, "{\"Response\":%s}", pen_text(&pen));
}

static void hunyuan_event(struct buf *wire, const struct meant *m, const char *name, const char *text, size_t call, bool end)
{
    struct pen pen;
    pen_begin(&pen);
    hunyuan_begin(&pen.out, "Delta");
    if (call < m->calls) {
        json_name(&pen.out, "ToolCalls");
        json_begin_array(&pen.out);
        hunyuan_call(&pen.out, m, call, text);
        json_end_array(&pen.out);
    } else {
        json_member_text(&pen.out, name, text);
    }
    hunyuan_end(&pen.out, m, end);
    buf_printf(wire, "data: %s\n\n", pen_text(&pen));
}

static struct bytes hunyuan_wire(struct random *r, const struct meant *m)
{
    struct buf wire = buf_new(a, 1 << 20);
    for (size_t at = 0; at < strlen(m->reasoning);)
        hunyuan_event(&wire, m, "ReasoningContent", piece(r, m->reasoning, &at), SIZE_MAX, false);
    for (size_t at = 0; at < strlen(m->text);)
        hunyuan_event(&wire, m, "Content", piece(r, m->text, &at), SIZE_MAX, false);
    for (size_t i = 0; i < m->calls; i++)
        for (size_t at = 0; at < strlen(m->call_arguments[i]);)
            hunyuan_event(&wire, m, "", piece(r, m->call_arguments[i], &at), i, false);
    hunyuan_event(&wire, m, "Content", "", SIZE_MAX, true);
    if (random_below(r, 3))
        buf_text(&wire, "data: [DONE]\n\n");
    return buf_view(&wire);
}

static void test_whole_and_cut_are_equal(void **state)
{
    (void)state;
    static const struct {
        const struct dialect_rules *rules;
        const char *(*whole)(const struct meant *);
        struct bytes (*wire)(struct random *, const struct meant *);
        bool nameless;                                       /* answers do not say their model */
    } dialects[] = {{&gemini_rules, gemini_whole, gemini_wire, false}, {&hunyuan_rules, hunyuan_whole, hunyuan_wire, true}};
    struct random r = random_start();
    for (int i = 0; i < 250; i++) {
        struct meant m = meant_any(&r);
        for (size_t d = 0; d < COUNT(dialects); d++) {
            struct heard *heard[3];
            struct bytes wire = dialects[d].wire(&r, &m);
            for (size_t k = 0; k < COUNT(heard); k++) {
                heard[k] = heard_new(dialects[d].rules, false);
                if (dialects[d].nameless)
                    heard[k]->reader.model = "m";
                must(k == 0 ? hear_whole(heard[k], dialects[d].whole(&m)) : hear_stream(heard[k], wire, k == 1 ? &r : NULL));
                assert_heard(heard[k], &m);
            }
        }
    }
}

/* A stream that ends anywhere before its last event is no answer. */
static void test_cut_short(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int i = 0; i < 150; i++) {
        struct meant m = meant_any(&r);
        struct bytes wire = hunyuan_wire(&r, &m);
        const char *last = arena_printf(a, "\"FinishReason\":\"%s\"", m.finish);
        const uint8_t *end = memmem(wire.p, wire.n, last, strlen(last));
        assert_non_null(end);
        wire.n = random_below(&r, (size_t)(end - wire.p));
        must_fail(hear_stream(heard_new(&hunyuan_rules, false), wire, &r), ERR_UPSTREAM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole_and_cut_are_equal), cmocka_unit_test(test_cut_short)};
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
