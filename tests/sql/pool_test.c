/* SPDX-License-Identifier: MIT */
/* The pool under threads, lost connections, frozen and stopped servers. */
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/metrics.h"
#include "cluster.h"
#include "db/settings.h"

struct number {
    int64_t n;
};
static const struct field number_fields[] = {FIELD(struct number, n), FIELD_END};
static const struct sql PID = {"test.pid", "select pg_backend_pid() as n", SQL_ROW(struct number, number_fields)};
static const struct sql SLEEP = {"test.sleep", "select 1 as n from pg_sleep($1)", SQL_ROW(struct number, number_fields)};
static const struct sql CHANGE = {
    "test.change",
    "with new as (insert into settings (name, value) select $1, 'x' from pg_sleep($2) returning 1) select 1 as n from new",
    SQL_ROW(struct number, number_fields),
};
static const struct sql SERIES = {
    "test.series", "select n::bigint from generate_series(1, $1::int) as n", SQL_ROW(struct number, number_fields),
};

static int begin(void **state)
{
    return database_begin(state, "pool");
}

static int64_t backend(struct db *from)
{
    struct number pid;
    must(db_one(from, a, &PID, DB_NONE, &pid, &err));
    return pid.n;
}

static void terminate(int64_t pid)
{
    superuser("pool", arena_printf(a, "select pg_terminate_backend(%lld)", (long long)pid));
    usleep(50000);
}

struct worker {
    struct db *db;
    struct err err;
    int64_t done, seen_max;
    bool ok;
};

static void *work(void *arg)
{
    struct worker *w = arg;
    struct arena *mine = arena_new();
    struct number one;
    w->ok = true;
    for (int i = 0; i < 100 && w->ok; i++) {
        struct db *tx = w->db;
        if (i % 4 == 0)
            w->ok = db_begin(w->db, &tx, &w->err);
        w->ok = w->ok && db_one(tx, mine, &PID, DB_NONE, &one, &w->err);
        if (tx != w->db)
            w->ok = db_end(tx, w->ok, &w->err) && w->ok;
        w->done += w->ok;
        arena_reset(mine);
    }
    arena_free(mine);
    return NULL;
}

static void test_eight_threads_share_two_connections(void **state)
{
    (void)state;
    struct worker workers[8];
    pthread_t threads[8];
    struct db *two = pool_open(url_of("pool"), 2, 5000);
    for (size_t i = 0; i < COUNT(workers); i++) {
        workers[i] = (struct worker){.db = two};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < COUNT(workers); i++) {
        pthread_join(threads[i], NULL);
        if (!workers[i].ok)
            fail_msg("%s", workers[i].err.text);
        assert_int_equal(workers[i].done, 100);
    }
    const char *open = superuser("pool", "select count(*) from pg_stat_activity where datname = 'pool'"
                                         " and pid <> pg_backend_pid()");
    assert_true(strtol(open, NULL, 10) <= 2 + 1);         /* and the one of this file's own pool */
    db_close(two);
}

static void test_no_free_connection(void **state)
{
    (void)state;
    struct db *tx, *one = db_open(&(struct db_options){.url = url_of("pool"), .size = 1, .wait_ms = 200, .statement_ms = 5000});
    must(db_begin(one, &tx, &err));
    assert_true(db_is_transaction(tx));
    int64_t start = clock_mono();
    must_fail(db_ping(one, &err), ERR_DATABASE);
    assert_non_null(strstr(err.text, "no free database connection"));
    assert_in_range(clock_mono() - start, 190000, 2000000);
    must(db_end(tx, true, &err));
    must(db_ping(one, &err));
    db_close(one);
}

static void test_a_killed_idle_connection_is_not_noticed(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        int64_t pid = backend(db);
        terminate(pid);
        assert_int_not_equal(backend(db), pid);
        terminate(backend(db));
        must(settings_set(db, a, "pool.test", "x", "tester", &err));           /* a change neither */
    }
}

struct killer {
    char *url;
    const char *needle;
};

