/* SPDX-License-Identifier: MIT */
#ifndef GATE_SEAL_H
#define GATE_SEAL_H
/* seal: secrets at rest. Each sealed value has a data key of its own, wrapped by a master key from the keyring file, and both are
 * bound to the table, row and column they belong to: a ciphertext moved elsewhere does not open (threat control C9).
 * The keyring file holds one line a key, "<kid> <64 hex digits>"; the highest kid seals, every one opens. */
#include "base/base.h"

struct arena;
struct err;
struct keyring;
struct secret;

/* Read the keyring. ERR_NOT_FOUND if there is no file; ERR_INPUT with path and line if it is malformed, or readable by others. */
must_check bool keyring_load(const char *path, struct arena *, struct keyring **keyring_r, struct err *);
/* Make a keyring with one random key, mode 0400, never over an existing file. */
must_check bool keyring_create(const char *path, struct err *);
uint32_t keyring_kid(const struct keyring *);                       /* of the key that seals */
/* A key for one purpose, derived from the master key ${kid} (HMAC-SHA256 over the purpose); false if the keyring lacks it. */
must_check bool keyring_derive(const struct keyring *, uint32_t kid, const char *purpose, uint8_t out[32]);

struct seal_place {
    const char *table, *row, *column;
};
struct sealed {
    struct bytes text;                   /* nonce, ciphertext, tag */
    struct bytes dek;                    /* the data key, wrapped */
    int64_t kid;
};
void seal(const struct keyring *, struct arena *, struct seal_place, struct bytes text, struct sealed *sealed_r);
/* ERR_INTERNAL if the place, the key or a bit is not the one it was sealed with. */
must_check bool unseal(const struct keyring *, struct arena *, struct seal_place, const struct sealed *, struct secret **secret_r,
                       struct err *);
/* The three parts as one: kid (4 bytes, big-endian), wrapped data key (60), text. */
struct bytes sealed_pack(struct arena *, const struct sealed *);
must_check bool sealed_unpack(struct bytes packed, struct sealed *sealed_r);

#endif
