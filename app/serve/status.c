/* SPDX-License-Identifier: MIT */
#include "serve/status.h"

#include "base/json_write.h"
#include "base/metrics.h"
#include "gate/gate.h"
#include "spool/spool.h"
#include "web/request.h"

bool status_live(struct request *rq)
{
    return response_text(rq, 200, "text/plain; charset=utf-8", bytes_of("ok\n"));
}

struct ready_view {
    const char *status;                          /* "ready", "degraded" (database down, answering on), "refusing" */
    bool database_up, spool_refusing;
    int64_t settings_age_s, spool_waiting, runs_in_flight;
};
static const struct field ready_fields[] = {
    FIELD(struct ready_view, status), FIELD(struct ready_view, database_up), FIELD(struct ready_view, spool_refusing),
    FIELD(struct ready_view, settings_age_s), FIELD(struct ready_view, spool_waiting), FIELD(struct ready_view, runs_in_flight), FIELD_END,
};

bool status_ready(struct request *rq)
{
    struct spool_status spool;
    struct ready_view view = {.database_up = metric_get(METRIC_database_up) != 0, .runs_in_flight = metric_get(METRIC_runs_in_flight)};
    bool fresh = gate_fresh(rq->gate, &view.settings_age_s);

    spool_status(rq->gate->spool, &spool);
    view.spool_refusing = spool.refusing || spool.failed;
    view.spool_waiting = (int64_t)spool.waiting;
    if (!fresh || view.spool_refusing) {
        view.status = "refusing";
        return response_json(rq, 503, ready_fields, &view);
    }
    view.status = view.database_up ? "ready" : "degraded";
    return response_json(rq, 200, ready_fields, &view);
}

bool status_metrics(struct request *rq)
{
    struct buf buf = buf_new(rq->arena, 1 << 20);
    const char *text;

    metrics_write(&buf);
    return buf_done(&buf, &text, &rq->err) && response_text(rq, 200, "text/plain; version=0.0.4; charset=utf-8", buf_view(&buf));
}
