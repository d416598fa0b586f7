/* SPDX-License-Identifier: MIT */
#include "net/tc3.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/parse.h"
#include "base/secret.h"
#include "net/sign.h"

#define SIGNED "content-type;host;x-tc-action"

static const char *lower(const char *text, struct arena *a)
{
    char *own = arena_text(a, text);

    for (char *c = own; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return own;
}

/* Everything that is signed, one to a line. */
static const char *canonical(const struct tc3 *s, const struct http_request *request, struct arena *a)
{
    return arena_printf(a, "POST\n/\n\ncontent-type:application/json\nhost:%s\nx-tc-action:%s\n\n" SIGNED "\n%s",
                        lower(sign_host(request->url, a), a), lower(s->action, a), sign_hash(request->body, a));
}

/* The key of one day and service signs the text. */
static const char *signature(const struct tc3 *s, const char *day, const char *text, struct arena *a)
{
    uint8_t key[CRYPTO_HASH];
    const char *hex;

    sign_begin("TC3", s->secret, day, key);
    sign_next(key, s->service);
    sign_next(key, "tc3_request");
    sign_next(key, text);
    hex = hex_text((struct bytes){key, sizeof(key)}, a);
    secret_wipe(key, sizeof(key));
    return hex;
}

size_t tc3_sign(const struct tc3 *s, const struct http_request *request, struct arena *a, struct http_header headers_r[TC3_HEADERS])
{
    char time[CLOCK_TEXT];
    const char *seconds = arena_printf(a, "%" PRId64, s->now / 1000000), *day, *scope, *text;
    size_t n = 0;

    clock_rfc3339(s->now, time);
    day = arena_copy(a, time, 10);
    scope = arena_printf(a, "%s/%s/tc3_request", day, s->service);
    text = arena_printf(a, "TC3-HMAC-SHA256\n%s\n%s\n%s", seconds, scope, sign_hash(bytes_of(canonical(s, request, a)), a));
    headers_r[n++] = (struct http_header){"X-TC-Action", s->action};
    headers_r[n++] = (struct http_header){"X-TC-Version", s->version};
    headers_r[n++] = (struct http_header){"X-TC-Timestamp", seconds};
    if (*s->region)
        headers_r[n++] = (struct http_header){"X-TC-Region", s->region};
    headers_r[n++] = (struct http_header){"Authorization", arena_printf(a, "TC3-HMAC-SHA256 Credential=%s/%s, SignedHeaders=" SIGNED ", Signature=%s",
                                                                         s->key_id, scope, signature(s, day, text, a))};
    return n;
}
