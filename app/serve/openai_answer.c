/* SPDX-License-Identifier: MIT */
#include "serve/openai_answer.h"

#include <string.h>

#include "base/arena.h"
#include "base/json_write.h"
#include "gate/thought.h"

enum { THOUGHT_MAX = 1 << 20 };          /* bytes of a thought that are kept to be signed; what is longer has no detail */

struct openai_answer openai_answer_new(const char *id, const char *model, int64_t created, bool include_usage, struct arena *a)
{
    return (struct openai_answer){.id = id, .model = model, .created = created, .include_usage = include_usage,
                                  .thought = buf_new(a, THOUGHT_MAX)};
}

void openai_event_begin(struct buf *buf)
{
    buf_add(buf, "data: ", 6);
}

void openai_event_end(struct buf *buf)
{
    buf_add(buf, "\n\n", 2);
}

void openai_put_head(const struct openai_answer *answer, const char *object, struct json_out *out)
{
    json_member_text(out, "id", answer->id);
    json_member_text(out, "object", object);
    json_member_put_int(out, "created", answer->created);
    json_member_text(out, "model", answer->model);
}

void openai_put_usage(const struct usage *usage, struct json_out *out)
{
    json_name(out, "usage");
    json_begin_object(out);
    json_member_put_int(out, "prompt_tokens", usage->in);
    json_member_put_int(out, "completion_tokens", usage->out);
    json_member_put_int(out, "total_tokens", usage->in + usage->out);
    json_name(out, "prompt_tokens_details");
    json_begin_object(out);
    json_member_put_int(out, "cached_tokens", usage->cached);
    json_member_put_int(out, "cache_write_tokens", usage->written + usage->written_long);
    if (usage->image)
        json_member_put_int(out, "image_tokens", usage->image);
    json_end_object(out);
    json_name(out, "completion_tokens_details");
    json_begin_object(out);
    json_member_put_int(out, "reasoning_tokens", usage->reasoning);
    json_end_object(out);
    json_end_object(out);
}

/* ---- streams ---- */

static struct json_out chunk_begin(const struct openai_answer *answer, struct buf *buf)
{
    struct json_out out = json_out(buf);

    openai_event_begin(buf);
    json_begin_object(&out);
    openai_put_head(answer, "chat.completion.chunk", &out);
    json_name(&out, "choices");
    json_begin_array(&out);
    json_begin_object(&out);
    json_member_put_int(&out, "index", 0);
    json_name(&out, "delta");
    json_begin_object(&out);
    return out;
}

static void chunk_end(const struct openai_answer *answer, struct json_out *out, const char *finish)
{
    json_end_object(out);
    json_member_text(out, "finish_reason", finish);
    json_end_object(out);
    json_end_array(out);
    if (answer->include_usage)
        json_name(out, "usage"), json_put_text(out, NULL);
    json_end_object(out);
    openai_event_end(out->buf);
}

static void say_role(struct openai_answer *answer, struct buf *buf)
{
    struct json_out out;

    if (answer->chosen)
        return;
    answer->chosen = true;
    out = chunk_begin(answer, buf);
    json_member_text(&out, "role", "assistant");
    json_member_text(&out, "content", "");
    chunk_end(answer, &out, NULL);
}

static void say_text(const struct openai_answer *answer, const char *name, struct bytes text, struct buf *buf)
{
    struct json_out out = chunk_begin(answer, buf);

    json_name(&out, name);
    json_put_bytes(&out, text);
    chunk_end(answer, &out, NULL);
}

static void put_function(struct json_out *out, const char *name, struct bytes arguments)
{
    json_name(out, "function");
    json_begin_object(out);
    if (name)
        json_member_text(out, "name", name);
    json_name(out, "arguments");
    json_put_bytes(out, arguments);
    json_end_object(out);
}

static void say_call(struct openai_answer *answer, const struct chat_event *event, struct buf *buf)
{
    bool first = event->index >= answer->calls;
    struct json_out out = chunk_begin(answer, buf);

    json_name(&out, "tool_calls");
    json_begin_array(&out);
    json_begin_object(&out);
    json_member_put_int(&out, "index", event->index);
    if (first) {
        answer->calls = event->index + 1;
        json_member_text(&out, "id", event->id ? event->id : "");
        json_member_text(&out, "type", "function");
    }
    put_function(&out, first ? event->name ? event->name : "" : NULL, event->arguments);
    if (first && event->opaque)
        thought_put(&out, event->opaque);
    json_end_object(&out);
    json_end_array(&out);
    chunk_end(answer, &out, NULL);
    if (event->arguments.n && event->index >= 0 && event->index < TOOL_CALLS_MAX)
        answer->argued[event->index / 64] |= (uint64_t)1 << event->index % 64;
}

/* A call without arguments has an empty object of them: programs parse the text. */
static void say_no_arguments(struct openai_answer *answer, struct buf *buf)
{
    for (int64_t i = 0; i < answer->calls && i < TOOL_CALLS_MAX; i++) {
        struct chat_event empty = {.type = EVENT_TOOL_CALL, .index = i, .arguments = bytes_of("{}")};

        if (!(answer->argued[i / 64] >> i % 64 & 1))
            say_call(answer, &empty, buf);
    }
}

