/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "property.h"

static void test_copies(void **state)
{
    (void)state;
    struct arena *a = arena_new(), *longer = arena_new();
    char text[] = "correct horse battery";
    struct secret *s = secret_text(a, text);
    memset(text, 'x', sizeof(text) - 1);
    assert_string_equal(secret_reveal(s), "correct horse battery");
    assert_true(bytes_equal_text(secret_view(s), "correct horse battery"));
    struct secret *copy = secret_copy(longer, s);
    arena_free(a);
    assert_string_equal(secret_reveal(copy), "correct horse battery");
    struct secret *bytes = secret_new(longer, "a\0b", 3);
    assert_int_equal(secret_view(bytes).n, 3);
    assert_memory_equal(secret_view(bytes).p, "a\0b", 4);
    assert_int_equal(secret_view(secret_new(longer, NULL, 0)).n, 0);
    arena_free(longer);
}

static void test_null_is_no_secret(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    assert_null(secret_text(a, NULL));
    assert_null(secret_copy(a, NULL));
    assert_null(secret_reveal(NULL));
    assert_int_equal(secret_view(NULL).n, 0);
    assert_string_equal(secret_tail(NULL, a), "");
    arena_free(a);
}

static void test_tail(void **state)
{
    (void)state;
    static const struct {
        const char *secret, *tail;
    } cases[] = {
        {"", ""}, {"short", ""}, {"elevenchars", ""}, {"twelve chars", "hars"}, {"sk-abcdefghijkl7Q4f", "7Q4f"},
        {"passwort auf 中文密码", "中文密码"}, {"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", ""},
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(secret_tail(secret_text(a, cases[i].secret), a), cases[i].tail);
    arena_free(a);
}

static void test_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 15, 16, 31, 32, 100, 1000, 4000, 4079, 4080, 4096, 5000, 100000};
    struct arena *a = arena_new();
    struct secret *kept[COUNT(sizes)];
    char *text = calloc(1, 100001);
    assert_non_null(text);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        memset(text, 'a' + (int)i, sizes[i]);
        kept[i] = secret_new(a, text, sizes[i]);
    }
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct bytes b = secret_view(kept[i]);
        assert_int_equal(b.n, sizes[i]);
        for (size_t k = 0; k < b.n; k++)
            assert_int_equal(b.p[k], 'a' + (int)i);
        assert_int_equal(secret_reveal(kept[i])[b.n], '\0');
    }
    free(text);
    arena_free(a);
}

#if !defined(__SANITIZE_ADDRESS__)                      /* which would rightly call this a use after free */
static void test_dropped_memory_is_wiped_and_used_again(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const char *p = secret_reveal(secret_text(a, "now you see it, now you do not"));
    arena_reset(a);
    const volatile char *later = p;
    for (size_t i = 0; i < 30; i++)
        assert_int_equal(later[i], '\0');
    assert_ptr_equal(secret_reveal(secret_text(a, "another of the same size")), p);
    arena_free(a);
}
#endif

/* The kernel knows that the pages are not to be dumped ("dd"), and holds them where it may ("lo"). */
static void test_kept_out_of_core_dumps(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    uintptr_t at = (uintptr_t)secret_reveal(secret_text(a, "somewhere"));
    FILE *maps = fopen("/proc/self/smaps", "r");
    char line[512], flags[512] = "";
    bool inside = false;
    if (!maps)
        skip();
    while (fgets(line, sizeof(line), maps)) {
        unsigned long from, to;
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            inside = at >= from && at < to;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            snprintf(flags, sizeof(flags), "%s", line);
    }
    fclose(maps);
    if (!*flags)
        skip();                                         /* a kernel that does not tell */
    assert_non_null(strstr(flags, " dd"));
    arena_free(a);
}

static void test_beyond_the_regions(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    char text[4000];
    struct secret *first = secret_text(a, "the first one"), *last = NULL;
    for (int i = 0; i < 1200; i++) {                    /* 4.8 MB */
        memset(text, i, sizeof(text));
        last = secret_new(a, text, sizeof(text));
        assert_memory_equal(secret_view(last).p, text, sizeof(text));
    }
    assert_string_equal(secret_reveal(first), "the first one");
    arena_free(a);
}

