/* SPDX-License-Identifier: MIT */
#include "gate/snapshot.h"

#include <pthread.h>

#include "gate/provider.h"
#include "providers/providers.h"
#include "snapshot_help.h"

static int begin(void **state)
{
    provider_types = all_provider_types;
    return help_begin(state);
}

static void test_egress(void **state)
{
    (void)state;
    const struct { bool local; const char *url; enum egress_reach reach; } cases[] = {
        {true, "https://api.example.com/v1", EGRESS_PRIVATE},
        {true, "http://10.1.2.3", EGRESS_PRIVATE},
        {false, "https://api.example.com/v1", EGRESS_PUBLIC},
        {false, "http://10.1.2.3:8000/v1", EGRESS_PRIVATE},
        {false, "http://127.0.0.1", EGRESS_PRIVATE},
        {false, "http://localhost:11434", EGRESS_PRIVATE},
        {false, "http://192.168.1.1?x", EGRESS_PRIVATE},
        {false, "http://172.16.0.1#x", EGRESS_PRIVATE},
        {false, "http://100.64.0.1/", EGRESS_PRIVATE},
        {false, "http://[::1]:8000/v1", EGRESS_PRIVATE},
        {false, "http://[fd12:3456::1]/v1", EGRESS_PRIVATE},
        {false, "http://[::ffff:10.0.0.1]/v1", EGRESS_PRIVATE},
        {false, "http://[::ffff:127.0.0.1]", EGRESS_PRIVATE},
        {false, "http://8.8.8.8", EGRESS_PUBLIC},
        {false, "http://[2606:4700::1111]", EGRESS_PUBLIC},
        {false, "http://169.254.169.254/latest/meta-data", EGRESS_PUBLIC},
        {false, "http://100.100.100.200/", EGRESS_PUBLIC},
        {false, "http://168.63.129.16/", EGRESS_PUBLIC},
        {false, "http://[fd00:ec2::254]/", EGRESS_PUBLIC},
        {false, "http://[fe80::1]/", EGRESS_PUBLIC},
        {false, "http://[::ffff:169.254.169.254]/", EGRESS_PUBLIC},
        {false, "http://0.0.0.0/", EGRESS_PUBLIC},
        {false, "http://224.0.0.1/", EGRESS_PUBLIC},
        {false, "http://10.0.0.1.example.com/", EGRESS_PUBLIC},
        {false, "http://localhost.example.com/", EGRESS_PUBLIC},
        {false, "http://example.com/10.0.0.1", EGRESS_PUBLIC},
        {false, "http://example.com/://10.0.0.1/", EGRESS_PUBLIC},
        {false, "http://10.0.0.1@example.com/", EGRESS_PUBLIC},
        {false, "http://user@10.0.0.1/", EGRESS_PUBLIC},
        {false, "http://2130706433/", EGRESS_PUBLIC},
        {false, "http://0x7f.1/", EGRESS_PUBLIC},
        {false, "http://[10.0.0.1]/", EGRESS_PRIVATE},
        {false, "", EGRESS_PUBLIC},
        {false, "http://", EGRESS_PUBLIC},
        {false, "http://[", EGRESS_PUBLIC},
        {false, "http://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/", EGRESS_PUBLIC},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (provider_egress(cases[i].local, cases[i].url).reach != cases[i].reach)
            fail_msg("%s is reached by %d", cases[i].url, (int)provider_egress(cases[i].local, cases[i].url).reach);
}

/* A snapshot of these rows, by way of the file. */
static bool restore(const struct snapshot_rows *rows, const struct keyring *ring, struct snapshot **snapshot_r)
{
    static struct settings_made settings;
    struct snapshot_base base = {ring, &settings};
    const char *path = in_folder("config.snap");
    must(settings_start(NULL, a, &settings, &err));
    must(snapshot_rows_save(rows, ring, path, &err));
    bool ok = snapshot_restore(path, &base, snapshot_r, &err);
    unlink(path);
    return ok;
}

static void test_what_is_built(void **state)
{
    (void)state;
    struct keyring *ring = keyring_random(1);
    struct provider_row providers[] = {provider_row("p1", "one", "local"), provider_row("p2", "two", "cloud"), provider_row("p3", "three", "cloud"),
                                       provider_row("p4", "four", "local")};
    struct snapshot *s;
    provider_seal(ring, &providers[0], "sk-one-0123456789");
    providers[0].active = true;
    providers[1].data_class_max = "public";
    provider_seal(ring, &providers[2], "sk-three");
    providers[2].id = "moved";                               /* sealed for p3: does not open here */
    providers[3].type = "no such type";
    struct model_row models[] = {
        {.provider_id = "p1", .name = "m", .enabled = true, .input_micros_per_mtok = 1, .output_micros_per_mtok = 2, .cached_micros_per_mtok = 3,
         .context = 4096, .max_output = 512, .can = CAN_CHAT, .remote = true},
        {.provider_id = "p1", .name = "n", .position = 1},
        {.provider_id = "p2", .name = "m", .enabled = true, .input_micros_per_mtok = 4, .output_micros_per_mtok = 5, .cached_micros_per_mtok = 6},
    };
    struct api_key_row keys[] = {key_row("b", "[\"m\"]"), key_row("a", "[]"), key_row("c", "[null]"), key_row("d", "{}"), key_row("e", "[]"),
                                 key_row("f", "[]")};
    keys[4].hash = "00";
    keys[5].data_class = "none";
    struct price_row prices[] = {
        {.owner = "openai", .model = "M", .currency = "USD", .input = 7, .origin = "seed"}, {.owner = "openai", .model = "m", .above = 9, .currency = "USD", .origin = "seed"},
        {.owner = "openai", .model = "gpt-5-mini", .currency = "USD", .input = 8, .origin = "seed"}, {.owner = "other", .model = "n", .currency = "USD", .origin = "seed"}};
    struct setting_row settings[] = {{"body_max", "2048", "", 0}, {"body_max_", "1", "", 0}, {"keepalive_s", "-1", "", 0}};
    struct sealed_key_row sealed[] = {pepper_row(ring)};
    struct snapshot_rows rows = {{settings, 3}, {providers, 4}, {models, 3}, {keys, 6}, {sealed, 1}, {prices, 4}, 5, true};
    must(restore(&rows, ring, &s));

    assert_true(s->from_file && s->has_admin);
    assert_int_equal(s->made_at, 5);
    assert_int_equal(s->compare.prices.n, 1);                /* the setting's default, "openai/gpt-5-mini" */
    assert_int_equal(s->compare.prices.rows[0]->input, 8);
    assert_memory_equal(s->pepper, PEPPER, 32);
    assert_int_equal(s->settings.values.body_max, 2048);
    assert_int_equal(s->settings.values.keepalive_s, 15);
    assert_int_equal(s->providers.n, 4);
    const struct provider *one = snapshot_provider(s, "p1"), *two = snapshot_provider(s, "p2"), *moved = snapshot_provider(s, "moved"),
                          *four = snapshot_provider(s, "p4");
    assert_ptr_equal(snapshot_active(s), one);
    assert_string_equal(secret_reveal(one->secret), "sk-one-0123456789");
    assert_int_equal(one->models.n, 2);
    assert_non_null(provider_model(one, "n"));
    assert_null(provider_model(one, "o"));
    const struct model *known = provider_model(one, "m");
    assert_true(known->context == 4096 && known->max_output == 512 && known->can == CAN_CHAT && known->remote);
    assert_ptr_equal(provider_model(one, "m:latest"), known);                  /* as Ollama counts */
    assert_null(provider_model(one, "m:8b"));
    assert_null(provider_model(one, ":latest"));
    assert_true(model_local(one, provider_model(one, "n")) && !model_local(one, known) && !model_local(two, provider_model(two, "m")));
    assert_int_equal(provider_model(two, "m")->prices.n, 2); /* whatever its case, the threshold first */
    assert_int_equal(provider_model(two, "m")->prices.rows[0]->above, 9);
    assert_int_equal(provider_model(two, "m")->prices.rows[1]->input, 7);
    assert_int_equal(provider_model(one, "n")->prices.n, 0);
    assert_int_equal(provider_model(two, "m")->input_micros_per_mtok, 4);
    assert_int_equal(two->class_max, CLASS_PUBLIC);
    assert_int_equal(one->class_max, CLASS_INTERNAL);
    assert_true(one->local && !two->local && one->enabled && two->enabled);
    assert_false(moved->enabled || moved->secret || four->enabled);
    assert_null(snapshot_provider(s, "p3"));

    /* A key whose row is malformed is no key; above all not one that may use every model. */
    assert_int_equal(s->keys.n, 2);
    assert_non_null(snapshot_key(s, "a"));
    assert_null(snapshot_key(s, "c"));
    assert_null(snapshot_key(s, "d"));
    assert_true(key_may_use(snapshot_key(s, "a"), "x") && key_may_use(snapshot_key(s, "b"), "m") && key_may_use(NULL, "x"));
    assert_false(key_may_use(snapshot_key(s, "b"), "x") || key_may_use(snapshot_key(s, "b"), ""));
    assert_int_equal(snapshot_key(s, "b")->role, ROLE_DEVELOPER);
    snapshot_drop(s);
}

/* Connections are shared only while address and secret stay what they are. */
static void test_pools(void **state)
{
    (void)state;
    struct keyring *ring = keyring_random(1);
    struct sealed_key_row sealed[] = {pepper_row(ring)};
    const char *pools[4];
    for (size_t i = 0; i < COUNT(pools); i++) {
        struct provider_row p = provider_row("p1", "one", "local");
        struct snapshot_rows rows = {.providers = {&p, 1}, .sealed_keys = {sealed, 1}};
        struct snapshot *s;
        p.rev = i == 1 ? 2 : 1;
        p.secret_set_at = i == 2 ? 1700000000000000 : 0;
        must(restore(&rows, ring, &s));
        pools[i] = arena_text(a, snapshot_provider(s, "p1")->pool);
        snapshot_drop(s);
    }
    assert_string_not_equal(pools[0], pools[1]);
    assert_string_not_equal(pools[0], pools[2]);
    assert_string_equal(pools[0], pools[3]);
}

static void test_a_pepper_is_needed(void **state)
{
    (void)state;
    struct keyring *ring = keyring_random(1), *other = keyring_random(1);
    struct snapshot *s;
    struct snapshot_rows rows = {0};
    must_fail(restore(&rows, ring, &s), ERR_INTERNAL);
    struct sealed_key_row sealed = pepper_row(other);
    rows.sealed_keys = (struct list){&sealed, 1};
    must_fail(restore(&rows, ring, &s), ERR_INTERNAL);
    sealed = (struct sealed_key_row){.name = "pepper", .kid = 1, .sealed = sealed_hex(ring, "pepper", bytes_of("short"))};
    must_fail(restore(&rows, ring, &s), ERR_INTERNAL);
}

static void *hold_and_drop(void *arg)
{
    struct snapshot *s = arg;
    for (int i = 0; i < 1000; i++)
        snapshot_drop(snapshot_hold(s));
    snapshot_drop(s);
    return NULL;
}

static void test_the_last_holder_frees(void **state)
{
    (void)state;
    struct keyring *ring = keyring_random(1);
    struct sealed_key_row sealed[] = {pepper_row(ring)};
    struct snapshot_rows rows = {.sealed_keys = {sealed, 1}};
    struct snapshot *s;
    pthread_t threads[4];
    must(restore(&rows, ring, &s));
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hold_and_drop, snapshot_hold(s)), 0);
    snapshot_drop(s);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    snapshot_drop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_egress),
        cmocka_unit_test(test_what_is_built),
        cmocka_unit_test(test_pools),
        cmocka_unit_test(test_a_pepper_is_needed),
        cmocka_unit_test(test_the_last_holder_frees),
    };
    return cmocka_run_group_tests(tests, begin, help_end);
}
