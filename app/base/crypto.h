/* SPDX-License-Identifier: MIT */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H
/* crypto: the few primitives Moongate uses, each from a library (libcrypto, libargon2): AES-256-GCM, HMAC-SHA256,
 * SHA-256, random bytes, Argon2id, CRC-32C. Safe to call from any thread. */
#include "base/base.h"

struct arena;
struct err;
struct secret;

enum { CRYPTO_KEY = 32, CRYPTO_NONCE = 12, CRYPTO_TAG = 16, CRYPTO_HASH = 32 };

void crypto_random(void *p, size_t n);                     /* ends the process if the system has none */
void crypto_nonce(void *p, size_t n);                      /* random but no secret, up to 512 bytes; drawn in batches */
bool crypto_equal(const void *a, const void *b, size_t n); /* in constant time */
void crypto_sha256(struct bytes, uint8_t out[CRYPTO_HASH]);
void crypto_hmac(struct bytes key, struct bytes text, uint8_t out[CRYPTO_HASH]);
uint32_t crypto_crc32c(uint32_t before, const void *p, size_t n);   /* start with 0 */
uint32_t crypto_crc32c_by_table(uint32_t before, const void *p, size_t n);   /* what it does on other processors */
uint32_t crypto_crc32(const void *p, size_t n);                     /* IEEE 802.3, for key check digits */

/* AES-256-GCM: nonce ‖ ciphertext ‖ tag, bound to ${aad}. NIST SP 800-38D; a random nonce, so one key seals
 * fewer than 2^32 texts. Never fails but for memory. */
struct bytes crypto_seal(struct arena *, const uint8_t key[CRYPTO_KEY], struct bytes text, struct bytes aad);
/* The same into ${out}, which has room for n + CRYPTO_NONCE + CRYPTO_TAG bytes; for hot paths. */
void crypto_seal_into(const uint8_t key[CRYPTO_KEY], struct bytes text, struct bytes aad, uint8_t *out);
/* ERR_INTERNAL if the key, the text or the aad is not the one it was sealed with. */
must_check bool crypto_open(struct arena *, const uint8_t key[CRYPTO_KEY], struct bytes sealed, struct bytes aad,
                            struct bytes *text_r, struct err *);

/* Argon2id PHC string of a password (m = 64 MiB, t = 3, p = 1). At most two at once in the process; with 16 waiting the
 * next is ERR_BUSY. */
must_check bool crypto_password_hash(struct arena *, struct bytes password, const char **phc_r, struct err *);
/* Whether the password fits; ${phc} NULL hashes against a dummy so that unknown users cost the same time.
 * ${stale_r}: the parameters are not today's, hash again. */
must_check bool crypto_password_check(const char *phc, struct bytes password, bool *fits_r, bool *stale_r, struct err *);

#endif
