/* SPDX-License-Identifier: MIT */
#include "db/settings.h"

const struct field setting_fields[] = {
    FIELD(struct setting_row, name),
    FIELD(struct setting_row, value),
    FIELD(struct setting_row, changed_by),
    FIELD_TIME(struct setting_row, changed_at),
    FIELD_END,
};

static const struct sql LIST = {
    "settings.list", "select name, value, changed_by, changed_at from settings order by name",
    SQL_ROW(struct setting_row, setting_fields),
};
static const struct sql FIND = {
    "settings.find", "select name, value, changed_by, changed_at from settings where name = $1",
    SQL_ROW(struct setting_row, setting_fields),
};
static const struct sql SET = {
    "settings.set",
    "insert into settings (name, value, changed_by) values ($1, $2, $3)"
    " on conflict (name) do update set value = excluded.value, changed_by = excluded.changed_by, changed_at = now()",
    SQL_NO_ROWS,
};
static const struct sql UNSET = {"settings.unset", "delete from settings where name = $1", SQL_NO_ROWS};

const struct sql *const settings_statements[] = {&LIST, &FIND, &SET, &UNSET, NULL};

bool settings_list(struct db *db, struct arena *a, struct list *settings_r, struct err *err)
{
    return db_all(db, a, &LIST, DB_NONE, settings_r, err);
}

bool settings_find(struct db *db, struct arena *a, const char *name, struct setting_row *setting_r, bool *found_r,
                   struct err *err)
{
    return db_find(db, a, &FIND, DB(name), setting_r, found_r, err);
}

bool settings_set(struct db *db, struct arena *a, const char *name, const char *value, const char *by, struct err *err)
{
    return db_exec(db, a, &SET, DB(name, value, by ? by : ""), NULL, err);
}

bool settings_unset(struct db *db, struct arena *a, const char *name, struct err *err)
{
    return db_exec(db, a, &UNSET, DB(name), NULL, err);
}
