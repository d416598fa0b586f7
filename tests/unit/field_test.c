/* SPDX-License-Identifier: MIT */
#include "base/field.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "property.h"

struct inner {
    int64_t n;
};

struct row {
    const char *name, *raw;
    int64_t count, at;
    double share;
    bool on;
    struct list items;
    struct inner inner;
};

static const struct field inner_fields[] = {FIELD(struct inner, n), FIELD_END};
static const struct field fields[] = {
    FIELD(struct row, name),
    FIELD_RAW(struct row, raw),
    FIELD_AS(struct row, count, "number"),
    FIELD_TIME(struct row, at),
    FIELD_PAGE(struct row, share),
    FIELD(struct row, on),
    FIELD_LIST(struct row, items, inner_fields, struct inner),
    FIELD_STRUCT(struct row, inner, inner_fields),
    FIELD_END,
};

static void test_reads(void **state)
{
    (void)state;
    struct row row = {.name = "x", .raw = "{}", .count = -3, .at = 7, .share = 0.5, .on = true, .items = {NULL, 2},
                      .inner = {9}};
    assert_string_equal(field_text(field_find(fields, "name"), &row), "x");
    assert_string_equal(field_text(field_find(fields, "raw"), &row), "{}");
    assert_int_equal(field_int(field_find(fields, "number"), &row), -3);
    assert_int_equal(field_int(field_find(fields, "at"), &row), 7);
    assert_true(field_real(field_find(fields, "share"), &row) == 0.5);
    assert_true(field_bool(field_find(fields, "on"), &row));
    assert_int_equal(field_list(field_find(fields, "items"), &row)->n, 2);
    const struct field *inner = field_find(fields, "inner");
    assert_int_equal(field_int(field_find(inner->item, "n"), field_struct(inner, &row)), 9);
    assert_int_equal(field_find(fields, "share")->face, FACE_PAGE);
}

static void test_find(void **state)
{
    (void)state;
    assert_null(field_find(fields, "count"));
    assert_null(field_find(fields, ""));
    assert_null(field_find(fields, "nam"));
    assert_ptr_equal(field_find(fields, "name"), &fields[0]);
}

static void test_asking_for_another_type_ends_the_process(void **state)
{
    (void)state;
    struct row row = {.name = "x"};
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        if (freopen("/dev/null", "w", stderr))
            field_int(&fields[0], &row);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_asking_for_another_type_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
