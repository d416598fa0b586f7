/* SPDX-License-Identifier: MIT */
/* cookie_fuzz: any Cookie header. Names are there once, and values hold nothing a header could break at. */
#include "web_bare.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct request *rq = bare_request();
    const char *text = arena_copy(rq->arena, p, n);
    cookies_read(text, rq);
    for (size_t i = 0; i < rq->cookies_n; i++) {
        for (size_t k = 0; k < i; k++)
            must(strcmp(rq->cookies[i].name, rq->cookies[k].name) != 0);
        must(rq->cookies[i].value == NULL || strpbrk(rq->cookies[i].value, "\",; \\\r\n") == NULL);
    }
    request_cookie(rq, "mg");
    link_drop(link_of(rq));
    return 0;
}