static void *kill_needle(void *arg)
{
    struct killer *k = arg;
    PGconn *pg = PQconnectdb(k->url);
    for (int i = 0; i < 300; i++) {
        PGresult *r = PQexecParams(pg, "select pg_terminate_backend(pid) from pg_stat_activity where state = 'active' and"
                                       " query like $1 and pid <> pg_backend_pid()", 1, NULL, &k->needle, NULL, NULL, 0);
        bool done = PQntuples(r) > 0;
        PQclear(r);
        if (done)
            break;
        usleep(10000);
    }
    PQfinish(pg);
    return NULL;
}

static pthread_t kill_while_running(struct killer *k)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, kill_needle, k), 0);
    return thread;
}

static void test_a_read_cut_off_is_repeated(void **state)
{
    (void)state;
    struct number one;
    struct killer k = {arena_text(a, url_of("pool")), "select 1 as n from pg_sleep%"};
    pthread_t thread = kill_while_running(&k);
    int64_t start = clock_mono();
    must(db_one(db, a, &SLEEP, DB("0.7"), &one, &err));
    assert_true(clock_mono() - start > 700000);
    pthread_join(thread, NULL);
}

static void test_a_change_cut_off_is_uncertain(void **state)
{
    (void)state;
    struct number one;
    struct killer k = {arena_text(a, url_of("pool")), "with new as (insert%"};
    pthread_t thread = kill_while_running(&k);
    must_fail(db_one(db, a, &CHANGE, DB("cut", "5"), &one, &err), ERR_UNCERTAIN);
    pthread_join(thread, NULL);
    assert_string_equal(superuser("pool", "select count(*) from moongate.settings where name = 'cut'"), "0");
    must(db_ping(db, &err));
}

static void test_transactions(void **state)
{
    (void)state;
    struct db *tx;
    struct setting_row row;
    bool found;
    must(db_begin(db, &tx, &err));
    must(settings_set(tx, a, "tx.a", "1", "", &err));
    must(settings_find(db, a, "tx.a", &row, &found, &err));
    assert_false(found);                                  /* others do not see it yet */
    must(db_end(tx, true, &err));
    must(settings_find(db, a, "tx.a", &row, &found, &err));
    assert_true(found);

    must(db_begin(db, &tx, &err));
    must(settings_set(tx, a, "tx.a", "2", "", &err));
    must(db_end(tx, false, &err));
    must(settings_find(db, a, "tx.a", &row, &found, &err));
    assert_string_equal(row.value, "1");

    /* a failed statement cannot be committed over */
    static const struct sql BAD = {"test.bad", "insert into settings (name, value) values ('tx.b', null)", SQL_NO_ROWS};
    must(db_begin(db, &tx, &err));
    must(settings_set(tx, a, "tx.b", "1", "", &err));
    must_fail(db_exec(tx, a, &BAD, DB_NONE, NULL, &err), ERR_INVALID);
    assert_string_equal(err.field, "value");
    must_fail(db_end(tx, true, &err), ERR_INTERNAL);
    must(settings_find(db, a, "tx.b", &row, &found, &err));
    assert_false(found);
}

static void test_a_transaction_whose_connection_is_lost(void **state)
{
    (void)state;
    struct db *tx;
    must(db_begin(db, &tx, &err));
    must(settings_set(tx, a, "tx.lost", "1", "", &err));
    terminate(backend(tx));
    must_fail(settings_set(tx, a, "tx.lost", "2", "", &err), ERR_DATABASE);
    must_fail(db_ping(tx, &err), ERR_DATABASE);
    must_fail(db_end(tx, true, &err), ERR_DATABASE);
    must(db_begin(db, &tx, &err));
    terminate(backend(tx));
    must_fail(db_end(tx, true, &err), ERR_DATABASE);      /* it was seen before the commit was sent */
    must(db_ping(db, &err));
    assert_string_equal(superuser("pool", "select count(*) from moongate.settings where name = 'tx.lost'"), "0");
}

