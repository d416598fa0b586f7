/* SPDX-License-Identifier: MIT */
#include "console/runs_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/id.h"
#include "base/parse.h"
#include "console/doer.h"
#include "console/keys_page.h"
#include "console/run_view.h"
#include "db/api_keys.h"
#include "db/providers.h"
#include "web/html.h"
#include "web/web.h"

enum { LIMIT_NORMAL = 50, LIMIT_MOST = 200, QUERY_MOST = 4096 };

static const char *const windows[] = {"15m", "1h", "24h", "7d", "30d", NULL};
static const int64_t window_s[] = {900, 3600, 86400, 604800, 2592000};
enum { WINDOW_NORMAL = 2 };
static const char *const statuses[] = {"ok", "not_ok", "failed", "truncated", "refused", "cancelled", "interrupted", NULL};
/* before and after are cursors: the page of runs older or newer than that one. */
static const char *const parameters[] = {"window", "status", "provider", "key", "model", "before", "after", "limit", NULL};

struct option {
    const char *value, *label;
    bool selected;
};
static const struct field option_fields[] = {
    FIELD_PAGE(struct option, value), FIELD_PAGE(struct option, label), FIELD_PAGE(struct option, selected), FIELD_END,
};

struct chip {                            /* a filter that applies; removing it keeps the others */
    const char *label, *value, *window, *status, *provider, *key, *model, *limit;
};
static const struct field chip_fields[] = {
    FIELD_PAGE(struct chip, label), FIELD_PAGE(struct chip, value), FIELD_PAGE(struct chip, window), FIELD_PAGE(struct chip, status),
    FIELD_PAGE(struct chip, provider), FIELD_PAGE(struct chip, key), FIELD_PAGE(struct chip, model), FIELD_PAGE(struct chip, limit), FIELD_END,
};

struct runs_page {
    struct list runs;                    /* struct run_view */
    const char *next, *previous;         /* cursors for before= and after=; NULL = none */
    /* For pages only. */
    const char *window, *status, *provider, *key, *model, *limit;
    struct list windows, statuses, providers, keys, limits;      /* struct option */
    struct list chips;                   /* struct chip */
    bool filtered, any;
};
const struct field runs_page_fields[] = {
    FIELD_LIST(struct runs_page, runs, run_view_fields, struct run_view), FIELD(struct runs_page, next), FIELD(struct runs_page, previous),
    FIELD(struct runs_page, window), FIELD_PAGE(struct runs_page, status), FIELD_PAGE(struct runs_page, provider),
    FIELD_PAGE(struct runs_page, key), FIELD_PAGE(struct runs_page, model), FIELD_PAGE(struct runs_page, limit),
    FIELD_LIST_PAGE(struct runs_page, windows, option_fields, struct option), FIELD_LIST_PAGE(struct runs_page, statuses, option_fields, struct option),
    FIELD_LIST_PAGE(struct runs_page, providers, option_fields, struct option), FIELD_LIST_PAGE(struct runs_page, keys, option_fields, struct option),
    FIELD_LIST_PAGE(struct runs_page, limits, option_fields, struct option), FIELD_LIST_PAGE(struct runs_page, chips, chip_fields, struct chip),
    FIELD_PAGE(struct runs_page, filtered), FIELD_PAGE(struct runs_page, any), FIELD_END,
};

/* ---- reading the query ---- */

static const char *given(struct request *rq, const char *name)
{
    const char *value = request_query(rq, name);

    return value && *value ? value : NULL;
}

/* "1763650325118000.0193…": the moment and the id of the run at the edge of the page. */
static bool read_cursor(struct request *rq, const char *name, struct run_cursor *cursor_r)
{
    const char *value = given(rq, name), *dot;
    int64_t at;

    if (!value)
        return true;
    dot = strchr(value, '.');
    if (!dot || !id_valid(dot + 1) || !parse_int(arena_copy(rq->arena, value, (size_t)(dot - value)), 1, INT64_MAX / 2, name, &at, &rq->err))
        return fail_field(&rq->err, name, value, "");
    *cursor_r = (struct run_cursor){at, dot + 1};
    return true;
}

static const char *cursor_text(struct arena *a, const struct run_view *view)
{
    return arena_printf(a, "%" PRId64 ".%s", view->row.started_at, view->row.id);
}

