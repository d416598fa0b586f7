/* SPDX-License-Identifier: MIT */
#ifndef FAKELLM_HTTP_H
#define FAKELLM_HTTP_H
/* http: one HTTP/1.x request out of a buffer that may hold less or more than one. */
#include "text.h"

struct http {
    struct slice method, path, query;
    struct slice head;                  /* the header lines, without the request line */
    struct slice body;
    struct slice key;                   /* of Authorization: Bearer, x-api-key or x-goog-api-key */
    size_t length;
    bool v10, close, chunked, expect;
};

enum http_state { HTTP_MORE, HTTP_DONE, HTTP_BAD };
#define HTTP_HEAD_MAX (64u << 10)
#define HTTP_BODY_MAX (64u << 20)

/* HTTP_DONE: ${used_r} bytes were the request. HTTP_MORE: come again with more (${h}->expect: the client waits for 100 Continue).
 * A chunked body is joined in place. */
enum http_state http_read(char *p, size_t n, struct http *h, size_t *used_r);
/* The next header line of ${head}: false at its end. Values are trimmed. */
bool http_header(struct slice *head, struct slice *name_r, struct slice *value_r);
/* "name=value" of the query, still encoded; n == 0: not given. */
struct slice http_query(struct slice query, const char *name);
/* "OK", "Too Many Requests", … */
const char *http_reason(int status);

#endif
