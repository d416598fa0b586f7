/* SPDX-License-Identifier: MIT */
#include "serve/anthropic_parts.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "gate/thought.h"
#include "serve/anthropic_shape.h"
#include "serve/part.h"
#include "serve/shape.h"

enum { DROPPED_MAX = 64, TEXT_MAX = 256 << 20 };

static bool drops_already(const struct chat *chat, const char *name)
{
    const char *const *dropped = chat->dropped.items;

    for (size_t i = 0; i < chat->dropped.n; i++)
        if (strcmp(dropped[i], name) == 0)
            return true;
    return chat->dropped.n >= DROPPED_MAX;               /* the record has no room for so many, and each is compared with all */
}

void anthropic_drop_others(struct json object, const char *const known[], const char *place, struct chat *chat, struct arena *a)
{
    struct json_walk w = json_walk(object);

    while (json_next(&w)) {
        bool is_known = json_kind(w.value) == JSON_NULL;
        const char *name;

        for (size_t i = 0; known[i] && !is_known; i++)
            is_known = json_equal(w.name, known[i]);
        if (is_known || chat->dropped.n >= DROPPED_MAX)
            continue;
        name = chat_field(*place ? arena_printf(a, "%s.", place) : "", w.name, a);
        if (!drops_already(chat, name))
            chat_drop(chat, a, name);
    }
}

/* ---- what is in a block ---- */

/* The inside of a string; base64 is megabytes, and is not copied unless it is written with escapes. */
static struct bytes slice_of(struct json text, struct arena *a)
{
    struct bytes inside = json_escaped(text);
    size_t n = 0;

    if (!inside.n || !memchr(inside.p, '\\', inside.n))
        return inside;
    inside.p = (const uint8_t *)json_text(text, a, &n);
    inside.n = n;
    return inside;
}

static bool need_text(struct json value, const char *field, struct arena *a, struct err *err)
{
    return json_kind(value) == JSON_STRING || fail_field(err, field, shape_excerpt(value, a), "string");
}

/* A text that may not hold NUL: a name, an id. */
static bool read_word(struct json value, const char *field, const char **word_r, struct arena *a, struct err *err)
{
    *word_r = json_string(value, a);
    return *word_r || fail_field(err, field, shape_excerpt(value, a), "string");
}

static bool read_text(struct anthropic_reading *r, struct json block, const char *field, struct err *err)
{
    struct json text = json_member(block, "text");

    if (!need_text(text, arena_printf(r->arena, "%s.text", field), r->arena, err))
        return false;
    part_text(r->message, text, r->arena);
    return true;
}

static void add_text(struct anthropic_reading *r, struct buf *buf)
{
    struct chat_part part = {.type = PART_TEXT, .text_n = buf->n};
    struct err ignored = {0};

    if (buf->n && buf_done(buf, &part.text, &ignored))       /* bodies are smaller than any buf of ours */
        part_add(r->message, &part, r->arena);
}

/* Where the bytes of an image or a document are: inside the request, or at an address. */
static bool read_source(struct anthropic_reading *r, struct json source, const char *field, const char *allowed, struct chat_part *part,
                        struct err *err)
{
    struct json type = json_member(source, "type"), data = json_member(source, "data"), url = json_member(source, "url");
    struct arena *a = r->arena;

    if (json_equal(type, "url"))
        return read_word(url, arena_printf(a, "%s.url", field), &part->url, a, err);
    if (!json_equal(type, "base64"))                     /* "file": kept at Anthropic, where nobody else can read it */
        return part_refuse(err, arena_printf(a, "%s.type", field), type, allowed, a);
    part->data = slice_of(data, a);
    return read_word(json_member(source, "media_type"), arena_printf(a, "%s.media_type", field), &part->media_type, a, err)
        && need_text(data, arena_printf(a, "%s.data", field), a, err);
}

static bool read_image(struct anthropic_reading *r, struct json block, const char *field, struct err *err)
{
    struct chat_part part = {.type = PART_IMAGE};

    if (!read_source(r, json_member(block, "source"), arena_printf(r->arena, "%s.source", field), "base64, url", &part, err))
        return false;
    part_add(r->message, &part, r->arena);
    return true;
}

