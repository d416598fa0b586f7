/* SPDX-License-Identifier: MIT */
/* The grammar of RFC 8259, rule by rule, and what Moongate refuses beyond it. Every text is given in memory of
 * exactly its size, so that a read past the end is seen under AddressSanitizer. */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "property.h"

static bool check(const char *text, size_t n, const struct json_limits *limits, struct err *err)
{
    char *exact = malloc(n ? n : 1);
    struct json value;
    memcpy(exact, text, n);
    bool ok = json_check((struct bytes){(const uint8_t *)exact, n}, limits, &value, err);
    if (ok && (value.p < exact || value.p + value.n > exact + n || json_kind(value) == JSON_NONE))
        fail_msg("the value is outside of the text: %s", text);
    free(exact);
    return ok;
}

static const char *const right[] = {
    "null", "true", "false", "0", "-0", "7", "-7", "10", "1234567890123456789012345678901234567890",
    "0.0", "1.5", "-1.05", "0e0", "1e5", "1E5", "1e+5", "1E-5", "1.25e-10", "0.1e1", "1e999999", "-0.0e-0",
    "\"\"", "\"a\"", "\"月门\"", "\"\x7F\"", "\"é😀\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0041\\u00e9\\u6708\"",
    "\"\\uD83D\\uDE00\"", "\"\\ud83d\\ude00 \\udbff\\udfff\"", "\"\\u001f\\uFFFF\\uE000\\uD7FF\"", "\"\\\\u0000\"",
    "\"\xF4\x8F\xBF\xBF\xEE\x80\x80\xED\x9F\xBF\"", "\"\xE2\x80\xA8\"", "\"\xEF\xBB\xBF\"",
    "\"12345678\"", "\"1234567\\n9012345678\\\"\"", "\"just over sixteen\"",
    "[]", "[ ]", "[\n\t\r ]", "[1]", "[1,2]", "[ 1 , 2 ]", "[[],[[]],{}]", "[null,true,false]",
    "{}", "{ }", "{\"a\":1}", "{ \"a\" : 1 , \"b\" : 2 }", "{\"\":0}", "{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":2}}",
    "{\"a\":1,\"A\":2,\"á\":3,\"aa\":4,\" a\":5}", "[{\"a\":1},{\"a\":1}]", "{\"a\\n\":1,\"a\":2,\"a\\\\n\":3}",
    " null ", "\n\r\t [] \n\r\t ", "{\"k\":\"v\"}\n",
};

