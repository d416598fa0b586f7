/* SPDX-License-Identifier: MIT */
#include "net/sign.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/parse.h"
#include "base/secret.h"

enum { PREFIX_MAX = 16, SECRET_MAX = 256 };

const char *sign_host(const char *url, struct arena *a)
{
    const char *start = strstr(url, "://"), *own;
    size_t n, own_n;

    start = start ? start + 3 : url;
    n = strcspn(start, "/?");
    own = strncasecmp(url, "https:", 6) == 0 ? ":443" : ":80";
    own_n = strlen(own);
    if (n > own_n && memcmp(start + n - own_n, own, own_n) == 0)
        n -= own_n;
    return arena_copy(a, start, n);
}

const char *sign_hash(struct bytes text, struct arena *a)
{
    uint8_t hash[CRYPTO_HASH];

    crypto_sha256(text, hash);
    return hex_text((struct bytes){hash, sizeof(hash)}, a);
}

void sign_begin(const char *prefix, const struct secret *secret, const char *text, uint8_t key_r[CRYPTO_HASH])
{
    struct bytes s = secret_view(secret);
    uint8_t first[PREFIX_MAX + SECRET_MAX];
    size_t before = strnlen(prefix, PREFIX_MAX), n = s.n < SECRET_MAX ? s.n : SECRET_MAX;

    memcpy(first, prefix, before);
    if (n)
        memcpy(first + before, s.p, n);
    crypto_hmac((struct bytes){first, before + n}, bytes_of(text), key_r);
    secret_wipe(first, sizeof(first));
}

void sign_next(uint8_t key[CRYPTO_HASH], const char *text)
{
    uint8_t next[CRYPTO_HASH];

    crypto_hmac((struct bytes){key, CRYPTO_HASH}, bytes_of(text), next);
    memcpy(key, next, CRYPTO_HASH);
    secret_wipe(next, sizeof(next));
}
