/* SPDX-License-Identifier: MIT */
/* bedrock_write: told apart from the others by: turns of user and assistant only, so that messages of one side become one and answers of tools are the
 * user's; pictures and documents as bytes with a format; reasoning that goes back only with its signature; no way to say "no tool" once tools are
 * there, nor a schema for the answer. */
#include "providers/bedrock_write.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"
#include "providers/write.h"

enum { NAME_MAX_CHARS = 100 };

struct body {
    struct json_out out;
    struct arena *arena;
    struct target *target;
    const char *role;                    /* of the turn that is open; NULL = none */
    size_t documents;
    bool drops_detail, drops_thought;
};

/* ---- content ---- */

struct format { const char *media_type, *word; };
static const struct format images[] = {{"image/png", "png"}, {"image/jpeg", "jpeg"}, {"image/jpg", "jpeg"}, {"image/gif", "gif"}, {"image/webp", "webp"}};
static const struct format documents[] = {
    {"application/pdf", "pdf"}, {"text/csv", "csv"}, {"application/msword", "doc"}, {"text/html", "html"}, {"text/plain", "txt"},
    {"text/markdown", "md"}, {"application/vnd.ms-excel", "xls"},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"},
};

static const char *format_of(const struct format *formats, size_t n, const char *media_type)
{
    size_t length = strcspn(media_type, "; ");

    for (size_t i = 0; i < n; i++)
        if (strlen(formats[i].media_type) == length && strncasecmp(formats[i].media_type, media_type, length) == 0)
            return formats[i].word;
    return NULL;
}

/* What a document may be called: letters, digits, single spaces, hyphens, parentheses and brackets; each differently. */
static const char *document_name(struct body *b, const char *name)
{
    char *clean = arena_alloc(b->arena, NAME_MAX_CHARS + 1);
    size_t n = 0;

    for (const char *c = name ? name : ""; *c && n < NAME_MAX_CHARS; c++) {
        bool fits = isalnum((unsigned char)*c) || strchr("-()[]", *c);

        if (fits || (n && clean[n - 1] != ' '))
            clean[n++] = fits ? *c : ' ';
    }
    b->documents++;
    if (n && b->documents == 1)
        return clean;
    return arena_printf(b->arena, "%s%s%zu", n ? clean : "document", n && clean[n - 1] == ' ' ? "" : " ", b->documents);
}

static void put_source(struct body *b, struct bytes base64)
{
    json_name(&b->out, "source");
    json_begin_object(&b->out);
    json_name(&b->out, "bytes");
    json_put_bytes(&b->out, base64);
    json_end_object(&b->out);
}

static bool put_media(struct body *b, const struct chat_part *part, struct err *err)
{
    bool image = part->type == PART_IMAGE;
    const char *format, *media_type = part->media_type ? part->media_type : "";

    if (part->type == PART_AUDIO)
        return fail_field_as(err, "error.part_type", "messages", "audio", "text, image, file");
    if (part->url)
        return fail_field_as(err, "error.image_url", "messages", part->url, image ? "data:image/…;base64" : "data:…;base64");
    format = image ? format_of(images, COUNT(images), media_type) : format_of(documents, COUNT(documents), media_type);
    if (!format)
        return fail_field(err, "messages", media_type, image ? "image/png, image/jpeg, image/gif, image/webp"
                                                             : "application/pdf, text/plain, text/csv, text/html, text/markdown, doc, docx, xls, xlsx");
    if (image && part->detail && strcmp(part->detail, "auto") != 0 && !b->drops_detail) {
        b->drops_detail = true;
        target_drop(b->target, b->arena, "image_url.detail");
    }
    json_begin_object(&b->out);
    json_name(&b->out, image ? "image" : "document");
    json_begin_object(&b->out);
    json_member_text(&b->out, "format", format);
    if (!image)
        json_member_text(&b->out, "name", document_name(b, part->name));
    put_source(b, part->data);
    json_end_object(&b->out);
    json_end_object(&b->out);
    return true;
}