static const struct {
    const char *text, *said;            /* the line, the column and the reason that the message gives */
} wrong[] = {
    /* Nothing, too little, too much */
    {"", "line 1, column 1: the text is empty"}, {"  \n ", "line 2, column 2: the text ends too early"},
    {"[", "line 1, column 2: the text ends too early"}, {"[1", "line 1, column 3: the text ends too early"},
    {"[1,", "line 1, column 4: the text ends too early"}, {"{", "line 1, column 2: the text ends too early"},
    {"{\"a\"", "line 1, column 5: the text ends too early"}, {"{\"a\":", "line 1, column 6: the text ends too early"},
    {"{\"a\":1", "line 1, column 7: the text ends too early"}, {"{\"a\":1,", "line 1, column 8: the text ends too early"},
    {"\"", "line 1, column 2: the text ends too early"}, {"\"abc", "line 1, column 5: the text ends too early"},
    {"\"abc\\", "line 1, column 6: the text ends too early"}, {"\"\\u00", "line 1, column 6: the text ends too early"},
    {"tru", "line 1, column 4: the text ends too early"}, {"-", "line 1, column 2: the text ends too early"},
    {"1.", "line 1, column 3: the text ends too early"}, {"1e", "line 1, column 3: the text ends too early"},
    {"1e+", "line 1, column 4: the text ends too early"}, {"null null", "line 1, column 6: there is more after the value"},
    {"[] ]", "line 1, column 4: there is more after the value"}, {"{}x", "line 1, column 3: there is more after the value"},
    {"1 2", "line 1, column 3: there is more after the value"}, {"\"a\"\"b\"", "line 1, column 4: there is more after the value"},
    {"[]/**/", "line 1, column 3: there is more after the value"}, {"{}\n\n,", "line 3, column 1: there is more after the value"},
    /* Words */
    {"nul", NULL}, {"Null", "line 1, column 1: a value is missing"}, {"nulL", "line 1, column 1: unknown word"}, {"TRUE", NULL},
    {"falsy", "line 1, column 1: unknown word"}, {"truefalse", "line 1, column 5: there is more after the value"},
    {"NaN", "line 1, column 1: a value is missing"}, {"Infinity", "line 1, column 1: a value is missing"},
    {"-Infinity", "line 1, column 2: a digit is missing in a number"}, {"undefined", NULL}, {"nan", NULL}, {"[nan]", NULL},
    /* Numbers */
    {"01", "line 1, column 2: a number begins with 0"}, {"-01", "line 1, column 3: a number begins with 0"},
    {"00", NULL}, {"2.", NULL}, {"[2.]", "line 1, column 4: a digit is missing in a number"}, {".5", NULL}, {"-.5", NULL},
    {"+1", NULL}, {"1.e5", NULL}, {"1e5.5", NULL}, {"[1e]", NULL}, {"[1e-]", NULL}, {"0x10", NULL}, {"1_000", NULL},
    {"1,5", NULL},
    {"- 1", NULL}, {"--1", NULL}, {"1-", NULL}, {"1+1", NULL}, {"１", NULL},
    {"[1 2]", "line 1, column 4: a comma or ] is missing"},
    /* Strings */
    {"'a'", NULL}, {"{'a':1}", "line 1, column 2: a name in double quotes is missing"}, {"a", NULL},
    {"\"a\nb\"", "line 1, column 3: control character in a string"}, {"\"a\tb\"", NULL}, {"\"a\rb\"", NULL}, {"\"\x01\"", NULL},
    {"\"\x1F\"", NULL}, {"\"12345678\x1F\"", "line 1, column 10: control character in a string"},
    {"\"\\a\"", "line 1, column 2: unknown escape in a string"}, {"\"\\'\"", NULL}, {"\"\\x41\"", NULL}, {"\"\\U0041\"", NULL},
    {"\"\\0\"", NULL}, {"\"\\\n\"", NULL}, {"\"\\u12g4\"", "line 1, column 2: \\u needs four hexadecimal digits"},
    {"\"\\u 123\"", NULL}, {"\"\\u-123\"", NULL}, {"\"\\u+123\"", NULL}, {"\"\\u0x12\"", NULL}, {"\"\\u123\"", NULL},
    {"\"\\u\"  ", NULL},
    {"\"\\uD800\"", "line 1, column 2: half of a surrogate pair"}, {"\"\\uDC00\"", NULL}, {"\"\\uDFFF\\uD83D\"", NULL},
    {"\"\\uD83D\\uD83D\"", NULL}, {"\"\\uD83Dx\"", NULL}, {"\"\\uD83D\\n\"", NULL}, {"\"\\uD83D\\u0041\"", NULL},
    {"\"\\uD83D\\uDE0\"", NULL}, {"\"\\uDE00\\uD83D\"", NULL}, {"\"\\ud83d\\\\ude00\"", NULL}, {"\"\\uD83D", NULL},
    {"\"\\u0000\"", "line 1, column 2: \\u0000 is not allowed"}, {"{\"a\\u0000b\":1}", NULL},
    /* UTF-8 */
    {"\"\x80\"", "line 1, column 2: not UTF-8"}, {"\"\xC0\xAF\"", NULL}, {"\"\xE0\x80\xAF\"", NULL},
    {"\"\xF0\x80\x80\xAF\"", NULL},
    {"\"\xED\xA0\x80\"", NULL}, {"\"\xED\xA0\xBD\xED\xB8\x80\"", NULL}, {"\"\xF4\x90\x80\x80\"", NULL}, {"\"\xFF\"", NULL},
    {"\"\xE6\x9C\"", NULL}, {"\"月\xE9\x97\"", "line 1, column 3: not UTF-8"}, {"\"\xC3", NULL}, {"\"\xE6\x9C", NULL},
    {"{\"\xFF\":1}", NULL}, {"\"\xD4\xC2\xC3\xC5\"", NULL /* GBK */},
    {"\xEF\xBB\xBF{}", "line 1, column 1: a byte order mark is not JSON"}, {"\xEF\xBB\xBF", NULL}, {"\xFF\xFE{\0}", NULL},
    {"[\xC2\xA0]", NULL}, {"\xE2\x80\xA8[]", NULL}, {"[1\x0B]", NULL}, {"[\x0C]", NULL}, {"[1]\xC2\x85", NULL},
    /* Arrays and objects */
    {"[,]", NULL}, {"[1,]", "line 1, column 4: a value is missing"}, {"[,1]", NULL}, {"[1,,2]", NULL}, {"[1;2]", NULL},
    {"]", NULL},
    {"[}", NULL}, {"[1}", NULL}, {"{]", NULL}, {"{\"a\":1]", "line 1, column 7: a comma or } is missing"}, {"}", NULL},
    {",", NULL},
    {"{,}", NULL}, {"{\"a\":1,}", "line 1, column 8: a name in double quotes is missing"}, {"{\"a\"}", NULL}, {"{\"a\",1}", NULL},
    {"{\"a\":}", NULL}, {"{\"a\"::1}", NULL}, {"{:1}", NULL}, {"{1:1}", NULL}, {"{null:1}", NULL}, {"{a:1}", NULL},
    {"{\"a\" 1}", "line 1, column 6: a colon is missing after a name"}, {"{\"a\"=1}", NULL}, {"{\"a\":1 \"b\":2}", NULL},
    {"{\"a\":1;\"b\":2}", NULL}, {"{\"a\":1}}", NULL}, {"[\"a\":1]", NULL}, {"{[]:1}", NULL}, {"[[[]]", NULL}, {"// x\n1", NULL},
    {"[1]#", NULL}, {"{\n  \"月\": 1,\n  \"门\" 2\n}", "line 3, column 7: a colon is missing after a name"},
    /* Names twice */
    {"{\"a\":1,\"a\":2}", "line 1, column 8: a name is given twice"}, {"{\"a\":1,\"\\u0061\":2}", NULL},
    {"{\"\\u0061\":1,\"a\":2}", NULL},
    {"{\"\":1,\"\":2}", NULL}, {"{\"x\":{\"b\":1,\"c\":2,\"b\":3}}", "line 1, column 19: a name is given twice"},
    {"{\"a\":{\"a\":1},\"a\":2}", NULL}, {"{\"\\ud83d\\ude00\":1,\"😀\":2}", NULL}, {"{\"\\/\":1,\"/\":2}", NULL},
    {"{\"\\n\":1,\"\\u000A\":2}", NULL}, {"{\"é\":1,\"\\u00E9\":2}", NULL},
    {"[1,{\"a\":1,\"b\":2,\n\"a\":{}}]", "line 2, column 1: a name is given twice"},
};

