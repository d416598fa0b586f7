/* SPDX-License-Identifier: MIT */
#include "providers/openai_same_messages.h"

#include <string.h>

#include "base/arena.h"
#include "gate/thought.h"

/* Whether ${value} of a field ${name} must change; what it becomes is written where ${out} is not NULL. */
static bool fit_member(const struct openai_fit *, struct json_out *out, struct json name, struct json value, bool marked);

static bool is_marked(struct json value, bool marked)
{
    return marked && thought_marked(json_bytes(value));
}

/* The base64 in a data: URL; p == NULL if it is none. */
static struct json data_of(const struct openai_fit *f, struct json url)
{
    struct bytes text = json_escaped(url);
    const char *comma = f->ways->raw_images && json_kind(url) == JSON_STRING && text.n > 5 && memcmp(text.p, "data:", 5) == 0
        ? memchr(text.p, ',', text.n < 256 ? text.n : 256) : NULL;

    return comma ? (struct json){comma + 1, text.n - (size_t)(comma + 1 - (const char *)text.p)} : (struct json){0};
}

/* {"type":"image_url","image_url":{"url":"data:…"}}: the slice keeps its escapes, so it is quoted again, not escaped. */
static void write_image(const struct openai_fit *f, struct json_out *out, struct json image)
{
    struct json_walk w = json_walk(image);
    struct json data = data_of(f, json_member(image, "url"));

    json_begin_object(out);
    while (json_next(&w)) {
        if (!json_equal(w.name, "url")) {
            json_put_pair(out, w.name, w.value);
            continue;
        }
        json_name(out, "url");
        json_put_raw(out, bytes_of("\""));
        buf_add(out->buf, data.p, data.n);
        buf_char(out->buf, '"');
    }
    json_end_object(out);
}

static bool fit_content(const struct openai_fit *f, struct json_out *out, struct json content)
{
    struct json_walk w = json_walk(content);
    bool changed = false;

    if (json_kind(content) != JSON_ARRAY)
        return false;
    if (out)
        json_begin_array(out);
    while (json_next(&w)) {
        struct json image = json_member(w.value, "image_url");
        bool raw = data_of(f, json_member(image, "url")).p;

        changed |= raw;
        if (out && raw) {
            struct json_walk member = json_walk(w.value);

            json_begin_object(out);
            while (json_next(&member))
                if (json_equal(member.name, "image_url")) {
                    json_name(out, "image_url");
                    write_image(f, out, member.value);
                } else {
                    json_put_pair(out, member.name, member.value);
                }
            json_end_object(out);
        } else if (out) {
            json_put_raw(out, json_bytes(w.value));
        }
    }
    if (out)
        json_end_array(out);
    return changed;
}

static bool fit_id_member(const struct openai_fit *f, struct json_out *out, const char *name, struct json value)
{
    const char *id = json_string(value, f->arena);

    if (!f->ways->short_ids || !id || fit_id(f, id) == id)
        return false;
    if (out)
        json_member_text(out, name, fit_id(f, id));
    return true;
}

/* extra_content and reasoning_details with a mark: to its maker as it was, else left out. */
static void write_marked(const struct openai_fit *f, struct json_out *out, struct json name, struct json value)
{
    const char *signature = json_string(json_at(value, "google.thought_signature"), f->arena), *opaque = NULL;
    enum dialect by = DIALECT_NONE;

    if (signature)
        opaque = thought_read(signature, DIALECT_GEMINI, &by);
    if (!opaque || by != DIALECT_GEMINI || !f->ways->signatures) {
        target_drop(f->target, f->arena, json_string(name, f->arena));
        return;
    }
    thought_put(out, opaque);
}

