/* SPDX-License-Identifier: MIT */
#include "console/console.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/parse.h"

static struct console opened;

static const char *const files[] = {"console.css", "console.js", "icons.svg", "favicon.svg"};

enum { FILE_MOST = 1 << 20 };

/* The hash of what was before and this file: h = SHA-256(h ‖ file). */
static bool hash_file(const char *folder, const char *name, struct arena *a, uint8_t hash[CRYPTO_HASH], struct err *err)
{
    const char *path = arena_printf(a, "%s/%s", folder, name);
    FILE *f = fopen(path, "re");
    uint8_t *bytes = arena_alloc(a, CRYPTO_HASH + FILE_MOST);
    size_t n;

    if (!f)
        return fail(err, ERR_INPUT, "cannot read %s: %s. hint: MOONGATE_HOME names the folder that holds static/", path, strerror(errno));
    memcpy(bytes, hash, CRYPTO_HASH);
    n = fread(bytes + CRYPTO_HASH, 1, FILE_MOST, f);
    fclose(f);
    crypto_sha256((struct bytes){bytes, CRYPTO_HASH + n}, hash);
    return true;
}

static bool find_version(const char *folder, struct err *err)
{
    struct arena *a = arena_new();
    uint8_t hash[CRYPTO_HASH] = {0};
    char hex[2 * CRYPTO_HASH + 1];
    bool ok = true;

    for (size_t i = 0; ok && i < COUNT(files); i++)
        ok = hash_file(folder, files[i], a, hash, err);
    hex_write((struct bytes){hash, sizeof(hash)}, hex);
    memcpy(opened.files, hex, sizeof(opened.files) - 1);
    arena_free(a);
    return ok;
}

/* The name holds a version and a hash, so it may change with the lockfile and is looked for. */
static void find_htmx(const char *folder)
{
    char path[1024];
    struct dirent *entry;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/vendor", folder);
    dir = opendir(path);
    while (dir && (entry = readdir(dir))) {
        size_t n = strlen(entry->d_name);

        if (strncmp(entry->d_name, "htmx-", 5) == 0 && n > 3 && n < sizeof(opened.htmx) && strcmp(entry->d_name + n - 3, ".js") == 0)
            memcpy(opened.htmx, entry->d_name, n + 1);
    }
    if (dir)
        closedir(dir);
}

bool console_open(const struct console_options *options, struct err *err)
{
    opened = (struct console){.catalogues = options->catalogues, .version = options->version, .demo = options->demo};
    find_htmx(options->static_folder);
    return find_version(options->static_folder, err);
}

const struct console *console(void)
{
    return &opened;
}
