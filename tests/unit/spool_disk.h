/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SPOOL_DISK_H
#define TESTS_SPOOL_DISK_H
/* A disk that fails when it is told to, and that knows what is durable: pwrite, fdatasync, fsync, posix_fallocate, renameat,
 * linkat and, for kills only, unlinkat and ftruncate of the program under test end here (a program's own functions go before the C library's). Calls are counted while the
 * disk is armed. A failed fdatasync throws away what was not synced, as a kernel may. Included by one file of a program. */
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>

#include "spool_help.h"

enum disk_fault { DISK_EIO, DISK_ENOSPC, DISK_SHORT, DISK_SHORT_THEN_EIO };

struct disk_file {
    ino_t inode;
    uint8_t *durable;                  /* what the platter holds */
    size_t n, lo, hi;                  /* its bytes; what was written since: [lo, hi) */
};

static struct {
    pthread_mutex_t mutex;
    bool armed, watching;
    enum disk_fault fault;
    long calls, fail_from, fail_to;    /* calls [from, to) fail */
    long kill_at;                      /* the process dies before this call, or in the middle of it */
    bool kill_inside;
    struct disk_file files[512];
    size_t file_n;
} disk = {.mutex = PTHREAD_MUTEX_INITIALIZER, .kill_at = -1};

static bool disk_kills(void)
{
    return disk.kill_at >= 0 && disk.armed && disk.calls == disk.kill_at;
}

/* For calls that do not fail: only one thread when it kills. */
static void disk_may_kill(void)
{
    if (disk_kills())
        raise(SIGKILL);
    if (disk.kill_at >= 0)
        disk.calls++;
}

static bool disk_fails(void)
{
    if (disk_kills())
        raise(SIGKILL);
    pthread_mutex_lock(&disk.mutex);
    bool fails = disk.armed && disk.calls >= disk.fail_from && disk.calls < disk.fail_to;
    disk.calls += disk.armed;
    pthread_mutex_unlock(&disk.mutex);
    if (fails)
        errno = disk.fault == DISK_ENOSPC ? ENOSPC : EIO;
    return fails;
}

static struct disk_file *disk_file(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return NULL;
    for (size_t i = 0; i < disk.file_n; i++)
        if (disk.files[i].inode == st.st_ino)
            return &disk.files[i];
    if (disk.file_n == COUNT(disk.files))
        return NULL;
    disk.files[disk.file_n] = (struct disk_file){.inode = st.st_ino, .lo = SIZE_MAX};
    return &disk.files[disk.file_n++];
}

static void disk_forget(void)
{
    for (size_t i = 0; i < disk.file_n; i++)
        free(disk.files[i].durable);
    disk.file_n = 0;
}

static void disk_wrote(int fd, size_t at, size_t n)
{
    if (!disk.watching)
        return;
    pthread_mutex_lock(&disk.mutex);
    struct disk_file *f = disk_file(fd);
    if (f) {
        f->lo = at < f->lo ? at : f->lo;
        f->hi = at + n > f->hi ? at + n : f->hi;
    }
    pthread_mutex_unlock(&disk.mutex);
}

static uint8_t *disk_content(int fd, size_t *n_r)
{
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    uint8_t *p = calloc(1, (size_t)st.st_size + 1);
    assert_non_null(p);
    *n_r = (size_t)pread(fd, p, (size_t)st.st_size, 0);
    return p;
}

/* All of the file is on the platter now; or what was not yet is gone, also from memory. */
static void disk_synced(int fd, bool ok)
{
    if (!disk.watching)
        return;
    pthread_mutex_lock(&disk.mutex);
    struct disk_file *f = disk_file(fd);
    if (f && ok) {
        free(f->durable);
        f->durable = disk_content(fd, &f->n);
    } else if (f) {
        for (size_t at = f->lo; at < f->hi; at++) {
            uint8_t old = at < f->n ? f->durable[at] : 0;
            syscall(SYS_pwrite64, fd, &old, 1, at);
        }
    }
    if (f)
        *f = (struct disk_file){.inode = f->inode, .durable = f->durable, .n = f->n, .lo = SIZE_MAX};
    pthread_mutex_unlock(&disk.mutex);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    if (disk_kills() && disk.kill_inside)
        syscall(SYS_pwrite64, fd, p, n / 2, at);
    bool fails = disk_fails();
    if (fails && (disk.fault == DISK_EIO || disk.fault == DISK_ENOSPC))
        return -1;
    if (fails)
        n = n > 1 ? n / 2 : n;
    if (fails && disk.fault == DISK_SHORT_THEN_EIO) {
        disk.fail_to = disk.calls + 1;
        disk.fault = DISK_EIO;
    }
    ssize_t took = syscall(SYS_pwrite64, fd, p, n, at);
    if (took > 0)
        disk_wrote(fd, (size_t)at, (size_t)took);
    return took;
}

int fdatasync(int fd)
{
    bool fails = disk_fails() && disk.fault != DISK_SHORT;
    disk_synced(fd, !fails);
    if (fails)
        errno = EIO;
    return fails ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    if (disk_fails() && disk.fault != DISK_SHORT)
        return -1;
    return (int)syscall(SYS_fsync, fd);
}

int posix_fallocate(int fd, off_t at, off_t n)
{
    if (disk_fails() && disk.fault != DISK_SHORT)
        return errno;
    return syscall(SYS_fallocate, fd, 0, at, n) == 0 ? 0 : errno;
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    if (disk_fails() && disk.fault != DISK_SHORT)
        return -1;
    return (int)syscall(SYS_renameat, from_dir, from, to_dir, to);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    if (disk_fails() && disk.fault != DISK_SHORT)
        return -1;
    return (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

int unlinkat(int dir, const char *name, int flags)
{
    disk_may_kill();
    return (int)syscall(SYS_unlinkat, dir, name, flags);
}

int ftruncate(int fd, off_t n)
{
    disk_may_kill();
    return (int)syscall(SYS_ftruncate, fd, n);
}

#endif
