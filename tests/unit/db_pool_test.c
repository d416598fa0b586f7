/* SPDX-License-Identifier: MIT */
/* What the pool does without a database; with one: tests/sql/pool_test.c. */
#include <pthread.h>
#include <string.h>

#include "property.h"
#include "base/clock.h"
#include "base/err.h"
#include "db/db.h"

static struct db *pool(const char *url)
{
    return db_open(&(struct db_options){.url = url, .size = 4, .wait_ms = 1000, .statement_ms = 1000});
}

static void test_nobody_there(void **state)
{
    (void)state;
    struct err err;
    struct db *db = pool("host=/nowhere/at/all dbname=x user=x password=planted"), *tx;
    assert_false(db_up(db));
    assert_false(db_is_transaction(db));
    assert_false(db_ping(db, &err));
    assert_int_equal(err.kind, ERR_DATABASE);
    assert_null(strstr(err.text, "planted"));
    int64_t start = clock_mono();
    for (int i = 0; i < 10000; i++) {
        assert_false(db_begin(db, &tx, &err));
        assert_int_equal(err.kind, ERR_DATABASE);
    }
    assert_true(clock_mono() - start < 1000000);
    db_close(db);
}

/* libpq would quote the URL, and with it the password. */
static void test_a_url_that_cannot_be_read(void **state)
{
    (void)state;
    static const char *const urls[] = {"postgresql://u:planted@host:port/db?x", "postgresql://u:planted@[::1/db",
                                       "password='planted", "planted",
                                       "postgresql://u:pl%zzanted@h/d"};
    for (size_t i = 0; i < COUNT(urls); i++) {
        struct err err;
        struct db *db = pool(urls[i]);
        assert_false(db_ping(db, &err));
        assert_int_equal(err.kind, ERR_DATABASE);
        assert_null(strstr(err.text, "planted"));
        assert_null(strstr(err.text, "anted"));
        db_close(db);
    }
}

static void *ping(void *db)
{
    for (int i = 0; i < 200; i++) {
        struct err err;
        if (db_ping(db, &err) || err.kind != ERR_DATABASE)
            return db;
    }
    return NULL;
}

static void test_many_threads_and_nobody_there(void **state)
{
    (void)state;
    pthread_t threads[8];
    struct db *db = pool("host=/nowhere/at/all dbname=x");
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ping, db), 0);
    for (size_t i = 0; i < COUNT(threads); i++) {
        void *bad;
        pthread_join(threads[i], &bad);
        assert_null(bad);
    }
    db_close(db);
}

static void test_listening_to_nobody(void **state)
{
    (void)state;
    struct err err;
    bool got = true;
    struct db_listener *l = db_listen(&(struct db_options){.url = "host=/nowhere/at/all dbname=x"}, "channel");
    int64_t start = clock_mono();
    assert_false(db_wait(l, 10, &got, &err));
    assert_false(db_wait(l, 10, &got, &err));
    assert_int_equal(err.kind, ERR_DATABASE);
    assert_true(clock_mono() - start >= 450000);          /* a loop around it does not spin */
    db_listen_close(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_a_url_that_cannot_be_read),
        cmocka_unit_test(test_many_threads_and_nobody_there),
        cmocka_unit_test(test_listening_to_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
