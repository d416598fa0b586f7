/* SPDX-License-Identifier: MIT */
#include "gate/snapshot_rows.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/json_write.h"
#include "base/json.h"
#include "base/parse.h"
#include "base/secret.h"
#include "db/users.h"
#include "gate/seal.h"

/* The file: magic, kid of the master key (4 bytes, big-endian), then the rows as JSON, sealed with a key derived from it. */
enum { MAGIC = 8, HEAD = MAGIC + 4, FILE_MAX = 256 << 20 };
static const char magic[MAGIC + 1] = "MGSNAP01";

static const struct field rows_fields[] = {
    FIELD_LIST(struct snapshot_rows, settings, setting_fields, struct setting_row),
    FIELD_LIST(struct snapshot_rows, providers, provider_sealed_fields, struct provider_row),
    FIELD_LIST(struct snapshot_rows, models, model_fields, struct model_row),
    FIELD_LIST(struct snapshot_rows, keys, api_key_auth_fields, struct api_key_row),
    FIELD_LIST(struct snapshot_rows, sealed_keys, sealed_key_fields, struct sealed_key_row),
    FIELD_LIST(struct snapshot_rows, prices, price_fields, struct price_row),
    FIELD(struct snapshot_rows, made_at), FIELD(struct snapshot_rows, has_admin), FIELD_END,
};

static struct seal_place place_of(const char *name)
{
    return (struct seal_place){"sealed_keys", name, "sealed"};
}

bool sealed_key_open(const struct keyring *keyring, struct arena *a, const struct sealed_key_row *row, struct secret **secret_r, struct err *err)
{
    struct bytes packed;
    struct sealed sealed;

    if (!hex_bytes(row->sealed, a, &packed) || !sealed_unpack(packed, &sealed))
        return fail(err, ERR_INTERNAL, "sealed key %s is malformed", row->name);
    return unseal(keyring, a, place_of(row->name), &sealed, secret_r, err);
}

bool pepper_settle(struct db *db, const struct keyring *keyring, struct arena *a, struct sealed_key_row *row_r, struct err *err)
{
    uint8_t pepper[32];
    struct sealed sealed;
    struct list keys;
    bool found;

    if (!sealed_keys_find(db, a, "pepper", row_r, &found, err))
        return false;
    if (found)
        return true;
    if (!api_keys_list(db, a, &keys, err))
        return false;
    if (keys.n)                              /* with another pepper none of them would fit any more */
        return fail(err, ERR_INTERNAL, "there are %zu keys, but the pepper they were hashed with is gone", keys.n);
    crypto_random(pepper, sizeof(pepper));
    seal(keyring, a, place_of("pepper"), (struct bytes){pepper, sizeof(pepper)}, &sealed);
    secret_wipe(pepper, sizeof(pepper));
    return sealed_keys_settle(db, a, "pepper", 1, hex_text(sealed_pack(a, &sealed), a), row_r, err);
}

bool snapshot_rows_read(struct db *db, const struct keyring *keyring, struct arena *a, struct snapshot_rows *rows_r, struct err *err)
{
    struct sealed_key_row pepper;
    int64_t admins;

    rows_r->made_at = clock_wall();
    if (!pepper_settle(db, keyring, a, &pepper, err) || !users_count_admins(db, a, &admins, err))
        return false;
    rows_r->has_admin = admins > 0;
    return settings_list(db, a, &rows_r->settings, err) && providers_list_sealed(db, a, &rows_r->providers, err)
        && models_list(db, a, NULL, &rows_r->models, err) && api_keys_list_auth(db, a, &rows_r->keys, err)
        && sealed_keys_list(db, a, NULL, &rows_r->sealed_keys, err)
        && prices_list(db, a, NULL, NULL, 0, &rows_r->prices, err);
}

static bool write_file(const char *path, const char *head, struct bytes body, struct err *err)
{
    char beside[4096];
    int fd;
    bool ok;

    if ((size_t)snprintf(beside, sizeof(beside), "%s.new", path) >= sizeof(beside))
        return fail(err, ERR_INPUT, "path too long: %s", path);
    fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(err, ERR_INPUT, "cannot write %s: %s", beside, strerror(errno));
    ok = write(fd, head, HEAD) == HEAD && write(fd, body.p, body.n) == (ssize_t)body.n && fsync(fd) == 0;
    ok = close(fd) == 0 && ok && rename(beside, path) == 0;
    if (!ok) {
        fail(err, ERR_INPUT, "cannot write %s: %s", path, strerror(errno));
        unlink(beside);
    }
    return ok;
}

