/* SPDX-License-Identifier: MIT */
/* http: headers. Those sent are checked so that no value can add a line; those received are checked, lower-cased and bounded,
 * because they may be copied to where a browser or lighttpd reads them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/http_private.h"

/* RFC 9110 section 5.6.2. */
static bool is_token(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (!c || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return n > 0;
}

static bool is_value(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (((uint8_t)p[i] < 0x20 && p[i] != '\t') || p[i] == 0x7f)
            return false;
    return true;
}

/* ---- sent ---- */

/* libcurl adds these by itself unless a line without value says no. */
static const char *const unwanted[] = {"Expect:", "Content-Type:"};

static bool names_content_type(const struct http_request *request)
{
    for (size_t i = 0; i < request->headers_n; i++)
        if (strcasecmp(request->headers[i].name, "content-type") == 0)
            return true;
    return false;
}

/* Room for all of them; false if one is not a header. */
static bool measure(struct http_call *call, const struct http_request *request, size_t *texts_r)
{
    *texts_r = sizeof("Expect:") + sizeof("Content-Type:");
    if (request->headers_n > HEADERS_MAX)
        return snprintf(call->reason, sizeof(call->reason), "more than %d headers", HEADERS_MAX), false;
    for (size_t i = 0; i < request->headers_n; i++) {
        size_t name_n = strlen(request->headers[i].name), value_n = strlen(request->headers[i].value);
        if (!is_token(request->headers[i].name, name_n) || !is_value(request->headers[i].value, value_n)) {
            snprintf(call->reason, sizeof(call->reason), "header %zu has a character that no header may have", i + 1);
            return false;
        }
        *texts_r += name_n + value_n + sizeof(": ");
    }
    return true;
}

static char *put(char *p, const char *text)
{
    size_t n = strlen(text);
    memcpy(p, text, n);
    return p + n;
}

/* The list lies in one piece of memory that the call keeps: nodes first, then "name: value" texts. */
bool lines_set(struct http_call *call, const struct http_request *request, struct curl_slist **list_r)
{
    size_t n = request->headers_n, texts, nodes_n = n + COUNT(unwanted);
    if (!measure(call, request, &texts))
        return false;
    call->lines = http_room(call->lines, &call->lines_room, nodes_n * sizeof(struct curl_slist) + texts, 1);
    struct curl_slist *nodes = (struct curl_slist *)(void *)call->lines;
    char *p = call->lines + nodes_n * sizeof(*nodes);
    size_t unwanted_n = names_content_type(request) ? 1 : 2;
    for (size_t i = 0; i < n + unwanted_n; i++) {
        nodes[i] = (struct curl_slist){.data = p, .next = i + 1 < n + unwanted_n ? &nodes[i + 1] : NULL};
        if (i < n) {
            p = put(p, request->headers[i].name);
            p = put(p, request->headers[i].value[0] ? ": " : ";");      /* libcurl's way to write an empty value */
            p = put(p, request->headers[i].value);
        } else {
            p = put(p, unwanted[i - n]);
        }
        *p++ = '\0';
    }
    *list_r = nodes;
    return true;
}

/* ---- received ---- */

void head_clear(struct head *head)
{
    if (head->room > 4096)              /* a large one is not kept for the next call */
        head_free(head);
    head->n = head->headers_n = head->seen = 0;
    head->status = 0;
    head->whole = false;
}

void head_free(struct head *head)
{
    free(head->p);
    head->p = NULL;
    head->room = 0;
}

static void head_add(struct head *head, const char *p, size_t n)
{
    size_t need = head->n + n + 1;
    head->p = http_room(head->p, &head->room, need < 1024 ? 1024 : need, 1);
    if (n > 0)
        memcpy(head->p + head->n, p, n);
    head->n += n;
    head->p[head->n++] = '\0';
}

/* "HTTP/1.1 200 OK": a new head begins, what a 1xx one said is forgotten. */
static enum http_end read_status(struct head *head, const char *p, size_t n)
{
    const char *space = memchr(p, ' ', n);
    int status = 0;
    head->n = head->headers_n = 0;
    if (n < 5 || memcmp(p, "HTTP/", 5) != 0 || !space || p + n - space < 4)
        return HTTP_PROTOCOL;
    for (int i = 1; i <= 3; i++) {
        if (space[i] < '0' || space[i] > '9')
            return HTTP_PROTOCOL;
        status = 10 * status + (space[i] - '0');
    }
    head->status = status;
    return status >= 100 ? HTTP_DONE : HTTP_PROTOCOL;
}

/* A line that begins with a blank continues the value before it (RFC 9112 section 5.2). */
static enum http_end read_fold(struct head *head, const char *p, size_t n)
{
    if (head->headers_n == 0)
        return HTTP_PROTOCOL;
    head->p[head->n - 1] = ' ';
    while (n > 0 && (*p == ' ' || *p == '\t'))
        p++, n--;
    head_add(head, p, n);
    return HTTP_DONE;
}

static enum http_end read_header(struct head *head, const char *p, size_t n)
{
    const char *colon = memchr(p, ':', n);
    size_t name_n = colon ? (size_t)(colon - p) : 0;
    if (!colon || !is_token(p, name_n))
        return HTTP_PROTOCOL;
    if (head->headers_n == HEADERS_MAX)
        return HTTP_TOO_LARGE;
    const char *value = colon + 1;
    while (value < p + n && (*value == ' ' || *value == '\t'))
        value++;
    size_t i = head->headers_n;
    head->names[i] = (uint32_t)head->n;
    head_add(head, p, name_n);
    for (char *c = head->p + head->names[i]; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    head->values[i] = (uint32_t)head->n;
    head->headers_n++;
    head_add(head, value, (size_t)(p + n - value));
    return HTTP_DONE;
}

/* The blank line: of the final head, or of a 1xx one, after which another status line must come. */
static enum http_end end_head(struct head *head)
{
    if (head->status == 0)
        return HTTP_PROTOCOL;
    head->whole = head->status >= 200;
    if (!head->whole)
        head->status = 0;
    return HTTP_DONE;
}

enum http_end head_line(struct head *head, const char *p, size_t n)
{
    head->seen += n;
    if (head->seen > HEAD_MAX)
        return HTTP_TOO_LARGE;
    if (head->whole)
        return HTTP_DONE;               /* trailers: counted, not read */
    while (n > 0 && (p[n - 1] == '\n' || p[n - 1] == '\r' || p[n - 1] == ' ' || p[n - 1] == '\t'))
        n--;
    if (n == 0)
        return end_head(head);
    if (!is_value(p, n))
        return HTTP_PROTOCOL;
    if (head->status == 0)
        return read_status(head, p, n);
    return *p == ' ' || *p == '\t' ? read_fold(head, p, n) : read_header(head, p, n);
}

size_t head_list(const struct head *head, struct http_header *headers)
{
    for (size_t i = 0; i < head->headers_n; i++)
        headers[i] = (struct http_header){head->p + head->names[i], head->p + head->values[i]};
    return head->headers_n;
}
