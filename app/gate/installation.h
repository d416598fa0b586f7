/* SPDX-License-Identifier: MIT */
#ifndef GATE_INSTALLATION_H
#define GATE_INSTALLATION_H
/* installation: where this Moongate keeps its things, from the environment; and opening what commands and the server both need.
 *     MOONGATE_HOME             templates, static, sql, i18n (else the source tree the program stands in, else where make install put them)
 *     MOONGATE_VAR              var/: master key, spool, snapshot, sockets, logs
 *     MOONGATE_DATABASE_URL     else the private cluster of make run, under $MOONGATE_VAR/run
 *     MOONGATE_MASTER_KEY_FILE  else $MOONGATE_VAR/master.key
 *     MOONGATE_SETTINGS_FILE    else $MOONGATE_VAR/moongate.conf */
#include "gate/settings.h"
#include "gate/snapshot.h"

struct installation {
    const char *home, *var, *database_url, *master_key_file, *settings_file;
    const char *snapshot_file, *spool_folder, *socket;
    const char *id;                      /* UUID of this var folder, kept in it */
    const char *address;                 /* what people type: "http://localhost:8080" */
    const char *demo_url;                /* base URL of the scripted model server, NULL = none */
    struct settings_made settings;
};

/* Read the environment and the settings file. ERR_INPUT names what is wrong. */
must_check bool installation_read(struct arena *, struct installation *installation_r, struct err *);
/* The var folder for this process alone, until it ends. ERR_INPUT if another serves from it: the later one would take the runs of the
 * earlier for those of a dead process. */
must_check bool installation_lock(const struct installation *, struct arena *, struct err *);
/* The pool; it opens nothing yet. */
struct db *installation_db(const struct installation *);
/* The keyring; ${create}: made on the first start, but never when sealed things exist that a new key would not open. */
must_check bool installation_keyring(const struct installation *, struct db *, bool create, struct arena *, struct keyring **keyring_r,
                                     struct err *);

#endif
