/* SPDX-License-Identifier: MIT */
#include "web/template.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "property.h"
#include "web/catalogue.h"
#include "web/html.h"

struct inner { const char *city; };
struct row { const char *name; bool on; int64_t n; struct list tags; };
struct tag { const char *word; };
struct view {
    const char *text, *hidden;
    int64_t n, at, never;
    double real;
    bool yes, no;
    struct list rows, none;
    struct inner home;
};
struct shell { const char *lang; };

static const struct field inner_fields[] = {FIELD(struct inner, city), FIELD_END};
static const struct field tag_fields[] = {FIELD(struct tag, word), FIELD_END};
static const struct field row_fields[] = {
    FIELD(struct row, name), FIELD(struct row, on), FIELD(struct row, n), FIELD_LIST(struct row, tags, tag_fields, struct tag),
        FIELD_END};
static const struct field view_fields[] = {
    FIELD(struct view, text), FIELD(struct view, n), FIELD(struct view, real), FIELD(struct view, yes), FIELD(struct view, no),
    FIELD_TIME(struct view, at), FIELD_TIME(struct view, never), FIELD_LIST(struct view, rows, row_fields, struct row),
    FIELD_LIST(struct view, none, row_fields, struct row), FIELD_STRUCT(struct view, home, inner_fields),
    {.name = "hidden", .offset = offsetof(struct view, hidden), .type = FIELD_TEXT, .face = FACE_JSON}, FIELD_END};
static const struct field shell_fields[] = {FIELD(struct shell, lang), FIELD_END};

static char folder[64];
static struct catalogues *catalogues;
static struct arena *a;

