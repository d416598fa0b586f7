/* SPDX-License-Identifier: MIT */
#include "gate/provider_test.h"

#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "db/provider_health.h"
#include "gate/facts.h"
#include "gate/gate.h"
#include "gate/snapshot.h"

static void keep(struct change *change, const char *id, const struct check *check)
{
    struct check_row row = {
        .provider_id = id, .kind = "manual", .state = check->state, .reason = check->reason, .detail = check->detail,
        .http_status = check->http_status, .latency_us = check->latency_us, .models = (int64_t)check->names.n,
    };
    const char *before;
    struct err err = {0};

    if (change->gate && health_note(change->gate->health, id, check, &before))
        log_info(NULL, "provider state changed", "provider=%s from=%s to=%s reason=%s", id, before, check->state, check->reason);
    if (!provider_health_record(change->db, change->arena, &row, NULL, &err))
        log_err(NULL, LOG_WARN, "check not stored", &err);
}

bool provider_test(struct change *change, const char *id, int64_t timeout_ms, struct check *check_r, struct err *err)
{
    struct provider provider = {.id = id, .name = "", .models = facts_known(change->gate, id, change->arena)};
    struct err learning = {0};
    bool learned;

    if (!provider_try(change, id, NULL, timeout_ms, check_r, err))
        return false;
    keep(change, id, check_r);
    if (check_r->names.n && !provider_learn(change, id, check_r->names, &learned, &learning))
        log_err(NULL, LOG_WARN, "models not stored", &learning);
    memset(&learning, 0, sizeof(learning));
    if (!facts_store(change, &provider, check_r->models, &learning))
        log_err(NULL, LOG_WARN, "facts of models not stored", &learning);
    return true;
}
