/* SPDX-License-Identifier: MIT */
#include "gate/breaker_change.h"

#include <string.h>

#include "base/err.h"
#include "base/parse.h"
#include "db/models.h"
#include "gate/breaker.h"

static const struct field noted[] = {FIELD(struct model_row, name), FIELD(struct model_row, breaker), FIELD_END};

static bool change_inside(struct change *change, const char *provider_id, const char *model, const char *force, struct err *err)
{
    struct list models;
    const struct model_row *row, *before = NULL;
    struct model_row after = {.name = model, .breaker = force};

    if (!models_list(change->tx, change->arena, provider_id, &models, err))
        return false;
    row = models.items;
    for (size_t i = 0; i < models.n && !before; i++)
        if (strcmp(row[i].name, model) == 0)
            before = &row[i];
    if (!before)
        return fail_field(err, "model", model, "") || (err->kind = ERR_NOT_FOUND, false);
    return models_set_breaker(change->tx, change->arena, provider_id, model, force, err)
        && change_note(change, "provider.breaker", "provider", provider_id, noted, before, &after, err);
}

bool breaker_change(struct change *change, const char *provider_id, const char *model, const char *force, struct err *err)
{
    size_t ignored;

    return parse_word(force, breaker_force_words, "breaker", &ignored, err) && change_begin(change, err)
        && change_end(change, change_inside(change, provider_id, model, force, err), err);
}