static void put_text(struct body *b, struct bytes text)
{
    json_begin_object(&b->out);
    json_name(&b->out, "text");
    json_put_bytes(&b->out, text);
    json_end_object(&b->out);
}

/* An empty text is refused, and says nothing. */
static bool is_said(const struct chat_part *part)
{
    return part->type != PART_TEXT || part->text_n;
}

static bool put_parts(struct body *b, const struct chat_message *message, struct err *err)
{
    const struct chat_part *part = message->parts.items;

    for (size_t i = 0; i < message->parts.n; i++) {
        if (!is_said(&part[i]))
            continue;
        if (part[i].type == PART_TEXT)
            put_text(b, (struct bytes){(const uint8_t *)part[i].text, part[i].text_n});
        else if (!put_media(b, &part[i], err))
            return false;
    }
    return true;
}

/* ---- turns ---- */

static bool goes_back(const struct chat_thought *thought)
{
    return thought->by == DIALECT_BEDROCK && thought->opaque && *thought->opaque;
}

/* Reasoning without its signature is refused, so it stays here. */
static void put_thoughts(struct body *b, struct list thoughts)
{
    const struct chat_thought *thought = thoughts.items;

    for (size_t i = 0; i < thoughts.n; i++) {
        if (!goes_back(&thought[i])) {
            if (!b->drops_thought)
                target_drop(b->target, b->arena, "reasoning");
            b->drops_thought = true;
            continue;
        }
        json_begin_object(&b->out);
        json_name(&b->out, "reasoningContent");
        json_begin_object(&b->out);
        if (!thought[i].text) {
            json_member_text(&b->out, "redactedContent", thought[i].opaque);
        } else {
            json_name(&b->out, "reasoningText");
            json_begin_object(&b->out);
            json_member_text(&b->out, "text", thought[i].text);
            json_member_text(&b->out, "signature", thought[i].opaque);
            json_end_object(&b->out);
        }
        json_end_object(&b->out);
        json_end_object(&b->out);
    }
}

static void put_calls(struct body *b, struct list calls)
{
    const struct chat_tool_call *call = calls.items;

    for (size_t i = 0; i < calls.n; i++) {
        json_begin_object(&b->out);
        json_name(&b->out, "toolUse");
        json_begin_object(&b->out);
        json_member_text(&b->out, "toolUseId", call[i].id ? call[i].id : "");
        json_member_text(&b->out, "name", call[i].name);
        json_name(&b->out, "input");
        json_put_raw(&b->out, tool_arguments(call[i].arguments, b->arena));
        json_end_object(&b->out);
        json_end_object(&b->out);
    }
}

static bool put_result(struct body *b, const struct chat_message *message, struct err *err)
{
    json_begin_object(&b->out);
    json_name(&b->out, "toolResult");
    json_begin_object(&b->out);
    json_member_text(&b->out, "toolUseId", message->tool_call_id ? message->tool_call_id : "");
    json_name(&b->out, "content");
    json_begin_array(&b->out);
    if (!put_parts(b, message, err))
        return false;
    json_end_array(&b->out);
    if (message->tool_failed)
        json_member_text(&b->out, "status", "error");
    json_end_object(&b->out);
    json_end_object(&b->out);
    return true;
}

static void end_turn(struct body *b)
{
    if (!b->role)
        return;
    json_end_array(&b->out);
    json_end_object(&b->out);
    b->role = NULL;
}

static void begin_turn(struct body *b, const char *role)
{
    if (b->role && strcmp(b->role, role) == 0)
        return;
    end_turn(b);
    b->role = role;
    json_begin_object(&b->out);
    json_member_text(&b->out, "role", role);
    json_name(&b->out, "content");
    json_begin_array(&b->out);
}

static bool says_something(const struct chat_message *message)
{
    const struct chat_part *part = message->parts.items;
    const struct chat_thought *thought = message->thoughts.items;
    bool said = message->role == CHAT_TOOL || message->tool_calls.n;

    for (size_t i = 0; i < message->parts.n && !said; i++)
        said = is_said(&part[i]);
    for (size_t i = 0; i < message->thoughts.n && !said; i++)
        said = goes_back(&thought[i]);
    return said;
}

