/* SPDX-License-Identifier: MIT */
/* The spool from outside: what goes in comes out, in order, within bounds, also after a restart. */
#include "spool_help.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "spool/segment.h"

static void what_goes_in_comes_out(void **state)
{
    (void)state;
    char *dir = place_new();
    struct spool_options o = options_small(dir);
    struct spool *sp = must_open(&o);
    struct seen seen = seen_new();
    struct spool_status status;
    for (uint64_t n = 0; n < 50; n++)
        must_put(sp, n);
    spool_status(sp, &status);
    assert_int_equal(status.appended, 50);
    assert_int_equal(status.waiting, 50);
    assert_true(status.oldest_at > clock_wall() - 60000000 && status.oldest_at <= clock_wall());
    assert_false(status.refusing || status.failed);
    take_all(sp, &seen, true);
    assert_int_equal(seen.count, 50);
    assert_true(seen.in_order);
    spool_status(sp, &status);
    assert_int_equal(status.waiting, 0);
    assert_int_equal(status.oldest_at, 0);
    take_all(sp, &seen, true);
    assert_int_equal(seen.count, 50);
    must_put(sp, 50);
    take_all(sp, &seen, true);
    assert_int_equal(seen.count, 51);
    spool_close(sp);
    free(seen.times);
    place_free(dir);
}

static void sizes_from_nothing_to_the_most(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 7, 8, 9, 4095, 4096, 4097, 6000, 7000, 65536, SPOOL_PAYLOAD_MAX - 1, SPOOL_PAYLOAD_MAX};
    char *dir = place_new(), id[37];
    struct spool_options o = options_small(dir);
    o.segment_bytes = 16 << 20;
    o.max_bytes = 64 << 20;
    struct spool *sp = must_open(&o);
    struct err err = {0};
    uint8_t *payload = calloc(1, SPOOL_PAYLOAD_MAX + 1);
    struct arena *a = arena_new();
    struct list list;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        memset(payload, (int)i + 1, sizes[i]);
        record_id(i, id);
        assert_true(spool_append(sp, 1, id, (struct bytes){payload, sizes[i]}, &err));
    }
    assert_false(spool_append(sp, 1, id, (struct bytes){payload, SPOOL_PAYLOAD_MAX + 1}, &err));
    assert_int_equal(err.kind, ERR_TOO_LARGE);
    assert_true(spool_read(sp, a, 100, SIZE_MAX, &list, &err));
    assert_int_equal(list.n, COUNT(sizes));
    for (size_t i = 0; i < COUNT(sizes); i++) {
        const struct spool_record *record = (struct spool_record *)list.items + i;
        assert_int_equal(record->payload.n, sizes[i]);
        memset(payload, (int)i + 1, sizes[i]);
        assert_memory_equal(record->payload.p, payload, sizes[i]);
    }
    free(payload);
    arena_free(a);
    spool_close(sp);
    place_free(dir);
}

static void bad_records_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint8_t type;
        const char *id;
    } bad[] = {{0, "01900000-0000-7000-8000-000000000000"}, {1, ""}, {1, NULL}, {1, "01900000-0000-7000-8000-00000000000"},
               {1, "01900000-0000-7000-8000-0000000000000"}, {1, "01900000-0000-7000-8000-00000000000G"},
               {1, "01900000-0000-7000-8000-00000000000A"}};
    char *dir = place_new();
    struct spool_options o = options_small(dir);
    struct spool *sp = must_open(&o);
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct err err = {0};
        assert_false(spool_append(sp, bad[i].type, bad[i].id, bytes_of("x"), &err));
        assert_int_equal(err.kind, ERR_INTERNAL);
    }
    spool_close(sp);
    place_free(dir);
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    char *dir = place_new();
    struct spool_options good = options_small(dir), bad[7];
    for (size_t i = 0; i < COUNT(bad); i++)
        bad[i] = good;
    bad[0].segment_bytes = 4096;
    bad[1].segment_bytes = (64 << 10) + 8;
    bad[2].max_bytes = 64 << 10;
    bad[3].refuse_percent = 0;
    bad[4].refuse_percent = 101;
    bad[5].keep_s = -1;
    bad[6].folder = "/proc/no/such/folder";
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct spool *sp;
        struct err err = {0};
        assert_false(spool_open(&bad[i], &sp, &err));
        assert_int_equal(err.kind, ERR_INPUT);
        assert_true(err.text[0]);
    }
    assert_int_equal(bytes_under(dir), 0);
    place_free(dir);
}

