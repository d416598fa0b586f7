/* SPDX-License-Identifier: MIT */
/* What a provider's error means, and what of it a caller of the same dialect may see. */
#include "base/secret.h"
#include "gate/provider.h"
#include "reader_help.h"

static void test_statuses(void **state)
{
    (void)state;
    const struct { int status; enum err_kind kind; enum remedy remedy; } cases[] = {
        {400, ERR_UPSTREAM_INPUT, REMEDY_CALLER}, {413, ERR_UPSTREAM_INPUT, REMEDY_CALLER}, {401, ERR_UPSTREAM_AUTH, REMEDY_OTHER},
        {402, ERR_UPSTREAM, REMEDY_OTHER}, {404, ERR_UPSTREAM, REMEDY_OTHER}, {408, ERR_UPSTREAM, REMEDY_RETRY}, {429, ERR_RATE, REMEDY_RETRY},
        {500, ERR_UPSTREAM, REMEDY_RETRY}, {503, ERR_UPSTREAM_DOWN, REMEDY_RETRY}, {522, ERR_UPSTREAM, REMEDY_RETRY},
        {529, ERR_UPSTREAM_DOWN, REMEDY_RETRY}, {302, ERR_UPSTREAM, REMEDY_OTHER}, {0, ERR_UPSTREAM, REMEDY_OTHER},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct upstream_error error;
        upstream_error_of(cases[i].status, &error);
        if (error.kind != cases[i].kind || error.remedy != cases[i].remedy || error.status != cases[i].status)
            fail_msg("%d: %s, %d", cases[i].status, err_name(error.kind), (int)error.remedy);
        assert_true(!*error.words && !*error.code && !error.body.n);
    }
}

/* The body as it came, without our secret in whatever way it is written. */
static void test_bodies(void **state)
{
    (void)state;
    struct secret *secret = secret_text(a, "sk-a/secret");
    const struct { const char *body, *seen; } cases[] = {
        {"{\"type\":\"error\", \"x\":[1, null]}", "{\"type\":\"error\", \"x\":[1, null]}"},
        {"{\"error\":\"bad key sk-a/secret!\"}", "{\"error\":\"bad key ***********!\"}"},
        {"{\"sk-a/secret\":\"sk-a/secret\"}", "{\"***********\":\"***********\"}"},
        {"{\"error\":{\"a\":[\"bad key sk-a\\/secret\"]}}", "{\"error\":{\"a\":[\"bad key ************\"]}}"},
        {"{\"error\":\"\\u0073k-a/secret\"}", "{\"error\":\"****************\"}"},
        {"{\"\\u0073k-a/secret\":1}", "{\"****************\":1}"},
        {"[1]", ""}, {"nothing", ""}, {"", ""}, {"{\"error\":", ""}, {"<html>sk-a/secret", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bytes seen = upstream_error_body(bytes_of(cases[i].body), secret, a);
        if (seen.n != strlen(cases[i].seen) || memcmp(seen.n ? (const void *)seen.p : "", cases[i].seen, seen.n) != 0)
            fail_msg("%s: %.*s", cases[i].body, (int)seen.n, (const char *)seen.p);
    }
    assert_int_equal(upstream_error_body(bytes_of("{\"a\":1}"), NULL, a).n, 7);
}

/* An error inside an answer is the error its status stands for; the frame is kept only for a caller of the same dialect. */
static void test_inside_an_answer(void **state)
{
    (void)state;
    struct json frame;
    const char *text = "{\"error\":{\"type\":\"overloaded_error\",\"message\":\"wait, sk-secret\"}}";
    must(json_check(bytes_of(text), NULL, &frame, &err));
    for (int same = 0; same < 2; same++) {
        struct reader *r = &heard_new(&openai_rules, same)->reader;
        r->secret = secret_text(a, "sk-secret");
        must_fail(reader_fail(r, 529, json_at(frame, "error.message"), json_at(frame, "error.type"), bytes_of(text), &err), ERR_UPSTREAM_DOWN);
        assert_string_equal(r->error.words, "wait, *********");
        assert_string_equal(r->error.code, "overloaded_error");
        assert_string_equal(err.detail, "wait, *********");
        assert_int_equal(r->error.remedy, REMEDY_RETRY);
        assert_int_equal(r->error.status, 529);
        assert_int_equal(r->error.body.n, same ? strlen(text) : 0);
        assert_true(!same || !memmem(r->error.body.p, r->error.body.n, "sk-secret", 9));
        must_fail(reader_fail(r, 0, (struct json){0}, (struct json){0}, (struct bytes){0}, &err), ERR_UPSTREAM);
        assert_true(!*r->error.words && !*r->error.code);
    }
}

/* Clients go by OpenAI's words, whoever said it. */
static void test_words(void **state)
{
    (void)state;
    const struct { const char *code, *word; } cases[] = {
        {"context_length_exceeded", "context_length_exceeded"}, {"tokens_too_long", "context_length_exceeded"},
        {"insufficient_quota", "insufficient_quota"}, {"DataInspectionFailed", "content_policy_violation"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(upstream_error_word(cases[i].code), cases[i].word);
    assert_null(upstream_error_word("rate_limit_exceeded"));
    assert_null(upstream_error_word(""));
    assert_null(upstream_error_word(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_inside_an_answer),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
