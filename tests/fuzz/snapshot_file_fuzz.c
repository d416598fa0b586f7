/* SPDX-License-Identifier: MIT */
/* snapshot_file_fuzz: a file of any bytes is refused; one that was sealed rightly around any text becomes a snapshot or is refused. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/log.h"
#include "gate/provider.h"
#include "gate/seal.h"
#include "gate/snapshot.h"
#include "providers/providers.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct arena *always;
static struct keyring *ring;
static struct settings_made settings;
static char path[64];

static void put(struct bytes content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, content.p, content.n) != (ssize_t)content.n)
        abort();
    close(fd);
}

static void remove_file(void)
{
    unlink(path);
}

static void begin(void)
{
    struct err err = {0};
    always = arena_new();
    log_open(2, LOG_ERROR + 1);
    provider_types = all_provider_types;
    snprintf(path, sizeof(path), "/tmp/moongate-fuzz-%d", (int)getpid());
    atexit(remove_file);
    unlink(path);
    put(bytes_of("1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"));
    if (!keyring_load(path, always, &ring, &err) || !settings_start(NULL, always, &settings, &err))
        abort();
}

static void restore(void)
{
    struct snapshot_base base = {ring, &settings};
    struct snapshot *s;
    struct err err = {0};
    if (snapshot_restore(path, &base, &s, &err)) {
        for (size_t i = 0; i < s->keys.n; i++)
            (void)key_may_use(&((const struct key *)s->keys.items)[i], "m");
        snapshot_drop(s);
    } else if (err.kind != ERR_INPUT && err.kind != ERR_INTERNAL) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const char head[12] = "MGSNAP01\0\0\0\1";
    uint8_t key[CRYPTO_KEY];
    if (!always)
        begin();
    put((struct bytes){p, n});
    restore();

    struct arena *a = arena_new();
    if (!keyring_derive(ring, 1, "snapshot", key))
        abort();
    struct bytes sealed = crypto_seal(a, key, (struct bytes){p, n}, (struct bytes){(const uint8_t *)head, sizeof(head)});
    uint8_t *file = arena_alloc(a, sizeof(head) + sealed.n);
    memcpy(file, head, sizeof(head));
    memcpy(file + sizeof(head), sealed.p, sealed.n);
    put((struct bytes){file, sizeof(head) + sealed.n});
    restore();
    arena_free(a);
    return 0;
}