bool snapshot_rows_save(const struct snapshot_rows *rows, const struct keyring *keyring, const char *path, struct err *err)
{
    struct arena *a = arena_new();
    struct buf buf = buf_new(a, FILE_MAX);
    struct json_out out = json_out(&buf);
    uint8_t key[CRYPTO_KEY];
    char head[HEAD];
    uint32_t kid = keyring_kid(keyring);
    const char *text;
    bool ok;

    memcpy(head, magic, MAGIC);
    for (int i = 0; i < 4; i++)
        head[MAGIC + i] = (char)(kid >> (24 - 8 * i));
    json_put_row(&out, rows_fields, rows);
    ok = buf_done(&buf, &text, err) && keyring_derive(keyring, kid, "snapshot", key)
        && write_file(path, head, crypto_seal(a, key, buf_view(&buf), (struct bytes){(uint8_t *)head, HEAD}), err);
    secret_wipe(key, sizeof(key));
    arena_free(a);
    return ok;
}

static bool read_file(const char *path, struct arena *a, struct bytes *file_r, struct err *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    uint8_t *p;
    ssize_t n;

    if (fd < 0)
        return fail(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_INPUT, "cannot open %s: %s", path, strerror(errno));
    if (fstat(fd, &st) != 0 || st.st_size < HEAD || st.st_size > FILE_MAX) {
        close(fd);
        return fail(err, ERR_INPUT, "%s is no snapshot file: %lld bytes", path, (long long)st.st_size);
    }
    p = arena_alloc(a, (size_t)st.st_size);
    n = read(fd, p, (size_t)st.st_size);
    close(fd);
    if (n != st.st_size)
        return fail(err, ERR_INPUT, "cannot read %s: %s", path, n < 0 ? strerror(errno) : "cut short");
    *file_r = (struct bytes){p, (size_t)n};
    return true;
}

/* A file of another version may lack a column that a row of the database always has. */
static void fill_texts(struct snapshot_rows *rows)
{
    for (const struct field *list = rows_fields; list->name; list++) {
        const struct list *found = list->type == FIELD_LIST ? field_list(list, rows) : NULL;

        for (size_t i = 0; found && i < found->n; i++)
            for (const struct field *f = list->item; f->name; f++) {
                const char **text = (const char **)(void *)((char *)found->items + i * list->item_size + f->offset);

                if (f->type == FIELD_TEXT && !*text)
                    *text = "";
            }
    }
}

bool snapshot_rows_restore(const char *path, const struct keyring *keyring, struct arena *a, struct snapshot_rows *rows_r, struct err *err)
{
    uint8_t key[CRYPTO_KEY];
    struct bytes file = {0}, text;
    struct json rows;
    uint32_t kid;
    bool ok;

    if (!read_file(path, a, &file, err))
        return false;
    if (memcmp(file.p, magic, MAGIC) != 0)
        return fail(err, ERR_INPUT, "%s is no snapshot file of this version", path);
    kid = (uint32_t)file.p[8] << 24 | (uint32_t)file.p[9] << 16 | (uint32_t)file.p[10] << 8 | file.p[11];
    if (!keyring_derive(keyring, kid, "snapshot", key))
        return fail(err, ERR_INPUT, "%s was sealed with master key %u, which the keyring lacks", path, kid);
    ok = crypto_open(a, key, (struct bytes){file.p + HEAD, file.n - HEAD}, (struct bytes){file.p, HEAD}, &text, err);
    secret_wipe(key, sizeof(key));
    if (!ok)
        return fail(err, ERR_INPUT, "%s is damaged or was sealed with another master key", path);
    if (!json_check(text, NULL, &rows, err) || !json_get_row(rows, rows_fields, a, rows_r, err))
        return fail(err, ERR_INPUT, "%s does not hold a snapshot's rows: %s", path, err->text);
    fill_texts(rows_r);
    return true;
}
