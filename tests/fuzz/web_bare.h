/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_WEB_BARE_H
#define TESTS_FUZZ_WEB_BARE_H
/* web_bare: a request without a socket, for the targets of web. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/utf8.h"
#include "web/catalogue.h"
#include "web/request_private.h"
#include "web/web.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

__attribute__((unused)) static void must(bool ok)
{
    if (!ok)
        abort();
}

__attribute__((unused)) static struct link_pool *bare_pool(void)
{
    static struct web_options options;
    static struct link_pool pool;
    struct err err = {0};
    if (pool.options == NULL) {
        struct catalogues *catalogues;
        log_open(open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_ERROR);
        must(catalogues_load("i18n", &catalogues, &err));
        options.catalogues = catalogues;
        link_pool_open(&pool, NULL, &options);
    }
    return &pool;
}

__attribute__((unused)) static struct request *bare_request(void)
{
    struct request *rq = &link_take(bare_pool())->rq;
    rq->lang = &languages[0];
    rq->content_type = rq->csrf = rq->query = rq->host = "";
    return rq;
}

#endif
