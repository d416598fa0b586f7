/* SPDX-License-Identifier: MIT */
/* entry: round trips of any content; any change of any byte is seen. */
#include "property.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "spool/entry.h"
#include "spool/spool.h"

static const uint8_t key[CRYPTO_KEY] = "entry test";

static void ids(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        char text[ID_TEXT], again[ID_TEXT];
        uint8_t id[16];
        id_new(text);
        assert_true(entry_id_read(text, id));
        entry_id_write(id, again);
        assert_string_equal(text, again);
    }
    uint8_t id[16];
    assert_false(entry_id_read("", id));
    assert_false(entry_id_read(NULL, id));
    assert_false(entry_id_read("0190000000000-7000-8000-000000000000", id));
}

static void sizes(void **state)
{
    (void)state;
    static const struct {
        size_t n, disk;
    } rows[] = {{0, 80}, {1, 80}, {4, 80}, {5, 88}, {12, 88}, {13, 96}, {SPOOL_PAYLOAD_MAX, ENTRY_MAX}};
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(entry_size(rows[i].n), rows[i].disk);
}

static void round_trips_and_changes(void **state)
{
    (void)state;
    struct random r = random_start();
    struct arena *a = arena_new();
    for (int turn = 0; turn < 300; turn++) {
        uint8_t payload[300], out[400];
        struct entry entry = {.type = (uint8_t)(1 + random_below(&r, 255)), .skipped = (uint8_t)random_below(&r, 256),
                              .seq = random_next(&r) | 1, .at = (int64_t)random_next(&r)}, back;
        size_t n = random_below(&r, sizeof(payload));
        for (size_t i = 0; i < n; i++)
            payload[i] = (uint8_t)random_next(&r);
        for (size_t i = 0; i < sizeof(entry.id); i++)
            entry.id[i] = (uint8_t)random_next(&r);
        entry_seal(&entry, key, (struct bytes){payload, n}, out);
        entry_write(&entry, out);
        assert_int_equal(entry_length(&entry), entry_size(n));

        struct spool_record record;
        struct err err;
        assert_true(entry_read(out, &back));
        assert_true(entry_sound(&back, out + ENTRY_HEAD));
        assert_true(entry_open(&back, key, out + ENTRY_HEAD, a, &record, &err));
        assert_true(record.type == entry.type && record.seq == entry.seq && record.at == entry.at && record.payload.n == n);
        assert_int_equal(back.skipped, entry.skipped);
        assert_memory_equal(record.payload.p, payload, n);

        /* The check sums see every changed byte; and should they be made to fit, the seal sees what it covers. */
        size_t at = random_below(&r, ENTRY_HEAD + back.sealed);
        out[at] ^= (uint8_t)(1 << random_below(&r, 8));
        assert_false(entry_read(out, &back) && entry_sound(&back, out + ENTRY_HEAD));
        out[at] = at < ENTRY_HEAD ? 0 : out[at];
        entry.type ^= (uint8_t)(at % 3 == 0);
        entry.at ^= at % 3 == 1;
        entry.id[at % 16] ^= at % 3 == 2;
        assert_false(entry_open(&entry, key, out + ENTRY_HEAD, a, &record, &err));
        arena_reset(a);
    }
    arena_free(a);
}

/* Bytes that are no entry: none is taken for one. */
static void noise(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int turn = 0; turn < 100000; turn++) {
        uint8_t p[ENTRY_HEAD];
        struct entry entry;
        for (size_t i = 0; i < sizeof(p); i += 8) {
            uint64_t word = random_next(&r);
            memcpy(p + i, &word, 8);
        }
        assert_false(entry_read(p, &entry));
        p[6] = 0x6d;
        p[7] = 0x67;
        assert_false(entry_read(p, &entry));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids),
        cmocka_unit_test(sizes),
        cmocka_unit_test(round_trips_and_changes),
        cmocka_unit_test(noise),
    };
    return cmocka_run_group_tests_name("entry", tests, NULL, NULL);
}
