/* SPDX-License-Identifier: MIT */
/* Snapshots from the tables, two first starts at once, and reloads while others read. */
#include "gate/gate.h"

#include <pthread.h>
#include <stdatomic.h>

#include "db/sealed_keys.h"
#include "db/settings.h"
#include "gate.h"
#include "gate/provider_change.h"

static int begin(void **state)
{
    return gate_begin(state, "gate");
}

struct starter {
    pthread_t thread;
    struct snapshot *snapshot;
    struct err err;
    bool ok;
};

static void *first_start(void *arg)
{
    struct starter *s = arg;
    s->ok = snapshot_load(db, &gate.base, &s->snapshot, &s->err);
    return NULL;
}

/* Both make a pepper, and both use the one that is kept. */
static void test_first_starts_agree_on_the_pepper(void **state)
{
    (void)state;
    for (int round = 0; round < 10; round++) {
        struct starter s[4] = {0};
        statement("delete from sealed_keys");
        for (size_t i = 0; i < COUNT(s); i++)
            assert_int_equal(pthread_create(&s[i].thread, NULL, first_start, &s[i]), 0);
        for (size_t i = 0; i < COUNT(s); i++) {
            pthread_join(s[i].thread, NULL);
            if (!s[i].ok)
                fail_msg("%s", s[i].err.text);
            assert_memory_equal(s[i].snapshot->pepper, s[0].snapshot->pepper, 32);
        }
        for (size_t i = 0; i < COUNT(s); i++)
            snapshot_drop(s[i].snapshot);
        assert_int_equal(number("select count(*) from sealed_keys where name = 'pepper'"), 1);
    }
    must(gate_reload(&gate, &err));
}

static void test_a_wrong_master_key(void **state)
{
    (void)state;
    struct snapshot *snapshot;
    struct keyring *wrong = keyring_new("wrong.key");
    must_fail(snapshot_load(db, &(struct snapshot_base){wrong, &settings}, &snapshot, &err), ERR_INTERNAL);
    must(snapshot_load(db, &gate.base, &snapshot, &err));
    snapshot_drop(snapshot);
}

/* What the tables say is what the snapshot says, and the file after it. */
static void test_tables_to_snapshot_to_file(void **state)
{
    (void)state;
    struct change change = change_new(a);
    struct provider_form form;
    struct snapshot *back;
    const char *id;
    must(provider_defaults("ollama", &form, &err));
    form.name = "月门";
    form.secret = "sk-in-the-snapshot";
    *(const char **)list_add(a, &form.models, sizeof(const char *)) = "模型";
    must(provider_add(&change, &form, &id, &err));
    must(settings_set(db, a, "body_max", "4096", "tester", &err));
    must(settings_set(db, a, "keepalive_s", "nonsense", "tester", &err));
    must(gate_reload(&gate, &err));
    must(snapshot_restore(gate.snapshot_path, &gate.base, &back, &err));
    const struct snapshot *both[] = {gate.snapshot, back};
    for (size_t i = 0; i < 2; i++) {
        const struct provider *p = snapshot_provider(both[i], id);
        assert_non_null(p);
        assert_string_equal(p->name, "月门");
        assert_true(p->local && p->active && p->enabled && provider_model(p, "模型"));
        assert_int_equal(both[i]->settings.values.body_max, 4096);
        assert_int_equal(both[i]->settings.values.keepalive_s, 15);
        assert_true(both[i]->from_file == (i == 1));
        assert_memory_equal(both[i]->pepper, gate.snapshot->pepper, 32);
    }
    assert_int_equal(back->made_at, gate.snapshot->made_at);
    snapshot_drop(back);
}

static atomic_bool stop;
static atomic_size_t reads;

static void *reader(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        struct snapshot *s = gate_snapshot(&gate);
        const struct provider *p = snapshot_active(s);
        if (p && !provider_model(p, "模型"))
            abort();
        snapshot_drop(s);
        atomic_fetch_add(&reads, 1);
    }
    return NULL;
}

struct writer {
    pthread_t thread;
    size_t done;
};

static void *writer(void *arg)
{
    struct writer *w = arg;
    struct err own = {0};
    for (int i = 0; i < 15; i++) {
        w->done += gate_reload(&gate, &own);
        gate_wake_reload(&gate);
    }
    return NULL;
}

/* Many reload and many read: nobody sees half a snapshot, the file is whole, and the last change is what counts in the end. */
static void test_reloads_under_load(void **state)
{
    (void)state;
    struct writer writers[4] = {0};
    pthread_t readers[2];
    struct snapshot *back;
    atomic_store(&stop, false);
    for (size_t i = 0; i < COUNT(readers); i++)
        assert_int_equal(pthread_create(&readers[i], NULL, reader, NULL), 0);
    for (size_t i = 0; i < COUNT(writers); i++)
        assert_int_equal(pthread_create(&writers[i].thread, NULL, writer, &writers[i]), 0);
    for (int i = 0; i < 10; i++) {
        must(settings_set(db, a, "body_max", arena_printf(a, "%d", 5000 + i), "tester", &err));
        must(gate_reload(&gate, &err));
        struct snapshot *s = gate_snapshot(&gate);
        assert_int_equal(s->settings.values.body_max, 5000 + i);           /* whatever others read before: mine is in place */
        snapshot_drop(s);
        must(snapshot_restore(gate.snapshot_path, &gate.base, &back, &err));
        assert_int_equal(back->settings.values.body_max, 5000 + i);
        snapshot_drop(back);
    }
    for (size_t i = 0; i < COUNT(writers); i++) {
        pthread_join(writers[i].thread, NULL);
        assert_int_equal(writers[i].done, 15);
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < COUNT(readers); i++)
        pthread_join(readers[i], NULL);
    assert_true(atomic_load(&reads) > 10);
    assert_int_equal(gate.reloads, 4 * 15);
}

/* A row that was spoiled takes its provider out, not the gate down. */
static void test_spoiled_rows(void **state)
{
    (void)state;
    const char *id = snapshot_active(gate.snapshot)->id;
    id = arena_text(a, id);
    statement("create table kept as select * from providers; update providers set secret = '\\x00', rev = rev + 1");
    must(gate_reload(&gate, &err));
    const struct provider *p = snapshot_provider(gate.snapshot, id);
    assert_false(p->enabled || p->active || p->secret);
    statement("update providers set secret = kept.secret, type = 'no such' from kept where kept.id = providers.id");
    must(gate_reload(&gate, &err));
    p = snapshot_provider(gate.snapshot, id);
    assert_false(p->enabled);
    assert_null(p->type);
    statement("update providers set type = kept.type from kept where kept.id = providers.id; drop table kept;"
              " insert into api_keys (id, name, tail, hash, pepper_kid, role, models) values ('nullmodels12', 'n', 't', '\\x00', 1, 'admin', '{NULL}'),"
              " ('nullmodels34', 'n', 't', decode(repeat('00', 32), 'hex'), 1, 'admin', '{NULL}')");
    must(gate_reload(&gate, &err));
    assert_true(snapshot_provider(gate.snapshot, id)->enabled);
    assert_null(snapshot_key(gate.snapshot, "nullmodels12"));
    assert_null(snapshot_key(gate.snapshot, "nullmodels34"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_starts_agree_on_the_pepper),
        cmocka_unit_test(test_a_wrong_master_key),
        cmocka_unit_test(test_tables_to_snapshot_to_file),
        cmocka_unit_test(test_reloads_under_load),
        cmocka_unit_test(test_spoiled_rows),
    };
    return cmocka_run_group_tests(tests, begin, gate_end);
}