/* A member that is a text, and a line end after it. */
static void put_line(struct buf *buf, struct json text, struct arena *a)
{
    size_t n;
    const char *line = json_text(text, a, &n);

    if (line && n) {
        buf_add(buf, line, n);
        buf_char(buf, '\n');
    }
}

/* A document that is text, or blocks of text and images: its title and context go before it. */
static bool read_paper_text(struct anthropic_reading *r, struct json block, struct json source, const char *field, struct err *err)
{
    struct json content = json_member(source, json_equal(json_member(source, "type"), "text") ? "data" : "content");
    struct buf head = buf_new(r->arena, TEXT_MAX);
    const char *name = arena_printf(r->arena, "%s.source.content", field);

    put_line(&head, json_member(block, "title"), r->arena);
    put_line(&head, json_member(block, "context"), r->arena);
    add_text(r, &head);
    if (json_kind(content) == JSON_ARRAY)
        return anthropic_blocks_read(r, content, name, IN_RESULT, err);
    if (!need_text(content, name, r->arena, err))
        return false;
    part_text(r->message, content, r->arena);
    return true;
}

static bool read_document(struct anthropic_reading *r, struct json block, const char *field, struct err *err)
{
    struct json source = json_member(block, "source"), type = json_member(source, "type");
    struct chat_part part = {.type = PART_FILE, .name = json_string(json_member(block, "title"), r->arena)};
    struct buf context = buf_new(r->arena, TEXT_MAX);

    if (json_equal(type, "text") || json_equal(type, "content"))
        return read_paper_text(r, block, source, field, err);
    if (!read_source(r, source, arena_printf(r->arena, "%s.source", field), "base64, url, text, content", &part, err))
        return false;
    put_line(&context, json_member(block, "context"), r->arena);
    add_text(r, &context);
    part_add(r->message, &part, r->arena);
    return true;
}

static bool read_search_result(struct anthropic_reading *r, struct json block, const char *field, struct err *err)
{
    struct buf head = buf_new(r->arena, TEXT_MAX);

    put_line(&head, json_member(block, "title"), r->arena);
    put_line(&head, json_member(block, "source"), r->arena);
    add_text(r, &head);
    return anthropic_blocks_read(r, json_member(block, "content"), arena_printf(r->arena, "%s.content", field), IN_RESULT, err);
}

static struct chat_thought *add_thought(struct anthropic_reading *r)
{
    return list_add(r->arena, &r->message->thoughts, sizeof(struct chat_thought));
}

static bool read_thinking(struct anthropic_reading *r, struct json block, const char *field, struct err *err)
{
    struct json text = json_member(block, "thinking");
    const char *signature = json_string(json_member(block, "signature"), r->arena);
    struct chat_thought *thought;
    size_t n;

    if (!need_text(text, arena_printf(r->arena, "%s.thinking", field), r->arena, err))
        return false;
    thought = add_thought(r);
    thought->text = json_text(text, r->arena, &n);
    if (!signature)
        return true;
    thought->opaque = thought_read(signature, DIALECT_ANTHROPIC, &thought->by);
    if (!*thought->opaque)
        *thought = (struct chat_thought){.text = thought->text};
    return true;
}

static bool read_redacted(struct anthropic_reading *r, struct json block, const char *field, struct err *err)
{
    struct chat_thought *thought;
    const char *data;

    if (!read_word(json_member(block, "data"), arena_printf(r->arena, "%s.data", field), &data, r->arena, err))
        return false;
    if (strncmp(data, ANTHROPIC_CALL_MARK, sizeof(ANTHROPIC_CALL_MARK) - 1) == 0) {
        r->call_mark = data + sizeof(ANTHROPIC_CALL_MARK) - 1;
        return true;
    }
    thought = add_thought(r);
    thought->opaque = thought_read(data, DIALECT_ANTHROPIC, &thought->by);
    return true;
}

