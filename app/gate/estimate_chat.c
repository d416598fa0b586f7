/* SPDX-License-Identifier: MIT */
/* estimate_chat: a whole request, from struct chat or, while nothing needed it parsed, from the body as the caller wrote it. The walk over a body knows no
 * dialect: it takes every text below the members that hold the conversation and leaves out what is a name, an id or a picture. */
#include <string.h>

#include "gate/chat.h"
#include "gate/estimate.h"

enum {
    MESSAGE = 3, ANSWER = 3, TOOL = 10,
    /* One of 1024 × 1024: OpenAI's 170 for each of four tiles and 85; Anthropic's width × height / 750; Gemini's 258 for a tile of 768. */
    PICTURE_GPT = 765, PICTURE_CLAUDE = 1398, PICTURE_GEMINI = 1032, PICTURE_LOW = 85,
    /* Characters of base64 for one token: half a minute of compressed sound is some 300, a page of a PDF some 2000. */
    SOUND = 1000, PAPER = 64,
    DEPTH_MAX = 16,                      /* of a message: a picture in a tool's result is at 6 */
};

static void add_tokens(struct estimate *e, int64_t n)
{
    estimate_gap(e);
    e->hundredths += 100 * n;
}

static void add_picture(struct estimate *e, bool low)
{
    static const int64_t tokens[] = {[ESTIMATE_GPT] = PICTURE_GPT, [ESTIMATE_CLAUDE] = PICTURE_CLAUDE, [ESTIMATE_GEMINI] = PICTURE_GEMINI};

    add_tokens(e, low && e->family == ESTIMATE_GPT ? PICTURE_LOW : tokens[e->family]);
}

static void add_text(struct estimate *e, const char *text)
{
    estimate_gap(e);
    if (text)
        estimate_add(e, bytes_of(text));
}

static void add_value(struct estimate *e, struct json value)
{
    estimate_gap(e);
    estimate_add_json(e, value);
}

/* ---- struct chat ---- */

static void add_part(struct estimate *e, const struct chat_part *part)
{
    if (part->type == PART_IMAGE)
        add_picture(e, part->detail && strcmp(part->detail, "low") == 0);
    else if (part->type == PART_AUDIO)
        add_tokens(e, (int64_t)(part->data.n / SOUND) + 1);
    else if (part->type == PART_FILE)
        add_tokens(e, (int64_t)(part->data.n / PAPER) + 1);
    estimate_gap(e);
    if (part->type == PART_TEXT && part->text)
        estimate_add(e, (struct bytes){(const uint8_t *)part->text, part->text_n});
}

static void add_message(struct estimate *e, const struct chat_message *message)
{
    const struct chat_part *part = message->parts.items;
    const struct chat_thought *thought = message->thoughts.items;
    const struct chat_tool_call *call = message->tool_calls.items;

    add_tokens(e, MESSAGE + (message->name != NULL));
    for (size_t i = 0; i < message->thoughts.n; i++)
        add_text(e, thought[i].text);
    for (size_t i = 0; i < message->parts.n; i++)
        add_part(e, &part[i]);
    for (size_t i = 0; i < message->tool_calls.n; i++) {
        add_text(e, call[i].name);
        add_text(e, call[i].arguments);
    }
}

static void add_chat(struct estimate *e, const struct chat *chat)
{
    const struct chat_message *message = chat->messages.items;
    const struct chat_tool *tool = chat->tools.items;

    for (size_t i = 0; i < chat->messages.n; i++)
        add_message(e, &message[i]);
    for (size_t i = 0; i < chat->tools.n; i++) {
        add_tokens(e, TOOL);
        add_text(e, tool[i].name);
        add_text(e, tool[i].description);
        add_value(e, tool[i].parameters);
    }
    add_value(e, chat->schema);
    add_tokens(e, ANSWER);
}

static void add_embed(struct estimate *e, const struct embed *embed)
{
    const struct bytes *input = embed->inputs.items;

    for (size_t i = 0; i < embed->inputs.n; i++) {
        estimate_gap(e);
        estimate_add(e, input[i]);
    }
}

static int64_t count_ids(const struct embed *embed)
{
    const struct bytes *ids = embed->inputs.items;
    int64_t n = 0;

    for (size_t i = 0; i < embed->inputs.n; i++)
        n += (int64_t)json_count((struct json){(const char *)ids[i].p, ids[i].n});
    return n;
}

/* ---- a body as it came ---- */

static bool is_one_of(struct json text, const char *const words[])
{
    for (size_t i = 0; json_kind(text) == JSON_STRING && words[i]; i++)
        if (json_equal(text, words[i]))
            return true;
    return false;
}

