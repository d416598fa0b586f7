/* SPDX-License-Identifier: MIT */
#include "serve/anthropic_content.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "gate/thought.h"
#include "serve/anthropic_blocks.h"
#include "serve/part.h"
#include "serve/shape.h"

enum { DROPPED_MAX = 64, TEXT_MAX = 256 << 20 };

/* Where a block may stand. */
enum place { IN_USER = 1, IN_ASSISTANT = 2, IN_RESULT = 4, IN_SYSTEM = 8 };

/* One message being read. */
struct reading {
    struct chat *chat;
    struct arena *arena;
    struct chat_message *message;
    enum place place;
    const char *call_mark;               /* what must come back with the next call; NULL */
};

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
        name = arena_printf(a, "%s%s%s", place, *place ? "." : "", json_string(w.name, a));
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

static bool read_text(struct reading *r, struct json block, const char *field, struct err *err)
{
    struct json text = json_member(block, "text");

    if (!need_text(text, arena_printf(r->arena, "%s.text", field), r->arena, err))
        return false;
    part_text(r->message, text, r->arena);
    return true;
}

static void add_text(struct reading *r, struct buf *buf)
{
    struct chat_part part = {.type = PART_TEXT, .text = buf->n ? buf->p : "", .text_n = buf->n};

    if (buf->n)
        part_add(r->message, &part, r->arena);
}

/* Where the bytes of an image or a document are: inside the request, or at an address. */
static bool read_source(struct reading *r, struct json source, const char *field, const char *allowed, struct chat_part *part, struct err *err)
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

static bool read_image(struct reading *r, struct json block, const char *field, struct err *err)
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

static bool read_blocks(struct reading *r, struct json list, const char *field, enum place place, struct err *err);

/* A document that is text, or blocks of text and images: its title and context go before it. */
static bool read_paper_text(struct reading *r, struct json block, struct json source, const char *field, struct err *err)
{
    struct json content = json_member(source, json_equal(json_member(source, "type"), "text") ? "data" : "content");
    struct buf head = buf_new(r->arena, TEXT_MAX);
    const char *name = arena_printf(r->arena, "%s.source.content", field);

    put_line(&head, json_member(block, "title"), r->arena);
    put_line(&head, json_member(block, "context"), r->arena);
    add_text(r, &head);
    if (json_kind(content) == JSON_ARRAY)
        return read_blocks(r, content, name, IN_RESULT, err);
    if (!need_text(content, name, r->arena, err))
        return false;
    part_text(r->message, content, r->arena);
    return true;
}

static bool read_document(struct reading *r, struct json block, const char *field, struct err *err)
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

static bool read_search_result(struct reading *r, struct json block, const char *field, struct err *err)
{
    struct buf head = buf_new(r->arena, TEXT_MAX);

    put_line(&head, json_member(block, "title"), r->arena);
    put_line(&head, json_member(block, "source"), r->arena);
    add_text(r, &head);
    return read_blocks(r, json_member(block, "content"), arena_printf(r->arena, "%s.content", field), IN_RESULT, err);
}

static struct chat_thought *add_thought(struct reading *r)
{
    return list_add(r->arena, &r->message->thoughts, sizeof(struct chat_thought));
}

static bool read_thinking(struct reading *r, struct json block, const char *field, struct err *err)
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

static bool read_redacted(struct reading *r, struct json block, const char *field, struct err *err)
{
    struct chat_thought *thought;
    const char *data;

    if (!read_word(json_member(block, "data"), arena_printf(r->arena, "%s.data", field), &data, r->arena, err))
        return false;
    if (strncmp(data, BLOCKS_CALL_MARK, sizeof(BLOCKS_CALL_MARK) - 1) == 0) {
        r->call_mark = data + sizeof(BLOCKS_CALL_MARK) - 1;
        return true;
    }
    thought = add_thought(r);
    thought->opaque = thought_read(data, DIALECT_ANTHROPIC, &thought->by);
    return true;
}

static bool read_tool_use(struct reading *r, struct json block, const char *field, struct err *err)
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

static bool read_result(struct reading *r, struct json block, const char *field, struct err *err)
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
        return read_blocks(r, content, arena_printf(a, "%s.content", field), IN_RESULT, err);
    return true;
}

/* ---- blocks ---- */