/* ${text}: NULL for what was sealed whole. */
static void put_detail(struct json_out *out, const struct bytes *text, struct bytes opaque, int64_t index)
{
    json_begin_object(out);
    json_member_text(out, "type", text ? "reasoning.text" : "reasoning.encrypted");
    if (text) {
        json_name(out, "text");
        json_put_bytes(out, *text);
    }
    json_name(out, text ? "signature" : "data");
    json_put_bytes(out, opaque);
    json_member_put_int(out, "index", index);
    json_end_object(out);
}

static void say_detail(struct openai_answer *answer, const struct chat_event *event, struct buf *buf)
{
    struct bytes text = buf_view(&answer->thought);
    struct json_out out;

    if (!event->redacted && answer->thought.overflow) {
        buf_clear(&answer->thought);
        return;
    }
    out = chunk_begin(answer, buf);
    json_name(&out, "reasoning_details");
    json_begin_array(&out);
    put_detail(&out, event->redacted ? NULL : &text, event->text, answer->details++);
    json_end_array(&out);
    chunk_end(answer, &out, NULL);
    if (!event->redacted)
        buf_clear(&answer->thought);
}

void openai_answer_event(struct openai_answer *answer, const struct chat_event *event, struct buf *buf)
{
    struct json_out out;

    say_role(answer, buf);
    switch (event->type) {
    case EVENT_RAW:
        return;
    case EVENT_TEXT:
        say_text(answer, "content", event->text, buf);
        return;
    case EVENT_REASONING:
        buf_bytes(&answer->thought, event->text);
        say_text(answer, "reasoning_content", event->text, buf);
        return;
    case EVENT_OPAQUE:
        say_detail(answer, event, buf);
        return;
    case EVENT_TOOL_CALL:
        say_call(answer, event, buf);
        return;
    case EVENT_FINISH:
        say_no_arguments(answer, buf);
        out = chunk_begin(answer, buf);
        chunk_end(answer, &out, event->finish);
        return;
    }
}

void openai_answer_usage(const struct openai_answer *answer, const char *object, const struct usage *usage, struct buf *buf)
{
    struct json_out out = json_out(buf);

    openai_event_begin(buf);
    json_begin_object(&out);
    openai_put_head(answer, object, &out);
    json_name(&out, "choices");
    json_begin_array(&out);
    json_end_array(&out);
    openai_put_usage(usage, &out);
    json_end_object(&out);
    openai_event_end(buf);
}

/* ---- whole answers ---- */

static void put_reasoning(struct json_out *out, const struct chat_answer *answer)
{
    const struct chat_thought *thought = answer->thoughts.items;
    int64_t n = 0;

    if (answer->reasoning) {
        json_name(out, "reasoning_content");
        json_put_bytes(out, (struct bytes){(const uint8_t *)answer->reasoning, answer->reasoning_n});
    }
    for (size_t i = 0; i < answer->thoughts.n; i++) {
        struct bytes text = bytes_of(thought[i].text ? thought[i].text : "");

        if (!thought[i].opaque || text.n > THOUGHT_MAX)
            continue;
        if (!n)
            json_name(out, "reasoning_details"), json_begin_array(out);
        put_detail(out, thought[i].text ? &text : NULL, bytes_of(thought[i].opaque), n++);
    }
    if (n)
        json_end_array(out);
}

static void put_calls(struct json_out *out, struct list calls)
{
    const struct chat_tool_call *call = calls.items;

    if (!calls.n)
        return;
    json_name(out, "tool_calls");
    json_begin_array(out);
    for (size_t i = 0; i < calls.n; i++) {
        json_begin_object(out);
        json_member_text(out, "id", call[i].id);
        json_member_text(out, "type", "function");
        put_function(out, call[i].name, bytes_of(call[i].arguments));
        if (call[i].opaque)
            thought_put(out, call[i].opaque);
        json_end_object(out);
    }
    json_end_array(out);
}

static void put_message(struct json_out *out, const struct chat_answer *answer)
{
    json_name(out, "message");
    json_begin_object(out);
    json_member_text(out, "role", "assistant");
    json_name(out, "content");
    if (answer->text_n || !answer->tool_calls.n)
        json_put_bytes(out, (struct bytes){(const uint8_t *)answer->text, answer->text_n});
    else
        json_put_text(out, NULL);
    json_member_text(out, "refusal", NULL);
    put_reasoning(out, answer);
    put_calls(out, answer->tool_calls);
    json_end_object(out);
}

void openai_answer_whole(const struct openai_answer *answer, const struct chat_answer *said, const char *finish, const struct usage *usage,
                         struct buf *buf)
{
    struct json_out out = json_out(buf);

    json_begin_object(&out);
    openai_put_head(answer, "chat.completion", &out);
    json_name(&out, "choices");
    json_begin_array(&out);
    json_begin_object(&out);
    json_member_put_int(&out, "index", 0);
    put_message(&out, said);
    json_name(&out, "logprobs");
    json_put_text(&out, NULL);
    json_member_text(&out, "finish_reason", finish);
    json_end_object(&out);
    json_end_array(&out);
    openai_put_usage(usage, &out);
    json_end_object(&out);
}
