/* SPDX-License-Identifier: MIT */
/* Results are built by hand here: PostgreSQL is not needed to see how they become structs. */
#include <string.h>

#include "property.h"
#include "db/db_private.h"

struct thing {
    const char *text, *raw, *page;
    int64_t n, at;
    double real;
    bool yes;
    struct list list;
};
static const struct field thing_fields[] = {
    FIELD(struct thing, text), FIELD_RAW(struct thing, raw), FIELD_PAGE(struct thing, page), FIELD(struct thing, n),
    FIELD_TIME(struct thing, at), FIELD(struct thing, real), FIELD(struct thing, yes),
    FIELD_LIST(struct thing, list, NULL, struct thing), FIELD_END,
};
static const struct sql SQL = {"test.thing", "select", SQL_ROW(struct thing, thing_fields)};

struct cell {
    const char *name, *value;            /* value NULL = null */
};

/* libpq wants names it may change. */
static PGresult *result_of(const struct cell *cells, int n)
{
    char names[16][32];
    PGresAttDesc columns[16] = {{0}};
    PGresult *r = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    for (int i = 0; i < n; i++) {
        snprintf(names[i], sizeof(names[i]), "%s", cells[i].name);
        columns[i].name = names[i];
    }
    assert_true(PQsetResultAttrs(r, n, columns));
    for (int i = 0; i < n; i++) {
        char value[64];
        snprintf(value, sizeof(value), "%s", cells[i].value ? cells[i].value : "");
        assert_true(PQsetvalue(r, 0, i, cells[i].value ? value : NULL, cells[i].value ? (int)strlen(value) : -1));
    }
    return r;
}

static void test_columns_by_name(void **state)
{
    (void)state;
    static const struct cell cells[] = {
        {"extra", "not asked for"}, {"yes", "t"}, {"real", "2.5"}, {"at", "2025-11-20 14:32:05.118042+00"},
        {"n", "-9223372036854775808"}, {"raw", "{}"}, {"text", "月"},
    };
    PGresult *r = result_of(cells, COUNT(cells));
    struct thing t = {0};
    struct columns columns;
    struct err err;
    assert_true(columns_find(&SQL, r, &columns, &err));
    assert_true(columns_fill(&SQL, &columns, r, 0, &t, &err));
    assert_string_equal(t.text, "月");
    assert_string_equal(t.raw, "{}");
    assert_int_equal(t.n, INT64_MIN);
    assert_int_equal(t.at, INT64_C(1763649125118042));
    assert_true(t.real > 2.4 && t.real < 2.6 && t.yes);
    PQclear(r);
}

static void test_null_leaves_zero(void **state)
{
    (void)state;
    static const struct cell cells[] = {{"yes", NULL}, {"real", NULL}, {"at", NULL}, {"n", NULL}, {"raw", NULL}, {"text", NULL}};
    PGresult *r = result_of(cells, COUNT(cells));
    struct thing t = {0};
    struct columns columns;
    struct err err;
    assert_true(columns_find(&SQL, r, &columns, &err) && columns_fill(&SQL, &columns, r, 0, &t, &err));
    assert_true(!t.text && !t.raw && !t.n && !t.at && !t.yes);
    PQclear(r);
}

static void test_what_does_not_fit(void **state)
{
    (void)state;
    static const struct cell missing[] = {{"yes", "t"}, {"real", "1"}, {"at", NULL}, {"n", "1"}, {"raw", "1"}};
    static const struct { const char *name, *value; } wrong[] = {{"n", "1.5"}, {"n", "9223372036854775808"}, {"n", ""},
                                                                 {"at", "infinity"}};
    struct thing t = {0};
    struct columns columns;
    struct err err;
    PGresult *r = result_of(missing, COUNT(missing));
    assert_false(columns_find(&SQL, r, &columns, &err));
    assert_int_equal(err.kind, ERR_INTERNAL);
    assert_non_null(strstr(err.text, "text"));
    PQclear(r);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct cell cells[] = {{"yes", NULL}, {"real", NULL}, {"at", NULL}, {"n", NULL}, {"raw", NULL}, {"text", NULL}};
        for (size_t k = 0; k < COUNT(cells); k++)
            if (strcmp(cells[k].name, wrong[i].name) == 0)
                cells[k].value = wrong[i].value;
        r = result_of(cells, COUNT(cells));
        assert_true(columns_find(&SQL, r, &columns, &err));
        assert_false(columns_fill(&SQL, &columns, r, 0, &t, &err));
        assert_int_equal(err.kind, ERR_INTERNAL);
        PQclear(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_by_name),
        cmocka_unit_test(test_null_leaves_zero),
        cmocka_unit_test(test_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