static const struct block_row {
    const char *type;
    int places;
    bool (*read)(struct reading *, struct json block, const char *field, struct err *);
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
static bool refuse_block(struct json type, const char *field, enum place place, struct arena *a, struct err *err)
{
    const char *allowed = "";

    for (size_t i = 0; i < COUNT(block_rows); i++)
        if (block_rows[i].places & place)
            allowed = arena_printf(a, "%s%s%s", allowed, *allowed ? ", " : "", block_rows[i].type);
    return part_refuse(err, arena_printf(a, "%s.type", field), type, allowed, a);
}

static bool read_block(struct reading *r, struct json block, const char *field, enum place place, struct err *err)
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

static bool read_blocks(struct reading *r, struct json list, const char *field, enum place place, struct err *err)
{
    struct json_walk w = json_walk(list);

    if (json_kind(list) != JSON_ARRAY)
        return fail_field(err, field, shape_excerpt(list, r->arena), "array");
    while (json_next(&w))
        if (!read_block(r, w.value, arena_printf(r->arena, "%s[%zu]", field, w.i), place, err))
            return false;
    return true;
}

/* ---- messages ---- */

static bool is_result(struct json block)
{
    return json_equal(json_member(block, "type"), "tool_result");
}

/* The results of tools among a turn's blocks, or the others. */
static bool read_some(struct reading *r, struct json list, const char *field, bool results, struct err *err)
{
    struct json_walk w = json_walk(list);

    while (json_next(&w))
        if (is_result(w.value) == results && !read_block(r, w.value, arena_printf(r->arena, "%s[%zu]", field, w.i), r->place, err))
            return false;
    return true;
}

static size_t count_results(struct json list)
{
    struct json_walk w = json_walk(list);
    size_t n = 0;

    while (json_next(&w))
        n += is_result(w.value);
    return n;
}

/* The message of this turn: the one before, if it is of the same role. */
static struct chat_message *message_of(struct chat *chat, enum chat_role role, struct arena *a)
{
    struct chat_message *last = chat->messages.n ? (struct chat_message *)chat->messages.items + chat->messages.n - 1 : NULL;

    return last && last->role == role && role != CHAT_SYSTEM ? last : part_message(chat, role, a);
}

static bool read_message(struct json message, const char *field, struct chat *chat, struct arena *a, struct err *err)
{
    static const char *const known[] = {"role", "content", NULL};
    struct json role = json_member(message, "role"), content = json_member(message, "content");
    enum chat_role is = json_equal(role, "assistant") ? CHAT_ASSISTANT : json_equal(role, "system") ? CHAT_SYSTEM : CHAT_USER;
    struct reading r = {.chat = chat, .arena = a, .place = is == CHAT_ASSISTANT ? IN_ASSISTANT : is == CHAT_SYSTEM ? IN_SYSTEM : IN_USER};
    size_t results = is == CHAT_USER ? count_results(content) : 0;
    const char *name = arena_printf(a, "%s.content", field);

    anthropic_drop_others(message, known, "messages", chat, a);
    if (results && !read_some(&r, content, name, true, err))
        return false;
    if (results && results == json_count(content))
        return true;
    r.message = message_of(chat, is, a);
    if (json_kind(content) == JSON_ARRAY)
        return results ? read_some(&r, content, name, false, err) : read_blocks(&r, content, name, r.place, err);
    part_text(r.message, content, a);
    return true;
}

bool anthropic_content_check(struct json messages, struct arena *a, struct err *err)
{
    static const char *const roles[] = {"user", "assistant", "system", NULL};
    struct json_walk w = json_walk(messages);

    while (json_next(&w)) {
        struct json role = json_member(w.value, "role"), content = json_member(w.value, "content");
        const char *word = NULL;

        if (json_kind(w.value) != JSON_OBJECT)
            return fail_field(err, arena_printf(a, "messages[%zu]", w.i), shape_excerpt(w.value, a), "object");
        if (!part_word(role, roles, arena_printf(a, "messages[%zu].role", w.i), &word, a, err))
            return false;
        if (!word)
            return fail_field(err, arena_printf(a, "messages[%zu].role", w.i), "", "user, assistant, system");
        if (json_kind(content) != JSON_STRING && json_kind(content) != JSON_ARRAY)
            return fail_field(err, arena_printf(a, "messages[%zu].content", w.i), shape_excerpt(content, a), "string, array");
    }
    return true;
}

bool anthropic_system_read(struct json system, struct chat *chat, struct arena *a, struct err *err)
{
    struct chat_message texts = {.role = CHAT_SYSTEM};
    struct reading r = {.chat = chat, .arena = a, .message = &texts, .place = IN_SYSTEM};
    struct buf all = buf_new(a, TEXT_MAX);
    const struct chat_part *part;

    if (json_kind(system) == JSON_STRING)
        part_text(&texts, system, a);
    else if (!read_blocks(&r, system, "system", IN_SYSTEM, err))
        return false;
    part = texts.parts.items;
    for (size_t i = 0; i < texts.parts.n; i++) {
        buf_text(&all, all.n && part[i].text_n ? "\n\n" : "");
        buf_add(&all, part[i].text, part[i].text_n);
    }
    if (all.n) {
        r.message = part_message(chat, CHAT_SYSTEM, a);
        add_text(&r, &all);
    }
    return true;
}

bool anthropic_content_read(struct json messages, struct chat *chat, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(messages);

    while (json_next(&w))
        if (!read_message(w.value, arena_printf(a, "messages[%zu]", w.i), chat, a, err))
            return false;
    return true;
}
