/* SPDX-License-Identifier: MIT */
#include "gate/installation.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "base/parse.h"
#include "db/sealed_keys.h"
#include "gate/seal.h"

#ifndef MOONGATE_DATA
#define MOONGATE_DATA "/usr/local/share/moongate"
#endif

static const char *environment(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value && *value ? value : otherwise;
}

/* $MOONGATE_HOME; else the folder above out/plain/moongate if it looks like ours; else what make install made. */
static const char *find_home(struct arena *a)
{
    char path[PATH_MAX];
    const char *home = environment("MOONGATE_HOME", NULL);
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

    if (home)
        return home;
    for (int up = 0; up < 4 && n > 0; up++) {
        char *slash;

        path[n] = '\0';
        slash = strrchr(path, '/');
        if (!slash)
            break;
        *slash = '\0';
        n = slash - path;
        if (access(arena_printf(a, "%s/i18n/en-US.json", path), R_OK) == 0 && access(arena_printf(a, "%s/templates", path), R_OK) == 0)
            return arena_text(a, path);
    }
    return MOONGATE_DATA;
}

/* The private cluster of make run: a socket folder, percent-encoded as a URL's parameter. */
static const char *private_database(const char *var, struct arena *a)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc(a, 3 * strlen(var) + 1), *o = out;

    for (const unsigned char *c = (const unsigned char *)var; *c; c++) {
        if (isalnum(*c) || strchr("/-_.", *c)) {
            *o++ = (char)*c;
        } else {
            *o++ = '%';
            *o++ = digits[*c >> 4];
            *o++ = digits[*c & 15];
        }
    }
    return arena_printf(a, "postgresql:///moongate?user=moongate&host=%s/run", out);
}

static bool find_var(struct arena *a, const char *home, struct installation *in, struct err *err)
{
    char whole[PATH_MAX];
    const char *var = environment("MOONGATE_VAR", NULL);

    if (!var)
        var = arena_printf(a, "%s/var", home);
    if (mkdir(var, 0700) != 0 && errno != EEXIST)
        return fail_field_as(err, "start.var_unwritable", "MOONGATE_VAR", var, strerror(errno));
    if (!realpath(var, whole) || access(whole, W_OK | X_OK) != 0)
        return fail_field_as(err, "start.var_unwritable", "MOONGATE_VAR", var, strerror(errno));
    /* A link stays as it is: run.sh gives a folder whose path is too long for a socket a short name. */
    in->var = arena_text(a, var[0] == '/' ? var : whole);
    return true;
}

/* A UUID of the folder's own, made at its first use: tells our intents in a shared database from others'. */
static bool read_id(struct arena *a, struct installation *in, struct err *err)
{
    const char *path = arena_printf(a, "%s/installation.id", in->var);
    char id[ID_TEXT] = "";
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    ssize_t n = fd < 0 || flock(fd, LOCK_EX) != 0 ? -1 : read(fd, id, ID_TEXT - 1);      /* two first starts agree on one */

    if (n == 0) {
        id_new(id);
        n = pwrite(fd, id, ID_TEXT - 1, 0);
    }
    if (fd >= 0)
        close(fd);
    if (n < 0)
        return fail_field_as(err, "start.var_unwritable", "MOONGATE_VAR", path, strerror(errno));
    if (!id_valid(id))
        return fail_field_as(err, "start.installation_id", "MOONGATE_VAR", path, "UUID");
    in->id = arena_text(a, id);
    return true;
}

/* Kept open on purpose: the lock ends with the process, however it ends. */
bool installation_lock(const struct installation *in, struct arena *a, struct err *err)
{
    const char *path = arena_printf(a, "%s/serve.lock", in->var);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return fail_field_as(err, "start.var_unwritable", "MOONGATE_VAR", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return true;
    close(fd);
    return fail_field_as(err, "start.var_in_use", "MOONGATE_VAR", in->var, "");
}

static bool make_address(struct arena *a, struct installation *in, struct err *err)
{
    const char *port = environment("MOONGATE_PORT", "8080"), *bind = environment("MOONGATE_BIND", "127.0.0.1");
    bool tls = environment("MOONGATE_TLS_CERT", NULL) != NULL;
    int64_t number;

    if (!parse_int(port, 1, 65535, "MOONGATE_PORT", &number, err))
        return false;
    if (strncmp(bind, "127.", 4) == 0 || strcmp(bind, "0.0.0.0") == 0 || strcmp(bind, "::") == 0)
        bind = "localhost";
    else if (strchr(bind, ':'))
        bind = arena_printf(a, "[%s]", bind);
    in->address = arena_printf(a, "%s://%s:%d", tls ? "https" : "http", bind, (int)number);
    return true;
}

bool installation_read(struct arena *a, struct installation *in, struct err *err)
{
    *in = (struct installation){.home = find_home(a)};
    if (!find_var(a, in->home, in, err) || !read_id(a, in, err) || !make_address(a, in, err))
        return false;
    in->database_url = environment("MOONGATE_DATABASE_URL", NULL);
    if (!in->database_url)
        in->database_url = private_database(in->var, a);
    in->master_key_file = environment("MOONGATE_MASTER_KEY_FILE", arena_printf(a, "%s/master.key", in->var));
    in->settings_file = environment("MOONGATE_SETTINGS_FILE", arena_printf(a, "%s/moongate.conf", in->var));
    in->snapshot_file = arena_printf(a, "%s/config.snap", in->var);
    in->spool_folder = arena_printf(a, "%s/spool", in->var);
    in->socket = arena_printf(a, "%s/run/moongate.sock", in->var);
    in->demo_url = environment("MOONGATE_DEMO_URL", NULL);
    if (settings_start(in->settings_file, a, &in->settings, err))
        return true;
    if (err->field[0])
        err->message = "start.setting";
    return false;
}

struct db *installation_db(const struct installation *in)
{
    return db_open(&(struct db_options){.url = in->database_url, .size = (size_t)in->settings.values.db_pool, .wait_ms = 2000,
                                        .statement_ms = 10000});
}

/* Sealed things exist: a fresh key would open none of them. */
static bool anything_sealed(const struct installation *in, struct db *db, struct arena *a, bool *sealed_r, struct err *err)
{
    struct list keys;

    *sealed_r = access(in->snapshot_file, F_OK) == 0;
    if (*sealed_r)
        return true;
    if (!sealed_keys_list(db, a, NULL, &keys, err))
        return false;
    *sealed_r = keys.n > 0;
    return true;
}

bool installation_keyring(const struct installation *in, struct db *db, bool create, struct arena *a, struct keyring **keyring_r,
                          struct err *err)
{
    bool sealed;

    if (keyring_load(in->master_key_file, a, keyring_r, err))
        return true;
    if (err->kind == ERR_NOT_FOUND && create) {
        if (!anything_sealed(in, db, a, &sealed, err))
            return false;
        if (sealed)
            return fail_field_as(err, "start.master_key_missing", "MOONGATE_MASTER_KEY_FILE", in->master_key_file, "");
        return keyring_create(in->master_key_file, err) && keyring_load(in->master_key_file, a, keyring_r, err);
    }
    if (err->kind == ERR_NOT_FOUND)
        return fail_field_as(err, "start.master_key_missing", "MOONGATE_MASTER_KEY_FILE", in->master_key_file, "");
    err->message = "start.master_key_bad";
    return false;
}