static bool put_messages(struct body *b, const struct chat *chat, struct err *err)
{
    const struct chat_message *message = chat->messages.items;

    json_name(&b->out, "messages");
    json_begin_array(&b->out);
    for (size_t i = 0; i < chat->messages.n; i++) {
        if (message[i].role == CHAT_SYSTEM || !says_something(&message[i]))
            continue;
        begin_turn(b, message[i].role == CHAT_ASSISTANT ? "assistant" : "user");
        put_thoughts(b, message[i].thoughts);
        if (!(message[i].role == CHAT_TOOL ? put_result(b, &message[i], err) : put_parts(b, &message[i], err)))
            return false;
        put_calls(b, message[i].tool_calls);
    }
    end_turn(b);
    json_end_array(&b->out);
    return true;
}

static bool put_system(struct body *b, const struct chat *chat, struct err *err)
{
    const struct chat_message *message = chat->messages.items;
    bool begun = false;

    for (size_t i = 0; i < chat->messages.n; i++) {
        if (message[i].role != CHAT_SYSTEM || !says_something(&message[i]))
            continue;
        if (!begun) {
            json_name(&b->out, "system");
            json_begin_array(&b->out);
        }
        begun = true;
        if (!put_parts(b, &message[i], err))
            return false;
    }
    if (begun)
        json_end_array(&b->out);
    return true;
}

/* ---- tools ---- */

static void put_tool(struct body *b, const struct chat_tool *tool)
{
    json_begin_object(&b->out);
    json_name(&b->out, "toolSpec");
    json_begin_object(&b->out);
    json_member_text(&b->out, "name", tool->name);
    if (tool->description && *tool->description)
        json_member_text(&b->out, "description", tool->description);
    json_name(&b->out, "inputSchema");
    json_begin_object(&b->out);
    json_name(&b->out, "json");
    json_put_raw(&b->out, tool->parameters.p ? json_bytes(tool->parameters) : bytes_of("{\"type\":\"object\",\"properties\":{}}"));
    json_end_object(&b->out);
    json_end_object(&b->out);
    json_end_object(&b->out);
}

static void put_choice(struct body *b, const char *choice)
{
    json_name(&b->out, "toolChoice");
    json_begin_object(&b->out);
    json_name(&b->out, *choice == '=' ? "tool" : strcmp(choice, "required") == 0 ? "any" : "auto");
    json_begin_object(&b->out);
    if (*choice == '=')
        json_member_text(&b->out, "name", choice + 1);
    json_end_object(&b->out);
    json_end_object(&b->out);
}

static bool called_before(const struct chat *chat)
{
    const struct chat_message *message = chat->messages.items;

    for (size_t i = 0; i < chat->messages.n; i++)
        if (message[i].tool_calls.n || message[i].role == CHAT_TOOL)
            return true;
    return false;
}

/* "none" can be said by leaving the tools out, unless some were called: then they must be there, and may be called again. */
static bool put_tools(struct body *b, const struct chat *chat, struct err *err)
{
    const struct chat_tool *tool = chat->tools.items;
    bool none = chat->tool_choice && strcmp(chat->tool_choice, "none") == 0, strict = false;

    if (!chat->tools.n || (none && !called_before(chat)))
        return true;
    if (none)
        return fail_field(err, "tool_choice", "none", "auto, required, function");
    json_name(&b->out, "toolConfig");
    json_begin_object(&b->out);
    json_name(&b->out, "tools");
    json_begin_array(&b->out);
    for (size_t i = 0; i < chat->tools.n; i++) {
        put_tool(b, &tool[i]);
        strict = strict || tool[i].strict;
    }
    json_end_array(&b->out);
    if (chat->tool_choice)
        put_choice(b, chat->tool_choice);
    json_end_object(&b->out);
    if (strict)
        target_drop(b->target, b->arena, "tools.strict");
    if (chat->one_call)
        target_drop(b->target, b->arena, "parallel_tool_calls");
    return true;
}

/* ---- the rest ---- */

