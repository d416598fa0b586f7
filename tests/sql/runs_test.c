/* SPDX-License-Identifier: MIT */
#include <pthread.h>

#include "cluster.h"
#include "db/runs.h"
#include "db/spend.h"

static const int64_t DAY = INT64_C(86400000000);
static const int64_t BASE = INT64_C(1763600000000000);           /* 2025-11-20 00:53:20 UTC */

static int begin(void **state)
{
    return database_begin(state, "runs");
}

static struct attempt_row *attempts(size_t n)
{
    struct attempt_row *rows = NEW_ARRAY(a, struct attempt_row, n);
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct attempt_row){.n = (int64_t)i + 1, .provider_id = "p1", .provider_name = "one", .model = "m", .result =
                                       i + 1 < n ? "timeout" : "ok", .http_status = 200, .offset_us = (int64_t)i * 1000,
                                       .latency_us = 5, .reused = true, .detail = i ? NULL : "first \"try\""};
    return rows;
}

static struct run_entry entry(int64_t at, const char *status, size_t tries)
{
    return (struct run_entry){
        .run = {.id = new_id(), .started_at = at, .api = "openai.chat", .status = status, .http_status = 200,
                .requested_model = "m", .actual_model = "m-1", .provider_id = "p1", .provider_name = "one", .is_local = true,
                .latency_us = 1200, .first_token_us = 300, .tokens_in = 10, .tokens_out = 20, .cost_micros = 7,
                .attempts = (int64_t)tries, .key_id = "key1", .key_name = "k", .data_class = "public",
                .policy_profile = "standard", .decision = "{\"why\": \"only one, 中文\"}"},
        .attempts = {attempts(tries), tries},
    };
}

static void wipe(void)
{
    superuser("runs", "truncate moongate.runs, moongate.attempts, moongate.spend");
}

static void test_round_trip(void **state)
{
    (void)state;
    struct run_entry e = entry(BASE + 123456, "ok", 2);
    struct run_row run;
    struct list tries;
    int64_t n;
    e.run.user_name = "tab\tnew\nline \"quote\" \\ <&> 中文 \x01";
    e.run.request_id = NULL;
    must(runs_insert(db, a, &e, 1, &n, &err));
    assert_int_equal(n, 1);
    must(runs_get(db, a, e.run.id, &run, &err));
    assert_int_equal(run.started_at, BASE + 123000);               /* to the millisecond */
    assert_string_equal(run.user_name, e.run.user_name);
    assert_string_equal(run.request_id, "");
    assert_string_equal(run.decision, "{\"why\": \"only one, 中文\"}");
    assert_true(run.is_local && !run.stream && !run.sovereign);
    assert_int_equal(run.tokens_out, 20);
    must(attempts_list(db, a, e.run.id, &tries, &err));
    assert_int_equal(tries.n, 2);
    const struct attempt_row *t = tries.items;
    assert_string_equal(t[0].result, "timeout");
    assert_string_equal(t[0].detail, "first \"try\"");
    assert_string_equal(t[1].detail, "");
    assert_string_equal(t[1].run_id, e.run.id);
    assert_true(t[1].reused);
    must(runs_insert(db, a, NULL, 0, &n, &err));
    assert_int_equal(n, 0);
    must_fail(runs_get(db, a, new_id(), &run, &err), ERR_NOT_FOUND);
    must_fail(runs_get(db, a, "../etc", &run, &err), ERR_NOT_FOUND);
    wipe();
}

/* One bad run refuses its batch, with a state that tells it from a sick database. */
static void test_poison(void **state)
{
    (void)state;
    struct run_entry e[2] = {entry(BASE, "ok", 1), entry(BASE, "ok", 1)};
    int64_t n;
    e[1].run.id = "not a uuid";
    must_fail(runs_insert(db, a, e, 2, &n, &err), ERR_INVALID);
    assert_memory_equal(db_sqlstate(), "22", 2);
    e[1] = entry(BASE, "ok", 1);
    e[1].run.http_status = INT64_MAX;
    must_fail(runs_insert(db, a, e, 2, &n, &err), ERR_INVALID);
    e[1] = entry(BASE, "ok", 1);
    e[1].run.key_name = "bad utf-8 \xff\xfe";
    must(runs_insert(db, a, e, 2, &n, &err));
    assert_int_equal(n, 2);
    wipe();
}

static struct spend_row spend_sum(void)
{
    struct list list;
    must(spend_by_key(db, a, BASE - DAY * 30, BASE + DAY * 30, &list, &err));
    return list.n > 0 ? *(struct spend_row *)list.items : (struct spend_row){0};
}

