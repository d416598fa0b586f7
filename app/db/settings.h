/* SPDX-License-Identifier: MIT */
#ifndef DB_SETTINGS_H
#define DB_SETTINGS_H
/* settings: what the console changed; a setting that is not here has its value from the file, the environment or its default. */
#include "db/db.h"

struct setting_row {
    const char *name, *value, *changed_by;
    int64_t changed_at;
};
extern const struct field setting_fields[];
extern const struct sql *const settings_statements[];

must_check bool settings_list(struct db *, struct arena *, struct list *settings_r, struct err *);
must_check bool settings_find(struct db *, struct arena *, const char *name, struct setting_row *setting_r, bool *found_r,
                              struct err *);
must_check bool settings_set(struct db *, struct arena *, const char *name, const char *value, const char *by, struct err *);
/* Back to the default; it need not be there. */
must_check bool settings_unset(struct db *, struct arena *, const char *name, struct err *);

#endif
