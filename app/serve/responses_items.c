/* SPDX-License-Identifier: MIT */
#include "serve/responses_items.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "gate/thought.h"
#include "serve/part.h"
#include "serve/responses_tools.h"
#include "serve/shape.h"

enum { SEALS_MAX = 10000 /* reasoning items that belong to a call */, SEALS_NEAR = 256 };

/* What must go back with a call, until the call itself comes. */
struct seal {
    const char *call_id, *opaque;
    enum dialect by;
};

struct reading {
    struct chat *chat;
    struct arena *arena;
    const char *field;                   /* "input[3]" */
    bool turn;                           /* the last message is the assistant's, and items go on in it */
    struct list seals;                   /* struct seal */
    size_t seal;                         /* those before it were taken */
};

/* The message that the assistant's items go into. */
static struct chat_message *turn_of(struct reading *r)
{
    if (!r->turn)
        part_message(r->chat, CHAT_ASSISTANT, r->arena);
    r->turn = true;
    return (struct chat_message *)r->chat->messages.items + r->chat->messages.n - 1;
}

/* ---- content ---- */

static bool read_image(struct reading *r, struct json value, const char *field, struct chat_part *part, struct err *err)
{
    struct json id = part_given(value, "file_id"), url = part_given(value, "image_url");

    if (id.p && !url.p)
        return part_refuse(err, arena_printf(r->arena, "%s.file_id", field), id, "image_url", r->arena);
    part->detail = json_string(json_member(value, "detail"), r->arena);
    return part_image(url, arena_printf(r->arena, "%s.image_url", field), part, r->arena, err);
}

static bool read_part(struct reading *r, struct json value, const char *field, struct chat_message *message, struct err *err)
{
    static const char *const texts[] = {"input_text", "output_text", "text", "summary_text", NULL};
    struct json type = json_member(value, "type"), text = json_member(value, json_equal(type, "refusal") ? "refusal" : "text");
    struct chat_part part = {0};
    bool is_text = json_equal(type, "refusal");

    for (size_t i = 0; texts[i] && !is_text; i++)
        is_text = json_equal(type, texts[i]);
    if (is_text) {
        if (json_kind(text) != JSON_STRING)
            return fail_field(err, arena_printf(r->arena, "%s.text", field), shape_excerpt(text, r->arena), "string");
        part_text(message, text, r->arena);
        return true;
    }
    if (json_equal(type, "input_image")) {
        if (!read_image(r, value, field, &part, err))
            return false;
    } else if (json_equal(type, "input_file")) {
        if (!part_file(value, field, &part, r->arena, err))
            return false;
    } else {
        return part_refuse(err, arena_printf(r->arena, "%s.type", field), type, "input_text, output_text, input_image, input_file, refusal",
                           r->arena);
    }
    part_add(message, &part, r->arena);
    return true;
}

static bool read_content(struct reading *r, struct json content, const char *name, struct chat_message *message, struct err *err)
{
    struct json_walk w = json_walk(content);

    if (json_kind(content) == JSON_STRING) {
        part_text(message, content, r->arena);
        return true;
    }
    if (json_kind(content) != JSON_ARRAY)
        return fail_field(err, arena_printf(r->arena, "%s.%s", r->field, name), shape_excerpt(content, r->arena), "string, array");
    while (json_next(&w))
        if (!read_part(r, w.value, arena_printf(r->arena, "%s.%s[%zu]", r->field, name, w.i), message, err))
            return false;
    return true;
}

/* ---- items ---- */

static bool read_message(struct reading *r, struct json item, struct err *err)
{
    static const char *const roles[] = {"user", "assistant", "system", "developer", NULL};
    const char *role = NULL, *field = arena_printf(r->arena, "%s.role", r->field);
    struct json content = json_member(item, "content");
    struct chat_message *message;

    if (!part_word(json_member(item, "role"), roles, field, &role, r->arena, err))
        return false;
    if (!role)
        return fail_field(err, field, "", "user, assistant, system, developer");
    if (strcmp(role, "assistant") == 0) {
        message = turn_of(r);
        if (message->parts.n && !message->tool_calls.n) {    /* what was said twice in a row was two messages */
            r->turn = false;
            message = turn_of(r);
        }
        return read_content(r, content, "content", message, err);
    }
    r->turn = false;
    return read_content(r, content, "content", part_message(r->chat, strcmp(role, "user") == 0 ? CHAT_USER : CHAT_SYSTEM, r->arena), err);
}

/* "call:<call_id>:<tag>": see responses_answer.h. */
static bool read_seal(struct reading *r, const char *sealed)
{
    const char *end = strncmp(sealed, "call:", 5) == 0 ? strstr(sealed + 5, ":mg1.") : NULL;
    struct seal *seal;

    if (!end)
        return false;
    if (r->seals.n >= SEALS_MAX)
        return true;
    seal = list_add(r->arena, &r->seals, sizeof(*seal));
    seal->call_id = arena_copy(r->arena, sealed + 5, (size_t)(end - sealed - 5));
    seal->opaque = thought_read(end + 1, DIALECT_NONE, &seal->by);
    return true;
}

