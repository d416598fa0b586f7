/* SPDX-License-Identifier: MIT */
#ifndef DB_USERS_H
#define DB_USERS_H
/* users: the people of the console. Names are unique without regard to case. The password's hash is read only by
 * users_find_by_name. */
#include "db/db.h"

struct user_row {
    const char *id, *name, *role, *language, *theme, *time_zone, *currency;
    bool disabled;
    int64_t failures;              /* sign-ins refused since the last good one */
    int64_t locked_until, signed_in_at, created_at;
    const char *password_phc;      /* in user_auth_fields only */
};
extern const struct field user_fields[];         /* fit to be shown */
extern const struct field user_auth_fields[];    /* and password_phc */
extern const struct sql *const users_statements[];

must_check bool users_list(struct db *, struct arena *, struct list *users_r, struct err *);
must_check bool users_get(struct db *, struct arena *, const char *id, struct user_row *user_r, struct err *);
/* With password_phc. */
must_check bool users_find_by_name(struct db *, struct arena *, const char *name, struct user_row *user_r, bool *found_r,
                                   struct err *);
/* id, name, role, password_phc, language, theme (NULL = auto), time_zone, currency (NULL = USD) of ${user}. A name that exists is ERR_CONFLICT with
 * field "name". */
must_check bool users_insert(struct db *, struct arena *, const struct user_row *user, struct err *);
/* The same for the first administrator: ERR_CONFLICT if there is one already, also when two do this at once. Inside a
 * transaction. */
must_check bool users_insert_first(struct db *tx, struct arena *, const struct user_row *user, struct err *);
/* Administrators that are not disabled. */
must_check bool users_count_admins(struct db *, struct arena *, int64_t *n_r, struct err *);
/* NULL keeps what is there. */
must_check bool users_set_profile(struct db *, struct arena *, const char *id, const char *language, const char *theme,
                                  const char *time_zone, const char *currency, struct err *);
must_check bool users_set_password(struct db *, struct arena *, const char *id, const char *password_phc, struct err *);
must_check bool users_set_role(struct db *, struct arena *, const char *id, const char *role, struct err *);
must_check bool users_set_disabled(struct db *, struct arena *, const char *id, bool disabled, struct err *);
/* One more refused sign-in; how many now. */
must_check bool users_count_failure(struct db *, struct arena *, const char *id, int64_t *failures_r, struct err *);
must_check bool users_lock_until(struct db *, struct arena *, const char *id, int64_t until, struct err *);
/* A good sign-in: no failures, no lock, signed_in_at now. */
must_check bool users_signed_in(struct db *, struct arena *, const char *id, struct err *);

#endif