static void rotation_and_bounded_size(void **state)
{
    (void)state;
    char *dir = place_new();
    struct spool_options o = options_small(dir);
    struct spool *sp = must_open(&o);
    struct seen seen = seen_new();
    struct spool_status status;
    uint64_t n = 0;
    for (int turn = 0; turn < 200; turn++) {
        for (int i = 0; i < 300; i++)
            must_put(sp, n++);
        if (turn % 10 == 0)
            spool_sync(sp);
        take_all(sp, &seen, true);
        spool_status(sp, &status);
        assert_true(bytes_under(dir) <= o.max_bytes + o.segment_bytes);
        assert_true(status.bytes >= bytes_under(dir) - 4096 && status.bytes <= o.max_bytes + o.segment_bytes);
    }
    assert_int_equal(seen.count, n);
    assert_true(seen.in_order);
    spool_close(sp);
    free(seen.times);
    place_free(dir);
}

/* Fill it without reading: it refuses runs first, then records, never grows past the bound, and recovers. */
static void refuse_and_recover(void **state)
{
    (void)state;
    char *dir = place_new();
    struct spool_options o = options_small(dir);
    o.max_bytes = 1 << 20;
    struct spool *sp = must_open(&o);
    struct seen seen = seen_new();
    struct spool_status status;
    struct err err = {0};
    uint64_t n = 0, refused_at = 0;
    while (n < NUMBERS && put(sp, n)) {
        n++;
        if (n % 64 == 0)
            spool_sync(sp);
        if (spool_reserve(sp, &err))
            spool_release(sp);
        else if (!refused_at)
            refused_at = n;
        assert_true(bytes_under(dir) <= o.max_bytes + o.segment_bytes);
    }
    assert_true(refused_at > 0 && refused_at < n);
    assert_int_equal(err.kind, ERR_RECORDING);
    assert_true(err.retry_after_s > 0);
    spool_status(sp, &status);
    assert_true(status.refusing);
    assert_false(status.failed);
    assert_int_equal(status.waiting, n);

    take_all(sp, &seen, true);
    assert_int_equal(seen.count, n);
    assert_true(seen.in_order);
    spool_sync(sp);
    spool_status(sp, &status);
    assert_false(status.refusing);
    assert_true(spool_reserve(sp, &err));
    spool_release(sp);
    must_put(sp, n);
    take_all(sp, &seen, true);
    assert_int_equal(seen.count, n + 1);
    spool_close(sp);
    free(seen.times);
    place_free(dir);
}

/* Every run that was let in can write what was promised, whatever else is written, and whatever is read. */
static void promised_room_is_there(void **state)
{
    (void)state;
    char *dir = place_new();
    struct spool_options o = options_small(dir);
    o.max_bytes = 2 << 20;
    struct spool *sp = must_open(&o);
    struct err err = {0};
    uint8_t payload[4000] = {0};
    char id[37];
    uint64_t runs = 0;
    while (spool_reserve(sp, &err))
        runs++;
    assert_true(runs >= 50 && runs * SPOOL_RUN_ROOM < o.max_bytes);
    for (uint64_t i = 0; i < runs; i++) {
        record_id(i, id);
        for (int part = 0; part < 3; part++)
            if (!spool_append(sp, 1, id, (struct bytes){payload, sizeof(payload)}, &err))
                fail_msg("run %" PRIu64 " of %" PRIu64 ": %s", i, runs, err.text);
        spool_release(sp);
    }
    assert_true(bytes_under(dir) <= o.max_bytes + o.segment_bytes);
    spool_close(sp);
    place_free(dir);
}

