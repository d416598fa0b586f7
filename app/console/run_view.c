/* SPDX-License-Identifier: MIT */
#include "console/run_view.h"

#include <string.h>

#define ROW(m) FIELD_AS(struct run_view, row.m, #m)
const struct field run_view_fields[] = {
    ROW(id), FIELD_TIME_AS(struct run_view, row.started_at, "started_at"), ROW(api), ROW(status), ROW(http_status), ROW(error_code),
    ROW(error_detail), ROW(requested_model), ROW(actual_model), ROW(provider_id), ROW(provider_name), ROW(is_local), ROW(model_tier),
    ROW(stream), ROW(finish_reason), ROW(latency_us), ROW(first_token_us), ROW(tokens_in), ROW(tokens_out), ROW(tokens_cached),
    ROW(tokens_reasoning), ROW(tokens_written), ROW(tokens_image), ROW(estimated), ROW(cost_micros), ROW(priced), ROW(avoided_micros),
    ROW(attempts), ROW(key_id), ROW(key_name), ROW(user_name), ROW(data_class),
    ROW(policy_profile), ROW(sovereign), ROW(request_id),
    FIELD_PAGE(struct run_view, time), FIELD_PAGE(struct run_view, id_short), FIELD_PAGE(struct run_view, latency),
    FIELD_PAGE(struct run_view, first_token), FIELD_PAGE(struct run_view, tokens), FIELD_PAGE(struct run_view, cost), FIELD_PAGE(struct run_view, cost_note),
    FIELD_PAGE(struct run_view, target), FIELD_PAGE(struct run_view, place), FIELD_PAGE(struct run_view, caller),
    FIELD_PAGE(struct run_view, caller_id), FIELD_PAGE(struct run_view, code), FIELD_STRUCT_PAGE(struct run_view, mark, mark_fields),
    FIELD_PAGE(struct run_view, sent), FIELD_END,
};

const char *run_caller(const struct show *s, const struct run_row *row)
{
    if (*row->key_name)
        return row->key_name;
    return *row->user_name ? row->user_name : say(s, "run.caller.unknown");
}

struct run_view run_view_of(const struct show *s, const struct run_row *row)
{
    struct run_view view = {.row = *row};

    view.sent = *row->provider_name && row->attempts > 0;
    view.time = show_clock(s, row->started_at);
    view.id_short = show_id(s, row->id);
    view.latency = show_us(s, row->latency_us);
    view.first_token = show_us(s, row->first_token_us);
    view.tokens = row->tokens_in + row->tokens_out > 0 ? show_int(s, row->tokens_in + row->tokens_out) : "—";
    view.cost = row->priced ? show_cost(s, row->cost_micros) : say(s, "run.cost.unknown");
    view.cost_note = show_cost_note(s, row->cost_micros);
    view.target = row->actual_model;
    view.place = say(s, row->is_local ? "provider.mode.local" : "provider.mode.cloud");
    view.caller = run_caller(s, row);
    view.caller_id = *row->key_id ? row->key_id : "";
    view.code = strcmp(row->status, "ok") == 0 ? "" : show_code(s, row->error_code);
    view.mark = show_run_status(s, row->status);
    return view;
}

struct list run_views_of(const struct show *s, struct list rows)
{
    struct run_view *views = NEW_ARRAY(s->arena, struct run_view, rows.n);

    for (size_t i = 0; i < rows.n; i++)
        views[i] = run_view_of(s, &((const struct run_row *)rows.items)[i]);
    return (struct list){views, rows.n};
}
