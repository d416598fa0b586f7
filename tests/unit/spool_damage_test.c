/* SPDX-License-Identifier: MIT */
/* Damage: for every cut and every flipped bit the exact records that come out are known. Nothing wrong is ever handed out, and
 * nothing is skipped without a word: damage in the middle is counted and the segment kept. */
#include "spool_help.h"

#include "spool/entry.h"
#include "spool/segment.h"

enum { RECORDS = 12, VICTIM = 6 };

/* A finished segment with RECORDS records, as a dead process leaves it. */
struct image {
    uint8_t *p;
    size_t n;
    size_t at[RECORDS + 1];            /* where each record begins; the end */
    char folder[64];                   /* its name */
};

static struct image image_new(void)
{
    struct image image = {0};
    char *dir = place_new(), folder[300], path[340];
    struct spool_options o = options_small(dir);
    struct spool *sp = must_open(&o);
    for (uint64_t n = 0; n < RECORDS; n++)
        must_put(sp, n);
    spool_close(sp);
    only_folder(dir, folder);
    snprintf(path, sizeof(path), "%s/00000001.seg", folder);
    snprintf(image.folder, sizeof(image.folder), "%.63s", strrchr(folder, '/') + 1);
    image.p = file_get(path, &image.n);
    image.at[0] = SEGMENT_HEAD;
    for (size_t i = 0; i < RECORDS; i++) {
        struct entry entry;
        assert_true(entry_read(image.p + image.at[i], &entry));
        image.at[i + 1] = image.at[i] + entry_length(&entry);
    }
    assert_int_equal(image.at[RECORDS], image.n);
    place_free(dir);
    return image;
}

/* What a spool that finds these ${n} bytes makes of them. */
struct outcome {
    struct seen seen;
    uint64_t quarantined, lost;
};

