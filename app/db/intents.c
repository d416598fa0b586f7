/* SPDX-License-Identifier: MIT */
#include "db/intents.h"

const struct field intent_fields[] = {FIELD(struct intent_row, run_id), FIELD(struct intent_row, payload), FIELD_END};

static const struct sql INSERT = {
    "intents.insert",
    "insert into intents (run_id, installation, process, payload)"
    " select u.run_id, $1, $2, decode(u.payload, 'hex') from unnest($3::uuid[], $4::text[]) as u(run_id, payload) on conflict do nothing",
    SQL_NO_ROWS,
};
static const struct sql DELETE = {
    "intents.delete", "delete from intents where run_id = any($1::uuid[])", SQL_NO_ROWS,
};
static const struct sql LIST_DEAD = {
    "intents.list_dead", "select run_id, encode(payload, 'hex') as payload from intents where installation = $1 and process <> $2 order by run_id limit 1000",
    SQL_ROW(struct intent_row, intent_fields),
};

const struct sql *const intents_statements[] = {&INSERT, &DELETE, &LIST_DEAD, NULL};

bool intents_insert(struct db *db, struct arena *a, const struct intent_owner *owner, const char *const *run_ids,
                    const char *const *payloads, size_t n, struct err *err)
{
    return !n || db_exec(db, a, &INSERT, DB(owner->installation, owner->process, db_text_array(a, run_ids, n),
                                            db_text_array(a, payloads, n)), NULL, err);
}

bool intents_delete(struct db *db, struct arena *a, const char *const *run_ids, size_t n, struct err *err)
{
    return !n || db_exec(db, a, &DELETE, DB(db_text_array(a, run_ids, n)), NULL, err);
}

bool intents_list_dead(struct db *db, struct arena *a, const struct intent_owner *owner, struct list *intents_r, struct err *err)
{
    return db_all(db, a, &LIST_DEAD, DB(owner->installation, owner->process), intents_r, err);
}
