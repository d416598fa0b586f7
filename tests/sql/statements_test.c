/* SPDX-License-Identifier: MIT */
/* Every statement we will ever ask is prepared by a real PostgreSQL, as the role the program works as; every FIELD has a column
 * of a fitting type; and the role may do what each statement does. */
#include "cluster.h"
#include "db/db_private.h"

static PGconn *pg;

static int begin(void **state)
{
    if (database_begin(state, "statements") != 0)
        return -1;
    pg = PQconnectdb(url_of("statements"));
    PQclear(PQexec(pg, "set search_path = moongate, pg_temp; set role moongate_app"));
    return PQstatus(pg) == CONNECTION_OK ? 0 : -1;
}

static int end(void **state)
{
    PQfinish(pg);
    return database_end(state);
}

static void check_fields(const struct sql *sql, const PGresult *r)
{
    for (const struct field *f = sql->row; f && f->name; f++) {
        if (f->face == FACE_PAGE || f->type == FIELD_LIST || f->type == FIELD_STRUCT)
            continue;
        int c = PQfnumber(r, arena_printf(a, "\"%s\"", f->name));
        if (c < 0)
            fail_msg("%s: no column for field %s", sql->name, f->name);
        if (!columns_fit(f->type, PQftype(r, c)))
            fail_msg("%s: column %s has type %u, which does not fit", sql->name, f->name, PQftype(r, c));
        if (f->offset >= sql->row_size)
            fail_msg("%s: field %s is outside the row", sql->name, f->name);
    }
    if (sql->row ? PQnfields(r) == 0 : PQnfields(r) > 1)
        fail_msg("%s: %d columns", sql->name, PQnfields(r));
}

/* explain asks for the same rights as running it, and changes nothing. */
static void check_rights(const struct sql *sql, int params)
{
    char *text = arena_printf(a, "explain execute \"%s\"%s", sql->name, params > 0 ? "(null" : "");
    for (int i = 1; i < params; i++)
        text = arena_printf(a, "%s, null", text);
    PGresult *r = PQexec(pg, params > 0 ? arena_printf(a, "%s)", text) : text);
    if (PQresultStatus(r) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql->name, PQerrorMessage(pg));
    PQclear(r);
}

static void each_statement(void (*check)(const struct sql *))
{
    for (const struct sql *const *const *list = statement_lists; *list; list++)
        for (const struct sql *const *sql = *list; *sql; sql++)
            check(*sql);
}

static void prepare(const struct sql *sql)
{
    PGresult *r = PQprepare(pg, sql->name, sql->text, 0, NULL);
    if (PQresultStatus(r) != PGRES_COMMAND_OK)               /* a name used twice fails here too */
        fail_msg("%s: %s", sql->name, PQerrorMessage(pg));
    PQclear(r);
    r = PQdescribePrepared(pg, sql->name);
    assert_int_equal(PQresultStatus(r), PGRES_COMMAND_OK);
    check_fields(sql, r);
    int params = PQnparams(r);
    PQclear(r);
    check_rights(sql, params);
}

static void test_every_statement_is_prepared_and_fits_its_fields(void **state)
{
    (void)state;
    each_statement(prepare);
}

