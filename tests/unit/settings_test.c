/* SPDX-License-Identifier: MIT */
#include "gate/settings.h"

#include <ctype.h>
#include <inttypes.h>

#include "base/field.h"
#include "gate_help.h"

static struct settings_made made;

static int64_t number_of(const struct setting *row, const struct settings *settings)
{
    return *(const int64_t *)(const void *)((const char *)settings + row->offset);
}

static const char *variable_of(const struct setting *row)
{
    char *name = arena_printf(a, "MOONGATE_%s", row->name);
    for (char *c = name; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return name;
}

static bool start_with(const char *text)
{
    const char *path = text ? file_make("conf", bytes_of(text), 0600) : in_folder("none");
    memset(&made, 0, sizeof(made));
    bool ok = settings_start(path, a, &made, &err);
    if (text)
        unlink(path);
    return ok;
}

static void test_every_row(void **state)
{
    (void)state;
    assert_true(setting_rows_n <= COUNT(made.origin));
    must(start_with(NULL));
    size_t fields = 0;
    while (settings_fields[fields].name)
        fields++;
    assert_int_equal(fields, setting_rows_n);
    for (size_t i = 0; i < setting_rows_n; i++) {
        const struct setting *row = &setting_rows[i];
        const struct field *field = field_find(settings_fields, row->name);
        assert_ptr_equal(setting_find(row->name), row);
        assert_non_null(field);
        assert_int_equal(field->offset, row->offset);
        assert_int_equal(made.origin[i], ORIGIN_DEFAULT);
        assert_string_equal(setting_text(row, &made.values, a), row->initial);
        if (row->words || row->text) {
            assert_int_equal(field->type, FIELD_TEXT);
            continue;
        }
        assert_true(row->min < row->max);
        assert_true(number_of(row, &made.values) >= row->min && number_of(row, &made.values) <= row->max);
    }
    assert_null(setting_find("nothing"));
}

/* A bad value names its setting, itself and what is allowed, wherever it comes from. */
static void test_bad_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < setting_rows_n; i++) {
        const struct setting *row = &setting_rows[i];
        if (row->text || row->decimals)                      /* below */
            continue;
        const char *const bad[] = {"", "x", "1.5", " 1", "1 ", "0x10", "99999999999999999999", row->words ? "Info" : "-1",
                                   row->words ? "1" : arena_printf(a, "%" PRId64, row->min - 1),
                                   row->words ? "none" : arena_printf(a, "%" PRId64, row->max + 1)};
        for (size_t k = 0; k < COUNT(bad); k++) {
            struct settings before = made.values;
            must_fail(setting_put(row, bad[k], a, &made.values, &err), ERR_INPUT);
            assert_string_equal(err.field, row->name);
            assert_string_equal(err.value, bad[k]);
            assert_true(*err.allowed);
            assert_memory_equal(&before, &made.values, sizeof(before));
            if (!row->words)
                assert_non_null(strstr(err.allowed, arena_printf(a, "%" PRId64, row->max)));
        }
        const char *variable = variable_of(row);
        setenv(variable, "no such value", 1);
        must_fail(start_with(NULL), ERR_INPUT);
        assert_string_equal(err.field, row->name);
        unsetenv(variable);
        must_fail(start_with(arena_printf(a, "%s = no such value\n", row->name)), ERR_INPUT);
        assert_string_equal(err.field, row->name);
        assert_string_equal(err.value, "no such value");
    }
}

