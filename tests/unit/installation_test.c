/* SPDX-License-Identifier: MIT */
#include "gate/installation.h"

#include <sys/wait.h>

#include "base/id.h"
#include "gate_help.h"

static const char *const names[] = {"MOONGATE_HOME", "MOONGATE_VAR", "MOONGATE_DATABASE_URL", "MOONGATE_MASTER_KEY_FILE", "MOONGATE_SETTINGS_FILE",
                                    "MOONGATE_PORT", "MOONGATE_BIND", "MOONGATE_TLS_CERT", "MOONGATE_DEMO_URL", "MOONGATE_BODY_MAX"};
static struct installation in;

static int begin(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        unsetenv(names[i]);
    setenv("MOONGATE_VAR", folder, 1);
    return 0;
}

static void test_defaults(void **state)
{
    (void)state;
    setenv("MOONGATE_HOME", "/somewhere", 1);
    must(installation_read(a, &in, &err));
    assert_string_equal(in.home, "/somewhere");
    assert_string_equal(in.var, folder);
    assert_string_equal(in.database_url, arena_printf(a, "postgresql:///moongate?user=moongate&host=%s/run", folder));
    assert_string_equal(in.master_key_file, in_folder("master.key"));
    assert_string_equal(in.settings_file, in_folder("moongate.conf"));
    assert_string_equal(in.snapshot_file, in_folder("config.snap"));
    assert_string_equal(in.spool_folder, in_folder("spool"));
    assert_string_equal(in.address, "http://localhost:8080");
    assert_null(in.demo_url);
    assert_true(id_valid(in.id));
    const char *id = in.id;
    must(installation_read(a, &in, &err));
    assert_string_equal(in.id, id);
}

static void test_what_is_said(void **state)
{
    (void)state;
    setenv("MOONGATE_DATABASE_URL", "postgresql://db/x", 1);
    setenv("MOONGATE_MASTER_KEY_FILE", "/k", 1);
    setenv("MOONGATE_SETTINGS_FILE", in_folder("mine.conf"), 1);
    setenv("MOONGATE_DEMO_URL", "http://127.0.0.1:1", 1);
    setenv("MOONGATE_BODY_MAX", "5000", 1);
    must(installation_read(a, &in, &err));
    assert_string_equal(in.database_url, "postgresql://db/x");
    assert_string_equal(in.master_key_file, "/k");
    assert_string_equal(in.demo_url, "http://127.0.0.1:1");
    assert_int_equal(in.settings.values.body_max, 5000);
    const char *path = file_make("mine.conf", bytes_of("body_max = 6000\n"), 0600);
    must(installation_read(a, &in, &err));
    assert_int_equal(in.settings.values.body_max, 6000);
    unlink(path);
}

static void test_addresses(void **state)
{
    (void)state;
    const struct { const char *bind, *port, *cert, *address; } cases[] = {
        {"0.0.0.0", "80", NULL, "http://localhost:80"}, {"127.0.0.1", "8443", "/c", "https://localhost:8443"},
        {"::", "65535", NULL, "http://localhost:65535"}, {"192.0.2.1", "1", NULL, "http://192.0.2.1:1"},
        {"2001:db8::1", "8080", NULL, "http://[2001:db8::1]:8080"}, {"", "", "", "http://localhost:8080"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        setenv("MOONGATE_BIND", cases[i].bind, 1);
        setenv("MOONGATE_PORT", cases[i].port, 1);
        if (cases[i].cert)
            setenv("MOONGATE_TLS_CERT", cases[i].cert, 1);
        else
            unsetenv("MOONGATE_TLS_CERT");
        must(installation_read(a, &in, &err));
        assert_string_equal(in.address, cases[i].address);
    }
}

static void test_what_is_wrong(void **state)
{
    (void)state;
    const struct { const char *name, *value, *field; } bad[] = {
        {"MOONGATE_PORT", "0", "MOONGATE_PORT"}, {"MOONGATE_PORT", "65536", "MOONGATE_PORT"}, {"MOONGATE_PORT", "http", "MOONGATE_PORT"},
        {"MOONGATE_VAR", "/proc/no/such", "MOONGATE_VAR"}, {"MOONGATE_VAR", "/dev/null", "MOONGATE_VAR"}, {"MOONGATE_BODY_MAX", "1", "body_max"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        begin(NULL);
        setenv(bad[i].name, bad[i].value, 1);
        must_fail(installation_read(a, &in, &err), ERR_INPUT);
        assert_string_equal(err.field, bad[i].field);
        assert_non_null(in.home);
    }
    begin(NULL);
    const char *const ids[] = {"x", "01a1fb76-9a91-7000-8094-1bb25f1f15d", "01A1FB76-9A91-7000-8094-1BB25F1F15DE", "                                    "};
    for (size_t i = 0; i < COUNT(ids); i++) {
        const char *path = file_make("installation.id", bytes_of(ids[i]), 0600);
        must_fail(installation_read(a, &in, &err), ERR_INPUT);
        assert_string_equal(err.message, "start.installation_id");
        unlink(path);
    }
}

/* Folders with spaces, percent signs and letters beyond ASCII are percent-encoded in the URL. */
static void test_odd_folders(void **state)
{
    (void)state;
    const char *odd = in_folder("a b%c&d=月");
    setenv("MOONGATE_VAR", odd, 1);
    must(installation_read(a, &in, &err));
    assert_string_equal(in.var, odd);
    assert_string_equal(in.database_url, arena_printf(a, "postgresql:///moongate?user=moongate&host=%s/a%%20b%%25c%%26d%%3D%%E6%%9C%%88/run", folder));
}

/* Of several first starts at once each tells the same id. */
static void test_first_starts_agree(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        unlink(in_folder("installation.id"));
        int pipes[2], status;
        char ids[4][ID_TEXT] = {{0}};
        assert_int_equal(pipe(pipes), 0);
        for (size_t i = 0; i < COUNT(ids); i++)
            if (fork() == 0) {
                bool ok = installation_read(a, &in, &err) && write(pipes[1], in.id, ID_TEXT - 1) == ID_TEXT - 1;
                _exit(ok ? 0 : 1);
            }
        for (size_t i = 0; i < COUNT(ids); i++) {
            assert_int_equal(read(pipes[0], ids[i], ID_TEXT - 1), ID_TEXT - 1);
            assert_string_equal(ids[i], ids[0]);
        }
        for (size_t i = 0; i < COUNT(ids); i++)
            assert_true(wait(&status) > 0 && status == 0);
        close(pipes[0]);
        close(pipes[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_defaults, begin),
        cmocka_unit_test_setup(test_what_is_said, begin),
        cmocka_unit_test_setup(test_addresses, begin),
        cmocka_unit_test_setup(test_what_is_wrong, begin),
        cmocka_unit_test_setup(test_odd_folders, begin),
        cmocka_unit_test_setup(test_first_starts_agree, begin),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
