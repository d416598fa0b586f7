/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <signal.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "property.h"

static void test_pieces_are_zeroed_and_aligned(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 15, 16, 17, 2047, 2048, 2049, 4096, 8175, 8176, 8177, 8192, 100000};
    struct arena *a = arena_new();
    for (int turn = 0; turn < 3; turn++) {
        for (size_t i = 0; i < COUNT(sizes); i++) {
            uint8_t *p = arena_alloc(a, sizes[i]);
            assert_non_null(p);
            assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
            for (size_t k = 0; k < sizes[i]; k++)
                assert_int_equal(p[k], 0);
            memset(p, 0xAA, sizes[i]);
        }
        arena_reset(a);
    }
    arena_free(a);
}

static void test_copies(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    assert_string_equal(arena_text(a, "月门"), "月门");
    assert_null(arena_text(a, NULL));
    assert_memory_equal(arena_copy(a, "a\0b", 3), "a\0b", 4);
    assert_string_equal(arena_copy(a, NULL, 0), "");
    assert_string_equal(arena_printf(a, "%d-%s", 7, "x"), "7-x");
    char *wide = arena_printf(a, "%0300d|", 1);
    assert_int_equal(strlen(wide), 301);
    assert_string_equal(wide + 298, "01|");
    assert_int_equal(strlen(arena_printf(a, "%0255d", 1)), 255);
    assert_int_equal(strlen(arena_printf(a, "%0256d", 1)), 256);
    arena_free(a);
}

static char order[8];

static void note(void *thing)
{
    size_t n = strlen(order);
    order[n] = *(const char *)thing;
    order[n + 1] = '\0';
}

struct chain {
    struct arena *arena;
    char name[2];
};

static void defer_again(void *thing)
{
    struct chain *chain = thing;
    note(chain->name);
    arena_defer(chain->arena, note, arena_text(chain->arena, "z"));
}

static void test_deferred_run_newest_first_and_once(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    order[0] = '\0';
    arena_defer(a, note, arena_text(a, "1"));
    arena_defer(a, note, arena_text(a, "2"));
    struct chain *chain = NEW(a, struct chain);
    *chain = (struct chain){a, "3"};
    arena_defer(a, defer_again, chain);
    arena_reset(a);
    assert_string_equal(order, "3z21");
    arena_reset(a);
    assert_string_equal(order, "3z21");
    arena_defer(a, note, arena_text(a, "4"));
    arena_free(a);
    assert_string_equal(order, "3z214");
    arena_free(NULL);
}

static void test_used_counts_what_was_asked_for(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    assert_int_equal(arena_used(a), 0);
    arena_alloc(a, 10);
    arena_alloc(a, 10000);
    assert_int_equal(arena_used(a), 10010);
    arena_reset(a);
    assert_int_equal(arena_used(a), 0);
    arena_free(a);
}

static void die_of_product(void)
{
    struct arena *a = arena_new();
    arena_array(a, SIZE_MAX / 8, 16);
}

static void die_of_size(void)
{
    struct arena *a = arena_new();
    arena_alloc(a, SIZE_MAX - 100);
}

static void die_of_copy(void)
{
    struct arena *a = arena_new();
    arena_copy(a, "", SIZE_MAX);
}

static void test_too_much_ends_the_process(void **state)
{
    (void)state;
    static void (*const ways[])(void) = {die_of_product, die_of_size, die_of_copy};
    for (size_t i = 0; i < COUNT(ways); i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            signal(SIGABRT, SIG_DFL);
            if (!freopen("/dev/null", "w", stderr))
                _exit(2);
            ways[i]();
            _exit(1);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGABRT);
    }
}

/* Pieces of any sizes, before and after resets, never share a byte. */
static void test_pieces_never_overlap(void **state)
{
    (void)state;
    struct random r = random_start();
    struct arena *a = arena_new();
    for (int turn = 0; turn < 100; turn++) {
        uint8_t *pieces[200];
        size_t sizes[200], n = 1 + random_below(&r, 200);
        for (size_t i = 0; i < n; i++) {
            sizes[i] = random_below(&r, 20) == 0 ? random_below(&r, 20000) : random_below(&r, 300);
            pieces[i] = arena_alloc(a, sizes[i]);
            memset(pieces[i], (int)i, sizes[i]);
        }
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < sizes[i]; k++)
                if (pieces[i][k] != i)
                    fail_msg("turn %d: piece %zu was written over", turn, i);
        arena_reset(a);
    }
    arena_free(a);
}

#if !defined(__SANITIZE_ADDRESS__)
/* A loop that resets gets the very same memory again: no malloc. */
static void test_reset_keeps_the_blocks(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    void *first[30];
    for (int turn = 0; turn < 3; turn++) {
        for (size_t i = 0; i < COUNT(first); i++) {
            void *p = arena_alloc(a, 2000);
            if (turn == 0)
                first[i] = p;
            assert_ptr_equal(p, first[i]);
        }
        arena_reset(a);
    }
    arena_free(a);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_are_zeroed_and_aligned),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_deferred_run_newest_first_and_once),
        cmocka_unit_test(test_used_counts_what_was_asked_for),
        cmocka_unit_test(test_too_much_ends_the_process),
        cmocka_unit_test(test_pieces_never_overlap),
#if !defined(__SANITIZE_ADDRESS__)
        cmocka_unit_test(test_reset_keeps_the_blocks),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
