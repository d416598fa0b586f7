/* SPDX-License-Identifier: MIT */
/* The numbered files; what happens in a database: tests/sql/migrate_test.c. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "property.h"
#include "base/arena.h"
#include "db/db_private.h"

struct file {
    const char *name, *text;
};

/* Make a folder with these files, read it, and take it away. */
static bool read_folder(struct arena *a, const struct file *files, size_t n, struct list *list_r, struct err *err)
{
    char folder[] = "/tmp/moongate-migrations.XXXXXX";
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < n; i++) {
        FILE *f = fopen(arena_printf(a, "%s/%s", folder, files[i].name), "we");
        assert_non_null(f);
        fputs(files[i].text, f);
        fclose(f);
    }
    bool ok = migrations_read(a, folder, list_r, err);
    for (size_t i = 0; i < n; i++)
        unlink(arena_printf(a, "%s/%s", folder, files[i].name));
    assert_int_equal(rmdir(folder), 0);
    return ok;
}

static void test_files_in_order(void **state)
{
    (void)state;
    static const struct file files[] = {
        {"0002_b.sql", "b"}, {"0001_a.sql", ""}, {"roles.sql", "r"}, {"README", "x"}, {"0003_c.sql~", "x"},
        {"0003c.sql", "x"}, {"0003_.sql", "c"},
    };
    struct arena *a = arena_new();
    struct list list;
    struct err err;
    if (!read_folder(a, files, COUNT(files), &list, &err))
        fail_msg("%s", err.text);
    const struct migration *m = list.items;
    assert_int_equal(list.n, 2);
    assert_string_equal(m[0].name, "0001_a.sql");
    assert_string_equal(m[0].sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(m[1].number, 2);
    assert_string_equal((const char *)m[1].text.p, "b");
    arena_free(a);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct { struct file files[3]; const char *says; } cases[] = {
        {{{"0002_b.sql", ""}}, "0001"},
        {{{"0001_a.sql", ""}, {"0003_c.sql", ""}}, "0002"},
        {{{"0001_a.sql", ""}, {"0001_b.sql", ""}}, "0002"},
        {{{"0000_a.sql", ""}}, "0001"},
        {{{"a.sql", ""}}, "no migrations"},
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct list list;
        struct err err;
        size_t n = 0;
        while (n < 3 && cases[i].files[n].name)
            n++;
        assert_false(read_folder(a, cases[i].files, n, &list, &err));
        assert_int_equal(err.kind, ERR_INPUT);
        if (!strstr(err.text, cases[i].says))
            fail_msg("%s", err.text);
    }
    struct list list;
    struct err err;
    assert_false(migrations_read(a, "/nowhere/at/all", &list, &err));
    assert_int_equal(err.kind, ERR_INPUT);
    arena_free(a);
}

static void test_our_own_files(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct list list;
    struct err err;
    int applied;
    if (!migrations_read(a, "sql", &list, &err))
        fail_msg("%s", err.text);
    assert_true(list.n >= 1);
    assert_false(db_migrate("host=/nowhere/at/all", "sql", &applied, &err));
    assert_int_equal(err.kind, ERR_DATABASE);
    assert_int_equal(applied, 0);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_in_order),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_our_own_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