static void test_right(void **state)
{
    (void)state;
    struct err err;
    for (size_t i = 0; i < COUNT(right); i++)
        if (!check(right[i], strlen(right[i]), NULL, &err))
            fail_msg("refused: %s: %s", right[i], err.text);
}

static void test_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct err err = {.kind = ERR_NONE};
        if (check(wrong[i].text, strlen(wrong[i].text), NULL, &err))
            fail_msg("taken: %s", wrong[i].text);
        if (wrong[i].said && strcmp(err.text, wrong[i].said) != 0)
            fail_msg("%s: said \"%s\", not \"%s\"", wrong[i].text, err.text, wrong[i].said);
        assert_int_equal(err.kind, strstr(err.text, "not UTF-8") ? ERR_NOT_UTF8 : ERR_NOT_JSON);
    }
}

static void test_bytes_of_zero(void **state)
{
    (void)state;
    struct err err;
    assert_false(check("\0", 1, NULL, &err));
    assert_false(check("[]\0", 3, NULL, &err));
    assert_false(check("\"\0\"", 3, NULL, &err));
    assert_false(check("[\0]", 3, NULL, &err));
    assert_false(check("{\"a\0\":1}", 8, NULL, &err));
    const struct json_limits nul = {.allow_nul = true};
    assert_true(check("\"a\\u0000b\"", 10, &nul, &err));
    assert_true(check("{\"\\u0000\":1,\"\":2}", 17, &nul, &err));
    assert_false(check("{\"\\u0000\":1,\"\\u0000\":2}", 23, &nul, &err));
    assert_false(check("\"\0\"", 3, &nul, &err));
}

