/* SPDX-License-Identifier: MIT */
/* anthropic_write: everything of the body but the conversation itself: limits, sampling, thinking, tools, schema. */
#include "providers/anthropic_write.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/parse.h"
#include "gate/snapshot.h"
#include "providers/write.h"

/* Above this many tokens a whole answer may take more than ten minutes, and connections in between give up. */
enum { WHOLE_MAX = 21333, BUDGET_MIN = 1024 };

/* How the model is to think, and what that does to the limit of the answer. */
struct plan {
    const char *type;                    /* of "thinking"; NULL = the model's own way */
    int64_t budget;
    const char *effort;                  /* of output_config; NULL */
    int64_t max_tokens;
};

static int64_t initial_max(const struct anthropic_writing *w)
{
    struct err ignored = {0};
    int64_t max;

    return parse_int(provider_option(w->target->provider, "max_tokens"), 1, 1000000, "max_tokens", &max, &ignored) ? max : w->model->max_tokens;
}

/* Tools that must be called leave no room for thoughts: the service refuses both together. */
static bool forces_call(const struct chat *chat)
{
    return chat->tools.n && chat->tool_choice && (strcmp(chat->tool_choice, "required") == 0 || *chat->tool_choice == '=');
}

/* With a budget the service wants the last calls to stand behind the thoughts that led to them; from another provider there are none. */
static bool calls_without_thoughts(const struct chat *chat)
{
    const struct chat_message *first = chat->messages.items;

    for (const struct chat_message *m = first + chat->messages.n; m-- > first;) {
        const struct chat_thought *thought = m->thoughts.items;

        if (m->role == CHAT_USER)
            return false;
        if (m->role == CHAT_ASSISTANT && m->tool_calls.n)
            return !m->thoughts.n || !thought->opaque || thought->by != DIALECT_ANTHROPIC;
    }
    return false;
}

static int64_t budget_of(const struct chat *chat)
{
    static const struct { const char *effort; int64_t tokens; } rows[] = {
        {"minimal", 1024}, {"low", 2048}, {"medium", 8192}, {"high", 16384}, {"xhigh", 22000}, {"max", 22000},
    };

    if (chat->thinking_max != INT64_MIN)
        return chat->thinking_max;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(rows[i].effort, chat->effort) == 0)
            return rows[i].tokens;
    return 0;
}

/* A budget is part of the answer's limit. Where the caller set one, a quarter of it stays for the answer. */
static void plan_budget(struct anthropic_writing *w, struct plan *plan, const char *field)
{
    int64_t budget = budget_of(w->chat), room = plan->max_tokens - (plan->max_tokens + 3) / 4;

    if (w->chat->max_tokens == INT64_MIN && budget > 0)
        plan->max_tokens += budget;
    else if (budget > room)
        budget = room;
    if (budget < BUDGET_MIN || forces_call(w->chat) || calls_without_thoughts(w->chat)) {
        plan->max_tokens = w->chat->max_tokens == INT64_MIN ? initial_max(w) : w->chat->max_tokens;
        target_drop(w->target, w->arena, field);
        return;
    }
    plan->type = "enabled";
    plan->budget = budget;
}

static void plan_adaptive(struct anthropic_writing *w, struct plan *plan)
{
    const char *effort = w->chat->effort;

    plan->type = forces_call(w->chat) ? NULL : "adaptive";
    plan->effort = effort && strcmp(effort, "minimal") == 0 ? "low" : effort;
    if (w->chat->thinking_max != INT64_MIN)
        target_drop(w->target, w->arena, "thinking.budget_tokens");
}

static struct plan plan_thinking(struct anthropic_writing *w)
{
    const struct chat *chat = w->chat;
    struct plan plan = {.max_tokens = chat->max_tokens != INT64_MIN ? chat->max_tokens : initial_max(w)};
    const char *field = chat->effort ? "reasoning_effort" : "thinking.budget_tokens";

    if (!chat->effort && chat->thinking_max == INT64_MIN)
        return plan;
    if ((chat->effort && strcmp(chat->effort, "none") == 0) || chat->thinking_max == 0)
        plan.type = w->model->thinking == THINK_NOT ? NULL : "disabled";
    else if (w->model->thinking == THINK_NOT)
        target_drop(w->target, w->arena, field);
    else if (w->model->thinking == THINK_ADAPTIVE)
        plan_adaptive(w, &plan);
    else
        plan_budget(w, &plan, field);
    return plan;
}

static void write_plan(struct anthropic_writing *w, const struct plan *plan)
{
    struct json_out *out = w->out;

    json_member_put_int(out, "max_tokens", plan->max_tokens);
    if (plan->type) {
        json_name(out, "thinking");
        json_begin_object(out);
        json_member_text(out, "type", plan->type);
        if (plan->budget)
            json_member_put_int(out, "budget_tokens", plan->budget);
        json_end_object(out);
    }
    if (!plan->effort && !w->chat->schema.p)
        return;
    json_name(out, "output_config");
    json_begin_object(out);
    if (plan->effort)
        json_member_text(out, "effort", plan->effort);
    if (w->chat->schema.p) {
        json_name(out, "format");
        json_begin_object(out);
        json_member_text(out, "type", "json_schema");
        json_name(out, "schema");
        json_put_raw(out, json_bytes(w->chat->schema));
        json_end_object(out);
    }
    json_end_object(out);
}

static void drop_if(struct anthropic_writing *w, bool given, const char *field)
{
    if (given)
        target_drop(w->target, w->arena, field);
}

