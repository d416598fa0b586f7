/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "property.h"
#include "web/catalogue.h"

#define NBSP "\xc2\xa0"

static struct arena *a;

static void same(const char *got, const char *want)
{
    if (strcmp(got, want) != 0)
        fail_msg("got %s, wanted %s", got, want);
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct { int64_t n; const char *want; } ints[] = {
        {0, "0"}, {999, "999"}, {1000, "1,000"}, {18624, "18,624"}, {-1234567, "-1,234,567"},
        {INT64_MAX, "9,223,372,036,854,775,807"},
        {INT64_MIN, "-9,223,372,036,854,775,808"},
    };
    for (size_t i = 0; i < COUNT(ints); i++)
        same(format_int(&languages[0], ints[i].n, a), ints[i].want);
    static const struct { int64_t n; const char *want; } usd[] = {
        {0, "$0"}, {49, "<$0.0001"}, {50, "$0.0001"}, {11200, "$0.0112"}, {999949, "$0.9999"}, {999950, "$1.00"},
        {1004999, "$1.00"},
        {1234567890, "$1,234.57"}, {-10000, "-$0.0100"}, {-1500000, "-$1.50"},
    };
    for (size_t i = 0; i < COUNT(usd); i++)
        same(format_money("USD", usd[i].n, a), usd[i].want);
    same(format_money("CNY", 0, a), "¥0");
    same(format_money("CNY", 78700, a), "¥0.0787");
    same(format_money("CNY", -1234567890, a), "-¥1,234.57");
    static const struct { int64_t n; const char *want; } prices[] = {
        {0, "$0.00"}, {1, "$0.000001"}, {3625, "$0.003625"}, {200000, "$0.20"}, {2500000, "$2.50"}, {1234000000, "$1,234.00"}, {-10, "-$0.00001"}};
    for (size_t i = 0; i < COUNT(prices); i++)
        same(format_price("USD", prices[i].n, a), prices[i].want);
    static const struct { int64_t n; const char *want; } bytes[] = {
        {0, "0" NBSP "B"}, {999, "999" NBSP "B"}, {1000, "1.0" NBSP "kB"}, {9600000000, "9.6" NBSP "GB"},
        {999949, "999.9" NBSP "kB"},
        {999950, "1.0" NBSP "MB"}, {INT64_MAX, "9.2" NBSP "EB"}, {-1, "—"},
    };
    for (size_t i = 0; i < COUNT(bytes); i++)
        same(format_bytes(bytes[i].n, a), bytes[i].want);
}

static void test_durations(void **state)
{
    (void)state;
    static const struct { int64_t micros; const char *en, *zh; } cases[] = {
        {-1, "—", "—"}, {0, "0" NBSP "ms", "0" NBSP "ms"}, {40, "0.1" NBSP "ms", "0.1" NBSP "ms"},
        {400, "0.4" NBSP "ms", "0.4" NBSP "ms"},
        {949, "0.9" NBSP "ms", NULL}, {950, "1" NBSP "ms", NULL}, {312000, "312" NBSP "ms", "312" NBSP "ms"},
        {999499, "999" NBSP "ms", NULL}, {999500, "1.00" NBSP "s", NULL}, {1840000, "1.84" NBSP "s", "1.84" NBSP "s"},
        {9994999, "9.99" NBSP "s", NULL}, {9995000, "10.0" NBSP "s", NULL}, {99949999, "99.9" NBSP "s", NULL},
        {99950000, "1m 40s", "1 分 40 秒"}, {134000000, "2m 14s", "2 分 14 秒"}, {3600000000, "1h 0m", "1 小时 0 分"},
        {90000000000, "1d 1h", "1 天 1 小时"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        same(format_duration(language_find("en-US"), cases[i].micros, a), cases[i].en);
        if (cases[i].zh != NULL)
            same(format_duration(language_find("zh-CN"), cases[i].micros, a), cases[i].zh);
    }
}

static void test_moments(void **state)
{
    (void)state;
    const int64_t moment = 1795185125118000;               /* 2026-11-20T14:32:05.118Z */
    same(format_time(language_find("zh-CN"), moment, 0, a), "2026-11-20 14:32:05");
    same(format_time(language_find("zh-CN"), moment, 8 * 3600, a), "2026-11-20 22:32:05");
    same(format_time(language_find("en-US"), moment, -15 * 3600, a), "Nov 19, 2026, 23:32:05");
    same(format_time(language_find("en-US"), 0, 0, a), "—");
    same(format_time(language_find("en-US"), -1, 0, a), "Dec 31, 1969, 23:59:59");
}

static void test_ago(void **state)
{
    (void)state;
    struct catalogues *c;
    struct err err = {0};
    assert_true(catalogues_load("i18n", &c, &err));
    static const struct { int64_t seconds; const char *en, *zh; } cases[] = {
        {0, "just now", "刚刚"}, {8, "8s ago", "8 秒前"}, {61, "1m ago", "1 分钟前"}, {7201, "2h ago", "2 小时前"},
        {86400 * 3 + 1, "3d ago", "3 天前"}, {-600 - 1, "in 10m", "10 分钟后"}, {-86400 * 2 - 1, "in 2d", "2 天后"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t moment = clock_wall() - cases[i].seconds * 1000000 - 1000;
        same(format_ago(c, language_find("en-US"), moment, a), cases[i].en);
        same(format_ago(c, language_find("zh-CN"), moment, a), cases[i].zh);
    }
    same(format_ago(c, language_find("en-US"), 0, a), "—");
    catalogues_free(c);
}

static int start(void **state)
{
    (void)state;
    a = arena_new();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_ago),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
