/* SPDX-License-Identifier: MIT */
#include "web/template.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "web/catalogue.h"
#include "web/html.h"
#include "web/pattern.h"
#include "web/template_private.h"

struct compiled {
    const char *name;
    struct steps *by_language;           /* in the order of languages[] */
};

struct templates {
    struct arena *arena;
    struct compiled *pages;              /* by name */
    size_t n;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct compiled *)a)->name, ((const struct compiled *)b)->name);
}

static bool load_page(const struct template_source *from, const struct page *page, struct compiled *compiled, struct err *err)
{
    compiled->name = page->name;
    compiled->by_language = NEW_ARRAY(from->arena, struct steps, languages_n);
    for (size_t i = 0; i < languages_n; i++)
        if (!template_compile(from, page->name, page->view, &languages[i], &compiled->by_language[i], err))
            return false;
    return true;
}

bool templates_load(const char *folder, const struct page *pages, const struct field *shell, const struct catalogues *catalogues,
                    struct templates **templates_r, struct err *err)
{
    size_t n = 0;
    while (pages[n].name != NULL)
        n++;
    struct arena *arena = arena_new();
    struct templates *templates = NEW(arena, struct templates);
    *templates = (struct templates){.arena = arena, .pages = NEW_ARRAY(arena, struct compiled, n), .n = n};
    struct template_source from = {.folder = folder, .shell = shell, .catalogues = catalogues, .arena = arena};
    for (size_t i = 0; i < n; i++)
        if (!load_page(&from, &pages[i], &templates->pages[i], err)) {
            arena_free(arena);
            return false;
        }
    if (n > 0)
        qsort(templates->pages, n, sizeof(struct compiled), by_name);
    *templates_r = templates;
    return true;
}

void templates_free(struct templates *templates)
{
    if (templates != NULL)
        arena_free(templates->arena);
}

struct filling {
    const struct step *steps;
    const struct language *language;
    struct buf *out;
    const void *rows[TEMPLATE_LEVELS];
};

/* A field as text; numbers and moments are written into ${space}. */
static const char *bind_text(const struct filling *f, const struct bind *bind, char space[32])
{
    const void *row = f->rows[bind->level];
    int64_t moment;
    switch (bind->field.type) {
    case FIELD_TEXT:
    case FIELD_RAW:
        return field_text(&bind->field, row);
    case FIELD_INT:
        snprintf(space, 32, "%" PRId64, field_int(&bind->field, row));
        return space;
    case FIELD_REAL:
        snprintf(space, 32, "%.10g", field_real(&bind->field, row));
        return space;
    case FIELD_BOOL:
        return field_bool(&bind->field, row) ? "true" : "false";
    case FIELD_TIME:
        moment = field_int(&bind->field, row);
        if (moment == 0)
            return "";
        clock_rfc3339(moment, space);
        return space;
    case FIELD_LIST:
    case FIELD_STRUCT:
        break;
    }
    return "";
}

static bool bind_present(const struct filling *f, const struct bind *bind)
{
    const void *row = f->rows[bind->level];
    switch (bind->field.type) {
    case FIELD_TEXT:
    case FIELD_RAW: {
        const char *text = field_text(&bind->field, row);
        return text != NULL && text[0] != '\0';
    }
    case FIELD_INT:
    case FIELD_TIME:
        return field_int(&bind->field, row) != 0;
    case FIELD_REAL:
        return field_real(&bind->field, row) < 0 || field_real(&bind->field, row) > 0;
    case FIELD_BOOL:
        return field_bool(&bind->field, row);
    case FIELD_LIST:
        return field_list(&bind->field, row)->n > 0;
    case FIELD_STRUCT:
        break;
    }
    return true;
}

static void write_message(const struct filling *f, const struct step *step)
{
    struct pattern_value values[PATTERN_ARGS];
    char space[PATTERN_ARGS][32];
    for (size_t i = 0; i < step->pattern->args_n; i++) {
        const struct bind *bind = &step->args[i];
        const void *row = f->rows[bind->level];
        if (bind->field.type == FIELD_INT)
            values[i] = (struct pattern_value){.number = field_int(&bind->field, row), .is_number = true};
        else if (bind->field.type == FIELD_LIST)
            values[i] = (struct pattern_value){.number = (int64_t)field_list(&bind->field, row)->n, .is_number = true};
        else
            values[i] = (struct pattern_value){.text = bind_text(f, bind, space[i])};
    }
    pattern_write(step->pattern, f->language, values, html_escape, f->out);
}

static void write_value(const struct filling *f, const struct step *step)
{
    char space[32];
    const char *text = bind_text(f, &step->bind, space);
    if (text == NULL)
        return;
    if (step->kind == STEP_URL)
        html_escape_url(f->out, text, strlen(text));
    else
        html_escape(f->out, text, strlen(text));
}

static void fill(struct filling *, size_t from, size_t to);

static void fill_section(struct filling *f, const struct step *step, size_t from)
{
    const struct field *field = &step->bind.field;
    const void *row = f->rows[step->bind.level];
    if (field->type == FIELD_LIST) {
        const struct list *list = field_list(field, row);
        for (size_t i = 0; i < list->n; i++) {
            f->rows[step->inner] = (const char *)list->items + i * field->item_size;
            fill(f, from, step->jump);
        }
    } else if (field->type == FIELD_STRUCT) {
        f->rows[step->inner] = field_struct(field, row);
        fill(f, from, step->jump);
    } else if (bind_present(f, &step->bind)) {
        fill(f, from, step->jump);
    }
}

static void fill(struct filling *f, size_t from, size_t to)
{
    for (size_t i = from; i < to;) {
        const struct step *step = &f->steps[i++];
        switch (step->kind) {
        case STEP_TEXT:
            buf_add(f->out, step->text, step->n);
            break;
        case STEP_VALUE:
        case STEP_URL:
            write_value(f, step);
            break;
        case STEP_MESSAGE:
            write_message(f, step);
            break;
        case STEP_SECTION:
            fill_section(f, step, i);
            i = step->jump;
            break;
        case STEP_INVERTED:
            i = bind_present(f, &step->bind) ? step->jump : i;
            break;
        }
    }
}

void template_write(const struct templates *templates, const char *name, const struct language *language, const void *shell,
                    const void *view,
                    struct buf *out)
{
    const struct compiled *page = bsearch(&(struct compiled){.name = name}, templates->pages, templates->n, sizeof(*page),
                                          by_name);
    assert(page != NULL);
    const struct steps *steps = &page->by_language[language->i];
    struct filling f = {.steps = steps->all, .language = language, .out = out, .rows = {shell, view}};
    fill(&f, 0, steps->n);
}