static void test_replaying_counts_once(void **state)
{
    (void)state;
    struct run_entry e[5];
    int64_t n;
    for (size_t i = 0; i < 4; i++)
        e[i] = entry(BASE + (int64_t)i * 1000, i == 3 ? "error" : "ok", i);
    e[4] = e[2];                                                   /* twice in one batch */
    must(runs_insert(db, a, e, 5, &n, &err));
    assert_int_equal(n, 4);
    for (int turn = 0; turn < 3; turn++) {
        must(runs_insert(db, a, e, 5, &n, &err));
        assert_int_equal(n, 0);
    }
    struct run_entry more[2] = {e[1], entry(BASE, "ok", 1)};       /* partly new */
    must(runs_insert(db, a, more, 2, &n, &err));
    assert_int_equal(n, 1);
    struct spend_row sum = spend_sum();
    assert_int_equal(sum.runs, 5);
    assert_int_equal(sum.failed, 1);
    assert_int_equal(sum.tokens_in, 50);
    assert_int_equal(sum.tokens_out, 100);
    assert_int_equal(sum.cost_micros, 35);
    assert_string_equal(superuser("runs", "select count(*) from moongate.attempts"), "7");
    wipe();
}

struct replayer {
    struct run_entry *entries;
    struct random random;
    struct err err;
    int64_t inserted;
    bool ok;
};

static void *replay(void *arg)
{
    struct replayer *r = arg;
    struct arena *own = arena_new();
    r->ok = true;
    for (int i = 0; i < 40 && r->ok; i++) {
        size_t from = random_below(&r->random, 180), n = 1 + random_below(&r->random, 20);
        int64_t inserted = 0;
        do {                                                       /* a deadlock would be tried again by the replay job */
            r->ok = runs_insert(db, own, r->entries + from, n, &inserted, &r->err);
        } while (!r->ok && r->err.kind == ERR_BUSY);
        r->inserted += r->ok ? inserted : 0;
        arena_reset(own);
    }
    arena_free(own);
    return NULL;
}

/* Three replayers over the same runs in any order: every run once, and counters equal to the sum of rows. */
static void test_replayers_at_once(void **state)
{
    (void)state;
    struct random random = random_start();
    struct run_entry *all = NEW_ARRAY(a, struct run_entry, 200);
    struct replayer replayers[3];
    pthread_t threads[3];
    int64_t inserted = 0;
    for (size_t i = 0; i < 200; i++) {
        all[i] = entry(BASE + (int64_t)random_below(&random, 3 * 86400) * 1000000, random_below(&random, 5) ? "ok" : "error", 1);
        all[i].run.actual_model = random_below(&random, 2) ? "a" : "b";
        all[i].run.cost_micros = (int64_t)random_below(&random, 1000);
    }
    for (size_t i = 0; i < COUNT(threads); i++) {
        replayers[i] = (struct replayer){.entries = all, .random = {random_next(&random)}};
        assert_int_equal(pthread_create(&threads[i], NULL, replay, &replayers[i]), 0);
    }
    for (size_t i = 0; i < COUNT(threads); i++) {
        pthread_join(threads[i], NULL);
        if (!replayers[i].ok)
            fail_msg("%s", replayers[i].err.text);
        inserted += replayers[i].inserted;
    }
    assert_string_equal(superuser("runs", "select count(*) from moongate.runs"), arena_printf(a, "%lld", (long long)inserted));
    assert_string_equal(superuser("runs",
        "select count(*) from (select (started_at at time zone 'UTC')::date, key_id, provider_id, actual_model, count(*),"
        " count(*) filter (where status <> 'ok'), sum(tokens_in), sum(tokens_out), sum(cost_micros), sum(avoided_micros),"
        " count(*) filter (where not priced) from moongate.runs group by 1, 2, 3, 4 except select * from moongate.spend) as differ"), "0");
    wipe();
}

/* ---- lists ---- */

static struct run_entry *many(struct random *r, size_t n)
{
    struct run_entry *all = NEW_ARRAY(a, struct run_entry, n);
    for (size_t i = 0; i < n; i++) {
        all[i] = entry(BASE + (int64_t)random_below(r, 60) * 1000, random_below(r, 3) ? "ok" : "error", 0);
        all[i].run.provider_id = random_below(r, 2) ? "p1" : "p2";
        all[i].run.key_id = random_below(r, 2) ? "key1" : "key2";
        all[i].run.actual_model = random_below(r, 2) ? "m-1" : "m-2";
    }
    must(runs_insert(db, a, all, n, NULL, &err));
    return all;
}

