/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cluster.h"
#include "db/users.h"

static char folder[64];

static void put_file(const char *name, const char *text)
{
    FILE *f = fopen(arena_printf(a, "%s/%s", folder, name), "we");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* A folder of its own with small migrations. */
static void folder_make(void)
{
    strcpy(folder, "/tmp/moongate-migrate.XXXXXX");
    assert_non_null(mkdtemp(folder));
    put_file("0001_one.sql", "create table one (n int);");
    put_file("0002_two.sql", "create table two (n int); insert into two values (2);");
    put_file("roles.sql", "select 1;");
}

static void folder_remove(void)
{
    static const char *const names[] = {"0001_one.sql", "0002_two.sql", "0003_three.sql", "0004_four.sql", "roles.sql",
                                        "0003_other.sql"};
    for (size_t i = 0; i < COUNT(names); i++)
        unlink(arena_printf(a, "%s/%s", folder, names[i]));
    assert_int_equal(rmdir(folder), 0);
}

static void test_from_empty_and_again(void **state)
{
    (void)state;
    int applied;
    database_make("migrate");
    must(db_migrate(url_of("migrate"), SQL_FOLDER, &applied, &err));
    assert_true(applied >= 1);
    must(db_migrate(url_of("migrate"), SQL_FOLDER, &applied, &err));
    assert_int_equal(applied, 0);
    assert_string_equal(superuser("migrate", "select count(*) from moongate.schema_migrations where length(sha256) <> 64"), "0");
    assert_string_equal(superuser("migrate", "select count(*) from pg_class where relnamespace = 'public'::regnamespace"), "0");
}

struct turn {
    const char *url;
    struct err err;
    int applied;
    bool ok;
};

static void *migrate_now(void *arg)
{
    struct turn *t = arg;
    t->ok = db_migrate(t->url, SQL_FOLDER, &t->applied, &t->err);
    return NULL;
}

static void test_four_at_once(void **state)
{
    (void)state;
    struct turn turns[4];
    pthread_t threads[4];
    int applied = 0;
    database_make("migrate");
    for (size_t i = 0; i < COUNT(turns); i++) {
        turns[i] = (struct turn){.url = url_of("migrate")};
        assert_int_equal(pthread_create(&threads[i], NULL, migrate_now, &turns[i]), 0);
    }
    for (size_t i = 0; i < COUNT(turns); i++) {
        pthread_join(threads[i], NULL);
        if (!turns[i].ok)
            fail_msg("%s", turns[i].err.text);
        applied += turns[i].applied;
    }
    assert_string_equal(superuser("migrate", "select count(*) from moongate.schema_migrations"), arena_printf(a, "%d", applied));
}

static void test_what_is_refused(void **state)
{
    (void)state;
    int applied;
    folder_make();
    database_make("migrate");
    must(db_migrate(url_of("migrate"), folder, &applied, &err));
    assert_int_equal(applied, 2);

    put_file("0002_two.sql", "create table two (n bigint);");
    must_fail(db_migrate(url_of("migrate"), folder, &applied, &err), ERR_CONFLICT);
    assert_non_null(strstr(err.text, "0002_two.sql was changed"));
    put_file("0002_two.sql", "create table two (n int); insert into two values (2);");
    must(db_migrate(url_of("migrate"), folder, &applied, &err));

    unlink(arena_printf(a, "%s/0002_two.sql", folder));
    must_fail(db_migrate(url_of("migrate"), folder, &applied, &err), ERR_CONFLICT);
    assert_non_null(strstr(err.text, "newer than this program"));
    put_file("0003_three.sql", "select 1;");
    must_fail(db_migrate(url_of("migrate"), folder, &applied, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "number 0002 was expected"));
    put_file("0002_two.sql", "create table two (n int); insert into two values (2);");
    put_file("0003_other.sql", "select 1;");
    must_fail(db_migrate(url_of("migrate"), folder, &applied, &err), ERR_INPUT);
    unlink(arena_printf(a, "%s/0003_other.sql", folder));
    must(db_migrate(url_of("migrate"), folder, &applied, &err));
    assert_int_equal(applied, 1);

    superuser("migrate", "delete from moongate.schema_migrations where number = 2");
    must_fail(db_migrate(url_of("migrate"), folder, &applied, &err), ERR_CONFLICT);
    assert_non_null(strstr(err.text, "changed by hand"));
    folder_remove();
    must_fail(db_migrate(url_of("migrate"), folder, &applied, &err), ERR_INPUT);
}

/* A file that fails half-way leaves nothing of itself, and what was before stays. */
static void test_half_a_file_is_nothing(void **state)
{
    (void)state;
    int applied;
    folder_make();
    database_make("migrate");
    put_file("0002_two.sql", "create table two (n int); select 1/0;");
    must_fail(db_migrate(url_of("migrate"), folder, &applied, &err), ERR_INVALID);
    assert_int_equal(applied, 1);
    assert_string_equal(superuser("migrate", "select to_regclass('moongate.two') is null"), "t");
    put_file("0002_two.sql", "create table two (n int); commit; create table three (n int);");
    must_fail(db_migrate(url_of("migrate"), folder, &applied, &err), ERR_INTERNAL);
    put_file("0002_two.sql", "create table if not exists two (n int);");
    must(db_migrate(url_of("migrate"), folder, &applied, &err));
    assert_int_equal(applied, 1);
    folder_remove();
}

static void *kill_migration(void *arg)
{
    for (int i = 0; i < 200; i++) {
        PGconn *pg = PQconnectdb(arg);
        PGresult *r = PQexec(pg, "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep%' and"
                                 " pid <> pg_backend_pid() and datname = current_database()");
        bool done = PQntuples(r) > 0;
        PQclear(r);
        PQfinish(pg);
        if (done)
            break;
        usleep(20000);
    }
    return NULL;
}

static void test_killed_half_way_starts_again(void **state)
{
    (void)state;
    int applied;
    pthread_t killer;
    folder_make();
    database_make("migrate");
    put_file("0002_two.sql", "create table two (n int); select pg_sleep(20);");
    char *url = arena_text(a, url_of("migrate"));
    assert_int_equal(pthread_create(&killer, NULL, kill_migration, url), 0);
    must_fail(db_migrate(url, folder, &applied, &err), ERR_DATABASE);
    pthread_join(killer, NULL);
    assert_string_equal(superuser("migrate", "select to_regclass('moongate.two') is null"), "t");
    put_file("0002_two.sql", "create table two (n int);");
    must(db_migrate(url, folder, &applied, &err));
    assert_int_equal(applied, 1);
    folder_remove();
}

static void test_a_database_that_is_not_utf8(void **state)
{
    (void)state;
    int applied;
    superuser("postgres", "drop database if exists ascii");
    superuser("postgres", "create database ascii encoding 'SQL_ASCII' locale 'C' template template0");
    must_fail(db_migrate(url_of("ascii"), SQL_FOLDER, &applied, &err), ERR_DATABASE);
    assert_non_null(strstr(err.text, "SQL_ASCII"));
}

/* An empty database is not served: its sessions would work with rights they should not have. */
static void test_the_pool_wants_a_migrated_database(void **state)
{
    (void)state;
    int applied;
    database_make("migrate");
    db = pool_open(url_of("migrate"), 2, 5000);
    must_fail(db_ping(db, &err), ERR_DATABASE);
    assert_non_null(strstr(err.text, "moongate migrate"));
    must(db_migrate(url_of("migrate"), SQL_FOLDER, &applied, &err));
    usleep(600000);
    must(db_ping(db, &err));
    db_close(db);
}

static const char *protection_as(const char *user)
{
    struct db_protection p;
    db = pool_open(url_as("migrate", user), 1, 5000);
    must(db_protection_read(db, a, &p, &err));
    assert_true(p.triggers);
    db_close(db);
    return p.level;
}

/* A superuser works as moongate_app; who owns one database, without that role, has triggers only; who was given the role alone
 * could not change rows even by its own rights. */
static void test_protection(void **state)
{
    (void)state;
    int applied;
    struct list users;
    database_make("migrate");
    must(db_migrate(url_of("migrate"), SQL_FOLDER, &applied, &err));
    assert_string_equal(protection_as("postgres"), "role");

    superuser("postgres", "drop role if exists plain; create role plain login;"
                          " drop role if exists member; create role member login;"
                          " grant moongate_app to member");
    assert_string_equal(protection_as("member"), "login");
    must(db_migrate(url_as("migrate", "member"), SQL_FOLDER, &applied, &err));       /* nothing to do needs no rights */

    database_make("migrate");
    superuser("postgres", "alter database migrate owner to plain");
    must(db_migrate(url_as("migrate", "plain"), SQL_FOLDER, &applied, &err));
    assert_string_equal(protection_as("plain"), "triggers");
    db = pool_open(url_as("migrate", "plain"), 1, 5000);
    must(users_list(db, a, &users, &err));
    db_close(db);
    superuser("postgres", "drop database migrate");
    superuser("postgres", "drop role plain; drop role member");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_empty_and_again),
        cmocka_unit_test(test_four_at_once),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_half_a_file_is_nothing),
        cmocka_unit_test(test_killed_half_way_starts_again),
        cmocka_unit_test(test_a_database_that_is_not_utf8),
        cmocka_unit_test(test_the_pool_wants_a_migrated_database),
        cmocka_unit_test(test_protection),
    };
    return cmocka_run_group_tests(tests, cluster_begin, NULL);
}
