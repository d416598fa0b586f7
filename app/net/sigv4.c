/* SPDX-License-Identifier: MIT */
#include "net/sigv4.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/parse.h"
#include "base/percent.h"
#include "base/secret.h"
#include "net/sign.h"

enum { TEXT_MAX = 64 << 10 };

/* The path as it is sent, encoded once more but for its slashes. */
static void put_path(struct buf *buf, const char *url)
{
    const char *start = strstr(url, "://"), *path = strchr(start ? start + 3 : url, '/');

    buf_char(buf, '/');
    for (path = path ? path + 1 : ""; *path; path += strspn(path, "/")) {
        size_t n = strcspn(path, "/");

        percent_write(buf, path, n);
        path += n;
        for (size_t slashes = strspn(path, "/"); slashes; slashes--)
            buf_char(buf, '/');
    }
}

static const char *content_type(const struct http_request *request)
{
    for (size_t i = 0; i < request->headers_n; i++)
        if (strcasecmp(request->headers[i].name, "content-type") == 0)
            return request->headers[i].value;
    return NULL;
}

/* Everything that is signed, one to a line; ${names_r} are the headers among it. */
static const char *canonical(const struct http_request *request, const char *date, struct arena *a, const char **names_r)
{
    struct buf buf = buf_new(a, TEXT_MAX);
    const char *type = content_type(request), *text;
    struct err ignored = {0};

    *names_r = type ? "content-type;host;x-amz-date" : "host;x-amz-date";
    buf_printf(&buf, "%s\n", request->method);
    put_path(&buf, request->url);
    buf_text(&buf, "\n\n");                                  /* no query */
    if (type)
        buf_printf(&buf, "content-type:%s\n", type);
    buf_printf(&buf, "host:%s\nx-amz-date:%s\n\n%s\n%s", sign_host(request->url, a), date, *names_r, sign_hash(request->body, a));
    return buf_done(&buf, &text, &ignored) ? text : "";
}

/* The key of one day, region and service. */
static void day_key(const struct sigv4 *s, const char *day, uint8_t key_r[CRYPTO_HASH])
{
    sign_begin("AWS4", s->secret, day, key_r);
    sign_next(key_r, s->region);
    sign_next(key_r, s->service);
    sign_next(key_r, "aws4_request");
}

void sigv4_sign(const struct sigv4 *s, const struct http_request *request, struct arena *a, struct http_header headers_r[SIGV4_HEADERS])
{
    time_t now = (time_t)(s->now / 1000000);
    struct tm tm;
    char date[20], day[12];
    uint8_t key[CRYPTO_HASH];
    const char *names, *what, *scope;

    gmtime_r(&now, &tm);
    strftime(date, sizeof(date), "%Y%m%dT%H%M%SZ", &tm);
    strftime(day, sizeof(day), "%Y%m%d", &tm);
    scope = arena_printf(a, "%s/%s/%s/aws4_request", day, s->region, s->service);
    what = canonical(request, date, a, &names);
    what = arena_printf(a, "AWS4-HMAC-SHA256\n%s\n%s\n%s", date, scope, sign_hash(bytes_of(what), a));
    day_key(s, day, key);
    sign_next(key, what);
    headers_r[0] = (struct http_header){"X-Amz-Date", arena_text(a, date)};
    headers_r[1] = (struct http_header){"Authorization", arena_printf(a, "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s", s->key_id,
                                                                      scope, names, hex_text((struct bytes){key, sizeof(key)}, a))};
    secret_wipe(key, sizeof(key));
}
