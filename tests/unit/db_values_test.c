/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "property.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/parse.h"
#include "db/db.h"

static void test_values(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    assert_string_equal(db_int(a, INT64_MIN), "-9223372036854775808");
    assert_string_equal(db_bool(true), "t");
    assert_string_equal(db_bool(false), "f");
    assert_string_equal(db_bytea(a, (struct bytes){(const uint8_t *)"\0\xff" "a", 3}), "\\x00ff61");
    assert_string_equal(db_bytea(a, (struct bytes){NULL, 0}), "\\x");
    arena_free(a);
}

static void test_times(void **state)
{
    (void)state;
    static const struct { int64_t micros; const char *text; } cases[] = {
        {0, NULL},
        {1, "1970-01-01T00:00:00.000001Z"},
        {-1, "1969-12-31T23:59:59.999999Z"},
        {INT64_C(1763649125118042), "2025-11-20T14:32:05.118042Z"},
        {INT64_C(951782400000000), "2000-02-29T00:00:00.000000Z"},
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *text = db_time(a, cases[i].micros);
        if (cases[i].text)
            assert_string_equal(text, cases[i].text);
        else
            assert_null(text);
    }
    arena_free(a);
}

static void test_any_time_reads_back(void **state)
{
    (void)state;
    struct random r = random_start();
    struct arena *a = arena_new();
    for (int i = 0; i < 1000; i++) {
        static const uint64_t year = UINT64_C(366) * 86400 * 1000000;
        int64_t micros = (int64_t)(random_next(&r) % (300 * year)) - (int64_t)(100 * year), back;
        assert_true(micros == 0 || clock_parse(db_time(a, micros), &back));
        assert_true(micros == 0 || back == micros);
    }
    arena_free(a);
}

static void test_text_arrays(void **state)
{
    (void)state;
    static const char *const odd[] = {"a", "", "with \"quotes\" and \\", NULL, "{},", "中文", "NULL"};
    struct arena *a = arena_new();
    assert_string_equal(db_text_array(a, NULL, 0), "{}");
    assert_string_equal(db_text_array(a, odd, 1), "{\"a\"}");
    assert_string_equal(db_text_array(a, odd, COUNT(odd)),
                        "{\"a\",\"\",\"with \\\"quotes\\\" and \\\\\",NULL,\"{},\",\"中文\",\"NULL\"}");
    arena_free(a);
}

static void test_ids(void **state)
{
    (void)state;
    static const char nil[] = "00000000-0000-0000-0000-000000000000";
    assert_null(db_id(NULL));
    assert_string_equal(db_id("019a9d1c-0000-7000-8000-0123456789ab"), "019a9d1c-0000-7000-8000-0123456789ab");
    assert_string_equal(db_id(""), nil);
    assert_string_equal(db_id("'; drop table runs; --"), nil);
    assert_string_equal(db_id("019A9D1C-0000-7000-8000-0123456789AB"), nil);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_any_time_reads_back),
        cmocka_unit_test(test_text_arrays),
        cmocka_unit_test(test_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