/* Pictures, sound and files of all dialects: by the object's type, by the member it is in, or by its media type. True: that was one. */
static bool add_media(struct estimate *e, struct json name, struct json object)
{
    static const char *const pictures[] = {"image", "image_url", "input_image", NULL}, *const sounds[] = {"audio", "input_audio", "video", NULL};
    static const char *const papers[] = {"file", "input_file", "document", NULL}, *const inlined[] = {"inlineData", "inline_data", NULL};
    enum { TYPE, SOURCE, MIME, MIME_TYPE, IMAGE, DETAIL, SAID };
    static const char *const names[] = {"type", "source", "mimeType", "mime_type", "image_url", "detail", NULL};
    struct json said[SAID], type, source, media;

    json_members(object, names, said);
    type = said[TYPE];
    source = said[SOURCE];
    media = said[MIME].p ? said[MIME] : said[MIME_TYPE];
    if (is_one_of(type, pictures) || is_one_of(name, pictures)) {
        struct json detail = json_member(said[IMAGE], "detail");

        add_picture(e, json_equal(detail.p ? detail : said[DETAIL], "low"));
    } else if (is_one_of(name, inlined) && media.n > 7 && memcmp(media.p + 1, "image/", 6) == 0) {
        add_picture(e, false);
    } else if (is_one_of(type, sounds) || is_one_of(name, sounds) || is_one_of(name, inlined)) {
        add_tokens(e, (int64_t)(object.n / SOUND) + 1);
    } else if ((is_one_of(type, papers) || is_one_of(name, papers)) && !json_equal(json_member(source, "type"), "text")) {
        add_tokens(e, (int64_t)(object.n / PAPER) + 1);
    } else {
        return false;
    }
    return true;
}

static void add_body(struct estimate *e, struct json name, struct json value, int depth);

static void add_members(struct estimate *e, struct json name, struct json object, int depth)
{
    static const char *const silent[] = {"type", "role", "id", "call_id", "tool_call_id", "tool_use_id", "media_type", "status", "signature", "index",
                                         "encrypted_content", "thoughtSignature", "cache_control", "cachePoint", "extra_content", "toolUseId", NULL};
    struct json_walk w = json_walk(object);

    if (add_media(e, name, object))
        return;
    while (json_next(&w))
        if (!is_one_of(w.name, silent))
            add_body(e, w.name, w.value, depth);
}

/* Each level is one more walk over what is below it, so what lies deeper than any conversation is counted as it stands. */
static void add_body(struct estimate *e, struct json name, struct json value, int depth)
{
    static const char *const objects[] = {"arguments", "input", "args", "response", NULL};
    struct json_walk w = json_walk(value);
    enum json_kind kind = json_kind(value);

    if (kind == JSON_STRING || (kind == JSON_OBJECT && is_one_of(name, objects)) || (depth >= DEPTH_MAX && (kind == JSON_OBJECT || kind == JSON_ARRAY)))
        add_value(e, value);
    else if (kind == JSON_OBJECT)
        add_members(e, name, value, depth + 1);
    else if (kind == JSON_ARRAY)
        while (json_next(&w)) {
            if (json_kind(w.value) == JSON_STRING && json_equal(name, "images"))      /* Ollama's: base64 by itself */
                add_picture(e, false);
            else
                add_body(e, name, w.value, depth + 1);
        }
}

/* ${value} is the conversation, or the tools, of a body. */
static void add_top(struct estimate *e, struct json name, struct json value)
{
    static const char *const talks[] = {"messages", "contents", "input", NULL}, *const said[] = {"system", "prompt", "suffix", "instructions",
        "systemInstruction", "system_instruction", "images", NULL};
    static const char *const tools[] = {"tools", "functions", NULL}, *const shapes[] = {"response_format", "format", "toolConfig", "text", NULL};
    struct json_walk w = json_walk(value);

    if (is_one_of(name, talks) && json_kind(value) == JSON_ARRAY) {
        while (json_next(&w)) {
            add_tokens(e, json_kind(w.value) == JSON_OBJECT ? MESSAGE + (json_member(w.value, "name").p != NULL) : 0);
            add_body(e, (struct json){0}, w.value, 0);
        }
    } else if (is_one_of(name, talks) || is_one_of(name, said)) {
        add_tokens(e, MESSAGE);
        add_body(e, json_equal(name, "images") ? name : (struct json){0}, value, 0);
    } else if (is_one_of(name, tools)) {
        while (json_next(&w)) {
            add_tokens(e, TOOL);
            add_value(e, w.value);
        }
    } else if (is_one_of(name, shapes)) {
        add_value(e, value);
    }
}

static void add_raw(struct estimate *e, struct json body)
{
    struct json_walk w = json_walk(body);

    while (json_next(&w))
        add_top(e, w.name, w.value);
    add_tokens(e, ANSWER);
}

int64_t estimate_chat(const struct chat *chat, const char *model)
{
    struct estimate e = {.family = estimate_family(model)};

    if (chat->embed && !chat->embed->tokens)
        add_embed(&e, chat->embed);
    else if (chat->embed)
        e.hundredths = 100 * count_ids(chat->embed);
    else if (chat->messages.n)
        add_chat(&e, chat);
    else
        add_raw(&e, chat->raw);
    return estimate_tokens(&e);
}
