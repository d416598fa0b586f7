/* SPDX-License-Identifier: MIT */
#include "gate/price_change.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"

static bool add_inside(struct change *change, const struct price_row *row, struct err *err)
{
    struct price_row after;

    return prices_insert(change->tx, change->arena, row, err) && prices_get(change->tx, change->arena, row->id, &after, err)
        && change_note(change, "price.add", "price", row->id, price_fields, NULL, &after, err);
}

/* Lower case, as the table wants it: "openai", "my-list". */
static bool owner_fits(const char *owner)
{
    size_t n = strlen(owner);

    return n > 0 && n <= 40 && strspn(owner, "abcdefghijklmnopqrstuvwxyz0123456789._-") == n && !strchr("._-", *owner);
}

bool price_add(struct change *change, const struct price_row *wanted, const char **id_r, struct err *err)
{
    struct price_row row = *wanted;
    char *id = arena_alloc(change->arena, ID_TEXT);

    if (!owner_fits(row.owner))
        return fail_field(err, "owner", row.owner, "a–z 0–9 . _ -, ≤ 40 ×");
    if (row.valid_to && row.valid_to <= row.valid_from)
        return fail_field(err, "valid_to", "", "> valid_from");
    id_new(id);
    row.id = *id_r = id;
    row.created_by = change->actor->name;
    return change_begin(change, err) && change_end(change, add_inside(change, &row, err), err);
}

static bool end_inside(struct change *change, const char *id, bool *deleted_r, struct err *err)
{
    struct price_row before, after;
    int64_t now = clock_wall();

    if (!prices_get(change->tx, change->arena, id, &before, err))
        return false;
    *deleted_r = before.valid_from > now;
    if (*deleted_r)
        return prices_delete_planned(change->tx, change->arena, id, err)
            && change_note(change, "price.delete", "price", id, price_fields, &before, NULL, err);
    if (before.valid_to && before.valid_to <= now)
        return fail(err, ERR_CONFLICT, "price %s ended before", id);
    return prices_end(change->tx, change->arena, id, now, err) && prices_get(change->tx, change->arena, id, &after, err)
        && change_note(change, "price.end", "price", id, price_fields, &before, &after, err);
}

bool price_end(struct change *change, const char *id, bool *deleted_r, struct err *err)
{
    return change_begin(change, err) && change_end(change, end_inside(change, id, deleted_r, err), err);
}
