/* SPDX-License-Identifier: MIT */
#include "web/catalogue.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/metrics.h"
#include "net/http.h"
#include "property.h"

static char folder[64];

static void put(const char *tag, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s.json", folder, tag);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void drop(void)
{
    static const char *const tags[] = {"en-US", "zh-CN"};
    char path[128];
    for (size_t i = 0; i < COUNT(tags); i++) {
        snprintf(path, sizeof(path), "%s/%s.json", folder, tags[i]);
        unlink(path);
    }
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct { const char *en, *zh, *says; } cases[] = {
        {"{\n\"a.b\": \"x\"\n}", "{\n}", "en-US.json:2: a.b: is missing in the other language"},
        {"{}", "{\n\n\"a.b\": \"x\"}", "zh-CN.json:3: a.b: is missing"},
        {"{\"a\": \"x {n}\"}", "{\"a\": \"x {m}\"}", "en-US.json:1: a: has other arguments"},
        {"{\"a\": \"{n, plural, other {}}\"}", "{\"a\": \"{n, select, other {}}\"}", "has other arguments"},
        {"{\"a\": \"x {\"}", "{\"a\": \"x\"}", "en-US.json:1: a: an argument needs a name"},
        {"{\"a\": 1}", "{\"a\": \"x\"}", "is not a text"}, {"{\"a\": \"\"}", "{\"a\": \"x\"}", "is empty"},
        {"{\"A b\": \"x\"}", "{}", "a key is lower-case"}, {"[]", "{}", "not an object"},
        {"{\"a\": \"x\",}", "{}", "en-US.json:"},
        {"{\"a\": \"x\", \"a\": \"y\"}", "{\"a\": \"x\"}", "en-US.json:"}, {"{\"a\": \"\xff\"}", "{}", "is not UTF-8"},
        {NULL, "{}", "en-US.json cannot be opened"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct catalogues *c;
        struct err err = {0};
        drop();
        if (cases[i].en != NULL)
            put("en-US", cases[i].en);
        put("zh-CN", cases[i].zh);
        if (catalogues_load(folder, &c, &err) || strstr(err.text, cases[i].says) == NULL)
            fail_msg("case %zu: %s", i, err.text);
    }
}

static void test_messages(void **state)
{
    (void)state;
    struct catalogues *c;
    struct err err = {0};
    struct arena *a = arena_new();
    put("en-US", "{\"runs\": \"{n, plural, one {# run} other {# runs}} of {who}\", \"x.y\": \"it''s\"}");
    put("zh-CN", "{\"x.y\": \"是\", \"runs\": \"{who} 的 {n} 次运行\"}");
    assert_true(catalogues_load(folder, &c, &err));
    const struct message_arg args[] = {{.name = "n", .number = 1200}, {.name = "who", .text = "甲"},
                                       {.name = "spare", .text = "x"}, {NULL}};
    assert_string_equal(message(c, language_find("en-US"), "runs", args, a), "1,200 runs of 甲");
    assert_string_equal(message(c, language_find("zh-CN"), "runs", args, a), "甲 的 1,200 次运行");
    assert_string_equal(message(c, language_find("en-US"), "x.y", NULL, a), "it's");
    assert_true(message_known(c, "x.y"));
    assert_false(message_known(c, "x"));
    int64_t before = metric_get(METRIC_message_missing_total);
    assert_string_equal(message(c, language_find("en-US"), "not.there", NULL, a), "not.there");
    assert_int_equal(metric_get(METRIC_message_missing_total), before + 1);
    catalogues_free(c);
    arena_free(a);
}

/* Every kind of error has its sentence in every language, with and without what there is to say. */
static void test_the_catalogues_are_complete(void **state)
{
    (void)state;
    struct catalogues *c;
    struct err err = {0};
    struct arena *a = arena_new();
    if (!catalogues_load("i18n", &c, &err))
        fail_msg("%s", err.text);
    for (enum err_kind kind = ERR_NONE + 1; kind < ERR_KINDS; kind++)
        for (size_t i = 0; i < languages_n; i++) {
            struct err plain = {.kind = kind}, full;
            fail_field(&full, "the-field", "the-value", "the-allowed");
            full.kind = kind;
            full.retry_after_s = 17;
            const char *one = message_err(c, &languages[i], &plain, a), *two = message_err(c, &languages[i], &full, a);
            if (!message_known(c, err_message(&plain)) || strchr(one, '{') != NULL || strchr(two, '{') != NULL)
                fail_msg("%s: %s / %s", err_name(kind), one, two);
        }
    static const char *const ends[] = {"done", "not_resolved", "refused", "unreachable", "tls", "connect_timeout",
                                       "first_byte_timeout",
                                       "idle_timeout", "total_timeout", "cut", "protocol", "too_large", "egress", "cancelled",
                                           "other"};
    _Static_assert(COUNT(ends) == HTTP_ENDS, "a way for a call to end has no sentence");
    for (size_t i = 0; i < COUNT(ends); i++)
        if (!message_known(c, arena_printf(a, "http.%s", ends[i])))
            fail_msg("http.%s is missing", ends[i]);
    catalogues_free(c);
    arena_free(a);
}

/* Chinese sentences are Chinese, and English ones hold no Chinese. */
static void test_each_file_is_in_its_language(void **state)
{
    (void)state;
    for (size_t i = 0; i < languages_n; i++) {
        char path[64], line[4096];
        snprintf(path, sizeof(path), "i18n/%s.json", languages[i].tag);
        FILE *file = fopen(path, "r");
        char key[256] = "";
        while (fgets(line, sizeof(line), file) != NULL) {
            if (line[0] == '{' || line[0] == '}')
                continue;
            char next[256];
            assert_int_equal(sscanf(line, " \"%255[^\"]\": \"", next), 1);
            if (strcmp(key, next) >= 0)
                fail_msg("%s: %s is not in order", path, next);
            memcpy(key, next, sizeof(key));
            bool han = false;
            for (const unsigned char *p = (const unsigned char *)line; *p != '\0'; p++)
                han = han || (*p >= 0xe4 && *p <= 0xe9);
            if (i == 0 && han && strncmp(key, "language.", 9) != 0)
                fail_msg("%s: %s", path, line);
        }
        fclose(file);
    }
}

static int start(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/moongate-i18n-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int stop(void **state)
{
    (void)state;
    drop();
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_the_catalogues_are_complete),
        cmocka_unit_test(test_each_file_is_in_its_language),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
