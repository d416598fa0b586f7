/* SPDX-License-Identifier: MIT */
/* cookie: reading the Cookie header and writing Set-Cookie. Cookies that are credentials go by the name __Host-… over TLS,
 * which browsers accept only from this very host, so no neighbour can plant one; only over plain http (loopback) do they have
 * their plain name. */
#include <inttypes.h>
#include <string.h>

#include "web/request_private.h"

enum { COOKIES = 60 };

/* The session, the token of forms before there is one, and the mark of a browser that has signed in before. */
static const char *const credentials[] = {"mg", "mg_pre", "mg_known"};

static bool is_credential(const char *name)
{
    for (size_t i = 0; i < COUNT(credentials); i++)
        if (strcmp(credentials[i], name) == 0)
            return true;
    return false;
}

static bool is_name(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] <= ' ' || p[i] >= 0x7f || strchr("()<>@,;:\\\"/[]?={}", p[i]) != NULL)
            return false;
    return n > 0;
}

/* RFC 6265 cookie-octets: no quotes, commas, semicolons, backslashes, spaces or controls. */
static bool is_value(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] <= ' ' || p[i] >= 0x7f || strchr("\",;\\", p[i]) != NULL)
            return false;
    return true;
}

static void add_cookie(struct request *rq, const char *name, size_t name_n, const char *value, size_t value_n)
{
    if (value_n >= 2 && value[0] == '"' && value[value_n - 1] == '"') {
        value++;
        value_n -= 2;
    }
    if (!is_name(name, name_n) || !is_value(value, value_n))
        return;                              /* other services on this host may set what they like */
    const char *name_text = arena_copy(rq->arena, name, name_n), *value_text = arena_copy(rq->arena, value, value_n);
    for (size_t i = 0; i < rq->cookies_n; i++)
        if (strcmp(rq->cookies[i].name, name_text) == 0) {
            if (rq->cookies[i].value != NULL && strcmp(rq->cookies[i].value, value_text) != 0) {
                log_warn(&rq->log, "cookie sent twice", "name=%s", name_text);
                rq->cookies[i].value = NULL;
            }
            return;
        }
    if (rq->cookies_n < COOKIES)
        rq->cookies[rq->cookies_n++] = (struct param){name_text, value_text};
}

void cookies_read(const char *header, struct request *rq)
{
    rq->cookies = NEW_ARRAY(rq->arena, struct param, COOKIES);
    rq->cookies_n = 0;
    for (const char *p = header; *p != '\0';) {
        p += strspn(p, "; \t");
        size_t n = strcspn(p, ";");
        const char *equals = memchr(p, '=', n);
        size_t end = n;
        while (end > 0 && (p[end - 1] == ' ' || p[end - 1] == '\t'))
            end--;
        if (equals != NULL && (size_t)(equals - p) < end)
            add_cookie(rq, p, (size_t)(equals - p), equals + 1, end - (size_t)(equals - p) - 1);
        p += n;
    }
}

const char *request_cookie(const struct request *rq, const char *name)
{
    const char *prefix = rq->https && is_credential(name) ? "__Host-" : "";
    size_t n = strlen(prefix);
    for (size_t i = 0; i < rq->cookies_n; i++)
        if (strncmp(rq->cookies[i].name, prefix, n) == 0 && strcmp(rq->cookies[i].name + n, name) == 0)
            return rq->cookies[i].value;
    return NULL;
}

void response_cookie(struct request *rq, const char *name, const char *value, int64_t max_age_s, bool strict)
{
    if (!is_name(name, strlen(name)) || !is_value(value, strlen(value))) {
        log_error(&rq->log, "cookie with a value that cannot be sent", "name=%s", name);
        return;
    }
    const char *text = arena_printf(rq->arena, "%s%s=%s; Path=/; Max-Age=%" PRId64 "; SameSite=%s%s%s",
                                    rq->https && is_credential(name) ? "__Host-" : "", name, value, max_age_s,
                                    strict ? "Strict" : "Lax", rq->https ? "; Secure" : "", strict ? "; HttpOnly" : "");
    response_header(rq, "Set-Cookie", text);
}