static void *come_and_go(void *arg)
{
    struct random r = {*(const uint64_t *)arg};
    struct arena *a = arena_new();
    for (int i = 0; i < 300; i++) {
        char text[600];
        size_t n = random_below(&r, sizeof(text));
        memset(text, (int)random_below(&r, 256), sizeof(text));
        struct secret *s = secret_new(a, text, n);
        if (memcmp(secret_view(s).p, text, n) != 0)
            abort();
        if (i % 7 == 0)
            arena_reset(a);
    }
    arena_free(a);
    return NULL;
}

static void test_many_threads(void **state)
{
    (void)state;
    struct random r = random_start();
    pthread_t threads[4];
    uint64_t seeds[4];
    for (size_t i = 0; i < 4; i++) {
        seeds[i] = random_next(&r);
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, &seeds[i]), 0);
    }
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

static void test_hide(void **state)
{
    (void)state;
    static const struct {
        const char *secret, *text, *hidden;
    } cases[] = {
        {"hunter2", "you sent hunter2.", "you sent *******."}, {"hunter2", "hunter2hunter2 hunter", "************** hunter"},
        {"hunter2", "", ""}, {"aaaaaa", "aaaaaaaaa", "******aaa"}, {"none", "none of them", "none of them"}, {"hunter2", "中hunter2文", "中*******文"},
        {"ab/cd/ef", "{\"a\":\"ab\\/cd\\/ef\"}", "{\"a\":\"**********\"}"}, {"hunter2", "\\u0068unte\\u00722 x", "***************** x"},
        {"hunter2", "\\\\u0068unter2", "\\\\u0068unter2"}, {"hunter2", "\\\\hunter2", "\\\\*******"}, {"中文中文", "\\u4e2d\\u6587\\u4e2d文\\", "*********************\\"},
        {"moon🌙lit", "moon\\ud83c\\udf19lit", "*******************"}, {"hunter2", "hunte\\u007", "hunte\\u007"}, {"hunter2", "hunter\\", "hunter\\"},
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = arena_text(a, cases[i].text);
        secret_hide(secret_text(a, cases[i].secret), text);
        assert_string_equal(text, cases[i].hidden);
        secret_hide(NULL, text);
        assert_string_equal(text, cases[i].hidden);
    }
    char text[] = "a\0bcdef";
    secret_hide(secret_new(a, "a\0bcdef", 7), text);           /* no text: it could not have been sent */
    assert_string_equal(text, "a");
    arena_free(a);
}

static void test_clean(void **state)
{
    (void)state;
    static const struct {
        const char *secret, *text, *clean;
    } cases[] = {
        {"sk-0123/456789abcdef", "{\"id\":\"sk-0123/456789abcdef\"}", "{\"id\":\"********************\"}"},
        {"sk-0123/456789abcdef", "{\"id\":\"sk-0123\\/456789abcdef\"}", "{\"id\":\"*********************\"}"},
        {"sk-0123/456789abcdef", "a \\\\sk-0123/456789abcdef", "a \\\\********************"},
        {"sk-0123/456789abcdef", "{\"id\":\"sk-0123/456789abcde\"}", NULL}, {"ollama", "{\"says\":\"ollama\"}", NULL}, {"sk-0123/456789abcdef", "", NULL},
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bytes text = bytes_of(cases[i].text), clean = secret_clean(secret_text(a, cases[i].secret), text, a);
        if (cases[i].clean)
            assert_true(bytes_equal_text(clean, cases[i].clean));
        else
            assert_ptr_equal(clean.p, text.p);
    }
    assert_int_equal(secret_clean(NULL, bytes_of("anything"), a).n, 8);
    arena_free(a);
}

static void test_wipe(void **state)
{
    (void)state;
    char text[] = "password";
    secret_wipe(text, sizeof(text));
    for (size_t i = 0; i < sizeof(text); i++)
        assert_int_equal(text[i], '\0');
    secret_wipe(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_null_is_no_secret),
        cmocka_unit_test(test_tail),
        cmocka_unit_test(test_sizes),
#if !defined(__SANITIZE_ADDRESS__)
        cmocka_unit_test(test_dropped_memory_is_wiped_and_used_again),
#endif
        cmocka_unit_test(test_kept_out_of_core_dumps),
        cmocka_unit_test(test_many_threads),
        cmocka_unit_test(test_beyond_the_regions),
        cmocka_unit_test(test_hide), cmocka_unit_test(test_clean),
        cmocka_unit_test(test_wipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
