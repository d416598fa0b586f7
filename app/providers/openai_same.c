/* SPDX-License-Identifier: MIT */
#include "providers/openai_same.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "gate/thought.h"
#include "providers/openai_same_messages.h"

/* What one field depends on in others. */
enum { HAS_MAX, HAS_MAX_COMPLETION, HAS_TOOL_CHOICE, HAS_EFFORT, HAS_ENABLE, HAS_TEMPERATURE, HAS_N, HAS_LOGPROBS, HAS };
static const char *const has_names[] = {"max_tokens", "max_completion_tokens", "tool_choice", "reasoning_effort", "enable_thinking", "temperature",
                                        "n", "logprobs", NULL};

struct same {
    struct openai_fit *fit;
    const struct chat *chat;
    struct json has[HAS];
    bool marked;                         /* an opaque mark of ours is somewhere */
};

/* What becomes of a field. */
enum fate { STAYS, GOES, REPLACED };

/* A name decoded; one that holds NUL is none that anybody knows. */
static const char *name_of(const struct same *s, struct json name)
{
    const char *text = json_string(name, s->fit->arena);

    return text ? text : "";
}

static bool given(struct json value)
{
    return value.p && json_kind(value) != JSON_NULL;
}

/* A wish that is none: false, an empty list, one answer. */
static bool says_nothing(const char *name, struct json value)
{
    int64_t n;

    if (!given(value) || json_kind(value) == JSON_FALSE || (json_kind(value) == JSON_ARRAY && !json_count(value)))
        return true;
    return json_int(value, INT64_MIN, INT64_MAX, &n) && n == (strcmp(name, "n") == 0);
}

static bool no_tools(const struct same *s)
{
    return json_equal(s->has[HAS_TOOL_CHOICE], "none");
}

static bool any_strict(struct json tools)
{
    struct json_walk w = json_walk(tools);

    while (json_next(&w))
        if (json_at(w.value, "function.strict").p)
            return true;
    return false;
}

/* The fields that an effort is said with instead: a caller who has them knows the service. */
static bool says_effort_itself(const struct same *s)
{
    static const char *const own[] = {[EFFORT_THINKING] = "thinking", [EFFORT_THINKING_FIELD] = "thinking", [EFFORT_ENABLE] = "enable_thinking",
                                      [EFFORT_OBJECT] = "reasoning", [EFFORT_TEMPLATE] = "chat_template_kwargs"};
    enum openai_effort effort = fit_effort(s->fit);

    return effort < COUNT(own) && own[effort] && given(json_member(s->chat->raw, own[effort]));
}

static enum fate fate_of_effort(const struct same *s, struct json value)
{
    const struct openai_fit *f = s->fit;
    const char *word = json_string(value, f->arena), *words = f->model->efforts ? f->model->efforts : f->ways->efforts;
    enum openai_effort effort = fit_effort(f);
    bool field = effort == EFFORT_FIELD || effort == EFFORT_THINKING_FIELD || effort == EFFORT_TEMPLATE;

    if (!word || says_effort_itself(s))
        return field ? STAYS : GOES;
    if (field && (effort == EFFORT_FIELD || strcmp(word, "none") != 0) && (!words || openai_word_in(words, word, strlen(word))))
        return STAYS;
    return REPLACED;
}

static enum fate fate_of_max(const struct same *s, bool completion)
{
    bool both = given(s->has[HAS_MAX]) && given(s->has[HAS_MAX_COMPLETION]);
    struct json own = s->has[completion ? HAS_MAX_COMPLETION : HAS_MAX];

    if (fit_max(s->fit) == MAX_AS_SENT)
        return STAYS;
    if (!given(own))
        return GOES;
    switch (fit_max(s->fit)) {
    case MAX_TOKENS:
        return completion ? REPLACED : both ? GOES : STAYS;
    case MAX_COMPLETION_TOKENS:
        return completion ? STAYS : both ? GOES : REPLACED;
    case MAX_BOTH:
        return completion && !both ? REPLACED : STAYS;
    case MAX_AS_SENT:
        break;
    }
    return STAYS;
}

static enum fate fate_of_real(const struct openai_range *range, struct json value)
{
    double n;

    return range->max > range->min && json_real(value, &n) && (n < range->min || n > range->max) ? REPLACED : STAYS;
}

static const struct openai_member *member_of(const struct openai_ways *ways, const char *name)
{
    for (const struct openai_member *m = ways->members; m && m->name; m++)
        if (strcmp(m->name, name) == 0)
            return m;
    return NULL;
}

static enum fate fate_of_stream(const struct same *s, bool options, struct json value)
{
    const struct target *target = s->fit->target;

    if (!options)
        return target->stream && !s->chat->stream ? REPLACED : STAYS;
    if (s->fit->ways->no_stream_options)
        return GOES;
    return target->stream && !json_is_true(json_member(value, "include_usage")) ? REPLACED : STAYS;
}

static enum fate fate_of_known(const struct same *s, const char *name, struct json value)
{
    const struct openai_ways *ways = s->fit->ways;

