/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_WEB_REQUEST_H
#define TESTS_UNIT_WEB_REQUEST_H
/* web_request: requests without a socket, for what only looks at them. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "web/catalogue.h"
#include "web/request_private.h"
#include "web/web.h"

static struct web_options bare_options;
static struct link_pool bare_pool;

__attribute__((unused)) static int bare_start(void **state)
{
    (void)state;
    struct err loading = {0};
    struct catalogues *catalogues;
    if (!catalogues_load("i18n", &catalogues, &loading))
        return -1;
    bare_options.catalogues = catalogues;
    link_pool_open(&bare_pool, NULL, &bare_options);
    return 0;
}

__attribute__((unused)) static int bare_stop(void **state)
{
    (void)state;
    link_pool_close(&bare_pool);
    catalogues_free((struct catalogues *)(uintptr_t)bare_options.catalogues);
    return 0;
}

/* An empty request; bare_drop gives it back. */
__attribute__((unused)) static struct request *bare_request(void)
{
    struct request *rq = &link_take(&bare_pool)->rq;
    rq->lang = &languages[0];
    rq->content_type = rq->csrf = rq->query = rq->host = "";
    return rq;
}

__attribute__((unused)) static void bare_drop(struct request *rq)
{
    link_drop(link_of(rq));
}

#endif