static struct outcome outcome_of(const struct image *image, const uint8_t *p, size_t n)
{
    struct outcome outcome = {.seen = seen_new()};
    char *dir = place_new(), path[400];
    struct spool_options o = options_small(dir);
    struct spool_status status;
    snprintf(path, sizeof(path), "%s/%s", dir, image->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/%s/00000001.seg", dir, image->folder);
    file_put(path, p, n);
    int64_t lost = metric_get(METRIC_spool_dropped_total);
    struct spool *sp = must_open(&o);
    take_all(sp, &outcome.seen, true);
    spool_status(sp, &status);
    outcome.quarantined = status.quarantined;
    outcome.lost = (uint64_t)(metric_get(METRIC_spool_dropped_total) - lost);
    assert_int_equal(status.waiting, 0);
    assert_true(outcome.seen.in_order);
    must_put(sp, RECORDS);
    take_all(sp, &outcome.seen, true);
    assert_int_equal(outcome.seen.times[RECORDS], 1);
    spool_close(sp);
    place_free(dir);
    return outcome;
}

/* All records below ${n} except ${but} came out once, and no other. */
static void expect(struct outcome *outcome, uint64_t n, uint64_t but, uint64_t quarantined, uint64_t lost, const char *what,
                   size_t at)
{
    bool ok = outcome->quarantined == quarantined && outcome->lost == lost;
    for (uint64_t i = 0; i < RECORDS; i++)
        ok = ok && outcome->seen.times[i] == (i < n && i != but);
    if (!ok)
        fail_msg("%s at %zu: %" PRIu64 " read, quarantined %" PRIu64 ", lost %" PRIu64, what, at, outcome->seen.count - 1,
                 outcome->quarantined, outcome->lost);
    free(outcome->seen.times);
}

static void cut_at_every_byte(void **state)
{
    (void)state;
    struct image image = image_new();
    for (size_t n = image.at[RECORDS - 3]; n <= image.n; n++) {
        uint64_t whole = 0;
        while (whole < RECORDS && image.at[whole + 1] <= n)
            whole++;
        struct outcome outcome = outcome_of(&image, image.p, n);
        expect(&outcome, whole, RECORDS, 0, 0, "cut", n);
    }
    free(image.p);
}

/* The same with the rest of the segment preallocated: zeros follow the cut. */
static void zeros_from_every_byte(void **state)
{
    (void)state;
    struct image image = image_new();
    uint8_t *p = calloc(1, 64 << 10);
    for (size_t n = image.at[RECORDS - 3]; n <= image.n; n++) {
        uint64_t whole = 0;
        size_t end = n;
        /* The last bytes may be zero already: padding, or a zero in the check sum. */
        while (end < image.n && image.p[end] == 0)
            end++;
        while (whole < RECORDS && image.at[whole + 1] <= end)
            whole++;
        memset(p, 0, 64 << 10);
        memcpy(p, image.p, n);
        struct outcome outcome = outcome_of(&image, p, 64 << 10);
        expect(&outcome, whole, RECORDS, 0, 0, "zeros", n);
    }
    free(p);
    free(image.p);
}

/* Whether a byte of record ${i} is padding, which nothing depends on. */
static bool is_padding(const struct image *image, size_t i, size_t at)
{
    struct entry entry;
    return entry_read(image->p + image->at[i], &entry) && at >= image->at[i] + ENTRY_HEAD + entry.sealed;
}

static void every_bit_of_a_middle_record(void **state)
{
    (void)state;
    struct image image = image_new();
    for (size_t at = image.at[VICTIM]; at < image.at[VICTIM + 1]; at++)
        for (int bit = 0; bit < 8; bit++) {
            bool harmless = is_padding(&image, VICTIM, at);
            image.p[at] ^= (uint8_t)(1 << bit);
            struct outcome outcome = outcome_of(&image, image.p, image.n);
            image.p[at] ^= (uint8_t)(1 << bit);
            expect(&outcome, RECORDS, harmless ? RECORDS : VICTIM, !harmless, !harmless, "flip", at * 8 + (size_t)bit);
        }
    free(image.p);
}

/* A damaged last record cannot be told from a write that was cut short. */
static void every_bit_of_the_last_record(void **state)
{
    (void)state;
    struct image image = image_new();
    for (size_t at = image.at[RECORDS - 1]; at < image.n; at++)
        for (int bit = 0; bit < 8; bit++) {
            bool harmless = is_padding(&image, RECORDS - 1, at);
            image.p[at] ^= (uint8_t)(1 << bit);
            struct outcome outcome = outcome_of(&image, image.p, image.n);
            image.p[at] ^= (uint8_t)(1 << bit);
            expect(&outcome, harmless ? RECORDS : RECORDS - 1, RECORDS, 0, 0, "flip", at * 8 + (size_t)bit);
        }
    free(image.p);
}

/* The header is there twice, so no flipped bit in it costs anything. */
static void every_bit_of_the_header(void **state)
{
    (void)state;
    struct image image = image_new();
    for (size_t copy = 0; copy < SEGMENT_HEAD; copy += SEGMENT_HEAD / 2)
        for (size_t at = copy; at < copy + 120; at++)
            for (int bit = 0; bit < 8; bit++) {
                image.p[at] ^= (uint8_t)(1 << bit);
                struct outcome outcome = outcome_of(&image, image.p, image.n);
                image.p[at] ^= (uint8_t)(1 << bit);
                expect(&outcome, RECORDS, RECORDS, 0, 0, "header flip", at * 8 + (size_t)bit);
            }
    free(image.p);
}

/* Both copies gone: the records cannot be decrypted; they are counted and the segment is kept. */
static void header_lost(void **state)
{
    (void)state;
    struct image image = image_new();
    memset(image.p, 0xa5, SEGMENT_HEAD);
    struct outcome outcome = outcome_of(&image, image.p, image.n);
    expect(&outcome, 0, RECORDS, 1, RECORDS, "no header", 0);
    free(image.p);
}

/* Whole blocks of the middle read as zeros, as after a loss of power. */
static void hole_in_the_middle(void **state)
{
    (void)state;
    struct image image = image_new();
    for (size_t first = 0; first < RECORDS - 1; first++)
        for (size_t last = first; last < RECORDS - 1; last++) {
            uint8_t *p = malloc(image.n);
            memcpy(p, image.p, image.n);
            memset(p + image.at[first], 0, image.at[last + 1] - image.at[first]);
            struct outcome outcome = outcome_of(&image, p, image.n);
            bool ok = outcome.quarantined == 1 && outcome.lost == last - first + 1;
            for (size_t i = 0; i < RECORDS; i++)
                ok = ok && outcome.seen.times[i] == (i < first || i > last);
            if (!ok)
                fail_msg("hole %zu–%zu: quarantined %" PRIu64 ", lost %" PRIu64, first, last, outcome.quarantined, outcome.lost);
            free(outcome.seen.times);
            free(p);
        }
    free(image.p);
}

/* Records swapped, repeated, or put into another segment by someone who can compute check sums: what does not belong does not
 * decrypt, what is repeated comes out once. */
static void moved_records(void **state)
{
    (void)state;
    struct image image = image_new(), other = image_new();
    uint8_t *p = malloc(2 * image.n);
    size_t one = image.at[VICTIM + 1] - image.at[VICTIM];

    memcpy(p, image.p, image.n);
    memcpy(p + image.n, image.p + image.at[VICTIM], one);
    struct outcome outcome = outcome_of(&image, p, image.n + one);
    expect(&outcome, RECORDS, RECORDS, 0, 0, "repeated", 0);

    memcpy(p, image.p, image.n);
    memcpy(p + image.at[VICTIM], other.p + other.at[VICTIM], one);
    outcome = outcome_of(&image, p, image.n);
    expect(&outcome, RECORDS, VICTIM, 1, 1, "from another segment", 0);

    /* A whole segment under another folder's name. */
    char *dir = place_new(), path[400];
    struct spool_options o = options_small(dir);
    struct err err = {0};
    struct spool *sp;
    snprintf(path, sizeof(path), "%s/01900000-0000-7000-8000-000000000001-1", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    strncat(path, "/00000001.seg", sizeof(path) - strlen(path) - 1);
    file_put(path, image.p, image.n);
    assert_false(spool_open(&o, &sp, &err));
    assert_non_null(strstr(err.text, "kid 1"));
    place_free(dir);
    free(p);
    free(other.p);
    free(image.p);
}

/* Any number of changes at random places: only true records come out, each once, and those before the first change all. */
static void random_changes(void **state)
{
    (void)state;
    struct random r = random_start();
    struct image image = image_new();
    uint8_t *p = malloc(image.n);
    for (int turn = 0; turn < 400; turn++) {
        size_t first = image.n;
        memcpy(p, image.p, image.n);
        for (size_t i = 0, changes = 1 + random_below(&r, 20); i < changes; i++) {
            size_t at = SEGMENT_HEAD + random_below(&r, image.n - SEGMENT_HEAD), n = 1 + random_below(&r, 40);
            for (size_t k = at; k < at + n && k < image.n; k++)
                p[k] = random_below(&r, 2) ? (uint8_t)random_next(&r) : 0;
            first = at < first ? at : first;
        }
        struct outcome outcome = outcome_of(&image, p, image.n);
        for (size_t i = 0; i < RECORDS; i++)
            if (outcome.seen.times[i] > 1 || (image.at[i + 1] <= first && outcome.seen.times[i] != 1))
                fail_msg("turn %d: record %zu came out %d times", turn, i, outcome.seen.times[i]);
        free(outcome.seen.times);
    }
    free(p);
    free(image.p);
}

/* Damage in our own segments, while they are written. */
static void damage_while_running(void **state)
{
    (void)state;
    char *dir = place_new(), folder[300], path[340];
    struct spool_options o = options_small(dir);
    struct spool *sp = must_open(&o);
    struct seen seen = seen_new();
    struct spool_status status;
    int64_t lost = metric_get(METRIC_spool_dropped_total);
    for (uint64_t n = 0; n < 1000; n++)
        must_put(sp, n);
    only_folder(dir, folder);
    snprintf(path, sizeof(path), "%s/00000002.seg", folder);
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "damaged!", 8, SEGMENT_HEAD + 8), 8);
    close(fd);
    spool_sync(sp);
    take_all(sp, &seen, true);
    assert_int_equal(seen.count, 999);
    spool_status(sp, &status);
    assert_int_equal(status.quarantined, 1);
    assert_int_equal(metric_get(METRIC_spool_dropped_total) - lost, 1);
    spool_close(sp);
    free(seen.times);
    place_free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(zeros_from_every_byte),
        cmocka_unit_test(every_bit_of_a_middle_record),
        cmocka_unit_test(every_bit_of_the_last_record),
        cmocka_unit_test(every_bit_of_the_header),
        cmocka_unit_test(header_lost),
        cmocka_unit_test(hole_in_the_middle),
        cmocka_unit_test(moved_records),
        cmocka_unit_test(random_changes),
        cmocka_unit_test(damage_while_running),
    };
    quiet();
    return cmocka_run_group_tests_name("spool_damage", tests, NULL, NULL);
}
