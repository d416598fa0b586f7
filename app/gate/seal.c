/* SPDX-License-Identifier: MIT */
#include "gate/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/parse.h"
#include "base/secret.h"

enum { KEYRING_MAX = 16 };

struct keyring {
    size_t n;
    uint32_t kid[KEYRING_MAX];
    struct secret *key[KEYRING_MAX];
};

static bool read_line(struct keyring *ring, struct arena *a, char *line, const char *path, int number, struct err *err)
{
    uint8_t key[CRYPTO_KEY];
    int64_t kid;
    char *space = strchr(line, ' ');

    if (ring->n == KEYRING_MAX)
        return fail(err, ERR_INPUT, "master key file %s has more than %d keys", path, KEYRING_MAX);
    if (space)
        *space++ = '\0';
    if (!space || !parse_int(line, 1, UINT32_MAX, "kid", &kid, err) || !hex_read(space, key, sizeof(key)))
        return fail(err, ERR_INPUT, "master key file %s, line %d: must be \"<kid> <64 hex digits>\"", path, number);
    if (ring->n && ring->kid[ring->n - 1] >= (uint32_t)kid)
        return fail(err, ERR_INPUT, "master key file %s, line %d: kids must rise", path, number);
    ring->kid[ring->n] = (uint32_t)kid;
    ring->key[ring->n++] = secret_new(a, key, sizeof(key));
    secret_wipe(key, sizeof(key));
    return true;
}

static bool read_lines(struct keyring *ring, struct arena *a, char *text, const char *path, struct err *err)
{
    int number = 0;
    char *rest = text, *line;

    while ((line = strsep(&rest, "\n"))) {
        number++;
        if (*line && *line != '#' && !read_line(ring, a, line, path, number, err))
            return false;
    }
    return ring->n ? true : fail(err, ERR_INPUT, "master key file %s holds no key", path);
}

bool keyring_load(const char *path, struct arena *a, struct keyring **keyring_r, struct err *err)
{
    char text[4096];
    struct stat st;
    struct keyring *ring = NEW(a, struct keyring);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n;
    bool ok;

    if (fd < 0)
        return fail(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_INPUT, "cannot open master key file %s: %s", path, strerror(errno));
    if (fstat(fd, &st) != 0 || (st.st_mode & 077)) {
        close(fd);
        return fail(err, ERR_INPUT, "master key file %s can be read by others (mode %03o). hint: chmod 400 %s", path,
                    (unsigned)(st.st_mode & 0777), path);
    }
    n = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (n < 0)
        return fail(err, ERR_INPUT, "cannot read master key file %s: %s", path, strerror(errno));
    if (n == sizeof(text) - 1)
        return fail(err, ERR_INPUT, "master key file %s is longer than %zu bytes", path, sizeof(text) - 2);
    text[n] = '\0';
    ok = read_lines(ring, a, text, path, err);
    secret_wipe(text, sizeof(text));
    *keyring_r = ring;
    return ok;
}

/* The file's name survives a loss of power too: what it sealed meanwhile would open with nothing else. */
static bool sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int fd, n = snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
    bool ok;

    if (n < 0 || (size_t)n >= sizeof(folder))
        return false;
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

bool keyring_create(const char *path, struct err *err)
{
    uint8_t key[CRYPTO_KEY];
    char hex[2 * CRYPTO_KEY + 1], line[2 * CRYPTO_KEY + 8];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
    bool ok;
    int n;

    if (fd < 0)
        return fail(err, ERR_INPUT, "cannot make master key file %s: %s", path, strerror(errno));
    crypto_random(key, sizeof(key));
    hex_write((struct bytes){key, sizeof(key)}, hex);
    n = snprintf(line, sizeof(line), "1 %s\n", hex);
    ok = write(fd, line, (size_t)n) == n && fsync(fd) == 0 && sync_folder_of(path);
    if (!ok)
        fail(err, ERR_INPUT, "cannot write master key file %s: %s", path, strerror(errno));
    close(fd);
    if (!ok)
        unlink(path);
    secret_wipe(key, sizeof(key));
    secret_wipe(hex, sizeof(hex));
    secret_wipe(line, sizeof(line));
    return ok;
}