/* Names, arrays and objects inside each other ${depth} deep, around ${middle}. */
static char *nest(size_t depth, bool objects, const char *middle)
{
    char *text = malloc(6 * depth + strlen(middle) + 1), *p = text;
    for (size_t i = 0; i < depth; i++)
        p = stpcpy(p, objects ? "{\"a\":" : "[");
    p = stpcpy(p, middle);
    for (size_t i = 0; i < depth; i++)
        p = stpcpy(p, objects ? "}" : "]");
    return text;
}

static void test_depth(void **state)
{
    (void)state;
    static const struct { size_t limit, depth; bool ok; } cases[] = {
        {0, 64, true}, {0, 65, false}, {1, 1, true}, {1, 2, false}, {512, 512, true}, {512, 513, false},
        {SIZE_MAX, 512, true}, {SIZE_MAX, 513, false}, {0, 1000000, false},
    };
    for (size_t i = 0; i < 2 * COUNT(cases); i++) {
        const struct json_limits limits = {.depth = cases[i / 2].limit};
        char *text = nest(cases[i / 2].depth, i % 2, "1");
        struct err err;
        assert_int_equal(check(text, strlen(text), &limits, &err), cases[i / 2].ok);
        if (!cases[i / 2].ok)
            assert_non_null(strstr(err.text, "inside each other"));
        free(text);
    }
}

/* Every beginning of a text is refused, and says that it ends too early. */
static void test_every_cut(void **state)
{
    (void)state;
    static const char text[] = "{\"a\\u00e9\\ud83d\\ude00月\":[1.5e-3,true,null,{\"b\":\"\\n\"}],\"c\":false}";
    for (size_t n = 0; n < sizeof(text) - 1; n++) {
        struct err err;
        assert_false(check(text, n, NULL, &err));
        if (n > 0 && !strstr(err.text, "too early") && !strstr(err.text, "surrogate") && !strstr(err.text, "UTF-8"))
            fail_msg("cut to %zu: %s", n, err.text);
    }
    struct err err;
    assert_true(check(text, sizeof(text) - 1, NULL, &err));
}

/* Whether a walk over checked text sees what json-c sees. */
static bool same(struct json value, struct json_object *tree, struct arena *a)
{
    size_t n;
    int64_t whole;
    double real;
    const char *text;
    switch (json_object_get_type(tree)) {
    case json_type_null:
        return json_kind(value) == JSON_NULL;
    case json_type_boolean:
        return json_kind(value) == (json_object_get_boolean(tree) ? JSON_TRUE : JSON_FALSE);
    case json_type_int:
        return json_int(value, INT64_MIN, INT64_MAX, &whole) ? whole == json_object_get_int64(tree)
                                                             : json_kind(value) == JSON_NUMBER && value.n > 18;
    case json_type_double:
        return json_real(value, &real) ? real == json_object_get_double(tree) : json_kind(value) == JSON_NUMBER;
    case json_type_string:
        text = json_text(value, a, &n);
        return text && n == (size_t)json_object_get_string_len(tree) && memcmp(text, json_object_get_string(tree), n) == 0;
    case json_type_array:
        for (struct json_walk w = json_walk(value); json_next(&w);)
            if (!same(w.value, json_object_array_get_idx(tree, w.i), a))
                return false;
        return json_kind(value) == JSON_ARRAY && json_count(value) == json_object_array_length(tree);
    case json_type_object:
        for (struct json_walk w = json_walk(value); json_next(&w);) {
            struct json_object *member;
            if (!json_object_object_get_ex(tree, json_string(w.name, a), &member) || !same(w.value, member, a))
                return false;
        }
        return json_kind(value) == JSON_OBJECT && json_count(value) == (size_t)json_object_object_length(tree);
    }
    return false;
}

