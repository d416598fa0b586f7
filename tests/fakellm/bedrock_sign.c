/* SPDX-License-Identifier: MIT */
/* bedrock_sign: AWS Signature Version 4, from the receiver's side and by its documentation: the request as it came is made canonical again, and the
 * signature over it must be the one that was sent. */
#include "bedrock.h"
#include "sign.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

enum { SKEW_S = 15 * 60 };

/* Every service but S3 encodes the path that came once more. */
static void add_path(struct text *t, struct slice path)
{
    char hex[4];
    for (size_t i = 0; i < path.n; i++) {
        unsigned char c = (unsigned char)path.p[i];
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c != 0 && strchr("-._~/", c) != NULL)) {
            text_add(t, path.p + i, 1);
        } else {
            snprintf(hex, sizeof hex, "%%%02X", c);
            text_put(t, hex);
        }
    }
}

static void add_canonical(struct text *t, const struct http *h, struct slice names)
{
    struct slice rest = names;
    text_slice(t, h->method);
    text_put(t, "\n");
    add_path(t, h->path);
    text_put(t, "\n");
    text_slice(t, h->query);
    text_put(t, "\n");
    while (rest.n > 0) {
        struct slice name = sign_word(&rest, ';');
        text_slice(t, name);
        text_put(t, ":");
        text_slice(t, sign_header(h, name));
        text_put(t, "\n");
    }
    text_put(t, "\n");
    text_slice(t, names);
    text_put(t, "\n");
    sign_hash(t, h->body);
}

static bool is_now(struct slice date)
{
    struct tm tm = {0};
    char text[20] = "";
    if (date.n != 16)
        return false;
    memcpy(text, date.p, date.n);
    if (strptime(text, "%Y%m%dT%H%M%SZ", &tm) == NULL)
        return false;
    return llabs((long long)(timegm(&tm) - time(NULL))) < SKEW_S;
}

static bool fits(const struct http *h, const char *secret, struct slice authorization, struct slice scope, struct slice day)
{
    struct slice rest = scope, names = sign_field(authorization, "SignedHeaders="), date = sign_header(h, slice_of("x-amz-date"));
    struct text canonical = {0}, what = {0}, signature = {0};
    unsigned char key[32];
    char first[260];
    unsigned n = sizeof key;
    snprintf(first, sizeof first, "AWS4%s", secret);
    HMAC(EVP_sha256(), first, (int)strlen(first), (const unsigned char *)day.p, day.n, key, &n);
    (void)sign_word(&rest, '/');
    while (rest.n > 0)
        sign_next(key, sign_word(&rest, '/'));
    add_canonical(&canonical, h, names);
    text_put(&what, "AWS4-HMAC-SHA256\n");
    text_slice(&what, date);
    text_put(&what, "\n");
    text_slice(&what, scope);
    text_put(&what, "\n");
    sign_hash(&what, text_all(&canonical));
    sign_next(key, text_all(&what));
    sign_hex(&signature, key, sizeof key);
    struct slice given = sign_field(authorization, "Signature=");
    bool same = given.n == signature.n && memcmp(given.p, signature.p, given.n) == 0;
    text_free(&canonical);
    text_free(&what);
    text_free(&signature);
    return same;
}

static const char *refuse(const char *type, const char *sentence, char *why, size_t why_size)
{
    snprintf(why, why_size, "%s", sentence);
    return type;
}

const char *bedrock_unsigned(const struct http *h, const char *secret, char *why, size_t why_size)
{
    struct slice authorization = sign_header(h, slice_of("authorization"));
    struct slice scope = sign_field(authorization, "Credential="), names = sign_field(authorization, "SignedHeaders=");
    if (h->key.n > 0 && slice_is(h->key, secret))
        return NULL;
    if (h->key.n > 0)
        return refuse("AccessDeniedException", "Authentication failed: Please make sure your API Key is valid.", why, why_size);
    if (authorization.n == 0)
        return refuse("MissingAuthenticationTokenException", "Missing Authentication Token", why, why_size);
    struct slice id = sign_word(&scope, '/'), rest = scope, day = sign_word(&rest, '/'), region = sign_word(&rest, '/'), service = sign_word(&rest, '/');
    if (authorization.n < 17 || memcmp(authorization.p, "AWS4-HMAC-SHA256 ", 17) != 0 || id.n == 0 || region.n == 0 || !slice_is(rest, "aws4_request"))
        return refuse("IncompleteSignatureException", "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature'.", why, why_size);
    if (!slice_is(service, "bedrock"))
        return refuse("InvalidSignatureException", "Credential should be scoped to correct service: 'bedrock'.", why, why_size);
    if (!is_now(sign_header(h, slice_of("x-amz-date"))) || memcmp(sign_header(h, slice_of("x-amz-date")).p, day.p, 8) != 0 || day.n != 8)
        return refuse("InvalidSignatureException", "Signature expired or not of this day.", why, why_size);
    if (!sign_covers(names, "host") || !sign_covers(names, "x-amz-date") || (sign_header(h, slice_of("content-type")).n > 0 && !sign_covers(names, "content-type")))
        return refuse("InvalidSignatureException", "'Host', 'Content-Type' and 'X-Amz-Date' must be signed headers.", why, why_size);
    if (!fits(h, secret, authorization, scope, day))
        return refuse("InvalidSignatureException", "The request signature we calculated does not match the signature you provided. Check your AWS "
                      "Secret Access Key and signing method.", why, why_size);
    return NULL;
}
