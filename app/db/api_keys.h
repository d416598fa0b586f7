/* SPDX-License-Identifier: MIT */
#ifndef DB_API_KEYS_H
#define DB_API_KEYS_H
/* api_keys: the keys programs use to reach us. Only a keyed hash is stored; see gate for the checking. */
#include "db/db.h"

struct api_key_row {
    const char *id;                /* the 12-character public part */
    const char *name, *tail, *role, *data_class;
    const char *models;            /* JSON array of names; [] = all */
    const char *owner;
    bool revoked;
    int64_t revoked_at, expires_at, created_at;
    /* In api_key_auth_fields only. */
    const char *hash;              /* hex: HMAC-SHA256(pepper, whole key) */
    int64_t pepper_kid;
};
extern const struct field api_key_fields[];          /* fit to be shown */
extern const struct field api_key_auth_fields[];     /* and the hash */
extern const struct sql *const api_keys_statements[];

/* Newest first. */
must_check bool api_keys_list(struct db *, struct arena *, struct list *keys_r, struct err *);
/* With hashes, without those revoked or expired: for the snapshot. */
must_check bool api_keys_list_auth(struct db *, struct arena *, struct list *keys_r, struct err *);
must_check bool api_keys_get(struct db *, struct arena *, const char *id, struct api_key_row *key_r, struct err *);
/* All but revoked and created_at; ${key}->models is not read: ${models} are the names. */
must_check bool api_keys_insert(struct db *, struct arena *, const struct api_key_row *key, const char *const *models,
                                size_t models_n, struct err *);
/* For good. A second time changes nothing. Unknown is ERR_NOT_FOUND. */
must_check bool api_keys_revoke(struct db *, struct arena *, const char *id, struct err *);

#endif
