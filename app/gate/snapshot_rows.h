/* SPDX-License-Identifier: MIT */
#ifndef GATE_SNAPSHOT_ROWS_H
#define GATE_SNAPSHOT_ROWS_H
/* snapshot_rows: the table rows a snapshot is built from, from the database or from the encrypted file. Secrets stay sealed here. */
#include "db/api_keys.h"
#include "db/models.h"
#include "db/prices.h"
#include "db/providers.h"
#include "db/sealed_keys.h"
#include "db/settings.h"

struct keyring;
struct secret;

struct snapshot_rows {
    struct list settings, providers, models, keys, sealed_keys, prices;
    int64_t made_at;                     /* wall µs */
    bool has_admin;
};

/* Makes the pepper if there is none yet. */
must_check bool snapshot_rows_read(struct db *, const struct keyring *, struct arena *, struct snapshot_rows *rows_r, struct err *);
must_check bool snapshot_rows_save(const struct snapshot_rows *, const struct keyring *, const char *path, struct err *);
must_check bool snapshot_rows_restore(const char *path, const struct keyring *, struct arena *, struct snapshot_rows *rows_r, struct err *);

/* The pepper of keys is made once, by whoever needs it first; two at once agree on one of theirs. ERR_INTERNAL if it is gone
 * though there are keys. */
must_check bool pepper_settle(struct db *, const struct keyring *, struct arena *, struct sealed_key_row *row_r, struct err *);
/* A row of sealed_keys, opened. */
must_check bool sealed_key_open(const struct keyring *, struct arena *, const struct sealed_key_row *, struct secret **secret_r, struct err *);

#endif