static bool read_word(struct request *rq, const char *name, const char *const words[], size_t *i_r)
{
    const char *value = given(rq, name);

    return !value || parse_word(value, words, name, i_r, &rq->err);
}

static bool read_filter(struct request *rq, struct runs_page *page, struct run_filter *filter)
{
    size_t window = WINDOW_NORMAL, status = COUNT(statuses) - 1;
    struct span span;

    if (!request_allow_query(rq, parameters) || !read_word(rq, "window", windows, &window) || !read_word(rq, "status", statuses, &status)
        || !read_cursor(rq, "before", &filter->before) || !read_cursor(rq, "after", &filter->after))
        return false;
    filter->limit = LIMIT_NORMAL;
    page->limit = given(rq, "limit");
    if (page->limit && !parse_int(page->limit, 1, LIMIT_MOST, "limit", &filter->limit, &rq->err))
        return false;
    span = span_of(window_s[window]);
    filter->from = span.from;
    filter->to = span.to;
    page->window = windows[window];
    page->status = statuses[status];
    filter->failed = page->status && strcmp(page->status, "not_ok") == 0;
    filter->status = filter->failed ? NULL : page->status;
    filter->provider_id = page->provider = given(rq, "provider");
    filter->key_id = page->key = given(rq, "key");
    filter->model = page->model = given(rq, "model");
    page->filtered = page->status || page->provider || page->key || page->model;
    return true;
}

/* ---- the runs ---- */

/* One more than is shown is read, to know whether there is another page on the side we go to; the other side is where we come from. */
static bool read_runs(const struct show *s, struct runs_page *page, struct run_filter *filter)
{
    struct request *rq = s->rq;
    bool newer = filter->after.id && !filter->before.id, more;
    int64_t limit = filter->limit;
    struct list rows;
    struct run_view *views;

    filter->limit = limit + 1;
    if (!runs_list(rq->db, rq->arena, filter, &rows, &rq->err))
        return false;
    more = (int64_t)rows.n > limit;
    page->runs = run_views_of(s, rows);
    views = page->runs.items;
    if (more && newer)
        page->runs.items = views = views + 1;        /* newest first: the one too many is at the top */
    page->runs.n = more ? (size_t)limit : rows.n;
    page->any = page->runs.n > 0;
    if (!page->any)
        return true;
    if (newer || more)
        page->next = cursor_text(rq->arena, &views[page->runs.n - 1]);
    if (newer ? more : filter->before.id != NULL)
        page->previous = cursor_text(rq->arena, &views[0]);
    return true;
}

/* ---- what the form offers ---- */

static struct list word_options(const struct show *s, const char *const words[], const char *prefix, const char *chosen)
{
    struct list options = {NEW_ARRAY(s->arena, struct option, 16), 0};

    for (size_t i = 0; words[i]; i++)
        ((struct option *)options.items)[options.n++] = (struct option){
            words[i], say(s, arena_printf(s->arena, "%s%s", prefix, words[i])), chosen && strcmp(chosen, words[i]) == 0,
        };
    return options;
}

/* A value that is in no list (a deleted provider, a revoked key) stays choosable while it applies. */
static void keep_chosen(struct list *options, const char *chosen)
{
    struct option *option = options->items;

    for (size_t i = 0; i < options->n; i++)
        if (option[i].selected)
            return;
    if (chosen)
        option[options->n++] = (struct option){chosen, chosen, true};
}

static bool provider_options(struct request *rq, struct runs_page *page)
{
    struct list rows;
    const struct provider_row *row;
    struct option *options;

    if (!providers_list(rq->db, rq->arena, &rows, &rq->err))
        return false;
    row = rows.items;
    options = NEW_ARRAY(rq->arena, struct option, rows.n + 1);
    for (size_t i = 0; i < rows.n; i++)
        options[i] = (struct option){row[i].id, row[i].name, page->provider && strcmp(page->provider, row[i].id) == 0};
    page->providers = (struct list){options, rows.n};
    keep_chosen(&page->providers, page->provider);
    return true;
}

