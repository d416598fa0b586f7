/* SPDX-License-Identifier: MIT */
/* gemini_contents: see the header. Signatures: Gemini 3 refuses a turn of calls whose first call does not carry the thoughtSignature it was
 * made with (https://ai.google.dev/gemini-api/docs/thought-signatures). For calls that another model made, or whose signature a client has
 * lost, that page names a word that is always accepted. */
#include "providers/gemini_contents.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "providers/write.h"

#define NO_SIGNATURE "skip_thought_signature_validator"
enum { SIGNED_FROM = 30 };               /* the first generation that insists on signatures */
enum { ASKED_MAX = 1024 };               /* calls of one turn: each answer looks for its call */

/* A call of the last model turn, and what was answered to it. */
struct asked {
    const struct chat_tool_call *call;
    const struct chat_message *answer;
};

struct contents {
    struct json_out *out;
    struct arena *arena;
    struct target *target;
    const struct chat *chat;
    struct list asked;                   /* struct asked */
    bool begun;
};

int gemini_generation(const char *model)
{
    const char *slash = strrchr(model, '/'), *name = slash ? slash + 1 : model, *number = name + 7;
    size_t n = strlen(name);

    if (strncmp(name, "gemini-", 7) != 0)
        return 0;
    if (*number >= '1' && *number <= '9')
        return (*number - '0') * 10 + (number[1] == '.' && number[2] >= '0' && number[2] <= '9' ? number[2] - '0' : 0);
    return n > 14 && strcmp(name + n - 7, "-latest") == 0 ? SIGNED_FROM : 0;
}

/* ---- parts ---- */

/* What Gemini can fetch itself: files given to it before, and Cloud Storage. It does not follow other addresses. */
static bool is_google_file(const char *url)
{
    static const char *const known[] = {"gs://", "https://generativelanguage.googleapis.com/"};

    for (size_t i = 0; i < COUNT(known); i++)
        if (strncmp(url, known[i], strlen(known[i])) == 0)
            return true;
    return false;
}

static bool write_media(struct json_out *out, const struct chat_part *part, struct err *err)
{
    if (part->url && !is_google_file(part->url))
        return fail_field_as(err, "error.image_url", "messages", part->url, "data:…;base64");
    json_begin_object(out);
    json_name(out, part->url ? "fileData" : "inlineData");
    json_begin_object(out);
    if (part->media_type)
        json_member_text(out, "mimeType", part->media_type);
    if (part->url)
        json_member_text(out, "fileUri", part->url);
    else {
        json_name(out, "data");
        json_put_bytes(out, part->data);
    }
    json_end_object(out);
    json_end_object(out);
    return true;
}

static void write_text_part(struct json_out *out, const struct chat_part *part, const char *signature)
{
    json_begin_object(out);
    json_name(out, "text");
    json_put_bytes(out, (struct bytes){(const uint8_t *)part->text, part->text_n});
    if (signature)
        json_member_text(out, "thoughtSignature", signature);
    json_end_object(out);
}

/* An empty text is no part: it would be refused. */
static bool is_said(const struct chat_part *part)
{
    return part->type != PART_TEXT || part->text_n > 0;
}

/* The message's parts; ${signature}, if any, on its last text. */
static bool write_parts(struct contents *c, const struct chat_message *message, const char *signature, struct err *err)
{
    const struct chat_part *part = message->parts.items;
    size_t last = message->parts.n;

    for (size_t i = 0; signature && i < message->parts.n; i++)
        if (part[i].type == PART_TEXT && is_said(&part[i]))
            last = i;
    for (size_t i = 0; i < message->parts.n; i++) {
        if (!is_said(&part[i]))
            continue;
        if (part[i].detail && strcmp(part[i].detail, "auto") != 0)
            target_drop(c->target, c->arena, "image_url.detail");
        if (part[i].type == PART_TEXT)
            write_text_part(c->out, &part[i], i == last ? signature : NULL);
        else if (!write_media(c->out, &part[i], err))
            return false;
    }
    return true;
}

/* ---- turns ---- */

static bool says_something(const struct chat_message *message)
{
    const struct chat_part *part = message->parts.items;

    if (message->tool_calls.n || message->role == CHAT_TOOL)
        return true;
    for (size_t i = 0; i < message->parts.n; i++)
        if (is_said(&part[i]))
            return true;
    return false;
}

/* Whether a message is part of no turn: the system's, and those that are empty. */
static bool is_apart(const struct chat_message *message)
{
    return message->role == CHAT_SYSTEM || !says_something(message);
}

