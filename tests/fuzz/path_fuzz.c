/* SPDX-License-Identifier: MIT */
/* path_fuzz: any request path. What is taken has one reading only, and written out again it is the same path. */
#include "web/router.h"
#include "web/urlencoded.h"
#include "web_bare.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct request *rq = bare_request();
    const char *raw = arena_copy(rq->arena, p, n), *path, *again;
    struct err err = {0};
    if (path_normalise(raw, rq->arena, &path, &err)) {
        must(path[0] == '/' && utf8_valid(bytes_of(path)));
        must(strstr(path, "//") == NULL && strstr(path, "/./") == NULL && strstr(path, "/../") == NULL
             && strchr(path, '\\') == NULL);
        struct buf out = buf_new(rq->arena, 10000);
        for (const char *s = path; *s != '\0';) {
            size_t segment = strcspn(++s, "/");
            buf_char(&out, '/');
            percent_write(&out, s, segment);
            s += segment;
        }
        buf_char(&out, '\0');
        must(out.n > 2049 || (path_normalise(out.p, rq->arena, &again, &err) && strcmp(path, again) == 0));
    }
    link_drop(link_of(rq));
    return 0;
}