uint32_t keyring_kid(const struct keyring *ring)
{
    return ring->kid[ring->n - 1];
}

bool keyring_derive(const struct keyring *ring, uint32_t kid, const char *purpose, uint8_t out[CRYPTO_KEY])
{
    for (size_t i = 0; i < ring->n; i++) {
        if (ring->kid[i] == kid) {
            crypto_hmac(secret_view(ring->key[i]), bytes_of(purpose), out);
            return true;
        }
    }
    return false;
}

/* What a ciphertext is bound to. The tenant is "-" until there are tenants; the last number is the layout's version. */
static struct bytes place_text(struct arena *a, struct seal_place place, const char *part, int64_t kid)
{
    return bytes_of(arena_printf(a, "mg1|%s|-|%s|%s%s|%" PRId64 "|1", place.table, place.row, place.column, part, kid));
}

void seal(const struct keyring *ring, struct arena *a, struct seal_place place, struct bytes text, struct sealed *sealed_r)
{
    uint8_t kek[CRYPTO_KEY], dek[CRYPTO_KEY];
    int64_t kid = keyring_kid(ring);
    bool known = keyring_derive(ring, (uint32_t)kid, "seal", kek);

    if (!known)
        abort();
    crypto_random(dek, sizeof(dek));
    sealed_r->kid = kid;
    sealed_r->text = crypto_seal(a, dek, text, place_text(a, place, "", kid));
    sealed_r->dek = crypto_seal(a, kek, (struct bytes){dek, sizeof(dek)}, place_text(a, place, ".dek", kid));
    secret_wipe(kek, sizeof(kek));
    secret_wipe(dek, sizeof(dek));
}

bool unseal(const struct keyring *ring, struct arena *a, struct seal_place place, const struct sealed *sealed, struct secret **secret_r,
            struct err *err)
{
    uint8_t kek[CRYPTO_KEY];
    struct bytes dek, text;
    bool ok;

    if (sealed->kid < 0 || sealed->kid > UINT32_MAX || !keyring_derive(ring, (uint32_t)sealed->kid, "seal", kek))
        return fail(err, ERR_INTERNAL, "%s row %s was sealed with master key %" PRId64 ", which the keyring lacks", place.table, place.row,
                    sealed->kid);
    ok = crypto_open(a, kek, sealed->dek, place_text(a, place, ".dek", sealed->kid), &dek, err);
    secret_wipe(kek, sizeof(kek));
    if (!ok || dek.n != CRYPTO_KEY)
        return fail(err, ERR_INTERNAL, "%s row %s: the data key does not open", place.table, place.row);
    ok = crypto_open(a, dek.p, sealed->text, place_text(a, place, "", sealed->kid), &text, err);
    secret_wipe((void *)(uintptr_t)dek.p, dek.n);
    if (!ok)
        return fail(err, ERR_INTERNAL, "%s row %s: the sealed %s does not open", place.table, place.row, place.column);
    *secret_r = secret_new(a, text.p, text.n);
    secret_wipe((void *)(uintptr_t)text.p, text.n);
    return true;
}

enum { DEK_SEALED = CRYPTO_NONCE + CRYPTO_KEY + CRYPTO_TAG, PACK_HEAD = 4 + DEK_SEALED };

struct bytes sealed_pack(struct arena *a, const struct sealed *sealed)
{
    uint8_t *p = arena_alloc(a, PACK_HEAD + sealed->text.n);

    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(sealed->kid >> (24 - 8 * i));
    memcpy(p + 4, sealed->dek.p, DEK_SEALED);
    memcpy(p + PACK_HEAD, sealed->text.p, sealed->text.n);
    return (struct bytes){p, PACK_HEAD + sealed->text.n};
}

bool sealed_unpack(struct bytes packed, struct sealed *sealed_r)
{
    if (packed.n < PACK_HEAD)
        return false;
    sealed_r->kid = (int64_t)packed.p[0] << 24 | packed.p[1] << 16 | packed.p[2] << 8 | packed.p[3];
    sealed_r->dek = (struct bytes){packed.p + 4, DEK_SEALED};
    sealed_r->text = (struct bytes){packed.p + PACK_HEAD, packed.n - PACK_HEAD};
    return true;
}