/* A commit that takes long, because a trigger waits until then. */
static void test_a_commit_cut_off_is_uncertain(void **state)
{
    (void)state;
    static const struct sql SLOW = {"test.slow", "insert into slow values (1)", SQL_NO_ROWS};
    struct db *tx;
    superuser("pool", "create table moongate.slow (n int); grant insert on moongate.slow to moongate_app;"
                      " create function moongate.wait() returns trigger language plpgsql as"
                      " 'begin perform pg_sleep(5); return null; end';"
                      " create constraint trigger slow_wait after insert on moongate.slow deferrable initially deferred"
                      " for each row execute function moongate.wait()");
    struct killer k = {arena_text(a, url_of("pool")), "commit"};
    must(db_begin(db, &tx, &err));
    must(db_exec(tx, a, &SLOW, DB_NONE, NULL, &err));
    pthread_t thread = kill_while_running(&k);
    must_fail(db_end(tx, true, &err), ERR_UNCERTAIN);
    pthread_join(thread, NULL);
    must(db_ping(db, &err));
}

struct sum {
    int64_t n, total, stop_at;
};

static bool add(void *arg, const void *row)
{
    struct sum *s = arg;
    s->n++;
    s->total += ((const struct number *)row)->n;
    return s->n != s->stop_at;
}

static void test_row_by_row(void **state)
{
    (void)state;
    struct arena *scratch = arena_new();
    struct sum all = {0}, none = {0}, some = {.stop_at = 10};
    struct db *tx;
    must(db_each(db, scratch, &SERIES, DB("20000"), add, &all, &err));
    assert_int_equal(all.n, 20000);
    assert_int_equal(all.total, 20000LL * 20001 / 2);
    must(db_each(db, scratch, &SERIES, DB("0"), add, &none, &err));
    assert_int_equal(none.n, 0);
    must(db_each(db, scratch, &SERIES, DB("1000000"), add, &some, &err));
    assert_int_equal(some.n, 10);
    must(db_ping(db, &err));
    must(db_begin(db, &tx, &err));                        /* in a transaction the connection is kept */
    some = (struct sum){.stop_at = 10};
    must(db_each(tx, scratch, &SERIES, DB("1000"), add, &some, &err));
    must(db_ping(tx, &err));
    must(db_end(tx, true, &err));
    must_fail(db_each(db, scratch, &SERIES, DB("x"), add, &all, &err), ERR_INVALID);
    must(db_ping(db, &err));
    arena_free(scratch);
}

static void test_a_statement_that_takes_too_long(void **state)
{
    (void)state;
    struct number one;
    struct db *hasty = pool_open(url_of("pool"), 1, 300);
    must_fail(db_one(hasty, a, &SLEEP, DB("5"), &one, &err), ERR_DATABASE);
    assert_string_equal(db_sqlstate(), "57014");
    must(db_ping(hasty, &err));
    db_close(hasty);
}

/* The server process is stopped, not dead: its kernel still takes our bytes. */
static void test_a_frozen_server_costs_the_limit_and_no_more(void **state)
{
    (void)state;
    struct number one;
    struct db *hasty = pool_open(url_of("pool"), 2, 300);
    pid_t pid = (pid_t)backend(hasty);
    int64_t start = clock_mono();
    if (kill(pid, SIGSTOP) != 0)
        skip();
    must_fail(db_one(hasty, a, &PID, DB_NONE, &one, &err), ERR_DATABASE);
    assert_in_range(clock_mono() - start, 2000000, 3500000);
    kill(pid, SIGCONT);
    assert_int_not_equal(backend(hasty), pid);
    db_close(hasty);
}

/* More statements than a connection remembers. */
static void test_many_statements(void **state)
{
    (void)state;
    struct number one;
    struct sql *many = NEW_ARRAY(a, struct sql, 700);
    struct db *single = pool_open(url_of("pool"), 1, 5000);
    for (int turn = 0; turn < 2; turn++)
        for (int i = 0; i < 700; i++) {
            if (turn == 0)
                many[i] = (struct sql){arena_printf(a, "test.many_%d", i), arena_printf(a, "select %d::bigint as n", i),
                                       SQL_ROW(struct number, number_fields)};
            must(db_one(single, a, &many[i], DB_NONE, &one, &err));
            assert_int_equal(one.n, i);
        }
    db_close(single);
}