static void put(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* The page made of this template, or why it is refused. */
static const char *page(const char *template, const char *tag, const struct view *view)
{
    static const struct page pages[] = {{"page", view_fields}, {NULL, NULL}};
    struct templates *templates;
    struct err err = {0};
    put("page.html", template);
    if (!templates_load(folder, pages, shell_fields, catalogues, &templates, &err))
        return arena_text(a, err.text);
    struct buf out = buf_new(a, 1 << 20);
    template_write(templates, "page", language_find(tag), &(struct shell){"zz"}, view, &out);
    templates_free(templates);
    buf_char(&out, '\0');
    return out.p;
}

static const struct view *some_view(void)
{
    static struct tag tags[] = {{"t1"}, {"t2"}};
    static struct row rows[] = {{"a&b", true, 1, {tags, 2}}, {"c", false, 2, {NULL, 0}}};
    static const struct view view = {.text = "<x> \"y\" 'z' &", .hidden = "s", .n = 1200, .at = 1795185125118000, .real = 0.5,
                                     .yes = true,
                                     .rows = {rows, 2}, .home = {"北京"}};
    return &view;
}

static void test_what_is_written(void **state)
{
    (void)state;
    static const struct { const char *template, *want; } cases[] = {
        {"plain", "plain"}, {"", ""}, {"{{text}}", "&lt;x&gt; &#34;y&#34; &#39;z&#39; &amp;"}, {"{{ n }}", "1200"},
        {"{{real}}", "0.5"},
        {"{{yes}}{{no}}", "truefalse"}, {"{{at}}|{{never}}", "2026-11-20T14:32:05.118Z|"}, {"{{home.city}}", "北京"},
        {"{{#home}}{{city}}{{/home}}", "北京"}, {"{{lang}}", "zz"},
        {"{{#rows}}[{{name}} {{n}}{{#tags}} {{word}}/{{name}}{{/tags}}{{^tags}} -{{/tags}}]{{/rows}}",
         "[a&amp;b 1 t1/a&amp;b t2/a&amp;b][c 2 -]"},
        {"{{#none}}x{{/none}}{{^none}}empty{{/none}}{{^rows}}x{{/rows}}", "empty"},
        {"{{#yes}}1{{/yes}}{{#no}}2{{/no}}{{#n}}3{{/n}}{{#never}}4{{/never}}{{#at}}5{{/at}}{{#text}}6{{/text}}{{#real}}7{{/real}}", "13567"},
        {"{{^yes}}1{{/yes}}{{^no}}2{{/no}}{{^never}}4{{/never}}", "24"},
        {"<p title=\"{{text}}\">", "<p title=\"&lt;x&gt; &#34;y&#34; &#39;z&#39; &amp;\">"},
        {"<a href=\"/a/{{text}}?q={{home.city}}#{{n}}\">",
         "<a href=\"/a/%3Cx%3E%20%22y%22%20%27z%27%20%26?q=%E5%8C%97%E4%BA%AC#1200\">"},
        {"<p class=\"a{{#yes}} b{{/yes}}{{#no}} c{{/no}}\">", "<p class=\"a b\">"},
        {"<input{{#yes}} checked{{/yes}}{{#no}} disabled{{/no}}>", "<input checked>"},
        {"<input disabled {{#yes}}checked{{/yes}}>", "<input disabled checked>"},
        {"<input {{#yes}}checked{{/yes}} name=\"x\">", "<input checked name=\"x\">"},
        {"<input{{#yes}} value=\"{{n}}\"{{/yes}}>", "<input value=\"1200\">"},
        {"{{_x.plain}}|{{_x.runs}}|{{_x.rows}}", "it&#39;s &lt; 5|1,200 runs of 北京|2 rows"},
        {"<p title=\"{{_x.plain}}\">", "<p title=\"it&#39;s &lt; 5\">"},
        {"<b>\n  {{#yes}}\n  in\n  {{/yes}}\n</b>\n", "<b>\n  in\n</b>\n"}, {"a\n{{! a remark }}\nb", "a\nb"},
        {"a {{! x }} b", "a  b"},
        {"{{>part}}", "part 1200\n"}, {"{{#rows}}{{>part}}{{/rows}}", "part 1\npart 2\n"},
        {"<!doctype html><!-- a -- b --><p>", "<!doctype html><!-- a -- b --><p>"},
        {"<script src=\"/static/a.js\" defer></script>", "<script src=\"/static/a.js\" defer></script>"},
        {"<meta name=\"c\" content='{\"a\":{\"b\":1}}'>", "<meta name=\"c\" content='{\"a\":{\"b\":1}}'>"},
        {"<div hx-get=\"/a?b={{n}}\" hx-push-url=\"true\" hx-target=\"#a{{n}}\">",
         "<div hx-get=\"/a?b=1200\" hx-push-url=\"true\" hx-target=\"#a1200\">"},
        {"<svg><use href=\"/static/i.svg#x\"/></svg>", "<svg><use href=\"/static/i.svg#x\"/></svg>"},
    };
    put("part.html", "part {{n}}\n");
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *got = page(cases[i].template, "en-US", some_view());
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("%s: %s", cases[i].template, got);
    }
    assert_string_equal(page("{{_x.runs}}", "zh-CN", some_view()), "北京 的 1,200 次");
    assert_string_equal(page("{{text}}.", "zh-CN", &(struct view){.text = NULL}), ".");
    assert_string_equal(page("<a href=\"/x/{{text}}/y\">", "zh-CN", &(struct view){.text = ".."}), "<a href=\"/x/%EF%BF%BD/y\">");
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct { const char *template, *says; } cases[] = {
        {"a\nb {{nope}}", "page.html:2: nope: unknown name"},
        {"{{rows}}", "page.html:1: rows: a list or struct cannot be written"},
        {"{{home}}", "cannot be written"}, {"{{home.zip}}", "unknown name after the dot"},
        {"{{text.x}}", "unknown name after the dot"},
        {"{{hidden}}", "is for JSON only"}, {"{{#rows}}\n{{nope}}{{/rows}}", "page.html:2: nope"}, {"{{name}}", "unknown name"},
        {"{{#yes}}\n\n", "page.html:3: yes: the section of line 1 is not closed"},
        {"\n{{/yes}}", "page.html:2: yes: closes a section"},
        {"{{#yes}}{{#no}}{{/yes}}{{/no}}", "the section open here is no"}, {"{{^home}}{{/home}}", "always there"},
        {"{{text", "not closed with }}"},
        {"{{}}", "one name"}, {"{{a b}}", "one name"}, {"{{&text}}", "one name"}, {"{{{text}}}", "one name"},
        {"{{TEXT}}", "one name"},
        {"{{_no.message}}", "no.message: unknown message"}, {"{{_x.unbound}}", "x.unbound {missing}: unknown name"},
        {"{{_x.plural_text}}", "a plural needs a number"}, {"{{_x.moment}}", "a moment or struct cannot"},
        {"{{>nope}}", "page.html:1: nope:"}, {"{{>page}}", "inside itself"},
        {"{{>loop}}", "loop.html:1: loop: a part cannot be inside itself"},
        {"{{>bad}}", "bad.html:2: zzz: unknown name"}, {"{{>../x}}", "one name"}, {"{{>a.b}}", "part's name"},
        {"<p title={{text}}>", "double-quoted"},
        {"<p title='{{text}}'>", "double-quoted"}, {"<p {{text}}>", "double-quoted"}, {"<{{text}}>", "double-quoted"},
        {"<p {{text}}=\"x\">", "double-quoted"}, {"<script>{{text}}</script>", "script or style"},
        {"<style>{{text}}</style>", "script or style"},
        {"<script>alert(1)</script>", "files of their own"}, {"<script><b>{{text}}</b></script>", "files of their own"},
        {"<script></style>{{text}}</script>", "ends with its own"}, {"<!-- {{text}} -->", "comment"},
        {"<!-- ", "is not closed"}, {"<p", "is not closed"},
        {"<a href=\"{{text}}\">", "must begin with a literal"}, {"<a href=\"https://x\">", "must begin with a literal"},
        {"<a href=\"//x\">", "another host"}, {"<a href=\"/\\x\">", "another host"},
        {"<a HREF=javascript:alert(1)>", "must begin"},
        {"<img src='{{text}}'>", "double-quoted"}, {"<form action=\"x\">", "must begin"},
        {"<button formaction=\"{{text}}\">", "must begin"},
        {"<a href=\"{{_x.plain}}\">", "must begin"}, {"<a href=\"/{{_x.plain}}\">", "cannot stand in an address"},
        {"<a href=\"{{#yes}}{{text}}{{/yes}}\">", "must begin"}, {"<a href=\"{{#yes}}/{{/yes}}{{text}}\">", "must begin"},
        {"<p style=\"x\">", "not allowed"}, {"<p STYLE=x>", "not allowed"}, {"<p onclick=\"x\">", "event handler"},
        {"<p onx>", "event handler"},
        {"<p hx-on:click=\"x\">", "event handler"}, {"<p data-hx-on--x=\"x\">", "event handler"}, {"<p hx-vals=\"js:x\">", "js:"},
        {"<p data-x=\"JavaScript:x\">", "javascript:"}, {"<p hx-vals=\"{{text}}\">", "cannot stand in this attribute"},
        {"<p hx-confirm=\"{{text}}\">", "must begin with literal text"}, {"<p hx-trigger=\"click[x]\">", "filters"},
        {"<iframe src=\"/x\">", "element"},
        {"<base href=\"/\">", "element"}, {"<meta http-equiv=\"refresh\">", "not allowed"},
        {"<p on{{#yes}}click{{/yes}}>", "event handler"},
        {"<p {{#yes}}on{{/yes}}click=\"x\">", "event handler"}, {"<p {{#yes}}da{{/yes}}ta=\"x\">", "a space belongs"},
        {"{{#yes}}<p title=\"{{/yes}}x\">", "must end where it began"}, {"<p {{#yes}}title=\"{{/yes}}x\">",
                                                                         "must end where it began"},
        {"<p>{{#yes}}<b {{/yes}}>", "must end where it began"}, {"a < b", "write &lt;"},
        {"<p a=\"1\"b=\"2\">", "a space belongs"},
        {"<p \"x\">", "does not belong"}, {"<a href=\"/x\" srcdoc=\"x\">", "not allowed"},
        {"<a xlink:href=\"javascript:x\">", "must begin"},
    };
    put("loop.html", "{{>loop}}");
    put("bad.html", "\n{{zzz}}");
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *got = page(cases[i].template, "en-US", some_view());
        if (strstr(got, cases[i].says) == NULL || strstr(got, ".html:") == NULL)
            fail_msg("%s: %s", cases[i].template, got);
    }
    char deep[400] = "";
    for (int i = 0; i < 8; i++)
        strncat(deep, "{{#home}}", sizeof(deep) - strlen(deep) - 1);
    assert_non_null(strstr(page(deep, "en-US", some_view()), "too deeply"));
}

