/* SPDX-License-Identifier: MIT */
#include <pthread.h>

#include "cluster.h"
#include "db/models.h"
#include "db/providers.h"

static int begin(void **state)
{
    return database_begin(state, "providers");
}

static struct provider_row provider(const char *name, const char *mode)
{
    return (struct provider_row){
        .id = new_id(), .name = name, .type = "openai", .base_url = "http://127.0.0.1:9/v1", .deployment_mode = mode,
        .data_class_max = "internal", .enabled = true, .position = 100, .connect_ms = 5000, .first_byte_ms = 60000,
        .idle_ms = 60000, .total_ms = 600000, .note = NULL,
    };
}

static bool activate(const char *id)
{
    struct db *tx;
    if (!db_begin(db, &tx, &err))
        return false;
    bool ok = providers_activate(tx, a, id, &err);
    return db_end(tx, ok, &err) && ok;
}

static void test_round_trip(void **state)
{
    (void)state;
    struct provider_row p = provider("月门 one", "local"), row;
    bool found;
    p.note = "a 'note' with \"quotes\" \\ and 中文";
    p.secret = "00ff10";
    p.secret_dek = "abcdef";
    p.secret_kid = 3;
    p.secret_tail = "7Q4f";
    p.demo = true;
    must(providers_insert(db, a, &p, &err));
    must(providers_get(db, a, p.id, &row, &err));
    assert_string_equal(row.name, p.name);
    assert_string_equal(row.deployment_mode, "local");
    assert_string_equal(row.note, p.note);
    assert_true(row.has_secret && row.enabled && row.demo && !row.active);
    assert_null(row.secret);
    assert_string_equal(row.secret_tail, "7Q4f");
    assert_int_equal(row.rev, 1);
    assert_true(row.secret_set_at > 0 && row.created_at > clock_wall() - 60000000);
    must(providers_get_sealed(db, a, p.id, &row, &err));
    assert_string_equal(row.secret, "00ff10");
    assert_string_equal(row.secret_dek, "abcdef");
    assert_int_equal(row.secret_kid, 3);
    must(providers_find_by_name(db, a, "月门 ONE", &row, &found, &err));
    assert_true(found);
    must(providers_set_secret(db, a, p.id, NULL, NULL, 0, NULL, &err));
    must(providers_get_sealed(db, a, p.id, &row, &err));
    assert_false(row.has_secret);
    assert_null(row.secret);
    assert_int_equal(row.secret_kid, 0);
    assert_string_equal(row.secret_tail, "");
    assert_int_equal(row.secret_set_at, 0);
    must(providers_delete(db, a, p.id, &err));
    must_fail(providers_get(db, a, p.id, &row, &err), ERR_NOT_FOUND);
    must_fail(providers_delete(db, a, p.id, &err), ERR_NOT_FOUND);
    must_fail(providers_get(db, a, "no uuid; drop table providers", &row, &err), ERR_NOT_FOUND);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    struct provider_row p = provider("taken", "cloud"), q = provider("TAKEN", "cloud"), r = provider("odd", "hybrid");
    must(providers_insert(db, a, &p, &err));
    must_fail(providers_insert(db, a, &q, &err), ERR_CONFLICT);
    assert_string_equal(err.field, "name");
    must_fail(providers_insert(db, a, &r, &err), ERR_INVALID);
    assert_string_equal(err.field, "deployment_mode");
    r = provider("", "local");
    must_fail(providers_insert(db, a, &r, &err), ERR_INVALID);
    assert_string_equal(err.field, "name");
    r = provider("bad utf-8 \xff", "local");
    must_fail(providers_insert(db, a, &r, &err), ERR_INVALID);
    must(providers_delete(db, a, p.id, &err));
}

