/* SPDX-License-Identifier: MIT */
#include "gate/change.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json_write.h"
#include "base/log.h"
#include "db/audit.h"
#include "gate/gate.h"

bool change_begin(struct change *change, struct err *err)
{
    return db_begin(change->db, &change->tx, err);
}

static bool row_json(struct arena *a, const struct field *fields, const void *row, const char **json_r, struct err *err)
{
    struct buf buf = buf_new(a, 256 << 10);
    struct json_out out = json_out(&buf);

    *json_r = NULL;
    if (!row)
        return true;
    json_put_row(&out, fields, row);
    return buf_done(&buf, json_r, err);
}

bool change_note(struct change *change, const char *action, const char *object, const char *object_id, const struct field *fields,
                 const void *before, const void *after, struct err *err)
{
    struct audit_row row = {
        .actor = change->actor->name, .actor_role = change->actor->role, .action = action, .object = object, .object_id = object_id,
        .remote_addr = change->actor->remote_addr, .request_id = change->actor->request_id,
    };
    int64_t seq;

    return row_json(change->arena, fields, before, &row.before, err) && row_json(change->arena, fields, after, &row.after, err)
        && audit_append(change->tx, change->arena, &row, &seq, err);
}

bool change_end(struct change *change, bool ok, struct err *err)
{
    struct err ending = {0};

    if (!db_end(change->tx, ok, ok ? err : &ending))
        ok = false;
    if (ok && change->gate && !gate_reload(change->gate, &ending)) {
        log_err(NULL, LOG_WARN, "changed, but the settings could not be read again yet", &ending);
        gate_wake_reload(change->gate);
    }
    return ok;
}
