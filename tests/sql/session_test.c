/* SPDX-License-Identifier: MIT */
#include "gate/session.h"

#include "db/sessions.h"
#include "db/users.h"
#include "gate.h"
#include "gate/account.h"
#include "gate/who.h"

static const char *user_id;

static int begin(void **state)
{
    if (gate_begin(state, "session") != 0)
        return -1;
    struct change change = change_new(a);
    must(account_first(&change, &(struct account_form){.name = "Anna", .password = "a good password", .language = "zh-CN"}, &user_id, &err));
    return 0;
}

static bool sign_in(const char *name, const char *password, const char *from, char token[SESSION_TOKEN])
{
    struct sign_in in = {.name = name, .password = password, .remote_addr = from, .user_agent = "test", .request_id = "r"};
    memset(&err, 0, sizeof(err));
    return session_begin(&gate, db, a, &in, token, &err);
}

static const struct identity *who(const char *token)
{
    const struct identity *found;
    const char *csrf;
    must(session_find(&gate, db, a, token, &found, &csrf, &err));
    assert_true(found ? *csrf != '\0' : *csrf == '\0');
    return found;
}

static const char *csrf_of(const char *token)
{
    const struct identity *found;
    const char *csrf;
    must(session_find(&gate, db, a, token, &found, &csrf, &err));
    return csrf;
}

static void forget(void)
{
    statement("delete from sessions; update users set failures = 0, locked_until = null, disabled = false");
}

static void test_a_good_sign_in(void **state)
{
    (void)state;
    char token[SESSION_TOKEN], other[SESSION_TOKEN];
    int64_t audited = number("select count(*) from audit");
    must(sign_in("ANNA", "a good password", "192.0.2.1", token));
    assert_int_equal(strlen(token), SESSION_TOKEN - 1);
    const struct identity *anna = who(token);
    assert_non_null(anna);
    assert_string_equal(anna->user_name, "Anna");
    assert_string_equal(anna->user_id, user_id);
    assert_string_equal(anna->language, "zh-CN");
    assert_int_equal(anna->role, ROLE_ADMIN);
    assert_null(anna->key);
    assert_null(strstr(everything(), token));
    assert_int_equal(number("select count(*) from audit where action = 'session.begin'"), 1);
    assert_int_equal(number("select count(*) from audit"), audited + 1);
    /* the CSRF token belongs to the session and stays */
    must(sign_in("anna", "a good password", "192.0.2.1", other));
    assert_string_not_equal(token, other);
    assert_string_equal(csrf_of(token), csrf_of(token));
    assert_string_not_equal(csrf_of(token), csrf_of(other));
    must(session_end(db, a, token, &err));
    assert_null(who(token));
    assert_non_null(who(other));
    must(session_end(db, a, token, &err));
    forget();
}

static void test_tokens_that_are_none(void **state)
{
    (void)state;
    char token[SESSION_TOKEN];
    must(sign_in("Anna", "a good password", "192.0.2.1", token));
    const char *const bad[] = {"", "x", arena_printf(a, "%sx", token), arena_printf(a, "%.42s", token), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                               "' or true or token_hash = '                 "};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_null(who(bad[i]));
    for (size_t i = 0; i < SESSION_TOKEN - 1; i++) {
        char kept = token[i];
        token[i] = kept == 'A' ? 'B' : 'A';
        assert_null(who(token));
        token[i] = kept;
    }
    assert_non_null(who(token));
    forget();
}

static void assert_alike(const struct err *other)
{
    assert_int_equal(err.kind, other->kind);
    assert_string_equal(err.text, other->text);
    assert_string_equal(err.field, other->field);
    assert_string_equal(err.value, other->value);
    assert_string_equal(err_message(&err), err_message(other));
    assert_int_equal(err.retry_after_s, other->retry_after_s);
}

/* A wrong name and a wrong password are told in the same words, and both are audited. */
static void test_refusals_are_alike(void **state)
{
    (void)state;
    char token[SESSION_TOKEN];
    struct err unknown;
    int64_t audited = number("select count(*) from audit");
    assert_false(sign_in("nobody", "a good password", "192.0.2.1", token));
    unknown = err;
    assert_int_equal(err.kind, ERR_UNAUTHENTICATED);
    assert_false(sign_in("Anna", "a bad password", "192.0.2.1", token));
    assert_alike(&unknown);
    statement("update users set disabled = true");
    assert_false(sign_in("Anna", "a good password", "192.0.2.1", token));
    assert_alike(&unknown);
    assert_int_equal(number("select count(*) from audit where action = 'session.refuse'"), 3);
    assert_int_equal(number("select count(*) from audit"), audited + 3);
    assert_null(strstr(everything(), "a bad password"));
    assert_int_equal(number("select count(*) from sessions"), 0);
    forget();
}