static const char *any_text(struct random *r)
{
    static const char *const pieces[] = {"<", ">", "\"", "'", "&", "/", "javascript:", "<script>", "-->", "]]>", " ", "=", "文",
                                         "\\", "%", "..", "{{", "\n",
                                         "onerror=", "#", "?", "`"};
    struct buf text = buf_new(a, 1000);
    for (size_t i = random_below(r, 8); i > 0; i--)
        buf_text(&text, pieces[random_below(r, COUNT(pieces))]);
    buf_char(&text, '\0');
    return text.p;
}

/* Whatever the values are, the page has the tags and quotes of its template and no others. */
static void test_no_value_leaves_its_place(void **state)
{
    (void)state;
    static const char template[] = "T{{text}}T<a href=\"/x/{{text}}?y={{text}}#{{text}}\" title=\"{{text}}\">{{_x.text}}</a>{{#rows}}<b id=\"{{name}}\">{{name}}</b>"
                                   "{{/rows}}";
    static const struct page pages[] = {{"page", view_fields}, {NULL, NULL}};
    struct random r = random_start();
    struct templates *templates;
    struct err err = {0};
    put("page.html", template);
    if (!templates_load(folder, pages, shell_fields, catalogues, &templates, &err))
        fail_msg("%s", err.text);
    for (int turn = 0; turn < 500; turn++) {
        struct row row = {.name = any_text(&r)};
        struct view view = {.text = any_text(&r), .rows = {&row, 1}};
        struct buf out = buf_new(a, 1 << 20);
        template_write(templates, "page", &languages[turn % 2], &(struct shell){"zz"}, &view, &out);
        size_t angles = 0, quotes = 0;
        for (size_t i = 0; i < out.n; i++) {
            angles += out.p[i] == '<' || out.p[i] == '>';
            quotes += out.p[i] == '"';
            assert_int_not_equal(out.p[i], '\'');
        }
        assert_int_equal(angles, 8);
        assert_int_equal(quotes, 6);
        const char *href = memchr(out.p, '"', out.n), *end = memchr(href + 1, '"', out.n - (size_t)(href + 1 - out.p));
        size_t slashes = 0, others = 0;
        for (const char *p = href + 1; p < end; p++) {
            slashes += *p == '/' || *p == '?' || *p == '#' || *p == '=';
            others += !isalnum((unsigned char)*p) && strchr("-._~%/?#=", *p) == NULL;
        }
        assert_int_equal(slashes, 5);
        assert_int_equal(others, 0);
        arena_reset(a);
    }
    templates_free(templates);
}