static void test_an_edit_of_what_was_changed_meanwhile(void **state)
{
    (void)state;
    struct provider_row p = provider("edit", "cloud"), row;
    int64_t rev;
    must(providers_insert(db, a, &p, &err));
    p.rev = 1;
    p.note = "first";
    must(providers_update(db, a, &p, &rev, &err));
    assert_int_equal(rev, 2);
    p.note = "second";
    must_fail(providers_update(db, a, &p, &rev, &err), ERR_STALE);
    p.rev = 2;
    must(providers_update(db, a, &p, &rev, &err));
    must(providers_get(db, a, p.id, &row, &err));
    assert_string_equal(row.note, "second");
    assert_int_equal(row.rev, 3);
    must(providers_delete(db, a, p.id, &err));
    must_fail(providers_update(db, a, &p, &rev, &err), ERR_NOT_FOUND);
}

static void test_activation(void **state)
{
    (void)state;
    struct provider_row p = provider("one", "local"), q = provider("two", "local"), row;
    struct list list;
    must(providers_insert(db, a, &p, &err));
    must(providers_insert(db, a, &q, &err));
    must_fail(providers_activate(db, a, p.id, &err), ERR_INTERNAL);            /* not in a transaction */
    must(activate(p.id));
    must(activate(q.id));
    must(providers_list(db, a, &list, &err));
    assert_int_equal(list.n, 2);
    const struct provider_row *rows = list.items;
    assert_string_equal(rows[0].id, q.id);
    assert_true(rows[0].active && !rows[1].active);
    must_fail(providers_delete(db, a, q.id, &err), ERR_PROVIDER_ACTIVE);
    must_fail(providers_set_enabled(db, a, q.id, false, &err), ERR_PROVIDER_ACTIVE);
    must(providers_set_enabled(db, a, p.id, false, &err));
    must_fail(activate(p.id), ERR_INVALID);
    assert_string_equal(err.field, "enabled");
    must(providers_get(db, a, q.id, &row, &err));
    assert_true(row.active);                                                   /* the failed one changed nothing */
    must_fail(activate(new_id()), ERR_NOT_FOUND);
    /* whoever asks, with whatever SQL */
    static const struct sql RAW = {"test.raw_delete", "delete from providers", SQL_NO_ROWS};
    must_fail(db_exec(db, a, &RAW, DB_NONE, NULL, &err), ERR_CONFLICT);
    must(providers_deactivate(db, a, &err));
    must(providers_delete(db, a, q.id, &err));
    must(providers_delete(db, a, p.id, &err));
}

struct activation {
    const char *ids[2];
    struct err err;
    bool ok;
};

static void *activate_often(void *arg)
{
    struct activation *mine = arg;
    struct arena *own = arena_new();
    mine->ok = true;
    for (int i = 0; i < 50 && mine->ok; i++) {
        struct db *tx;
        mine->ok = db_begin(db, &tx, &mine->err);
        if (!mine->ok)
            break;
        mine->ok = providers_activate(tx, own, mine->ids[i % 2], &mine->err);
        mine->ok = db_end(tx, mine->ok, &mine->err) && mine->ok;
    }
    arena_free(own);
    return NULL;
}

static void test_activations_at_once_take_turns(void **state)
{
    (void)state;
    struct provider_row p = provider("one", "local"), q = provider("two", "local");
    struct activation both[2] = {{.ids = {p.id, q.id}}, {.ids = {q.id, p.id}}};
    pthread_t threads[2];
    must(providers_insert(db, a, &p, &err));
    must(providers_insert(db, a, &q, &err));
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, activate_often, &both[i]), 0);
    for (size_t i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        if (!both[i].ok)
            fail_msg("%s", both[i].err.text);
    }
    assert_string_equal(superuser("providers", "select count(*) from moongate.providers where active"), "1");
    must(providers_deactivate(db, a, &err));
    must(providers_delete(db, a, p.id, &err));
    must(providers_delete(db, a, q.id, &err));
}

