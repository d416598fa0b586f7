/* SPDX-License-Identifier: MIT */
#include "console/show.h"

#include "console_help.h"

static void test_numbers(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct show s = show_for(a, "en-US");
    static const struct { int64_t part, whole; const char *text; } shares[] = {
        {0, 0, "—"}, {0, 7, "0.00%"}, {7, 7, "100%"}, {1, 3, "33.33%"}, {9912, 10000, "99.12%"}, {999999, 1000000, "99.99%"},
    };

    for (size_t i = 0; i < COUNT(shares); i++)
        assert_string_equal(show_percent(&s, shares[i].part, shares[i].whole), shares[i].text);
    assert_string_equal(show_us(&s, 0), "—");
    assert_string_equal(show_us(&s, 1840000), "1.84\xc2\xa0s");
    assert_string_equal(show_int(&s, 18624), "18,624");
    assert_string_equal(show_cost(&s, 6325), "$0.0063");
    assert_string_equal(show_cost_note(&s, 6325), "");       /* there is nothing to add to dollars */
    s.currency = "CNY";
    assert_string_equal(show_cost(&s, 6325), "¥0.0449");
    assert_string_equal(show_cost(&s, 0), "¥0");
    assert_string_equal(show_cost_note(&s, 6325), "$0.0063");
    assert_string_equal(show_cost_note(&s, 0), "");
    assert_string_equal(show_cost(&s, INT64_MAX), "¥922,337,203.69");      /* as much as a number holds, over the rate's digits */
    arena_free(a);
}

static void test_times(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct show zh = show_for(a, "zh-CN"), en = show_for(a, "en-US");
    const int64_t hour = INT64_C(3600000000);

    assert_string_equal(show_clock(&zh, NOW), "14:32:05");
    assert_string_equal(show_clock(&zh, NOW - 20 * hour), "2026-11-19 18:32:05");
    assert_string_equal(show_clock(&en, NOW - 20 * hour), "Nov 19, 2026, 18:32:05");
    assert_string_equal(show_clock(&zh, 0), "—");
    if (zone_load("Asia/Shanghai", a, &zh.zone)) {
        assert_string_equal(show_clock(&zh, NOW), "22:32:05");
        assert_string_equal(show_clock(&zh, NOW - 23 * hour), "2026-11-19 23:32:05");
        assert_string_equal(show_moment(&zh, NOW), "2026-11-20 22:32:05");
    }
    arena_free(a);
}

static void test_ids_and_monograms(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct show s = show_for(a, "zh-CN");
    static const struct { const char *name, *first; } names[] = {
        {"fake", "F"}, {"DeepSeek", "D"}, {"通义千问", "通"}, {"", "·"}, {"é", "é"}, {"9router", "9"}, {"😀 x", "😀"},
    };

    for (size_t i = 0; i < COUNT(names); i++)
        assert_string_equal(show_monogram(&s, names[i].name), names[i].first);
    assert_string_equal(show_id(&s, "01a1fb80-881c-7001-910e-b9f3e1f9120c"), "01a1fb80…120c");
    assert_string_equal(show_id(&s, "short"), "short");
    arena_free(a);
}

/* Every state and every way a check can end has a shape, a colour and a sentence in both languages; the two never look alike. */
static void test_states_have_words(void **state)
{
    (void)state;
    static const char *const health[] = {"ok", "warn", "bad", "off", "unknown"};
    static const char *const runs[] = {"ok", "failed", "truncated", "refused", "cancelled", "interrupted"};
    static const char *const reasons[] = {
        "not_resolved", "refused", "unreachable", "tls", "connect_timeout", "first_byte_timeout", "idle_timeout", "total_timeout", "cut", "protocol",
        "too_large", "egress", "other", "status_401", "status_403", "status_404", "status_429", "status_5xx", "status_other", "malformed", "slow",
    };
    struct arena *a = arena_new();
    struct show zh = show_for(a, "zh-CN"), en = show_for(a, "en-US");

    for (size_t i = 0; i < COUNT(health); i++)
        assert_string_not_equal(show_health(&zh, health[i]).word, show_health(&en, health[i]).word);
    for (size_t i = 0; i < COUNT(runs); i++) {
        assert_string_not_equal(show_run_status(&zh, runs[i]).word, show_run_status(&en, runs[i]).word);
        assert_true(show_run_status(&zh, runs[i]).icon[0] && show_run_status(&zh, runs[i]).css[0]);
    }
    for (size_t i = 0; i < COUNT(reasons); i++) {
        assert_string_not_equal(show_reason(&zh, reasons[i]), reasons[i]);
        assert_string_not_equal(show_reason(&zh, reasons[i]), show_reason(&en, reasons[i]));
    }
    assert_string_equal(show_reason(&zh, ""), "");
    assert_string_equal(show_reason(&zh, "a word nobody knows"), "a word nobody knows");
    assert_string_equal(show_run_status(&zh, "of a later version").word, "of a later version");
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_times), cmocka_unit_test(test_ids_and_monograms),
        cmocka_unit_test(test_states_have_words),
    };
    return cmocka_run_group_tests(tests, console_begin, console_end);
}
