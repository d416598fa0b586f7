/* SPDX-License-Identifier: MIT */
#ifndef DB_SESSIONS_H
#define DB_SESSIONS_H
/* sessions: signed-in browsers. Only the SHA-256 of the cookie's token is kept. Hashes and keys are hexadecimal texts here. */
#include "db/db.h"

struct session_row {
    const char *token_hash;        /* hex */
    const char *user_id;
    const char *csrf_key;          /* hex */
    int64_t created_at, seen_at, expires_at;
    const char *remote_addr, *user_agent;
    /* Of the user, filled by sessions_find. */
    const char *user_name, *role, *language, *theme, *time_zone, *currency;
};
extern const struct field session_fields[];          /* fit to be shown to its user: no hash, no key */
extern const struct field session_user_fields[];     /* all of the above */
extern const struct sql *const sessions_statements[];

/* token_hash, user_id, csrf_key, expires_at, remote_addr, user_agent of ${session}. */
must_check bool sessions_insert(struct db *, struct arena *, const struct session_row *session, struct err *);
/* Not found: unknown, expired, or its user is disabled. Idle sessions are the caller's business (seen_at). */
must_check bool sessions_find(struct db *, struct arena *, const char *token_hash, struct session_row *session_r, bool *found_r,
                              struct err *);
/* seen_at now; writes at most once a minute for a session. */
must_check bool sessions_touch(struct db *, struct arena *, const char *token_hash, struct err *);
/* It need not be there. */
must_check bool sessions_delete(struct db *, struct arena *, const char *token_hash, struct err *);
/* All of a user but ${except} (NULL = none): after a change of password or role. */
must_check bool sessions_delete_user(struct db *, struct arena *, const char *user_id, const char *except, struct err *);
must_check bool sessions_list_user(struct db *, struct arena *, const char *user_id, struct list *sessions_r, struct err *);
/* Keep the ${keep} newest of a user. */
must_check bool sessions_prune_user(struct db *, struct arena *, const char *user_id, int64_t keep, struct err *);
must_check bool sessions_prune_expired(struct db *, struct arena *, int64_t *gone_r, struct err *);

#endif