/* Behind the last message of the turn that begins at ${at}. */
static size_t turn_end(const struct chat *chat, size_t at)
{
    const struct chat_message *message = chat->messages.items;
    bool model = message[at].role == CHAT_ASSISTANT;

    while (at < chat->messages.n && (is_apart(&message[at]) || (message[at].role == CHAT_ASSISTANT) == model))
        at++;
    return at;
}

static void turn_begin(struct contents *c, const char *role)
{
    json_begin_object(c->out);
    json_member_text(c->out, "role", role);
    json_name(c->out, "parts");
    json_begin_array(c->out);
    c->begun = true;
}

static void turn_close(struct contents *c)
{
    json_end_array(c->out);
    json_end_object(c->out);
}

/* A conversation must begin with its user, who may not be silent. */
static void write_silent_user(struct contents *c)
{
    turn_begin(c, "user");
    write_text_part(c->out, &(struct chat_part){.text = " ", .text_n = 1}, NULL);
    turn_close(c);
}

/* What Gemini thought goes back to it, with its signature. Returns the signature of a text, which came as sealed reasoning of its own. */
static const char *write_thoughts(struct contents *c, const struct chat_message *message)
{
    const struct chat_thought *thought = message->thoughts.items;
    const char *sealed = NULL;

    for (size_t i = 0; i < message->thoughts.n; i++) {
        const char *opaque = thought[i].by == DIALECT_GEMINI ? thought[i].opaque : NULL;

        if (thought[i].opaque && !opaque)
            target_drop(c->target, c->arena, "reasoning.signature");
        if (!thought[i].text || !*thought[i].text) {
            sealed = opaque ? opaque : sealed;
            continue;
        }
        json_begin_object(c->out);
        json_member_text(c->out, "text", thought[i].text);
        json_member_put_bool(c->out, "thought", true);
        if (opaque)
            json_member_text(c->out, "thoughtSignature", opaque);
        json_end_object(c->out);
    }
    return sealed;
}

static bool write_call(struct contents *c, const struct chat_tool_call *call, const char *signature, struct err *err)
{
    struct json arguments;

    if (!write_arguments(call, &arguments, err))
        return false;
    json_begin_object(c->out);
    json_name(c->out, "functionCall");
    json_begin_object(c->out);
    if (call->id && *call->id)
        json_member_text(c->out, "id", call->id);
    json_member_text(c->out, "name", call->name);
    json_name(c->out, "args");
    json_put_raw(c->out, json_bytes(arguments));
    json_end_object(c->out);
    if (signature)
        json_member_text(c->out, "thoughtSignature", signature);
    json_end_object(c->out);
    return true;
}

/* Of the calls of a turn only the first must be signed. */
static const char *signature_of(const struct contents *c, const struct chat_tool_call *call)
{
    if (call->opaque && call->by == DIALECT_GEMINI)
        return call->opaque;
    return !c->asked.n && gemini_generation(c->target->model) >= SIGNED_FROM ? NO_SIGNATURE : NULL;
}

static bool write_model_message(struct contents *c, const struct chat_message *message, struct err *err)
{
    const struct chat_tool_call *call = message->tool_calls.items;
    const char *sealed = write_thoughts(c, message);

    if (!write_parts(c, message, sealed, err))
        return false;
    if (c->asked.n + message->tool_calls.n > ASKED_MAX)
        return fail_field(err, "messages.tool_calls", arena_printf(c->arena, "%zu", c->asked.n + message->tool_calls.n), "1024");
    for (size_t i = 0; i < message->tool_calls.n; i++) {
        if (!write_call(c, &call[i], signature_of(c, &call[i]), err))
            return false;
        ((struct asked *)list_add(c->arena, &c->asked, sizeof(struct asked)))->call = &call[i];
    }
    return true;
}

/* Whether ${message} may be the answer to ${call}: by the id; without one, by the tool's name, if it says any. */
static bool answers(const struct chat_message *message, const struct chat_tool_call *call)
{
    if (message->tool_call_id)
        return call->id && strcmp(message->tool_call_id, call->id) == 0;
    return !message->name || strcmp(message->name, call->name) == 0;
}

/* Gemini matches calls and answers by their order too, and answers to nothing make it fall silent. */
static bool note_answer(struct contents *c, const struct chat_message *message, struct err *err)
{
    struct asked *asked = c->asked.items;

    for (size_t i = 0; i < c->asked.n; i++)
        if (!asked[i].answer && answers(message, asked[i].call)) {
            asked[i].answer = message;
            return true;
        }
    return fail_field(err, "messages.tool_call_id", message->tool_call_id ? message->tool_call_id : "",
                      "the id of a tool call in the assistant's message before");
}

