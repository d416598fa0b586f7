/* SPDX-License-Identifier: MIT */
/* The values of the fields that only some types have: laid over what is stored, checked, and those of every type that there is. */
#include "gate/provider_options.h"

#include "gate/snapshot.h"
#include "gate_help.h"
#include "providers/providers.h"

static const char *const words[] = {"one", "two", NULL};
static const struct provider_option_row rows[] = {
    {.name = "word", .initial = "one", .words = words},
    {.name = "number", .initial = "", .from = 1, .to = 100},
    {.name = "text", .initial = "", .max = 5},
    {.name = "needed", .initial = "", .required = true},
    {.name = NULL},
};
static const struct provider_option_row pair[] = {
    {.name = "way", .initial = "one", .words = words},
    {.name = "half", .initial = "", .unless = "way", .word = "two"},
    {.name = NULL},
};
static const struct provider_type type = {.name = "t", .options = rows}, plain = {.name = "p"}, paired = {.name = "pair", .options = pair};

/* "name=value;" as a list. */
static struct list sent_of(const char *text)
{
    struct list list = {0};
    for (const char *p = text; *p; p += strcspn(p, ";") + 1) {
        size_t equals = strcspn(p, "=");
        *(struct provider_option *)list_add(a, &list, sizeof(struct provider_option)) =
            (struct provider_option){arena_copy(a, p, equals), arena_copy(a, p + equals + 1, strcspn(p + equals + 1, ";"))};
    }
    return list;
}

static void test_merge(void **state)
{
    (void)state;
    const struct { const struct provider_type *type; const char *stored, *sent; bool lenient; const char *want; } cases[] = {
        {&type, NULL, "", false, "{}"},
        {&type, "{}", "text=a;word=two;", false, "{\"word\":\"two\",\"text\":\"a\"}"},
        {&type, "{\"text\":\"a\",\"number\":\"7\"}", "text=b;", false, "{\"number\":\"7\",\"text\":\"b\"}"},
        {&type, "{\"text\":\"a\",\"number\":\"7\"}", "text=;", false, "{\"number\":\"7\"}"},
        {&type, "{\"text\":\"a\"}", "", false, "{\"text\":\"a\"}"},
        {&type, "{\"other\":\"a\",\"text\":1}", "text=b;", false, "{\"text\":\"b\"}"},
        {&type, "{}", "other=a;", false, "{\"other\":\"a\"}"},
        {&type, "{}", "other=a;text=b;", true, "{\"text\":\"b\"}"},
        {&type, "{}", "text=a;text=b;", false, "{\"text\":\"b\"}"},
        {&plain, "{\"text\":\"a\"}", "", false, "{}"},
        {&plain, "{\"text\":\"a\"}", "text=a;", true, "{}"},
        {&type, "rubbish", "text=a;", false, "{\"text\":\"a\"}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(provider_options_merge(cases[i].type, cases[i].stored, sent_of(cases[i].sent), cases[i].lenient, a), cases[i].want);
}

static void test_check(void **state)
{
    (void)state;
    const char *const good[] = {"needed=x;", "needed=x;word=two;number=100;text=12345;"};
    for (size_t i = 0; i < COUNT(good); i++)
        must(provider_options_check(&type, provider_options_merge(&type, NULL, sent_of(good[i]), false, a), a, &err));
    must(provider_options_check(&paired, "{\"half\":\"x\"}", a, &err));
    must(provider_options_check(&paired, "{\"way\":\"two\"}", a, &err));
    must(provider_options_check(&plain, NULL, a, &err));
    must(provider_options_check(&plain, "{}", a, &err));
    const struct { const struct provider_type *type; const char *sent, *field, *value, *allowed; } bad[] = {
        {&type, "", "options.needed", "", ""},
        {&type, "needed=x;word=three;", "options.word", "three", "one, two"},
        {&type, "needed=x;number=101;", "options.number", "101", "1–100"},
        {&type, "needed=x;number=1k;", "options.number", "1k", "1–100"},
        {&type, "needed=x;text=123456;", "options.text", "123456", "≤ 5"},
        {&type, "needed=x;text=a\nb;", "options.text", "a?b", "≤ 5"},
        {&type, "needed=x;other=1;", "options.other", "1", "word, number, text, needed"},
        {&type, "needed=x;other=;", "options.other", " ", "word, number, text, needed"},
        {&plain, "text=1;", "options.text", "1", "—"},
        {&paired, "", "options.half", "", ""},
        {&paired, "way=one;", "options.half", "", ""},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        must_fail(provider_options_check(bad[i].type, provider_options_merge(bad[i].type, NULL, sent_of(bad[i].sent), false, a), a, &err), ERR_INPUT);
        assert_string_equal(err.field, bad[i].field);
        assert_string_equal(err.value, bad[i].value);
        assert_string_equal(err.allowed, bad[i].allowed);
    }
}

/* What a row proposes is something it takes; a provider that says nothing is fine unless something is needed that nobody can know. */
static void test_every_type(void **state)
{
    (void)state;
    for (size_t i = 0; all_provider_types[i]; i++) {
        const struct provider_type *t = all_provider_types[i];
        for (const struct provider_option_row *row = t->options; row && row->name; row++) {
            assert_non_null(row->initial);
            assert_true(strlen(row->name) + strlen("options.") < sizeof(err.field) && !row->words == !(row->words && *row->words));
            const char *values[] = {row->initial, row->example};
            for (size_t k = 0; k < COUNT(values); k++) {
                struct list one = {0};
                if (!values[k] || !*values[k])
                    continue;
                *(struct provider_option *)list_add(a, &one, sizeof(struct provider_option)) = (struct provider_option){row->name, values[k]};
                memset(&err, 0, sizeof(err));
                if (!provider_options_check(t, provider_options_merge(t, NULL, one, false, a), a, &err)
                    && strcmp(err.field, arena_printf(a, "options.%s", row->name)) == 0)
                    fail_msg("%s: %s is not taken for %s", t->name, values[k], row->name);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_every_type),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