/* What a model thought before its calls, which the service wants back: a blank where the caller has not kept it. */
static bool fit_thoughts(const struct openai_fit *f, struct json_out *out, struct json message)
{
    struct json kept = json_member(message, "reasoning");

    if (f->ways->thoughts != THOUGHTS_NEEDED || !json_count(json_member(message, "tool_calls")) || json_member(message, "reasoning_content").p)
        return false;
    if (!out)
        return true;
    json_name(out, "reasoning_content");
    json_put_raw(out, json_kind(kept) == JSON_STRING ? json_bytes(kept) : bytes_of("\" \""));
    return true;
}

/* An object of the messages: a message, or a call. */
static bool fit_object(const struct openai_fit *f, struct json_out *out, struct json object, bool marked)
{
    struct json_walk w = json_walk(object);
    bool changed = false;

    if (json_kind(object) != JSON_OBJECT)
        return false;
    if (out)
        json_begin_object(out);
    while (json_next(&w)) {
        bool other = fit_member(f, out, w.name, w.value, marked);

        changed |= other;
        if (out && !other)
            json_put_pair(out, w.name, w.value);
    }
    changed |= fit_thoughts(f, out, object);
    if (out)
        json_end_object(out);
    return changed;
}

static bool fit_calls(const struct openai_fit *f, struct json_out *out, struct json calls, bool marked)
{
    struct json_walk w = json_walk(calls);
    bool changed = false;

    if (json_kind(calls) != JSON_ARRAY)
        return false;
    while (json_next(&w))
        changed |= fit_object(f, NULL, w.value, marked);
    if (!changed || !out)
        return changed;
    json_name(out, "tool_calls");
    json_begin_array(out);
    w = json_walk(calls);
    while (json_next(&w))
        if (json_kind(w.value) == JSON_OBJECT)
            fit_object(f, out, w.value, marked);
        else
            json_put_raw(out, json_bytes(w.value));
    json_end_array(out);
    return true;
}

static bool fit_member(const struct openai_fit *f, struct json_out *out, struct json name, struct json value, bool marked)
{
    struct bytes word = json_escaped(name);

    if (openai_word_in(f->ways->message_drop, (const char *)word.p, word.n)) {
        if (out && json_kind(value) != JSON_NULL)
            target_drop(f->target, f->arena, arena_printf(f->arena, "messages.%.*s", (int)word.n, (const char *)word.p));
        return true;
    }
    if (f->ways->no_developer && json_equal(name, "role") && json_equal(value, "developer")) {
        if (out)
            json_member_text(out, "role", "system");
        return true;
    }
    if (json_equal(name, "tool_call_id") || json_equal(name, "id"))
        return fit_id_member(f, out, json_equal(name, "id") ? "id" : "tool_call_id", value);
    if (json_equal(name, "tool_calls"))
        return fit_calls(f, out, value, marked);
    if (json_equal(name, "content") && f->ways->raw_images && fit_content(f, NULL, value)) {
        if (out) {
            json_name(out, "content");
            fit_content(f, out, value);
        }
        return true;
    }
    if ((json_equal(name, "extra_content") || json_equal(name, "reasoning_details")) && is_marked(value, marked)) {
        if (out)
            write_marked(f, out, name, value);
        return true;
    }
    return false;
}

bool messages_stay(const struct openai_fit *f, struct json messages, bool marked)
{
    struct json_walk w = json_walk(messages);

    if (!marked && f->ways->thoughts != THOUGHTS_NEEDED && !f->ways->message_drop && !f->ways->no_developer && !f->ways->short_ids && !f->ways->raw_images)
        return true;
    while (json_next(&w))
        if (fit_object(f, NULL, w.value, marked))
            return false;
    return true;
}

void messages_write(const struct openai_fit *f, struct json_out *out, struct json messages, bool marked)
{
    struct json_walk w = json_walk(messages);

    json_name(out, "messages");
    json_begin_array(out);
    while (json_next(&w))
        if (json_kind(w.value) == JSON_OBJECT && fit_object(f, NULL, w.value, marked))
            fit_object(f, out, w.value, marked);
        else
            json_put_raw(out, json_bytes(w.value));
    json_end_array(out);
}
