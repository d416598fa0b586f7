/* SPDX-License-Identifier: MIT */
#include "web/form.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/json_write.h"
#include "property.h"
#include "web/urlencoded.h"
#include "web_request.h"

struct values {
    const char *name, *note, *key, *mode;
    int64_t limit;
    bool on;
    struct list models, options;
};

static bool no_slash(const char *value, const char **allowed_r)
{
    *allowed_r = "no /";
    return strchr(value, '/') == NULL;
}

static const char *const modes[] = {"local", "cloud", NULL};
static const struct form_field fields[] = {
    {"name", FORM_TEXT, offsetof(struct values, name), .required = true, .min = 2, .max = 10, .check = no_slash},
    {"note", FORM_TEXT, offsetof(struct values, note), .keep_space = true},
    {"key", FORM_SECRET, .offset = offsetof(struct values, key)},
    {"mode", FORM_WORD, offsetof(struct values, mode), .required = true, .words = modes},
    {"limit", FORM_INT, offsetof(struct values, limit), .min = 1, .max = 100},
    {"on", FORM_BOOL, .offset = offsetof(struct values, on)},
    {"models", FORM_LINES, .offset = offsetof(struct values, models)},
    {"options", FORM_PAIRS, .offset = offsetof(struct values, options), .max = 10},
    FORM_END,
};

static bool read_as(struct request *rq, const char *type, const char *body, struct values *values, struct form *form)
{
    rq->content_type = type;
    rq->body = bytes_of(body);
    return form_read(rq, fields, values, form);
}

#define URL  "application/x-www-form-urlencoded"
#define JSON "application/json"