static int64_t locked_for_s(void)
{
    return number("select coalesce(ceil(extract(epoch from locked_until - now())), 0)::bigint from users");
}

/* After the fifth failure in a row the account answers later and later, also to the right password; then it answers again. */
static void test_back_off(void **state)
{
    (void)state;
    static const int64_t waits[] = {0, 0, 0, 0, 1, 2, 4, 8};
    char token[SESSION_TOKEN];
    for (size_t i = 0; i < COUNT(waits); i++) {
        statement("update users set locked_until = null");
        assert_false(sign_in("Anna", "a bad password", "192.0.2.1", token));
        assert_int_equal(err.kind, ERR_UNAUTHENTICATED);
        int64_t wait = locked_for_s();
        if (wait > waits[i] || wait < waits[i] - 1)
            fail_msg("failure %zu: %lld s, not %lld", i + 1, (long long)wait, (long long)waits[i]);
    }
    assert_false(sign_in("Anna", "a good password", "192.0.2.1", token));
    assert_int_equal(err.kind, ERR_RATE);
    assert_in_range(err.retry_after_s, 1, 8);
    assert_int_equal(number("select failures from users"), COUNT(waits));          /* a try that was put off is no failure */
    statement("update users set failures = 100, locked_until = null");
    assert_false(sign_in("Anna", "a bad password", "192.0.2.1", token));
    assert_in_range(locked_for_s(), 298, 300);
    statement("update users set locked_until = now() - interval '1 second'");
    must(sign_in("Anna", "a good password", "192.0.2.1", token));
    assert_int_equal(number("select failures from users"), 0);
    forget();
}

/* A name that nobody has rests as an account does: the answers do not tell which names there are. */
static void test_strangers_rest_too(void **state)
{
    (void)state;
    char token[SESSION_TOKEN];
    for (int i = 0; i < 5; i++) {
        assert_false(sign_in(i % 2 ? "Stranger" : "stranger", "a bad password", "192.0.2.1", token));
        assert_int_equal(err.kind, ERR_UNAUTHENTICATED);
    }
    assert_false(sign_in("STRANGER", "a bad password", "192.0.2.1", token));
    assert_int_equal(err.kind, ERR_RATE);
    assert_int_equal(err.retry_after_s, 1);
    assert_false(sign_in("another", "a bad password", "192.0.2.1", token));
    assert_int_equal(err.kind, ERR_UNAUTHENTICATED);
    throttle_init(&gate.sign_ins, "sign_ins", 1000000);
    forget();
}

/* Somebody guesses Anna's password for ever: her own browser signs in all the same, and is slowed by its own failures only. */
static void test_owner_is_not_kept_out(void **state)
{
    (void)state;
    char token[SESSION_TOKEN];
    struct sign_in own = {.name = "ANNA", .password = "a good password", .remote_addr = "192.0.2.1", .user_agent = "test", .request_id = "r",
                          .known = session_known(&gate, a, "Anna")};
    statement("update users set failures = 100, locked_until = now() + interval '300 seconds'");
    assert_false(sign_in("Anna", "a good password", "192.0.2.1", token));
    assert_int_equal(err.kind, ERR_RATE);
    must(session_begin(&gate, db, a, &own, token, &err));
    own.known = session_known(&gate, a, "Berta");
    statement("update users set failures = 100, locked_until = now() + interval '300 seconds'");
    assert_false(session_begin(&gate, db, a, &own, token, &err));
    assert_int_equal(err.kind, ERR_RATE);
    own.known = session_known(&gate, a, "anna");
    own.password = "a bad password";
    for (int i = 0; i < 5; i++) {
        assert_false(session_begin(&gate, db, a, &own, token, &err));
        assert_int_equal(err.kind, ERR_UNAUTHENTICATED);
    }
    assert_false(session_begin(&gate, db, a, &own, token, &err));
    assert_int_equal(err.kind, ERR_RATE);
    assert_int_equal(number("select failures from users"), 100);
    statement("update users set failures = 0, locked_until = null");
    throttle_init(&gate.sign_ins, "sign_ins", 1000000);
    forget();
}

