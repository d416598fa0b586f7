/* SPDX-License-Identifier: MIT */
/* http: the blocking form, on a loop of its own for one call: the same settings, limits and reasons. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"
#include "net/http.h"

enum { ANSWER_MAX = 16 << 20 };

struct ask {
    struct loop *loop;
    struct buf body;
    struct http_result *result;
};

static bool on_body(void *arg, struct bytes piece)
{
    struct ask *ask = arg;
    buf_bytes(&ask->body, piece);
    return true;                        /* the maximum is http's to enforce */
}

static void on_done(void *arg, const struct http_result *result)
{
    struct ask *ask = arg;
    *ask->result = *result;
    loop_stop(ask->loop);
}

static bool report(const struct http_result *r, struct err *err)
{
    switch (r->end) {
    case HTTP_DONE:
        return true;
    case HTTP_CONNECT_TIMEOUT:
    case HTTP_FIRST_BYTE_TIMEOUT:
    case HTTP_IDLE_TIMEOUT:
    case HTTP_TOTAL_TIMEOUT:
        return fail(err, ERR_TIMEOUT, "%s: %s", http_end_name(r->end), r->detail);
    case HTTP_EGRESS:
        return fail(err, ERR_POLICY, "%s: %s", http_end_name(r->end), r->detail);
    case HTTP_NOT_RESOLVED:
    case HTTP_REFUSED:
    case HTTP_UNREACHABLE:
    case HTTP_TLS:
    case HTTP_CUT:
    case HTTP_PROTOCOL:
    case HTTP_TOO_LARGE:
    case HTTP_CANCELLED:
    case HTTP_OTHER:
    case HTTP_ENDS:
        break;
    }
    return fail(err, ERR_UPSTREAM_DOWN, "%s: %s", http_end_name(r->end), r->detail);
}

bool http_ask(struct arena *a, const struct http_request *request, struct http_result *result_r, struct bytes *body_r,
              struct err *err)
{
    struct http_request bounded = *request;
    if (bounded.answer_max == 0)
        bounded.answer_max = ANSWER_MAX;
    struct loop *loop = loop_new();
    struct http *http = http_new(loop);
    struct ask ask = {loop, buf_new(a, bounded.answer_max), result_r};
    http_send(http, &bounded, &(struct http_events){.body = on_body, .done = on_done}, &ask);
    loop_run(loop);
    http_free(http);
    loop_free(loop);
    *body_r = buf_view(&ask.body);
    return report(result_r, err);
}
