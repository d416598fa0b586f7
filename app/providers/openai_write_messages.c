/* SPDX-License-Identifier: MIT */
/* openai_write_messages: results of tools hold only text here; the pictures in them follow in a message of the user's, after the last result. */
#include "providers/openai_write_messages.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "gate/thought.h"
#include "providers/write.h"

/* ---- parts ---- */

static bool write_image(const struct openai_fit *f, struct json_out *out, const struct chat_part *part)
{
    json_member_text(out, "type", "image_url");
    json_name(out, "image_url");
    json_begin_object(out);
    json_name(out, "url");
    if (part->url)
        json_put_text(out, part->url);
    else if (f->ways->raw_images)
        json_put_bytes(out, part->data);
    else
        write_data_url(out, part);
    if (part->detail)
        json_member_text(out, "detail", part->detail);
    json_end_object(out);
    return true;
}

static bool write_audio(struct json_out *out, const struct chat_part *part, struct err *err)
{
    static const char *const formats[][2] = {{"audio/wav", "wav"}, {"audio/x-wav", "wav"}, {"audio/mp3", "mp3"}, {"audio/mpeg", "mp3"}};
    const char *format = NULL;

    for (size_t i = 0; part->media_type && i < COUNT(formats); i++)
        if (strcmp(part->media_type, formats[i][0]) == 0)
            format = formats[i][1];
    if (!format || part->url)
        return fail_field(err, "messages.content.audio", part->media_type ? part->media_type : "", "audio/wav, audio/mp3");
    json_member_text(out, "type", "input_audio");
    json_name(out, "input_audio");
    json_begin_object(out);
    json_name(out, "data");
    json_put_bytes(out, part->data);
    json_member_text(out, "format", format);
    json_end_object(out);
    return true;
}

static bool write_file(struct json_out *out, const struct chat_part *part, struct err *err)
{
    if (part->url)
        return fail_field(err, "messages.content.file", part->url, "data:application/pdf;base64,…");
    json_member_text(out, "type", "file");
    json_name(out, "file");
    json_begin_object(out);
    json_member_text(out, "filename", part->name ? part->name : "file");
    json_name(out, "file_data");
    write_data_url(out, part);
    json_end_object(out);
    return true;
}

static bool fail_part(const struct openai_fit *f, const char *field, const char *word, struct err *err)
{
    static const char *const others[] = {"", ", image", ", audio", ", image, audio", ", file", ", image, file", ", audio, file", ", image, audio, file"};

    return fail_field(err, field, word, arena_printf(f->arena, "text%s", others[f->ways->takes & 7]));
}

static bool write_part(const struct openai_fit *f, struct json_out *out, const struct chat_part *part, struct err *err)
{
    static const struct { int takes; const char *word; } rows[] = {
        [PART_TEXT] = {0, "text"}, [PART_IMAGE] = {TAKES_IMAGES, "image"}, [PART_AUDIO] = {TAKES_AUDIO, "audio"}, [PART_FILE] = {TAKES_FILES, "file"},
    };
    bool ok = true;

    if ((f->ways->takes & rows[part->type].takes) != rows[part->type].takes)
        return fail_part(f, "messages.content", rows[part->type].word, err);
    json_begin_object(out);
    switch (part->type) {
    case PART_TEXT:
        json_member_text(out, "type", "text");
        json_name(out, "text");
        json_put_bytes(out, (struct bytes){(const uint8_t *)part->text, part->text_n});
        break;
    case PART_IMAGE:
        ok = write_image(f, out, part);
        break;
    case PART_AUDIO:
        ok = write_audio(out, part, err);
        break;
    case PART_FILE:
        ok = write_file(out, part, err);
        break;
    }
    json_end_object(out);
    return ok;
}

static bool write_parts(const struct openai_fit *f, struct json_out *out, const struct chat_message *message, struct err *err)
{
    const struct chat_part *part = message->parts.items;

    json_begin_array(out);
    for (size_t i = 0; i < message->parts.n; i++)
        if (!write_part(f, out, &part[i], err))
            return false;
    json_end_array(out);
    return true;
}

static size_t other_parts(const struct chat_message *message)
{
    const struct chat_part *part = message->parts.items;
    size_t n = 0;

    for (size_t i = 0; i < message->parts.n; i++)
        n += part[i].type != PART_TEXT;
    return n;
}

static bool write_content(const struct openai_fit *f, struct json_out *out, const struct chat_message *message, struct err *err)
{
    const struct chat_part *part = message->parts.items;

    if (message->role != CHAT_USER && message->role != CHAT_TOOL && other_parts(message))
        return fail_field(err, "messages.content", message->role == CHAT_SYSTEM ? "system" : "assistant", "text");
    json_name(out, "content");
    if (!message->parts.n) {
        json_put_text(out, message->tool_calls.n ? NULL : "");
        return true;
    }
    if (message->role == CHAT_TOOL || (message->parts.n == 1 && part->type == PART_TEXT)) {
        json_put_bytes(out, write_text(message, "\n", f->arena));
        return true;
    }
    return write_parts(f, out, message, err);
}

/* ---- an assistant's ---- */

/* What was signed of one thought, in the shape it came in; and its text. */
static void write_detail(const struct openai_fit *f, struct json_out *out, const struct chat_thought *thought)
{
    struct err ignored = {0};
    struct json entry;
    struct json_walk w;

    if (thought->by != DIALECT_OPENAI_CHAT || !thought->opaque || !json_check(bytes_of(thought->opaque), NULL, &entry, &ignored)
        || json_kind(entry) != JSON_OBJECT) {
        if (thought->opaque)
            target_drop(f->target, f->arena, "thoughts.signature");
        return;
    }
    json_begin_object(out);
    w = json_walk(entry);
    while (json_next(&w))
        if (!json_equal(w.name, "text"))
            json_put_pair(out, w.name, w.value);
    if (thought->text)
        json_member_text(out, "text", thought->text);
    json_end_object(out);
}

