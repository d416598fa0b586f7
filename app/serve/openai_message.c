/* SPDX-License-Identifier: MIT */
#include "serve/openai_message.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "gate/thought.h"
#include "serve/part.h"
#include "serve/shape.h"

enum { DETAILS_MAX = 10000, THOUGHT_MAX = 64 << 20, NAMED_MAX = 1024 /* calls that are looked through for a name */ };

static const char *const roles[] = {"system", "developer", "user", "assistant", "tool", "function", NULL};

/* One message being read. */
struct reading {
    struct chat *chat;
    struct arena *arena;
    struct json value;
    const char *field;                   /* "messages[3]" */
    struct chat_message *message;
    size_t called;                       /* position + 1 of the last message with calls; 0 = none */
    size_t results;                      /* messages of tools since then */
    struct buf thought;                  /* the text of the last thought, while pieces of it follow */
};

static bool check_message(struct json message, const char *list, size_t i, struct arena *a, struct err *err)
{
    struct json role = json_member(message, "role"), content = json_member(message, "content");
    const char *word = json_string(role, a);

    if (json_kind(message) != JSON_OBJECT)
        return fail_field(err, arena_printf(a, "%s[%zu]", list, i), "", "object");
    for (size_t k = 0; word && roles[k]; k++) {
        if (strcmp(word, roles[k]) != 0)
            continue;
        if (content.p && json_kind(content) != JSON_STRING && json_kind(content) != JSON_ARRAY && json_kind(content) != JSON_NULL)
            return fail_field(err, arena_printf(a, "%s[%zu].content", list, i), shape_excerpt(content, a), "string, array");
        if (!content.p && strcmp(word, "assistant") != 0)
            return fail_field(err, arena_printf(a, "%s[%zu].content", list, i), "", "string, array");
        return true;
    }
    return fail_field(err, arena_printf(a, "%s[%zu].role", list, i), shape_excerpt(role, a), "system, developer, user, assistant, tool");
}

bool openai_messages_check(struct json list, const char *field, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(list);

    while (json_next(&w))
        if (!check_message(w.value, field, w.i, a, err))
            return false;
    return true;
}

/* ---- content ---- */

static bool read_audio(struct json audio, const char *field, struct chat_part *part, struct arena *a, struct err *err)
{
    static const char *const formats[] = {"wav", "mp3", NULL};
    struct json data = json_member(audio, "data");
    const char *format = NULL;
    size_t n;

    if (json_kind(data) != JSON_STRING)
        return fail_field(err, arena_printf(a, "%s.data", field), shape_excerpt(data, a), "string");
    if (!part_word(json_member(audio, "format"), formats, arena_printf(a, "%s.format", field), &format, a, err))
        return false;
    if (!format)
        return fail_field(err, arena_printf(a, "%s.format", field), "", "wav, mp3");
    part->type = PART_AUDIO;
    part->media_type = arena_printf(a, "audio/%s", format);
    part->data.p = (const uint8_t *)json_text(data, a, &n);
    part->data.n = n;
    return true;
}

static bool read_text(struct json text, const char *field, struct chat_part *part, struct arena *a, struct err *err)
{
    part->text = json_text(text, a, &part->text_n);
    return part->text || fail_field(err, field, shape_excerpt(text, a), "string");
}

static bool read_part(struct reading *r, struct json value, const char *field, struct err *err)
{
    struct json type = json_member(value, "type");
    struct arena *a = r->arena;
    struct chat_part part = {0};
    bool ok;

    if (json_equal(type, "text"))
        ok = read_text(json_member(value, "text"), arena_printf(a, "%s.text", field), &part, a, err);
    else if (json_equal(type, "refusal"))
        ok = read_text(json_member(value, "refusal"), arena_printf(a, "%s.refusal", field), &part, a, err);
    else if (json_equal(type, "image_url"))
        ok = part_image(json_at(value, "image_url.url"), arena_printf(a, "%s.image_url.url", field), &part, a, err);
    else if (json_equal(type, "input_audio"))
        ok = read_audio(json_member(value, "input_audio"), arena_printf(a, "%s.input_audio", field), &part, a, err);
    else if (json_equal(type, "file"))
        ok = part_file(json_member(value, "file"), arena_printf(a, "%s.file", field), &part, a, err);
    else
        return part_refuse(err, arena_printf(a, "%s.type", field), type, "text, image_url, input_audio, file", a);
    if (!ok)
        return false;
    if (part.type == PART_IMAGE)
        part.detail = json_string(json_at(value, "image_url.detail"), a);
    if (json_member(value, "prompt_cache_breakpoint").p)
        chat_drop(r->chat, a, arena_printf(a, "%s.prompt_cache_breakpoint", field));
    part_add(r->message, &part, a);
    return true;
}

