/* SPDX-License-Identifier: MIT */
/* ollama_write: a chat as the body of POST /api/chat: options in an object of their own, raw base64 images, tool arguments as objects. A caller that
 * speaks the same gets its body passed on, with only the model exchanged and what the provider's row adds. */
#include "providers/ollama_write.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/parse.h"
#include "providers/write.h"

/* Ollama takes one text and a list of images; parts are joined in order. */
static bool write_parts(struct json_out *out, const struct chat_message *message, struct arena *a, struct err *err)
{
    const struct chat_part *part = message->parts.items;
    struct buf text = buf_new(a, (size_t)256 << 20);
    size_t images = 0;

    for (size_t i = 0; i < message->parts.n; i++) {
        if (part[i].type == PART_TEXT)
            buf_add(&text, part[i].text, part[i].text_n);
        else if (part[i].type != PART_IMAGE)
            return fail_field_as(err, "error.part_type", "messages", part[i].media_type ? part[i].media_type : part[i].url, "text, image");
        else if (part[i].url)
            return fail_field_as(err, "error.image_url", "messages", part[i].url, "data:image/…;base64");
        else
            images++;
    }
    json_name(out, "content");
    json_put_bytes(out, buf_view(&text));
    if (!images)
        return true;
    json_name(out, "images");
    json_begin_array(out);
    for (size_t i = 0; i < message->parts.n; i++)
        if (part[i].type == PART_IMAGE)
            json_put_bytes(out, part[i].data);
    json_end_array(out);
    return true;
}

static bool write_tool_calls(struct json_out *out, struct list calls, struct err *err)
{
    const struct chat_tool_call *call = calls.items;

    json_name(out, "tool_calls");
    json_begin_array(out);
    for (size_t i = 0; i < calls.n; i++) {
        struct json arguments;

        if (!write_arguments(&call[i], &arguments, err))
            return false;
        json_begin_object(out);
        if (call[i].id)
            json_member_text(out, "id", call[i].id);
        json_name(out, "function");
        json_begin_object(out);
        json_member_text(out, "name", call[i].name);
        json_name(out, "arguments");
        json_put_raw(out, json_bytes(arguments));
        json_end_object(out);
        json_end_object(out);
    }
    json_end_array(out);
    return true;
}

static bool write_message(struct json_out *out, const struct chat *chat, const struct chat_message *message, struct arena *a, struct err *err)
{
    static const char *const roles[] = {"system", "user", "assistant", "tool"};
    const char *tool = write_tool_name(chat, message), *thoughts = thoughts_text(message, a);

    json_begin_object(out);
    json_member_text(out, "role", roles[message->role]);
    if (!write_parts(out, message, a, err))
        return false;
    if (thoughts)
        json_member_text(out, "thinking", thoughts);
    if (tool)
        json_member_text(out, "tool_name", tool);
    if (message->tool_call_id)
        json_member_text(out, "tool_call_id", message->tool_call_id);
    if (message->tool_calls.n && !write_tool_calls(out, message->tool_calls, err))
        return false;
    json_end_object(out);
    return true;
}

static void write_tools(struct json_out *out, const struct chat *chat)
{
    const struct chat_tool *tool = chat->tools.items;

    json_name(out, "tools");
    json_begin_array(out);
    for (size_t i = 0; i < chat->tools.n; i++) {
        json_begin_object(out);
        json_member_text(out, "type", "function");
        json_name(out, "function");
        json_begin_object(out);
        json_member_text(out, "name", tool[i].name);
        json_member_text(out, "description", tool[i].description ? tool[i].description : "");
        json_name(out, "parameters");
        if (tool[i].parameters.p)
            json_put_raw(out, json_bytes(tool[i].parameters));
        else
            json_put_raw(out, bytes_of("{\"type\":\"object\",\"properties\":{}}"));
        json_end_object(out);
        json_end_object(out);
    }
    json_end_array(out);
}

/* The number of tokens the row gives a model's window; 0 = the runtime's own. */
static int64_t window_of(const struct provider *provider)
{
    struct err ignored = {0};
    int64_t n;

    return parse_int(provider_option(provider, "num_ctx"), 1, 100000000, "num_ctx", &n, &ignored) ? n : 0;
}

/* "5m", or a number of seconds: as a number, for that is what the runtime takes seconds as. */
static void write_keep_alive(struct json_out *out, const struct provider *provider)
{
    const char *keep = provider_option(provider, "keep_alive");
    struct err ignored = {0};
    int64_t s;

    if (!*keep)
        return;
    json_name(out, "keep_alive");
    if (parse_int(keep, INT32_MIN, INT32_MAX, "keep_alive", &s, &ignored))
        json_put_int(out, s);
    else
        json_put_text(out, keep);
}

static void write_options(struct json_out *out, const struct target *target, const struct chat *chat)
{
    int64_t window = window_of(target->provider);

    json_name(out, "options");
    json_begin_object(out);
    write_int(out, "num_ctx", window ? window : INT64_MIN);
    write_int(out, "num_predict", chat->max_tokens);
    write_int(out, "seed", chat->seed);
    write_int(out, "top_k", chat->top_k);
    write_real(out, "temperature", chat->temperature);
    write_real(out, "top_p", chat->top_p);
    write_real(out, "frequency_penalty", chat->frequency_penalty);
    write_real(out, "presence_penalty", chat->presence_penalty);
    write_texts(out, "stop", chat->stop);
    json_end_object(out);
}