    if (strcmp(name, "model") == 0)
        return json_equal(value, s->fit->target->model) ? STAYS : REPLACED;
    if (strcmp(name, "stream") == 0 || strcmp(name, "stream_options") == 0)
        return fate_of_stream(s, name[6], value);
    if (strcmp(name, "max_tokens") == 0 || strcmp(name, "max_completion_tokens") == 0)
        return fate_of_max(s, name[4] == 'c');
    if (strcmp(name, "temperature") == 0)
        return fate_of_real(&ways->temperature, value);
    if (strcmp(name, "top_p") == 0)
        return fate_of_real(&ways->top_p, value);
    if (strcmp(name, "reasoning_effort") == 0)
        return fate_of_effort(s, value);
    if (strcmp(name, "messages") == 0)
        return messages_stay(s->fit, value, s->marked) ? STAYS : REPLACED;
    if (strcmp(name, "tools") == 0 && ways->no_strict && any_strict(value))
        return REPLACED;
    return STAYS;
}

/* ERR_INPUT for what cannot be had. */
static bool fate_of(const struct same *s, const char *name, struct json value, enum fate *fate_r, struct err *err)
{
    const struct openai_fit *f = s->fit;
    size_t n = strlen(name);
    const char *theirs = fit_name(f, name);

    *fate_r = GOES;
    if (f->ways->auto_tools && no_tools(s) && (strcmp(name, "tools") == 0 || strcmp(name, "tool_choice") == 0))
        return true;                                         /* the only way to say none */
    if (f->ways->auto_tools && strcmp(name, "tool_choice") == 0 && given(value) && !json_equal(value, "auto"))
        return fit_fail(f, name, value, err);
    if (fit_refuses(f, name, n))
        return says_nothing(name, value) || (strcmp(name, "tools") == 0 && no_tools(s)) || fit_fail(f, name, value, err);
    if (strcmp(name, "response_format") == 0 && f->ways->schema == SCHEMA_REFUSED && json_equal(json_member(value, "type"), "json_schema"))
        return fit_fail(f, "response_format.type", json_member(value, "type"), err);
    if (fit_drops(f, name, n)) {
        if (given(value))
            target_drop(f->target, f->arena, name);
        return true;
    }
    if (member_of(f->ways, name))
        *fate_r = bytes_equal_text(json_bytes(value), member_of(f->ways, name)->json) ? STAYS : REPLACED;
    else if (theirs != name)
        *fate_r = !given(value) || json_member(s->chat->raw, theirs).p ? GOES : REPLACED;
    else
        *fate_r = fate_of_known(s, name, value);
    return true;
}

/* ---- writing ---- */

static void write_value(struct json_out *out, const char *name, struct json value)
{
    json_name(out, name);
    json_put_raw(out, json_bytes(value));
}

/* Ours in place of the caller's; the rest of an object stays. */
static void write_member(const struct same *s, struct json_out *out, const struct openai_member *m, struct json value)
{
    struct json_walk w = json_walk(json_kind(value) == JSON_OBJECT ? value : (struct json){0});
    struct json own = {m->json, strlen(m->json)};

    if (given(value) && json_kind(value) != JSON_OBJECT)
        target_drop(s->fit->target, s->fit->arena, m->name);
    if (*m->json != '{') {
        write_value(out, m->name, own);
        return;
    }
    json_name(out, m->name);
    json_begin_object(out);
    while (json_next(&w))
        if (!json_member(own, name_of(s, w.name)).p)
            json_put_pair(out, w.name, w.value);
    w = json_walk(own);
    while (json_next(&w))
        json_put_pair(out, w.name, w.value);
    json_end_object(out);
}

static void write_function(struct json_out *out, struct json function)
{
    struct json_walk w = json_walk(function);

    json_name(out, "function");
    json_begin_object(out);
    while (json_next(&w))
        if (!json_equal(w.name, "strict"))
            json_put_pair(out, w.name, w.value);
    json_end_object(out);
}

static void write_tools(struct json_out *out, struct json tools)
{
    struct json_walk w = json_walk(tools);

    json_name(out, "tools");
    json_begin_array(out);
    while (json_next(&w)) {
        struct json_walk member = json_walk(w.value);

        json_begin_object(out);
        while (json_next(&member))
            if (json_equal(member.name, "function") && json_kind(member.value) == JSON_OBJECT)
                write_function(out, member.value);
            else
                json_put_pair(out, member.name, member.value);
        json_end_object(out);
    }
    json_end_array(out);
}

static void write_real(const struct same *s, struct json_out *out, const struct openai_range *range, const char *name, struct json value)
{
    double n;

    if (!json_real(value, &n))
        return;
    fit_write_real(s->fit, out, range, name, n);
}

static void write_max(const struct same *s, struct json_out *out, struct json value)
{
    if (fit_max(s->fit) != MAX_COMPLETION_TOKENS)
        write_value(out, "max_tokens", value);
    if (fit_max(s->fit) != MAX_TOKENS)
        write_value(out, "max_completion_tokens", value);
}

