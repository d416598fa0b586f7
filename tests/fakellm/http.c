/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <strings.h>

bool http_header(struct slice *head, struct slice *name_r, struct slice *value_r)
{
    const char *lf = head->n > 0 ? memchr(head->p, '\n', head->n) : NULL;
    if (lf == NULL)
        return false;
    const char *end = lf > head->p && lf[-1] == '\r' ? lf - 1 : lf;
    const char *colon = memchr(head->p, ':', (size_t)(end - head->p));
    const char *value = colon == NULL ? end : colon + 1;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *name_r = (struct slice){head->p, (size_t)((colon == NULL ? value : colon) - head->p)};
    *value_r = (struct slice){value, (size_t)(end - value)};
    head->n -= (size_t)(lf + 1 - head->p);
    head->p = lf + 1;
    return true;
}

static bool named(struct slice s, const char *name)
{
    return s.n == strlen(name) && strncasecmp(s.p, name, s.n) == 0;
}

static bool length_read(struct slice s, size_t *n_r)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || n > HTTP_BODY_MAX)
            return false;
        n = n * 10 + (size_t)(s.p[i] - '0');
    }
    *n_r = n;
    return s.n > 0 && n <= HTTP_BODY_MAX;
}

static bool header_apply(struct http *h, struct slice name, struct slice value)
{
    switch (name.n > 0 ? name.p[0] | 0x20 : 0) {
    case 'a':
        if (named(name, "api-key"))
            h->key = value;
        if (named(name, "authorization") && value.n > 7 && strncasecmp(value.p, "bearer ", 7) == 0)
            h->key = (struct slice){value.p + 7, value.n - 7};
        return true;
    case 'c':
        if (named(name, "content-length"))
            return length_read(value, &h->length);
        if (named(name, "connection"))
            h->close = named(value, "close") || (h->v10 && !named(value, "keep-alive"));
        return true;
    case 'e':
        h->expect = h->expect || (named(name, "expect") && named(value, "100-continue"));
        return true;
    case 't':
        if (named(name, "transfer-encoding"))
            h->chunked = named(value, "chunked");
        return true;
    case 'x':
        if (named(name, "x-api-key") || named(name, "x-goog-api-key"))
            h->key = value;
        return true;
    default:
        return true;
    }
}

/* "POST /path?query HTTP/1.1" */
static bool line_read(const char *p, const char *end, struct http *h)
{
    const char *space = memchr(p, ' ', (size_t)(end - p));
    const char *second = space == NULL ? NULL : memchr(space + 1, ' ', (size_t)(end - space - 1));
    if (second == NULL || end - second != 9 || memcmp(second, " HTTP/1.", 8) != 0)
        return false;
    h->method = (struct slice){p, (size_t)(space - p)};
    h->path = (struct slice){space + 1, (size_t)(second - space - 1)};
    const char *mark = memchr(h->path.p, '?', h->path.n);
    if (mark != NULL) {
        h->query = (struct slice){mark + 1, (size_t)(second - mark - 1)};
        h->path.n = (size_t)(mark - h->path.p);
    }
    h->v10 = second[8] == '0';
    h->close = h->v10;
    return true;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

/* First look whether all chunks are there, then join them: a buffer that must wait is left as it came. */
static enum http_state chunks_read(char *p, size_t n, bool join, struct slice *body_r, size_t *used_r)
{
    size_t at = 0, joined = 0;
    for (;;) {
        size_t size = 0, digits = 0;
        while (at < n && hex(p[at]) >= 0 && digits < 7) {
            size = size << 4 | (size_t)hex(p[at++]);
            digits++;
        }
        char *lf = at < n ? memchr(p + at, '\n', n - at) : NULL;
        if (lf == NULL)
            return n - at > HTTP_HEAD_MAX || (at < n && digits == 0) ? HTTP_BAD : HTTP_MORE;
        at = (size_t)(lf - p) + 1;
        if (digits == 0 || joined + size > HTTP_BODY_MAX)
            return HTTP_BAD;
        if (n - at < size + 2)
            return HTTP_MORE;
        if (join && size > 0)
            memmove(p + joined, p + at, size);
        joined += size;
        at += size + 2;
        if (size == 0)
            break;
    }
    *body_r = (struct slice){p, joined};
    *used_r = at;
    return HTTP_DONE;
}

static enum http_state body_read(char *p, size_t n, struct http *h, size_t *used_r)
{
    if (h->chunked) {
        enum http_state state = chunks_read(p, n, false, &h->body, used_r);
        return state == HTTP_DONE ? chunks_read(p, n, true, &h->body, used_r) : state;
    }
    if (n < h->length)
        return HTTP_MORE;
    h->body = (struct slice){p, h->length};
    *used_r = h->length;
    return HTTP_DONE;
}

enum http_state http_read(char *p, size_t n, struct http *h, size_t *used_r)
{
    *h = (struct http){0};
    char *blank = n >= 4 ? memmem(p, n, "\r\n\r\n", 4) : NULL;
    if (blank == NULL)
        return n > HTTP_HEAD_MAX ? HTTP_BAD : HTTP_MORE;
    char *lf = memchr(p, '\n', n);
    if (!line_read(p, lf - 1, h))
        return HTTP_BAD;
    h->head = (struct slice){lf + 1, (size_t)(blank + 2 - (lf + 1))};
    struct slice head = h->head, name, value;
    while (http_header(&head, &name, &value))
        if (!header_apply(h, name, value))
            return HTTP_BAD;
    size_t before = (size_t)(blank + 4 - p), used = 0;
    enum http_state state = body_read(p + before, n - before, h, &used);
    *used_r = before + used;
    return state;
}

struct slice http_query(struct slice query, const char *name)
{
    for (const char *p = query.p, *end = query.p + query.n; p != NULL && p < end;) {
        const char *amp = memchr(p, '&', (size_t)(end - p)), *stop = amp == NULL ? end : amp;
        if ((size_t)(stop - p) > strlen(name) && memcmp(p, name, strlen(name)) == 0 && p[strlen(name)] == '=')
            return (struct slice){p + strlen(name) + 1, (size_t)(stop - p) - strlen(name) - 1};
        p = amp == NULL ? end : amp + 1;
    }
    return (struct slice){0};
}

const char *http_reason(int status)
{
    switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default:  return "Status";
    }
}
