/* SPDX-License-Identifier: MIT */
/* crypto: random bytes, SHA-256, HMAC and AES-256-GCM by libcrypto. Its algorithms are looked up once and each
 * thread keeps its own working memory: looking up and allocating would cost more than the work on a short text.
 * Check sums are in crypto_crc.c, passwords in crypto_password.c. */
#include "base/crypto.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/arena.h"
#include "base/err.h"

enum { SHA256_BLOCK = 64, BATCH = 512 };

struct bench {                          /* a thread's working memory */
    EVP_MD_CTX *hash;
    EVP_CIPHER_CTX *seal, *open;
};

static EVP_MD *sha256;
static EVP_CIPHER *aes256gcm;
static pthread_key_t bench_key;
static _Thread_local struct bench *bench_here;
static _Atomic unsigned forks;          /* a child must not draw its parent's nonces again */

static void count_fork(void)
{
    atomic_fetch_add_explicit(&forks, 1, memory_order_relaxed);
}

__attribute__((constructor)) static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, count_fork);
}

/* libcrypto fails here only without memory or with a broken installation; going on would be worse than ending. */
static void must(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "crypto: %s failed: %s\n", what, ERR_error_string(ERR_peek_last_error(), NULL));
    abort();
}

static void bench_free(void *p)
{
    struct bench *b = p;
    EVP_MD_CTX_free(b->hash);
    EVP_CIPHER_CTX_free(b->seal);
    EVP_CIPHER_CTX_free(b->open);
    free(b);
}

static void look_up(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    aes256gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    must(sha256 && aes256gcm, "looking up SHA256 and AES-256-GCM");
    must(pthread_key_create(&bench_key, bench_free) == 0, "making a thread key");
}

static struct bench *bench_new(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, look_up);
    struct bench *b = calloc(1, sizeof(*b));
    must(b != NULL, "memory");
    b->hash = EVP_MD_CTX_new();
    b->seal = EVP_CIPHER_CTX_new();
    b->open = EVP_CIPHER_CTX_new();
    must(b->hash && b->seal && b->open, "memory");
    must(pthread_setspecific(bench_key, b) == 0, "keeping a thread's memory");
    bench_here = b;
    return b;
}

static struct bench *bench(void)
{
    return bench_here ? bench_here : bench_new();
}

void crypto_random(void *p, size_t n)
{
    uint8_t *out = p;
    while (n > 0) {
        ssize_t got = getrandom(out, n, 0);
        must(got >= 0 || errno == EINTR, "getrandom");
        if (got > 0) {
            out += got;
            n -= (size_t)got;
        }
    }
}

void crypto_nonce(void *p, size_t n)
{
    static _Thread_local struct {
        uint8_t p[BATCH];
        size_t left;
        unsigned forks;
    } batch;
    unsigned now = atomic_load_explicit(&forks, memory_order_relaxed);
    assert(n <= BATCH);
    if (batch.left < n || batch.forks != now) {
        crypto_random(batch.p, BATCH);
        batch.left = BATCH;
        batch.forks = now;
    }
    batch.left -= n;
    memcpy(p, batch.p + batch.left, n);
}

bool crypto_equal(const void *a, const void *b, size_t n)
{
    return n == 0 || CRYPTO_memcmp(a, b, n) == 0;
}

static void hash_two(EVP_MD_CTX *hash, struct bytes a, struct bytes b, uint8_t out[CRYPTO_HASH])
{
    must(EVP_DigestInit_ex2(hash, sha256, NULL) && (a.n == 0 || EVP_DigestUpdate(hash, a.p, a.n)) &&
         (b.n == 0 || EVP_DigestUpdate(hash, b.p, b.n)) && EVP_DigestFinal_ex(hash, out, NULL), "SHA-256");
}

void crypto_sha256(struct bytes text, uint8_t out[CRYPTO_HASH])
{
    struct bench *b = bench();
    hash_two(b->hash, text, (struct bytes){NULL, 0}, out);
}

