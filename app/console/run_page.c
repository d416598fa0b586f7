/* SPDX-License-Identifier: MIT */
#include "console/run_page.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "console/cost_view.h"
#include "console/run_view.h"
#include "console/waterfall.h"
#include "web/web.h"

struct candidate_view {
    const char *provider_name, *model, *detail;
    bool is_local, chosen;
    int64_t rank;
    const char *monogram, *place, *reason;
    struct mark mark;
};
static const struct field candidate_view_fields[] = {
    FIELD_PAGE(struct candidate_view, provider_name), FIELD_PAGE(struct candidate_view, model), FIELD_PAGE(struct candidate_view, detail),
    FIELD_PAGE(struct candidate_view, is_local), FIELD_PAGE(struct candidate_view, chosen), FIELD_PAGE(struct candidate_view, rank),
    FIELD_PAGE(struct candidate_view, monogram), FIELD_PAGE(struct candidate_view, place), FIELD_PAGE(struct candidate_view, reason),
    FIELD_STRUCT_PAGE(struct candidate_view, mark, mark_fields), FIELD_END,
};

/* An attempt, and what its provider said of what helps and what is left. */
struct attempt_view {
    struct attempt_row row;
    const char *remedy_text, *left;      /* pages */
};
#define TRY(m) FIELD_AS(struct attempt_view, row.m, #m)
static const struct field attempt_view_fields[] = {
    TRY(run_id), TRY(n), TRY(provider_id), TRY(provider_name), TRY(model), TRY(result), TRY(http_status), TRY(detail), TRY(offset_us), TRY(connect_us),
    TRY(first_byte_us), TRY(latency_us), TRY(reused), TRY(remote), TRY(upstream_id), TRY(remedy), TRY(retry_after_ms), TRY(rate_requests),
    TRY(rate_tokens), FIELD_PAGE(struct attempt_view, remedy_text), FIELD_PAGE(struct attempt_view, left), FIELD_END,
};

struct run_page {
    struct run_view view;
    struct list attempt_list;            /* struct attempt_view */
    const char *newer, *older;           /* ids of the neighbours; NULL = none */
    /* For pages only. */
    const char *story, *when, *speed, *tier, *class_word, *api_word, *attempts_text, *latency_note, *first_note, *cost_note, *place;
    const char *tokens_in, *tokens_out, *tokens_cached, *tokens_reasoning, *tokens_written, *tokens_image, *error, *upstream_id;
    struct list candidates;              /* struct candidate_view */
    struct cost_view cost;
    struct waterfall waterfall;
    bool is_ok, has_candidates, has_attempts;
};

#define ROW(m) FIELD_AS(struct run_page, view.row.m, #m)
#define TEXT(m) FIELD_PAGE(struct run_page, m)
const struct field run_page_fields[] = {
    ROW(id), FIELD_TIME_AS(struct run_page, view.row.started_at, "started_at"), ROW(api), ROW(status), ROW(http_status), ROW(error_code),
    ROW(error_detail), ROW(requested_model), ROW(actual_model), ROW(provider_id), ROW(provider_name), ROW(is_local), ROW(model_tier),
    ROW(stream), ROW(finish_reason), ROW(latency_us), ROW(first_token_us), ROW(tokens_in), ROW(tokens_out), ROW(tokens_cached),
    ROW(tokens_reasoning), ROW(tokens_written), ROW(tokens_image), ROW(estimated), ROW(cost_micros), ROW(priced), ROW(avoided_micros),
    {.name = "price", .offset = offsetof(struct run_page, view.row.price), .type = FIELD_RAW},
    ROW(attempts), FIELD_LIST(struct run_page, attempt_list, attempt_view_fields, struct attempt_view),
    ROW(key_id), ROW(key_name), ROW(user_name), ROW(data_class),
    ROW(policy_profile), ROW(sovereign), ROW(request_id), ROW(remote_addr), ROW(dropped), ROW(switches),
    {.name = "decision", .offset = offsetof(struct run_page, view.row.decision), .type = FIELD_RAW},
    FIELD_STRUCT_PAGE(struct run_page, view, run_view_fields), TEXT(newer), TEXT(older), TEXT(story), TEXT(when), TEXT(speed), TEXT(tier),
    TEXT(class_word), TEXT(api_word), TEXT(attempts_text), TEXT(latency_note), TEXT(first_note), TEXT(cost_note), TEXT(place), TEXT(error),
    FIELD_AS(struct run_page, tokens_in, "in_text"), FIELD_AS(struct run_page, tokens_out, "out_text"),
    FIELD_AS(struct run_page, tokens_cached, "cached_text"), FIELD_AS(struct run_page, tokens_reasoning, "reasoning_text"),
    FIELD_AS(struct run_page, tokens_written, "written_text"), FIELD_AS(struct run_page, tokens_image, "image_text"),
    FIELD_STRUCT_PAGE(struct run_page, cost, cost_view_fields),
    TEXT(upstream_id), FIELD_LIST_PAGE(struct run_page, candidates, candidate_view_fields, struct candidate_view),
    FIELD_STRUCT_PAGE(struct run_page, waterfall, waterfall_fields), TEXT(is_ok), TEXT(has_candidates),
    TEXT(has_attempts), FIELD_END,
};