static void again_gives_the_same(void **state)
{
    (void)state;
    char *dir = place_new();
    struct spool_options o = options_small(dir);
    struct spool *sp = must_open(&o);
    struct seen seen = seen_new();
    for (uint64_t n = 0; n < 2000; n++)
        must_put(sp, n);
    take_all(sp, &seen, false);
    spool_again(sp);
    take_all(sp, &seen, true);
    spool_again(sp);
    take_all(sp, &seen, true);
    for (uint64_t n = 0; n < 2000; n++)
        assert_int_equal(seen.times[n], 2);
    spool_close(sp);
    free(seen.times);
    place_free(dir);
}

static void limits_of_a_batch(void **state)
{
    (void)state;
    char *dir = place_new();
    struct spool_options o = options_small(dir);
    struct spool *sp = must_open(&o);
    struct arena *a = arena_new();
    struct err err = {0};
    struct list list;
    char id[37];
    for (uint64_t n = 0; n < 10; n++) {
        record_id(n, id);
        assert_true(spool_append(sp, 1, id, (struct bytes){(const uint8_t[1000]){0}, 1000}, &err));
    }
    assert_true(spool_read(sp, a, 3, SIZE_MAX, &list, &err));
    assert_int_equal(list.n, 3);
    assert_true(spool_read(sp, a, 100, 2999, &list, &err));
    assert_int_equal(list.n, 2);
    assert_true(spool_read(sp, a, 100, 3000, &list, &err));
    assert_int_equal(list.n, 3);
    assert_true(spool_read(sp, a, 100, 1, &list, &err));
    assert_int_equal(list.n, 1);
    assert_true(spool_read(sp, a, 100, 1, &list, &err));
    assert_int_equal(list.n, 1);
    assert_true(spool_read(sp, a, 100, 1, &list, &err));
    assert_int_equal(list.n, 0);
    arena_free(a);
    spool_close(sp);
    place_free(dir);
}

/* Restarts with nothing, a part, or all done: nothing is lost; what was done does not come back. */
static void restart_goes_on(void **state)
{
    (void)state;
    char *dir = place_new();
    struct spool_options o = options_small(dir);
    struct seen seen = seen_new();
    struct arena *a = arena_new();
    struct err err = {0};
    struct list list;
    uint64_t n = 0;
    for (int turn = 0; turn < 30; turn++) {
        struct spool *sp = must_open(&o);
        for (int i = 0; i < 400; i++)
            must_put(sp, n++);
        assert_true(spool_read(sp, a, 250, SIZE_MAX, &list, &err));
        for (size_t i = 0; i < list.n; i++)
            seen_check(&seen, (struct spool_record *)list.items + i, MOST);
        assert_true(spool_done(sp, &err));
        arena_reset(a);
        spool_close(sp);
    }
    struct spool *sp = must_open(&o);
    struct spool_status status;
    spool_status(sp, &status);
    assert_int_equal(status.waiting, n - seen.count);
    take_all(sp, &seen, true);
    assert_int_equal(seen.count, n);
    assert_true(seen.in_order);
    spool_status(sp, &status);
    assert_int_equal(status.waiting, 0);
    take_all(sp, &seen, true);
    assert_int_equal(bytes_under(dir), o.segment_bytes);
    spool_close(sp);
    assert_int_equal(bytes_under(dir), 0);
    arena_free(a);
    free(seen.times);
    place_free(dir);
}