/* The contract test itself must see a mistake. */
static void test_types_that_do_not_fit(void **state)
{
    (void)state;
    static const struct { enum field_type type; unsigned oid; bool fits; } cases[] = {
        {FIELD_TEXT, 25, true}, {FIELD_TEXT, 2950, true}, {FIELD_TEXT, 17, false}, {FIELD_TEXT, 20, false},
        {FIELD_TEXT, 3802, false},
        {FIELD_INT, 20, true}, {FIELD_INT, 23, true}, {FIELD_INT, 1700, false}, {FIELD_INT, 25, false},
        {FIELD_BOOL, 16, true}, {FIELD_BOOL, 25, false}, {FIELD_TIME, 1184, true}, {FIELD_TIME, 1114, false},
        {FIELD_RAW, 114, true}, {FIELD_RAW, 3802, true}, {FIELD_RAW, 25, false}, {FIELD_REAL, 701, true}, {FIELD_LIST, 25, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(columns_fit(cases[i].type, cases[i].oid), cases[i].fits);
}

struct wrong {
    bool name;
    const char *nothing;
};

static void test_a_wrong_row_is_our_mistake(void **state)
{
    (void)state;
    static const struct field missing[] = {FIELD(struct wrong, nothing), FIELD_END};
    static const struct sql MISSING = {"test.missing", "select 1 as something", SQL_ROW(struct wrong, missing)};
    static const struct sql NO_SUCH = {"test.no_such", "select 1 from no_such_table", SQL_ROW(struct wrong, missing)};
    static const struct sql TWO = {"test.two", "select 'x' as nothing from generate_series(1, 2)",
                                   SQL_ROW(struct wrong, missing)};
    struct wrong row;
    struct list rows;
    must_fail(db_one(db, a, &MISSING, DB_NONE, &row, &err), ERR_INTERNAL);
    must_fail(db_all(db, a, &MISSING, DB_NONE, &rows, &err), ERR_INTERNAL);
    must_fail(db_one(db, a, &NO_SUCH, DB_NONE, &row, &err), ERR_INTERNAL);
    assert_string_equal(db_sqlstate(), "42P01");
    must_fail(db_one(db, a, &TWO, DB_NONE, &row, &err), ERR_INTERNAL);
}

/* Values may be secrets: they never get into an err, which is logged. */
static void test_errors_hold_no_values(void **state)
{
    (void)state;
    static const struct sql NUMBER = {"test.number", "select $1::int", SQL_NO_ROWS};
    static const struct sql TAKEN = {"test.taken", "insert into settings (name, value) values ($1, 'x')", SQL_NO_ROWS};
    must_fail(db_exec(db, a, &NUMBER, DB("sk-planted"), NULL, &err), ERR_INVALID);
    assert_null(strstr(err.text, "planted"));
    must(db_exec(db, a, &TAKEN, DB("sk-planted"), NULL, &err));
    must_fail(db_exec(db, a, &TAKEN, DB("sk-planted"), NULL, &err), ERR_CONFLICT);
    assert_null(strstr(err.text, "planted"));
    assert_string_equal(err.value, "");
}

/* A session of the pool: what the program works with. */
struct session {
    const char *role, *path, *zone, *limit, *plans;
};
static void test_a_session_is_set_up(void **state)
{
    (void)state;
    static const struct field fields[] = {
        FIELD(struct session, role), FIELD(struct session, path), FIELD(struct session, zone), FIELD(struct session, limit),
        FIELD(struct session, plans), FIELD_END,
    };
    static const struct sql READ = {
        "test.session",
        "select current_user as role, current_setting('search_path') as path, current_setting('timezone') as zone,"
        " current_setting('statement_timeout') as limit, current_setting('plan_cache_mode') as plans",
        SQL_ROW(struct session, fields),
    };
    static const struct sql DDL = {"test.ddl", "create table moongate.mine (n int)", SQL_NO_ROWS};
    static const struct sql RUNS = {"test.runs", "delete from runs", SQL_NO_ROWS};
    static const struct sql DONE = {"test.done", "delete from schema_migrations", SQL_NO_ROWS};
    struct session s;
    must(db_one(db, a, &READ, DB_NONE, &s, &err));
    assert_string_equal(s.role, "moongate_app");
    assert_string_equal(s.path, "moongate, pg_temp");
    assert_string_equal(s.zone, "UTC");
    assert_string_equal(s.limit, "5s");
    assert_string_equal(s.plans, "force_custom_plan");
    must_fail(db_exec(db, a, &DDL, DB_NONE, NULL, &err), ERR_INTERNAL);
    assert_string_equal(db_sqlstate(), "42501");
    must_fail(db_exec(db, a, &RUNS, DB_NONE, NULL, &err), ERR_INTERNAL);
    must_fail(db_exec(db, a, &DONE, DB_NONE, NULL, &err), ERR_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_statement_is_prepared_and_fits_its_fields),
        cmocka_unit_test(test_types_that_do_not_fit),
        cmocka_unit_test(test_a_wrong_row_is_our_mistake),
        cmocka_unit_test(test_errors_hold_no_values),
        cmocka_unit_test(test_a_session_is_set_up),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