static void test_values(void **state)
{
    (void)state;
    static const struct { const char *type, *body; } cases[] = {
        {URL, "name=+%E6%9C%88%E9%97%A8++&note=+a%0D%0Ab&key=+s+&mode=cloud&limit=7&on=on&models=a%2C+b%0A%0Ac&csrf=x&rev=3&_method=PUT"},
        {JSON, "{\"name\":\" 月门  \",\"note\":\" a\\nb\",\"key\":\" s \",\"mode\":\"cloud\",\"limit\":7,\"on\":true,\"models\":[\"a\",\" b \",\"c\"]}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request *rq = bare_request();
        struct values v = {0};
        struct form form;
        if (!read_as(rq, cases[i].type, cases[i].body, &v, &form) || form.problems.n > 0)
            fail_msg("%s", rq->err.text);
        assert_string_equal(v.name, "月门");
        assert_string_equal(v.note, " a\nb");
        assert_string_equal(v.key, " s ");
        assert_string_equal(v.mode, "cloud");
        assert_int_equal(v.limit, 7);
        assert_true(v.on);
        assert_int_equal(v.models.n, 3);
        assert_string_equal(((const char **)v.models.items)[1], "b");
        assert_int_equal(form.given, 0x7f);
        assert_true(form_given(fields, &form, "models"));
        bare_drop(rq);
    }
}

static void test_what_is_not_sent(void **state)
{
    (void)state;
    struct request *rq = bare_request();
    struct values v = {.name = "old", .key = "old", .mode = "local", .limit = 5, .on = true};
    struct form form;
    assert_true(read_as(rq, JSON, "{\"note\":null,\"key\":\"\"}", &v, &form));
    assert_int_equal(form.problems.n, 0);
    assert_string_equal(v.name, "old");
    assert_string_equal(v.key, "old");
    assert_true(v.on);
    assert_int_equal(form.given, 1 << 1);
    assert_true(read_as(rq, JSON, "{\"key\":null}", &v, &form));
    assert_null(v.key);
    assert_true(form_given(fields, &form, "key"));
    assert_true(read_as(rq, URL, "name=new&note=&key=&limit=", &v, &form));
    assert_int_equal(form.problems.n, 0);
    assert_string_equal(v.name, "new");
    assert_false(v.on);                                    /* a checkbox that is not set is not sent */
    assert_int_equal(v.limit, 5);
    assert_false(form_given(fields, &form, "key"));
    bare_drop(rq);
}

/* Millionths: decimals in a form, whole numbers in JSON. */
static void test_money(void **state)
{
    (void)state;
    static const struct form_field money[] = {
        {"price", FORM_MONEY, .offset = 0, .required = true, .max = 1000000000}, {"more", FORM_MONEY, .offset = sizeof(int64_t), .max = 1000000000}, FORM_END};
    static const struct { const char *type, *body; int64_t price, more; const char *problem; } cases[] = {
        {URL, "price=2.5&more=", 2500000, -1, NULL}, {URL, "price=0&more=0.003625", 0, 3625, NULL}, {URL, "price=+1000+&more=7", 1000000000, 7000000, NULL},
        {JSON, "{\"price\":2500000,\"more\":null}", 2500000, -1, NULL}, {JSON, "{\"price\":0}", 0, -1, NULL},
        {URL, "price=", 0, 0, "price"}, {URL, "price=1,5", 0, 0, "price"}, {URL, "price=1&more=0.0000001", 0, 0, "more"}, {URL, "price=-1", 0, 0, "price"},
        {URL, "price=1000.000001", 0, 0, "price"}, {JSON, "{\"price\":2.5}", 0, 0, "price"}, {JSON, "{\"price\":\"2\"}", 0, 0, "price"}, {JSON, "{\"price\":null}", 0, 0, "price"},
        {JSON, "{\"price\":-1}", 0, 0, "price"}, {JSON, "{\"price\":1000000001}", 0, 0, "price"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request *rq = bare_request();
        int64_t values[2] = {-1, -1};
        struct form form;
        rq->content_type = cases[i].type;
        rq->body = bytes_of(cases[i].body);
        assert_true(form_read(rq, money, values, &form));
        if (cases[i].problem ? form.problems.n != 1 || !form_message(&form, cases[i].problem) : form.problems.n || values[0] != cases[i].price || values[1] != cases[i].more)
            fail_msg("%s: %zu problems, %lld %lld", cases[i].body, form.problems.n, (long long)values[0], (long long)values[1]);
        bare_drop(rq);
    }
}

static void test_problems(void **state)
{
    (void)state;
    static const struct { const char *type, *body, *field, *says; } cases[] = {
        {URL, "mode=local", "name", "This is needed."}, {URL, "name=+&mode=local", "name", "This is needed."},
        {URL, "name=a&mode=local", "name", "Too short. Allowed: 2–10 characters."},
        {URL, "name=12345678901&mode=local", "name", "Too long"},
        {URL, "name=a/b&mode=local", "name", "“a/b” cannot be used. Allowed: no /."},
        {URL, "name=a%0Ab&mode=local", "name", "cannot be used"},
        {URL, "name=ab", "mode", "This is needed. Allowed: local, cloud."},
        {URL, "name=ab&mode=Local", "mode", "“Local” cannot be used. Allowed: local, cloud."},
        {URL, "name=ab&mode=local&limit=x", "limit", "Must be a whole number, not “x”. Allowed: 1–100."},
        {URL, "name=ab&mode=local&limit=1.5", "limit", "whole number"}, {URL, "name=ab&mode=local&limit=0", "limit",
                                                                         "“0” is out of range. Allowed: 1–100."},
        {URL, "name=ab&mode=local&limit=99999999999999999999", "limit", "whole number"},
        {URL, "name=ab&mode=local&on=maybe", "on", "yes or no, not “maybe”"},
        {URL, "name=ab&mode=local&key=%01sEcReT", "key", "This cannot be used."},
        {URL, "name=ab&mode=local&note=%00", NULL, NULL},
        {JSON, "{\"name\":5,\"mode\":\"local\"}", "name", "Must be a text."},
        {JSON, "{\"name\":null,\"mode\":\"local\"}", "name", "This is needed."},
        {JSON, "{\"name\":\"ab\",\"mode\":\"local\",\"limit\":\"5\"}", "limit", "whole number"},
        {JSON, "{\"name\":\"ab\",\"mode\":\"local\",\"limit\":1e99}", "limit", "whole number"},
        {JSON, "{\"name\":\"ab\",\"mode\":\"local\",\"on\":\"yes\"}", "on", "yes or no"},
        {JSON, "{\"name\":\"ab\",\"mode\":\"local\",\"on\":null}", "on", "needed"},
        {JSON, "{\"name\":\"ab\",\"mode\":\"local\",\"models\":\"a\"}", "models", "list of texts"},
        {JSON, "{\"name\":\"ab\",\"mode\":\"local\",\"models\":[1]}", "models", "list of texts"},
        {JSON, "{\"name\":\"ab\",\"mode\":[]}", "mode", "Must be a text."},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request *rq = bare_request();
        struct values v = {0};
        struct form form = {0};
        bool ok = read_as(rq, cases[i].type, cases[i].body, &v, &form);
        if (cases[i].field == NULL) {
            assert_false(ok);
        } else if (!ok || form.problems.n != 1 || form_message(&form, cases[i].field) == NULL
                   || strstr(form_message(&form, cases[i].field), cases[i].says) == NULL) {
            const struct form_problem *first = form.problems.items;
            fail_msg("%s: %s %s", cases[i].body, ok ? "read" : rq->err.text, form.problems.n > 0 ? first->message : "");
        } else {
            assert_null(strstr(form_message(&form, cases[i].field), "sEcReT"));
            assert_false(form_fail(rq, &form));
            assert_int_equal(rq->err.kind, ERR_INVALID);
        }
        bare_drop(rq);
    }
}

static void test_all_problems_come_at_once(void **state)
{
    (void)state;
    struct request *rq = bare_request();
    struct values v = {0};
    struct form form;
    rq->lang = language_find("zh-CN");
    assert_true(read_as(rq, URL, "limit=500&on=2", &v, &form));
    assert_int_equal(form.problems.n, 4);
    assert_string_equal(form_message(&form, "name"), "必须填写。");
    assert_string_equal(form_message(&form, "limit"), "「500」超出范围。允许：1–100。");
    assert_null(form_message(&form, "note"));
    bare_drop(rq);
}

/* Clients put the content type on requests without a body too: DELETE, or a POST that is all in its address. */
static void test_an_empty_body_gives_no_field(void **state)
{
    (void)state;
    struct request *rq = bare_request();
    struct values v = {0};
    struct form form;
    assert_true(read_as(rq, JSON, "", &v, &form));
    assert_false(form_given(fields, &form, "name"));
    bare_drop(rq);
}

static void test_structure(void **state)
{
    (void)state;
    static const struct { const char *type, *body; enum err_kind kind; const char *field; } cases[] = {
        {URL, "name=a&name=b", ERR_INPUT, "name"}, {URL, "nam=a", ERR_UNKNOWN_FIELD, "nam"}, {URL, "name=%", ERR_INPUT, "name"},
        {URL, "name=%4", ERR_INPUT, "name"}, {URL, "name=%ff", ERR_NOT_UTF8, "name"}, {URL, "%ff=1", ERR_INPUT, ""},
        {URL, "name=%ed%a0%80", ERR_NOT_UTF8, "name"},
        {JSON, " ", ERR_NOT_JSON, ""}, {JSON, "[]", ERR_INPUT, ""}, {JSON, "{", ERR_NOT_JSON, ""},
        {JSON, "{\"name\":1,\"name\":2}", ERR_NOT_JSON, ""},
        {JSON, "{\"csrf\":\"x\"}", ERR_UNKNOWN_FIELD, "csrf"}, {JSON, "{\"name\":\"\\u0000\"}", ERR_NOT_JSON, ""},
        {"multipart/form-data", "x", ERR_MEDIA_TYPE, "Content-Type"}, {"", "x", ERR_MEDIA_TYPE, "Content-Type"},
        {"text/plain", "{}", ERR_MEDIA_TYPE, "Content-Type"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request *rq = bare_request();
        struct values v = {0};
        struct form form;
        if (read_as(rq, cases[i].type, cases[i].body, &v, &form) || rq->err.kind != cases[i].kind
            || strcmp(rq->err.field, cases[i].field) != 0)
            fail_msg("%s: %s %s", cases[i].body, err_name(rq->err.kind), rq->err.field);
        bare_drop(rq);
    }
}

static const char *any_text(struct request *rq, struct random *r)
{
    static const char *const pieces[] = {"a", " ", "=", "&", "%", "+", "\"", "\\", "月", "<", "\t", "\n", "é", "😀", "/", "{", "}"};
    struct buf text = buf_new(rq->arena, 1000);
    for (size_t i = random_below(r, 12); i > 0; i--)
        buf_text(&text, pieces[random_below(r, COUNT(pieces))]);
    buf_char(&text, '\0');
    return text.p;
}

/* What is written as a form or as JSON is read back as it was. */
static void test_any_value_comes_back(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int turn = 0; turn < 500; turn++) {
        struct request *rq = bare_request();
        const char *note = any_text(rq, &r);
        int64_t limit = 1 + (int64_t)random_below(&r, 100);
        struct buf json_text = buf_new(rq->arena, 10000);
        struct json_out json = json_out(&json_text);
        json_begin_object(&json);
        json_member_text(&json, "name", "ab");
        json_member_text(&json, "mode", "local");
        json_member_text(&json, "note", note);
        json_member_put_int(&json, "limit", limit);
        json_end_object(&json);
        buf_char(&json_text, '\0');
        const char *url = arena_printf(rq->arena, "mode=local&name=ab&limit=%" PRId64 "&note=%s", limit,
                                       percent_encode(note, rq->arena));
        for (int face = 0; face < 2; face++) {
            struct values v = {0};
            struct form form;
            if (!read_as(rq, face ? JSON : URL, face ? json_text.p : url, &v, &form) || form.problems.n > 0)
                fail_msg("%s: %s", note, rq->err.text);
            assert_string_equal(v.note != NULL ? v.note : "", note);
            assert_int_equal(v.limit, limit);
        }
        bare_drop(rq);
    }
}

static const char *pairs_text(struct request *rq, const struct list *pairs)
{
    const char *text = "";
    for (size_t i = 0; i < pairs->n; i++) {
        const struct form_pair *pair = (const struct form_pair *)pairs->items + i;
        text = arena_printf(rq->arena, "%s%s=%s;", text, pair->name, pair->value);
    }
    return text;
}

static void test_pairs(void **state)
{
    (void)state;
    static const struct { const char *type, *body, *pairs, *problem; } cases[] = {
        {URL, "name=ab&mode=local&options.region=+eu+&options.a-b=", "region=eu;a-b=;", NULL},
        {JSON, "{\"name\":\"ab\",\"mode\":\"local\",\"options\":{\"region\":\" eu \",\"n\":8192,\"x\":null}}", "region=eu;n=8192;x=;", NULL},
        {JSON, "{\"name\":\"ab\",\"mode\":\"local\",\"options\":null}", "", NULL},
        {JSON, "{\"name\":\"ab\",\"mode\":\"local\",\"options\":{\"a\":\"12345678901\",\"b\":\"1\"}}", "b=1;", "options.a"},
        {JSON, "{\"name\":\"ab\",\"mode\":\"local\",\"options\":{\"a\":[1]}}", "", "options.a"},
        {JSON, "{\"name\":\"ab\",\"mode\":\"local\",\"options\":{\"a\":\"1\\n2\"}}", "", "options.a"},
        {JSON, "{\"name\":\"ab\",\"mode\":\"local\",\"options\":[\"a\"]}", "", "options"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request *rq = bare_request();
        struct values v = {0};
        struct form form;
        assert_true(read_as(rq, cases[i].type, cases[i].body, &v, &form));
        assert_string_equal(pairs_text(rq, &v.options), cases[i].pairs);
        assert_int_equal(form.problems.n, cases[i].problem != NULL);
        if (cases[i].problem)
            assert_non_null(form_message(&form, cases[i].problem));
        assert_true(form_given(fields, &form, "options"));
        bare_drop(rq);
    }
    /* Only fields that take pairs have them. */
    static const char *const unknown[] = {"name=ab&mode=local&name.x=1", "name=ab&mode=local&options=1", "name=ab&mode=local&options.=1",
                                          "name=ab&mode=local&.a=1"};
    for (size_t i = 0; i < COUNT(unknown); i++) {
        struct request *rq = bare_request();
        struct values v = {0};
        struct form form;
        assert_false(read_as(rq, URL, unknown[i], &v, &form));
        assert_int_equal(rq->err.kind, ERR_UNKNOWN_FIELD);
        bare_drop(rq);
    }
    /* More than there can be is a problem, not a crash. */
    struct request *rq = bare_request();
    struct buf many = buf_new(rq->arena, 10000);
    struct values v = {0};
    struct form form;
    buf_text(&many, "name=ab&mode=local");
    for (int i = 0; i < 100; i++)
        buf_printf(&many, "&options.o%d=1", i);
    buf_char(&many, '\0');
    assert_true(read_as(rq, URL, many.p, &v, &form));
    assert_int_equal(v.options.n, 64);
    assert_non_null(form_message(&form, "options"));
    bare_drop(rq);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_what_is_not_sent),
        cmocka_unit_test(test_money), cmocka_unit_test(test_problems),
        cmocka_unit_test(test_all_problems_come_at_once),
        cmocka_unit_test(test_an_empty_body_gives_no_field), cmocka_unit_test(test_structure),
        cmocka_unit_test(test_any_value_comes_back),
        cmocka_unit_test(test_pairs),
    };
    return cmocka_run_group_tests(tests, bare_start, bare_stop);
}
