/* SPDX-License-Identifier: MIT */
/* spool_adopt: folders of processes that are dead: nobody holds their lock, so we take it and read them to the end. Looked
 * for when the spool opens, and again every few seconds, for a process may die later. Those of living processes only count
 * for the bound. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "spool/spool_private.h"

static int by_birth(const void *a, const void *b)
{
    const struct folder *const *x = a, *const *y = b;
    return ((*x)->born > (*y)->born) - ((*x)->born < (*y)->born);
}

/* Segments before the cursor were done before this process began: their time runs from the cursor's last move. */
static void expiry_resume(struct spool *sp, struct folder *f)
{
    int64_t keep = (int64_t)sp->options.keep_s * 1000000, age = clock_wall() - f->done_at;
    int64_t left = age < 0 || age > keep ? (age < 0 ? keep : 0) : keep - age;
    for (size_t i = 0; i < f->segment_n; i++)
        if (f->segments[i].number < f->done.number)
            f->segments[i].expires = clock_mono() + left;
}

static void folder_add(struct spool *sp, struct folder *f)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < f->segment_n; i++)
        bytes += f->segments[i].size;
    atomic_fetch_add(&sp->bytes, (int64_t)bytes);
    expiry_resume(sp, f);
    sp->folders[sp->folder_n++] = f;
    if (f->segment_n)
        log_info(NULL, "spool folder adopted", "folder=%s segments=%zu waiting=%" PRIu64, f->name, f->segment_n,
                 folder_waiting(f));
}

static bool known(const struct spool *sp, const char *name)
{
    if (strcmp(name, sp->name) == 0)
        return true;
    for (size_t i = 0; i < sp->folder_n; i++)
        if (strcmp(sp->folders[i]->name, name) == 0)
            return true;
    return false;
}

static bool was_refused(const struct spool *sp, const char *name)
{
    for (size_t i = 0; i < sp->refused_n; i++)
        if (strcmp(sp->refused[i], name) == 0)
            return true;
    return false;
}

static void refuse(struct spool *sp, const char *name, const struct err *err)
{
    log_err(NULL, LOG_ERROR, "spool folder left alone", err);
    if (sp->refused_n < COUNT(sp->refused))
        memcpy(sp->refused[sp->refused_n++], name, strlen(name) + 1);
}

static bool adopt(struct spool *sp, const char *name, bool strict, int64_t *others, struct err *err)
{
    int fd;
    struct segment_keys keys = spool_keys(sp);
    if (sp->folder_n == FOLDERS_MAX || was_refused(sp, name) || !folder_lock(sp->root_fd, name, &fd)) {
        *others += (int64_t)folder_bytes(sp->root_fd, name, true);
        return true;
    }
    struct folder *f = folder_new(name, fd, 0);
    if (folder_load(f, &keys, &sp->window, err)) {
        folder_add(sp, f);
        return true;
    }
    folder_free(f);
    if (strict)
        return false;
    refuse(sp, name, err);
    return true;
}

bool read_adopt(struct spool *sp, bool strict, struct err *err)
{
    int64_t others = 0;
    bool ok = true;
    int fd = dup(sp->root_fd);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    sp->looked_at = clock_mono();
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return fail(err, ERR_INPUT, "cannot list spool folder %s: %s", sp->options.folder, strerror(errno));
    }
    rewinddir(dir);
    read_close(sp);
    for (struct dirent *e; ok && (e = readdir(dir)) != NULL;)
        if (folder_name_valid(e->d_name) && !known(sp, e->d_name))
            ok = adopt(sp, e->d_name, strict, &others, err);
    closedir(dir);
    atomic_fetch_add(&sp->bytes, others - atomic_exchange(&sp->others, others));
    if (sp->folder_n)
        qsort(sp->folders, sp->folder_n, sizeof(sp->folders[0]), by_birth);
    return ok;
}
