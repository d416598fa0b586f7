/* SPDX-License-Identifier: MIT */
/* error: the shapes in which programs of each kind expect errors. */
#include "base/json_write.h"
#include "property.h"
#include "web_request.h"

static struct json body_of(struct request *rq)
{
    struct json body;
    struct err bad = {0};
    if (!json_check(buf_view(&rq->out.body), NULL, &body, &bad))
        fail_msg("%s", bad.text);
    return body;
}

static struct json answer(struct request *rq, enum face face, enum err_kind kind)
{
    rq->face = face;
    response_reset(rq);
    fail_field(&rq->err, "max_tokens", "0", "1-9");
    rq->err.kind = kind;
    assert_int_equal(error_answer(rq), err_status(kind));
    return body_of(rq);
}

static void test_anthropic_types(void **state)
{
    (void)state;
    static const struct { enum err_kind kind; const char *type; } cases[] = {
        {ERR_INPUT, "invalid_request_error"}, {ERR_NOT_JSON, "invalid_request_error"}, {ERR_UNAUTHENTICATED, "authentication_error"},
        {ERR_FORBIDDEN, "permission_error"}, {ERR_POLICY, "permission_error"}, {ERR_NOT_FOUND, "not_found_error"},
        {ERR_MODEL_NOT_FOUND, "not_found_error"}, {ERR_METHOD, "invalid_request_error"}, {ERR_STALE, "invalid_request_error"},
        {ERR_TOO_LARGE, "request_too_large"}, {ERR_MEDIA_TYPE, "invalid_request_error"}, {ERR_RATE, "rate_limit_error"},
        {ERR_INTERNAL, "api_error"}, {ERR_UPSTREAM, "api_error"}, {ERR_UPSTREAM_INPUT, "invalid_request_error"},
        {ERR_UPSTREAM_AUTH, "api_error"}, {ERR_DATABASE, "api_error"}, {ERR_RECORDING, "api_error"}, {ERR_BUSY, "overloaded_error"},
        {ERR_UPSTREAM_DOWN, "overloaded_error"}, {ERR_TIMEOUT, "timeout_error"}, {ERR_CANCELLED, "api_error"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request *rq = bare_request();
        struct json body = answer(rq, FACE_ANTHROPIC, cases[i].kind);
        if (!json_equal(json_at(body, "error.type"), cases[i].type))
            fail_msg("%s: %.*s", err_name(cases[i].kind), (int)body.n, body.p);
        assert_true(json_equal(json_member(body, "type"), "error"));
        assert_true(json_equal(json_member(body, "request_id"), rq->request_id));
        assert_int_equal(json_kind(json_at(body, "error.message")), JSON_STRING);
        bare_drop(rq);
    }
}

static void test_each_face(void **state)
{
    (void)state;
    struct request *rq = bare_request();
    struct json body = answer(rq, FACE_OPENAI, ERR_INPUT);
    assert_true(json_equal(json_at(body, "error.param"), "max_tokens"));
    assert_true(json_equal(json_at(body, "error.code"), "input"));
    assert_true(json_equal(json_at(body, "error.type"), "invalid_request_error"));
    body = answer(rq, FACE_OLLAMA, ERR_INPUT);
    assert_int_equal(json_count(body), 1);
    assert_int_equal(json_kind(json_member(body, "error")), JSON_STRING);
    body = answer(rq, FACE_API, ERR_INPUT);
    assert_true(json_equal(json_at(body, "error.field"), "max_tokens"));
    assert_true(json_equal(json_at(body, "error.allowed"), "1-9"));
    assert_true(json_equal(json_at(body, "error.request_id"), rq->request_id));
    bare_drop(rq);
}

/* The header Anthropic's SDKs show with an error; other callers do not get it. */
static void test_request_id_header(void **state)
{
    (void)state;
    static const enum face faces[] = {FACE_ANTHROPIC, FACE_OPENAI, FACE_OLLAMA, FACE_API};
    for (size_t i = 0; i < COUNT(faces); i++) {
        struct request *rq = bare_request();
        struct buf head;
        const char *text = NULL;
        answer(rq, faces[i], ERR_INPUT);
        response_head(rq, 400, 0, NULL, 0, &head);
        assert_true(buf_done(&head, &text, &rq->err));
        assert_true((strstr(text, "\r\nrequest-id: ") != NULL) == (faces[i] == FACE_ANTHROPIC));
        bare_drop(rq);
    }
}

int main(void)
{
    log_open(2, LOG_ERROR + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_anthropic_types),
        cmocka_unit_test(test_each_face),
        cmocka_unit_test(test_request_id_header),
    };
    return cmocka_run_group_tests(tests, bare_start, bare_stop);
}
