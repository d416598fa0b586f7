/* SPDX-License-Identifier: MIT */
/* anthropic_turns: a conversation as this dialect has it. System texts stand outside; turns of one role are one message; the results of tools come
 * first in the message after their calls, and know them by ids of letters, digits, _ and -; a text is never empty. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/parse.h"
#include "base/utf8.h"
#include "providers/anthropic_write.h"
#include "providers/write.h"

enum { ID_MAX = 64, TURN_CALLS_MAX = 1024, SYSTEM_MAX = 256 << 20 };

/* A call of the last assistant turn, for the results that follow. */
struct open_call {
    const char *id, *name;               /* as the caller has them */
    const char *written;
    bool answered;
};

struct turns {
    struct anthropic_writing *w;
    int role;                            /* CHAT_USER, CHAT_ASSISTANT: of the message that is open; -1 = none yet */
    struct list calls;                   /* struct open_call */
    size_t next_call;                    /* where the search for a result's call begins */
    const char **ids;                    /* of all calls in order, as they are written */
    size_t id_at;
    bool strangers;                      /* thoughts were left out */
};

/* ---- ids ---- */

static bool fits_id(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

const char *anthropic_call_id(const char *id, size_t n, struct arena *a)
{
    char *own;
    size_t good = 0, length = id ? strlen(id) : 0;

    while (good < length && fits_id(id[good]))
        good++;
    if (!length)
        return arena_printf(a, "call_%zu", n);
    if (good == length && length <= ID_MAX)
        return id;
    own = arena_printf(a, "%.40s-%08x", id, (unsigned)crypto_crc32c(0, id, length));
    for (char *c = own; *c; c++)
        if (!fits_id(*c))
            *c = '_';
    return own;
}

struct numbered {
    const char *id;
    size_t n;
};

static int by_id(const void *one, const void *two)
{
    const struct numbered *x = one, *y = two;
    int order = strcmp(x->id, y->id);

    return order ? order : x->n < y->n ? -1 : 1;
}

/* Ids are wanted once in a conversation; runtimes that count calls begin anew in every answer. The second of a name gets a number. */
static const char **call_ids(const struct chat *chat, struct arena *a)
{
    const struct chat_message *m = chat->messages.items;
    struct list list = {0};
    struct numbered *all;
    const char **ids;
    size_t same = 0;

    for (size_t i = 0; i < chat->messages.n; i++) {
        const struct chat_tool_call *call = m[i].tool_calls.items;

        for (size_t k = 0; k < m[i].tool_calls.n; k++) {
            struct numbered *one = list_add(a, &list, sizeof(*one));

            *one = (struct numbered){anthropic_call_id(call[k].id, list.n, a), list.n - 1};
        }
    }
    all = list.items;
    ids = NEW_ARRAY(a, const char *, list.n + 1);
    if (list.n)
        qsort(all, list.n, sizeof(*all), by_id);
    for (size_t i = 0; i < list.n; i++) {
        same = i && strcmp(all[i].id, all[i - 1].id) == 0 ? same + 1 : 0;
        ids[all[i].n] = same ? arena_printf(a, "%s_%zu", all[i].id, same + 1) : all[i].id;
    }
    return ids;
}

/* ---- parts ---- */

static void begin_source(struct json_out *out, const char *block, const char *type)
{
    json_begin_object(out);
    json_member_text(out, "type", block);
    json_name(out, "source");
    json_begin_object(out);
    json_member_text(out, "type", type);
}

static void put_data(struct json_out *out, const char *block, const struct chat_part *part)
{
    begin_source(out, block, "base64");
    json_member_text(out, "media_type", part->media_type);
    json_name(out, "data");
    json_put_bytes(out, part->data);
    json_end_object(out);
}

static void put_url(struct json_out *out, const char *block, const struct chat_part *part)
{
    begin_source(out, block, "url");
    json_member_text(out, "url", part->url);
    json_end_object(out);
}

static bool write_image(struct turns *t, const struct chat_part *part, const char *field, struct err *err)
{
    static const char *const types[] = {"image/jpeg", "image/png", "image/gif", "image/webp"};
    struct json_out *out = t->w->out;
    bool known = part->url != NULL;

    for (size_t i = 0; i < COUNT(types) && !known; i++)
        known = part->media_type && strcmp(part->media_type, types[i]) == 0;
    if (!known)
        return fail_field_as(err, "error.part_type", field, part->media_type ? part->media_type : "", "image/jpeg, image/png, image/gif, image/webp");
    if (part->url)
        put_url(out, "image", part);
    else
        put_data(out, "image", part);
    json_end_object(out);
    if (part->detail && strcmp(part->detail, "auto") != 0)
        target_drop(t->w->target, t->w->arena, "image_url.detail");
    return true;
}

static bool put_text_file(struct turns *t, const struct chat_part *part, const char *field, struct err *err)
{
    struct bytes text;

    if (!base64_read(part->data, t->w->arena, &text))
        return fail_field(err, field, "", "base64");
    begin_source(t->w->out, "document", "text");
    json_member_text(t->w->out, "media_type", "text/plain");
    json_name(t->w->out, "data");
    json_put_bytes(t->w->out, text);
    json_end_object(t->w->out);
    return true;
}

static bool write_file(struct turns *t, const struct chat_part *part, const char *field, struct err *err)
{
    struct json_out *out = t->w->out;
    const char *media = part->media_type ? part->media_type : "";

    if (part->url)
        put_url(out, "document", part);
    else if (strcmp(media, "application/pdf") == 0)
        put_data(out, "document", part);
    else if (strncmp(media, "text/", 5) != 0)
        return fail_field_as(err, "error.part_type", field, media, "application/pdf, text/plain");
    else if (!put_text_file(t, part, field, err))
        return false;
    if (part->name)
        json_member_text(out, "title", part->name);
    json_end_object(out);
    return true;
}

static bool is_blank(const struct chat_part *part)
{
    size_t i = 0;

    while (i < part->text_n && strchr(" \t\r\n", part->text[i]) && part->text[i])
        i++;
    return i == part->text_n;
}

static void put_text(struct json_out *out, struct bytes text)
{
    json_begin_object(out);
    json_member_text(out, "type", "text");
    json_name(out, "text");
    json_put_bytes(out, text);
    json_end_object(out);
}

static bool write_part(struct turns *t, const struct chat_part *part, const char *field, struct err *err)
{
    switch (part->type) {
    case PART_TEXT:
        put_text(t->w->out, (struct bytes){(const uint8_t *)part->text, part->text_n});
        return true;
    case PART_IMAGE:
        return write_image(t, part, field, err);
    case PART_FILE:
        return write_file(t, part, field, err);
    case PART_AUDIO:
        break;
    }
    return fail_field_as(err, "error.part_type", field, part->media_type ? part->media_type : "audio", "text, image_url, file");
}

/* ---- turns ---- */

/* The next block belongs to this role: begins a message unless one of it is open. */
static void turn(struct turns *t, int role)
{
    struct json_out *out = t->w->out;

    if (t->role == role)
        return;
    if (t->role >= 0) {
        json_end_array(out);
        json_end_object(out);
    }
    if (role >= 0) {
        json_begin_object(out);
        json_member_text(out, "role", role == CHAT_USER ? "user" : "assistant");
        json_name(out, "content");
        json_begin_array(out);
    }
    if (role == CHAT_ASSISTANT) {
        t->calls = (struct list){0};
        t->next_call = 0;
    }
    t->role = role;
}

static const char *field_of(struct turns *t, const struct chat_message *message, const char *member)
{
    return arena_printf(t->w->arena, "messages[%zu].%s", (size_t)(message - (const struct chat_message *)t->w->chat->messages.items), member);
}

static bool write_parts(struct turns *t, const struct chat_message *message, int role, struct err *err)
{
    const struct chat_part *part = message->parts.items;

    for (size_t i = 0; i < message->parts.n; i++) {
        if (part[i].type == PART_TEXT && is_blank(&part[i]))
            continue;
        turn(t, role);
        if (!write_part(t, &part[i], field_of(t, message, "content"), err))
            return false;
    }
    if (message->name && role == CHAT_USER)
        target_drop(t->w->target, t->w->arena, "messages.name");
    return true;
}

/* The call that a result is for: by its id, or, when clients give none, the first open one of that name. */
static struct open_call *call_of(struct turns *t, const struct chat_message *result)
{
    struct open_call *calls = t->calls.items;
    const char *id = result->tool_call_id && *result->tool_call_id ? result->tool_call_id : NULL;

    for (size_t i = 0; i < t->calls.n; i++) {
        size_t at = id ? (t->next_call + i) % t->calls.n : i;
        bool meant = id ? calls[at].id && strcmp(calls[at].id, id) == 0 : !result->name || strcmp(calls[at].name, result->name) == 0;

        if (meant && (id || !calls[at].answered)) {
            t->next_call = at + 1;
            return &calls[at];
        }
    }
    return NULL;
}

static bool write_result(struct turns *t, const struct chat_message *message, struct err *err)
{
    struct open_call *call = call_of(t, message);
    const struct chat_part *part = message->parts.items;
    struct json_out *out = t->w->out;

    if (!call || call->answered)
        return fail_field(err, field_of(t, message, "tool_call_id"), message->tool_call_id ? message->tool_call_id : "",
                          "the id of one call in the answer before, once");
    call->answered = true;
    turn(t, CHAT_USER);
    json_begin_object(out);
    json_member_text(out, "type", "tool_result");
    json_member_text(out, "tool_use_id", call->written);
    json_name(out, "content");
    json_begin_array(out);
    for (size_t i = 0; i < message->parts.n; i++)
        if ((part[i].type != PART_TEXT || part[i].text_n) && !write_part(t, &part[i], field_of(t, message, "content"), err))
            return false;
    json_end_array(out);
    if (message->tool_failed)
        json_member_put_bool(out, "is_error", true);
    json_end_object(out);
    return true;
}

static void write_thoughts(struct turns *t, const struct chat_message *message)
{
    const struct chat_thought *thought = message->thoughts.items;
    struct json_out *out = t->w->out;

    for (size_t i = 0; i < message->thoughts.n; i++) {
        if (!thought[i].opaque || thought[i].by != DIALECT_ANTHROPIC || t->w->model->thinking == THINK_NOT) {
            t->strangers = true;
            continue;
        }
        turn(t, CHAT_ASSISTANT);
        json_begin_object(out);
        json_member_text(out, "type", thought[i].text ? "thinking" : "redacted_thinking");
        if (thought[i].text)
            json_member_text(out, "thinking", thought[i].text);
        json_member_text(out, thought[i].text ? "signature" : "data", thought[i].opaque);
        json_end_object(out);
    }
}

static bool write_calls(struct turns *t, const struct chat_message *message, struct err *err)
{
    const struct chat_tool_call *call = message->tool_calls.items;
    struct json_out *out = t->w->out;

    for (size_t i = 0; i < message->tool_calls.n; i++) {
        struct json input;
        struct open_call *open;

        if (!write_arguments(&call[i], &input, err))
            return false;
        turn(t, CHAT_ASSISTANT);
        if (t->calls.n >= TURN_CALLS_MAX)
            return fail_field(err, field_of(t, message, "tool_calls"), "", "at most 1024");
        open = list_add(t->w->arena, &t->calls, sizeof(*open));
        *open = (struct open_call){.id = call[i].id, .name = call[i].name, .written = t->ids[t->id_at++]};
        json_begin_object(out);
        json_member_text(out, "type", "tool_use");
        json_member_text(out, "id", open->written);
        json_member_text(out, "name", call[i].name);
        json_name(out, "input");
        json_put_raw(out, json_bytes(input));
        json_end_object(out);
    }
    return true;
}

static bool write_answer(struct turns *t, const struct chat_message *message, struct err *err)
{
    write_thoughts(t, message);
    return write_parts(t, message, CHAT_ASSISTANT, err) && write_calls(t, message, err);
}

/* What the caller and his tools said between two answers: results first. */
static bool write_question(struct turns *t, const struct chat_message *from, const struct chat_message *to, struct err *err)
{
    for (const struct chat_message *m = from; m < to; m++)
        if (m->role == CHAT_TOOL && !write_result(t, m, err))
            return false;
    for (const struct chat_message *m = from; m < to; m++)
        if (m->role == CHAT_USER && !write_parts(t, m, CHAT_USER, err))
            return false;
    return true;
}

static bool write_turns(struct turns *t, struct err *err)
{
    const struct chat_message *m = t->w->chat->messages.items, *end = m + t->w->chat->messages.n, *next;

    json_name(t->w->out, "messages");
    json_begin_array(t->w->out);
    for (; m < end; m = next) {
        next = m + 1;
        if (m->role == CHAT_ASSISTANT && !write_answer(t, m, err))
            return false;
        if (m->role == CHAT_ASSISTANT)
            continue;
        while (next < end && next->role != CHAT_ASSISTANT)
            next++;
        if (!write_question(t, m, next, err))
            return false;
    }
    return true;
}

/* ---- system ---- */

/* The texts of all system messages in order, blank lines between. */
static bool read_system(struct turns *t, struct buf *text, struct err *err)
{
    const struct chat_message *m = t->w->chat->messages.items;

    for (size_t i = 0; i < t->w->chat->messages.n; i++) {
        const struct chat_part *part = m[i].parts.items;
        struct bytes said;

        if (m[i].role != CHAT_SYSTEM)
            continue;
        for (size_t k = 0; k < m[i].parts.n; k++)
            if (part[k].type != PART_TEXT)
                return fail_field_as(err, "error.part_type", field_of(t, &m[i], "content"), part[k].media_type ? part[k].media_type : "", "text");
        said = write_text(&m[i], "\n\n", t->w->arena);
        buf_text(text, text->n && said.n ? "\n\n" : "");
        buf_bytes(text, said);
    }
    /* The other way to ask for JSON is a schema, and there is none. Callers of this mode must say JSON themselves; this holds them to it. */
    if (t->w->chat->format && !t->w->chat->schema.p)
        buf_text(text, text->n ? "\n\nAnswer with one JSON object and nothing else." : "Answer with one JSON object and nothing else.");
    return true;
}

bool anthropic_write_messages(struct anthropic_writing *w, struct err *err)
{
    struct turns t = {.w = w, .role = -1, .ids = call_ids(w->chat, w->arena)};
    struct buf text = buf_new(w->arena, SYSTEM_MAX);
    struct chat_part system = {.type = PART_TEXT};
    const char *ended;

    if (!read_system(&t, &text, err) || !buf_done(&text, &ended, err))
        return false;
    system.text = ended;
    system.text_n = text.n;
    if (!write_turns(&t, err))
        return false;
    if (t.role < 0 && !is_blank(&system)) {                  /* instructions alone are the question */
        turn(&t, CHAT_USER);
        put_text(w->out, buf_view(&text));
        system.text_n = 0;
    }
    if (t.role < 0)
        return fail_field(err, "messages", "", "a message that is not empty");
    turn(&t, -1);
    json_end_array(w->out);
    if (!is_blank(&system)) {
        json_name(w->out, "system");
        json_put_bytes(w->out, buf_view(&text));
    }
    if (t.strangers)
        target_drop(w->target, w->arena, "reasoning");
    return true;
}