/* What is done stays for keep_s, unless the room is needed. */
static void done_segments_are_kept(void **state)
{
    (void)state;
    char *dir = place_new();
    struct spool_options o = options_small(dir);
    o.keep_s = 3600;
    struct spool *sp = must_open(&o);
    struct seen seen = seen_new();
    uint64_t n = 0;
    while (n < 3000)
        must_put(sp, n++);
    take_all(sp, &seen, true);
    assert_true(bytes_under(dir) > 5 * o.segment_bytes);
    uint64_t most = 0;
    while (n < 60000) {
        for (int i = 0; i < 200; i++)
            must_put(sp, n++);
        take_all(sp, &seen, true);
        spool_sync(sp);
        most = bytes_under(dir) > most ? bytes_under(dir) : most;
    }
    assert_int_equal(seen.count, n);
    assert_true(most > o.max_bytes / 2 && most < o.max_bytes * 8 / 10);
    spool_close(sp);

    /* After a restart they are there still, and not handed out again. */
    sp = must_open(&o);
    assert_true(bytes_under(dir) > o.max_bytes / 2);
    take_all(sp, &seen, true);
    assert_int_equal(seen.count, n);
    spool_close(sp);
    free(seen.times);
    place_free(dir);
}

static void two_opens_do_not_meet(void **state)
{
    (void)state;
    char *dir = place_new();
    struct spool_options o = options_small(dir);
    struct spool *one = must_open(&o), *two = must_open(&o);
    struct seen first = seen_new(), second = seen_new();
    for (uint64_t n = 0; n < 100; n++) {
        must_put(one, 2 * n);
        must_put(two, 2 * n + 1);
    }
    take_all(one, &first, true);
    take_all(two, &second, false);
    assert_int_equal(first.count, 100);
    assert_int_equal(second.count, 100);
    for (uint64_t n = 0; n < 200; n++)
        assert_int_equal(first.times[n] + second.times[n], 1);
    struct spool_status status;
    spool_status(one, &status);
    spool_close(two);
    free(second.times);

    /* The other's folder is an orphan now: adopted at the next open. */
    struct spool *three = must_open(&o);
    struct seen third = seen_new();
    take_all(three, &third, true);
    assert_int_equal(third.count, 100);
    spool_close(three);
    spool_close(one);
    free(first.times);
    free(third.times);
    place_free(dir);
}

static void wrong_key_is_refused(void **state)
{
    (void)state;
    char *dir = place_new();
    struct spool_options o = options_small(dir), other = o;
    struct spool *sp = must_open(&o);
    struct err err = {0};
    uint8_t key[32] = "another one";
    must_put(sp, 1);
    spool_close(sp);
    other.key = key;
    assert_false(spool_open(&other, &sp, &err));
    assert_int_equal(err.kind, ERR_INPUT);
    assert_non_null(strstr(err.text, "kid 1"));
    other.kid = 2;
    assert_false(spool_open(&other, &sp, &err));
    assert_non_null(strstr(err.text, "kid 1"));
    assert_non_null(strstr(err.text, "kid 2"));
    sp = must_open(&o);
    struct seen seen = seen_new();
    take_all(sp, &seen, true);
    assert_int_equal(seen.count, 1);
    spool_close(sp);
    free(seen.times);
    place_free(dir);
}

static bool find_old_key(const void *keys, uint32_t kid, uint8_t *key_r)
{
    memcpy(key_r, keys, 32);
    return kid == 1;
}

/* After the master key was changed, what the old one sealed is read with it, also what was put aside. */
static void old_key_is_found(void **state)
{
    (void)state;
    char *dir = place_new();
    struct spool_options o = options_small(dir);
    struct spool *sp = must_open(&o);
    struct seen seen = seen_new();
    struct err err = {0};
    uint8_t key[32] = "the next one";
    for (uint64_t n = 0; n < 10; n++)
        must_put(sp, n);
    spool_close(sp);
    o.key = key;
    o.kid = 2;
    o.find_key = find_old_key;
    o.keys = test_key;
    sp = must_open(&o);
    for (uint64_t n = 10; n < 20; n++)
        must_put(sp, n);
    take_all(sp, &seen, true);
    assert_int_equal(seen.count, 20);
    for (uint64_t n = 20; n < 30; n++)
        must_put(sp, n);
    spool_close(sp);
    o.kid = 3;
    assert_false(spool_open(&o, &sp, &err));
    assert_non_null(strstr(err.text, "kid 2"));
    free(seen.times);
    place_free(dir);
}