/* Decimal numbers and texts. */
static void test_other_kinds(void **state)
{
    (void)state;
    const struct setting *rate = setting_find("cny_per_usd"), *model = setting_find("compare_model");
    static const char *const bad[] = {"", "x", "0.9999", "100.0001", "7.12345", "7.", ".7", "-7", "7,1", "1e1", " 7", "99999999999999999999"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        must_fail(setting_put(rate, bad[i], a, &made.values, &err), ERR_INPUT);
        assert_string_equal(err.allowed, "1–100");
    }
    static const struct { const char *text, *back; int64_t n; } good[] = {
        {"7", "7", 70000}, {"7.1", "7.1", 71000}, {"7.1000", "7.1", 71000}, {"7.0001", "7.0001", 70001}, {"1", "1", 10000}, {"100.0", "100", 1000000}, {"07.10", "7.1", 71000}};
    for (size_t i = 0; i < COUNT(good); i++) {
        must(setting_put(rate, good[i].text, a, &made.values, &err));
        assert_int_equal(made.values.cny_per_usd, good[i].n);
        assert_string_equal(setting_text(rate, &made.values, a), good[i].back);
    }
    must(setting_put(model, "", a, &made.values, &err));
    must(setting_put(model, "list/模型/x", a, &made.values, &err));
    assert_string_equal(setting_text(model, &made.values, a), "list/模型/x");
    must_fail(setting_put(model, "\xff", a, &made.values, &err), ERR_INPUT);
    char *longest = arena_alloc(a, 242);
    memset(longest, 'x', 241);
    must_fail(setting_put(model, longest, a, &made.values, &err), ERR_INPUT);
    longest[240] = '\0';
    must(setting_put(model, longest, a, &made.values, &err));
}

static void test_the_later_origin_wins(void **state)
{
    (void)state;
    for (size_t i = 0; i < setting_rows_n; i++) {
        const struct setting *row = &setting_rows[i];
        const char *value[3];
        for (int64_t k = 0; k < 3; k++)
            value[k] = row->words ? row->words[k % 2] : row->decimals ? arena_printf(a, "%d.25", (int)k + 2) : arena_printf(a, "%" PRId64, row->min + 1 + k);
        setenv(variable_of(row), value[0], 1);
        must(start_with(NULL));
        assert_string_equal(setting_text(row, &made.values, a), value[0]);
        assert_int_equal(made.origin[i], ORIGIN_ENVIRONMENT);
        must(start_with(arena_printf(a, "%s=%s", row->name, value[1])));
        assert_string_equal(setting_text(row, &made.values, a), value[1]);
        assert_int_equal(made.origin[i], ORIGIN_FILE);
        settings_lay(&made, row->name, value[2], a);
        assert_string_equal(setting_text(row, &made.values, a), value[2]);
        assert_int_equal(made.origin[i], ORIGIN_CONSOLE);
        unsetenv(variable_of(row));
    }
}

/* A bad value of the console must not stop a running gateway. */
static void test_bad_console_values_are_left_out(void **state)
{
    (void)state;
    must(start_with("body_max = 2048\n"));
    struct settings_made before = made;
    settings_lay(&made, "body_max", "1", a);
    settings_lay(&made, "body_max", "", a);
    settings_lay(&made, "no_such_setting", "1", a);
    settings_lay(&made, "durability", "never", a);
    assert_memory_equal(&before, &made, sizeof(made));
    assert_int_equal(made.values.body_max, 2048);
}

static void test_files(void **state)
{
    (void)state;
    must(start_with("# words\n\n   \n  body_max=2048   \n\tkeepalive_s\t=\t7\r\nlog_level = debug"));
    assert_int_equal(made.values.body_max, 2048);
    assert_int_equal(made.values.keepalive_s, 7);
    assert_string_equal(made.values.log_level, "debug");
    must(start_with("body_max = 2048\nbody_max = 4096\n"));
    assert_int_equal(made.values.body_max, 4096);
    const struct { const char *text, *words; } bad[] = {
        {"body_max\n", "line 1"},
        {"\n\nbody_max 2048\n", "line 3"},
        {"no_such_setting = 1\n", "no_such_setting"},
        {"= 1\n", "line 1"},
        {"BODY_MAX = 2048\n", "BODY_MAX"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        must_fail(start_with(bad[i].text), ERR_INPUT);
        assert_non_null(strstr(err.text, bad[i].words));
    }
    must(settings_start(NULL, a, &made, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row),
        cmocka_unit_test(test_bad_values), cmocka_unit_test(test_other_kinds),
        cmocka_unit_test(test_the_later_origin_wins),
        cmocka_unit_test(test_bad_console_values_are_left_out),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
