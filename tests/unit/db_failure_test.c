/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "property.h"
#include "db/db_private.h"

static void test_kinds(void **state)
{
    (void)state;
    static const struct { const char *sqlstate; enum err_kind kind; } cases[] = {
        {"23505", ERR_CONFLICT}, {"23503", ERR_CONFLICT}, {"23001", ERR_CONFLICT}, {"23502", ERR_INVALID},
        {"23514", ERR_INVALID}, {"22P02", ERR_INVALID}, {"22021", ERR_INVALID}, {"40001", ERR_BUSY}, {"40P01", ERR_BUSY},
        {"40003", ERR_UNCERTAIN}, {"55P03", ERR_BUSY}, {"08006", ERR_DATABASE}, {"28P01", ERR_DATABASE},
        {"3D000", ERR_DATABASE}, {"53100", ERR_DATABASE}, {"53300", ERR_DATABASE}, {"57014", ERR_DATABASE},
        {"57P01", ERR_DATABASE}, {"57P03", ERR_DATABASE}, {"58030", ERR_DATABASE}, {"25006", ERR_DATABASE},
        {"54000", ERR_TOO_LARGE}, {"42P01", ERR_INTERNAL}, {"42501", ERR_INTERNAL}, {"25P02", ERR_INTERNAL},
        {"XX000", ERR_INTERNAL}, {"P0001", ERR_INTERNAL}, {"", ERR_INTERNAL},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (failure_kind(cases[i].sqlstate) != cases[i].kind)
            fail_msg("%s: %s", cases[i].sqlstate, err_name(failure_kind(cases[i].sqlstate)));
}

static void test_what_may_be_run_twice(void **state)
{
    (void)state;
    static const struct { const char *text; bool reads; } cases[] = {
        {"select 1", true},
        {" select updated_at from x", true},
        {"with x as (select 1) select * from x", true},
        {"with x as (select updated_at, deleted, inserts from t) select * from x", true},
        {"with x as (insert into t values (1) returning 1) select * from x", false},
        {"with x as (select 1) update t set a = 1", false},
        {"with x as (select 1) DELETE from t", false},
        {"insert into t values (1)", false},
        {"update t set a = 1 returning a", false},
        {"delete from t", false},
        {"selection", false},
        {"commit", false},
        {"begin", true},
        {"", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (sql_reads(&(struct sql){"test", cases[i].text, SQL_NO_ROWS}) != cases[i].reads)
            fail_msg("%s", cases[i].text);
    assert_false(sql_reads(&(struct sql){"test", "select f()", .changes = true}));
}

/* A result that libpq made itself, when the connection went away. */
static void test_a_result_without_a_state(void **state)
{
    (void)state;
    static const struct sql sql = {"test.gone", "select 1", SQL_NO_ROWS};
    struct err err;
    PGresult *r = PQmakeEmptyPGresult(NULL, PGRES_FATAL_ERROR);
    assert_false(failure_of_result(&sql, r, &err));
    assert_int_equal(err.kind, ERR_DATABASE);
    assert_non_null(strstr(err.text, "test.gone"));
    assert_string_equal(db_sqlstate(), "08006");
    failure_forget();
    assert_string_equal(db_sqlstate(), "");
    PQclear(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_what_may_be_run_twice),
        cmocka_unit_test(test_a_result_without_a_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