/* ---- why this provider ---- */

/* Who was chosen and could not answer is no winner. */
static struct mark verdict_mark(const struct show *s, const char *verdict, bool answered)
{
    static const struct { const char *verdict, *icon, *css; } marks[] = {
        {"chosen", "s-ok", "ok"}, {"standby", "s-off", "off"}, {"disabled", "s-off", "off"}, {"model_off", "s-off", "off"},
        {"key", "lock", "warn"}, {"class", "lock", "warn"}, {"sovereign", "lock", "warn"},
        {"embed", "s-off", "off"}, {"request", "s-off", "off"}, {"breaker", "s-warn", "warn"},
    };

    if (strcmp(verdict, "chosen") == 0 && !answered)
        return (struct mark){"s-warn", "warn", say(s, "run.verdict.chosen_failed")};
    for (size_t i = 0; i < COUNT(marks); i++)
        if (strcmp(marks[i].verdict, verdict) == 0)
            return (struct mark){marks[i].icon, marks[i].css, say(s, arena_printf(s->arena, "run.verdict.%s", verdict))};
    return (struct mark){"s-off", "off", verdict};
}

static const char *verdict_reason(const struct show *s, const char *verdict, const char *detail)
{
    const char *key = arena_printf(s->arena, "run.reason.%s", verdict);
    static const char *const known[] = {"chosen", "standby", "key", "disabled", "model_off", "class", "sovereign", "embed",
                                        "request", "breaker"};

    for (size_t i = 0; i < COUNT(known); i++)
        if (strcmp(known[i], verdict) == 0)
            return say_with(s, key, (const struct message_arg[]){{.name = "detail", .text = detail}, {NULL}});
    return detail;
}

static const char *text_of(const struct show *s, struct json object, const char *name)
{
    const char *text = json_string(json_member(object, name), s->arena);

    return text ? text : "";
}

static struct candidate_view candidate_of(const struct show *s, struct json candidate, int64_t rank, bool answered)
{
    struct candidate_view view = {
        .provider_name = text_of(s, candidate, "provider_name"), .model = text_of(s, candidate, "model"), .rank = rank,
        .detail = text_of(s, candidate, "detail"), .is_local = json_is_true(json_member(candidate, "is_local")),
    };
    const char *verdict = text_of(s, candidate, "verdict");

    view.chosen = strcmp(verdict, "chosen") == 0 && answered;
    view.monogram = show_monogram(s, view.provider_name);
    view.place = say(s, view.is_local ? "provider.mode.local" : "provider.mode.cloud");
    view.mark = verdict_mark(s, verdict, answered);
    view.reason = verdict_reason(s, verdict, view.detail);
    return view;
}

static struct list candidates_of(const struct show *s, const char *decision, bool answered)
{
    struct list list = {0};
    struct json all;
    struct err ignored = {0};

    if (!decision || !json_check(bytes_of(decision), NULL, &all, &ignored) || json_kind(all) != JSON_ARRAY)
        return list;
    list.items = NEW_ARRAY(s->arena, struct candidate_view, json_count(all));
    for (struct json_walk walk = json_walk(all); json_next(&walk); list.n++)
        ((struct candidate_view *)list.items)[list.n] = candidate_of(s, walk.value, (int64_t)list.n + 1, answered);
    return list;
}

/* ---- what happened ---- */

/* One sentence per way a run can go; each is whole in the catalogue. */
static const char *story_of(const struct show *s, const struct run_page *page)
{
    const struct run_row *row = &page->view.row;
    static const char *const known[] = {"ok", "failed", "truncated", "refused", "cancelled", "interrupted"};
    const char *key = "run.story.other";
    const struct message_arg args[] = {
        {.name = "model", .text = *row->requested_model ? row->requested_model : "auto"}, {.name = "actual", .text = row->actual_model},
        {.name = "provider", .text = row->provider_name}, {.name = "latency", .text = page->view.latency},
        {.name = "first", .text = row->first_token_us ? page->view.first_token : ""}, {.name = "place", .text = row->is_local ? "local" : "cloud"},
        {.name = "code", .text = show_code(s, row->error_code)}, {.name = "attempts", .number = row->attempts}, {NULL},
    };

    for (size_t i = 0; i < COUNT(known); i++)
        if (strcmp(known[i], row->status) == 0)
            key = arena_printf(s->arena, "run.story.%s", row->status);
    return say_with(s, key, args);
}

/* Tokens of the answer per second of answering: between the first token and the end when streamed. Of a blink nothing can be said. */
static const char *speed_of(const struct show *s, const struct run_row *row)
{
    int64_t span = row->latency_us - (row->stream ? row->first_token_us : 0), tenths;

    if (row->tokens_out < 2 || span < 20000)
        return "";
    tenths = row->tokens_out * 10000000 / span;
    if (tenths >= 1000)
        return show_int(s, tenths / 10);
    return arena_printf(s->arena, "%" PRId64 ".%" PRId64, tenths / 10, tenths % 10);
}

