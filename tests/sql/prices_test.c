/* SPDX-License-Identifier: MIT */
/* prices: the seed, people's own prices beside it, validity, and what an upgrade does with runs of before. */
#include <stdlib.h>
#include <unistd.h>

#include "cluster.h"
#include "db/prices.h"
#include "db/runs.h"

static int begin(void **state)
{
    return database_begin(state, "prices");
}

static struct price_row row_of(const char *model, int64_t from, int64_t input)
{
    return (struct price_row){
        .id = new_id(), .owner = "openai", .model = model, .valid_from = from, .currency = "USD", .input = input, .output = 2 * input, .cached = PRICE_NONE,
        .written = PRICE_NONE, .written_long = PRICE_NONE, .reasoning = 5, .image = PRICE_NONE, .source = "me", .as_of = "2026-11-20", .created_by = "ann",
    };
}

static struct list listed(const char *owner, const char *text)
{
    struct list list;
    must(prices_list(db, a, owner, text, 0, &list, &err));
    return list;
}

static void test_seed(void **state)
{
    (void)state;
    struct list all = listed(NULL, NULL);
    const struct price_row *p = all.items;
    assert_true(all.n >= 105);
    for (size_t i = 0; i < all.n; i++) {
        assert_string_equal(p[i].origin, "seed");
        assert_true(*p[i].source && p[i].as_of && p[i].valid_from == 0 && p[i].valid_to == 0);
        assert_true(i == 0 || strcmp(p[i - 1].owner, p[i].owner) <= 0);
    }
    all = listed("openai", "gpt-5.6");                       /* -luna and -terra too; of gpt-5.6 the threshold last */
    p = all.items;
    assert_int_equal(all.n, 4);
    assert_int_equal(p[1].above, 272000);
    assert_int_equal(p[1].input, 10000000);
    assert_int_equal(p[0].input, 5000000);
    assert_int_equal(p[0].written, 6250000);
    assert_int_equal(p[0].image, PRICE_NONE);
    p = listed("deepseek", "v4-pro").items;
    assert_int_equal(p[0].cached, 3625);
    p = listed("baidu", "ernie-x1").items;
    assert_string_equal(p[0].currency, "CNY");
    p = listed("zhipu", "glm-4.7-flash").items;
    assert_int_equal(p[0].input, 0);                         /* free is not unknown */
    assert_int_equal(listed("nobody", NULL).n, 0);
    must(prices_list(db, a, NULL, NULL, 3, &all, &err));
    assert_int_equal(all.n, 3);
    must(prices_owners(db, a, &all, &err));
    assert_int_equal(all.n, 15);
}

static void test_rows(void **state)
{
    (void)state;
    struct price_row first = row_of("New-Model", 0, 100), second = row_of("new-model", clock_wall() + 3600000000, 200), back;
    struct list list;
    must(prices_insert(db, a, &first, &err));
    must_fail(prices_insert(db, a, &(struct price_row){.id = new_id(), .owner = "openai", .model = "NEW-model", .currency = "USD"}, &err), ERR_CONFLICT);
    must(prices_insert(db, a, &second, &err));
    must(prices_get(db, a, first.id, &back, &err));
    assert_string_equal(back.origin, "edited");
    assert_string_equal(back.as_of, "2026-11-20");
    assert_string_equal(back.created_by, "ann");
    assert_int_equal(back.reasoning, 5);
    assert_int_equal(back.cached, PRICE_NONE);
    assert_int_equal(back.valid_from, 0);
    must(prices_history(db, a, first.id, &list, &err));
    assert_int_equal(list.n, 2);
    assert_string_equal(((const struct price_row *)list.items)[0].id, second.id);      /* newest first, whatever the case */
    must_fail(prices_delete_planned(db, a, first.id, &err), ERR_NOT_FOUND);            /* it was valid: it stays */
    must(prices_delete_planned(db, a, second.id, &err));
    must(prices_end(db, a, first.id, clock_wall(), &err));
    must(prices_get(db, a, first.id, &back, &err));
    assert_true(back.valid_to > 0);
    must_fail(prices_end(db, a, new_id(), clock_wall(), &err), ERR_NOT_FOUND);
    must_fail(prices_get(db, a, "x", &back, &err), ERR_NOT_FOUND);
    const struct { const char *owner, *currency; int64_t input, above; } bad[] = {
        {"Open AI", "USD", 1, 0}, {"", "USD", 1, 0}, {"openai", "EUR", 1, 0}, {"openai", "USD", -1, 0}, {"openai", "USD", PRICE_MAX + 1, 0}, {"openai", "USD", 1, -1}};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct price_row p = row_of("bad", 0, bad[i].input);
        p.owner = bad[i].owner;
        p.currency = bad[i].currency;
        p.above = bad[i].above;
        p.output = 0;
        must_fail(prices_insert(db, a, &p, &err), ERR_INVALID);
    }
    struct price_row p = row_of("bad", 1000000, 1);
    p.valid_to = 1000000;
    must_fail(prices_insert(db, a, &p, &err), ERR_INVALID);
}

