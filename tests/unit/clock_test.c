/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "property.h"

static const int64_t FIRST = -62167219200 * INT64_C(1000000), LAST = 253402300799 * INT64_C(1000000) + 999999;

static void test_writes(void **state)
{
    (void)state;
    static const struct {
        int64_t micros;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1, "1970-01-01T00:00:00.000Z"},
        {999, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {1795185125118000, "2026-11-20T14:32:05.118Z"},
        {951782400000000, "2000-02-29T00:00:00.000Z"},
        {4107542399999999, "2100-02-28T23:59:59.999Z"},
        {4107542400000000, "2100-03-01T00:00:00.000Z"},
        {-62167219200000000, "0000-01-01T00:00:00.000Z"},
        {253402300799999000, "9999-12-31T23:59:59.999Z"},
        {INT64_MAX, "9999-12-31T23:59:59.999Z"},
        {INT64_MIN, "0000-01-01T00:00:00.000Z"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[CLOCK_TEXT];
        clock_rfc3339(cases[i].micros, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_reads(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t micros;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01t00:00:00z", 0},
        {"2026-11-20T14:32:05.118Z", 1795185125118000},
        {"2026-11-20 14:32:05.118+00", 1795185125118000},
        {"2026-11-20T22:32:05.118+08:00", 1795185125118000},
        {"2026-11-20 22:32:05.118+08", 1795185125118000},
        {"2026-11-20T08:32:05.118-06:00", 1795185125118000},
        {"2026-11-20 20:02:05.118001+05:30", 1795185125118001},
        {"1890-01-01 00:00:00+08:05:43", -2524550743000000},
        {"2026-11-20T14:32:05.1Z", 1795185125100000},
        {"2026-11-20T14:32:05.1234567899Z", 1795185125123456},
        {"2016-12-31T23:59:60Z", 1483228800000000},
        {"2000-02-29T00:00:00Z", 951782400000000},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t micros = -1;
        if (!clock_parse(cases[i].text, &micros) || micros != cases[i].micros)
            fail_msg("%s read as %" PRId64 ", not %" PRId64, cases[i].text, micros, cases[i].micros);
    }
}

static void test_refuses(void **state)
{
    (void)state;
    static const char *const cases[] = {
        NULL, "", "now", "infinity", "2026-11-20", "2026-11-20T14:32:05", "2026-11-20T14:32Z", "2026-1-20T14:32:05Z",
        "2026-13-20T14:32:05Z", "2026-00-20T14:32:05Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z", "2026-11-00T00:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T14:60:05Z",
        "2026-11-20T14:32:61Z", "2026-11-20T14:32:05.Z", "2026-11-20T14:32:05,1Z", "2026-11-20T14:32:05Z ",
        " 2026-11-20T14:32:05Z", "2026-11-20T14:32:05+", "2026-11-20T14:32:05+8", "2026-11-20T14:32:05+24:00",
        "2026-11-20T14:32:05+08:60", "2026-11-20T14:32:05+08:", "2026-11-20T14:32:05+0800", "02026-11-20T14:32:05Z",
        "-2026-11-20T14:32:05Z", "2026-11-20  14:32:05Z", "2026-11-20 14:32:05+00 BC", "2026/11/20 14:32:05Z",
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t micros;
        if (clock_parse(cases[i], &micros))
            fail_msg("%s was read", cases[i]);
    }
}

static void test_property_there_and_back(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int i = 0; i < 2000; i++) {
        int64_t micros = FIRST + (int64_t)(random_next(&r) % (uint64_t)(LAST - FIRST)), back;
        char text[CLOCK_TEXT], libc[32];
        clock_rfc3339(micros, text);
        int64_t seconds = micros / 1000000 - (micros % 1000000 < 0);
        struct tm tm;
        gmtime_r(&(time_t){seconds}, &tm);
        snprintf(libc, sizeof(libc), "%04d-%02d-%02dT%02d:%02d:%02d", (tm.tm_year + 1900) % 10000, (tm.tm_mon + 1) % 100,
                 tm.tm_mday % 100, tm.tm_hour % 100, tm.tm_min % 100, tm.tm_sec % 100);
        assert_memory_equal(text, libc, 19);
        assert_true(clock_parse(text, &back));
        assert_true(back <= micros && micros - back < 1000);
    }
}

static void test_clocks_run(void **state)
{
    (void)state;
    int64_t mono = clock_mono(), wall = clock_wall();
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    assert_true(clock_mono() - mono >= 2000);
    assert_true(wall > INT64_C(1700000000) * 1000000);
}

static void test_reads_http_dates(void **state)
{
    (void)state;
    int64_t micros;
    assert_true(clock_parse_http("Sun, 06 Nov 1994 08:49:37 GMT", &micros));
    assert_int_equal(micros, 784111777 * INT64_C(1000000));
    assert_true(clock_parse_http("Thu, 01 Jan 1970 00:00:00 GMT", &micros));
    assert_int_equal(micros, 0);
    const char *const bad[] = {"", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 6 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                               "Sun, 30 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Xxx 1994 08:49:37 GMT",
                               "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 GMT "};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(clock_parse_http(bad[i], &micros));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes),
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_property_there_and_back),
        cmocka_unit_test(test_clocks_run),
        cmocka_unit_test(test_reads_http_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