static void test_models(void **state)
{
    (void)state;
    static const char *const first[] = {"b", "a", "b", "c\"{},\\x", "中文"};
    static const char *const second[] = {"c\"{},\\x", "new", "a"};
    struct provider_row p = provider("one", "local");
    struct list list;
    must(providers_insert(db, a, &p, &err));
    must(models_replace(db, a, p.id, first, COUNT(first), &err));
    must(models_list(db, a, p.id, &list, &err));
    assert_int_equal(list.n, 4);
    struct model_row *m = list.items;
    assert_string_equal(m[0].name, "b");
    assert_string_equal(m[1].name, "a");
    assert_string_equal(m[2].name, "c\"{},\\x");
    m[1].enabled = false;
    m[1].input_micros_per_mtok = 150000;
    must(models_update(db, a, &m[1], &err));
    must(models_replace(db, a, p.id, second, COUNT(second), &err));
    must(models_list(db, a, NULL, &list, &err));
    assert_int_equal(list.n, 3);
    m = list.items;
    assert_string_equal(m[0].name, "c\"{},\\x");
    assert_string_equal(m[1].name, "new");
    assert_string_equal(m[2].name, "a");
    assert_false(m[2].enabled);
    assert_int_equal(m[2].input_micros_per_mtok, 150000);
    const struct model_row facts[] = {{.name = "a", .context = 4096, .max_output = 7, .can = 5, .remote = true}, {.name = "c\"{},\\x", .can = 2},
                                      {.name = "of nobody", .context = 1}};
    const struct model_row later[] = {{.name = "a", .context = 8192}};
    must(models_set_facts(db, a, p.id, facts, COUNT(facts), &err));
    must(models_set_facts(db, a, p.id, later, COUNT(later), &err));
    must(models_list(db, a, p.id, &list, &err));
    assert_int_equal(list.n, 3);
    m = list.items;
    assert_true(m[0].context == 0 && m[0].can == 2 && !m[0].remote);
    assert_true(m[1].context == 0 && m[1].can == 0);
    assert_true(m[2].context == 8192 && m[2].max_output == 7 && m[2].can == 5 && !m[2].remote);      /* what is not said stays, but remote is always said */
    assert_false(m[2].enabled);
    assert_int_equal(m[2].input_micros_per_mtok, 150000);
    must_fail(models_insert(db, a, &m[2], &err), ERR_CONFLICT);
    must(models_delete(db, a, p.id, "a", &err));
    must_fail(models_delete(db, a, p.id, "a", &err), ERR_NOT_FOUND);
    must(models_insert(db, a, &(struct model_row){.provider_id = p.id, .name = "a", .enabled = true}, &err));
    must_fail(models_insert(db, a, &(struct model_row){.provider_id = new_id(), .name = "a"}, &err), ERR_CONFLICT);
    assert_string_equal(err.field, "provider_id");
    must(models_replace(db, a, p.id, NULL, 0, &err));
    must(models_list(db, a, p.id, &list, &err));
    assert_int_equal(list.n, 0);
    must(models_replace(db, a, p.id, first, 1, &err));
    must(providers_delete(db, a, p.id, &err));                                 /* its models go with it */
    must(models_list(db, a, NULL, &list, &err));
    assert_int_equal(list.n, 0);
}

/* ---- properties: any order of operations, against a model of what must be ---- */

enum { MOST = 6 };

struct known {
    const char *id, *mode;
    bool there, enabled, active;
    int64_t rev;
};

static void check_all(const struct known *known)
{
    struct list list;
    size_t there = 0, active = 0;
    must(providers_list(db, a, &list, &err));
    for (size_t i = 0; i < MOST; i++)
        there += known[i].there;
    assert_int_equal(list.n, there);
    const struct provider_row *rows = list.items;
    for (size_t k = 0; k < list.n; k++) {
        const struct known *is = NULL;
        for (size_t i = 0; i < MOST; i++)
            if (known[i].there && strcmp(known[i].id, rows[k].id) == 0)
                is = &known[i];
        assert_non_null(is);
        assert_string_equal(rows[k].deployment_mode, is->mode);
        assert_int_equal(rows[k].enabled, is->enabled);
        assert_int_equal(rows[k].active, is->active);
        assert_true(!rows[k].active || rows[k].enabled);
        assert_int_equal(rows[k].rev, is->rev);
        active += rows[k].active;
    }
    assert_true(active <= 1);
}

