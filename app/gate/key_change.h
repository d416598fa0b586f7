/* SPDX-License-Identifier: MIT */
#ifndef GATE_KEY_CHANGE_H
#define GATE_KEY_CHANGE_H
/* key_change: making and revoking Moongate keys. */
#include "gate/change.h"
#include "gate/key.h"

struct key_form {
    const char *name, *role, *data_class, *owner;        /* role NULL = developer, class NULL = public */
    struct list models;                                  /* const char *; empty = all */
    int64_t expires_at;                                  /* µs; 0 = never */
    const struct key *maker;                             /* the key that asks for it: the new one may do no more. NULL = a person */
};

/* ${text_r} is the whole key, to be shown once and kept nowhere. */
must_check bool key_create(struct change *, const struct key_form *, char text_r[KEY_TEXT + 1], const char **id_r, struct err *);
must_check bool key_revoke(struct change *, const char *id, struct err *);

#endif
