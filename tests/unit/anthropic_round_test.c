/* SPDX-License-Identifier: MIT */
/* A request of Anthropic's shape, read into a chat, written again for Anthropic and read once more: nothing that has a place is lost. */
#include <math.h>

#include "base/json_write.h"
#include "gate/snapshot.h"
#include "gate_help.h"
#include "providers/providers.h"
#include "serve/anthropic_read.h"

/* ---- any request that the service would take ---- */

static void put_block(struct json_out *out, const char *type)
{
    json_begin_object(out);
    json_member_text(out, "type", type);
}

/* Of texts that are only white space the service would say no. */
static void put_text_block(struct json_out *out, struct random *r)
{
    put_block(out, "text");
    json_member_text(out, "text", arena_printf(a, "x%s", random_text(r, 12)));
    json_end_object(out);
}

static void put_media(struct json_out *out, struct random *r)
{
    bool is_image = random_below(r, 2), by_url = random_below(r, 2);
    put_block(out, is_image ? "image" : "document");
    if (!is_image && random_below(r, 2))
        json_member_text(out, "title", arena_printf(a, "t%s", random_text(r, 5)));
    json_name(out, "source");
    put_block(out, by_url ? "url" : "base64");
    if (by_url) {
        json_member_text(out, "url", arena_printf(a, "https://x.example/%zu.png", random_below(r, 99)));
    } else {
        json_member_text(out, "media_type", is_image ? "image/png" : "application/pdf");
        json_member_text(out, "data", random_below(r, 2) ? "QUJD" : "QUJDRA==");
    }
    json_end_object(out);
    json_end_object(out);
}

static void put_user(struct json_out *out, struct random *r, size_t first_call, size_t calls)
{
    json_begin_object(out);
    json_member_text(out, "role", "user");
    json_name(out, "content");
    json_begin_array(out);
    for (size_t i = 0; i < calls; i++) {
        put_block(out, "tool_result");
        json_member_text(out, "tool_use_id", arena_printf(a, "toolu_%zu", first_call + i));
        if (random_below(r, 3) == 0)
            json_member_put_bool(out, "is_error", true);
        json_name(out, "content");
        json_begin_array(out);
        put_text_block(out, r);
        json_end_array(out);
        json_end_object(out);
    }
    for (size_t n = (calls ? 0 : 1) + random_below(r, 3); n; n--) {
        if (random_below(r, 3))
            put_text_block(out, r);
        else
            put_media(out, r);
    }
    json_end_array(out);
    json_end_object(out);
}

static void put_assistant(struct json_out *out, struct random *r, size_t first_call, size_t calls)
{
    static const char *const inputs[] = {"{}", "{\"city\":\"北京\"}", "{\"a\":[1,{\"b\":null}]}"};
    json_begin_object(out);
    json_member_text(out, "role", "assistant");
    json_name(out, "content");
    json_begin_array(out);
    if (random_below(r, 3) == 0) {
        put_block(out, "thinking");
        json_member_text(out, "thinking", random_text(r, 9));
        json_member_text(out, "signature", "EqQBCgIYAhIM");
        json_end_object(out);
    }
    if (random_below(r, 6) == 0) {
        put_block(out, "redacted_thinking");
        json_member_text(out, "data", "EmwKAhgBEgy3");
        json_end_object(out);
    }
    if (!calls || random_below(r, 2))
        put_text_block(out, r);
    for (size_t i = 0; i < calls; i++) {
        put_block(out, "tool_use");
        json_member_text(out, "id", arena_printf(a, "toolu_%zu", first_call + i));
        json_member_text(out, "name", "look");
        json_name(out, "input");
        json_put_raw(out, bytes_of(inputs[random_below(r, COUNT(inputs))]));
        json_end_object(out);
    }
    json_end_array(out);
    json_end_object(out);
}

static void put_turns(struct json_out *out, struct random *r)
{
    size_t calls = 0, all = 0;
    json_name(out, "messages");
    json_begin_array(out);
    for (size_t turns = random_below(r, 5); turns; turns--) {
        put_user(out, r, all - calls, calls);
        calls = random_below(r, 2) ? random_below(r, 4) : 0;
        put_assistant(out, r, all, calls);
        all += calls;
    }
    put_user(out, r, all - calls, calls);
    json_end_array(out);
}

static void put_tools(struct json_out *out, struct random *r)
{
    static const char *const choices[] = {"{\"type\":\"auto\"}", "{\"type\":\"none\"}", "{\"type\":\"any\"}", "{\"type\":\"tool\",\"name\":\"look\"}",
                                          "{\"type\":\"auto\",\"disable_parallel_tool_use\":true}"};
    json_name(out, "tools");
    json_begin_array(out);
    put_block(out, "custom");
    json_member_text(out, "name", "look");
    if (random_below(r, 2))
        json_member_text(out, "description", random_text(r, 9));
    json_name(out, "input_schema");
    json_put_raw(out, bytes_of("{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}"));
    json_end_object(out);
    json_end_array(out);
    if (random_below(r, 2)) {
        json_name(out, "tool_choice");
        json_put_raw(out, bytes_of(choices[random_below(r, COUNT(choices))]));
    }
}

