/* SPDX-License-Identifier: MIT */
#ifndef NET_SIGN_H
#define NET_SIGN_H
/* sign: what the clouds' signatures have in common: a text of all that is signed, and a key derived from the secret step by step. */
#include "base/crypto.h"

struct arena;
struct secret;

/* Host as libcurl sends it: without the port that is the scheme's own. */
const char *sign_host(const char *url, struct arena *);
/* SHA-256 in lower-case hexadecimal. */
const char *sign_hash(struct bytes text, struct arena *);
/* The first key: HMAC-SHA256 of ${text} with ${prefix} and the secret, of which 256 bytes count; and the next: of ${text} with the key before.
 * Wiping the last one is the caller's. */
void sign_begin(const char *prefix, const struct secret *, const char *text, uint8_t key_r[CRYPTO_HASH]);
void sign_next(uint8_t key[CRYPTO_HASH], const char *text);

#endif
