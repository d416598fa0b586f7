/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/field.h"
#include "base/json.h"
#include "base/json_write.h"
#include "property.h"

struct part {
    const char *word;
    int64_t n;
};

struct row {
    const char *name, *raw, *shown;
    int64_t count, at;
    double share;
    bool on;
    struct list parts;
    struct part one;
};

static const struct field part_fields[] = {FIELD(struct part, word), FIELD(struct part, n), FIELD_END};
static const struct field fields[] = {
    FIELD(struct row, name),
    FIELD_RAW(struct row, raw),
    FIELD_PAGE(struct row, shown),
    FIELD_AS(struct row, count, "number"),
    FIELD_TIME(struct row, at),
    FIELD(struct row, share),
    FIELD(struct row, on),
    FIELD_LIST(struct row, parts, part_fields, struct part),
    FIELD_STRUCT(struct row, one, part_fields),
    FIELD_END,
};

static const char *write_row(const struct row *row, struct arena *a)
{
    struct buf b = buf_new(a, 1 << 20);
    struct json_out out = json_out(&b);
    const char *text = NULL;
    struct err err;
    json_put_row(&out, fields, row);
    assert_true(buf_done(&b, &text, &err));
    return text;
}

static bool read_row(const char *text, struct arena *a, struct row *row_r, struct err *err)
{
    struct json value;
    *row_r = (struct row){.name = NULL};
    if (!json_check(bytes_of(text), NULL, &value, err))
        fail_msg("%s: %s", text, err->text);
    return json_get_row(value, fields, a, row_r, err);
}

static void test_written(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct part parts[] = {{"x", 1}, {NULL, 2}};
    struct row row = {.name = "月", .raw = "{\"k\":[1]}", .shown = "hidden", .count = -3, .at = 1700000000123000, .share = 0.5,
                      .on = true, .parts = {parts, 2}, .one = {"y", 9}};
    assert_string_equal(write_row(&row, a),
                        "{\"name\":\"月\",\"raw\":{\"k\":[1]},\"number\":-3,\"at\":\"2023-11-14T22:13:20.123Z\",\"share\":0.5,"
                        "\"on\":true,\"parts\":[{\"word\":\"x\",\"n\":1},{\"word\":null,\"n\":2}],"
                        "\"one\":{\"word\":\"y\",\"n\":9}}");
    row = (struct row){.name = NULL};
    assert_string_equal(write_row(&row, a), "{\"name\":null,\"raw\":null,\"number\":0,\"at\":null,\"share\":0,\"on\":false,"
                                            "\"parts\":[],\"one\":{\"word\":null,\"n\":0}}");
    arena_free(a);
}

static void test_read(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct row row;
    struct err err;
    assert_true(read_row("{\"unknown\":[{}],\"n\\u0061me\":\"a\\n\",\"raw\": [1, 2] ,\"shown\":\"no\",\"number\":1e2,"
                         "\"at\":\"2023-11-14T22:13:20.123Z\",\"share\":1,\"on\":true,\"parts\":[{},{\"n\":4,\"word\":\"w\"}],"
                         "\"one\":{\"n\":7}}", a, &row, &err));
    assert_string_equal(row.name, "a\n");
    assert_string_equal(row.raw, "[1, 2]");
    assert_null(row.shown);
    assert_int_equal(row.count, 100);
    assert_int_equal(row.at, 1700000000123000);
    assert_true(row.share == 1 && row.on);
    assert_int_equal(row.parts.n, 2);
    const struct part *parts = row.parts.items;
    assert_null(parts[0].word);
    assert_string_equal(parts[1].word, "w");
    assert_int_equal(parts[1].n, 4);
    assert_int_equal(row.one.n, 7);
    assert_true(read_row("{\"name\":null,\"raw\":null,\"number\":null,\"at\":null,\"share\":null,\"on\":null,\"parts\":null,"
                         "\"one\":null}", a, &row, &err));
    assert_null(row.name);
    assert_null(row.raw);
    assert_int_equal(row.parts.n, 0);
    assert_true(read_row("{}", a, &row, &err));
    arena_free(a);
}

static void test_another_type(void **state)
{
    (void)state;
    static const struct { const char *text, *field; } cases[] = {
        {"{\"name\":1}", "name"}, {"{\"name\":[]}", "name"}, {"{\"number\":\"1\"}", "number"}, {"{\"number\":1.5}", "number"},
        {"{\"number\":9223372036854775808}", "number"}, {"{\"at\":5}", "at"}, {"{\"at\":\"yesterday\"}", "at"},
        {"{\"share\":true}", "share"}, {"{\"share\":1e999}", "share"}, {"{\"on\":1}", "on"}, {"{\"on\":\"true\"}", "on"},
        {"{\"parts\":{}}", "parts"}, {"{\"parts\":[{\"n\":\"x\"}]}", "n"}, {"{\"one\":[]}", "one"},
        {"{\"one\":{\"word\":2}}", "word"},
        {"[]", ""}, {"{\"parts\":[5]}", ""},
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct row row;
        struct err err = {.kind = ERR_NONE};
        if (read_row(cases[i].text, a, &row, &err))
            fail_msg("taken: %s", cases[i].text);
        assert_int_equal(err.kind, ERR_INPUT);
        assert_string_equal(err.field, cases[i].field);
    }
    arena_free(a);
}

static const char *random_word(struct random *r, struct arena *a)
{
    static const char *const words[] = {NULL, "", "x", "月门", "a\"b\\c\n", "</p>", "😀"};
    const char *word = words[random_below(r, COUNT(words))];
    return word ? arena_printf(a, "%s%zu", word, random_below(r, 100)) : NULL;
}

/* Whatever a row holds, reading what was written and writing it again gives the same text. */
static void test_rows_come_back(void **state)
{
    (void)state;
    struct random r = random_start();
    struct arena *a = arena_new();
    for (int turn = 0; turn < 300; turn++) {
        struct part parts[5];
        size_t n = random_below(&r, COUNT(parts) + 1);
        for (size_t i = 0; i < n; i++)
            parts[i] = (struct part){random_word(&r, a), (int64_t)random_next(&r)};
        struct row row = {
            .name = random_word(&r, a), .raw = random_below(&r, 2) ? "[1,{\"a\":\"]\"}]" : NULL,
            .count = (int64_t)random_next(&r), .at = (int64_t)random_below(&r, 4000000000) * 1000000 + 7000,
            .share = (double)random_next(&r) / 3,
            .on = random_below(&r, 2), .parts = {parts, n}, .one = {random_word(&r, a), 1},
        };
        struct row back;
        struct err err;
        const char *text = write_row(&row, a);
        if (!read_row(text, a, &back, &err))
            fail_msg("%s: %s", text, err.text);
        assert_string_equal(write_row(&back, a), text);
        assert_int_equal(back.at, row.at);
        assert_true(back.share == row.share);
        arena_reset(a);
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_written),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_another_type),
        cmocka_unit_test(test_rows_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