static const char *upstream_id_of(struct list attempts)
{
    const struct attempt_view *view = attempts.items;

    return attempts.n ? view[attempts.n - 1].row.upstream_id : "";
}

/* "59 requests, 149,000 tokens left"; "" where the provider said nothing of it. */
static const char *left_of(const struct show *s, const struct attempt_row *row)
{
    const char *requests = row->rate_requests >= 0 ? say_with(s, "run.attempt.left.requests", (const struct message_arg[]){
        {.name = "n", .number = row->rate_requests}, {NULL}}) : "";
    const char *tokens = row->rate_tokens >= 0 ? say_with(s, "run.attempt.left.tokens", (const struct message_arg[]){
        {.name = "n", .number = row->rate_tokens}, {NULL}}) : "";

    if (!*requests || !*tokens)
        return *requests ? requests : tokens;
    return arena_printf(s->arena, "%s · %s", requests, tokens);
}

static const char *remedy_of(const struct show *s, const struct attempt_row *row)
{
    static const char *const known[] = {"caller", "retry", "other"};
    const char *text = "";

    for (size_t i = 0; i < COUNT(known); i++)
        if (strcmp(known[i], row->remedy) == 0)
            text = say(s, arena_printf(s->arena, "run.remedy.%s", row->remedy));
    if (row->retry_after_ms > 0)
        text = arena_printf(s->arena, "%s%s%s", text, *text ? " · " : "", say_with(s, "run.attempt.retry_after", (const struct message_arg[]){
            {.name = "time", .text = show_us(s, row->retry_after_ms * 1000)}, {NULL}}));
    return text;
}

static struct list attempt_views_of(const struct show *s, struct list rows)
{
    struct attempt_view *views = NEW_ARRAY(s->arena, struct attempt_view, rows.n);

    for (size_t i = 0; i < rows.n; i++) {
        views[i].row = ((const struct attempt_row *)rows.items)[i];
        views[i].remedy_text = remedy_of(s, &views[i].row);
        views[i].left = left_of(s, &views[i].row);
    }
    return (struct list){views, rows.n};
}

static void fill_texts(const struct show *s, struct run_page *page, struct list attempts)
{
    const struct run_row *row = &page->view.row;

    page->is_ok = strcmp(row->status, "ok") == 0;
    page->when = show_moment(s, row->started_at);
    page->story = story_of(s, page);
    page->speed = speed_of(s, row);
    page->tier = *row->model_tier ? row->model_tier : "—";
    page->class_word = say(s, arena_printf(s->arena, "class.%s", row->data_class));
    page->place = !*row->provider_id ? "—" : say(s, row->is_local ? "provider.mode.local" : "provider.mode.cloud");
    page->api_word = row->api;
    page->attempts_text = show_int(s, row->attempts);
    page->latency_note = say(s, row->stream ? "run.note.stream" : "run.note.whole");
    page->cost = cost_view_of(s, row);
    page->cost_note = page->cost.note;
    page->tokens_in = show_int(s, row->tokens_in);
    page->tokens_out = show_int(s, row->tokens_out);
    page->tokens_cached = row->tokens_cached ? show_int(s, row->tokens_cached) : "";
    page->tokens_reasoning = row->tokens_reasoning ? show_int(s, row->tokens_reasoning) : "";
    page->tokens_written = row->tokens_written ? show_int(s, row->tokens_written) : "";
    page->tokens_image = row->tokens_image ? show_int(s, row->tokens_image) : "";
    page->upstream_id = upstream_id_of(page->attempt_list);
    page->candidates = candidates_of(s, row->decision, page->is_ok);
    page->has_candidates = page->candidates.n > 0;
    page->has_attempts = page->attempt_list.n > 0;
    page->waterfall = waterfall_of(s, row, attempts);
}

bool run_detail_page(struct request *rq)
{
    struct show s = show_of(rq);
    struct run_page page = {0};
    struct run_filter none = {0};
    struct run_row row;
    struct list attempts;
    const char *id = request_path_param(rq, "id");

    if (!request_allow_query(rq, (const char *const[]){NULL}))
        return false;
    if (!runs_get(rq->db, rq->arena, id, &row, &rq->err)) {
        if (rq->err.kind == ERR_NOT_FOUND)
            rq->err.message = "error.run_not_found";
        return false;
    }
    page.view = run_view_of(&s, &row);
    if (!attempts_list(rq->db, rq->arena, row.id, &attempts, &rq->err)
        || !runs_neighbours(rq->db, rq->arena, &none, &row, &page.newer, &page.older, &rq->err))
        return false;
    page.attempt_list = attempt_views_of(&s, attempts);
    fill_texts(&s, &page, attempts);
    return page_render(rq, "run", run_page_fields, &page);
}
