/* SPDX-License-Identifier: MIT */
/* fcgi_params_fuzz: any list of parameters (they end at NUL bytes), as libfcgi hands it over. Whatever comes, there is enough
 * of a request to answer it, and no name was taken twice. */
#include "web/fcgi.h"
#include "web_bare.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct request *rq = bare_request();
    char *text = arena_copy(rq->arena, p, n), **params = NEW_ARRAY(rq->arena, char *, n + 2);
    size_t count = 0;
    for (size_t at = 0; at < n; at += strlen(text + at) + 1)
        params[count++] = text + at;
    head_read(link_of(rq), params);
    must(rq->lang != NULL && rq->request_id[0] != '\0' && rq->host != NULL && rq->content_type != NULL
         && rq->remote_addr != NULL);
    must(link_of(rq)->params_bad == (rq->err.kind != ERR_NONE));
    must(link_of(rq)->params_bad || rq->path[0] == '/');
    must(rq->headers_n <= 200);
    for (size_t i = 0; i < rq->headers_n; i++)
        must(strncmp(rq->headers[i].name, "x-forwarded-", 12) != 0 && strncmp(rq->headers[i].name, "content-", 8) != 0);
    link_drop(link_of(rq));
    return 0;
}
