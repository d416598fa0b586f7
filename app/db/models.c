/* SPDX-License-Identifier: MIT */
#include "db/models.h"

#include "base/arena.h"

const struct field model_fields[] = {
    FIELD(struct model_row, provider_id),
    FIELD(struct model_row, name),
    FIELD(struct model_row, enabled),
    FIELD(struct model_row, position),
    FIELD(struct model_row, input_micros_per_mtok),
    FIELD(struct model_row, output_micros_per_mtok),
    FIELD(struct model_row, cached_micros_per_mtok),
    FIELD(struct model_row, context),
    FIELD(struct model_row, max_output),
    FIELD(struct model_row, can),
    FIELD(struct model_row, remote),
    FIELD(struct model_row, breaker),
    FIELD_TIME(struct model_row, created_at),
    FIELD_END,
};

static const struct sql LIST = {
    "models.list",
    "select provider_id, name, enabled, position, input_micros_per_mtok, output_micros_per_mtok, cached_micros_per_mtok,"
    " context, max_output, can, remote, breaker, created_at from models where ($1::uuid is null or provider_id = $1) order by provider_id, position, name",
    SQL_ROW(struct model_row, model_fields),
};
static const struct sql REPLACE = {
    "models.replace",
    "with gone as (delete from models where provider_id = $1 and name <> all ($2::text[]))"
    " insert into models (provider_id, name, position)"
    " select $1, name, min(place) - 1 from unnest($2::text[]) with ordinality as wanted (name, place) group by name"
    " on conflict (provider_id, name) do update set position = excluded.position",
    SQL_NO_ROWS,
};
static const struct sql SET_FACTS = {
    "models.set_facts",
    "update models set context = coalesce(nullif(said.context, 0), models.context),"
    " max_output = coalesce(nullif(said.max_output, 0), models.max_output), can = coalesce(nullif(said.can, 0), models.can), remote = said.remote"
    " from unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::boolean[]) as said (name, context, max_output, can, remote)"
    " where provider_id = $1 and models.name = said.name",
    SQL_NO_ROWS,
};
static const struct sql INSERT = {
    "models.insert",
    "insert into models (provider_id, name, enabled, position, input_micros_per_mtok, output_micros_per_mtok,"
    " cached_micros_per_mtok) values ($1, $2, $3, $4, $5, $6, $7)",
    SQL_NO_ROWS,
};
static const struct sql UPDATE = {
    "models.update",
    "update models set enabled = $3, position = $4, input_micros_per_mtok = $5, output_micros_per_mtok = $6,"
    " cached_micros_per_mtok = $7 where provider_id = $1 and name = $2",
    SQL_NO_ROWS,
};
static const struct sql SET_BREAKER = {
    "models.set_breaker", "update models set breaker = $3 where provider_id = $1 and name = $2", SQL_NO_ROWS,
};
static const struct sql DELETE_ONE = {"models.delete", "delete from models where provider_id = $1 and name = $2", SQL_NO_ROWS};

const struct sql *const models_statements[] = {&LIST, &REPLACE, &SET_FACTS, &INSERT, &UPDATE, &SET_BREAKER, &DELETE_ONE, NULL};

bool models_list(struct db *db, struct arena *a, const char *provider_id, struct list *models_r, struct err *err)
{
    return db_all(db, a, &LIST, DB(db_id(provider_id)), models_r, err);
}

bool models_replace(struct db *db, struct arena *a, const char *provider_id, const char *const *names, size_t n, struct err *err)
{
    return db_exec(db, a, &REPLACE, DB(provider_id, db_text_array(a, names, n)), NULL, err);
}

bool models_set_facts(struct db *db, struct arena *a, const char *provider_id, const struct model_row *facts, size_t n, struct err *err)
{
    enum { COLUMNS = 5 };
    const char **columns[COLUMNS], *arrays[COLUMNS];

    for (size_t c = 0; c < COLUMNS; c++)
        columns[c] = NEW_ARRAY(a, const char *, n);
    for (size_t i = 0; i < n; i++) {
        columns[0][i] = facts[i].name;
        columns[1][i] = db_int(a, facts[i].context);
        columns[2][i] = db_int(a, facts[i].max_output);
        columns[3][i] = db_int(a, facts[i].can);
        columns[4][i] = db_bool(facts[i].remote);
    }
    for (size_t c = 0; c < COLUMNS; c++)
        arrays[c] = db_text_array(a, columns[c], n);
    return db_exec(db, a, &SET_FACTS, DB(provider_id, arrays[0], arrays[1], arrays[2], arrays[3], arrays[4]), NULL, err);
}

static struct db_values values_of(struct arena *a, const struct model_row *m)
{
    const char **v = NEW_ARRAY(a, const char *, 7);
    v[0] = m->provider_id;
    v[1] = m->name;
    v[2] = db_bool(m->enabled);
    v[3] = db_int(a, m->position);
    v[4] = db_int(a, m->input_micros_per_mtok);
    v[5] = db_int(a, m->output_micros_per_mtok);
    v[6] = db_int(a, m->cached_micros_per_mtok);
    return (struct db_values){v, 7};
}

bool models_insert(struct db *db, struct arena *a, const struct model_row *model, struct err *err)
{
    return db_exec(db, a, &INSERT, values_of(a, model), NULL, err);
}

bool models_update(struct db *db, struct arena *a, const struct model_row *model, struct err *err)
{
    return db_exec_one(db, a, &UPDATE, values_of(a, model), err);
}

bool models_set_breaker(struct db *db, struct arena *a, const char *provider_id, const char *name, const char *breaker, struct err *err)
{
    return db_exec_one(db, a, &SET_BREAKER, DB(db_id(provider_id), name, breaker), err);
}

bool models_delete(struct db *db, struct arena *a, const char *provider_id, const char *name, struct err *err)
{
    return db_exec_one(db, a, &DELETE_ONE, DB(db_id(provider_id), name), err);
}
