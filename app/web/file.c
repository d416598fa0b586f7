/* SPDX-License-Identifier: MIT */
#include "web/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/utf8.h"

enum { FILE_MAX = 1 << 20 };

static bool read_all(FILE *file, const char *path, struct arena *arena, struct bytes *text_r, struct err *err)
{
    char *text = arena_alloc(arena, FILE_MAX + 2);
    size_t n = fread(text, 1, FILE_MAX + 1, file);
    if (ferror(file))
        return fail(err, ERR_INPUT, "%s cannot be read: %s", path, strerror(errno));
    if (n > FILE_MAX)
        return fail(err, ERR_INPUT, "%s is larger than %d bytes", path, FILE_MAX);
    *text_r = (struct bytes){(const uint8_t *)text, n};
    if (!utf8_valid(*text_r))
        return fail(err, ERR_NOT_UTF8, "%s is not UTF-8 at byte %zu", path, utf8_check(*text_r));
    if (memchr(text, '\0', n) != NULL)
        return fail(err, ERR_INPUT, "%s holds a NUL byte", path);
    return true;
}

bool file_read(const char *folder, const char *name, const char *ending, struct arena *arena, struct bytes *text_r,
               struct err *err)
{
    const char *path = arena_printf(arena, "%s/%s%s", folder, name, ending);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return fail(err, ERR_INPUT, "%s cannot be opened: %s", path, strerror(errno));
    struct arena *big = arena_new();
    struct bytes text;
    bool ok = read_all(file, path, big, &text, err);
    if (ok)
        *text_r = (struct bytes){(const uint8_t *)arena_copy(arena, text.p, text.n), text.n};
    arena_free(big);
    fclose(file);
    return ok;
}