/* A later program's segment, with or without a check sum we understand; one that only lost a bit of the version is ours. */
static void unknown_version_is_refused(void **state)
{
    (void)state;
    for (int with_crc = 0; with_crc < 2; with_crc++) {
        char *dir = place_new(), folder[300], path[340];
        struct spool_options o = options_small(dir);
        struct spool *sp = must_open(&o);
        struct err err = {0};
        size_t size;
        must_put(sp, 1);
        spool_close(sp);
        only_folder(dir, folder);
        snprintf(path, sizeof(path), "%s/00000001.seg", folder);
        uint8_t *p = file_get(path, &size);
        for (size_t copy = 0; copy < SEGMENT_HEAD; copy += SEGMENT_HEAD / 2) {
            p[copy + 8] = 2;
            if (with_crc)
                put_le(p + copy + 116, crypto_crc32c(0, p + copy, 116), 4);
            file_put(path, p, size);
            if (copy == 0 && !with_crc) {
                sp = must_open(&o);
                struct seen seen = seen_new();
                take_all(sp, &seen, false);
                assert_int_equal(seen.count, 1);
                free(seen.times);
                spool_close(sp);
            }
        }
        assert_false(spool_open(&o, &sp, &err));
        assert_int_equal(err.kind, ERR_INPUT);
        assert_non_null(strstr(err.text, "version 2"));
        free(p);
        place_free(dir);
    }
}

static bool poison_check(void *arg, const struct spool_record *record, const char *why)
{
    struct seen *seen = arg;
    seen_check(seen, record, MOST);
    assert_string_equal(why, "22P02 not a number");
    return seen->count < 3;
}

static void poison_is_kept_aside(void **state)
{
    (void)state;
    char *dir = place_new(), dlq[300];
    struct spool_options o = options_small(dir);
    struct spool *sp = must_open(&o);
    struct seen seen = seen_new();
    struct arena *a = arena_new();
    struct err err = {0};
    struct list list;
    struct spool_status status;
    for (uint64_t n = 0; n < 5; n++)
        must_put(sp, n);
    assert_true(spool_read(sp, a, 100, SIZE_MAX, &list, &err));
    for (size_t i = 0; i < list.n; i++)
        for (int twice = 0; twice < 2; twice++)
            assert_true(spool_poison(sp, (struct spool_record *)list.items + i, "22P02 not a number", &err));
    assert_true(spool_done(sp, &err));
    spool_status(sp, &status);
    assert_int_equal(status.poison, 5);
    snprintf(dlq, sizeof(dlq), "%s/dlq", dir);
    assert_true(bytes_under(dlq) > 0);
    spool_close(sp);

    sp = must_open(&o);
    spool_status(sp, &status);
    assert_int_equal(status.poison, 5);
    assert_int_equal(status.waiting, 0);
    assert_true(spool_dlq_each(sp, poison_check, &seen, &err));
    assert_int_equal(seen.count, 3);
    assert_true(seen.in_order);
    spool_close(sp);
    arena_free(a);
    free(seen.times);
    place_free(dir);
}

/* dlq/ is part of the bound: when its share is full the record cannot be put aside, and the caller knows. */
static void poison_has_a_bound(void **state)
{
    (void)state;
    char *dir = place_new();
    struct spool_options o = options_small(dir);
    struct spool *sp = must_open(&o);
    struct err err = {0};
    struct spool_record record = {.type = 1, .seq = 1, .id = "01900000-0000-7000-8000-000000000000",
                                  .payload = {(const uint8_t[20000]){0}, 20000}};
    int kept = 0;
    while (kept < 1000 && spool_poison(sp, &record, "why", &err)) {
        record.at++;
        kept++;
    }
    assert_true(kept > 5 && kept < 100);
    assert_int_equal(err.kind, ERR_RECORDING);
    assert_true(bytes_under(dir) <= o.max_bytes);
    spool_close(sp);
    place_free(dir);
}

