/* SPDX-License-Identifier: MIT */
#include "base/id.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "property.h"

enum { THREADS = 4, EACH = 5000 };

static void test_shape(void **state)
{
    (void)state;
    int64_t before = clock_wall() / 1000;
    char id[ID_TEXT];
    for (int i = 0; i < 1000; i++) {
        id_new(id);
        assert_true(id_valid(id));
        assert_int_equal(id[14], '7');
        assert_non_null(strchr("89ab", id[19]));
        assert_in_range(id_millis(id), before, clock_wall() / 1000 + 1);
    }
}

static void test_ids_of_one_thread_grow(void **state)
{
    (void)state;
    char last[ID_TEXT] = "", id[ID_TEXT];
    for (int i = 0; i < 50000; i++, memcpy(last, id, ID_TEXT)) {
        id_new(id);
        if (strcmp(id, last) <= 0)
            fail_msg("%s came after %s", id, last);
    }
}

struct births {
    pthread_t thread;
    char ids[EACH][ID_TEXT];
};

static void *give_birth(void *arg)
{
    struct births *b = arg;
    for (size_t i = 0; i < EACH; i++)
        id_new(b->ids[i]);
    return NULL;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void test_ids_of_all_threads_differ_and_grow(void **state)
{
    (void)state;
    struct births *b = calloc(THREADS, sizeof(*b));
    char (*all)[ID_TEXT] = calloc(THREADS * EACH, ID_TEXT);
    assert_non_null(b);
    assert_non_null(all);
    for (size_t t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&b[t].thread, NULL, give_birth, &b[t]), 0);
    for (size_t t = 0; t < THREADS; t++) {
        pthread_join(b[t].thread, NULL);
        for (size_t i = 1; i < EACH; i++)
            assert_true(strcmp(b[t].ids[i - 1], b[t].ids[i]) < 0);
        memcpy(all[t * EACH], b[t].ids, sizeof(b[t].ids));
    }
    qsort(all, THREADS * EACH, ID_TEXT, by_text);
    for (size_t i = 1; i < THREADS * EACH; i++)
        assert_memory_not_equal(all[i - 1], all[i], 18);    /* even the milliseconds and the counter differ */
    free(all);
    free(b);
}

static void test_a_child_draws_its_own_random_bits(void **state)
{
    (void)state;
    char id[ID_TEXT], childs[ID_TEXT];
    int ends[2];
    id_new(id);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        id_new(id);
        _exit(write(ends[1], id, ID_TEXT) == ID_TEXT ? 0 : 1);
    }
    id_new(id);
    assert_int_equal(read(ends[0], childs, ID_TEXT), ID_TEXT);
    waitpid(child, NULL, 0);
    assert_string_not_equal(id + 19, childs + 19);
    close(ends[0]);
    close(ends[1]);
}

static void test_valid(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool valid;
        int64_t millis;
    } cases[] = {
        {"017f22e2-79b0-7cc3-98c4-dc0c0c07398f", true, 0x017F22E279B0},       /* RFC 9562 appendix A.6 */
        {"919108f7-52d1-4320-9bac-f847db4148a8", true, 0},                    /* version 4 */
        {"017f22e2-79b0-7cc3-18c4-dc0c0c07398f", true, 0},                    /* another variant */
        {"00000000-0000-0000-0000-000000000000", true, 0},
        {"017F22E2-79B0-7CC3-98C4-DC0C0C07398F", false, 0},
        {"017f22e279b07cc398c4dc0c0c07398f", false, 0},
        {"017f22e2-79b0-7cc3-98c4-dc0c0c07398", false, 0},
        {"017f22e2-79b0-7cc3-98c4-dc0c0c07398f0", false, 0},
        {"017f22e2-79b0-7cc3-98c4-dc0c0c07398g", false, 0},
        {"017f22e2_79b0-7cc3-98c4-dc0c0c07398f", false, 0},
        {"", false, 0},
        {NULL, false, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(id_valid(cases[i].text), cases[i].valid);
        assert_int_equal(id_millis(cases[i].text), cases[i].millis);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_ids_of_one_thread_grow),
        cmocka_unit_test(test_ids_of_all_threads_differ_and_grow),
        cmocka_unit_test(test_a_child_draws_its_own_random_bits),
        cmocka_unit_test(test_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
