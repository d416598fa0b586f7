/* SPDX-License-Identifier: MIT */
#include "sign.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <strings.h>

struct slice sign_header(const struct http *h, struct slice wanted)
{
    struct slice rest = h->head, name, value;
    while (http_header(&rest, &name, &value))
        if (name.n == wanted.n && strncasecmp(name.p, wanted.p, name.n) == 0)
            return value;
    return (struct slice){0};
}

struct slice sign_field(struct slice authorization, const char *name)
{
    const char *at = memmem(authorization.p, authorization.n, name, strlen(name)), *end = authorization.p + authorization.n, *p;
    if (at == NULL)
        return (struct slice){0};
    at += strlen(name);
    for (p = at; p < end && *p != ',' && *p != ' '; p++)
        continue;
    return (struct slice){at, (size_t)(p - at)};
}

struct slice sign_word(struct slice *rest, char stop)
{
    const char *at = rest->n > 0 ? memchr(rest->p, stop, rest->n) : NULL;
    struct slice first = {rest->p, at == NULL ? rest->n : (size_t)(at - rest->p)};
    size_t used = first.n + (at != NULL);
    *rest = (struct slice){rest->p + used, rest->n - used};
    return first;
}

void sign_hex(struct text *t, const unsigned char *p, size_t n)
{
    char digits[3];
    for (size_t i = 0; i < n; i++) {
        snprintf(digits, sizeof digits, "%02x", p[i]);
        text_put(t, digits);
    }
}

void sign_hash(struct text *t, struct slice s)
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)s.p, s.n, hash);
    sign_hex(t, hash, sizeof hash);
}

void sign_next(unsigned char key[32], struct slice with)
{
    unsigned char next[32];
    unsigned n = sizeof next;
    HMAC(EVP_sha256(), key, 32, (const unsigned char *)with.p, with.n, next, &n);
    memcpy(key, next, sizeof next);
}

bool sign_covers(struct slice names, const char *wanted)
{
    while (names.n > 0)
        if (slice_is(sign_word(&names, ';'), wanted))
            return true;
    return false;
}