static void test_messages_are_written_in_each_language(void **state)
{
    (void)state;
    static const struct page pages[] = {{"page", view_fields}, {NULL, NULL}};
    struct templates *templates;
    struct err err = {0};
    put("page.html", "{{_x.plain}}");
    assert_true(templates_load(folder, pages, NULL, catalogues, &templates, &err));
    struct buf out = buf_new(a, 3);
    template_write(templates, "page", &languages[0], NULL, some_view(), &out);
    assert_true(out.overflow);                             /* what does not fit is said, not cut */
    templates_free(templates);
}

static int start(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/moongate-page-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return 1;
    put("en-US.json", "{\"x.plain\": \"it''s < 5\", \"x.runs\": \"{n, plural, one {# run} other {# runs}} of {home.city}\", \"x.text\": \"a {text} b\","
        "\"x.rows\": \"{rows, plural, other {# rows}}\", \"x.unbound\": \"{missing}\", \"x.plural_text\": \"{text, plural, other {}}\", "
        "\"x.moment\": \"{at}\"}");
    put("zh-CN.json", "{\"x.plain\": \"是\", \"x.runs\": \"{home.city} 的 {n} 次\", \"x.text\": \"甲 {text}\", \"x.rows\": \"{rows} 行\", "
        "\"x.unbound\": \"{missing}\", \"x.plural_text\": \"{text}\", \"x.moment\": \"{at}\"}");
    struct err err = {0};
    a = arena_new();
    return !catalogues_load(folder, &catalogues, &err);
}

static int stop(void **state)
{
    (void)state;
    static const char *const names[] = {"page.html", "part.html", "loop.html", "bad.html", "en-US.json", "zh-CN.json"};
    char path[128];
    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    catalogues_free(catalogues);
    arena_free(a);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_no_value_leaves_its_place),
        cmocka_unit_test(test_messages_are_written_in_each_language),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
