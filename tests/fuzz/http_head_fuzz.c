/* SPDX-License-Identifier: MIT */
/* http_head_fuzz: any bytes as the lines of a head. What is handed out is lower-case tokens and values without control characters. */
#include <stdlib.h>
#include <string.h>

#include "net/http_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void must_be_clean(const struct head *head)
{
    struct http_header headers[HEADERS_MAX];
    size_t n = head_list(head, headers);
    for (size_t i = 0; i < n; i++) {
        if (!headers[i].name[0])
            abort();
        for (const char *c = headers[i].name; *c; c++)
            if ((uint8_t)*c <= 0x20 || (uint8_t)*c >= 0x7f || *c == ':' || (*c >= 'A' && *c <= 'Z'))
                abort();
        for (const char *c = headers[i].value; *c; c++)
            if (((uint8_t)*c < 0x20 && *c != '\t') || *c == 0x7f)
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct head head = {.n = 0};
    enum http_end end = HTTP_DONE;
    for (size_t at = 0; end == HTTP_DONE && at < n;) {
        const uint8_t *lf = memchr(p + at, '\n', n - at);
        size_t line_n = lf ? (size_t)(lf + 1 - (p + at)) : n - at;
        end = head_line(&head, (const char *)p + at, line_n);
        at += line_n;
    }
    if (end == HTTP_DONE || head.whole)
        must_be_clean(&head);
    head_free(&head);
    return 0;
}
