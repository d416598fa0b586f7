/* SPDX-License-Identifier: MIT */
#include <pthread.h>

#include "cluster.h"
#include "db/audit.h"
#include "db/settings.h"

static int begin(void **state)
{
    return database_begin(state, "audit");
}

static bool append(const struct audit_row *row, int64_t *seq_r)
{
    struct db *tx;
    if (!db_begin(db, &tx, &err))
        return false;
    bool ok = audit_append(tx, a, row, seq_r, &err);
    return db_end(tx, ok, &err) && ok;
}

static struct audit_verdict verify(void)
{
    struct audit_verdict v;
    struct arena *scratch = arena_new();
    must(audit_verify(db, scratch, &v, &err));
    arena_free(scratch);
    return v;
}

/* Whatever the trigger stops, a superuser can still do. */
static void tamper(const char *text)
{
    superuser("audit", arena_printf(a, "set search_path = moongate; alter table audit disable trigger all; %s;"
                                       " alter table audit enable always trigger audit_no_change;"
                                       " alter table audit enable always trigger audit_no_truncate", text));
}

static void test_append_and_read(void **state)
{
    (void)state;
    int64_t seq;
    struct audit_row row = {
        .actor = "admin \"the first\"\n", .actor_role = "admin", .action = "provider.update", .object = "provider",
        .object_id = "1", .before = "{\"b\" : 1,  \"a\":\"中文 \\u4e2d <>\"}", .after = NULL, .remote_addr = "127.0.0.1",
        .request_id = "r1",
    }, read;
    struct audit_verdict v = verify();
    assert_int_equal(v.rows, 0);
    assert_int_equal(v.broken_seq, 0);
    must_fail(audit_append(db, a, &row, &seq, &err), ERR_INTERNAL);            /* not in a transaction */
    must(append(&row, &seq));
    assert_int_equal(seq, 1);
    must(audit_get(db, a, 1, &read, &err));
    assert_string_equal(read.actor, row.actor);
    assert_string_equal(read.before, row.before);                              /* to the byte */
    assert_null(read.after);
    assert_int_equal(strlen(read.hash), 64);
    assert_true(read.at > clock_wall() - 60000000);
    must(append(&(struct audit_row){.actor = "b", .action = "key.create", .object = "key", .after = "{}"}, &seq));
    assert_int_equal(seq, 2);
    row.before = "{not json";
    must_fail(append(&row, &seq), ERR_INVALID);
    v = verify();
    assert_int_equal(v.rows, 2);
    assert_int_equal(v.broken_seq, 0);
    must(audit_get(db, a, 2, &read, &err));
    assert_string_equal(v.hash, read.hash);
}

/* The change and its audit row are one. */
static void test_a_rolled_back_change_leaves_no_row(void **state)
{
    (void)state;
    struct db *tx;
    int64_t seq, again;
    must(db_begin(db, &tx, &err));
    must(audit_append(tx, a, &(struct audit_row){.actor = "x", .action = "y", .object = "z"}, &seq, &err));
    must(db_end(tx, false, &err));
    must(append(&(struct audit_row){.actor = "x", .action = "y", .object = "z"}, &again));
    assert_int_equal(again, seq);                                              /* and no gap */
}

static void test_rows_cannot_be_changed(void **state)
{
    (void)state;
    static const struct sql UPDATE = {"test.update", "update audit set actor = 'nobody'", SQL_NO_ROWS};
    static const struct sql DELETE_ALL = {"test.delete", "delete from audit", SQL_NO_ROWS};
    static const struct sql TRUNCATE = {"test.truncate", "truncate audit", SQL_NO_ROWS};
    static const char *const owner[] = {"update moongate.audit set actor = 'nobody'", "delete from moongate.audit",
                                        "truncate moongate.audit", "truncate moongate.audit cascade",
                                        "set session_replication_role = replica; delete from moongate.audit"};
    must_fail(db_exec(db, a, &UPDATE, DB_NONE, NULL, &err), ERR_INTERNAL);
    must_fail(db_exec(db, a, &DELETE_ALL, DB_NONE, NULL, &err), ERR_INTERNAL);
    must_fail(db_exec(db, a, &TRUNCATE, DB_NONE, NULL, &err), ERR_INTERNAL);
    for (size_t i = 0; i < COUNT(owner); i++) {
        PGconn *pg = PQconnectdb(url_of("audit"));
        PGresult *r = PQexec(pg, owner[i]);
        assert_string_equal(PQresultErrorField(r, PG_DIAG_SQLSTATE), "42501");
        PQclear(r);
        PQfinish(pg);
    }
}