/* How much to think: Ollama knows false, true and four levels. */
static void write_think(struct json_out *out, const struct chat *chat)
{
    static const char *const levels[][2] = {{"minimal", "low"}, {"xhigh", "max"}};
    const char *level = chat->effort;

    if (!level && chat->thinking_max == INT64_MIN)
        return;
    if (!level || strcmp(level, "none") == 0) {
        json_member_put_bool(out, "think", !level && chat->thinking_max > 0);
        return;
    }
    for (size_t i = 0; i < COUNT(levels); i++)
        if (strcmp(level, levels[i][0]) == 0)
            level = levels[i][1];
    json_member_text(out, "think", level);
}

static bool write_body(const struct target *target, const struct chat *chat, struct arena *a, struct json_out *out, struct err *err)
{
    const struct chat_message *message = chat->messages.items;

    json_begin_object(out);
    json_member_text(out, "model", target->model);
    json_name(out, "messages");
    json_begin_array(out);
    for (size_t i = 0; i < chat->messages.n; i++)
        if (!write_message(out, chat, &message[i], a, err))
            return false;
    json_end_array(out);
    if (chat->tools.n && !(chat->tool_choice && strcmp(chat->tool_choice, "none") == 0))     /* there is no other way to say none */
        write_tools(out, chat);
    if (chat->format) {
        json_name(out, "format");
        if (chat->schema.p)
            json_put_raw(out, json_bytes(chat->schema));
        else
            json_put_text(out, "json");
    }
    write_think(out, chat);
    write_options(out, target, chat);
    write_keep_alive(out, target->provider);
    json_member_put_bool(out, "stream", target->stream);
    json_end_object(out);
    return true;
}

/* Ollama chooses for itself which tools it calls, and how many at once. */
static bool check_tools(const struct chat *chat, struct err *err)
{
    if (chat->tool_choice && strcmp(chat->tool_choice, "auto") != 0 && strcmp(chat->tool_choice, "none") != 0)
        return fail_field(err, "tool_choice", chat->tool_choice, "auto, none");
    if (chat->tools.n && chat->one_call)
        return fail_field(err, "parallel_tool_calls", "false", "true");
    return true;
}

static void drop_once(struct target *target, struct arena *a, bool given, const char *field)
{
    if (given)
        target_drop(target, a, field);
}

/* Hints that have no place. */
static void drop_hints(struct target *target, const struct chat *chat, struct arena *a)
{
    const struct chat_message *message = chat->messages.items;
    const struct chat_tool *tool = chat->tools.items;
    bool named = false, failed = false, detail = false, strict = false;

    for (size_t i = 0; i < chat->messages.n; i++) {
        const struct chat_part *part = message[i].parts.items;

        named = named || message[i].name;
        failed = failed || message[i].tool_failed;
        for (size_t k = 0; k < message[i].parts.n; k++)
            detail = detail || part[k].detail;
    }
    for (size_t i = 0; i < chat->tools.n; i++)
        strict = strict || tool[i].strict;
    drop_once(target, a, named, "messages.name");
    drop_once(target, a, failed, "is_error");
    drop_once(target, a, detail, "image_url.detail");
    drop_once(target, a, strict, "tools.strict");
    drop_once(target, a, chat->thinking_max != INT64_MIN && chat->thinking_max > 0, "thinking.budget_tokens");
    drop_once(target, a, chat->user != NULL, "user");
}

/* ---- the caller speaks the same ---- */

static void write_same_options(struct json_out *out, struct json options, int64_t window)
{
    struct json_walk w = json_walk(options);

    json_name(out, "options");
    json_begin_object(out);
    while (json_next(&w))
        json_put_pair(out, w.name, w.value);
    json_member_put_int(out, "num_ctx", window);
    json_end_object(out);
}

static void write_same(const struct target *target, const struct chat *chat, struct json_out *out)
{
    struct json_walk w = json_walk(chat->raw);
    int64_t window = json_at(chat->raw, "options.num_ctx").p ? 0 : window_of(target->provider);

    json_begin_object(out);
    json_member_text(out, "model", target->model);
    while (json_next(&w))
        if (!json_equal(w.name, "model") && !json_equal(w.name, "stream") && !(window && json_equal(w.name, "options")))
            json_put_pair(out, w.name, w.value);
    if (window)
        write_same_options(out, json_member(chat->raw, "options"), window);
    if (!json_member(chat->raw, "keep_alive").p)
        write_keep_alive(out, target->provider);
    json_member_put_bool(out, "stream", target->stream);
    json_end_object(out);
}

/* Whether the body can go as it came: the same model, and nothing to add. */
static bool goes_unchanged(const struct target *target, const struct chat *chat)
{
    enum json_kind stream = json_kind(json_member(chat->raw, "stream"));

    return chat->model && strcmp(chat->model, target->model) == 0 && (stream == JSON_TRUE || stream == JSON_FALSE)
        && !*provider_option(target->provider, "num_ctx") && !*provider_option(target->provider, "keep_alive");
}

bool ollama_write(struct target *target, const struct chat *chat, struct arena *a, struct bytes *body_r, struct err *err)
{
    struct buf buf = buf_new(a, (size_t)512 << 20);
    struct json_out out = json_out(&buf);
    const char *text;

    if (chat->dialect == DIALECT_OLLAMA_CHAT && goes_unchanged(target, chat)) {
        *body_r = json_bytes(chat->raw);
        return true;
    }
    if (chat->dialect == DIALECT_OLLAMA_CHAT)
        write_same(target, chat, &out);
    else if (!write_one_plain(chat, a, err) || !check_tools(chat, err) || !write_body(target, chat, a, &out, err))
        return false;
    if (!buf_done(&buf, &text, err))
        return false;
    if (chat->dialect != DIALECT_OLLAMA_CHAT)
        drop_hints(target, chat, a);
    *body_r = buf_view(&buf);
    return true;
}
