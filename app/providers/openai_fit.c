/* SPDX-License-Identifier: MIT */
#include "providers/openai_fit.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/err.h"

enum { SHORT_ID = 9, LOW_MOST = 2048, MEDIUM_MOST = 16384 };

struct openai_fit openai_fit_of(struct target *target, struct arena *a)
{
    const struct openai_ways *ways = openai_ways_of(target->provider);

    return (struct openai_fit){ways, openai_model_of(ways, target->model), target, a};
}

bool fit_drops(const struct openai_fit *f, const char *name, size_t n)
{
    return openai_word_in(f->ways->drop, name, n) || openai_word_in(f->model->drop, name, n);
}

bool fit_refuses(const struct openai_fit *f, const char *name, size_t n)
{
    return openai_word_in(f->ways->refuse, name, n) || openai_word_in(f->model->refuse, name, n);
}

enum openai_max fit_max(const struct openai_fit *f)
{
    return f->model->max ? f->model->max : f->ways->max;
}

enum openai_effort fit_effort(const struct openai_fit *f)
{
    return f->model->effort || f->model->efforts ? f->model->effort : f->ways->effort;
}

const char *fit_name(const struct openai_fit *f, const char *name)
{
    for (const struct openai_rename *row = f->ways->renames; row && row->from; row++)
        if (strcmp(row->from, name) == 0)
            return row->to;
    return name;
}

void fit_write_real(const struct openai_fit *f, struct json_out *out, const struct openai_range *range, const char *name, double value)
{
    double inside = value;
    bool zero = f->ways->at_zero && range == &f->ways->temperature && !(value > 0);

    if (isnan(value))
        return;
    if (range->max > range->min)
        inside = value < range->min ? range->min : value > range->max ? range->max : value;
    if ((inside < value || inside > value) && !zero)
        target_drop(f->target, f->arena, name);
    json_name(out, name);
    json_put_real(out, inside);
}

void fit_write_zero(const struct openai_fit *f, struct json_out *out, double temperature)
{
    if (f->ways->at_zero && temperature <= 0)
        json_member_put_bool(out, f->ways->at_zero, false);
}

/* ---- reasoning ---- */

/* How strong an effort is; -1 = not a word that is known. */
static int rank_of(const char *word, size_t n)
{
    static const struct { const char *word; int rank; } ranks[] = {
        {"none", 0}, {"minimal", 1}, {"low", 2}, {"medium", 3}, {"default", 3}, {"high", 4}, {"xhigh", 5}, {"max", 6},
    };

    for (size_t i = 0; i < COUNT(ranks); i++)
        if (strlen(ranks[i].word) == n && memcmp(ranks[i].word, word, n) == 0)
            return ranks[i].rank;
    return -1;
}

static const char *word_for_tokens(int64_t tokens)
{
    return tokens <= 0 ? "none" : tokens <= LOW_MOST ? "low" : tokens <= MEDIUM_MOST ? "medium" : "high";
}

const char *fit_effort_word(const struct openai_fit *f, const char *effort)
{
    const char *words = f->model->efforts ? f->model->efforts : f->ways->efforts, *best = NULL;
    int rank = rank_of(effort, strlen(effort));
    size_t best_n = 0;

    if (!words || openai_word_in(words, effort, strlen(effort)))
        return effort;
    for (const char *word = words; *word;) {
        size_t n = strcspn(word, " ");

        if (!best || rank_of(best, best_n) < rank) {
            best = word;
            best_n = n;
        }
        word += n + strspn(word + n, " ");
    }
    if (!best || rank <= 0)                                  /* the model always reasons */
        target_drop(f->target, f->arena, "reasoning_effort");
    return best ? arena_copy(f->arena, best, best_n) : NULL;
}

static void write_object(struct json_out *out, const char *effort, int64_t tokens)
{
    json_name(out, "reasoning");
    json_begin_object(out);
    if (effort && strcmp(effort, "none") != 0)
        json_member_text(out, "effort", effort);
    else if (!effort && tokens > 0)
        json_member_put_int(out, "max_tokens", tokens);
    else
        json_member_put_bool(out, "enabled", false);
    json_end_object(out);
}