/* A table that changes under a prepared statement. */
static void test_a_stale_statement_is_prepared_again(void **state)
{
    (void)state;
    static const struct sql ALL = {"test.all_of_it", "select * from growing", SQL_ROW(struct number, number_fields)};
    struct list rows;
    superuser("pool", "create table moongate.growing (n bigint); insert into moongate.growing values (1);"
                      " grant select on moongate.growing to moongate_app");
    must(db_all(db, a, &ALL, DB_NONE, &rows, &err));
    superuser("pool", "alter table moongate.growing add more text");
    must(db_all(db, a, &ALL, DB_NONE, &rows, &err));
    assert_int_equal(rows.n, 1);
}

static void test_listening(void **state)
{
    (void)state;
    bool got;
    struct db_listener *l = db_listen(&(struct db_options){.url = url_of("pool")}, "moongate_settings");
    must(db_wait(l, 1000, &got, &err));
    assert_true(got);                                     /* what was missed before */
    must(db_wait(l, 50, &got, &err));
    assert_false(got);
    must(settings_set(db, a, "listen.test", "1", "", &err));
    int64_t start = clock_mono();
    must(db_wait(l, 5000, &got, &err));
    assert_true(got);
    assert_true(clock_mono() - start < 1000000);
    terminate(strtoll(superuser("pool", "select pid from pg_stat_activity where query like 'listen %'"), NULL, 10));
    must_fail(db_wait(l, 5000, &got, &err), ERR_DATABASE);
    must(db_wait(l, 5000, &got, &err));
    assert_true(got);
    db_listen_close(l);
}

static void cluster(const char *what)
{
    char *command = arena_printf(a, "%s %s", getenv("MOONGATE_TEST_CTL"), what);
    if (system(command) != 0)
        fail_msg("%s", command);
}

static void test_the_server_stops_and_starts(void **state)
{
    (void)state;
    bool got;
    struct setting_row row;
    struct db_listener *l = db_listen(&(struct db_options){.url = url_of("pool")}, "moongate_settings");
    must(db_ping(db, &err));
    must(db_wait(l, 1000, &got, &err));
    assert_true(db_up(db));
    cluster("stop");
    int64_t start = clock_mono();
    must_fail(db_ping(db, &err), ERR_DATABASE);
    assert_true(clock_mono() - start < 1000000);
    assert_false(db_up(db));
    assert_int_equal(metric_get(METRIC_database_up), 0);
    start = clock_mono();
    for (int i = 0; i < 1000; i++)
        must_fail(settings_set(db, a, "stop", "1", "", &err), ERR_DATABASE);
    assert_true(clock_mono() - start < 500000);           /* a dead database costs nothing */
    must_fail(db_wait(l, 100, &got, &err), ERR_DATABASE);
    must_fail(db_wait(l, 100, &got, &err), ERR_DATABASE);
    cluster("start");
    for (start = clock_mono(); !settings_find(db, a, "stop", &row, &got, &err) && clock_mono() - start < 5000000;)
        usleep(20000);
    must(settings_find(db, a, "stop", &row, &got, &err));
    assert_false(got);
    assert_true(db_up(db));
    assert_int_equal(metric_get(METRIC_database_up), 1);
    must(settings_set(db, a, "stop", "1", "", &err));
    must(db_wait(l, 5000, &got, &err));
    assert_true(got);
    db_listen_close(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eight_threads_share_two_connections),
        cmocka_unit_test(test_no_free_connection),
        cmocka_unit_test(test_a_killed_idle_connection_is_not_noticed),
        cmocka_unit_test(test_a_read_cut_off_is_repeated),
        cmocka_unit_test(test_a_change_cut_off_is_uncertain),
        cmocka_unit_test(test_transactions),
        cmocka_unit_test(test_a_transaction_whose_connection_is_lost),
        cmocka_unit_test(test_a_commit_cut_off_is_uncertain),
        cmocka_unit_test(test_row_by_row),
        cmocka_unit_test(test_a_statement_that_takes_too_long),
        cmocka_unit_test(test_a_frozen_server_costs_the_limit_and_no_more),
        cmocka_unit_test(test_many_statements),
        cmocka_unit_test(test_a_stale_statement_is_prepared_again),
        cmocka_unit_test(test_listening),
        cmocka_unit_test(test_the_server_stops_and_starts),
    };
    return cmocka_run_group_tests(tests, begin, database_end);
}
