/* SPDX-License-Identifier: MIT */
#include "console/price_form_page.h"

#include <string.h>

#include "base/clock.h"
#include "base/parse.h"
#include "console/doer.h"
#include "console/price_view.h"
#include "console/prices_page.h"
#include "gate/price_change.h"
#include "web/web.h"

enum { TOKENS_MOST = 1000000000 };

static const char *const currencies[] = {"USD", "CNY", NULL};

/* What a form or JSON may say: the row, with its moments as texts. */
struct price_sent {
    struct price_row row;
    const char *valid_from, *valid_to;
};

#define MICROS(m, needed) \
    {.name = #m "_micros_per_mtok", .type = FORM_MONEY, .offset = offsetof(struct price_sent, row.m), .required = needed, .max = PRICE_MAX}
const struct form_field price_sent_fields[] = {
    {.name = "owner", .type = FORM_TEXT, .offset = offsetof(struct price_sent, row.owner), .required = true, .max = 40},
    {.name = "model", .type = FORM_TEXT, .offset = offsetof(struct price_sent, row.model), .required = true, .max = 200},
    {.name = "above", .type = FORM_INT, .offset = offsetof(struct price_sent, row.above), .min = 0, .max = TOKENS_MOST},
    {.name = "valid_from", .type = FORM_TEXT, .offset = offsetof(struct price_sent, valid_from), .max = 40},
    {.name = "valid_to", .type = FORM_TEXT, .offset = offsetof(struct price_sent, valid_to), .max = 40},
    {.name = "currency", .type = FORM_WORD, .offset = offsetof(struct price_sent, row.currency), .words = currencies},
    MICROS(input, true), MICROS(cached, false), MICROS(written, false), MICROS(written_long, false), MICROS(image, false), MICROS(output, true),
    MICROS(reasoning, false),
    {.name = "context", .type = FORM_INT, .offset = offsetof(struct price_sent, row.context), .min = 0, .max = TOKENS_MOST},
    {.name = "max_output", .type = FORM_INT, .offset = offsetof(struct price_sent, row.max_output), .min = 0, .max = TOKENS_MOST},
    {.name = "source", .type = FORM_TEXT, .offset = offsetof(struct price_sent, row.source), .max = 300},
    {.name = "as_of", .type = FORM_TEXT, .offset = offsetof(struct price_sent, row.as_of), .max = 10},
    FORM_END,
};

/* One input of money: they are alike. */
struct price_input {
    const char *name, *label, *help, *value, *problem;
    bool needed;
};
static const struct field price_input_fields[] = {
    FIELD_PAGE(struct price_input, name), FIELD_PAGE(struct price_input, label), FIELD_PAGE(struct price_input, help),
    FIELD_PAGE(struct price_input, value), FIELD_PAGE(struct price_input, problem), FIELD_PAGE(struct price_input, needed), FIELD_END,
};

struct price_form_page {
    const char *from;                    /* the price it takes the place of; NULL = none */
    struct price_sent v;
    struct list currencies, owners, inputs;
    const char *e_owner, *e_model, *e_above, *e_valid_from, *e_valid_to, *e_currency, *e_context, *e_max_output, *e_source, *e_as_of;
};
#define VALUE(m) FIELD_AS(struct price_form_page, v.row.m, #m)
#define TEXT(m) FIELD_PAGE(struct price_form_page, m)
const struct field price_form_fields[] = {
    TEXT(from), VALUE(owner), VALUE(model), VALUE(above), VALUE(context), VALUE(max_output), VALUE(source), VALUE(as_of),
    FIELD_AS(struct price_form_page, v.valid_from, "valid_from"), FIELD_AS(struct price_form_page, v.valid_to, "valid_to"),
    FIELD_LIST_PAGE(struct price_form_page, currencies, choice_fields, struct choice),
    FIELD_LIST_PAGE(struct price_form_page, owners, choice_fields, struct choice),
    FIELD_LIST_PAGE(struct price_form_page, inputs, price_input_fields, struct price_input), TEXT(e_owner), TEXT(e_model), TEXT(e_above), TEXT(e_valid_from),
    TEXT(e_valid_to), TEXT(e_currency), TEXT(e_context), TEXT(e_max_output), TEXT(e_source), TEXT(e_as_of), FIELD_END,
};

static struct list inputs_of(const struct show *s, const struct price_row *row, const struct form *form)
{
    const struct { const char *word; int64_t value; bool needed; } prices[] = {
        {"input", row->input, true}, {"output", row->output, true}, {"cached", row->cached, false}, {"written", row->written, false},
        {"written_long", row->written_long, false}, {"reasoning", row->reasoning, false}, {"image", row->image, false},
    };
    struct price_input *inputs = NEW_ARRAY(s->arena, struct price_input, COUNT(prices));

    for (size_t i = 0; i < COUNT(prices); i++) {
        const char *name = arena_printf(s->arena, "%s_micros_per_mtok", prices[i].word);
        inputs[i] = (struct price_input){
            .name = name, .label = say(s, arena_printf(s->arena, "field.%s", name)), .needed = prices[i].needed,
            .help = prices[i].needed ? "" : say(s, arena_printf(s->arena, "price.default.%s", prices[i].word)),
            .value = prices[i].value == PRICE_NONE ? "" : decimal_text(prices[i].value, 6, s->arena), .problem = form ? form_message(form, name) : NULL,
        };
    }
    return (struct list){inputs, COUNT(prices)};
}

static struct list currency_choices(const struct show *s, const char *chosen)
{
    struct choice *choices = NEW_ARRAY(s->arena, struct choice, 2);

    for (size_t i = 0; currencies[i]; i++)
        choices[i] = (struct choice){currencies[i], say(s, i ? "currency.cny" : "currency.usd"), chosen && strcmp(chosen, currencies[i]) == 0};
    return (struct list){choices, 2};
}

static bool fill_owners(struct request *rq, struct price_form_page *page)
{
    struct list rows;
    struct choice *choices;

    if (!prices_owners(rq->db, rq->arena, &rows, &rq->err))
        return false;
    choices = NEW_ARRAY(rq->arena, struct choice, rows.n);
    for (size_t i = 0; i < rows.n; i++)
        choices[i].value = ((const struct price_owner *)rows.items)[i].owner;
    page->owners = (struct list){choices, rows.n};
    return true;
}

static bool render(struct request *rq, struct price_form_page *page, const struct form *form)
{
    struct show s = show_of(rq);

    page->currencies = currency_choices(&s, page->v.row.currency);
    page->inputs = inputs_of(&s, &page->v.row, form);
    if (!fill_owners(rq, page))
        return false;
    if (!form)
        return page_render(rq, "price_form", price_form_fields, page);
    page->e_owner = form_message(form, "owner");
    page->e_model = form_message(form, "model");
    page->e_above = form_message(form, "above");
    page->e_valid_from = form_message(form, "valid_from");
    page->e_valid_to = form_message(form, "valid_to");
    page->e_currency = form_message(form, "currency");
    page->e_context = form_message(form, "context");
    page->e_max_output = form_message(form, "max_output");
    page->e_source = form_message(form, "source");
    page->e_as_of = form_message(form, "as_of");
    return page_again(rq, "price_form", price_form_fields, page, form);
}

static struct price_row nothing(void)
{
    return (struct price_row){.currency = "USD", .input = PRICE_NONE, .output = PRICE_NONE, .cached = PRICE_NONE, .written = PRICE_NONE,
                              .written_long = PRICE_NONE, .reasoning = PRICE_NONE, .image = PRICE_NONE};
}

bool price_new_page(struct request *rq)
{
    struct price_form_page page = {.v.row = nothing(), .from = request_query(rq, "from")};

    if (!request_allow_query(rq, (const char *const[]){"from", NULL}))
        return false;
    if (page.from && !prices_get(rq->db, rq->arena, page.from, &page.v.row, &rq->err))
        return false;
    page.v.row.source = page.v.row.as_of = NULL;             /* those of the old figures */
    return render(rq, &page, NULL);
}

/* "2026-11-20" is that day's beginning in the reader's zone for people, in UTC for programs; a whole RFC 3339 moment is taken as it is. */
static bool read_moment(const struct show *s, const char *text, int64_t *micros_r)
{
    if (!text)
        return true;
    if (strlen(text) != 10)
        return clock_parse(text, micros_r) && *micros_r > 0;
    if (!clock_parse(arena_printf(s->arena, "%sT00:00:00Z", text), micros_r) || *micros_r <= 0)
        return false;
    if (!request_is_api(s->rq))
        *micros_r -= (int64_t)zone_offset(&s->zone, *micros_r) * 1000000;
    return true;
}

/* What the form's own rows cannot say. */
static void check_moments(const struct show *s, struct price_sent *sent, struct form *form)
{
    static const char allowed[] = "2026-11-20, 2026-11-20T14:32:05Z";
    int64_t ignored = 0;

    if (!read_moment(s, sent->valid_from, &sent->row.valid_from))
        form_problem(s->rq, form, "valid_from", "form.not_possible", sent->valid_from, allowed);
    if (!read_moment(s, sent->valid_to, &sent->row.valid_to))
        form_problem(s->rq, form, "valid_to", "form.not_possible", sent->valid_to, allowed);
    if (sent->row.as_of && (strlen(sent->row.as_of) != 10 || !read_moment(s, sent->row.as_of, &ignored)))
        form_problem(s->rq, form, "as_of", "form.not_possible", sent->row.as_of, "2026-11-20");
}

bool price_create_do(struct request *rq)
{
    struct show s = show_of(rq);
    struct change change = change_of(rq);
    struct price_form_page page = {.v.row = nothing()};
    struct form form;
    const char *id;

    if (!form_read(rq, price_sent_fields, &page.v, &form))
        return false;
    if (page.v.row.input == PRICE_NONE && !form_message(&form, "input_micros_per_mtok"))
        form_problem(rq, &form, "input_micros_per_mtok", "form.required", "", "");
    if (page.v.row.output == PRICE_NONE && !form_message(&form, "output_micros_per_mtok"))
        form_problem(rq, &form, "output_micros_per_mtok", "form.required", "", "");
    check_moments(&s, &page.v, &form);
    if (form.problems.n > 0)
        return render(rq, &page, &form);
    if (!page.v.row.currency)
        page.v.row.currency = "USD";
    if (!page.v.valid_from)                                  /* from now on; what was charged before stays as it was */
        page.v.row.valid_from = s.now;
    if (!price_add(&change, &page.v.row, &id, &rq->err))
        return form_takes_err(rq, &form) && render(rq, &page, &form);
    if (!request_is_api(rq))
        return page_done(rq, arena_printf(rq->arena, "/admin/prices/%s", id), "price.flash.added", NULL, 201, NULL, NULL);
    return price_answer(rq, id, 201);
}