/* Files are for us alone, and hold no text in the clear. */
static void nothing_in_the_clear(void **state)
{
    (void)state;
    static const char text[] = "a prompt that nobody else may read";
    char *dir = place_new(), folder[300], path[340];
    struct spool_options o = options_small(dir);
    struct spool *sp = must_open(&o);
    struct err err = {0};
    struct stat st;
    size_t n;
    assert_true(spool_append(sp, 1, "01900000-0000-7000-8000-000000000001", bytes_of(text), &err));
    only_folder(dir, folder);
    snprintf(path, sizeof(path), "%s/00000001.seg", folder);
    uint8_t *p = file_get(path, &n);
    assert_null(memmem(p, n, text, strlen(text)));
    assert_null(memmem(p, n, test_key, sizeof(test_key)));
    assert_true(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
    assert_true(stat(folder, &st) == 0 && (st.st_mode & 0777) == 0700);
    free(p);
    spool_close(sp);
    place_free(dir);
}

/* Names that are not ours are left alone, and empty folders of dead processes go. */
static void strange_files_are_left_alone(void **state)
{
    (void)state;
    char *dir = place_new(), path[400];
    static const char *const names[] = {"notes.txt", "0190", "01900000-0000-7000-8000-000000000001", "..-evil"};
    struct spool_options o = options_small(dir);
    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        file_put(path, (const uint8_t *)"x", 1);
    }
    snprintf(path, sizeof(path), "%s/01900000-0000-7000-8000-000000000001-77", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    struct spool *sp = must_open(&o);
    struct seen seen = seen_new();
    must_put(sp, 1);
    take_all(sp, &seen, true);
    assert_int_equal(seen.count, 1);
    assert_int_not_equal(access(path, F_OK), 0);
    spool_close(sp);
    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        assert_int_equal(access(path, F_OK), 0);
    }
    free(seen.times);
    place_free(dir);
}

/* A cursor that lies costs a second reading at most. */
static void cursor_is_only_a_hint(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int turn = 0; turn < 60; turn++) {
        char *dir = place_new(), folder[300], path[340];
        struct spool_options o = options_small(dir);
        struct spool *sp = must_open(&o);
        struct seen seen = seen_new();
        for (uint64_t n = 0; n < 500; n++)
            must_put(sp, n);
        struct arena *a = arena_new();
        struct err err = {0};
        struct list list;
        assert_true(spool_read(sp, a, 200, SIZE_MAX, &list, &err));
        assert_true(spool_done(sp, &err));
        arena_free(a);
        spool_close(sp);
        only_folder(dir, folder);
        snprintf(path, sizeof(path), "%s/cursor", folder);
        size_t size;
        uint8_t *p = file_get(path, &size);
        if (turn % 3 == 0)
            size = random_below(&r, size);
        else
            p[random_below(&r, size)] ^= (uint8_t)(1 << random_below(&r, 8));
        file_put(path, p, size);
        free(p);
        sp = must_open(&o);
        take_all(sp, &seen, true);
        assert_int_equal(seen.count, turn % 3 == 0 ? 500 : seen.count == 300 ? 300 : 500);
        assert_true(seen.in_order);
        spool_close(sp);
        free(seen.times);
        place_free(dir);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out),
        cmocka_unit_test(sizes_from_nothing_to_the_most),
        cmocka_unit_test(bad_records_are_refused),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(rotation_and_bounded_size),
        cmocka_unit_test(refuse_and_recover),
        cmocka_unit_test(promised_room_is_there),
        cmocka_unit_test(again_gives_the_same),
        cmocka_unit_test(limits_of_a_batch),
        cmocka_unit_test(restart_goes_on),
        cmocka_unit_test(done_segments_are_kept),
        cmocka_unit_test(two_opens_do_not_meet),
        cmocka_unit_test(wrong_key_is_refused),
        cmocka_unit_test(old_key_is_found),
        cmocka_unit_test(unknown_version_is_refused),
        cmocka_unit_test(poison_is_kept_aside),
        cmocka_unit_test(poison_has_a_bound),
        cmocka_unit_test(nothing_in_the_clear),
        cmocka_unit_test(strange_files_are_left_alone),
        cmocka_unit_test(cursor_is_only_a_hint),
    };
    quiet();
    return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