static void insert_one(struct random *r, struct known *k, size_t i)
{
    struct provider_row p = provider(arena_printf(a, "provider %zu", i), random_below(r, 2) ? "local" : "cloud");
    if (k->there)
        return;
    p.enabled = random_below(r, 4) > 0;
    must(providers_insert(db, a, &p, &err));
    *k = (struct known){p.id, p.deployment_mode, true, p.enabled, false, 1};
}

/* Every edit but one of the mode keeps the mode. */
static void update_one(struct random *r, struct known *k, size_t i)
{
    struct provider_row p;
    int64_t rev;
    bool stale = random_below(r, 4) == 0;
    if (!k->there)
        return;
    must(providers_get(db, a, k->id, &p, &err));
    p.name = arena_printf(a, "provider %zu%s", i, random_below(r, 2) ? " renamed" : "");
    p.note = random_below(r, 2) ? "a note" : NULL;
    p.position = (int64_t)random_below(r, 1000);
    if (random_below(r, 4) == 0)
        p.deployment_mode = random_below(r, 2) ? "local" : "cloud";
    p.rev -= stale;
    if (stale) {
        must_fail(providers_update(db, a, &p, &rev, &err), ERR_STALE);
        return;
    }
    must(providers_update(db, a, &p, &rev, &err));
    k->rev = rev;
    k->mode = p.deployment_mode;
}

static void enable_one(struct known *k, bool enabled)
{
    if (!k->there) {
        return;
    } else if (k->active && !enabled) {
        must_fail(providers_set_enabled(db, a, k->id, enabled, &err), ERR_PROVIDER_ACTIVE);
    } else {
        must(providers_set_enabled(db, a, k->id, enabled, &err));
        k->enabled = enabled;
        k->rev++;
    }
}

static void activate_one(struct known *all, struct known *k)
{
    if (!k->there) {
        return;
    } else if (!k->enabled) {
        must_fail(activate(k->id), ERR_INVALID);
    } else {
        must(activate(k->id));
        for (size_t i = 0; i < MOST; i++)
            all[i].active = &all[i] == k;
    }
}

static void set_secret_one(const struct known *k)
{
    if (k->there)
        must(providers_set_secret(db, a, k->id, "00", "11", 1, "tail", &err));
}

static void delete_one(struct known *k)
{
    if (!k->there) {
        return;
    } else if (k->active) {
        must_fail(providers_delete(db, a, k->id, &err), ERR_PROVIDER_ACTIVE);
    } else {
        must(providers_delete(db, a, k->id, &err));
        k->there = false;
    }
}

static void forget_all(struct known *known)
{
    must(providers_deactivate(db, a, &err));
    for (size_t i = 0; i < MOST; i++) {
        known[i].active = false;
        delete_one(&known[i]);
    }
}

/* The active provider is never deletable, and the deployment mode is kept, through 120 sequences of 25 operations. */
static void test_any_order_of_operations(void **state)
{
    (void)state;
    struct random r = random_start();
    struct known known[MOST] = {{0}};
    size_t refused = 0;
    for (int sequence = 0; sequence < 120; sequence++) {
        for (int step = 0; step < 25; step++) {
            size_t i = random_below(&r, MOST);
            struct known *k = &known[i];
            refused += k->there && k->active;
            switch (random_below(&r, 8)) {
            case 0: case 1: insert_one(&r, k, i); break;
            case 2: case 3: update_one(&r, k, i); break;
            case 4: enable_one(k, random_below(&r, 2)); break;
            case 5: activate_one(known, k); break;
            case 6: set_secret_one(k); break;
            default: delete_one(k); break;
            }
        }
        check_all(known);
        if (sequence % 10 == 9)
            forget_all(known);
    }
    assert_true(refused > 100);                          /* the sequences did meet active ones */
    forget_all(known);
    check_all(known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_an_edit_of_what_was_changed_meanwhile),
        cmocka_unit_test(test_activation),
        cmocka_unit_test(test_activations_at_once_take_turns),
        cmocka_unit_test(test_models),
        cmocka_unit_test(test_any_order_of_operations),
    };
    return cmocka_run_group_tests(tests, begin, database_end);
}