static bool read_content(struct reading *r, struct err *err)
{
    struct json content = json_member(r->value, "content"), refusal = json_member(r->value, "refusal");
    struct json_walk w = json_walk(content);

    if (json_kind(content) == JSON_STRING)
        part_text(r->message, content, r->arena);
    else if (json_kind(refusal) == JSON_STRING && json_kind(content) != JSON_ARRAY)      /* what was said instead of an answer */
        part_text(r->message, refusal, r->arena);
    if (json_kind(content) != JSON_ARRAY)
        return true;
    while (json_next(&w))
        if (!read_part(r, w.value, arena_printf(r->arena, "%s.content[%zu]", r->field, w.i), err))
            return false;
    return true;
}

/* ---- reasoning ---- */

static struct chat_thought *add_thought(struct reading *r, const char *text, const char *opaque)
{
    struct chat_thought *thought = list_add(r->arena, &r->message->thoughts, sizeof(*thought));

    thought->text = text;
    if (opaque)
        thought->opaque = thought_read(opaque, DIALECT_NONE, &thought->by);
    return thought;
}

/* One entry of reasoning_details. Clients that keep a stream's entries as they came have a thought in pieces of the same index. */
static void read_detail(struct reading *r, struct json entry, int64_t *index)
{
    const char *text = json_string(json_member(entry, "text"), r->arena), *data = json_string(json_member(entry, "data"), r->arena);
    const char *signature = json_string(json_member(entry, "signature"), r->arena);
    struct list *thoughts = &r->message->thoughts;
    struct chat_thought *last = thoughts->n ? (struct chat_thought *)thoughts->items + thoughts->n - 1 : NULL;
    int64_t at = json_member_int(entry, "index", -1);

    if (!text)
        text = json_string(json_member(entry, "summary"), r->arena);
    if (data) {
        add_thought(r, NULL, data);
    } else if (at >= 0 && at == *index && last && last->text && !last->opaque) {
        if (text)
            buf_text(&r->thought, text);
        last->text = r->thought.n ? r->thought.p : "";
        if (signature)
            last->opaque = thought_read(signature, DIALECT_NONE, &last->by);
    } else if (text || signature) {
        r->thought = buf_new(r->arena, THOUGHT_MAX);
        buf_text(&r->thought, text ? text : "");
        add_thought(r, r->thought.n ? r->thought.p : "", signature);
    }
    *index = data ? -1 : at;
}

static bool details_say(struct json details)
{
    struct json_walk w = json_walk(details);

    while (json_next(&w))
        if (json_member(w.value, "text").p || json_member(w.value, "summary").p)
            return true;
    return false;
}

static void read_thoughts(struct reading *r)
{
    struct json details = json_member(r->value, "reasoning_details"), content = part_given(r->value, "reasoning_content");
    struct json_walk w = json_walk(json_kind(details) == JSON_ARRAY ? details : (struct json){0});
    const char *text = json_string(content.p ? content : json_member(r->value, "reasoning"), r->arena);
    int64_t index = -1;

    if (text && *text && !details_say(details))
        add_thought(r, text, NULL);
    while (json_next(&w) && w.i < DETAILS_MAX)
        if (json_kind(w.value) == JSON_OBJECT)
            read_detail(r, w.value, &index);
}

/* ---- calls ---- */

