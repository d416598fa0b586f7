/* SPDX-License-Identifier: MIT */
#ifndef GATE_CHANGE_H
#define GATE_CHANGE_H
/* change: every change of configuration is one transaction that also writes its audit row; afterwards the snapshot is read anew, so the change works before the
 * answer goes out. Used by provider_change, key_change and account. */
#include "base/field.h"

struct arena;
struct db;
struct err;
struct gate;
struct keyring;

/* Who changes something, for the audit. */
struct actor {
    const char *name;                    /* user's or key's name; "setup", "moongate" for the program itself; "shell" for commands */
    const char *role;
    const char *remote_addr, *request_id;
};

struct change {
    struct db *db;                       /* the pool */
    struct db *tx;                       /* the transaction, between begin and end */
    struct arena *arena;
    const struct actor *actor;
    const struct keyring *keyring;       /* to seal secrets with */
    struct gate *gate;                   /* NULL in commands: then running processes hear of it by NOTIFY */
};

must_check bool change_begin(struct change *, struct err *);
/* The audit row: action "provider.update", object "provider"; before and after are structs by ${fields}, which hold no secret, NULL = none. */
must_check bool change_note(struct change *, const char *action, const char *object, const char *object_id, const struct field *fields,
                            const void *before, const void *after, struct err *);
/* Commit if ${ok}, else roll back; reload the snapshot after a commit. Returns ok and committed. */
must_check bool change_end(struct change *, bool ok, struct err *);

#endif
