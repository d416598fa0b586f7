/* SPDX-License-Identifier: MIT */
/* A packed row reads back the same; cut or damaged bytes never read outside; rows added at the end are compatible both ways. */
#include "base/pack.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/field.h"
#include "property.h"

static struct random chance;

struct piece {
    const char *text;
    int64_t n;
};
static const struct field piece_fields[] = {FIELD(struct piece, text), FIELD(struct piece, n), FIELD_END};

struct thing {
    const char *name, *nothing;
    int64_t number, when;
    double real;
    bool yes;
    struct list pieces;
    struct piece piece;
    int64_t added;
};
#define OLD_FIELDS \
    FIELD(struct thing, name), FIELD(struct thing, nothing), FIELD(struct thing, number), FIELD_TIME(struct thing, when), \
    FIELD(struct thing, real), FIELD(struct thing, yes), FIELD_LIST(struct thing, pieces, piece_fields, struct piece), \
    FIELD_STRUCT(struct thing, piece, piece_fields)
static const struct field old_fields[] = {OLD_FIELDS, FIELD_END};
static const struct field new_fields[] = {OLD_FIELDS, FIELD(struct thing, added), FIELD_END};

static struct bytes packed(struct arena *a, const struct field *fields, const struct thing *thing)
{
    struct buf buf = buf_new(a, 1 << 20);

    pack_row(&buf, fields, thing);
    assert_false(buf.overflow);
    return buf_view(&buf);
}

static struct thing some_thing(struct arena *a)
{
    struct thing thing = {
        .name = arena_printf(a, "名 %u", (unsigned)random_below(&chance, 1000)), .number = (int64_t)(random_below(&chance, UINT32_MAX) << 20) - (INT64_C(1) << 50),
        .when = (int64_t)random_below(&chance, INT32_MAX) * 1000003, .real = (double)random_below(&chance, 1000000) / 7, .yes = random_below(&chance, 2) != 0,
        .piece = {"inner", -1}, .added = 42, .pieces = {.n = (size_t)random_below(&chance, 5)},
    };
    struct piece *pieces = NEW_ARRAY(a, struct piece, thing.pieces.n);

    for (size_t i = 0; i < thing.pieces.n; i++)
        pieces[i] = (struct piece){random_below(&chance, 2) ? arena_printf(a, "%zu", i) : NULL, random_below(&chance, 2) ? INT64_MIN : INT64_MAX};
    thing.pieces.items = pieces;
    return thing;
}

static void assert_same_text(const char *a, const char *b)
{
    assert_true((a == NULL) == (b == NULL));
    if (a)
        assert_string_equal(a, b);
}

static void assert_same(const struct thing *a, const struct thing *b)
{
    const struct piece *pa = a->pieces.items, *pb = b->pieces.items;

    assert_same_text(a->name, b->name);
    assert_null(b->nothing);
    assert_true(a->number == b->number && a->when == b->when && a->yes == b->yes && a->pieces.n == b->pieces.n);
    assert_memory_equal(&a->real, &b->real, sizeof(a->real));
    assert_string_equal(b->piece.text, "inner");
    assert_true(b->piece.n == -1);
    for (size_t i = 0; i < a->pieces.n; i++) {
        assert_same_text(pa[i].text, pb[i].text);
        assert_true(pa[i].n == pb[i].n);
    }
}

static void test_round_trip(void **state)
{
    struct arena *a = arena_new();
    struct err err = {0};

    (void)state;
    for (int i = 0; i < 300; i++) {
        struct thing thing = some_thing(a), back = {0};

        assert_true(unpack_row(packed(a, new_fields, &thing), new_fields, a, &back, &err));
        assert_same(&thing, &back);
        assert_true(back.added == 42);
        arena_reset(a);
    }
    arena_free(a);
}

static void test_rows_added_at_the_end(void **state)
{
    struct arena *a = arena_new();
    struct thing thing = some_thing(a), back = {0}, forward = {0};
    struct err err = {0};

    (void)state;
    assert_true(unpack_row(packed(a, old_fields, &thing), new_fields, a, &back, &err));
    assert_same(&thing, &back);
    assert_true(back.added == 0);
    assert_true(unpack_row(packed(a, new_fields, &thing), old_fields, a, &forward, &err));
    assert_same(&thing, &forward);
    arena_free(a);
}

/* Exact copies of every prefix, so that a read beyond is seen by the sanitizer. */
static void test_every_truncation_is_refused(void **state)
{
    struct arena *a = arena_new();
    struct thing thing = some_thing(a);
    struct bytes whole = packed(a, new_fields, &thing);
    struct err err = {0};

    (void)state;
    for (size_t n = 0; n < whole.n; n++) {
        struct thing back = {0};
        uint8_t *cut = arena_alloc(a, n);

        memcpy(cut, whole.p, n);
        assert_false(unpack_row((struct bytes){cut, n}, new_fields, a, &back, &err));
    }
    arena_free(a);
}

static void test_damage_never_reads_outside(void **state)
{
    struct arena *a = arena_new();

    (void)state;
    for (int i = 0; i < 3000; i++) {
        struct thing thing = some_thing(a), back = {0};
        struct bytes whole = packed(a, new_fields, &thing);
        uint8_t *bytes = arena_alloc(a, whole.n);
        struct err err = {0};
        bool read;

        memcpy(bytes, whole.p, whole.n);
        bytes[random_below(&chance, whole.n)] ^= (uint8_t)(1 + random_below(&chance, 255));
        read = unpack_row((struct bytes){bytes, whole.n}, new_fields, a, &back, &err);
        assert_true(read || err.kind == ERR_INPUT);
        arena_reset(a);
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_rows_added_at_the_end), cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_damage_never_reads_outside),
    };

    chance = random_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
