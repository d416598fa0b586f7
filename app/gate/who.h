/* SPDX-License-Identifier: MIT */
#ifndef GATE_WHO_H
#define GATE_WHO_H
/* who: who is calling, and what that allows. One order for users and keys: viewer < developer < operator < admin; auditor stands
 * aside (reads audit and what a viewer reads, changes nothing). */
#include "base/base.h"

enum role { ROLE_NONE, ROLE_VIEWER, ROLE_DEVELOPER, ROLE_OPERATOR, ROLE_ADMIN, ROLE_AUDITOR };
extern const char *const role_words[];             /* "viewer", "developer", "operator", "admin", "auditor", NULL */
const char *role_word(enum role);                  /* "none" for ROLE_NONE */
enum role role_of(const char *word);               /* ROLE_NONE if unknown */

/* Classes in rising order: a run may only go where its class is allowed. */
enum data_class { CLASS_PUBLIC, CLASS_INTERNAL, CLASS_CONFIDENTIAL, CLASS_SECRET, CLASSES };
extern const char *const class_words[];            /* "public", "internal", "confidential", "secret", NULL */
must_check bool class_of(const char *word, enum data_class *class_r);

struct key;                                        /* gate/snapshot.h */

struct identity {
    enum role role;
    const struct key *key;                         /* a program's; NULL for people */
    const char *user_id, *user_name;               /* a person's, or the key's name for logs */
    const char *owner;                             /* whose keys are theirs: a person's name, or who owns the key; never a key's name,
                                                    * which anybody may choose */
    const char *actor;                             /* for the audit: a person's name, or the key's name and id */
    const char *session_hash;                      /* hex; NULL for keys */
    const char *language, *theme, *time_zone, *currency;      /* profile of a person; "" = not chosen */
};

#endif
