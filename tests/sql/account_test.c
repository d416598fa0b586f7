/* SPDX-License-Identifier: MIT */
#include "gate/account.h"

#include <pthread.h>

#include "db/users.h"
#include "gate.h"

static int begin(void **state)
{
    return gate_begin(state, "account");
}

static struct account_form form_of(const char *name, const char *password)
{
    return (struct account_form){.name = name, .role = "admin", .password = password, .language = "zh-CN", .theme = "dark", .time_zone = "Asia/Shanghai"};
}

static void test_passwords(void **state)
{
    (void)state;
    char *longest = arena_alloc(a, 1026), *too_long = arena_alloc(a, 1027);
    memset(longest, 'x', 1024);
    memset(too_long, 'x', 1025);
    const char *const good[] = {"12 34567", "correct horse battery staple", "密码密码", "passwordx", longest};
    for (size_t i = 0; i < COUNT(good); i++)
        must(password_allowed(good[i], "somebody", &err));
    const struct { const char *password, *message; } bad[] = {
        {"", "error.password_length"}, {"1234567", "error.password_length"}, {"密码", "error.password_length"}, {too_long, "error.password_length"},
        {"password", "error.password_guess"}, {"PassWord", "error.password_guess"}, {"12345678", "error.password_guess"},
        {"MOONGATE", "error.password_guess"}, {"Somebody", "error.password_guess"}, {"changeme", "error.password_guess"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        must_fail(password_allowed(bad[i].password, "somebody", &err), ERR_INVALID);
        assert_string_equal(err.field, "password");
        assert_string_equal(err.message, bad[i].message);
        assert_string_equal(err.value, "");
        assert_true(strlen(bad[i].password) < 2 || strcmp(bad[i].password, "password") == 0 || !strstr(err.text, bad[i].password));
    }
}

static struct change *own_change(struct arena *arena)
{
    struct change *change = NEW(arena, struct change);
    *change = change_new(arena);
    change->gate = NULL;
    return change;
}

struct first {
    bool ok;
    struct err err;
    pthread_t thread;
    const char *name;
};

static void *make_first(void *arg)
{
    struct first *f = arg;
    struct arena *own = arena_new();
    struct account_form form = form_of(f->name, "a good password");
    const char *id;
    form.role = "viewer";                                    /* not read */
    f->ok = account_first(own_change(own), &form, &id, &f->err);
    arena_free(own);
    return NULL;
}

/* Of those who race for it one becomes the administrator, and the others leave nothing behind. */
static void test_the_first_only_once(void **state)
{
    (void)state;
    struct first firsts[4] = {{.name = "one"}, {.name = "two"}, {.name = "three"}, {.name = "four"}};
    size_t won = 0;
    for (size_t i = 0; i < COUNT(firsts); i++)
        assert_int_equal(pthread_create(&firsts[i].thread, NULL, make_first, &firsts[i]), 0);
    for (size_t i = 0; i < COUNT(firsts); i++) {
        pthread_join(firsts[i].thread, NULL);
        won += firsts[i].ok;
        if (!firsts[i].ok)
            assert_int_equal(firsts[i].err.kind, ERR_CONFLICT);
    }
    assert_int_equal(won, 1);
    assert_int_equal(number("select count(*) from users"), 1);
    assert_int_equal(number("select count(*) from users where role = 'admin'"), 1);
    assert_int_equal(number("select count(*) from audit"), 1);
    struct first again = {.name = "five"};
    make_first(&again);
    assert_int_equal(again.err.kind, ERR_CONFLICT);
    assert_int_equal(number("select count(*) from audit"), 1);
}

static void test_more_users(void **state)
{
    (void)state;
    struct change change = change_new(a);
    struct account_form form = form_of("月门", "a good password");
    struct user_row user;
    const char *id;
    bool found;
    form.role = "auditor";
    must(account_add(&change, &form, &id, &err));
    must(users_get(db, a, id, &user, &err));
    assert_string_equal(user.name, "月门");
    assert_string_equal(user.role, "auditor");
    assert_string_equal(user.language, "zh-CN");
    assert_string_equal(user.time_zone, "Asia/Shanghai");
    assert_true(gate.snapshot->has_admin);
    must(users_find_by_name(db, a, "月门", &user, &found, &err));
    assert_memory_equal(user.password_phc, "$argon2id$", 10);

    int64_t audited = number("select count(*) from audit");
    must_fail(account_add(&change, &form, &id, &err), ERR_CONFLICT);
    assert_string_equal(err.field, "name");
    form.name = "another";
    form.role = "root";
    must_fail(account_add(&change, &form, &id, &err), ERR_INPUT);
    assert_string_equal(err.field, "role");
    form.role = NULL;
    must_fail(account_add(&change, &form, &id, &err), ERR_INPUT);
    form.role = "viewer";
    form.password = "short";
    must_fail(account_add(&change, &form, &id, &err), ERR_INVALID);
    form.password = "a good password";
    form.theme = "pink";
    must_fail(account_add(&change, &form, &id, &err), ERR_INVALID);
    form.theme = NULL;
    form.language = form.time_zone = NULL;
    must(account_add(&change, &form, &id, &err));
    assert_int_equal(number("select count(*) from audit"), audited + 1);
    assert_null(strstr(everything(), "a good password"));
    assert_int_equal(number("select count(*) from audit where after::text like '%argon2%'"), 0);
}

static void test_profiles(void **state)
{
    (void)state;
    struct change change = change_new(a);
    struct account_form form = form_of("with a profile", "a good password"), wish = {.language = "en-US"};
    struct user_row user;
    const char *id;
    must(account_add(&change, &form, &id, &err));
    must(account_profile(db, a, id, &wish, &err));
    must(users_get(db, a, id, &user, &err));
    assert_string_equal(user.language, "en-US");
    assert_string_equal(user.theme, "dark");
    must_fail(account_profile(db, a, new_id(), &wish, &err), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passwords),
        cmocka_unit_test(test_the_first_only_once),
        cmocka_unit_test(test_more_users),
        cmocka_unit_test(test_profiles),
    };
    return cmocka_run_group_tests(tests, begin, gate_end);
}
