/* SPDX-License-Identifier: MIT */
#include "console/prices_page.h"

#include <string.h>

#include "base/parse.h"
#include "console/doer.h"
#include "console/price_view.h"
#include "gate/price_change.h"
#include "web/web.h"

enum { ROWS_MOST = 1000 };

struct prices_page {
    struct list prices;                  /* struct price_view */
    bool more;                           /* there are others that were not listed: filter */
    /* For pages only. */
    const char *model, *shown_text;
    struct list owners, states;          /* struct choice */
    bool any, filtered;
};
const struct field prices_page_fields[] = {
    FIELD_LIST(struct prices_page, prices, price_view_fields, struct price_view), FIELD(struct prices_page, more), FIELD_PAGE(struct prices_page, model),
    FIELD_PAGE(struct prices_page, shown_text), FIELD_LIST_PAGE(struct prices_page, owners, choice_fields, struct choice),
    FIELD_LIST_PAGE(struct prices_page, states, choice_fields, struct choice), FIELD_PAGE(struct prices_page, any),
    FIELD_PAGE(struct prices_page, filtered), FIELD_END,
};

static const char *const states[] = {"current", "all", NULL};

static const char *given(struct request *rq, const char *name)
{
    const char *value = request_query(rq, name);

    return value && *value ? value : NULL;
}

static bool fill_owners(const struct show *s, struct prices_page *page, const char *owner)
{
    struct list rows;
    struct choice *choices;

    if (!prices_owners(s->rq->db, s->arena, &rows, &s->rq->err))
        return false;
    choices = NEW_ARRAY(s->arena, struct choice, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        const char *name = ((const struct price_owner *)rows.items)[i].owner;

        choices[i] = (struct choice){name, name, owner && strcmp(owner, name) == 0};
    }
    page->owners = (struct list){choices, rows.n};
    return true;
}

/* What ended is history: it is kept, and shown when asked for. */
static struct list without_ended(struct list views)
{
    struct price_view *view = views.items;
    size_t n = 0;

    for (size_t i = 0; i < views.n; i++)
        if (!view[i].ended)
            view[n++] = view[i];
    return (struct list){view, n};
}

bool prices_list_page(struct request *rq)
{
    struct show s = show_of(rq);
    const char *owner = given(rq, "owner"), *model = given(rq, "model"), *state = given(rq, "state");
    struct prices_page page = {.model = model ? model : "", .filtered = owner || model};
    struct list rows;
    size_t i = 0;

    if (!request_allow_query(rq, (const char *const[]){"owner", "model", "state", NULL}) || (state && !parse_word(state, states, "state", &i, &rq->err))
        || !prices_list(rq->db, rq->arena, owner, model, ROWS_MOST + 1, &rows, &rq->err) || !fill_owners(&s, &page, owner))
        return false;
    page.more = rows.n > ROWS_MOST;
    rows.n = page.more ? ROWS_MOST : rows.n;
    page.prices = price_views_of(&s, rows);
    if (i == 0)
        page.prices = without_ended(page.prices);
    page.any = page.prices.n > 0;
    page.shown_text = say_count(&s, "prices.count", (int64_t)page.prices.n);
    page.states = (struct list){NEW_ARRAY(rq->arena, struct choice, 2), 2};
    for (size_t k = 0; k < 2; k++)
        ((struct choice *)page.states.items)[k] = (struct choice){states[k], say(&s, arena_printf(rq->arena, "prices.state.%s", states[k])), k == i};
    return page_render(rq, "prices", prices_page_fields, &page);
}

/* ---- one price ---- */

struct price_page {
    struct price_view view;
    struct list history;                 /* struct price_view: all of its list and model */
};
#define ROW(m) FIELD_AS(struct price_page, view.row.m, #m)
const struct field price_page_fields[] = {
    FIELD_STRUCT(struct price_page, view, price_view_fields), FIELD_LIST(struct price_page, history, price_view_fields, struct price_view), FIELD_END,
};

bool price_answer(struct request *rq, const char *id, int status)
{
    struct show s = show_of(rq);
    struct price_page page = {0};
    struct list rows;
    bool found = false;

    if (!prices_history(rq->db, rq->arena, id, &rows, &rq->err))
        return false;
    page.history = price_views_of(&s, rows);
    for (size_t i = 0; i < page.history.n; i++) {
        const struct price_view *view = (const struct price_view *)page.history.items + i;

        if (strcmp(view->row.id, id) == 0) {
            page.view = *view;
            found = true;
        }
    }
    if (!found)
        return fail_field(&rq->err, "id", id, "") || (rq->err.kind = ERR_NOT_FOUND, false);
    rq->out.status = status;
    return page_render(rq, "price", price_page_fields, &page);
}

bool price_detail_page(struct request *rq)
{
    return request_allow_query(rq, (const char *const[]){NULL}) && price_answer(rq, request_path_param(rq, "id"), 200);
}

bool price_end_do(struct request *rq)
{
    struct change change = change_of(rq);
    const char *id = request_path_param(rq, "id");
    bool deleted;

    if (!form_read_nothing(rq) || !price_end(&change, id, &deleted, &rq->err))
        return false;
    if (request_is_api(rq) && !deleted)
        return price_answer(rq, id, 200);
    if (deleted)
        return page_done(rq, "/admin/prices", "price.flash.deleted", NULL, 200, NULL, NULL);
    return page_done(rq, arena_printf(rq->arena, "/admin/prices/%s", id), "price.flash.ended", NULL, 200, NULL, NULL);
}
