/* SPDX-License-Identifier: MIT */
#ifndef GATE_ACCOUNT_H
#define GATE_ACCOUNT_H
/* account: people: the first administrator, more users, passwords and profiles. */
#include "gate/change.h"

struct account_form {
    const char *name, *role, *password, *language, *theme, *time_zone, *currency;
};

/* 8 to 1024 bytes, none of the words everybody tries, not the user's name. ERR_INVALID with field "password"; the value is never in it. */
must_check bool password_allowed(const char *password, const char *name, struct err *);
/* The first administrator (the form's role is not read); ERR_CONFLICT if there is one. */
must_check bool account_first(struct change *, const struct account_form *, const char **id_r, struct err *);
must_check bool account_add(struct change *, const struct account_form *, const char **id_r, struct err *);
/* Language, theme, time zone, currency of a user; NULL keeps. Not audited: it is theirs. */
must_check bool account_profile(struct db *, struct arena *, const char *id, const struct account_form *, struct err *);

#endif
