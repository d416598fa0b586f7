/* SPDX-License-Identifier: MIT */
/* openai_write: a caller that speaks the same dialect gets its body passed on, see openai_same; every other caller's chat is written here, from the
 * model of a conversation. */
#include "providers/openai_write.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "providers/openai_same.h"
#include "providers/openai_write_messages.h"
#include "providers/write.h"

/* Whether a hint goes out; one that does not is listed. */
static bool takes(const struct openai_fit *f, const char *name)
{
    if (!fit_drops(f, name, strlen(name)))
        return true;
    target_drop(f->target, f->arena, name);
    return false;
}

static bool is_choice(const struct chat *chat, const char *word)
{
    return chat->tool_choice && strcmp(chat->tool_choice, word) == 0;
}

/* ---- tools ---- */

static void write_tool(const struct openai_fit *f, struct json_out *out, const struct chat_tool *tool)
{
    json_begin_object(out);
    json_member_text(out, "type", "function");
    json_name(out, "function");
    json_begin_object(out);
    json_member_text(out, "name", tool->name);
    if (tool->description)
        json_member_text(out, "description", tool->description);
    if (tool->parameters.p) {
        json_name(out, "parameters");
        json_put_raw(out, json_bytes(tool->parameters));
    }
    if (tool->strict && f->ways->no_strict)
        target_drop(f->target, f->arena, "tools.strict");
    else if (tool->strict)
        json_member_put_bool(out, "strict", true);
    json_end_object(out);
    json_end_object(out);
}

static void write_tool_choice(struct json_out *out, const char *choice)
{
    json_name(out, "tool_choice");
    if (*choice != '=') {
        json_put_text(out, choice);
        return;
    }
    json_begin_object(out);
    json_member_text(out, "type", "function");
    json_name(out, "function");
    json_begin_object(out);
    json_member_text(out, "name", choice + 1);
    json_end_object(out);
    json_end_object(out);
}

static bool write_tools(const struct openai_fit *f, const struct chat *chat, struct json_out *out, struct err *err)
{
    const struct chat_tool *tool = chat->tools.items;

    if (!chat->tools.n || (is_choice(chat, "none") && (f->ways->auto_tools || fit_refuses(f, "tools", 5))))
        return true;
    if (fit_refuses(f, "tools", 5))
        return fail_field(err, "tools", tool->name, "[]");
    if (f->ways->auto_tools && chat->tool_choice && !is_choice(chat, "auto"))
        return fail_field(err, "tool_choice", chat->tool_choice + (*chat->tool_choice == '='), "auto, none");
    json_name(out, "tools");
    json_begin_array(out);
    for (size_t i = 0; i < chat->tools.n; i++)
        write_tool(f, out, &tool[i]);
    json_end_array(out);
    if (chat->tool_choice)
        write_tool_choice(out, chat->tool_choice);
    if (chat->one_call && takes(f, "parallel_tool_calls"))
        json_member_put_bool(out, "parallel_tool_calls", false);
    return true;
}

/* ---- parameters ---- */

static void write_hint_int(const struct openai_fit *f, struct json_out *out, const char *name, int64_t value)
{
    if (value != INT64_MIN && takes(f, name))
        json_member_put_int(out, fit_name(f, name), value);
}

static void write_hint_real(const struct openai_fit *f, struct json_out *out, const char *name, const struct openai_range *range, double value)
{
    if (!isnan(value) && takes(f, name))
        fit_write_real(f, out, range, name, value);
}

static void write_max(const struct openai_fit *f, struct json_out *out, int64_t max)
{
    enum openai_max how = fit_max(f);

    if (how != MAX_COMPLETION_TOKENS)
        write_int(out, "max_tokens", max);
    if (how == MAX_COMPLETION_TOKENS || how == MAX_BOTH)
        write_int(out, "max_completion_tokens", max);
}

static bool write_format(const struct openai_fit *f, const struct chat *chat, struct json_out *out, struct err *err)
{
    if (!chat->format)
        return true;
    if (chat->schema.p && f->ways->schema == SCHEMA_REFUSED)
        return fail_field(err, "response_format.type", "json_schema", "text, json_object");
    json_name(out, "response_format");
    json_begin_object(out);
    json_member_text(out, "type", chat->schema.p ? "json_schema" : "json_object");
    if (chat->schema.p) {
        json_name(out, "json_schema");
        json_begin_object(out);
        json_member_text(out, "name", chat->schema_name ? chat->schema_name : "answer");
        if (chat->schema_strict)
            json_member_put_bool(out, "strict", true);
        json_name(out, "schema");
        json_put_raw(out, json_bytes(chat->schema));
        json_end_object(out);
    }
    json_end_object(out);
    return true;
}

static void write_sampling(const struct openai_fit *f, const struct chat *chat, struct json_out *out)
{
    static const struct openai_range any = {0, 0};

    write_max(f, out, chat->max_tokens);
    write_hint_int(f, out, "seed", chat->seed);
    if (chat->top_k != INT64_MIN && !(f->ways->takes & TAKES_TOP_K))
        target_drop(f->target, f->arena, "top_k");
    else
        write_hint_int(f, out, "top_k", chat->top_k);
    write_hint_real(f, out, "temperature", &f->ways->temperature, chat->temperature);
    if (!fit_drops(f, "temperature", 11))
        fit_write_zero(f, out, chat->temperature);
    write_hint_real(f, out, "top_p", &f->ways->top_p, chat->top_p);
    write_hint_real(f, out, "frequency_penalty", &any, chat->frequency_penalty);
    write_hint_real(f, out, "presence_penalty", &any, chat->presence_penalty);
    write_texts(out, "stop", chat->stop);
    if (chat->user && takes(f, "user"))
        json_member_text(out, fit_name(f, "user"), chat->user);
}

static void write_members(const struct openai_fit *f, struct json_out *out)
{
    for (const struct openai_member *m = f->ways->members; m && m->name; m++) {
        json_name(out, m->name);
        json_put_raw(out, bytes_of(m->json));
    }
}

static bool write_chat(const struct openai_fit *f, const struct chat *chat, struct json_out *out, struct err *err)
{
    json_begin_object(out);
    json_member_text(out, "model", f->target->model);
    if (!write_messages(f, chat, out, err) || !write_tools(f, chat, out, err))
        return false;
    write_sampling(f, chat, out);
    if (!write_format(f, chat, out, err))
        return false;
    fit_write_effort(f, out, chat->effort, chat->thinking_max);
    write_members(f, out);
    if (f->target->stream) {
        json_member_put_bool(out, "stream", true);
        fit_write_stream_options(f, out, (struct json){0});
    }
    json_end_object(out);
    return true;
}

bool openai_write(struct target *target, const struct chat *chat, struct arena *a, struct bytes *body_r, struct err *err)
{
    struct openai_fit fit = openai_fit_of(target, a);
    struct buf buf = buf_new(a, (size_t)512 << 20);
    struct json_out out = json_out(&buf);
    const char *text;

    target->stream |= chat->stream;
    if (chat->dialect == DIALECT_OPENAI_CHAT)
        return openai_same(&fit, chat, body_r, err);
    target->stream |= fit_needs_stream(&fit, chat->effort, chat->thinking_max);
    if (!write_one_plain(chat, a, err) || !write_chat(&fit, chat, &out, err) || !buf_done(&buf, &text, err))
        return false;
    *body_r = buf_view(&buf);
    return true;
}