static bool read_call(struct reading *r, struct json value, const char *id, struct json function, const char *field, struct err *err)
{
    struct json signature = json_at(value, "extra_content.google.thought_signature");
    const char *opaque = json_string(signature, r->arena);
    struct chat_tool_call call = {
        .id = id && *id ? id : arena_printf(r->arena, "call_%zu_%zu", r->chat->messages.n - 1, r->message->tool_calls.n),
        .name = json_string(json_member(function, "name"), r->arena),
        .arguments = json_string(json_member(function, "arguments"), r->arena),
    };

    if (!call.name)
        return fail_field(err, arena_printf(r->arena, "%s.name", field), "", "string");
    if (!call.arguments || !*call.arguments)
        call.arguments = "{}";
    if (opaque)                                              /* unmarked it is Gemini's own, of its door in this dialect */
        call.opaque = thought_read(opaque, DIALECT_GEMINI, &call.by);
    *(struct chat_tool_call *)list_add(r->arena, &r->message->tool_calls, sizeof(call)) = call;
    return true;
}

static bool read_tool_calls(struct reading *r, struct err *err)
{
    struct json_walk w = json_walk(json_member(r->value, "tool_calls"));
    struct json function = part_given(r->value, "function_call");

    while (json_next(&w)) {
        const char *field = arena_printf(r->arena, "%s.tool_calls[%zu]", r->field, w.i);
        struct json type = json_member(w.value, "type");

        if (json_kind(type) == JSON_STRING && !json_equal(type, "function"))
            return part_refuse(err, arena_printf(r->arena, "%s.type", field), type, "function", r->arena);
        if (!read_call(r, w.value, json_string(json_member(w.value, "id"), r->arena), json_member(w.value, "function"),
                       arena_printf(r->arena, "%s.function", field), err))
            return false;
    }
    if (!function.p)
        return true;
    return read_call(r, r->value, NULL, function, arena_printf(r->arena, "%s.function_call", r->field), err);
}

/* ---- messages ---- */

static enum chat_role role_of_word(struct json role)
{
    if (json_equal(role, "system") || json_equal(role, "developer"))
        return CHAT_SYSTEM;
    if (json_equal(role, "assistant"))
        return CHAT_ASSISTANT;
    return json_equal(role, "tool") || json_equal(role, "function") ? CHAT_TOOL : CHAT_USER;
}

/* Which call a tool answers that does not say so: the one of its name (as the deprecated functions did), else the next. */
static const char *call_answered(const struct reading *r, const char *name)
{
    const struct chat_message *messages = r->chat->messages.items;
    struct list calls = r->called ? messages[r->called - 1].tool_calls : (struct list){0};
    const struct chat_tool_call *call = calls.items;

    for (size_t i = 0; name && i < calls.n && i < NAMED_MAX; i++)
        if (strcmp(call[i].name, name) == 0)
            return call[i].id;
    return r->results < calls.n ? call[r->results].id : NULL;
}

static bool read_result_id(struct reading *r, struct chat_message *m, struct err *err)
{
    if (!m->tool_call_id || !*m->tool_call_id)
        m->tool_call_id = call_answered(r, m->name);
    r->results++;
    return m->tool_call_id || fail_field_as(err, "error.missing_field", arena_printf(r->arena, "%s.tool_call_id", r->field), "", "string");
}

static bool read_message(struct reading *r, struct err *err)
{
    struct json audio = part_given(r->value, "audio");
    struct chat_message *m;

    m = r->message = part_message(r->chat, role_of_word(json_member(r->value, "role")), r->arena);
    m->name = json_string(json_member(r->value, "name"), r->arena);
    m->tool_call_id = json_string(json_member(r->value, "tool_call_id"), r->arena);
    if (m->role == CHAT_TOOL && !read_result_id(r, m, err))
        return false;
    if (audio.p)
        return part_refuse(err, arena_printf(r->arena, "%s.audio", r->field), audio, "content", r->arena);
    if (m->role == CHAT_ASSISTANT)
        read_thoughts(r);
    if (!read_content(r, err) || (m->role == CHAT_ASSISTANT && !read_tool_calls(r, err)))
        return false;
    if (m->tool_calls.n) {
        r->called = r->chat->messages.n;
        r->results = 0;
    }
    return true;
}

bool openai_messages(struct json list, const char *field, struct chat *chat, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(list);
    struct reading r = {.chat = chat, .arena = a};

    if (!openai_messages_check(list, field, a, err))
        return false;
    while (json_next(&w)) {
        r.value = w.value;
        r.field = arena_printf(a, "%s[%zu]", field, w.i);
        if (!read_message(&r, err))
            return false;
    }
    return true;
}
