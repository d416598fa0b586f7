/* SPDX-License-Identifier: MIT */
#include "gate/key_change.h"

#include "db/api_keys.h"
#include "gate.h"

static int begin(void **state)
{
    return gate_begin(state, "key_change");
}

static const struct key *found(const char *text)
{
    char id[KEY_ID + 1];
    uint8_t hash[32];
    assert_true(key_parse(text, id));
    const struct key *key = snapshot_key(gate.snapshot, id);
    key_hash(gate.snapshot->pepper, text, hash);
    return key && memcmp(key->hash, hash, sizeof(hash)) == 0 ? key : NULL;
}

/* A key works as soon as it is made, is kept nowhere, and stops working when it is revoked. */
static void test_a_life(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct change change = change_new(a);
        struct key_form form = {.name = arena_printf(a, "key %d", i), .owner = i % 2 ? "somebody" : NULL, .role = i % 3 ? "operator" : NULL,
                                .data_class = i % 4 ? "confidential" : NULL};
        char text[KEY_TEXT + 1];
        const char *id;
        struct api_key_row row;
        int64_t audited = number("select count(*) from audit");
        *(const char **)list_add(a, &form.models, sizeof(const char *)) = "模型";
        must(key_create(&change, &form, text, &id, &err));
        const struct key *key = found(text);
        assert_non_null(key);
        assert_string_equal(key->id, id);
        assert_string_equal(key->name, form.name);
        assert_int_equal(key->role, i % 3 ? ROLE_OPERATOR : ROLE_DEVELOPER);
        assert_int_equal(key->data_class, i % 4 ? CLASS_CONFIDENTIAL : CLASS_PUBLIC);
        assert_true(key_may_use(key, "模型") && !key_may_use(key, "other"));
        must(api_keys_get(db, a, id, &row, &err));
        assert_string_equal(row.tail, text + KEY_TEXT - 4);
        assert_int_equal(number("select count(*) from audit"), audited + 1);
        const char *all = everything();
        assert_null(strstr(all, text));
        assert_null(strstr(all, arena_printf(a, "%.43s", text + 17)));

        must(key_revoke(&change, id, &err));
        assert_null(found(text));
        assert_int_equal(number("select count(*) from audit"), audited + 2);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    struct change change = change_new(a);
    char text[KEY_TEXT + 1];
    const char *id;
    int64_t audited = number("select count(*) from audit"), keys = number("select count(*) from api_keys");
    const struct { struct key_form form; enum err_kind kind; const char *field; } bad[] = {
        {{.name = "x", .role = "root"}, ERR_INPUT, "role"},
        {{.name = "x", .role = ""}, ERR_INPUT, "role"},
        {{.name = "x", .data_class = "top"}, ERR_INPUT, "data_class"},
        {{.name = ""}, ERR_INVALID, "name"},
        {{.name = arena_printf(a, "%081d", 0)}, ERR_INVALID, "name"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        must_fail(key_create(&change, &bad[i].form, text, &id, &err), bad[i].kind);
        assert_string_equal(err.field, bad[i].field);
    }
    must_fail(key_revoke(&change, "nobody", &err), ERR_NOT_FOUND);
    must_fail(key_revoke(&change, "' or 1=1", &err), ERR_NOT_FOUND);
    assert_int_equal(number("select count(*) from audit"), audited);
    assert_int_equal(number("select count(*) from api_keys"), keys);
}

static void test_expired_keys_are_left_out(void **state)
{
    (void)state;
    struct change change = change_new(a);
    struct key_form form = {.name = "soon over", .expires_at = clock_wall() + 3600000000};
    char text[KEY_TEXT + 1];
    const char *id;
    must(key_create(&change, &form, text, &id, &err));
    assert_non_null(found(text));
    assert_true(found(text)->expires_at > clock_wall());
    statement(arena_printf(a, "update api_keys set expires_at = now() - interval '1 second' where id = '%s'", id));
    must(gate_reload(&gate, &err));
    assert_null(found(text));
}

/* With another pepper no stored hash fits, so the master key must not change silently. */
static void test_the_pepper_must_open(void **state)
{
    (void)state;
    struct change change = change_new(a);
    char text[KEY_TEXT + 1];
    const char *id;
    change.keyring = keyring_new("wrong.key");
    must_fail(key_create(&change, &(struct key_form){.name = "x"}, text, &id, &err), ERR_INTERNAL);
    change.keyring = gate.keyring;
    /* lost while there are keys: none is made anew, the keys that are out there would be no longer found */
    statement("delete from sealed_keys");
    must_fail(key_create(&change, &(struct key_form){.name = "x"}, text, &id, &err), ERR_INTERNAL);
    /* before the first start there is none: the first key makes it, and works */
    statement("delete from api_keys");
    must(key_create(&change, &(struct key_form){.name = "x"}, text, &id, &err));
    assert_int_equal(number("select count(*) from sealed_keys where name = 'pepper'"), 1);
    assert_non_null(found(text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_life),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_expired_keys_are_left_out),
        cmocka_unit_test(test_the_pepper_must_open),
    };
    return cmocka_run_group_tests(tests, begin, gate_end);
}