/* Refused, or seen alike by our walk and by json-c. True if taken. */
static bool seen_alike(const char *text, size_t n, struct arena *a)
{
    char *exact = malloc(n ? n : 1);
    memcpy(exact, text, n);
    struct bytes bytes = {(const uint8_t *)exact, n};
    struct json value;
    struct json_object *tree;
    struct err err;
    bool ok = json_check(bytes, NULL, &value, &err);
    if (ok && !json_tree(bytes, a, &tree, &err))
        fail_msg("json-c refused %.*s: %s", (int)n, text, err.text);
    if (ok && !same(value, tree, a))
        fail_msg("json-c reads this differently: %.*s", (int)n, text);
    arena_reset(a);
    free(exact);
    return ok;
}

static void test_every_byte_changed(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"model\":\"m\",\"n\":-12.5e+3,\"messages\":[{\"role\":\"user\",\"content\":\"\\u6708\\n月\"}],\"stream\":true}",
        "[0,10,-1.25,null,[],{},\"\\ud83d\\ude00\",{\"a\":1,\"b\":2,\"\\u0063\":3}]",
    };
    struct arena *a = arena_new();
    size_t taken = 0;
    for (size_t t = 0; t < COUNT(texts); t++) {
        char *text = strdup(texts[t]);
        size_t n = strlen(text);
        for (size_t i = 0; i < n; i++) {
            for (int c = 0; c < 256; c++) {
                text[i] = (char)c;
                taken += seen_alike(text, n, a);
            }
            text[i] = texts[t][i];
        }
        free(text);
    }
    assert_true(taken > 1000);
    arena_free(a);
}

/* Random pieces of JSON: nothing crashes, and what is taken is read as json-c reads it. */
static void test_random_pieces(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"a\":", "\"b\":", "0", "1", "-", ".5", "e3", "true", "null", " ", "\n",
        "\\u0061", "\\ud83d", "\\ude00", "\\n", "\\", "月", "\xE6", "\x80", "[]", "{}", "\"\"", "1,", "[1]", "{\"a\":1}",
    };
    struct random r = random_start();
    struct arena *a = arena_new();
    size_t taken = 0;
    for (int turn = 0; turn < 30000; turn++) {
        char text[256] = "";
        size_t n = 0;
        for (size_t i = 1 + random_below(&r, 10); i > 0; i--) {
            const char *piece = pieces[random_below(&r, COUNT(pieces))];
            memcpy(text + n, piece, strlen(piece));
            n += strlen(piece);
        }
        taken += seen_alike(text, n, a);
    }
    assert_true(taken > 100);
    arena_free(a);
}

static void test_random_bytes(void **state)
{
    (void)state;
    struct random r = random_start();
    struct arena *a = arena_new();
    for (int turn = 0; turn < 20000; turn++) {
        char text[64];
        size_t n = random_below(&r, sizeof(text));
        for (size_t i = 0; i < n; i++)
            text[i] = (char)random_next(&r);
        if (n > 2 && random_below(&r, 2)) {
            text[0] = text[n - 1] = '"';
            for (size_t i = 1; i < n - 1; i++)
                text[i] = (char)(0x20 + (text[i] & 0x5F));
        }
        seen_alike(text, n, a);
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_bytes_of_zero),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_every_byte_changed),
        cmocka_unit_test(test_random_pieces),
        cmocka_unit_test(test_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