/* As it should be: the same question asked of the whole list. */
static bool fits(const struct run_row *r, const struct run_filter *f)
{
    return (!f->from || r->started_at >= f->from) && (!f->to || r->started_at < f->to) &&
           (!f->status || strcmp(f->status, r->status) == 0) && (!f->failed || strcmp(r->status, "ok") != 0) &&
           (!f->provider_id || strcmp(f->provider_id, r->provider_id) == 0) &&
           (!f->key_id || strcmp(f->key_id, r->key_id) == 0) &&
           (!f->model || strcmp(f->model, r->actual_model) == 0 || strcmp(f->model, r->requested_model) == 0);
}

static int newest_first(const void *p, const void *q)
{
    const struct run_row *x = &((const struct run_entry *)p)->run, *y = &((const struct run_entry *)q)->run;
    if (x->started_at != y->started_at)
        return x->started_at < y->started_at ? 1 : -1;
    return strcmp(y->id, x->id);
}

static struct run_filter any_filter(struct random *r)
{
    return (struct run_filter){
        .from = random_below(r, 2) ? BASE + (int64_t)random_below(r, 60) * 1000 : 0,
        .to = random_below(r, 2) ? BASE + (int64_t)random_below(r, 60) * 1000 : 0,
        .status = random_below(r, 4) ? NULL : "error", .failed = random_below(r, 3) == 0,
        .provider_id = random_below(r, 3) ? NULL : "p2", .key_id = random_below(r, 3) ? NULL : "key1",
        .model = random_below(r, 3) ? NULL : "m-2", .limit = 1 + (int64_t)random_below(r, 40),
    };
}

/* Page after page downwards, then back up: every run that fits, once, in order. */
static void check_pages(const struct run_entry *all, size_t n, struct run_filter f)
{
    struct list page;
    size_t at = 0, want = 0;
    for (size_t i = 0; i < n; i++)
        want += fits(&all[i].run, &f);
    for (;;) {
        must(runs_list(db, a, &f, &page, &err));
        const struct run_row *rows = page.items;
        for (size_t i = 0; i < page.n; i++, at++) {
            while (at < n && !fits(&all[at].run, &f))
                at++;
            assert_true(at < n);
            assert_string_equal(rows[i].id, all[at].run.id);
        }
        if (page.n < (size_t)f.limit)
            break;
        f.before = (struct run_cursor){rows[page.n - 1].started_at, rows[page.n - 1].id};
    }
    int64_t count;
    must(runs_count(db, a, &f, 1000, &count, &err));
    assert_int_equal(count, want);
    must(runs_count(db, a, &f, 3, &count, &err));
    assert_int_equal(count, want < 3 ? want : 3);
}

static void check_neighbours(const struct run_entry *all, size_t n, const struct run_filter *f, size_t i)
{
    const char *newer, *older, *want_newer = NULL, *want_older = NULL;
    for (size_t k = 0; k < i; k++)
        if (fits(&all[k].run, f))
            want_newer = all[k].run.id;
    for (size_t k = n; k-- > i + 1;)
        if (fits(&all[k].run, f))
            want_older = all[k].run.id;
    must(runs_neighbours(db, a, f, &all[i].run, &newer, &older, &err));
    assert_true((!newer && !want_newer) || (newer && want_newer && strcmp(newer, want_newer) == 0));
    assert_true((!older && !want_older) || (older && want_older && strcmp(older, want_older) == 0));
}

