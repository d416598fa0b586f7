/* SPDX-License-Identifier: MIT */
/* The small tables: settings, users, sessions, keys, sealed keys, health. */
#include <pthread.h>

#include "cluster.h"
#include "db/api_keys.h"
#include "db/provider_health.h"
#include "db/providers.h"
#include "db/sealed_keys.h"
#include "db/sessions.h"
#include "db/settings.h"
#include "db/users.h"

#define HASH_A "aa00000000000000000000000000000000000000000000000000000000000000"
#define HASH_B "bb00000000000000000000000000000000000000000000000000000000000000"

static int begin(void **state)
{
    return database_begin(state, "tables");
}

static void test_settings(void **state)
{
    (void)state;
    struct setting_row row;
    struct list list;
    bool found;
    must(settings_find(db, a, "health_every_s", &row, &found, &err));
    assert_false(found);
    must(settings_set(db, a, "health_every_s", "60", "admin", &err));
    must(settings_set(db, a, "health_every_s", "30", NULL, &err));
    must(settings_set(db, a, "a", "", NULL, &err));
    must(settings_find(db, a, "health_every_s", &row, &found, &err));
    assert_true(found);
    assert_string_equal(row.value, "30");
    assert_true(row.changed_at > 0);
    must(settings_list(db, a, &list, &err));
    assert_int_equal(list.n, 2);
    assert_string_equal(((struct setting_row *)list.items)[0].name, "a");
    must(settings_unset(db, a, "a", &err));
    must(settings_unset(db, a, "a", &err));
}

static bool insert_first(const struct user_row *user)
{
    struct db *tx;
    if (!db_begin(db, &tx, &err))
        return false;
    bool ok = users_insert_first(tx, a, user, &err);
    return db_end(tx, ok, &err) && ok;
}

static void test_users(void **state)
{
    (void)state;
    struct user_row admin = {.id = new_id(), .name = "管理员", .role = "admin", .password_phc = "$argon2id$x",
                             .language = "zh-CN"};
    struct user_row dev = {.id = new_id(), .name = "Dev", .role = "developer", .password_phc = "$argon2id$y"}, row;
    struct list list;
    int64_t n;
    bool found;
    must_fail(users_insert_first(db, a, &admin, &err), ERR_INTERNAL);
    must(insert_first(&admin));
    must_fail(insert_first(&dev), ERR_CONFLICT);
    must(users_insert(db, a, &dev, &err));
    struct user_row same = dev;
    same.id = new_id();
    same.name = "DEV";
    must_fail(users_insert(db, a, &same, &err), ERR_CONFLICT);
    assert_string_equal(err.field, "name");
    must_fail(users_insert(db, a, &(struct user_row){.id = new_id(), .name = "x", .role = "root", .password_phc = ""}, &err),
              ERR_INVALID);
    assert_string_equal(err.field, "role");
    must(users_find_by_name(db, a, "dev", &row, &found, &err));
    assert_true(found);
    assert_string_equal(row.password_phc, "$argon2id$y");
    assert_string_equal(row.theme, "auto");
    must(users_get(db, a, dev.id, &row, &err));
    assert_null(row.password_phc);
    must(users_find_by_name(db, a, "nobody", &row, &found, &err));
    assert_false(found);
    must(users_set_profile(db, a, dev.id, "en-US", "dark", NULL, "CNY", &err));
    must_fail(users_set_profile(db, a, dev.id, NULL, "pink", NULL, NULL, &err), ERR_INVALID);
    must_fail(users_set_profile(db, a, dev.id, NULL, NULL, NULL, "EUR", &err), ERR_INVALID);
    must(users_get(db, a, dev.id, &row, &err));
    assert_string_equal(row.language, "en-US");
    assert_string_equal(row.theme, "dark");
    must(users_count_failure(db, a, dev.id, &n, &err));
    must(users_count_failure(db, a, dev.id, &n, &err));
    assert_int_equal(n, 2);
    must_fail(users_count_failure(db, a, new_id(), &n, &err), ERR_NOT_FOUND);
    int64_t until = clock_wall() + 5000000;
    must(users_lock_until(db, a, dev.id, until, &err));
    must(users_get(db, a, dev.id, &row, &err));
    assert_int_equal(row.locked_until, until);                    /* to the microsecond */
    must(users_signed_in(db, a, dev.id, &err));
    must(users_get(db, a, dev.id, &row, &err));
    assert_true(row.failures == 0 && row.locked_until == 0 && row.signed_in_at > 0);
    must(users_set_password(db, a, dev.id, "$new", &err));
    must(users_set_role(db, a, dev.id, "admin", &err));
    must(users_count_admins(db, a, &n, &err));
    assert_int_equal(n, 2);
    must(users_set_disabled(db, a, dev.id, true, &err));
    must(users_count_admins(db, a, &n, &err));
    assert_int_equal(n, 1);
    must_fail(users_set_role(db, a, "x", "admin", &err), ERR_NOT_FOUND);
    must(users_list(db, a, &list, &err));
    assert_int_equal(list.n, 2);
}

