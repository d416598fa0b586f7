/* SPDX-License-Identifier: MIT */
#include "gate/account.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/id.h"
#include "db/users.h"
#include "gate/who.h"

enum { PASSWORD_MIN = 8, PASSWORD_MAX = 1024 };

/* The first guesses of everybody, and our own name. A long list of breached passwords is a later matter. */
static const char *const denied[] = {
    "password", "password1", "passw0rd", "12345678", "123456789", "1234567890", "qwertyui", "qwertyuiop", "11111111", "00000000",
    "iloveyou", "admin123", "administrator", "moongate", "moongate1", "changeme", "letmein1", "welcome1", "88888888", "a1b2c3d4",
};

bool password_allowed(const char *password, const char *name, struct err *err)
{
    size_t n = strlen(password);
    bool guess = strcasecmp(password, name) == 0;

    for (size_t i = 0; i < COUNT(denied); i++)
        guess = guess || strcasecmp(password, denied[i]) == 0;
    if (n >= PASSWORD_MIN && n <= PASSWORD_MAX && !guess)
        return true;
    fail_field_as(err, guess ? "error.password_guess" : "error.password_length", "password", "", "8–1024");
    err->kind = ERR_INVALID;
    return false;
}

static bool fill_user(struct change *change, const struct account_form *form, struct user_row *user_r, struct err *err)
{
    char *id = arena_alloc(change->arena, ID_TEXT);

    id_new(id);
    *user_r = (struct user_row){
        .id = id, .name = form->name, .role = form->role, .language = form->language ? form->language : "",
        .theme = form->theme ? form->theme : "auto", .time_zone = form->time_zone ? form->time_zone : "",
    };
    if (!role_of(form->role))
        return fail_field(err, "role", form->role, "viewer, developer, operator, admin, auditor");
    return password_allowed(form->password, form->name, err)
        && crypto_password_hash(change->arena, bytes_of(form->password), &user_r->password_phc, err);
}

static bool insert(struct change *change, const struct user_row *user, bool first, struct err *err)
{
    struct user_row after;

    if (first ? !users_insert_first(change->tx, change->arena, user, err) : !users_insert(change->tx, change->arena, user, err))
        return false;
    return users_get(change->tx, change->arena, user->id, &after, err)
        && change_note(change, "user.create", "user", user->id, user_fields, NULL, &after, err);
}

/* The password is hashed before the transaction: it takes a fifth of a second. */
static bool add(struct change *change, const struct account_form *form, bool first, const char **id_r, struct err *err)
{
    struct user_row user;

    if (!fill_user(change, form, &user, err) || !change_begin(change, err))
        return false;
    *id_r = user.id;
    return change_end(change, insert(change, &user, first, err), err);
}

bool account_first(struct change *change, const struct account_form *form, const char **id_r, struct err *err)
{
    struct account_form admin = *form;

    admin.role = role_word(ROLE_ADMIN);                      /* whatever was asked for: else there would be a first one again */
    return add(change, &admin, true, id_r, err);
}

bool account_add(struct change *change, const struct account_form *form, const char **id_r, struct err *err)
{
    return add(change, form, false, id_r, err);
}

bool account_profile(struct db *db, struct arena *a, const char *id, const struct account_form *form, struct err *err)
{
    return users_set_profile(db, a, id, form->language, form->theme, form->time_zone, form->currency, err);
}
