/* SPDX-License-Identifier: MIT */
#include "console/zone.h"

#include <string.h>

#include "base/arena.h"
#include "property.h"

/* Moments whose offsets are history: 2026-01-15, 2026-07-15 and 1990-07-15, 12:00 UTC. */
#define WINTER INT64_C(1768478400000000)
#define SUMMER INT64_C(1784116800000000)
#define LONG_AGO INT64_C(648043200000000)

static void test_offsets(void **state)
{
    (void)state;
    static const struct { const char *name; int winter, summer, long_ago; } cases[] = {
        {"Asia/Shanghai", 28800, 28800, 32400}, {"UTC", 0, 0, 0},        {"Europe/Berlin", 3600, 7200, 7200},
        {"America/New_York", -18000, -14400, -14400}, {"Asia/Kolkata", 19800, 19800, 19800}, {"Australia/Sydney", 39600, 36000, 36000},
    };
    struct arena *a = arena_new();

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct zone zone;

        if (!zone_load(cases[i].name, a, &zone) && strcmp(cases[i].name, "UTC") != 0)
            skip();                          /* a machine without time zone files */
        assert_int_equal(zone_offset(&zone, WINTER), cases[i].winter);
        assert_int_equal(zone_offset(&zone, SUMMER), cases[i].summer);
        assert_int_equal(zone_offset(&zone, LONG_AGO), cases[i].long_ago);
        assert_string_equal(zone.name, cases[i].name);
    }
    arena_free(a);
}

static void test_labels(void **state)
{
    (void)state;
    static const struct { int offset_s; const char *label; } cases[] = {
        {0, "UTC"}, {28800, "UTC+8"}, {-18000, "UTC−5"}, {19800, "UTC+5:30"}, {-12600, "UTC−3:30"}, {30, "UTC"}, {49500, "UTC+13:45"},
    };
    struct arena *a = arena_new();

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(zone_label(cases[i].offset_s, a), cases[i].label);
    arena_free(a);
}

/* Names come from a cookie: they never lead out of the folder, and what is no zone file is UTC. */
static void test_other_names(void **state)
{
    (void)state;
    static const char *const names[] = {
        NULL, "", "/etc/passwd", "../../../etc/passwd", "Asia/../../../../etc/passwd", "Asia", "zone.tab", "Nowhere/Nothing", "Asia/Shanghai\n",
        "posixrules;", "a/very/long/name/that/no/zone/has/and/that/goes/on/and/on/for/ever",
    };
    struct arena *a = arena_new();

    for (size_t i = 0; i < COUNT(names); i++) {
        struct zone zone;

        assert_false(zone_load(names[i], a, &zone));
        assert_string_equal(zone.name, "UTC");
        assert_int_equal(zone_offset(&zone, SUMMER), 0);
    }
    arena_free(a);
}

/* Every offered zone is a whole number of minutes, and less than a day, at any moment. */
static void test_any_moment(void **state)
{
    (void)state;
    struct random r = random_start();
    struct arena *a = arena_new();

    for (size_t i = 0; zone_names[i]; i++) {
        struct zone zone;

        zone_load(zone_names[i], a, &zone);
        for (int k = 0; k < 50; k++) {
            int64_t moment = ((int64_t)(random_next(&r) >> 12) - (INT64_C(1) << 51)) / 2;
            int offset = zone_offset(&zone, moment);

            assert_true(offset > -86400 && offset < 86400);
        }
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offsets), cmocka_unit_test(test_labels), cmocka_unit_test(test_other_names), cmocka_unit_test(test_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