/* New models choose their words themselves, thinking ones nearly so; the others take less heat than callers of other dialects may ask for. */
static void write_sampling(struct anthropic_writing *w, bool thinks)
{
    const struct chat *chat = w->chat;
    bool temperature = !isnan(chat->temperature), top_p = !isnan(chat->top_p), top_k = chat->top_k != INT64_MIN;
    bool no_top_p = w->model->no_sampling || (thinks && chat->top_p < 0.95) || (w->model->one_sampling && temperature && !thinks);

    if (w->model->no_sampling || thinks)
        drop_if(w, temperature && chat->temperature != 1.0, "temperature");
    else
        write_real(w->out, "temperature", chat->temperature > 1 ? 1 : chat->temperature);
    if (no_top_p)
        drop_if(w, top_p && chat->top_p < 0.99, "top_p");
    else
        write_real(w->out, "top_p", chat->top_p);
    if (w->model->no_sampling || thinks)
        drop_if(w, top_k, "top_k");
    else
        write_int(w->out, "top_k", chat->top_k);
    drop_if(w, chat->seed != INT64_MIN, "seed");
    drop_if(w, !isnan(chat->frequency_penalty) && chat->frequency_penalty != 0.0, "frequency_penalty");
    drop_if(w, !isnan(chat->presence_penalty) && chat->presence_penalty != 0.0, "presence_penalty");
}

/* Texts of nothing but white space are refused. */
static void write_stop(struct anthropic_writing *w)
{
    const char *const *stop = w->chat->stop.items;
    struct list taken = {0};

    for (size_t i = 0; i < w->chat->stop.n; i++)
        if (stop[i][strspn(stop[i], " \t\r\n")])
            *(const char **)list_add(w->arena, &taken, sizeof(const char *)) = stop[i];
    drop_if(w, taken.n < w->chat->stop.n, "stop");
    write_texts(w->out, "stop_sequences", taken);
}

/* A schema of parameters must say that it is one of an object. */
static void write_parameters(struct json_out *out, struct json parameters)
{
    struct json_walk w = json_walk(parameters);

    json_name(out, "input_schema");
    if (json_equal(json_member(parameters, "type"), "object")) {
        json_put_raw(out, json_bytes(parameters));
        return;
    }
    json_begin_object(out);
    json_member_text(out, "type", "object");
    if (!parameters.p || !json_count(parameters)) {
        json_name(out, "properties");
        json_begin_object(out);
        json_end_object(out);
    }
    while (json_kind(parameters) == JSON_OBJECT && json_next(&w))
        if (!json_equal(w.name, "type"))
            json_put_pair(out, w.name, w.value);
    json_end_object(out);
}

static void write_tool(struct anthropic_writing *w, const struct chat_tool *tool)
{
    struct json_out *out = w->out;

    json_begin_object(out);
    json_member_text(out, "name", tool->name);
    if (tool->description)
        json_member_text(out, "description", tool->description);
    write_parameters(out, tool->parameters);
    if (tool->strict && !w->model->no_schema)
        json_member_put_bool(out, "strict", true);
    json_end_object(out);
    drop_if(w, tool->strict && w->model->no_schema, "tools.strict");
}

static void write_choice(struct json_out *out, const char *choice, bool one_call)
{
    bool named = choice && *choice == '=', none = choice && strcmp(choice, "none") == 0;
    bool any = choice && strcmp(choice, "required") == 0;

    json_name(out, "tool_choice");
    json_begin_object(out);
    json_member_text(out, "type", named ? "tool" : none ? "none" : any ? "any" : "auto");
    if (named)
        json_member_text(out, "name", choice + 1);
    if (one_call && !none)
        json_member_put_bool(out, "disable_parallel_tool_use", true);
    json_end_object(out);
}

static void write_tools(struct anthropic_writing *w)
{
    const struct chat_tool *tool = w->chat->tools.items;

    if (!w->chat->tools.n)
        return;
    json_name(w->out, "tools");
    json_begin_array(w->out);
    for (size_t i = 0; i < w->chat->tools.n; i++)
        write_tool(w, &tool[i]);
    json_end_array(w->out);
    if (w->chat->tool_choice || w->chat->one_call)
        write_choice(w->out, w->chat->tool_choice, w->chat->one_call);
}

static bool write_body(struct anthropic_writing *w, struct err *err)
{
    struct plan plan = plan_thinking(w);
    bool thinks = plan.type && strcmp(plan.type, "disabled") != 0;

    json_begin_object(w->out);
    json_member_text(w->out, "model", w->target->model);
    if (!anthropic_write_messages(w, err))
        return false;
    write_plan(w, &plan);
    write_sampling(w, thinks);
    write_stop(w);
    write_tools(w);
    if (w->chat->user) {
        json_name(w->out, "metadata");
        json_begin_object(w->out);
        json_member_text(w->out, "user_id", w->chat->user);
        json_end_object(w->out);
    }
    w->target->stream = w->chat->stream || plan.max_tokens > WHOLE_MAX;
    if (w->target->stream)
        json_member_put_bool(w->out, "stream", true);
    json_end_object(w->out);
    return true;
}

bool anthropic_write(struct target *target, const struct chat *chat, struct arena *a, struct bytes *body_r, struct err *err)
{
    struct buf buf = buf_new(a, (size_t)512 << 20);
    struct json_out out = json_out(&buf);
    struct anthropic_writing w = {target, chat, anthropic_model_of(target->model), a, &out};
    const char *text;

    if (!write_one_plain(chat, a, err))
        return false;
    if (chat->schema.p && w.model->no_schema)
        return fail_field(err, "response_format.type", "json_schema", "text, json_object");
    if (!write_body(&w, err) || !buf_done(&buf, &text, err))
        return false;
    *body_r = buf_view(&buf);
    return true;
}
