/* SPDX-License-Identifier: MIT */
#include "serve/anthropic_shape.h"

#include "base/arena.h"
#include "base/err.h"
#include "gate/thought.h"

enum { INPUT_MAX = 32 << 20 };

void anthropic_begin(struct json_out *out, const char *type)
{
    json_begin_object(out);
    json_member_text(out, "type", type);
}

void anthropic_put_text(struct json_out *out, struct bytes text)
{
    anthropic_begin(out, "text");
    json_plain_name(out, "text");
    json_put_bytes(out, text);
    json_member_text(out, "citations", NULL);
    json_end_object(out);
}

void anthropic_put_thinking(struct json_out *out, const char *text, const char *signature)
{
    anthropic_begin(out, "thinking");
    json_member_text(out, "thinking", text);
    json_member_text(out, "signature", signature);
    json_end_object(out);
}

void anthropic_put_redacted(struct json_out *out, const char *data)
{
    anthropic_begin(out, "redacted_thinking");
    json_member_text(out, "data", data);
    json_end_object(out);
}

void anthropic_put_tool_use(struct json_out *out, const char *id, const char *name, struct bytes input)
{
    anthropic_begin(out, "tool_use");
    json_member_text(out, "id", id);
    json_member_text(out, "name", name);
    json_plain_name(out, "input");
    json_put_raw(out, input);
    json_end_object(out);
}

const char *anthropic_signature(const char *opaque, struct arena *a)
{
    return opaque ? opaque : thought_tag(DIALECT_NONE, bytes_of(""), a);
}

const char *anthropic_call_mark(const char *opaque, struct arena *a)
{
    return arena_printf(a, ANTHROPIC_CALL_MARK "%s", opaque);
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct bytes anthropic_trim(struct bytes text)
{
    while (text.n && is_space(*text.p))
        text.p++, text.n--;
    while (text.n && is_space(text.p[text.n - 1]))
        text.n--;
    return text;
}

struct bytes anthropic_input(struct bytes arguments, struct arena *a)
{
    struct buf buf = buf_new(a, INPUT_MAX);
    struct json_out out = json_out(&buf);
    struct err ignored = {0};
    struct json input = {0};

    if (json_check(arguments, &(struct json_limits){.allow_nul = true}, &input, &ignored) && json_kind(input) == JSON_OBJECT)
        return json_bytes(input);
    json_begin_object(&out);
    if (anthropic_trim(arguments).n && json_kind(input) != JSON_NULL) {
        json_name(&out, "arguments");
        json_put_bytes(&out, arguments);
    }
    json_end_object(&out);
    return buf_view(&buf);
}

static void put_whole_call(struct json_out *out, const struct chat_tool_call *call)
{
    struct arena *a = out->buf->arena;

    if (call->opaque)
        anthropic_put_redacted(out, anthropic_call_mark(call->opaque, a));
    anthropic_put_tool_use(out, call->id, call->name, anthropic_input(bytes_of(call->arguments), a));
}

void anthropic_put_content(struct json_out *out, const struct chat_answer *answer)
{
    const struct chat_thought *thought = answer->thoughts.items;
    const struct chat_tool_call *call = answer->tool_calls.items;

    json_name(out, "content");
    json_begin_array(out);
    for (size_t i = 0; i < answer->thoughts.n; i++) {
        if (thought[i].text)
            anthropic_put_thinking(out, thought[i].text, anthropic_signature(thought[i].opaque, out->buf->arena));
        else
            anthropic_put_redacted(out, thought[i].opaque);
    }
    if (answer->text_n)
        anthropic_put_text(out, (struct bytes){(const uint8_t *)answer->text, answer->text_n});
    for (size_t i = 0; i < answer->tool_calls.n; i++)
        put_whole_call(out, &call[i]);
    json_end_array(out);
}