static bool key_options(struct request *rq, struct runs_page *page)
{
    struct list rows;
    const struct api_key_row *row;
    struct option *options;

    if (!api_keys_list(rq->db, rq->arena, &rows, &rq->err))
        return false;
    row = rows.items;
    options = NEW_ARRAY(rq->arena, struct option, rows.n + 1);
    page->keys = (struct list){options, 0};
    for (size_t i = 0; i < rows.n; i++)
        if (key_seen(rq, &row[i]))
            options[page->keys.n++] = (struct option){row[i].id, arena_printf(rq->arena, "%s · …%s", row[i].name, row[i].tail),
                                                      page->key && strcmp(page->key, row[i].id) == 0};
    keep_chosen(&page->keys, page->key);
    return true;
}

static const char *label_of(struct list options, const char *value)
{
    const struct option *option = options.items;

    for (size_t i = 0; i < options.n; i++)
        if (strcmp(option[i].value, value) == 0)
            return option[i].label;
    return value;
}

static void add_chip(const struct show *s, struct runs_page *page, const char *label_key, const char *value, const char **without)
{
    struct chip *chips = page->chips.items;
    const char *kept = *without;

    if (!kept)
        return;
    *without = NULL;
    chips[page->chips.n++] = (struct chip){say(s, label_key), value, page->window, page->status, page->provider, page->key, page->model, page->limit};
    *without = kept;
}

static void fill_chips(const struct show *s, struct runs_page *page)
{
    page->chips.items = NEW_ARRAY(s->arena, struct chip, 4);
    if (page->status)
        add_chip(s, page, "runs.filter.status", label_of(page->statuses, page->status), &page->status);
    if (page->provider)
        add_chip(s, page, "runs.filter.provider", label_of(page->providers, page->provider), &page->provider);
    if (page->key)
        add_chip(s, page, "runs.filter.key", label_of(page->keys, page->key), &page->key);
    if (page->model)
        add_chip(s, page, "runs.filter.model", page->model, &page->model);
}

static bool fill_form(const struct show *s, struct runs_page *page)
{
    static const char *const limits[] = {"25", "50", "100", "200", NULL};
    struct list sizes = {NEW_ARRAY(s->arena, struct option, COUNT(limits)), 0};

    page->windows = word_options(s, windows, "runs.window.", page->window);
    page->statuses = word_options(s, statuses, "run.status.", page->status);
    for (size_t i = 0; limits[i]; i++)
        ((struct option *)sizes.items)[sizes.n++] = (struct option){limits[i], limits[i], strcmp(limits[i], page->limit ? page->limit : "50") == 0};
    page->limits = sizes;
    if (!provider_options(s->rq, page) || !key_options(s->rq, page))
        return false;
    fill_chips(s, page);
    return true;
}

bool runs_list_page(struct request *rq)
{
    struct show s = show_of(rq);
    struct runs_page page = {0};
    struct run_filter filter = {0};

    if (!read_filter(rq, &page, &filter) || !read_runs(&s, &page, &filter) || (!request_is_api(rq) && !fill_form(&s, &page)))
        return false;
    return page_render(rq, "runs", runs_page_fields, &page);
}

/* ---- search ---- */

static const char *escaped(struct arena *a, const char *text)
{
    struct buf buf = buf_new(a, QUERY_MOST);
    const char *escaped_text;
    struct err ignored = {0};

    html_escape_url(&buf, text, strlen(text));
    return buf_done(&buf, &escaped_text, &ignored) ? escaped_text : "";
}

bool search_page(struct request *rq)
{
    const char *q = given(rq, "q");
    struct provider_row provider;
    struct api_key_row key;
    struct err ignored = {0};
    bool found = false;

    if (!request_allow_query(rq, (const char *const[]){"q", NULL}))
        return false;
    if (!q)
        return response_redirect(rq, "/admin/runs");
    if (id_valid(q))
        return response_redirect(rq, arena_printf(rq->arena, "/admin/runs/%s", q));
    if (!providers_find_by_name(rq->db, rq->arena, q, &provider, &found, &rq->err))
        return false;
    if (found)
        return response_redirect(rq, arena_printf(rq->arena, "/admin/providers/%s", provider.id));
    if (api_keys_get(rq->db, rq->arena, q, &key, &ignored))
        return response_redirect(rq, arena_printf(rq->arena, "/admin/runs?window=30d&key=%s", escaped(rq->arena, key.id)));
    return response_redirect(rq, arena_printf(rq->arena, "/admin/runs?window=30d&model=%s", escaped(rq->arena, q)));
}