static void write_thinking(struct json_out *out, bool on)
{
    json_name(out, "thinking");
    json_begin_object(out);
    json_member_text(out, "type", on ? "enabled" : "disabled");
    json_end_object(out);
}

static void write_word(const struct openai_fit *f, struct json_out *out, const char *word)
{
    const char *theirs = fit_effort_word(f, word);

    if (theirs)
        json_member_text(out, "reasoning_effort", theirs);
}

static void write_template(struct json_out *out)
{
    json_name(out, "chat_template_kwargs");
    json_begin_object(out);
    json_member_put_bool(out, "enable_thinking", false);
    json_end_object(out);
}

bool fit_needs_stream(const struct openai_fit *f, const char *effort, int64_t thinking_max)
{
    if (f->model->stream_only)
        return true;
    if (fit_effort(f) != EFFORT_ENABLE)
        return false;
    return effort ? strcmp(effort, "none") != 0 : thinking_max > 0;
}

void fit_write_effort(const struct openai_fit *f, struct json_out *out, const char *effort, int64_t thinking_max)
{
    const char *word = effort ? effort : thinking_max != INT64_MIN ? word_for_tokens(thinking_max) : NULL;
    bool on = word && strcmp(word, "none") != 0;

    if (!word)
        return;
    switch (fit_effort(f)) {
    case EFFORT_FIELD:
        write_word(f, out, word);
        break;
    case EFFORT_DROPPED:
        target_drop(f->target, f->arena, "reasoning_effort");
        break;
    case EFFORT_THINKING:
    case EFFORT_THINKING_FIELD:
        write_thinking(out, on);
        if (on && fit_effort(f) == EFFORT_THINKING_FIELD)
            write_word(f, out, word);
        break;
    case EFFORT_ENABLE:
        json_member_put_bool(out, "enable_thinking", on);
        if (thinking_max > 0)
            json_member_put_int(out, "thinking_budget", thinking_max);
        break;
    case EFFORT_OBJECT:
        write_object(out, effort, thinking_max);
        break;
    case EFFORT_TEMPLATE:
        if (on)
            write_word(f, out, word);
        else
            write_template(out);
        break;
    }
}

/* ---- the rest ---- */

/* Usage is always asked for in streams, so that it can be counted; the extra event is kept from a caller that did not ask. */
void fit_write_stream_options(const struct openai_fit *f, struct json_out *out, struct json given)
{
    struct json_walk w = json_walk(given);

    if (f->ways->no_stream_options)
        return;
    json_name(out, "stream_options");
    json_begin_object(out);
    while (json_next(&w))
        if (!json_equal(w.name, "include_usage"))
            json_put_pair(out, w.name, w.value);
    json_member_put_bool(out, "include_usage", true);
    json_end_object(out);
}

static bool is_short(const char *id)
{
    size_t n = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

    return n == SHORT_ID && !id[n];
}

const char *fit_id(const struct openai_fit *f, const char *id)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    uint8_t hash[CRYPTO_HASH];
    char *own;

    if (!id || !f->ways->short_ids || is_short(id))
        return id;
    crypto_sha256(bytes_of(id), hash);
    own = arena_alloc(f->arena, SHORT_ID + 1);
    for (size_t i = 0; i < SHORT_ID; i++)
        own[i] = letters[hash[i] % 62];
    return own;
}

bool fit_fail(const struct openai_fit *f, const char *name, struct json value, struct err *err)
{
    static const char *const allowed[][2] = {{"n", "1"}, {"tools", "[]"}, {"tool_choice", "auto, none"}, {"top_logprobs", "0"},
                                             {"response_format.type", "text, json_object"}, {"models", "model"}, {"route", "null"},
                                             {"preset", "null"}};
    const char *said = json_kind(value) == JSON_STRING ? json_string(value, f->arena) : NULL, *may = "false";

    if (!said && json_kind(value) != JSON_ARRAY && json_kind(value) != JSON_OBJECT)
        said = arena_printf(f->arena, "%.*s", (int)value.n, value.n ? value.p : "");
    for (size_t i = 0; i < COUNT(allowed); i++)
        if (strcmp(allowed[i][0], name) == 0)
            may = allowed[i][1];
    return fail_field(err, name, said ? said : "", may);
}