static const char *texts_joined(struct json texts, struct arena *a)
{
    struct buf buf = buf_new(a, (size_t)256 << 20);
    struct json_walk w = json_walk(texts);

    while (json_next(&w)) {
        const char *text = json_string(json_member(w.value, "text"), a);

        buf_text(&buf, w.i && text && *text ? "\n\n" : "");
        buf_text(&buf, text ? text : "");
    }
    return buf.n ? buf.p : "";
}

static bool read_reasoning(struct reading *r, struct json item)
{
    struct json content = json_member(item, "content"), summary = json_member(item, "summary");
    struct json texts = json_count(content) ? content : summary;
    const char *sealed = json_string(json_member(item, "encrypted_content"), r->arena);
    const char *text = json_count(texts) ? texts_joined(texts, r->arena) : NULL;
    struct chat_thought *thought;

    if ((sealed && read_seal(r, sealed)) || (!text && !sealed))
        return true;
    thought = list_add(r->arena, &turn_of(r)->thoughts, sizeof(*thought));
    thought->text = text;
    if (sealed)
        thought->opaque = thought_read(sealed, DIALECT_NONE, &thought->by);
    return true;
}

/* Clients keep items in order, so the seal is the next or near it; those passed over are of calls that were left out. */
static void take_seal(struct reading *r, struct chat_tool_call *call)
{
    const struct seal *seals = r->seals.items;

    for (size_t i = r->seal; i < r->seals.n && i < r->seal + SEALS_NEAR; i++) {
        if (!call->id || strcmp(seals[i].call_id, call->id) != 0)
            continue;
        call->opaque = seals[i].opaque;
        call->by = seals[i].by;
        r->seal = i + 1;
        return;
    }
}

static bool read_call(struct reading *r, struct json item, struct err *err)
{
    struct json input = json_member(item, "input");
    struct chat_tool_call call = {
        .id = json_string(json_member(item, "call_id"), r->arena),
        .name = json_string(json_member(item, "name"), r->arena),
        .arguments = json_string(json_member(item, "arguments"), r->arena),
    };

    if (!call.id)
        return fail_field(err, arena_printf(r->arena, "%s.call_id", r->field), "", "string");
    if (!call.name)
        return fail_field(err, arena_printf(r->arena, "%s.name", r->field), "", "string");
    call.name = responses_tool_name(json_string(json_member(item, "namespace"), r->arena), call.name, r->arena);
    if (json_equal(json_member(item, "type"), "custom_tool_call")) {
        if (json_kind(input) != JSON_STRING)
            return fail_field(err, arena_printf(r->arena, "%s.input", r->field), shape_excerpt(input, r->arena), "string");
        call.arguments = responses_arguments(input, r->arena);
    }
    if (!call.arguments || !*call.arguments)
        call.arguments = "{}";
    take_seal(r, &call);
    *(struct chat_tool_call *)list_add(r->arena, &turn_of(r)->tool_calls, sizeof(call)) = call;
    return true;
}

static bool read_output(struct reading *r, struct json item, struct err *err)
{
    const char *id = json_string(json_member(item, "call_id"), r->arena);
    struct chat_message *message;

    if (!id)
        return fail_field(err, arena_printf(r->arena, "%s.call_id", r->field), "", "string");
    r->turn = false;
    message = part_message(r->chat, CHAT_TOOL, r->arena);
    message->tool_call_id = id;
    return read_content(r, json_member(item, "output"), "output", message, err);
}

static bool read_item(struct reading *r, struct json item, struct err *err)
{
    struct json type = json_member(item, "type");

    if (json_kind(item) != JSON_OBJECT)
        return fail_field(err, r->field, shape_excerpt(item, r->arena), "object");
    if (!type.p || json_equal(type, "message"))
        return read_message(r, item, err);
    if (json_equal(type, "reasoning"))
        return read_reasoning(r, item);
    if (json_equal(type, "function_call") || json_equal(type, "custom_tool_call"))
        return read_call(r, item, err);
    if (json_equal(type, "function_call_output") || json_equal(type, "custom_tool_call_output"))
        return read_output(r, item, err);
    if (json_equal(type, "item_reference"))
        return fail_field_as(err, "error.stateless", arena_printf(r->arena, "%s.type", r->field), "item_reference", "store: false");
    return part_refuse(err, arena_printf(r->arena, "%s.type", r->field), type,
                       "message, reasoning, function_call, function_call_output, custom_tool_call, custom_tool_call_output", r->arena);
}

bool responses_items(struct json input, struct chat *chat, struct arena *a, struct err *err)
{
    struct reading r = {.chat = chat, .arena = a};
    struct json_walk w = json_walk(input);

    if (json_kind(input) == JSON_STRING) {
        part_text(part_message(chat, CHAT_USER, a), input, a);
        return true;
    }
    if (!json_count(input) || json_kind(input) != JSON_ARRAY)
        return fail_field(err, "input", shape_excerpt(input, a), "string, array");
    while (json_next(&w)) {
        r.field = arena_printf(a, "input[%zu]", w.i);
        if (!read_item(&r, w.value, err))
            return false;
    }
    return chat->messages.n || fail_field(err, "input", shape_excerpt(input, a), "message");
}
