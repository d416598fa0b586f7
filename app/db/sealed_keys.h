/* SPDX-License-Identifier: MIT */
#ifndef DB_SEALED_KEYS_H
#define DB_SEALED_KEYS_H
/* sealed_keys: small sealed things of the installation (pepper, spool key, session key), as hexadecimal texts. */
#include "db/db.h"

struct sealed_key_row {
    const char *name;
    int64_t kid;                   /* version of this name, from 1 */
    const char *sealed;            /* hex */
    int64_t created_at;
};
extern const struct field sealed_key_fields[];
extern const struct sql *const sealed_keys_statements[];

/* Every version of ${name}, newest first; NULL = of all names. */
must_check bool sealed_keys_list(struct db *, struct arena *, const char *name, struct list *keys_r, struct err *);
/* The newest version of ${name}. */
must_check bool sealed_keys_find(struct db *, struct arena *, const char *name, struct sealed_key_row *key_r, bool *found_r,
                                 struct err *);
/* Store ${sealed} as (name, kid) unless that is there already, and give what is there: two instances starting at once agree. */
must_check bool sealed_keys_settle(struct db *, struct arena *, const char *name, int64_t kid, const char *sealed,
                                   struct sealed_key_row *key_r, struct err *);
/* Sealed anew by another master key. Missing is ERR_NOT_FOUND. */
must_check bool sealed_keys_update(struct db *, struct arena *, const char *name, int64_t kid, const char *sealed, struct err *);

#endif