static void test_networks_are_slowed(void **state)
{
    (void)state;
    char token[SESSION_TOKEN];
    throttle_init(&gate.sign_ins, "sign_ins", 3);
    int64_t audited = number("select count(*) from audit");
    for (int i = 0; i < 3; i++) {
        assert_false(sign_in("nobody", "a bad password", "192.0.2.7", token));
        assert_int_equal(err.kind, ERR_UNAUTHENTICATED);
    }
    assert_false(sign_in("Anna", "a good password", "192.0.2.9", token));
    assert_int_equal(err.kind, ERR_RATE);
    assert_in_range(err.retry_after_s, 1, 21);
    must(sign_in("Anna", "a good password", "192.0.3.9", token));                   /* the owner, from elsewhere */
    assert_int_equal(number("select count(*) from audit"), audited + 4);
    throttle_init(&gate.sign_ins, "sign_ins", 1000000);
    forget();
}

static void test_the_end_of_time(void **state)
{
    (void)state;
    char token[SESSION_TOKEN];
    const struct { const char *change; bool there; } cases[] = {
        {"seen_at = now() - interval '29 minutes'", true},
        {"seen_at = now() - interval '31 minutes'", false},
        {"expires_at = now() + interval '1 minute'", true},
        {"expires_at = now() - interval '1 second'", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        must(sign_in("Anna", "a good password", "192.0.2.1", token));
        assert_in_range(number("select extract(epoch from expires_at - now())::bigint from sessions"), 12 * 3600 - 30, 12 * 3600);
        statement(arena_printf(a, "update sessions set %s", cases[i].change));
        assert_true((who(token) != NULL) == cases[i].there);
        if (cases[i].there)                                  /* being seen counts from anew */
            assert_in_range(number("select extract(epoch from now() - seen_at)::bigint from sessions"), 0, 60);
        forget();
    }
    must(sign_in("Anna", "a good password", "192.0.2.1", token));
    statement("update users set disabled = true");
    assert_null(who(token));
    forget();
}

static void test_five_at_most(void **state)
{
    (void)state;
    char token[7][SESSION_TOKEN];
    for (size_t i = 0; i < COUNT(token); i++)
        must(sign_in("Anna", "a good password", "192.0.2.1", token[i]));
    assert_int_equal(number("select count(*) from sessions"), 5);
    for (size_t i = 0; i < COUNT(token); i++)
        assert_true((who(token[i]) != NULL) == (i >= 2));
    forget();
}

static void test_setup(void **state)
{
    (void)state;
    assert_null(setup_begin(&gate, a));                      /* there is an administrator */
    assert_false(setup_allows(&gate, ""));
    statement("update users set role = 'viewer'");
    must(gate_reload(&gate, &err));
    const char *first = setup_begin(&gate, a), *second = setup_begin(&gate, a);
    assert_non_null(first);
    assert_non_null(second);
    assert_string_not_equal(first, second);
    assert_false(setup_allows(&gate, first));                /* the newest one counts */
    assert_true(setup_allows(&gate, second) && setup_allows(&gate, second));
    assert_false(setup_allows(&gate, "") || setup_allows(&gate, arena_printf(a, "%sA", second)));
    gate.setup_until = clock_mono() - 1;
    assert_false(setup_allows(&gate, second));
    second = setup_begin(&gate, a);
    assert_in_range(gate.setup_until - clock_mono(), 14 * 60000000LL, 15 * 60000000LL);
    assert_true(setup_allows(&gate, second));
    setup_done(&gate);
    assert_false(setup_allows(&gate, second));
    statement("update users set role = 'admin'");
    must(gate_reload(&gate, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_sign_in),
        cmocka_unit_test(test_tokens_that_are_none),
        cmocka_unit_test(test_refusals_are_alike),
        cmocka_unit_test(test_back_off),
        cmocka_unit_test(test_strangers_rest_too),
        cmocka_unit_test(test_owner_is_not_kept_out),
        cmocka_unit_test(test_networks_are_slowed),
        cmocka_unit_test(test_the_end_of_time),
        cmocka_unit_test(test_five_at_most),
        cmocka_unit_test(test_setup),
    };
    return cmocka_run_group_tests(tests, begin, gate_end);
}