static void test_any_page_of_any_filter(void **state)
{
    (void)state;
    struct random r = random_start();
    size_t n = 150;
    struct run_entry *all = many(&r, n);
    qsort(all, n, sizeof(*all), newest_first);
    for (int i = 0; i < 100; i++) {
        struct run_filter f = any_filter(&r);
        check_pages(all, n, f);
        check_neighbours(all, n, &f, random_below(&r, n));
    }
    struct run_filter up = {.limit = 4, .after = {all[20].run.started_at, all[20].run.id}};
    struct list page;
    must(runs_list(db, a, &up, &page, &err));
    assert_int_equal(page.n, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(((struct run_row *)page.items)[i].id, all[16 + i].run.id);
    wipe();
}

static void test_totals(void **state)
{
    (void)state;
    struct run_totals t;
    struct run_entry e[4] = {entry(BASE, "ok", 0), entry(BASE + 1000, "ok", 0), entry(BASE + 2000, "error", 0),
                             entry(BASE + 3000, "cancelled", 0)};
    e[1].run.latency_us = 9000;
    must(runs_totals(db, a, BASE, BASE + DAY, &t, &err));
    assert_int_equal(t.runs, 0);
    assert_int_equal(t.latency_p95_us, 0);
    must(runs_insert(db, a, e, 4, NULL, &err));
    must(runs_totals(db, a, BASE, BASE + DAY, &t, &err));
    assert_int_equal(t.runs, 4);
    assert_int_equal(t.failed, 2);
    assert_int_equal(t.cancelled, 1);
    assert_int_equal(t.local_runs, 4);
    assert_int_equal(t.cost_micros, 28);
    assert_int_equal(t.latency_p50_us, 1200);
    assert_int_equal(t.latency_p95_us, 9000);
    assert_int_equal(t.last_at, BASE + 3000);
    must(runs_totals(db, a, BASE, BASE + 1000, &t, &err));
    assert_int_equal(t.runs, 1);
    wipe();
}

static void test_spend_days(void **state)
{
    (void)state;
    struct list list;
    struct run_entry e[3] = {entry(BASE, "ok", 0), entry(BASE + DAY, "ok", 0), entry(BASE + DAY, "ok", 0)};
    e[2].run.key_id = "key2";
    must(runs_insert(db, a, e, 3, NULL, &err));
    must(spend_list(db, a, BASE, BASE + 2 * DAY, NULL, &list, &err));
    assert_int_equal(list.n, 3);
    const struct spend_row *rows = list.items;
    assert_string_equal(rows[0].day, "2025-11-21");
    assert_string_equal(rows[0].key_id, "key1");
    assert_string_equal(rows[2].day, "2025-11-20");
    must(spend_list(db, a, BASE, BASE + DAY, "key1", &list, &err));
    assert_int_equal(list.n, 1);
    must(spend_by_key(db, a, BASE, BASE + 2 * DAY, &list, &err));
    assert_int_equal(list.n, 2);
    assert_int_equal(((struct spend_row *)list.items)[0].runs, 2);
    wipe();
}

/* Rows that came before their day's partition move into it, and nothing is lost or counted again. */
static void test_partitions(void **state)
{
    (void)state;
    struct run_entry e[3] = {entry(BASE, "ok", 2), entry(BASE + DAY, "ok", 1), entry(BASE + 20 * DAY, "ok", 1)};
    struct run_row run;
    int64_t n;
    must(runs_insert(db, a, e, 3, NULL, &err));
    must(runs_partitions(db, a, BASE, 3, &n, &err));
    assert_int_equal(n, 6);
    must(runs_partitions(db, a, BASE, 3, &n, &err));
    assert_int_equal(n, 0);
    must(runs_partitions(db, a, BASE, 4, &n, &err));
    assert_int_equal(n, 2);
    assert_string_equal(superuser("runs", "select count(*) from moongate.runs_20251120"), "1");
    assert_string_equal(superuser("runs", "select count(*) from moongate.attempts_20251120"), "2");
    assert_string_equal(superuser("runs", "select count(*) from moongate.runs_default"), "1");
    must(runs_get(db, a, e[0].run.id, &run, &err));
    must(runs_insert(db, a, e, 3, &n, &err));
    assert_int_equal(n, 0);
    struct run_entry last = entry(BASE - BASE % DAY + 2 * DAY - 1000, "ok", 1);      /* the last millisecond of the 21st */
    must(runs_insert(db, a, &last, 1, &n, &err));
    assert_string_equal(superuser("runs", "select count(*) from moongate.runs_20251121"), "2");
    must_fail(runs_partitions(db, a, BASE, 5000, &n, &err), ERR_INVALID);
    /* the program's role cannot change what is recorded, also not through a partition */
    static const struct sql DELETE_PART = {"test.delete_part", "delete from runs_20251120", SQL_NO_ROWS};
    must_fail(db_exec(db, a, &DELETE_PART, DB_NONE, NULL, &err), ERR_INTERNAL);
    wipe();
}

/* How fast a spool drains: a figure for the log. */
static void test_speed(void **state)
{
    (void)state;
    enum { BATCHES = 10, BATCH = 500 };
    struct run_entry *batch = NEW_ARRAY(a, struct run_entry, BATCH);
    int64_t spent = 0;
    for (int b = 0; b < BATCHES; b++) {
        struct arena *own = arena_new();
        for (size_t i = 0; i < BATCH; i++)
            batch[i] = entry(BASE + b * 1000000 + (int64_t)i * 1000, "ok", 1);
        int64_t start = clock_mono();
        must(runs_insert(db, own, batch, BATCH, NULL, &err));
        spent += clock_mono() - start;
        arena_free(own);
    }
    print_message("runs inserted per second: %lld\n", (long long)(BATCHES * BATCH * INT64_C(1000000) / spent));
    wipe();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_poison),
        cmocka_unit_test(test_replaying_counts_once),
        cmocka_unit_test(test_replayers_at_once),
        cmocka_unit_test(test_any_page_of_any_filter),
        cmocka_unit_test(test_totals),
        cmocka_unit_test(test_spend_days),
        cmocka_unit_test(test_partitions),
        cmocka_unit_test(test_speed),
    };
    return cmocka_run_group_tests(tests, begin, database_end);
}
