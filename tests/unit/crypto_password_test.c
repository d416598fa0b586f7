/* SPDX-License-Identifier: MIT */
#include "base/crypto.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/err.h"
#include "property.h"

static bool check(const char *phc, const char *password, bool *stale_r)
{
    bool fits = true;
    struct err err;
    if (!crypto_password_check(phc, bytes_of(password), &fits, stale_r, &err))
        fail_msg("%s", err.text);
    return fits;
}

static void test_hash_and_check(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const char *phc = NULL, *again = NULL;
    struct err err;
    bool stale = true;
    assert_true(crypto_password_hash(a, bytes_of("pass 密码"), &phc, &err));
    assert_memory_equal(phc, "$argon2id$v=19$m=65536,t=3,p=1$", 31);
    assert_true(check(phc, "pass 密码", &stale));
    assert_false(stale);
    assert_false(check(phc, "pass 密碼", &stale));
    assert_false(check(phc, "", &stale));
    assert_true(crypto_password_hash(a, bytes_of("pass 密码"), &again, &err));
    assert_string_not_equal(phc, again);
    arena_free(a);
}

/* Made with other parameters by libargon2's own program: it fits and wants to be hashed again. */
static void test_old_parameters_are_stale(void **state)
{
    (void)state;
    static const char phc[] = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    bool stale = false;
    assert_true(check(phc, "password", &stale));
    assert_true(stale);
    assert_false(check(phc, "Password", &stale));
    assert_false(stale);
}

/* What the thread itself spent, in µs: others may be busy on the machine. */
static int64_t spent(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static void test_nobody_costs_as_much(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const char *phc;
    struct err err;
    bool stale;
    assert_true(crypto_password_hash(a, bytes_of("one"), &phc, &err));
    int64_t best[2] = {INT64_MAX, INT64_MAX};
    for (int i = 0; i < 3; i++)
        for (int nobody = 0; nobody < 2; nobody++) {
            int64_t start = spent();
            assert_false(check(nobody ? NULL : phc, "two", &stale));
            int64_t took = spent() - start;
            best[nobody] = took < best[nobody] ? took : best[nobody];
        }
    assert_true(best[1] > best[0] / 2 && best[1] < best[0] * 2);
    arena_free(a);
}

static void test_refuses_hashes_it_will_not_pay_for(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "", "plain", "$2b$12$abcdefghijklmnopqrstuv", "$argon2id$", "$argon2id$v=19$", "$argon2id$v=19$m=65536,t=3,p=1",
        "$argon2i$v=19$m=65536,t=3,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=4294967295,t=3,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=65536,t=1000000,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=65536,t=3,p=64$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=99999999999999999999,t=3,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=65536,t=3,p=1$!$!", "$argon2id$v=19$m=65536,t=3,p=1$c29tZXNhbHQ",
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool fits = true, stale;
        struct err err = {.kind = ERR_NONE};
        if (crypto_password_check(cases[i], bytes_of("x"), &fits, &stale, &err) || err.kind != ERR_INTERNAL)
            fail_msg("accepted: %s", cases[i]);
    }
}

static void test_refuses_passwords_without_end(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct bytes password = {arena_alloc(a, 5000), 5000};
    struct err err = {.kind = ERR_NONE};
    const char *phc;
    bool fits, stale;
    assert_false(crypto_password_hash(a, password, &phc, &err));
    assert_int_equal(err.kind, ERR_INPUT);
    assert_false(crypto_password_check(NULL, password, &fits, &stale, &err));
    assert_int_equal(err.kind, ERR_INPUT);
    arena_free(a);
}

static atomic_int done, busy;

static void *sign_in(void *arg)
{
    (void)arg;
    struct err err = {.kind = ERR_NONE};
    bool fits, stale;
    bool checked = crypto_password_check(NULL, bytes_of("guess"), &fits, &stale, &err);
    if (!checked && err.kind != ERR_BUSY)
        abort();
    atomic_fetch_add(checked ? &done : &busy, 1);
    return NULL;
}

/* Two at once and sixteen waiting are served, whoever comes while it is so full is told to come again. */
static void test_a_flood_is_told_to_come_again(void **state)
{
    (void)state;
    enum { FLOOD = 40 };
    pthread_t threads[FLOOD];
    for (size_t i = 0; i < FLOOD; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sign_in, NULL), 0);
    for (size_t i = 0; i < FLOOD; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(done + busy, FLOOD);
    assert_true(done >= 18 && busy > 0);
    atomic_store(&done, 0);
    sign_in(NULL);
    assert_int_equal(done, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_and_check),
        cmocka_unit_test(test_old_parameters_are_stale),
        cmocka_unit_test(test_nobody_costs_as_much),
        cmocka_unit_test(test_refuses_hashes_it_will_not_pay_for),
        cmocka_unit_test(test_refuses_passwords_without_end),
        cmocka_unit_test(test_a_flood_is_told_to_come_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
