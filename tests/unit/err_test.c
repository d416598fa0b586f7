/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <string.h>

#include "base/utf8.h"
#include "property.h"

static void test_what_errors_def_says(void **state)
{
    (void)state;
    assert_int_equal(err_status(ERR_NOT_FOUND), 404);
    assert_string_equal(err_name(ERR_NOT_FOUND), "not_found");
    assert_string_equal(err_api_type(ERR_NOT_FOUND), "not_found_error");
    assert_string_equal(err_message(&(struct err){.kind = ERR_NOT_FOUND}), "error.not_found");
    assert_int_equal(err_status(ERR_NONE), 200);
    assert_string_equal(err_name(ERR_PROVIDER_ACTIVE), "provider_active");
    assert_string_equal(err_name((enum err_kind)9999), "internal");
}

static void test_every_kind_is_whole(void **state)
{
    (void)state;
    for (int k = ERR_NONE + 1; k < ERR_KINDS; k++) {
        enum err_kind kind = (enum err_kind)k;
        assert_in_range(err_status(kind), 400, 599);
        assert_true(strlen(err_name(kind)) > 0 && strlen(err_name(kind)) < 31);
        assert_int_equal(strspn(err_name(kind), "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(err_name(kind)));
        assert_non_null(strstr(err_api_type(kind), "_error"));
        assert_ptr_equal(strstr(err_message(&(struct err){.kind = kind}), "error."), err_message(&(struct err){.kind = kind}));
    }
}

static void test_fail_fills_and_forgets(void **state)
{
    (void)state;
    struct err err;
    memset(&err, 'x', sizeof(err));
    assert_false(fail(&err, ERR_RATE, "more than %d a minute", 60));
    assert_int_equal(err.kind, ERR_RATE);
    assert_string_equal(err.text, "more than 60 a minute");
    assert_string_equal(err.field, "");
    assert_string_equal(err.value, "");
    assert_string_equal(err.allowed, "");
    assert_null(err.message);
    assert_int_equal(err.retry_after_s, 0);
    assert_false(fail(&err, ERR_DATABASE, "again: %s", err.text));
    assert_string_equal(err.text, "again: more than 60 a minute");
}

static void test_fail_field(void **state)
{
    (void)state;
    struct err err;
    assert_false(fail_field(&err, "port", "99999", "1–65535"));
    assert_int_equal(err.kind, ERR_INPUT);
    assert_string_equal(err.field, "port");
    assert_string_equal(err.value, "99999");
    assert_string_equal(err.allowed, "1–65535");
    assert_string_equal(err.text, "port is \"99999\", allowed: 1–65535");
    assert_string_equal(err_message(&err), "error.input");
    assert_false(fail_field_as(&err, "error.name_taken", "name", NULL, NULL));
    assert_string_equal(err_message(&err), "error.name_taken");
    assert_string_equal(err.text, "name is wrong");
}

static void test_texts_stay_on_one_line(void **state)
{
    (void)state;
    struct err err;
    fail(&err, ERR_INPUT, "%s", "a\nb\r\tc\x7F\x1B[31m");
    assert_string_equal(err.text, "a?b??c??[31m");
    fail_field(&err, "name", "x\ny", "");
    assert_string_equal(err.value, "x?y");
}

/* However long a text is and wherever it is cut, what is kept is its beginning and whole characters. */
static void test_cut_between_characters(void **state)
{
    (void)state;
    static const char *const pieces[] = {"a", "é", "月", "😀"};
    struct random r = random_start();
    for (int turn = 0; turn < 300; turn++) {
        char text[600] = "";
        for (size_t i = random_below(&r, 140); i > 0; i--)
            strncat(text, pieces[random_below(&r, COUNT(pieces))], 4);
        struct err err;
        fail(&err, ERR_INTERNAL, "%s", text);
        assert_true(utf8_valid(bytes_of(err.text)));
        assert_memory_equal(err.text, text, strlen(err.text));
        assert_true(strlen(text) < sizeof(err.text) ? strcmp(text, err.text) == 0 : strlen(err.text) >= sizeof(err.text) - 4);
        fail_field(&err, text, text, text);
        assert_true(utf8_valid(bytes_of(err.field)) && utf8_valid(bytes_of(err.value)) && utf8_valid(bytes_of(err.allowed)));
    }
}

/* A lower room's words, passed on as what is allowed. */
static void test_arguments_may_point_into_it(void **state)
{
    (void)state;
    struct err err = {0};
    fail(&err, ERR_INTERNAL, "no space left");
    assert_false(fail_field_as(&err, "start.var_unwritable", "MOONGATE_VAR", "/var", err.text));
    assert_string_equal(err.allowed, "no space left");
    assert_false(fail_field(&err, err.allowed, err.field, err.value));
    assert_string_equal(err.field, "no space left");
    assert_string_equal(err.value, "MOONGATE_VAR");
    assert_string_equal(err.allowed, "/var");
    assert_null(err.message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_errors_def_says),
        cmocka_unit_test(test_every_kind_is_whole),
        cmocka_unit_test(test_fail_fills_and_forgets),
        cmocka_unit_test(test_fail_field),
        cmocka_unit_test(test_texts_stay_on_one_line),
        cmocka_unit_test(test_cut_between_characters),
        cmocka_unit_test(test_arguments_may_point_into_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
