/* SPDX-License-Identifier: MIT */
#include <json-c/json.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "property.h"

static struct json_object *tree_of(const char *text, struct arena *a)
{
    struct json_object *tree;
    struct err err;
    if (!json_tree(bytes_of(text), a, &tree, &err))
        fail_msg("%s: %s", text, err.text);
    return tree;
}

static void test_trees(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct json_object *tree = tree_of(" {\"a\":[1,2.5,\"x\\n\"],\"b\":{\"c\":null}} ", a), *array;
    assert_true(json_object_object_get_ex(tree, "a", &array));
    assert_int_equal(json_object_array_length(array), 3);
    assert_string_equal(json_object_get_string(json_object_array_get_idx(array, 2)), "x\n");
    assert_null(tree_of("null", a));
    assert_int_equal(json_object_get_int64(tree_of("123", a)), 123);
    assert_int_equal(json_object_get_int64(tree_of(" -0 ", a)), 0);
    assert_true(json_object_get_double(tree_of("1e2", a)) == 100);
    assert_true(json_object_get_boolean(tree_of("true", a)));
    assert_string_equal(json_object_get_string(tree_of("\"\"", a)), "");
    arena_free(a);
}

static void test_as_deep_as_the_check(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    char text[130];
    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    text[128] = '\0';
    assert_int_equal(json_object_array_length(tree_of(text, a)), 1);
    arena_free(a);
}

/* json-c alone reads U+1DA00 and U+2D800 written as pairs wrongly. */
static void test_pairs_json_c_misreads(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    assert_string_equal(json_object_get_string(tree_of("\"\\ud836\\ude00\"", a)), "\xF0\x9D\xA8\x80");
    assert_string_equal(json_object_get_string(tree_of("[\"\\\\ud836\\uD876\\uDC00\\u00e9\"]", a)),
                        "[ \"\\\\ud836\xF0\xAD\xA0\x80\xC3\xA9\" ]");
    arena_free(a);
}

static void test_what_the_check_refuses(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "{", "{\"a\":1,\"a\":2}", "NaN", "\"\\u0000\"", "{'a':1}", "[1]x", "\"\t\"",
                                        "\"\xC0\xAF\""};
    struct arena *a = arena_new();
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct json_object *tree = NULL;
        struct err err;
        assert_false(json_tree(bytes_of(wrong[i]), a, &tree, &err));
        assert_null(tree);
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trees),
        cmocka_unit_test(test_as_deep_as_the_check),
        cmocka_unit_test(test_pairs_json_c_misreads),
        cmocka_unit_test(test_what_the_check_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
