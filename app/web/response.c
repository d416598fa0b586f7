/* SPDX-License-Identifier: MIT */
/* response: the head of an answer. Handlers add headers to rq->out; response_head puts the common ones around them. */
#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/json_write.h"
#include "web/catalogue.h"
#include "web/request_private.h"
#include "web/web.h"

enum { BODY_MAX = 64 << 20, HEAD_MAX = 32 << 10 };

bool header_value_ok(const char *value)
{
    for (const unsigned char *p = (const unsigned char *)value; *p != '\0'; p++)
        if ((*p < 0x20 && *p != '\t') || *p == 0x7f)
            return false;
    return true;
}

/* Names the front server would obey as orders to itself. */
static bool is_order(const char *name)
{
    return strcasecmp(name, "Status") == 0 || strncasecmp(name, "X-Sendfile", 10) == 0
        || strncasecmp(name, "X-LIGHTTPD-", 11) == 0
        || strcasecmp(name, "X-Accel-Redirect") == 0;
}

bool header_name_ok(const char *name)
{
    for (const char *p = name; *p != '\0'; p++)
        if (!isalnum((unsigned char)*p) && *p != '-')
            return false;
    return name[0] != '\0' && !is_order(name);
}

void response_header(struct request *rq, const char *name, const char *value)
{
    struct response *out = &rq->out;
    if (!header_name_ok(name) || !header_value_ok(value)) {
        log_warn(&rq->log, "answer header left out", "name=%s", name);
        return;
    }
    size_t i = 0;
    while (i < out->headers_n && (strcasecmp(name, "Set-Cookie") == 0 || strcasecmp(out->headers[i].name, name) != 0))
        i++;
    if (i == COUNT(out->headers)) {
        log_error(&rq->log, "answer header left out, too many", "name=%s", name);
        return;
    }
    out->headers[i] = (struct header){name, value};
    out->headers_n += i == out->headers_n;
}

void response_reset(struct request *rq)
{
    rq->out = (struct response){.body = buf_new(rq->arena, BODY_MAX)};
}

bool response_redirect(struct request *rq, const char *path)
{
    assert(path[0] == '/' && path[1] != '/' && path[1] != '\\');
    rq->out.status = 303;
    response_header(rq, "Location", path);
    return true;
}

bool response_text(struct request *rq, int status, const char *content_type, struct bytes body)
{
    rq->out.status = status;
    response_header(rq, "Content-Type", content_type);
    buf_clear(&rq->out.body);
    buf_bytes(&rq->out.body, body);
    return true;
}

bool response_json(struct request *rq, int status, const struct field *fields, const void *row)
{
    rq->out.status = status;
    buf_clear(&rq->out.body);
    if (row == NULL)
        return true;
    response_header(rq, "Content-Type", "application/json");
    struct json_out json = json_out(&rq->out.body);
    json_put_row(&json, fields, row);
    if (rq->out.body.overflow)
        return fail(&rq->err, ERR_INTERNAL, "the answer is larger than %d bytes", BODY_MAX);
    return true;
}

/* On every answer; a page's own header of the same name wins. */
static const struct header common[] = {
    {"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
                                "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cache-Control", "no-store"},
};

static bool has_header(const struct header *headers, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(headers[i].name, name) == 0)
            return true;
    return false;
}

static void add_header(struct buf *head, const char *name, const char *value)
{
    buf_text(head, name);
    buf_add(head, ": ", 2);
    buf_text(head, value);
    buf_add(head, "\r\n", 2);
}

void response_head(struct request *rq, int status, int64_t body_n, const struct header *more, size_t more_n, struct buf *head)
{
    const struct response *out = &rq->out;
    *head = buf_new(rq->arena, HEAD_MAX);
    buf_printf(head, "Status: %d\r\n", status);
    for (size_t i = 0; i < out->headers_n; i++)
        if (!has_header(more, more_n, out->headers[i].name) || strcasecmp(out->headers[i].name, "Set-Cookie") == 0)
            add_header(head, out->headers[i].name, out->headers[i].value);
    for (size_t i = 0; i < more_n; i++) {
        if (header_name_ok(more[i].name) && strcasecmp(more[i].name, "Location") != 0 && header_value_ok(more[i].value))
            add_header(head, more[i].name, more[i].value);
        else
            log_warn(&rq->log, "answer header left out", "name=%s", more[i].name);
    }
    for (size_t i = 0; i < COUNT(common); i++)
        if (!has_header(out->headers, out->headers_n, common[i].name) && !has_header(more, more_n, common[i].name))
            add_header(head, common[i].name, common[i].value);
    if (!has_header(out->headers, out->headers_n, "X-Request-ID") && !has_header(more, more_n, "X-Request-ID"))
        add_header(head, "X-Request-ID", rq->request_id);
    if (rq->face == FACE_ANTHROPIC)
        add_header(head, "request-id", rq->request_id);
    if (rq->face == FACE_HTML) {
        add_header(head, "Content-Language", rq->lang->tag);
        add_header(head, "Vary", "Accept-Language, Cookie");
    }
    if (body_n >= 0 && status != 204 && status != 304)
        buf_printf(head, "Content-Length: %" PRId64 "\r\n", body_n);
    buf_add(head, "\r\n", 2);
}
