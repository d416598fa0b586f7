/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "property.h"
#include "web/catalogue.h"

static void test_accept_language(void **state)
{
    (void)state;
    static const struct { const char *header, *tag; } cases[] = {
        {"zh-CN", "zh-CN"}, {"zh", "zh-CN"}, {"zh-Hans", "zh-CN"}, {"zh-Hans-CN", "zh-CN"}, {"zh-SG", "zh-CN"},
        {"zh-MY", "zh-CN"},
        {"zh-TW", "zh-CN"}, {"zh-Hant-HK", "zh-CN"}, {"ZH-cn", "zh-CN"}, {"en", "en-US"}, {"en-GB,en;q=0.9", "en-US"},
        {"fr, de;q=0.9", NULL}, {"fr, zh;q=0.1", "zh-CN"}, {"en;q=0.5, zh;q=0.8", "zh-CN"}, {"en;q=0.8, zh;q=0.8", "en-US"},
        {"zh;q=0.8,en;q=0.8", "zh-CN"}, {"*", "en-US"}, {"en;q=0, *", "zh-CN"}, {"en-US;q=0, en", NULL}, {"zh;q=0", NULL},
        {"zh-CN;q=0, zh", NULL}, {"*;q=0", NULL}, {"zh ; q=1.000 , en", "zh-CN"}, {"zh;q=1.5", NULL}, {"zh;q=x, en", "en-US"},
        {"", NULL}, {",,,", NULL}, {"zhx", NULL}, {"e", NULL}, {"english", NULL}, {"en-US;q=0.001", "en-US"}, {";q=1", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct language *found = language_accept(cases[i].header);
        const char *tag = found != NULL ? found->tag : "none", *want = cases[i].tag != NULL ? cases[i].tag : "none";
        if (strcmp(tag, want) != 0)
            fail_msg("%s: %s", cases[i].header, tag);
    }
    assert_null(language_accept(NULL));
}

static void test_find(void **state)
{
    (void)state;
    assert_string_equal(language_find("zh-CN")->name, "简体中文");
    assert_null(language_find("zh"));
    assert_null(language_find(NULL));
    for (size_t i = 0; i < languages_n; i++)
        assert_int_equal(languages[i].i, i);
}

static void test_any_header_is_survived(void **state)
{
    (void)state;
    static const char bytes[] = "zhen-CNUS*;q=01., \tx\xff";
    struct random r = random_start();
    for (int turn = 0; turn < 2000; turn++) {
        char text[64];
        size_t n = random_below(&r, sizeof(text));
        for (size_t i = 0; i < n; i++)
            text[i] = bytes[random_below(&r, sizeof(bytes) - 1)];
        text[n < sizeof(text) ? n : n - 1] = '\0';
        language_accept(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accept_language),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_any_header_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
