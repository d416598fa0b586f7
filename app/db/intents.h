/* SPDX-License-Identifier: MIT */
#ifndef DB_INTENTS_H
#define DB_INTENTS_H
/* intents: runs begun and not ended yet. Those that a dead process of this installation left behind were interrupted. */
#include "db/db.h"

struct intent_row {
    const char *run_id;
    const char *payload;           /* hex */
};
extern const struct field intent_fields[];
extern const struct sql *const intents_statements[];

/* Whose they are: the var folder and one start of the program on it; UUIDs. */
struct intent_owner {
    const char *installation, *process;
};

/* Those that are there already stay as they are. */
must_check bool intents_insert(struct db *, struct arena *, const struct intent_owner *, const char *const *run_ids,
                               const char *const *payloads, size_t n, struct err *);
must_check bool intents_delete(struct db *, struct arena *, const char *const *run_ids, size_t n, struct err *);
/* Of this installation but of other processes: the dead. At most 1000. */
must_check bool intents_list_dead(struct db *, struct arena *, const struct intent_owner *, struct list *intents_r, struct err *);

#endif
