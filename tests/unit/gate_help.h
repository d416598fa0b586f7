/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_GATE_HELP_H
#define TESTS_UNIT_GATE_HELP_H
/* gate_help: what tests of the gate share: one arena and one err, a folder of their own, keyrings, generated texts. */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/log.h"
#include "base/parse.h"
#include "gate/seal.h"
#include "property.h"

/* A call that must succeed; its words when it does not. */
#define must(call) do { if (!(call)) fail_msg("%s: %s", #call, err.text); } while (0)
/* A call that must fail in this way. */
#define must_fail(call, want) do { \
        memset(&err, 0, sizeof(err)); \
        assert_false(call); \
        if (err.kind != (want)) fail_msg("%s: %s, not %s: %s", #call, err_name(err.kind), err_name(want), err.text); \
    } while (0)

static struct err err;
static struct arena *a;
static char folder[64];

__attribute__((unused)) static int help_begin(void **state)
{
    (void)state;
    log_open(2, LOG_ERROR + 1);
    a = arena_new();
    snprintf(folder, sizeof(folder), "/tmp/moongate-unit.XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

__attribute__((unused)) static int help_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

__attribute__((unused)) static int help_end(void **state)
{
    (void)state;
    arena_free(a);
    return nftw(folder, help_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of a file in the folder; tests remove what they make. */
__attribute__((unused)) static const char *in_folder(const char *name)
{
    return arena_printf(a, "%s/%s", folder, name);
}

__attribute__((unused)) static const char *file_make(const char *name, struct bytes content, mode_t mode)
{
    const char *path = in_folder(name);
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content.p, content.n), content.n);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    return path;
}

__attribute__((unused)) static struct bytes file_content(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    uint8_t *p = arena_alloc(a, (size_t)st.st_size);
    assert_int_equal(read(fd, p, (size_t)st.st_size), st.st_size);
    close(fd);
    return (struct bytes){p, (size_t)st.st_size};
}

/* A keyring of one random key. */
__attribute__((unused)) static struct keyring *keyring_random(uint32_t kid)
{
    uint8_t key[CRYPTO_KEY];
    struct keyring *ring = NULL;
    crypto_random(key, sizeof(key));
    const char *path = file_make("keyring", bytes_of(arena_printf(a, "%u %s\n", kid, hex_text((struct bytes){key, sizeof(key)}, a))), 0400);
    must(keyring_load(path, a, &ring, &err));
    unlink(path);
    return ring;
}

__attribute__((unused)) static struct bytes random_bytes(struct random *r, size_t n)
{
    uint8_t *p = arena_alloc(a, n);
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)random_next(r);
    return (struct bytes){p, n};
}

/* A text of 1 to ${max} characters: ASCII, quotes, Han, an emoji. */
__attribute__((unused)) static const char *random_text(struct random *r, size_t max)
{
    static const char *const pieces[] = {"a", "Z", "7", " ", "\"", "\\", "/", "\n", "<", "é", "月", "门", "🙂", "{", "0"};
    char *text = arena_alloc(a, 4 * max + 1), *at = text;
    for (size_t n = 1 + random_below(r, max); n; n--)
        at = stpcpy(at, pieces[random_below(r, COUNT(pieces))]);
    return text;
}

#endif
