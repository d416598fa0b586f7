/* SPDX-License-Identifier: MIT */
#include "gate/setting_change.h"

#include "base/err.h"
#include "db/settings.h"
#include "gate/settings.h"

static const struct field noted[] = {FIELD(struct setting_row, name), FIELD(struct setting_row, value), FIELD_END};

static bool change_inside(struct change *change, const char *name, const char *value, struct err *err)
{
    struct setting_row before, after = {.name = name, .value = value};
    bool found;

    if (!settings_find(change->tx, change->arena, name, &before, &found, err))
        return false;
    if (value ? !settings_set(change->tx, change->arena, name, value, change->actor->name, err)
              : !settings_unset(change->tx, change->arena, name, err))
        return false;
    return change_note(change, value ? "setting.update" : "setting.reset", "setting", name, noted, found ? &before : NULL,
                       value ? &after : NULL, err);
}

bool setting_change(struct change *change, const char *name, const char *value, struct err *err)
{
    const struct setting *row = setting_find(name);
    struct settings ignored = {0};

    if (!row)
        return fail_field(err, "name", name, "") || (err->kind = ERR_NOT_FOUND, false);
    if (value && !setting_put(row, value, change->arena, &ignored, err))
        return false;
    return change_begin(change, err) && change_end(change, change_inside(change, name, value, err), err);
}