static void write_details(const struct openai_fit *f, struct json_out *out, const struct chat_message *message)
{
    const struct chat_thought *thought = message->thoughts.items;
    const char *text = thoughts_text(message, f->arena);

    if (text)
        json_member_text(out, "reasoning", text);
    json_name(out, "reasoning_details");
    json_begin_array(out);
    for (size_t i = 0; i < message->thoughts.n; i++)
        write_detail(f, out, &thought[i]);
    json_end_array(out);
}

/* Thinking models want what they thought beside the calls they made, and refuse a conversation without; a blank stands for what is lost. */
static void write_thoughts(const struct openai_fit *f, struct json_out *out, const struct chat_message *message)
{
    const char *text = thoughts_text(message, f->arena);

    switch (f->ways->thoughts) {
    case THOUGHTS_DROPPED:
        if (message->thoughts.n)
            target_drop(f->target, f->arena, "thoughts");
        break;
    case THOUGHTS_CONTENT:
    case THOUGHTS_NEEDED:
        if (text || (message->tool_calls.n && f->ways->thoughts == THOUGHTS_NEEDED))
            json_member_text(out, "reasoning_content", text ? text : " ");
        break;
    case THOUGHTS_DETAILS:
        if (message->thoughts.n)
            write_details(f, out, message);
        break;
    }
}

static void write_signature(const struct openai_fit *f, struct json_out *out, const char *opaque, enum dialect by)
{
    if (!opaque)
        return;
    if (by != DIALECT_GEMINI || !f->ways->signatures) {
        target_drop(f->target, f->arena, "tool_calls.signature");
        return;
    }
    thought_put(out, opaque);
}

static bool write_call(const struct openai_fit *f, struct json_out *out, const struct chat_tool_call *call, struct err *err)
{
    struct json arguments;

    if (!write_arguments(call, &arguments, err))
        return false;
    json_begin_object(out);
    json_member_text(out, "id", fit_id(f, call->id ? call->id : ""));
    json_member_text(out, "type", "function");
    json_name(out, "function");
    json_begin_object(out);
    json_member_text(out, "name", call->name);
    json_name(out, "arguments");
    json_put_bytes(out, json_bytes(arguments));
    json_end_object(out);
    write_signature(f, out, call->opaque, call->by);
    json_end_object(out);
    return true;
}

static bool write_calls(const struct openai_fit *f, struct json_out *out, struct list calls, struct err *err)
{
    const struct chat_tool_call *call = calls.items;

    if (!calls.n)
        return true;
    json_name(out, "tool_calls");
    json_begin_array(out);
    for (size_t i = 0; i < calls.n; i++)
        if (!write_call(f, out, &call[i], err))
            return false;
    json_end_array(out);
    return true;
}

/* ---- messages ---- */

static bool write_message(const struct openai_fit *f, struct json_out *out, const struct chat_message *message, struct err *err)
{
    static const char *const roles[] = {"system", "user", "assistant", "tool"};

    json_begin_object(out);
    json_member_text(out, "role", roles[message->role]);
    if (message->name && openai_word_in(f->ways->message_drop, "name", 4))
        target_drop(f->target, f->arena, "messages.name");
    else if (message->name)
        json_member_text(out, "name", message->name);
    if (message->tool_call_id)
        json_member_text(out, "tool_call_id", fit_id(f, message->tool_call_id));
    if (message->tool_failed)
        target_drop(f->target, f->arena, "is_error");
    if (!write_content(f, out, message, err))
        return false;
    if (message->role == CHAT_ASSISTANT)
        write_thoughts(f, out, message);
    if (!write_calls(f, out, message->tool_calls, err))
        return false;
    json_end_object(out);
    return true;
}

/* The pictures of results [from, to). */
static bool write_rest(const struct openai_fit *f, struct json_out *out, const struct chat_message *message, size_t from, size_t to, struct err *err)
{
    size_t others = 0;

    for (size_t i = from; i < to; i++)
        others += other_parts(&message[i]);
    if (!others)
        return true;
    json_begin_object(out);
    json_member_text(out, "role", "user");
    json_name(out, "content");
    json_begin_array(out);
    for (size_t i = from; i < to; i++) {
        const struct chat_part *part = message[i].parts.items;

        for (size_t k = 0; k < message[i].parts.n; k++)
            if (part[k].type != PART_TEXT && !write_part(f, out, &part[k], err))
                return false;
    }
    json_end_array(out);
    json_end_object(out);
    return true;
}

bool write_messages(const struct openai_fit *f, const struct chat *chat, struct json_out *out, struct err *err)
{
    const struct chat_message *message = chat->messages.items;
    size_t results = 0;

    json_name(out, "messages");
    json_begin_array(out);
    for (size_t i = 0; i < chat->messages.n; i++) {
        if (!write_message(f, out, &message[i], err))
            return false;
        results = message[i].role == CHAT_TOOL ? results + 1 : 0;
        if (results && (i + 1 == chat->messages.n || message[i + 1].role != CHAT_TOOL)
            && !write_rest(f, out, message, i + 1 - results, i + 1, err))
            return false;
    }
    json_end_array(out);
    return true;
}
