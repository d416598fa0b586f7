/* SPDX-License-Identifier: MIT */
#include "gate/key_change.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/parse.h"
#include "base/secret.h"
#include "db/api_keys.h"
#include "gate/snapshot.h"
#include "gate/snapshot_rows.h"
#include "gate/who.h"

enum { NAMED_MOST = 10 };
static const int64_t DAY_US = INT64_C(86400) * 1000000;

/* The pepper as the database has it, so that a key made in a command works in the running process. */
static bool read_pepper(struct change *change, struct secret **pepper_r, int64_t *kid_r, struct err *err)
{
    struct sealed_key_row row;

    if (!pepper_settle(change->tx, change->keyring, change->arena, &row, err))
        return false;
    *kid_r = row.kid;
    return sealed_key_open(change->keyring, change->arena, &row, pepper_r, err);
}

static bool insert_key(struct change *change, const struct key_form *form, const char *text, const char *id, struct err *err)
{
    struct api_key_row row = {
        .id = id, .name = form->name, .tail = arena_text(change->arena, text + KEY_TEXT - 4),
        .role = form->role ? form->role : "developer", .data_class = form->data_class ? form->data_class : "public",
        .owner = form->owner ? form->owner : "", .expires_at = form->expires_at,
    };
    struct secret *pepper;
    uint8_t hash[32];

    if (!read_pepper(change, &pepper, &row.pepper_kid, err))
        return false;
    key_hash(secret_view(pepper).p, text, hash);
    row.hash = hex_text((struct bytes){hash, sizeof(hash)}, change->arena);
    return api_keys_insert(change->tx, change->arena, &row, form->models.items, form->models.n, err);
}

static bool create_inside(struct change *change, const struct key_form *form, const char *text, const char *id, struct err *err)
{
    struct api_key_row row;

    return insert_key(change, form, text, id, err) && api_keys_get(change->tx, change->arena, id, &row, err)
        && change_note(change, "key.create", "key", id, api_key_fields, NULL, &row, err);
}

/* "a, b, c": as many as an error has room for. */
static const char *models_text(struct arena *a, struct list models)
{
    const char *const *name = models.items, *text = "";

    for (size_t i = 0; i < models.n && i < NAMED_MOST; i++)
        text = arena_printf(a, "%s%s%s", text, i ? ", " : "", name[i]);
    return text;
}

static bool has_all(struct list have, struct list wanted)
{
    const char *const *mine = have.items, *const *name = wanted.items;

    for (size_t i = 0; i < wanted.n; i++) {
        size_t k = 0;

        while (k < have.n && strcmp(mine[k], name[i]) != 0)
            k++;
        if (k == have.n)
            return false;
    }
    return true;
}

/* What the maker is held to, its keys are: what was not said is as the maker has it, what goes beyond it is refused. */
static bool narrow(struct arena *a, const struct key *maker, struct key_form *form, struct err *err)
{
    enum data_class wanted = maker->data_class;

    if (form->data_class && (!class_of(form->data_class, &wanted) || wanted < maker->data_class))
        return fail_field(err, "data_class", form->data_class, arena_printf(a, "≥ %s", class_words[maker->data_class]));
    form->data_class = class_words[wanted];
    if (!form->models.n)
        form->models = maker->models;
    else if (maker->models.n && !has_all(maker->models, form->models))
        return fail_field(err, "models", "", models_text(a, maker->models));
    if (!form->expires_at)
        form->expires_at = maker->expires_at;
    else if (maker->expires_at && form->expires_at > maker->expires_at)
        return fail_field(err, "expires_days", "", arena_printf(a, "0–%" PRId64, (maker->expires_at - clock_wall()) / DAY_US));
    return true;
}

bool key_create(struct change *change, const struct key_form *wanted, char text_r[KEY_TEXT + 1], const char **id_r, struct err *err)
{
    struct key_form narrowed = *wanted, *form = &narrowed;
    char id[KEY_ID + 1];
    size_t ignored;
    bool whole;

    if (form->role && !parse_word(form->role, role_words, "role", &ignored, err))
        return false;
    if (form->data_class && !parse_word(form->data_class, class_words, "data_class", &ignored, err))
        return false;
    if (form->maker && !narrow(change->arena, form->maker, form, err))
        return false;
    key_new(text_r);
    whole = key_parse(text_r, id);
    if (!whole)
        return fail(err, ERR_INTERNAL, "a new key does not read back");
    *id_r = arena_text(change->arena, id);
    return change_begin(change, err) && change_end(change, create_inside(change, form, text_r, *id_r, err), err);
}

static bool revoke_inside(struct change *change, const char *id, struct err *err)
{
    struct api_key_row before, after;

    return api_keys_get(change->tx, change->arena, id, &before, err) && api_keys_revoke(change->tx, change->arena, id, err)
        && api_keys_get(change->tx, change->arena, id, &after, err)
        && change_note(change, "key.revoke", "key", id, api_key_fields, &before, &after, err);
}

bool key_revoke(struct change *change, const char *id, struct err *err)
{
    return change_begin(change, err) && change_end(change, revoke_inside(change, id, err), err);
}