static bool is_claude(const struct body *b)
{
    return strstr(b->target->model, "anthropic.") != NULL;
}

/* Converse's own range ends at 1. */
static double temperature_of(struct body *b, const struct chat *chat)
{
    if (!(chat->temperature > 1))
        return chat->temperature;
    target_drop(b->target, b->arena, "temperature");
    return 1;
}

static void put_inference(struct body *b, const struct chat *chat, bool thinks)
{
    double temperature = temperature_of(b, chat), top_p = chat->top_p;

    if (thinks && !isnan(temperature) && temperature < 1)
        target_drop(b->target, b->arena, "temperature");     /* a Claude that thinks takes none but 1 */
    if (thinks)
        temperature = (double)NAN;
    if (chat->max_tokens == INT64_MIN && isnan(temperature) && isnan(top_p) && !chat->stop.n)
        return;
    json_name(&b->out, "inferenceConfig");
    json_begin_object(&b->out);
    write_int(&b->out, "maxTokens", chat->max_tokens);
    write_real(&b->out, "temperature", temperature);
    write_real(&b->out, "topP", top_p);
    write_texts(&b->out, "stopSequences", chat->stop);
    json_end_object(&b->out);
}

/* What a model takes beside Converse's own fields; only Claude's are known. */
static void put_additional(struct body *b, const struct chat *chat, bool thinks)
{
    bool top_k = chat->top_k != INT64_MIN && is_claude(b) && !thinks;

    if (chat->top_k != INT64_MIN && !top_k)
        target_drop(b->target, b->arena, "top_k");
    if (!top_k && !thinks)
        return;
    json_name(&b->out, "additionalModelRequestFields");
    json_begin_object(&b->out);
    if (top_k)
        json_member_put_int(&b->out, "top_k", chat->top_k);
    if (thinks) {
        json_name(&b->out, "thinking");
        json_begin_object(&b->out);
        json_member_text(&b->out, "type", "enabled");
        json_member_put_int(&b->out, "budget_tokens", chat->thinking_max);
        json_end_object(&b->out);
    }
    json_end_object(&b->out);
}

static void drop_hints(struct body *b, const struct chat *chat, bool thinks)
{
    const struct { bool given; const char *field; } hints[] = {
        {chat->seed != INT64_MIN, "seed"}, {!isnan(chat->frequency_penalty), "frequency_penalty"},
        {!isnan(chat->presence_penalty), "presence_penalty"}, {chat->user != NULL, "user"},
        {chat->effort && strcmp(chat->effort, "none") != 0, "reasoning_effort"},
        {chat->thinking_max != INT64_MIN && chat->thinking_max > 0 && !thinks, "thinking"},
    };

    for (size_t i = 0; i < COUNT(hints); i++)
        if (hints[i].given)
            target_drop(b->target, b->arena, hints[i].field);
}

/* The body holds the answer's form and the tools only as far as Converse can say them. */
static bool check(const struct chat *chat, struct arena *a, struct err *err)
{
    if (chat->format)
        return fail_field(err, "response_format", strcmp(chat->format, "schema") == 0 ? "json_schema" : "json_object", "text");
    return write_one_plain(chat, a, err);
}

bool bedrock_write(struct target *target, const struct chat *chat, struct arena *a, struct bytes *body_r, struct err *err)
{
    struct buf buf = buf_new(a, (size_t)512 << 20);
    struct body b = {.out = json_out(&buf), .arena = a, .target = target};
    bool thinks = is_claude(&b) && chat->thinking_max != INT64_MIN && chat->thinking_max > 0;
    const char *text;

    if (!check(chat, a, err))
        return false;
    json_begin_object(&b.out);
    if (!put_messages(&b, chat, err) || !put_system(&b, chat, err) || !put_tools(&b, chat, err))
        return false;
    put_inference(&b, chat, thinks);
    put_additional(&b, chat, thinks);
    json_end_object(&b.out);
    drop_hints(&b, chat, thinks);
    *body_r = buf_view(&buf);
    return buf_done(&buf, &text, err);
}