static void *append_often(void *arg)
{
    struct arena *own = arena_new();
    struct err *mine = arg;
    struct audit_row row = {.actor = "t", .action = "setting.set", .object = "setting"};
    for (int i = 0; i < 50 && mine->kind == ERR_NONE; i++) {
        struct db *tx;
        if (!db_begin(db, &tx, mine))
            break;
        bool ok = settings_set(tx, own, "audit.test", "x", "y", mine) &&
                  audit_append(tx, own, &row, NULL, mine);
        if (!db_end(tx, ok, mine) || !ok)
            break;
    }
    arena_free(own);
    return NULL;
}

static void test_appends_at_once_make_one_chain(void **state)
{
    (void)state;
    struct err errs[4] = {{0}};
    pthread_t threads[4];
    int64_t before = verify().rows;
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, append_often, &errs[i]), 0);
    for (size_t i = 0; i < COUNT(threads); i++) {
        pthread_join(threads[i], NULL);
        if (errs[i].kind != ERR_NONE)
            fail_msg("%s", errs[i].text);
    }
    struct audit_verdict v = verify();
    assert_int_equal(v.broken_seq, 0);
    assert_int_equal(v.rows, before + 200);
}

static void test_keyset_pages(void **state)
{
    (void)state;
    struct list page;
    struct audit_filter f = {.limit = 7};
    int64_t expect = verify().rows, seen = 0;
    do {
        must(audit_list(db, a, &f, &page, &err));
        const struct audit_row *rows = page.items;
        for (size_t i = 0; i < page.n; i++, seen++)
            assert_int_equal(rows[i].seq, expect--);
        if (page.n > 0)
            f.before_seq = rows[page.n - 1].seq;
    } while (page.n > 0);
    assert_int_equal(expect, 0);
    f = (struct audit_filter){.after_seq = 3, .limit = 2};
    must(audit_list(db, a, &f, &page, &err));
    assert_int_equal(page.n, 2);
    assert_int_equal(((struct audit_row *)page.items)[0].seq, 5);
    f = (struct audit_filter){.actor = "b", .action = "key.create", .object = "key", .object_id = ""};
    must(audit_list(db, a, &f, &page, &err));
    assert_int_equal(page.n, 1);
}

static void test_the_chain_shows_what_a_superuser_changed(void **state)
{
    (void)state;
    static const struct { const char *change, *back; int64_t at; const char *why; } cases[] = {
        {"update audit set actor = actor || 'x' where seq = 5", "update audit set actor = left(actor, -1) where seq = 5",
         5, "hash"},
        {"update audit set at = at + interval '1 microsecond' where seq = 9",
         "update audit set at = at - interval '1 microsecond' where seq = 9", 9, "hash"},
        {"update audit set before = '{\"b\": 1}' where seq = 4", "update audit set before = null where seq = 4", 4, "hash"},
        {"update audit set object_id = request_id || 'z' where seq = 20", "update audit set object_id = '' where seq = 20",
         20, "hash"},
        {"update audit set hash = decode('00', 'hex') || substr(hash, 2) where seq = 12 and get_byte(hash, 0) > 0", NULL,
         12, "hash"},
        {"create table aside as select * from audit where seq = 11; delete from audit where seq = 11",
         "insert into audit select * from aside", 11, "gap"},
        {"create table aside2 as select * from audit where seq = 1; delete from audit where seq = 1",
         "insert into audit select * from aside2", 1, "gap"},
        {"update audit set seq = -seq where seq in (7, 8); update audit set seq = 15 + seq where seq < 0", NULL, 7, "hash"},
    };
    int64_t rows = verify().rows;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (!cases[i].back)
            tamper("drop table if exists all_of_it; create table all_of_it as select * from audit");
        tamper(cases[i].change);
        struct audit_verdict v = verify();
        if (v.broken_seq != cases[i].at && !(i == 4 && v.broken_seq == 0))
            fail_msg("%s: broken at %lld", cases[i].change, (long long)v.broken_seq);
        if (v.broken_seq)
            assert_string_equal(v.why, cases[i].why);
        tamper(cases[i].back ? cases[i].back : "delete from audit; insert into audit select * from all_of_it");
        v = verify();
        assert_int_equal(v.broken_seq, 0);
        assert_int_equal(v.rows, rows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append_and_read),
        cmocka_unit_test(test_a_rolled_back_change_leaves_no_row),
        cmocka_unit_test(test_rows_cannot_be_changed),
        cmocka_unit_test(test_appends_at_once_make_one_chain),
        cmocka_unit_test(test_keyset_pages),
        cmocka_unit_test(test_the_chain_shows_what_a_superuser_changed),
    };
    return cmocka_run_group_tests(tests, begin, database_end);
}
