/* SPDX-License-Identifier: MIT */
#ifndef DB_AUDIT_H
#define DB_AUDIT_H
/* audit: who changed what. Rows are only ever inserted, in the transaction of the change they tell of, and chained:
 *     hash(n) = SHA-256(hash(n-1) ‖ record(n)),  hash(0) = 32 zero bytes
 * record(n) is the row as one JSON object without white space, members in the order seq, at (integer microseconds), actor,
 * actor_role, action, object, object_id, before, after, remote_addr, request_id; before and after are null or the stored
 * text itself; strings are escaped as in RFC 8785. */
#include "base/crypto.h"
#include "db/db.h"

struct audit_row {
    int64_t seq;                   /* from 1, without gaps */
    int64_t at;
    const char *actor, *actor_role;
    const char *action;            /* "provider.update" */
    const char *object, *object_id;    /* "provider", its id */
    const char *before, *after;    /* JSON without secrets, NULL = none; the stored text is kept to the byte */
    const char *remote_addr, *request_id;
    const char *hash;              /* hex */
};
extern const struct field audit_fields[];
extern const struct sql *const audit_statements[];

/* Append ${row} (seq, at and hash are not read) in the caller's transaction; other appends wait until it ends. */
must_check bool audit_append(struct db *tx, struct arena *, const struct audit_row *row, int64_t *seq_r, struct err *);

/* Empty members do not filter. */
struct audit_filter {
    const char *actor, *action, *object, *object_id;
    int64_t before_seq;            /* older than this row */
    int64_t after_seq;             /* newer than this row; ignored if before_seq is set */
    int64_t limit;                 /* 0 = 50 */
};
/* Newest first. */
must_check bool audit_list(struct db *, struct arena *, const struct audit_filter *, struct list *rows_r, struct err *);
must_check bool audit_get(struct db *, struct arena *, int64_t seq, struct audit_row *row_r, struct err *);

/* hash(n) of ${row} after hash(n-1); ERR_TOO_LARGE if the record passes 16 MiB. The two hashes may be the same memory. */
must_check bool audit_hash(const uint8_t before[CRYPTO_HASH], const struct audit_row *row, struct arena *a,
                           uint8_t hash_r[CRYPTO_HASH], struct err *err);

struct audit_verdict {
    int64_t rows;                  /* that were checked and right */
    int64_t broken_seq;            /* the first one that is not; 0 = the chain is whole */
    const char *why;               /* "hash", "gap"; NULL */
    char hash[65];                 /* hex, of the last right row: write it down to compare later */
};
/* Walk the chain from the first row on. True also when it is broken. */
must_check bool audit_verify(struct db *, struct arena *scratch, struct audit_verdict *verdict_r, struct err *);

#endif
