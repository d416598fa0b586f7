/* SPDX-License-Identifier: MIT */
#include "db/attempts.h"

const struct field attempt_fields[] = {
    FIELD(struct attempt_row, run_id),        FIELD(struct attempt_row, n),
    FIELD(struct attempt_row, provider_id),   FIELD(struct attempt_row, provider_name),
    FIELD(struct attempt_row, model),         FIELD(struct attempt_row, result),
    FIELD(struct attempt_row, http_status),   FIELD(struct attempt_row, detail),
    FIELD(struct attempt_row, offset_us),     FIELD(struct attempt_row, connect_us),
    FIELD(struct attempt_row, first_byte_us), FIELD(struct attempt_row, latency_us),
    FIELD(struct attempt_row, reused),        FIELD(struct attempt_row, remote),
    FIELD(struct attempt_row, upstream_id),   FIELD(struct attempt_row, remedy),
    FIELD(struct attempt_row, retry_after_ms), FIELD(struct attempt_row, rate_requests),
    FIELD(struct attempt_row, rate_tokens),   FIELD_END,
};

static const struct sql LIST = {
    "attempts.list",
    "select run_id, n, provider_id, provider_name, model, result, http_status, detail, offset_us, connect_us, first_byte_us,"
    " latency_us, reused, remote, upstream_id, remedy, retry_after_ms, rate_requests, rate_tokens from attempts where run_id = $1 order by n",
    SQL_ROW(struct attempt_row, attempt_fields),
};

const struct sql *const attempts_statements[] = {&LIST, NULL};

bool attempts_list(struct db *db, struct arena *a, const char *run_id, struct list *attempts_r, struct err *err)
{
    return db_all(db, a, &LIST, DB(db_id(run_id)), attempts_r, err);
}
