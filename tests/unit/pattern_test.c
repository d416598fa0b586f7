/* SPDX-License-Identifier: MIT */
#include "web/pattern.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "property.h"
#include "web/catalogue.h"

static const char *write(struct arena *a, const char *text, const char *tag, const char *word, int64_t n)
{
    struct pattern pattern;
    struct err err = {0};
    struct buf out = buf_new(a, 1000);
    struct pattern_value values[PATTERN_ARGS];
    if (!pattern_parse(text, language_find(tag), a, &pattern, &err))
        return arena_text(a, err.text);
    for (size_t i = 0; i < pattern.args_n; i++)
        values[i] = strcmp(pattern.args[i].name, "n") == 0 ? (struct pattern_value){.number = n, .is_number = true}
                                                          : (struct pattern_value){.text = word};
    pattern_write(&pattern, language_find(tag), values, buf_add, &out);
    buf_char(&out, '\0');
    return out.p;
}

static void test_what_is_written(void **state)
{
    (void)state;
    static const char plural[] = "{n, plural, =0 {none} one {# run} other {# runs}}";
    static const struct { const char *text, *tag, *word; int64_t n; const char *want; } cases[] = {
        {"plain 文", "en-US", "", 0, "plain 文"},
        {"a {w} b", "en-US", "x<y>", 0, "a x<y> b"},
        {"{n} and {n, number}", "en-US", "", 1234567, "1,234,567 and 1,234,567"},
        {plural, "en-US", "", 0, "none"}, {plural, "en-US", "", 1, "1 run"}, {plural, "en-US", "", 2, "2 runs"},
        {plural, "en-US", "", -18624, "-18,624 runs"},
        {"{n, plural, =0 {没有} other {# 次}}", "zh-CN", "", 1, "1 次"},
        {"{n, plural, other {o} =2 {two} one {i}}", "en-US", "", 2, "two"},
        {"{n, plural, =1 {exactly} one {one} other {o}}", "en-US", "", 1, "exactly"},
        {"{w, select, local {inside} other {outside {w}}}", "en-US", "local", 0, "inside"},
        {"{w, select, local {inside} other {outside {w}}}", "en-US", "cloud", 0, "outside cloud"},
        {"{w, select, empty {nothing} other {it is {w}}}", "en-US", "", 0, "nothing"},
        {"{w, select, empty {nothing} other {it is {w}}}", "en-US", NULL, 0, "nothing"},
        {"{w, select, empty {} other {{n, plural, one {#} other {#s}} {w}}}", "en-US", "k", 3, "3s k"},
        {"{n, select, 3 {three} other {{n}}}", "en-US", "", 3, "three"},
        {"it''s 5 o'clock", "en-US", "", 0, "it's 5 o'clock"},
        {"'{'w'}' is {w}", "en-US", "v", 0, "{w} is v"},
        {"'{w} quoted'", "en-US", "v", 0, "{w} quoted"},
        {"{n, plural, other {'#' #}}", "en-US", "", 5, "# 5"},
        {"# is plain here", "en-US", "", 0, "# is plain here"},
        {"a < b", "en-US", "", 0, "a < b"},
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *got = write(a, cases[i].text, cases[i].tag, cases[i].word, cases[i].n);
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("%s: %s", cases[i].text, got);
    }
    arena_free(a);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct { const char *text, *tag, *says; } cases[] = {
        {"a {w", "en-US", "not closed"}, {"a } b", "en-US", "} without {"}, {"{}", "en-US", "needs a name"},
        {"{n, plural, one {x}}", "en-US", "other is missing"}, {"{n, plural, other {x}", "en-US", "not closed"},
        {"{n, plural, one {x} other {y}}", "zh-CN", "no such plural"}, {"{n, plural, few {x} other {y}}", "en-US",
                                                                        "no such plural"},
        {"{n, plural, =x {x} other {y}}", "en-US", "a number belongs"}, {"{n, date}", "en-US", "number, plural or select"},
        {"{n, plural}", "en-US", ", expected"}, {"{w, select, a {x} a {y} other {}}", "en-US", "twice"},
        {"{n, plural, =1 {x} =1 {y} other {}}", "en-US", "twice"}, {"{n, plural, other {x} {w, select, other {}}}", "en-US",
                                                                    "needs a word"},
        {"{n, plural, other {{n, select, other {}}}}", "en-US", "both plural and select"},
        {"'{ open", "en-US", "does not end"}, {"<b>x</b>", "en-US", "HTML"}, {"x</b>", "en-US", "HTML"},
        {"<!-- -->", "en-US", "HTML"},
        {"{a, select, other {{b, select, other {{c, select, other {{d, select, other {}}}}}}}}", "en-US", "too deeply"},
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *got = write(a, cases[i].text, cases[i].tag, "", 0);
        if (strstr(got, cases[i].says) == NULL)
            fail_msg("%s: %s", cases[i].text, got);
    }
    arena_free(a);
}

/* Any text is either refused or can be written; nothing else can happen. */
static void test_any_text_is_survived(void **state)
{
    (void)state;
    static const char *const pieces[] = {"{", "}", "n", "w", ",", " plural,", " select,", " other {", "one {", "=1 {", "'", "#",
                                         " ", "empty"};
    struct random r = random_start();
    struct arena *a = arena_new();
    for (int turn = 0; turn < 3000; turn++) {
        struct buf text = buf_new(a, 1000);
        for (size_t i = random_below(&r, 20); i > 0; i--)
            buf_text(&text, pieces[random_below(&r, COUNT(pieces))]);
        buf_char(&text, '\0');
        write(a, text.p, turn % 2 ? "en-US" : "zh-CN", turn % 3 ? "x" : "", turn);
        arena_reset(a);
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_any_text_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
