/* SPDX-License-Identifier: MIT */
/* csrf: that a change was asked for by a page of ours. Requests that carry a key of their own are not a browser's doing and
 * are exempt; all others must come from this origin, and prove that they have seen a page of it: by the session's token, or,
 * before there is a session, by the token of a cookie that only we can set. */
#include <string.h>
#include <strings.h>

#include "base/crypto.h"
#include "base/parse.h"
#include "web/request_private.h"
#include "web/urlencoded.h"

enum { TOKEN_BYTES = 32, TOKEN_TEXT = 2 * TOKEN_BYTES, FORM_VALUES = 256 };
enum { PRE_SESSION_S = 4 * 3600 };

static bool refuse(struct request *rq, const char *why)
{
    return fail(&rq->err, ERR_CSRF, "%s", why);
}

/* "https://host:port" of an Origin or Referer against the Host we were called by. */
static bool same_host(const struct request *rq, const char *origin)
{
    const char *scheme = rq->https ? "https://" : "http://";
    size_t n = strlen(scheme);
    if (strncasecmp(origin, scheme, n) != 0)
        return false;
    origin += n;
    n = strcspn(origin, "/?#");
    return n > 0 && n == strlen(rq->host) && strncasecmp(origin, rq->host, n) == 0;
}

static bool origin_ok(const struct request *rq)
{
    const char *site = request_header(rq, "sec-fetch-site");
    if (site != NULL && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return false;
    const char *origin = request_header(rq, "origin");
    if (origin == NULL)
        origin = request_header(rq, "referer");
    return origin == NULL || same_host(rq, origin);
}

/* The token of the form or of the header; "" if neither. */
static const char *token_sent(struct request *rq)
{
    const char *token = request_header(rq, "x-csrf-token");
    struct param *pairs;
    size_t n;
    struct err ignored;
    if (token == NULL && strcmp(rq->content_type, "application/x-www-form-urlencoded") == 0
        && pairs_read(rq->body, FORM_VALUES, rq->arena, &pairs, &n, &ignored))
        token = pairs_find(pairs, n, "csrf");
    return token != NULL ? token : "";
}

static bool token_ok(struct request *rq)
{
    const char *want = rq->csrf, *sent = token_sent(rq);
    size_t n = strlen(want);
    return n > 0 && strlen(sent) == n && crypto_equal(want, sent, n);
}

bool csrf_check(struct request *rq)
{
    bool session = rq->who != NULL && rq->csrf[0] != '\0';
    if (rq->method == GET || (rq->who != NULL && !session))
        return true;
    if (!origin_ok(rq))
        return refuse(rq, "the request comes from another site");
    if (!session && rq->face != FACE_HTML)
        return true;                         /* no cookie speaks for this caller, so there is nothing to forge */
    return token_ok(rq) || refuse(rq, "the form's token is missing or not this session's");
}

void csrf_before_session(struct request *rq)
{
    if (rq->who != NULL || rq->face != FACE_HTML)
        return;
    uint8_t bytes[TOKEN_BYTES];
    const char *token = request_cookie(rq, "mg_pre");
    if (token == NULL || strlen(token) != TOKEN_TEXT || !hex_read(token, bytes, TOKEN_BYTES)) {
        if (rq->method != GET)
            return;                          /* nothing it could be equal to */
        char *text = arena_alloc(rq->arena, TOKEN_TEXT + 1);
        crypto_random(bytes, TOKEN_BYTES);
        hex_write((struct bytes){bytes, TOKEN_BYTES}, text);
        response_cookie(rq, "mg_pre", text, PRE_SESSION_S, true);
        token = text;
    }
    rq->csrf = token;
}