/* Always as a text: what looks like an object would come out with its numbers as doubles. */
static void write_answer(struct contents *c, const struct asked *asked)
{
    json_begin_object(c->out);
    json_name(c->out, "functionResponse");
    json_begin_object(c->out);
    if (asked->call->id && *asked->call->id)
        json_member_text(c->out, "id", asked->call->id);
    json_member_text(c->out, "name", asked->call->name);
    json_name(c->out, "response");
    json_begin_object(c->out);
    json_name(c->out, asked->answer->tool_failed ? "error" : "result");
    json_put_bytes(c->out, write_text(asked->answer, "\n", c->arena));
    json_end_object(c->out);
    json_end_object(c->out);
    json_end_object(c->out);
}

/* Pictures that a tool answers with follow the answers. */
static bool write_answer_media(struct contents *c, const struct chat_message *message, struct err *err)
{
    const struct chat_part *part = message->parts.items;

    for (size_t i = 0; i < message->parts.n; i++)
        if (part[i].type != PART_TEXT && !write_media(c->out, &part[i], err))
            return false;
    return true;
}

static bool write_user_turn(struct contents *c, size_t from, size_t to, struct err *err)
{
    const struct chat_message *message = c->chat->messages.items;
    const struct asked *asked = c->asked.items;

    for (size_t i = from; i < to; i++)
        if (message[i].role == CHAT_TOOL && !note_answer(c, &message[i], err))
            return false;
    for (size_t i = 0; i < c->asked.n; i++)
        if (asked[i].answer)
            write_answer(c, &asked[i]);
    c->asked = (struct list){0};
    for (size_t i = from; i < to; i++)
        if (!is_apart(&message[i])
            && !(message[i].role == CHAT_TOOL ? write_answer_media(c, &message[i], err) : write_parts(c, &message[i], NULL, err)))
            return false;
    return true;
}

static bool write_turn(struct contents *c, size_t from, size_t to, struct err *err)
{
    const struct chat_message *message = c->chat->messages.items;
    bool model = message[from].role == CHAT_ASSISTANT, ok = true;

    if (model && !c->begun)
        write_silent_user(c);
    turn_begin(c, model ? "model" : "user");
    if (model)
        c->asked = (struct list){0};
    for (size_t i = from; model && ok && i < to; i++)
        ok = is_apart(&message[i]) || write_model_message(c, &message[i], err);
    if (!model)
        ok = write_user_turn(c, from, to, err);
    turn_close(c);
    return ok;
}

static bool write_turns(struct contents *c, struct err *err)
{
    const struct chat_message *message = c->chat->messages.items;

    json_name(c->out, "contents");
    json_begin_array(c->out);
    for (size_t i = 0, end; i < c->chat->messages.n; i = end) {
        end = i + 1;
        if (is_apart(&message[i]))
            continue;
        end = turn_end(c->chat, i);
        if (!write_turn(c, i, end, err))
            return false;
    }
    if (!c->begun)
        write_silent_user(c);
    json_end_array(c->out);
    return true;
}

/* Instructions may stand anywhere in a chat; Gemini takes them in one place. */
static bool write_system(struct contents *c, struct err *err)
{
    const struct chat_message *message = c->chat->messages.items;
    bool any = false;

    for (size_t i = 0; i < c->chat->messages.n; i++) {
        if (message[i].role != CHAT_SYSTEM || !says_something(&message[i]))
            continue;
        if (!any) {
            json_name(c->out, "systemInstruction");
            json_begin_object(c->out);
            json_name(c->out, "parts");
            json_begin_array(c->out);
            any = true;
        }
        if (!write_parts(c, &message[i], NULL, err))
            return false;
    }
    if (any) {
        json_end_array(c->out);
        json_end_object(c->out);
    }
    return true;
}

bool gemini_contents(struct json_out *out, struct target *target, const struct chat *chat, struct arena *a, struct err *err)
{
    struct contents c = {.out = out, .arena = a, .target = target, .chat = chat};
    const struct chat_message *message = chat->messages.items;

    for (size_t i = 0; i < chat->messages.n; i++)
        if (message[i].name && message[i].role != CHAT_TOOL) {
            target_drop(target, a, "messages.name");
            break;
        }
    return write_system(&c, err) && write_turns(&c, err);
}
