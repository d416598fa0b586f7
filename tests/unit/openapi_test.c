/* SPDX-License-Identifier: MIT */
#include "openapi.h"

#include <stdio.h>

#include "base/json.h"
#include "property.h"
#include "routes.h"
#include "web/router.h"
#include "web_request.h"

static struct err err;
static struct json document;
static struct request *rq;

static int begin(void **state)
{
    if (bare_start(state) != 0)
        return -1;
    rq = bare_request();
    if (!openapi_page(rq))
        return -1;
    /* the check refuses a name that is there twice, so no operation hides another */
    return json_check(buf_view(&rq->out.body), NULL, &document, &err) ? 0 : (print_error("%s\n", err.text), -1);
}

static int end(void **state)
{
    bare_drop(rq);
    return bare_stop(state);
}

struct looked {
    size_t n, missing;
};

static const char *braced(const char *path)
{
    char *out = arena_alloc(rq->arena, 2 * strlen(path) + 2), *o = out;
    bool open = false;
    for (; *path; path++) {
        if (*path == '*')
            continue;
        if (open && *path == '/')
            *o++ = '}', open = false;
        *o++ = *path == ':' ? '{' : *path;
        open = open || *path == ':';
    }
    if (open)
        *o = '}';
    return out;
}

static void look(void *arg, const struct route *route, enum method method, const char *path, enum face face)
{
    static const char *const methods[] = {[GET] = "get", [POST] = "post", [PUT] = "put", [PATCH] = "patch", [DELETE] = "delete"};
    struct looked *looked = arg;
    if (face == FACE_HTML || face == FACE_PLAIN || method > DELETE)
        return;
    looked->n++;
    struct json operation = json_member(json_member(json_member(document, "paths"), braced(path)), methods[method]);
    if (!operation.p) {
        print_error("%s %s is not described\n", methods[method], path);
        looked->missing++;
        return;
    }
    size_t names = 0;
    for (const char *c = path; *c; c++)
        names += *c == ':';
    assert_int_equal(json_count(json_member(operation, "parameters")), names);
    assert_true(json_kind(json_member(operation, "summary")) == JSON_STRING && json_escaped(json_member(operation, "summary")).n > 3);
    assert_true(json_member(json_member(operation, "responses"), "default").p != NULL);
    assert_true((json_member(operation, "security").p != NULL) == (route->may == ANYONE));
    assert_true((json_member(operation, "requestBody").p != NULL) == (route->form || route->schema));
}

/* Every address that answers with JSON is there, with its parameters and what may be sent. */
static void test_every_address(void **state)
{
    (void)state;
    struct looked looked = {0};
    router_each(routes, look, &looked);
    assert_true(looked.n > 5);
    assert_int_equal(looked.missing, 0);
}

static void walk(struct json value, size_t *schemas)
{
    struct json type = json_member(value, "type"), least = json_member(value, "minimum"), most = json_member(value, "maximum");
    double from, to;
    if (json_kind(type) == JSON_STRING && json_kind(value) == JSON_OBJECT) {
        ++*schemas;
        if (json_equal(type, "array"))
            assert_true(json_kind(json_member(value, "items")) == JSON_OBJECT);
        if (least.p && most.p && json_real(least, &from) && json_real(most, &to))
            assert_true(from <= to);
        struct json_walk needed = json_walk(json_member(value, "required"));
        while (json_next(&needed) && json_kind(json_member(value, "properties")) == JSON_OBJECT)
            assert_true(json_member(json_member(value, "properties"), json_string(needed.value, rq->arena)).p != NULL);
    }
    struct json reference = json_member(value, "$ref");
    if (json_kind(reference) == JSON_STRING)
        assert_true(json_equal(reference, "#/components/responses/error"));
    struct json_walk w = json_walk(value);
    while ((json_kind(value) == JSON_OBJECT || json_kind(value) == JSON_ARRAY) && json_next(&w))
        walk(w.value, schemas);
}

static void test_every_schema(void **state)
{
    (void)state;
    size_t schemas = 0;
    walk(document, &schemas);
    assert_true(schemas > 20);
    assert_true(json_at(document, "components.responses.error").p != NULL);
    assert_true(json_equal(json_member(document, "openapi"), "3.0.3"));
}

/* Secrets go in and never come out. */
static void test_secrets_are_write_only(void **state)
{
    (void)state;
    struct json provider = json_member(json_member(json_member(json_member(json_member(json_member(json_member(document, "paths"), "/api/v1/providers"),
        "post"), "requestBody"), "content"), "application/json"), "schema");
    struct json secret = json_member(json_member(provider, "properties"), "secret");
    assert_true(json_is_true(json_member(secret, "writeOnly")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_address),
        cmocka_unit_test(test_every_schema),
        cmocka_unit_test(test_secrets_are_write_only),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