static bool read_tool_use(struct anthropic_reading *r, struct json block, const char *field, struct err *err)
{
    struct json input = json_member(block, "input");
    struct chat_tool_call *call;
    const char *id, *name;
    struct arena *a = r->arena;

    if (!read_word(json_member(block, "id"), arena_printf(a, "%s.id", field), &id, a, err)
        || !read_word(json_member(block, "name"), arena_printf(a, "%s.name", field), &name, a, err))
        return false;
    if (input.p && json_kind(input) != JSON_OBJECT && json_kind(input) != JSON_NULL)
        return fail_field(err, arena_printf(a, "%s.input", field), shape_excerpt(input, a), "object");
    call = list_add(a, &r->message->tool_calls, sizeof(*call));
    call->id = id;
    call->name = name;
    call->arguments = json_kind(input) == JSON_OBJECT ? arena_copy(a, input.p, input.n) : "{}";
    if (r->call_mark)
        call->opaque = thought_read(r->call_mark, DIALECT_NONE, &call->by);
    r->call_mark = NULL;
    return true;
}

static bool read_result(struct anthropic_reading *r, struct json block, const char *field, struct err *err)
{
    struct json content = part_given(block, "content");
    struct arena *a = r->arena;
    const char *id;

    if (!read_word(json_member(block, "tool_use_id"), arena_printf(a, "%s.tool_use_id", field), &id, a, err))
        return false;
    r->message = part_message(r->chat, CHAT_TOOL, a);
    r->message->tool_call_id = id;
    r->message->tool_failed = json_is_true(json_member(block, "is_error"));
    if (json_kind(content) == JSON_STRING)
        part_text(r->message, content, a);
    else if (content.p)
        return anthropic_blocks_read(r, content, arena_printf(a, "%s.content", field), IN_RESULT, err);
    return true;
}

/* ---- blocks ---- */

static const struct block_row {
    const char *type;
    int places;
    bool (*read)(struct anthropic_reading *, struct json block, const char *field, struct err *);
    const char *known[8];                /* members that are translated, or say nothing; others are dropped */
} block_rows[] = {
    {"text", IN_USER | IN_ASSISTANT | IN_RESULT | IN_SYSTEM, read_text, {"type", "text"}},
    {"image", IN_USER | IN_RESULT, read_image, {"type", "source"}},
    {"document", IN_USER | IN_RESULT, read_document, {"type", "source", "title", "context"}},
    {"search_result", IN_USER | IN_RESULT, read_search_result, {"type", "source", "title", "content"}},
    {"tool_result", IN_USER, read_result, {"type", "tool_use_id", "content", "is_error"}},
    {"thinking", IN_ASSISTANT, read_thinking, {"type", "thinking", "signature"}},
    {"redacted_thinking", IN_ASSISTANT, read_redacted, {"type", "data"}},
    {"tool_use", IN_ASSISTANT, read_tool_use, {"type", "id", "name", "input", "caller"}},
};

/* Blocks of Anthropic's own tools (server_tool_use, …_tool_result, container_upload) mean nothing elsewhere. */
static bool refuse_block(struct json type, const char *field, enum anthropic_place place, struct arena *a, struct err *err)
{
    const char *allowed = "";

    for (size_t i = 0; i < COUNT(block_rows); i++)
        if (block_rows[i].places & place)
            allowed = arena_printf(a, "%s%s%s", allowed, *allowed ? ", " : "", block_rows[i].type);
    return part_refuse(err, arena_printf(a, "%s.type", field), type, allowed, a);
}

bool anthropic_block_read(struct anthropic_reading *r, struct json block, const char *field, enum anthropic_place place, struct err *err)
{
    struct json type = json_member(block, "type");

    for (size_t i = 0; i < COUNT(block_rows); i++) {
        const struct block_row *row = &block_rows[i];

        if (!(row->places & place) || !json_equal(type, row->type))
            continue;
        anthropic_drop_others(block, row->known, "content", r->chat, r->arena);
        return row->read(r, block, field, err);
    }
    return refuse_block(type, field, place, r->arena, err);
}

bool anthropic_blocks_read(struct anthropic_reading *r, struct json list, const char *field, enum anthropic_place place, struct err *err)
{
    struct json_walk w = json_walk(list);

    if (json_kind(list) != JSON_ARRAY)
        return fail_field(err, field, shape_excerpt(list, r->arena), "array");
    while (json_next(&w))
        if (!anthropic_block_read(r, w.value, arena_printf(r->arena, "%s[%zu]", field, w.i), place, err))
            return false;
    return true;
}
