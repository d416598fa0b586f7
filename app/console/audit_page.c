/* SPDX-License-Identifier: MIT */
#include "console/audit_page.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/parse.h"
#include "console/console.h"
#include "console/show.h"
#include "db/audit.h"
#include "web/web.h"

enum { LIMIT_NORMAL = 50, LIMIT_MOST = 200, DIFFS_MOST = 40, VALUE_MOST = 120 };

static const char *const parameters[] = {"actor", "action", "object", "object_id", "before", "after", "limit", NULL};

struct diff {
    const char *name, *before, *after;   /* "" = it was not there */
};
static const struct field diff_fields[] = {
    FIELD_PAGE(struct diff, name), FIELD_PAGE(struct diff, before), FIELD_PAGE(struct diff, after), FIELD_END,
};

struct audit_view {
    struct audit_row row;
    const char *time, *action_text, *subject, *hash_short, *role_word;       /* subject: the name of what was changed, "" = none */
    struct list diffs;                   /* struct diff */
    bool any_diff, whole;                /* whole: made or removed, one side is empty */
};
#define ROW(m) FIELD_AS(struct audit_view, row.m, #m)
#define RAW(m) {.name = #m, .offset = offsetof(struct audit_view, row.m), .type = FIELD_RAW}
static const struct field audit_view_fields[] = {
    ROW(seq), FIELD_TIME_AS(struct audit_view, row.at, "at"), ROW(actor), ROW(actor_role), ROW(action), ROW(object), ROW(object_id), RAW(before),
    RAW(after), ROW(remote_addr), ROW(request_id), ROW(hash), FIELD_PAGE(struct audit_view, time), FIELD_PAGE(struct audit_view, action_text),
    FIELD_PAGE(struct audit_view, subject), FIELD_PAGE(struct audit_view, hash_short), FIELD_PAGE(struct audit_view, role_word),
    FIELD_LIST_PAGE(struct audit_view, diffs, diff_fields, struct diff), FIELD_PAGE(struct audit_view, whole),
    FIELD_PAGE(struct audit_view, any_diff), FIELD_END,
};

struct audit_page {
    struct list audit;                   /* struct audit_view */
    const char *next, *previous;         /* for before= and after=; NULL = none */
    const char *actor, *action, *object, *object_id, *limit;
    bool filtered, any;
};
const struct field audit_page_fields[] = {
    FIELD_LIST(struct audit_page, audit, audit_view_fields, struct audit_view), FIELD(struct audit_page, next), FIELD(struct audit_page, previous),
    FIELD_PAGE(struct audit_page, actor), FIELD_PAGE(struct audit_page, action), FIELD_PAGE(struct audit_page, object),
    FIELD_PAGE(struct audit_page, object_id), FIELD_PAGE(struct audit_page, limit), FIELD_PAGE(struct audit_page, filtered), FIELD_PAGE(struct audit_page, any),
    FIELD_END,
};

/* ---- before and after ---- */

static const char *value_text(const struct show *s, struct json value)
{
    const char *text = json_kind(value) == JSON_STRING ? json_string(value, s->arena) : arena_copy(s->arena, value.p, value.n);
    size_t n = strlen(text);

    if (json_kind(value) == JSON_NULL || json_kind(value) == JSON_NONE)
        return "";
    if (n <= VALUE_MOST)
        return text;
    n = VALUE_MOST;
    while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)     /* cut between characters */
        n--;
    return arena_printf(s->arena, "%.*s…", (int)n, text);
}

/* What changes with every edit says nothing about it. */
static bool is_noise(const char *name)
{
    static const char *const noise[] = {"rev", "changed_at", "created_at", "id", NULL};

    for (size_t i = 0; noise[i]; i++)
        if (strcmp(noise[i], name) == 0)
            return true;
    return false;
}

static void add_diff(const struct show *s, struct audit_view *view, const char *name, struct json before, struct json after)
{
    const char *was = value_text(s, before), *is = value_text(s, after);

    if (view->diffs.n < DIFFS_MOST && !is_noise(name) && strcmp(was, is) != 0)
        ((struct diff *)view->diffs.items)[view->diffs.n++] = (struct diff){name, was, is};
}

