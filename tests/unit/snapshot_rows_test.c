/* SPDX-License-Identifier: MIT */
#include "gate/snapshot_rows.h"

#include "base/json_write.h"
#include "snapshot_help.h"

static const char *text_of(const struct snapshot_rows *rows)
{
    struct buf buf = buf_new(a, 64 << 20);
    struct json_out out = json_out(&buf);
    const char *text = NULL;
    json_begin_array(&out);
    json_put_list(&out, setting_fields, sizeof(struct setting_row), rows->settings);
    json_put_list(&out, provider_sealed_fields, sizeof(struct provider_row), rows->providers);
    json_put_list(&out, model_fields, sizeof(struct model_row), rows->models);
    json_put_list(&out, api_key_auth_fields, sizeof(struct api_key_row), rows->keys);
    json_put_list(&out, sealed_key_fields, sizeof(struct sealed_key_row), rows->sealed_keys);
    json_put_int(&out, rows->made_at);
    json_put_bool(&out, rows->has_admin);
    json_end_array(&out);
    must(buf_done(&buf, &text, &err));
    return text;
}

static void test_round_trip(void **state)
{
    (void)state;
    struct random r = random_start();
    const char *path = in_folder("config.snap");
    for (int i = 0; i < 120; i++) {
        struct keyring *ring = keyring_random(1 + (uint32_t)random_below(&r, 5));
        struct snapshot_rows rows = rows_any(&r, ring, random_below(&r, 8)), back = {0};
        struct stat st;
        must(snapshot_rows_save(&rows, ring, path, &err));
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        assert_int_not_equal(access(in_folder("config.snap.new"), F_OK), 0);
        must(snapshot_rows_restore(path, ring, a, &back, &err));
        assert_string_equal(text_of(&back), text_of(&rows));
        for (size_t k = 0; k < rows.providers.n; k++) {
            const char *note = ((const struct provider_row *)rows.providers.items)[k].note;
            struct bytes file = file_content(path);
            assert_true(strlen(note) < 8 || !memmem(file.p, file.n, note, strlen(note)));
        }
        unlink(path);
    }
}

static void test_another_master_key(void **state)
{
    (void)state;
    struct random r = random_start();
    struct keyring *ring = keyring_random(1), *same_kid = keyring_random(1), *other_kid = keyring_random(2);
    struct snapshot_rows rows = rows_any(&r, ring, 3), back = {0};
    const char *path = in_folder("config.snap");
    must(snapshot_rows_save(&rows, ring, path, &err));
    must_fail(snapshot_rows_restore(path, same_kid, a, &back, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "another master key"));
    must_fail(snapshot_rows_restore(path, other_kid, a, &back, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "master key 1"));
    unlink(path);
    must_fail(snapshot_rows_restore(path, ring, a, &back, &err), ERR_NOT_FOUND);
}

/* Every truncation and every flipped bit of a small file is refused in words that name it. */
static void test_damage(void **state)
{
    (void)state;
    struct random r = random_start();
    struct keyring *ring = keyring_random(1);
    struct snapshot_rows rows = rows_any(&r, ring, 1), back;
    const char *path = in_folder("config.snap");
    must(snapshot_rows_save(&rows, ring, path, &err));
    struct bytes whole = file_content(path);
    for (size_t n = 0; n < whole.n; n++) {
        file_make("config.snap", (struct bytes){whole.p, n}, 0600);
        must_fail(snapshot_rows_restore(path, ring, a, &back, &err), ERR_INPUT);
        assert_non_null(strstr(err.text, "config.snap"));
    }
    for (size_t bit = 0; bit < 8 * whole.n; bit += bit < 200 ? 1 : 7) {
        uint8_t *p = (uint8_t *)arena_copy(a, whole.p, whole.n);
        p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        file_make("config.snap", (struct bytes){p, whole.n}, 0600);
        must_fail(snapshot_rows_restore(path, ring, a, &back, &err), ERR_INPUT);
        assert_non_null(strstr(err.text, "config.snap"));
    }
    file_make("config.snap", (struct bytes){(const uint8_t *)arena_printf(a, "%.*sX", (int)whole.n, ""), 1}, 0600);
    must_fail(snapshot_rows_restore(path, ring, a, &back, &err), ERR_INPUT);
    unlink(path);
}

static void test_what_cannot_be_written(void **state)
{
    (void)state;
    struct random r = random_start();
    struct keyring *ring = keyring_random(1);
    struct snapshot_rows rows = rows_any(&r, ring, 1), back;
    must_fail(snapshot_rows_save(&rows, ring, in_folder("no/such/folder"), &err), ERR_INPUT);
    const char *path = in_folder("taken"), *inside = in_folder("taken/x");
    assert_int_equal(mkdir(path, 0700), 0);
    int fd = open(inside, O_CREAT | O_WRONLY, 0600);
    close(fd);
    must_fail(snapshot_rows_save(&rows, ring, path, &err), ERR_INPUT);
    assert_int_not_equal(access(in_folder("taken.new"), F_OK), 0);
    must_fail(snapshot_rows_restore(path, ring, a, &back, &err), ERR_INPUT);
    unlink(inside);
    rmdir(path);
    char *lengthy = arena_alloc(a, 5001);
    memset(lengthy, 'x', 5000);
    must_fail(snapshot_rows_save(&rows, ring, lengthy, &err), ERR_INPUT);
}

static void test_sealed_keys_open(void **state)
{
    (void)state;
    struct keyring *ring = keyring_random(1);
    struct sealed_key_row row = pepper_row(ring);
    struct secret *secret;
    must(sealed_key_open(ring, a, &row, &secret, &err));
    assert_string_equal(secret_reveal(secret), PEPPER);
    const struct sealed_key_row wrong[] = {
        {.name = "pepper", .sealed = ""}, {.name = "pepper", .sealed = "00"}, {.name = "pepper", .sealed = "not hex"},
        {.name = "spool", .sealed = row.sealed}, {.name = "pepper", .sealed = arena_printf(a, "%s00", row.sealed)},
    };
    for (size_t i = 0; i < COUNT(wrong); i++)
        must_fail(sealed_key_open(ring, a, &wrong[i], &secret, &err), ERR_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_another_master_key),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_what_cannot_be_written),
        cmocka_unit_test(test_sealed_keys_open),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
