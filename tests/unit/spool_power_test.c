/* SPDX-License-Identifier: MIT */
/* Loss of power: at random moments the platter is taken out as it is, with what was synced and a random half of the sectors that
 * were not. A spool opened on it has everything that was promised: with sync_each all that was acknowledged, else all up to the
 * last spool_sync; and never a torn record. */
#include <pthread.h>

#include "spool_disk.h"

enum { LIVES = 60, RECORDS = 400, SECTOR = 512, IMAGES = 4 };

/* Copy one file as the platter has it. */
static void platter_file(struct random *r, int fd, const char *to)
{
    size_t n;
    uint8_t *now = disk_content(fd, &n);
    struct disk_file *f = disk_file(fd);
    for (size_t at = 0; f && at < n; at += SECTOR) {
        size_t len = n - at < SECTOR ? n - at : SECTOR;
        if (at + len <= f->lo || at >= f->hi || random_below(r, 2))
            continue;
        memset(now + at, 0, len);
        if (f->durable && at < f->n)
            memcpy(now + at, f->durable + at, f->n - at < len ? f->n - at : len);
    }
    file_put(to, now, n);
    free(now);
}

static char *platter(struct random *r, const char *dir)
{
    char *copy = place_new(), folder[300], *path = NULL;
    only_folder(dir, folder);
    assert_true(asprintf(&path, "%s%s", copy, strrchr(folder, '/')) > 0);
    assert_int_equal(mkdir(path, 0700), 0);
    free(path);
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        int fd = e->d_name[0] == '.' ? -1 : openat(dirfd(d), e->d_name, O_RDWR);
        if (fd < 0)
            continue;
        assert_true(asprintf(&path, "%s%s/%s", copy, strrchr(folder, '/'), e->d_name) > 0);
        platter_file(r, fd, path);
        free(path);
        close(fd);
    }
    closedir(d);
    return copy;
}

struct image {
    char *dir;
    uint64_t durable;                  /* records [0, durable) must be there */
    uint8_t replayed[RECORDS];         /* or have been handed out and done */
};

static void image_check(struct image *image, bool sync_each)
{
    struct spool_options o = options_small(image->dir);
    struct seen seen = seen_new();
    struct spool *sp = must_open(&o);
    take_all(sp, &seen, true);
    for (uint64_t n = 0; n < RECORDS; n++) {
        if (n < image->durable && !seen.times[n] && !image->replayed[n])
            fail_msg("record %" PRIu64 " of %" PRIu64 " durable is lost (sync_each %d)", n, image->durable, sync_each);
        assert_true(seen.times[n] <= 1);
    }
    must_put(sp, RECORDS);
    take_all(sp, &seen, true);
    assert_int_equal(seen.times[RECORDS], 1);
    spool_close(sp);
    free(seen.times);
    place_free(image->dir);
}

static void one_life(struct random *r, bool sync_each, bool reads)
{
    char *dir = place_new();
    struct spool_options o = options_small(dir);
    struct image images[IMAGES];
    struct seen seen = seen_new();
    size_t image_n = 0;
    uint64_t synced = 0;
    o.sync_each = sync_each;
    disk_forget();
    struct spool *sp = must_open(&o);
    for (uint64_t n = 0; n < RECORDS; n++) {
        must_put(sp, n);
        if (random_below(r, 30) == 0) {
            spool_sync(sp);
            synced = n + 1;
        }
        if (reads && random_below(r, 60) == 0)
            take_all(sp, &seen, true);
        if (image_n < IMAGES && random_below(r, RECORDS / IMAGES) == 0) {
            struct image *image = &images[image_n++];
            image->durable = sync_each ? n + 1 : synced;
            memcpy(image->replayed, seen.times, RECORDS);
            image->dir = platter(r, dir);
        }
    }
    spool_close(sp);
    for (size_t i = 0; i < image_n; i++)
        image_check(&images[i], sync_each);
    free(seen.times);
    place_free(dir);
}

static void every_second(void **state)
{
    (void)state;
    struct random r = random_start();
    disk.watching = true;
    for (int i = 0; i < LIVES; i++)
        one_life(&r, false, i % 2);
    disk.watching = false;
}

static void at_each_record(void **state)
{
    (void)state;
    struct random r = random_start();
    disk.watching = true;
    for (int i = 0; i < LIVES; i++)
        one_life(&r, true, i % 2);
    disk.watching = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_second),
        cmocka_unit_test(at_each_record),
    };
    quiet();
    return cmocka_run_group_tests_name("spool_power", tests, NULL, NULL);
}