static void write_replaced(const struct same *s, struct json_out *out, const char *name, struct json value)
{
    const struct openai_ways *ways = s->fit->ways;

    if (member_of(ways, name))
        write_member(s, out, member_of(ways, name), value);
    else if (strcmp(name, "model") == 0)
        json_member_text(out, "model", s->fit->target->model);
    else if (strcmp(name, "stream") == 0)
        json_member_put_bool(out, "stream", true);
    else if (strcmp(name, "stream_options") == 0)
        fit_write_stream_options(s->fit, out, value);
    else if (strncmp(name, "max_", 4) == 0)
        write_max(s, out, value);
    else if (strcmp(name, "temperature") == 0)
        write_real(s, out, &ways->temperature, name, value);
    else if (strcmp(name, "top_p") == 0)
        write_real(s, out, &ways->top_p, name, value);
    else if (strcmp(name, "reasoning_effort") == 0)
        fit_write_effort(s->fit, out, json_string(value, s->fit->arena), INT64_MIN);
    else if (strcmp(name, "messages") == 0)
        messages_write(s->fit, out, value, s->marked);
    else if (strcmp(name, "tools") == 0)
        write_tools(out, value);
    else
        write_value(out, fit_name(s->fit, name), value);
}

/* What the caller has not said at all. */
static bool adds(const struct same *s, struct json_out *out)
{
    const struct openai_ways *ways = s->fit->ways;
    struct json raw = s->chat->raw;
    bool stream = s->fit->target->stream;
    double zero;
    bool any = false;

    for (const struct openai_member *m = ways->members; m && m->name; m++)
        if (!json_member(raw, m->name).p) {
            any = true;
            if (out)
                write_member(s, out, m, (struct json){0});
        }
    if (ways->at_zero && json_real(s->has[HAS_TEMPERATURE], &zero) && !(zero > 0) && !json_member(raw, ways->at_zero).p) {
        any = true;
        if (out)
            fit_write_zero(s->fit, out, zero);
    }
    if (stream && !s->chat->stream && !json_member(raw, "stream").p) {
        any = true;
        if (out)
            json_member_put_bool(out, "stream", true);
    }
    if (stream && !ways->no_stream_options && !json_member(raw, "stream_options").p) {
        any = true;
        if (out)
            fit_write_stream_options(s->fit, out, (struct json){0});
    }
    return any;
}

/* Whether the whole body can go as it came. Looks only: what is dropped is listed when it is written. */
static bool stays(const struct same *s, bool *stays_r, struct err *err)
{
    struct json_walk w = json_walk(s->chat->raw);
    struct list dropped = s->fit->target->dropped;
    enum fate fate = STAYS;

    while (fate == STAYS && json_next(&w))
        if (!fate_of(s, name_of(s, w.name), w.value, &fate, err))
            return false;
    s->fit->target->dropped = dropped;
    *stays_r = fate == STAYS && !adds(s, NULL);
    return true;
}

static bool write_all(const struct same *s, struct json_out *out, struct err *err)
{
    struct json_walk w = json_walk(s->chat->raw);
    enum fate fate;

    json_begin_object(out);
    while (json_next(&w)) {
        const char *name = name_of(s, w.name);

        if (!fate_of(s, name, w.value, &fate, err))
            return false;
        if (fate == STAYS)
            json_put_pair(out, w.name, w.value);
        else if (fate == REPLACED)
            write_replaced(s, out, name, w.value);
    }
    adds(s, out);
    json_end_object(out);
    return true;
}

/* Some models answer in streams only: then the answer is put together here, and what a stream's events have no place for cannot be had. */
static bool choose_stream(const struct same *s, struct err *err)
{
    const char *effort = json_string(s->has[HAS_EFFORT], s->fit->arena);
    bool enabled = json_is_true(s->has[HAS_ENABLE]);

    if (s->chat->stream || s->fit->target->stream)
        return true;
    if (!fit_needs_stream(s->fit, json_kind(s->has[HAS_ENABLE]) == JSON_FALSE ? "none" : effort, enabled ? 1 : INT64_MIN))
        return true;
    s->fit->target->stream = true;
    if (!says_nothing("n", s->has[HAS_N]))
        return fit_fail(s->fit, "n", s->has[HAS_N], err);
    return says_nothing("logprobs", s->has[HAS_LOGPROBS]) || fit_fail(s->fit, "logprobs", s->has[HAS_LOGPROBS], err);
}

bool openai_same(struct openai_fit *fit, const struct chat *chat, struct bytes *body_r, struct err *err)
{
    struct buf buf = buf_new(fit->arena, (size_t)512 << 20);
    struct json_out out = json_out(&buf);
    struct same s = {.fit = fit, .chat = chat, .marked = thought_marked(json_bytes(chat->raw))};
    const char *text;
    bool unchanged;

    json_members(chat->raw, has_names, s.has);
    if (!choose_stream(&s, err) || !stays(&s, &unchanged, err))
        return false;
    *body_r = json_bytes(chat->raw);
    if (unchanged)
        return true;
    if (!write_all(&s, &out, err) || !buf_done(&buf, &text, err))
        return false;
    *body_r = buf_view(&buf);
    return true;
}
