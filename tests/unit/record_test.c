/* SPDX-License-Identifier: MIT */
#include "gate/record.h"

#include "base/field.h"
#include "base/id.h"
#include "base/pack.h"
#include "gate_help.h"
#include "spool/spool.h"

static struct spool *spool;

static int begin(void **state)
{
    static const uint8_t key[CRYPTO_KEY] = {1};
    if (help_begin(state) != 0)
        return -1;
    struct spool_options options = {.folder = in_folder("spool"), .segment_bytes = 4 << 20, .max_bytes = 256 << 20, .refuse_percent = 90, .key = key,
                                    .kid = 1};
    must(spool_open(&options, &spool, &err));
    return 0;
}

static int end(void **state)
{
    spool_close(spool);
    return help_end(state);
}

/* A row with any value in every member. */
static void fill(struct random *r, const struct field *f, void *row)
{
    for (; f->name; f++) {
        void *member = (char *)row + f->offset;
        switch (f->type) {
        case FIELD_TEXT:
            *(const char **)member = random_below(r, 10) ? random_text(r, 30) : random_below(r, 2) ? "" : NULL;
            break;
        case FIELD_RAW:
            *(const char **)member = random_below(r, 2) ? "[{\"verdict\":\"chosen\"}]" : NULL;
            break;
        case FIELD_INT: case FIELD_TIME:
            *(int64_t *)member = random_below(r, 5) ? (int64_t)(random_next(r) >> random_below(r, 64)) : random_below(r, 2) ? INT64_MIN : 0;
            break;
        case FIELD_BOOL:
            *(bool *)member = random_below(r, 2);
            break;
        case FIELD_REAL:
            *(double *)member = (double)random_next(r) / 7;
            break;
        case FIELD_LIST: case FIELD_STRUCT:
            break;
        }
    }
}

static struct run_entry entry_any(struct random *r)
{
    struct run_entry entry = {0};
    char id[ID_TEXT];
    id_new(id);
    fill(r, run_fields, &entry.run);
    entry.run.id = arena_text(a, id);
    entry.attempts.n = random_below(r, 4);
    struct attempt_row *attempts = NEW_ARRAY(a, struct attempt_row, entry.attempts.n);
    for (size_t i = 0; i < entry.attempts.n; i++)
        fill(r, attempt_fields, &attempts[i]);
    entry.attempts.items = attempts;
    return entry;
}

static void assert_rows_equal(const struct field *f, const void *one, const void *two)
{
    for (; f->name; f++) {
        const void *m = (const char *)one + f->offset, *n = (const char *)two + f->offset;
        switch (f->type) {
        case FIELD_TEXT: case FIELD_RAW: {
            const char *x = *(const char *const *)m, *y = *(const char *const *)n;
            if ((!x != !y) || (x && strcmp(x, y) != 0))
                fail_msg("%s: %s, not %s", f->name, y ? y : "null", x ? x : "null");
            break;
        }
        case FIELD_INT: case FIELD_TIME:
            if (*(const int64_t *)m != *(const int64_t *)n)
                fail_msg("%s differs", f->name);
            break;
        case FIELD_BOOL:
            assert_true(*(const bool *)m == *(const bool *)n);
            break;
        case FIELD_REAL:
            assert_memory_equal(m, n, sizeof(double));
            break;
        case FIELD_LIST: case FIELD_STRUCT:
            break;
        }
    }
}

static void assert_entries_equal(const struct run_entry *one, const struct run_entry *two)
{
    assert_rows_equal(run_fields, &one->run, &two->run);
    assert_int_equal(one->attempts.n, two->attempts.n);
    for (size_t i = 0; i < one->attempts.n; i++)
        assert_rows_equal(attempt_fields, (const struct attempt_row *)one->attempts.items + i, (const struct attempt_row *)two->attempts.items + i);
}

/* What is written is what the replay reads, through the spool. */
static void test_round_trip(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int i = 0; i < 150; i++) {
        struct run_entry entry = entry_any(&r), back = {0};
        enum record_type type = i % 2 ? RECORD_FINAL : RECORD_INTENT;
        struct list records;
        must(record_write(spool, type, &entry, a, &err));
        must(spool_read(spool, a, 10, 1 << 20, &records, &err));
        assert_int_equal(records.n, 1);
        const struct spool_record *record = records.items;
        assert_int_equal(record->type, type);
        assert_string_equal(record->id, entry.run.id);
        must(record_read(record->payload, a, &back, &err));
        assert_entries_equal(&entry, &back);
        must(spool_done(spool, &err));
    }
}

/* A cut or changed payload is refused or read as something; it never crashes. */
static void test_damage(void **state)
{
    (void)state;
    struct random r = random_start();
    struct run_entry entry = entry_any(&r), back;
    struct list records;
    must(record_write(spool, RECORD_FINAL, &entry, a, &err));
    must(spool_read(spool, a, 10, 1 << 20, &records, &err));
    struct bytes payload = ((const struct spool_record *)records.items)->payload;
    for (size_t n = 0; n < payload.n; n++) {
        uint8_t *cut = (uint8_t *)arena_copy(a, payload.p, n);
        back = (struct run_entry){0};
        must_fail(record_read((struct bytes){cut, n}, a, &back, &err), ERR_INPUT);
    }
    for (int i = 0; i < 2000; i++) {
        uint8_t *p = (uint8_t *)arena_copy(a, payload.p, payload.n);
        p[random_below(&r, payload.n)] = (uint8_t)random_next(&r);
        back = (struct run_entry){0};
        if (!record_read((struct bytes){p, payload.n}, a, &back, &err))
            assert_int_equal(err.kind, ERR_INPUT);
    }
    must(spool_done(spool, &err));
}

static void test_too_large(void **state)
{
    (void)state;
    struct random r = random_start();
    struct run_entry entry = entry_any(&r);
    char *lengthy = arena_alloc(a, (1 << 20) + 1);
    memset(lengthy, 'x', 1 << 20);
    entry.run.error_detail = lengthy;
    must_fail(record_write(spool, RECORD_FINAL, &entry, a, &err), ERR_TOO_LARGE);
    struct list records;
    must(spool_read(spool, a, 10, 1 << 20, &records, &err));
    assert_int_equal(records.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_too_large),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
