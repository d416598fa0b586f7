/* SPDX-License-Identifier: MIT */
#include "console/error_page.h"

#include <inttypes.h>
#include <string.h>

#include "base/metrics.h"
#include "console/show.h"
#include "console/visitor.h"
#include "web/web.h"

struct error_view {
    int64_t status;
    const char *title, *message, *code;
    bool database, run_missing, forbidden, server;
    int64_t waiting;                     /* runs that are kept until the database is back */
};
const struct field error_page_fields[] = {
    FIELD_PAGE(struct error_view, status), FIELD_PAGE(struct error_view, title), FIELD_PAGE(struct error_view, message),
    FIELD_PAGE(struct error_view, code), FIELD_PAGE(struct error_view, database), FIELD_PAGE(struct error_view, run_missing),
    FIELD_PAGE(struct error_view, forbidden), FIELD_PAGE(struct error_view, server), FIELD_PAGE(struct error_view, waiting), FIELD_END,
};

static const char *title_key(int status)
{
    switch (status) {
    case 400: case 413: case 415: case 422: return "errorpage.title.input";
    case 401: case 403: return "errorpage.title.forbidden";
    case 404: return "errorpage.title.missing";
    case 405: return "errorpage.title.method";
    case 409: return "errorpage.title.conflict";
    case 429: return "errorpage.title.rate";
    case 503: return "errorpage.title.away";
    default: return "errorpage.title.internal";
    }
}

void error_page(struct request *rq)
{
    visitor_prefer(rq);                      /* an address that is none was asked before anybody looked who asks */
    struct show s = {.rq = rq, .arena = rq->arena, .lang = rq->lang};
    int status = err_status(rq->err.kind);
    struct error_view view = {
        .status = status, .title = say(&s, title_key(status)), .message = request_say(rq, &rq->err), .code = err_name(rq->err.kind),
        .database = rq->err.kind == ERR_DATABASE || rq->err.kind == ERR_UNCERTAIN, .forbidden = status == 403,
        .run_missing = rq->err.message && strcmp(rq->err.message, "error.run_not_found") == 0,
        .server = status >= 500, .waiting = metric_get(METRIC_spool_waiting),
    };

    rq->form = NULL;
    rq->out.status = status;
    if (!page_render(rq, "error", error_page_fields, &view))
        log_err(&rq->log, LOG_ERROR, "error page not rendered", &rq->err);
}