/* RFC 2104 written out: EVP_MAC takes half as long again for a short text. */
void crypto_hmac(struct bytes key, struct bytes text, uint8_t out[CRYPTO_HASH])
{
    struct bench *b = bench();
    uint8_t inner[SHA256_BLOCK] = {0}, outer[SHA256_BLOCK];
    if (key.n > SHA256_BLOCK)
        hash_two(b->hash, key, (struct bytes){NULL, 0}, inner);
    else if (key.n > 0)
        memcpy(inner, key.p, key.n);
    for (size_t i = 0; i < SHA256_BLOCK; i++) {
        outer[i] = inner[i] ^ 0x5c;
        inner[i] ^= 0x36;
    }
    hash_two(b->hash, (struct bytes){inner, SHA256_BLOCK}, text, out);
    hash_two(b->hash, (struct bytes){outer, SHA256_BLOCK}, (struct bytes){out, CRYPTO_HASH}, out);
    OPENSSL_cleanse(inner, sizeof(inner));
    OPENSSL_cleanse(outer, sizeof(outer));
}

/* libcrypto counts in int; nothing that is sealed comes near it. */
static int count_of(struct bytes b)
{
    assert(b.n <= INT_MAX / 2);
    return (int)b.n;
}

void crypto_seal_into(const uint8_t key[CRYPTO_KEY], struct bytes text, struct bytes aad, uint8_t *out)
{
    EVP_CIPHER_CTX *c = bench()->seal;
    uint8_t *body = out + CRYPTO_NONCE, *tag = body + text.n;
    int n = 0, end = 0;
    crypto_nonce(out, CRYPTO_NONCE);
    must(EVP_EncryptInit_ex2(c, aes256gcm, key, out, NULL) &&
         (aad.n == 0 || EVP_EncryptUpdate(c, NULL, &n, aad.p, count_of(aad))) &&
         (text.n == 0 || EVP_EncryptUpdate(c, body, &n, text.p, count_of(text))) &&
         EVP_EncryptFinal_ex(c, tag, &end) && end == 0 &&
         EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, CRYPTO_TAG, tag), "sealing");
}

struct bytes crypto_seal(struct arena *arena, const uint8_t key[CRYPTO_KEY], struct bytes text, struct bytes aad)
{
    size_t n = CRYPTO_NONCE + text.n + CRYPTO_TAG;
    uint8_t *out = arena_alloc(arena, n);
    crypto_seal_into(key, text, aad, out);
    return (struct bytes){out, n};
}

static bool open_into(const uint8_t key[CRYPTO_KEY], struct bytes sealed, struct bytes aad, uint8_t *out, size_t out_n)
{
    EVP_CIPHER_CTX *c = bench()->open;
    struct bytes body = {sealed.p + CRYPTO_NONCE, out_n};
    uint8_t tag[CRYPTO_TAG];
    int n = 0, end = 0;
    memcpy(tag, body.p + body.n, CRYPTO_TAG);
    must(EVP_DecryptInit_ex2(c, aes256gcm, key, sealed.p, NULL) &&
         (aad.n == 0 || EVP_DecryptUpdate(c, NULL, &n, aad.p, count_of(aad))) &&
         (body.n == 0 || EVP_DecryptUpdate(c, out, &n, body.p, count_of(body))) &&
         EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, CRYPTO_TAG, tag), "opening");
    return EVP_DecryptFinal_ex(c, out + out_n, &end) == 1;
}

bool crypto_open(struct arena *arena, const uint8_t key[CRYPTO_KEY], struct bytes sealed, struct bytes aad,
                 struct bytes *text_r, struct err *err)
{
    if (sealed.n < CRYPTO_NONCE + CRYPTO_TAG)
        return fail(err, ERR_INTERNAL, "sealed text has %zu bytes, too few to be one", sealed.n);
    size_t n = sealed.n - CRYPTO_NONCE - CRYPTO_TAG;
    uint8_t *text = arena_alloc(arena, n + 1);
    if (!open_into(key, sealed, aad, text, n)) {
        ERR_clear_error();
        OPENSSL_cleanse(text, n);
        return fail(err, ERR_INTERNAL, "sealed text of %zu bytes does not open: another key, another place, or changed",
                    sealed.n);
    }
    *text_r = (struct bytes){text, n};
    return true;
}