struct setup {
    struct user_row user;
    struct err err;
    bool ok;
};

static void *set_up(void *arg)
{
    struct setup *s = arg;
    struct arena *own = arena_new();
    struct db *tx;
    s->ok = db_begin(db, &tx, &s->err);
    if (s->ok) {
        s->ok = users_insert_first(tx, own, &s->user, &s->err);
        s->ok = db_end(tx, s->ok, &s->err) && s->ok;
    }
    arena_free(own);
    return NULL;
}

static void test_one_first_administrator(void **state)
{
    (void)state;
    struct setup setups[4];
    pthread_t threads[4];
    int made = 0;
    superuser("tables", "delete from moongate.users");
    for (size_t i = 0; i < 4; i++) {
        setups[i] = (struct setup){.user = {.id = new_id(), .name = arena_printf(a, "admin%zu", i), .role = "admin",
                                            .password_phc = "x"}};
        assert_int_equal(pthread_create(&threads[i], NULL, set_up, &setups[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        made += setups[i].ok;
        assert_true(setups[i].ok || setups[i].err.kind == ERR_CONFLICT);
    }
    assert_int_equal(made, 1);
}

static struct session_row session(const char *user_id, const char *hash, int64_t expires_at)
{
    return (struct session_row){.token_hash = hash, .user_id = user_id, .csrf_key = "00ff", .expires_at = expires_at,
                                .remote_addr = "::1", .user_agent = NULL};
}

static void test_sessions(void **state)
{
    (void)state;
    struct user_row user = {.id = new_id(), .name = "sessions", .role = "viewer", .password_phc = "x", .language = "zh-CN",
                            .theme = "dark"};
    struct session_row s = session(user.id, HASH_A, clock_wall() + 60000000), row;
    struct list list;
    bool found;
    int64_t gone;
    must(users_insert(db, a, &user, &err));
    must(sessions_insert(db, a, &s, &err));
    must_fail(sessions_insert(db, a, &s, &err), ERR_CONFLICT);
    must(sessions_find(db, a, HASH_A, &row, &found, &err));
    assert_true(found);
    assert_string_equal(row.user_id, user.id);
    assert_string_equal(row.user_name, "sessions");
    assert_string_equal(row.role, "viewer");
    assert_string_equal(row.theme, "dark");
    assert_string_equal(row.csrf_key, "00ff");
    must(sessions_find(db, a, HASH_B, &row, &found, &err));
    assert_false(found);
    must_fail(sessions_find(db, a, "not hex", &row, &found, &err), ERR_INVALID);
    must(sessions_touch(db, a, HASH_A, &err));
    must(users_set_disabled(db, a, user.id, true, &err));
    must(sessions_find(db, a, HASH_A, &row, &found, &err));
    assert_false(found);
    must(users_set_disabled(db, a, user.id, false, &err));

    s = session(user.id, HASH_B, clock_wall() - 1000000);         /* over already */
    must(sessions_insert(db, a, &s, &err));
    must(sessions_find(db, a, HASH_B, &row, &found, &err));
    assert_false(found);
    must(sessions_prune_expired(db, a, &gone, &err));
    assert_int_equal(gone, 1);

    for (int i = 0; i < 7; i++) {
        s = session(user.id, arena_printf(a, "%064d", i), clock_wall() + 60000000);
        must(sessions_insert(db, a, &s, &err));
    }
    must(sessions_prune_user(db, a, user.id, 5, &err));
    must(sessions_list_user(db, a, user.id, &list, &err));
    assert_int_equal(list.n, 5);
    assert_string_equal(((struct session_row *)list.items)[0].token_hash, arena_printf(a, "%064d", 6));
    must(sessions_delete_user(db, a, user.id, arena_printf(a, "%064d", 6), &err));
    must(sessions_list_user(db, a, user.id, &list, &err));
    assert_int_equal(list.n, 1);
    must(sessions_delete(db, a, arena_printf(a, "%064d", 6), &err));
    must(sessions_delete(db, a, arena_printf(a, "%064d", 6), &err));
    must(sessions_insert(db, a, &s, &err));
    must(sessions_delete_user(db, a, user.id, NULL, &err));
    must(sessions_find(db, a, s.token_hash, &row, &found, &err));
    assert_false(found);
}

static void test_api_keys(void **state)
{
    (void)state;
    static const char *const models[] = {"gpt-4o", "a \"b\"", "中文"};
    struct api_key_row key = {.id = "abcdefghijkl", .name = "ci", .tail = "7Q4f", .role = "developer", .hash = HASH_A,
                              .pepper_kid = 1}, row;
    struct list list;
    must(api_keys_insert(db, a, &key, models, COUNT(models), &err));
    must_fail(api_keys_insert(db, a, &key, NULL, 0, &err), ERR_CONFLICT);
    must(api_keys_get(db, a, key.id, &row, &err));
    assert_string_equal(row.models, "[\"gpt-4o\", \"a \\\"b\\\"\", \"中文\"]");
    assert_string_equal(row.data_class, "public");
    assert_null(row.hash);
    key.id = "mnopqrstuvwx";
    key.expires_at = clock_wall() - 1000000;
    must(api_keys_insert(db, a, &key, NULL, 0, &err));
    must(api_keys_get(db, a, key.id, &row, &err));
    assert_string_equal(row.models, "[]");
    must(api_keys_list_auth(db, a, &list, &err));
    assert_int_equal(list.n, 1);                                  /* without the expired one */
    assert_string_equal(((struct api_key_row *)list.items)[0].hash, HASH_A);
    must(api_keys_revoke(db, a, "abcdefghijkl", &err));
    must(api_keys_get(db, a, "abcdefghijkl", &row, &err));
    int64_t when = row.revoked_at;
    must(api_keys_revoke(db, a, "abcdefghijkl", &err));
    must(api_keys_get(db, a, "abcdefghijkl", &row, &err));
    assert_true(row.revoked && row.revoked_at == when);
    must_fail(api_keys_revoke(db, a, "nobody", &err), ERR_NOT_FOUND);
    must(api_keys_list_auth(db, a, &list, &err));
    assert_int_equal(list.n, 0);
    must(api_keys_list(db, a, &list, &err));
    assert_int_equal(list.n, 2);
}

static void test_sealed_keys(void **state)
{
    (void)state;
    struct sealed_key_row key;
    struct list list;
    bool found;
    must(sealed_keys_find(db, a, "pepper", &key, &found, &err));
    assert_false(found);
    must(sealed_keys_settle(db, a, "pepper", 1, "aabb", &key, &err));
    assert_string_equal(key.sealed, "aabb");
    must(sealed_keys_settle(db, a, "pepper", 1, "ccdd", &key, &err));
    assert_string_equal(key.sealed, "aabb");                      /* who came first */
    must(sealed_keys_settle(db, a, "pepper", 2, "ccdd", &key, &err));
    must(sealed_keys_find(db, a, "pepper", &key, &found, &err));
    assert_int_equal(key.kid, 2);
    must(sealed_keys_update(db, a, "pepper", 2, "ee", &err));
    must_fail(sealed_keys_update(db, a, "pepper", 3, "ee", &err), ERR_NOT_FOUND);
    must(sealed_keys_settle(db, a, "session", 1, "01", &key, &err));
    must(sealed_keys_list(db, a, "pepper", &list, &err));
    assert_int_equal(list.n, 2);
    must(sealed_keys_list(db, a, NULL, &list, &err));
    assert_int_equal(list.n, 3);
}

static bool check(const char *id, int64_t at, const char *state, const char **before_r)
{
    return provider_health_record(db, a, &(struct check_row){.provider_id = id, .at = at, .kind = "periodic", .state = state,
                                  .reason = strcmp(state, "ok") == 0 ? NULL : "refused", .latency_us = 1500,
                                  .models = 3}, before_r, &err);
}

static void test_health(void **state)
{
    (void)state;
    static const int64_t HOUR = INT64_C(3600000000);
    struct provider_row p = {.id = new_id(), .name = "h", .type = "ollama", .base_url = "http://x", .deployment_mode = "local",
                             .data_class_max = "secret", .enabled = true, .connect_ms = 1, .first_byte_ms = 1, .idle_ms = 1,
                             .total_ms = 1};
    struct health_row h;
    struct list list;
    const char *before;
    bool found;
    int64_t now = clock_wall(), gone;
    must(providers_insert(db, a, &p, &err));
    must_fail(check(new_id(), now, "ok", &before), ERR_NOT_FOUND);
    must(check(p.id, now - 23 * HOUR - 60000000, "ok", &before));
    assert_string_equal(before, "");
    must(check(p.id, now - 2 * HOUR - 60000000, "bad", &before));
    assert_string_equal(before, "ok");
    must(check(p.id, now - 2 * HOUR - 30000000, "ok", &before));
    assert_string_equal(before, "bad");
    must(check(p.id, now - 1000, "ok", &before));
    must(provider_health_find(db, a, p.id, &h, &found, &err));
    assert_true(found);
    assert_string_equal(h.state, "ok");
    assert_int_equal(h.models, 3);
    assert_int_equal(h.since, now - 2 * HOUR - 30000000);         /* kept while the state is */
    assert_int_equal(h.checked_at, now - 1000);
    must(provider_health_list(db, a, &list, &err));
    assert_int_equal(list.n, 1);
    must(provider_checks_list(db, a, p.id, 3, &list, &err));
    assert_int_equal(list.n, 3);
    assert_int_equal(((struct check_row *)list.items)[0].at, now - 1000);
    must(provider_checks_strip(db, a, NULL, now, &list, &err));
    assert_int_equal(list.n, 3);
    const struct health_slot *slots = list.items;
    assert_int_equal(slots[0].slot, 0);
    assert_int_equal(slots[1].slot, 21);
    assert_string_equal(slots[1].state, "bad");
    assert_int_equal(slots[1].checks, 2);
    assert_int_equal(slots[1].failed, 1);
    assert_int_equal(slots[2].slot, 23);
    must(provider_checks_prune(db, a, now - 10 * HOUR, &gone, &err));
    assert_int_equal(gone, 1);
    must(providers_delete(db, a, p.id, &err));
    must(provider_health_list(db, a, &list, &err));
    assert_int_equal(list.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_users),
        cmocka_unit_test(test_one_first_administrator),
        cmocka_unit_test(test_sessions),
        cmocka_unit_test(test_api_keys),
        cmocka_unit_test(test_sealed_keys),
        cmocka_unit_test(test_health),
    };
    return cmocka_run_group_tests(tests, begin, database_end);
}