static struct bytes any_body(struct random *r)
{
    struct buf buf = buf_new(a, 1 << 20);
    struct json_out out = json_out(&buf);
    json_begin_object(&out);
    json_member_text(&out, "model", "m");
    json_member_put_int(&out, "max_tokens", 1 + (int64_t)random_below(r, 8000));
    json_member_put_bool(&out, "stream", random_below(r, 2));
    if (random_below(r, 2))
        json_member_text(&out, "system", arena_printf(a, "s%s", random_text(r, 20)));
    if (random_below(r, 2))
        put_tools(&out, r);
    if (random_below(r, 2)) {
        json_name(&out, "temperature");
        json_put_real(&out, (double)random_below(r, 11) / 10);
    }
    if (random_below(r, 3) == 0)
        json_member_put_int(&out, "top_k", 1 + (int64_t)random_below(r, 100));
    if (random_below(r, 3) == 0)
        json_name(&out, "stop_sequences"), json_put_raw(&out, bytes_of("[\"END\",\"月\"]"));
    if (random_below(r, 3) == 0)
        json_name(&out, "metadata"), json_put_raw(&out, bytes_of("{\"user_id\":\"u-1\"}"));
    if (random_below(r, 4) == 0)
        json_name(&out, "output_config"), json_put_raw(&out, bytes_of("{\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}}"));
    put_turns(&out, r);
    json_end_object(&out);
    return buf_view(&buf);
}

/* ---- all that a chat says, as a text ---- */

static void tell_message(struct buf *out, const struct chat_message *m)
{
    const struct chat_part *part = m->parts.items;
    const struct chat_thought *thought = m->thoughts.items;
    const struct chat_tool_call *call = m->tool_calls.items;
    buf_printf(out, "\n%d %s%s", (int)m->role, m->tool_call_id ? m->tool_call_id : "", m->tool_failed ? " failed" : "");
    for (size_t i = 0; i < m->thoughts.n; i++)
        buf_printf(out, " thought(%s|%s|%d)", thought[i].text ? thought[i].text : "-", thought[i].opaque ? thought[i].opaque : "-", (int)thought[i].by);
    for (size_t i = 0; i < m->parts.n; i++)
        buf_printf(out, " part(%d %.*s %s %s %.*s %s)", (int)part[i].type, (int)part[i].text_n, part[i].text ? part[i].text : "",
                   part[i].media_type ? part[i].media_type : "-", part[i].url ? part[i].url : "-", (int)part[i].data.n, (const char *)part[i].data.p,
                   part[i].name ? part[i].name : "-");
    for (size_t i = 0; i < m->tool_calls.n; i++)
        buf_printf(out, " call(%s %s %s)", call[i].id, call[i].name, call[i].arguments);
}

static const char *tell(const struct chat *chat)
{
    struct buf out = buf_new(a, 4 << 20);
    const struct chat_message *m = chat->messages.items;
    const struct chat_tool *tool = chat->tools.items;
    const char *text = NULL;
    buf_printf(&out, "%d %lld %g %lld %s %d %s %.*s %s", chat->stream, (long long)chat->max_tokens, chat->temperature, (long long)chat->top_k,
               chat->tool_choice ? chat->tool_choice : "-", chat->one_call, chat->format ? chat->format : "-", (int)chat->schema.n,
               chat->schema.p ? chat->schema.p : "", chat->user ? chat->user : "-");
    for (size_t i = 0; i < chat->stop.n; i++)
        buf_printf(&out, " stop(%s)", ((const char *const *)chat->stop.items)[i]);
    for (size_t i = 0; i < chat->tools.n; i++)
        buf_printf(&out, " tool(%s %s %.*s)", tool[i].name, tool[i].description ? tool[i].description : "-", (int)tool[i].parameters.n,
                   tool[i].parameters.p);
    for (size_t i = 0; i < chat->messages.n; i++)
        tell_message(&out, &m[i]);
    must(buf_done(&out, &text, &err));
    return text;
}

static struct chat *read_body(struct bytes text)
{
    struct chat *chat = chat_new(a);
    struct json body;
    must(json_check(text, NULL, &body, &err));
    must(anthropic_read(body, chat, a, &err));
    must(chat->parse(chat, a, &err));
    return chat;
}

static void test_nothing_is_lost(void **state)
{
    (void)state;
    static const struct provider_type type = {.name = "anthropic", .rules = &anthropic_rules};
    static const struct provider provider = {.id = "p", .name = "p", .base_url = "http://h", .type = &type};
    struct random r = random_start();
    for (int turn = 0; turn < 300; turn++) {
        struct bytes body = any_body(&r);
        struct chat *chat = read_body(body);
        struct target target = {.provider = &provider, .model = "m", .stream = chat->stream};
        struct http_request request = {0};
        const char *before = tell(chat);
        chat->dialect = DIALECT_NONE;                        /* as if another API had brought it */
        must(anthropic_rules.prepare(&target, chat, a, &request, &err));
        chat->stream = target.stream;
        assert_int_equal(target.dropped.n, 0);
        assert_int_equal(chat->dropped.n, 0);
        const char *after = tell(read_body(request.body));
        if (strcmp(before, after) != 0)
            fail_msg("turn %d\n%.*s\n%s\n%s", turn, (int)body.n, (const char *)body.p, before, after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_nothing_is_lost)};
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