static const char *seed(const char *model, const char *since, int input)
{
    return superuser("prices", arena_printf(a, "set search_path = moongate; select prices_seed('openai', '%s', 0, '%s', 'USD', %d, 1, null, null, null, null, 0, 0,"
                                               " 'later', '2027-01-01')", model, since, input));
}

/* A later release's prices: a new row where they changed, none where they did not, none beside a person's own. */
static void test_a_later_seed(void **state)
{
    (void)state;
    assert_string_equal(seed("gpt-4o", "2027-01-01Z", 7), "t");
    assert_string_equal(seed("gpt-4o", "2027-02-01Z", 7), "f");
    assert_string_equal(seed("gpt-4o", "2026-01-01Z", 8), "f");      /* older than what is known */
    assert_int_equal(listed("openai", "gpt-4o").n, 3);                /* and -mini */
    struct price_row mine = row_of("GPT-4.1", clock_wall(), 42);
    must(prices_insert(db, a, &mine, &err));
    assert_string_equal(seed("gpt-4.1", "2027-01-01Z", 7), "f");
    struct price_row back;
    must(prices_get(db, a, mine.id, &back, &err));
    assert_int_equal(back.input, 42);
}

/* Runs of before the columns: what had a cost was priced, what had none in the cloud is not known. */
static void test_runs_of_before(void **state)
{
    (void)state;
    superuser("prices", "insert into moongate.runs (id, started_at, api, status, http_status, is_local, cost_micros) values"
                        " ('00000000-0000-7000-8000-000000000001', now(), 'x', 'ok', 200, false, 5), ('00000000-0000-7000-8000-000000000002', now(), 'x', 'ok', 200, false, 0),"
                        " ('00000000-0000-7000-8000-000000000003', now(), 'x', 'ok', 200, true, 0)");
    const bool priced[] = {true, false, true};
    for (int i = 0; i < 3; i++) {
        struct run_row run;
        must(runs_get(db, a, arena_printf(a, "00000000-0000-7000-8000-00000000000%d", i + 1), &run, &err));
        assert_true(run.priced == priced[i]);
        assert_null(run.price);
    }
}

/* Up from the release before, with rows in every table that changes. */
static void test_upgrade_with_data(void **state)
{
    (void)state;
    char folder[] = "/tmp/moongate-upgrade.XXXXXX";
    int applied;
    assert_non_null(mkdtemp(folder));
    static const char *const before[] = {"0001_start.sql", "0002_conversation.sql", "roles.sql"};
    for (size_t i = 0; i < COUNT(before); i++) {
        char *from = realpath(arena_printf(a, SQL_FOLDER "/%s", before[i]), arena_alloc(a, 4096));
        assert_non_null(from);
        assert_int_equal(symlink(from, arena_printf(a, "%s/%s", folder, before[i])), 0);
    }
    database_make("upgrade");
    must(db_migrate(url_of("upgrade"), folder, &applied, &err));
    assert_int_equal(applied, 2);
    superuser("upgrade", "insert into moongate.users (id, name, role, password_phc) values (gen_random_uuid(), 'ada', 'admin', 'x');"
                         " insert into moongate.spend (day, key_id, provider_id, model, runs, cost_micros) values ('2026-11-20', 'k', 'p', 'm', 3, 7);"
                         " insert into moongate.runs (id, started_at, api, status, http_status, cost_micros) select gen_random_uuid(), now(), 'x', 'ok', 200, n"
                         " from generate_series(1, 1000) as n");
    must(db_migrate(url_of("upgrade"), SQL_FOLDER, &applied, &err));
    assert_true(applied >= 1);
    assert_string_equal(superuser("upgrade", "select currency from moongate.users"), "USD");
    assert_string_equal(superuser("upgrade", "select cost_micros + avoided_micros + unpriced from moongate.spend"), "7");
    assert_string_equal(superuser("upgrade", "select count(*) from moongate.runs where priced is null and price is null"), "1000");
    assert_string_equal(superuser("upgrade", "select count(*) > 100 from moongate.prices"), "t");
    for (size_t i = 0; i < COUNT(before); i++)
        unlink(arena_printf(a, "%s/%s", folder, before[i]));
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seed), cmocka_unit_test(test_rows), cmocka_unit_test(test_a_later_seed), cmocka_unit_test(test_runs_of_before),
        cmocka_unit_test(test_upgrade_with_data),
    };
    return cmocka_run_group_tests(tests, begin, database_end);
}