static struct json object_of(const char *text)
{
    struct json value = {NULL, 0};
    struct err ignored = {0};

    return text && json_check(bytes_of(text), NULL, &value, &ignored) && json_kind(value) == JSON_OBJECT ? value : (struct json){NULL, 0};
}

static void fill_diffs(const struct show *s, struct audit_view *view)
{
    struct json before = object_of(view->row.before), after = object_of(view->row.after);

    view->diffs.items = NEW_ARRAY(s->arena, struct diff, DIFFS_MOST);
    view->whole = !before.p != !after.p;
    view->subject = value_text(s, json_member(after.p ? after : before, "name"));
    for (struct json_walk walk = json_walk(after.p ? after : before); (after.p || before.p) && json_next(&walk);) {
        const char *name = json_string(walk.name, s->arena);

        add_diff(s, view, name, before.p ? json_member(before, name) : (struct json){NULL, 0},
                 after.p ? json_member(after, name) : (struct json){NULL, 0});
    }
    view->any_diff = view->diffs.n > 0;
}

static struct audit_view view_of(const struct show *s, const struct audit_row *row)
{
    struct audit_view view = {.row = *row, .time = show_clock(s, row->at)};
    const char *action = arena_printf(s->arena, "audit.action.%s", row->action);
    const char *role = arena_printf(s->arena, "role.%s", row->actor_role);
    const struct catalogues *catalogues = console()->catalogues;

    view.action_text = message_known(catalogues, action) ? say(s, action) : row->action;
    view.role_word = message_known(catalogues, role) ? say(s, role) : row->actor_role;
    view.hash_short = arena_printf(s->arena, "%.8s", row->hash);
    fill_diffs(s, &view);
    return view;
}

/* ---- the page ---- */

static const char *given(struct request *rq, const char *name)
{
    const char *value = request_query(rq, name);

    return value && *value ? value : NULL;
}

static bool read_number(struct request *rq, const char *name, int64_t max, int64_t *n_r)
{
    const char *value = given(rq, name);

    return !value || parse_int(value, 1, max, name, n_r, &rq->err);
}

static bool read_filter(struct request *rq, struct audit_page *page, struct audit_filter *filter)
{
    if (!request_allow_query(rq, parameters) || !read_number(rq, "before", INT64_MAX, &filter->before_seq)
        || !read_number(rq, "after", INT64_MAX, &filter->after_seq) || !read_number(rq, "limit", LIMIT_MOST, &filter->limit))
        return false;
    filter->actor = page->actor = given(rq, "actor");
    filter->action = page->action = given(rq, "action");
    filter->object = page->object = given(rq, "object");
    filter->object_id = page->object_id = given(rq, "object_id");
    page->limit = given(rq, "limit");
    page->filtered = page->actor || page->action || page->object || page->object_id;
    return true;
}

bool audit_list_page(struct request *rq)
{
    struct show s = show_of(rq);
    struct audit_page page = {0};
    struct audit_filter filter = {.limit = LIMIT_NORMAL};
    struct list rows;
    struct audit_view *views;
    int64_t limit;
    bool newer, more;

    if (!read_filter(rq, &page, &filter))
        return false;
    limit = filter.limit++;                  /* one more, to know whether there is another page */
    newer = filter.after_seq && !filter.before_seq;
    if (!audit_list(rq->db, rq->arena, &filter, &rows, &rq->err))
        return false;
    more = (int64_t)rows.n > limit;
    views = NEW_ARRAY(rq->arena, struct audit_view, rows.n);
    for (size_t i = 0; i < rows.n; i++)
        views[i] = view_of(&s, &((const struct audit_row *)rows.items)[i]);
    page.audit = (struct list){views + (more && newer), more ? (size_t)limit : rows.n};
    page.any = page.audit.n > 0;
    views = page.audit.items;
    if (page.audit.n && (newer || more))
        page.next = arena_printf(rq->arena, "%" PRId64, views[page.audit.n - 1].row.seq);
    if (page.audit.n && (newer ? more : filter.before_seq > 0))
        page.previous = arena_printf(rq->arena, "%" PRId64, views[0].row.seq);
    return page_render(rq, "audit", audit_page_fields, &page);
}
