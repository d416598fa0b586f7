/* SPDX-License-Identifier: MIT */
/* position: each seq is taken once, in whatever order it comes; what never comes is counted. */
#include "property.h"

#include <string.h>

#include "spool/folder.h"

static void in_order(void **state)
{
    (void)state;
    struct position at = {.next_seq = 1};
    uint64_t missed;
    for (uint64_t seq = 1; seq < 100; seq++) {
        assert_true(position_take(&at, seq, 0, &missed));
        assert_int_equal(missed, 0);
        assert_false(position_take(&at, seq, 0, &missed));
    }
    assert_int_equal(at.gap_n, 0);
}

static void cases(void **state)
{
    (void)state;
    static const struct {
        uint64_t next, seq;
        uint8_t skipped;
        bool fresh;
        uint64_t missed;
    } rows[] = {
        {0, 77, 0, true, 0}, {1, 1, 0, true, 0}, {1, 2, 0, true, 1}, {1, 2, 1, true, 0}, {1, 10, 3, true, 6}, {5, 4, 0, false, 0},
        {5, 5, 200, true, 0}, {1, UINT64_MAX, 0, true, UINT64_MAX - 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct position at = {.next_seq = rows[i].next};
        uint64_t missed;
        assert_int_equal(position_take(&at, rows[i].seq, rows[i].skipped, &missed), rows[i].fresh);
        assert_int_equal(missed, rows[i].missed);
    }
}

/* Holes that are filled later, in any order, with repetitions: no seq twice, the count of what is missing exact. */
static void holes_filled_later(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int turn = 0; turn < 300; turn++) {
        enum { SEQS = 60 };
        struct position at = {.next_seq = 1};
        uint8_t taken[SEQS + 1] = {0};
        uint64_t missed, first = 1, left = 0, high = 0;
        for (int step = 0; step < 200; step++) {
            uint64_t seq = step < 20 ? first++ : 1 + random_below(&r, SEQS);
            if (step < 20 && random_below(&r, 4) == 0)
                continue;
            bool fresh = position_take(&at, seq, 0, &missed);
            if (fresh && taken[seq] && !at.gap_forgotten)
                fail_msg("seq %d came twice", (int)seq);
            if (!fresh && !taken[seq])
                fail_msg("seq %d was refused", (int)seq);
            taken[seq] = 1;
            high = seq > high ? seq : high;
        }
        for (uint64_t seq = 1; seq < high; seq++)
            left += !taken[seq];
        uint64_t lost = position_give_up(&at, UINT64_MAX);
        if (!at.gap_forgotten)
            assert_int_equal(lost, left);
        assert_int_equal(at.gap_n, 0);
    }
}

static void give_up_only_what_is_old(void **state)
{
    (void)state;
    struct position at = {.next_seq = 1};
    uint64_t missed;
    assert_true(position_take(&at, 5, 0, &missed));
    assert_true(position_take(&at, 10, 0, &missed));
    assert_int_equal(position_give_up(&at, 0), 0);
    assert_int_equal(position_give_up(&at, 4), 4);
    assert_int_equal(position_give_up(&at, 8), 0);
    assert_true(position_take(&at, 9, 0, &missed));
    assert_int_equal(position_give_up(&at, 8), 3);
}

/* Found by fuzzing: a made-up seq, with a check sum that fits, made the count of lost records wrap. */
static void a_made_up_seq(void **state)
{
    (void)state;
    struct position at = {.next_seq = 1};
    uint64_t missed;
    assert_true(position_take(&at, (uint64_t)1 << 63, 0, &missed));
    assert_true(position_take(&at, 1, 0, &missed));
    assert_true(position_take(&at, 3, 0, &missed));
    assert_false(position_take(&at, 3, 0, &missed));
    assert_int_equal(position_give_up(&at, UINT64_MAX), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_order),
        cmocka_unit_test(cases),
        cmocka_unit_test(holes_filled_later),
        cmocka_unit_test(a_made_up_seq),
        cmocka_unit_test(give_up_only_what_is_old),
    };
    return cmocka_run_group_tests_name("position", tests, NULL, NULL);
}
