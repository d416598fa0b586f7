/* SPDX-License-Identifier: MIT */
#include "console/pages.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/field.h"
#include "console/shell.h"
#include "console_help.h"

static struct templates *templates;

static int begin(void **state)
{
    struct err err = {0};

    if (console_begin(state) != 0)
        return -1;
    if (templates_load("templates", console_pages, shell_fields, catalogues, &templates, &err))
        return 0;
    print_error("%s\n", err.text);
    return -1;
}

static int end(void **state)
{
    templates_free(templates);
    return console_end(state);
}

static const char *const nasty[] = {
    "\"><script>x</script>", "'><img src=x onerror=x>", "</textarea><script>x</script>", "{{name}}", "javascript:x", "//evil.example/", "&lt;",
    "\" onmouseover=\"x", "]]>", "<!--", "普通的文字", "plain", "",
};

struct filler {
    struct arena *arena;
    struct random *random;
};

static void fill_row(struct filler *, const struct field *, char *row);

static void fill_list(struct filler *f, const struct field *field, struct list *list)
{
    size_t n = random_below(f->random, 3);

    list->items = arena_alloc(f->arena, n * field->item_size);
    list->n = n;
    for (size_t i = 0; i < n; i++)
        fill_row(f, field->item, (char *)list->items + i * field->item_size);
}

/* Any value a member can have: what rows and people put into it. */
static void fill_row(struct filler *f, const struct field *fields, char *row)
{
    for (const struct field *field = fields; field->name; field++) {
        void *member = row + field->offset;

        switch (field->type) {
        case FIELD_TEXT:
        case FIELD_RAW:
            *(const char **)member = random_below(f->random, 5) ? nasty[random_below(f->random, COUNT(nasty))] : NULL;
            break;
        case FIELD_INT:
        case FIELD_TIME:
            *(int64_t *)member = random_below(f->random, 3) ? (int64_t)(random_next(f->random) >> 12) : 0;
            break;
        case FIELD_REAL:
            *(double *)member = (double)random_below(f->random, 1000) / 7;
            break;
        case FIELD_BOOL:
            *(bool *)member = random_below(f->random, 2) == 1;
            break;
        case FIELD_LIST:
            fill_list(f, field, member);
            break;
        case FIELD_STRUCT:
            fill_row(f, field->item, member);
            break;
        }
    }
}

static size_t size_of(const struct field *fields)
{
    size_t size = 64;

    for (const struct field *field = fields; field->name; field++) {
        size_t end_of = field->offset + (field->type == FIELD_STRUCT ? field->item_size : sizeof(struct list));

        size = end_of > size ? end_of : size;
    }
    return size;
}

static char *view_of(struct filler *f, const struct field *fields)
{
    char *row = arena_alloc(f->arena, size_of(fields));

    fill_row(f, fields, row);
    return row;
}

static const char *render(struct arena *a, const struct page *page, const struct language *lang, const void *shell, const void *view)
{
    struct buf buf = buf_new(a, 4 << 20);
    struct err err = {0};
    const char *html;

    template_write(templates, page->name, lang, shell, view, &buf);
    if (!buf_done(&buf, &html, &err))
        fail_msg("%s: %s", page->name, err.text);
    return html;
}

/* Nothing at all: every page is still a page, with a title and one heading, in its language. */
static void test_empty(void **state)
{
    (void)state;
    for (const struct page *page = console_pages; page->name; page++)
        for (size_t i = 0; i < languages_n; i++) {
            struct arena *a = arena_new();
            struct shell shell = {.lang = languages[i].tag};
            const char *html = render(a, page, &languages[i], &shell, arena_alloc(a, size_of(page->view)));

            assert_non_null(strstr(html, "<!doctype html>"));
            assert_non_null(strstr(html, arena_printf(a, "<html lang=\"%s\"", languages[i].tag)));
            assert_non_null(strstr(html, "<title>"));
            assert_non_null(strstr(html, "<h1"));
            assert_null(strstr(strstr(html, "<h1") + 1, "<h1"));
            assert_non_null(strstr(html, "</html>"));
            assert_null(strstr(html, "{{"));
            arena_free(a);
        }
}

/* Whatever stands in a value, it stays text: no tag, no attribute, no address of another kind or host comes out of it. */
static void test_values_stay_values(void **state)
{
    (void)state;
    static const char *const never[] = {"<script>x", "<img src=x", "onmouseover=\"", "onerror=x>", "href=\"javascript:",
                                        "action=\"javascript:", "href=\"//", "action=\"//", "src=\"//", "<!--"};
    struct random r = random_start();

    for (int round = 0; round < 10; round++)
        for (const struct page *page = console_pages; page->name; page++)
            for (size_t i = 0; i < languages_n; i++) {
                struct arena *a = arena_new();
                struct filler f = {a, &r};
                const char *html = render(a, page, &languages[i], view_of(&f, shell_fields), view_of(&f, page->view));

                for (size_t k = 0; k < COUNT(never); k++)
                    if (strstr(html, never[k]))
                        fail_msg("%s: %.200s", page->name, strstr(html, never[k]));
                arena_free(a);
            }
}

/* Every open tag that is not void is closed: parts that belong together are not torn apart by sections. */
static void count_tags(const char *page, const char *html, const char *tag)
{
    char open[16], close[16];
    size_t n = 0, opened = 0, closed = 0;

    snprintf(open, sizeof(open), "<%s", tag);
    snprintf(close, sizeof(close), "</%s>", tag);
    n = strlen(open);
    for (const char *p = html; (p = strstr(p, open)); p += n)
        opened += p[n] == ' ' || p[n] == '>';
    for (const char *p = html; (p = strstr(p, close)); p += n)
        closed++;
    if (opened != closed)
        fail_msg("%s: %zu <%s> and %zu </%s>", page, opened, tag, closed, tag);
}

static void test_tags_are_closed(void **state)
{
    (void)state;
    static const char *const tags[] = {"div", "section", "form", "table", "tbody", "tr", "td", "th", "ul", "li", "p", "span", "main", "nav", "header",
                                       "a", "button", "label", "fieldset", "select", "option", "dl", "dt", "dd", "details", "svg", "pre", "h1", "h2"};
    struct random r = random_start();

    for (int round = 0; round < 10; round++)
        for (const struct page *page = console_pages; page->name; page++) {
            struct arena *a = arena_new();
            struct filler f = {a, &r};
            const char *html = render(a, page, &languages[round % 2], view_of(&f, shell_fields), view_of(&f, page->view));

            for (size_t k = 0; k < COUNT(tags); k++)
                count_tags(page->name, html, tags[k]);
            arena_free(a);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty), cmocka_unit_test(test_values_stay_values), cmocka_unit_test(test_tags_are_closed),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
