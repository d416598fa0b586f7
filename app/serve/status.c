/* SPDX-License-Identifier: MIT */
#include "serve/status.h"

#include <string.h>

#include "base/buf.h"
#include "base/metrics.h"
#include "gate/gate.h"
#include "web/request.h"

bool status_live(struct request *rq)
{
    return response_text(rq, 200, "text/plain; charset=utf-8", bytes_of("ok\n"));
}

bool status_ready(struct request *rq)
{
    struct gate_state state = gate_state(rq->gate);

    return response_json(rq, strcmp(state.status, "refusing") == 0 ? 503 : 200, gate_state_fields, &state);
}

bool status_metrics(struct request *rq)
{
    struct buf buf = buf_new(rq->arena, 1 << 20);
    const char *text;

    metrics_write(&buf);
    return buf_done(&buf, &text, &rq->err) && response_text(rq, 200, "text/plain; version=0.0.4; charset=utf-8", buf_view(&buf));
}
