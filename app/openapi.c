/* SPDX-License-Identifier: MIT */
#include "openapi.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/field.h"
#include "base/json_write.h"
#include "routes.h"
#include "web/catalogue.h"
#include "web/form.h"
#include "web/request.h"
#include "web/router.h"

struct listing {
    struct request *rq;
    struct json_out *out;
    const char *path;                    /* being written; rows of one path follow each other after sorting */
};

/* One address of the table. */
struct address {
    const struct route *route;
    enum method method;
    const char *path;
    const char *shown;                   /* as OpenAPI writes it: rows that differ only in ":id" and ":id*" are one */
    enum face face;
};

static void put_type(struct json_out *out, const char *type, const char *format)
{
    json_member_text(out, "type", type);
    if (format)
        json_member_text(out, "format", format);
}

static void put_row_schema(struct json_out *out, const struct field *fields);

static void put_field_schema(struct json_out *out, const struct field *f)
{
    switch (f->type) {
    case FIELD_TEXT:
        put_type(out, "string", NULL);
        break;
    case FIELD_INT:
        put_type(out, "integer", "int64");
        break;
    case FIELD_REAL:
        put_type(out, "number", "double");
        break;
    case FIELD_BOOL:
        put_type(out, "boolean", NULL);
        break;
    case FIELD_TIME:
        put_type(out, "string", "date-time");
        break;
    case FIELD_RAW:
        break;
    case FIELD_LIST:
        put_type(out, "array", NULL);
        json_name(out, "items");
        json_begin_object(out);
        put_row_schema(out, f->item);
        json_end_object(out);
        break;
    case FIELD_STRUCT:
        put_row_schema(out, f->item);
        break;
    }
}

static void put_row_schema(struct json_out *out, const struct field *fields)
{
    put_type(out, "object", NULL);
    json_name(out, "properties");
    json_begin_object(out);
    for (const struct field *f = fields; f && f->name; f++) {
        if (f->face == FACE_PAGE)
            continue;
        json_name(out, f->name);
        json_begin_object(out);
        put_field_schema(out, f);
        if (f->type == FIELD_TEXT || f->type == FIELD_TIME)
            json_member_put_bool(out, "nullable", true);
        json_end_object(out);
    }
    json_end_object(out);
}

static void put_words(struct json_out *out, const char *const *words)
{
    json_name(out, "enum");
    json_begin_array(out);
    for (; words && *words; words++)
        json_put_text(out, *words);
    json_end_array(out);
}

static void put_form_field(struct json_out *out, const struct form_field *f)
{
    static const char *const types[] = {
        [FORM_TEXT] = "string", [FORM_SECRET] = "string", [FORM_INT] = "integer", [FORM_MONEY] = "integer", [FORM_BOOL] = "boolean", [FORM_WORD] = "string",
        [FORM_LINES] = "array", [FORM_PAIRS] = "object",
    };

    json_member_text(out, "type", types[f->type]);
    if (f->type == FORM_SECRET)
        json_member_put_bool(out, "writeOnly", true);
    if (f->type == FORM_WORD)
        put_words(out, f->words);
    if (f->type == FORM_LINES)
        json_name(out, "items"), json_put_raw(out, bytes_of("{\"type\":\"string\"}"));
    if (f->type == FORM_PAIRS)
        json_name(out, "additionalProperties"), json_put_raw(out, bytes_of("{\"type\":\"string\",\"nullable\":true}"));
    if (f->type == FORM_INT || f->type == FORM_MONEY) {
        json_member_put_int(out, "minimum", f->min);
        json_member_put_int(out, "maximum", f->max);
    } else if (f->type == FORM_TEXT || f->type == FORM_SECRET) {
        json_member_put_int(out, "maxLength", f->max ? f->max : 200);
    }
}

static void put_form_schema(struct json_out *out, const struct form_field *form)
{
    put_type(out, "object", NULL);
    json_member_put_bool(out, "additionalProperties", false);
    json_name(out, "properties");
    json_begin_object(out);
    for (const struct form_field *f = form; f->name; f++) {
        json_name(out, f->name);
        json_begin_object(out);
        put_form_field(out, f);
        json_end_object(out);
    }
    json_end_object(out);
    json_name(out, "required");
    json_begin_array(out);
    for (const struct form_field *f = form; f->name; f++)
        if (f->required)
            json_put_text(out, f->name);
    json_end_array(out);
}

static void put_body(struct json_out *out, const struct route *route)
{
    if (!route->form && !route->schema)
        return;
    json_name(out, "requestBody");
    json_begin_object(out);
    json_member_put_bool(out, "required", true);
    json_name(out, "content");
    json_begin_object(out);
    json_name(out, "application/json");
    json_begin_object(out);
    json_name(out, "schema");
    json_begin_object(out);
    if (route->schema)
        route->schema(out);
    else
        put_form_schema(out, route->form);
    json_end_object(out);
    json_end_object(out);
    json_end_object(out);
    json_end_object(out);
}

/* "/api/v1/runs/:id" → "/api/v1/runs/{id}" */
static const char *braced(const char *path, struct arena *a)
{
    struct buf buf = buf_new(a, 512);
    const char *text;
    struct err ignored = {0};
    bool open = false;

    for (; *path; path++) {
        if (*path == ':') {
            buf_char(&buf, '{');
            open = true;
        } else {
            if (*path == '*')
                continue;
            if (open && *path == '/') {
                buf_char(&buf, '}');
                open = false;
            }
            buf_char(&buf, *path);
        }
    }
    if (open)
        buf_char(&buf, '}');
    return buf_done(&buf, &text, &ignored) ? text : "";
}

static void put_parameters(struct json_out *out, const char *path, struct arena *a)
{
    const char *at = path;

    if (!strchr(path, ':'))
        return;
    json_name(out, "parameters");
    json_begin_array(out);
    while ((at = strchr(at, ':'))) {
        size_t n = strcspn(++at, "/*");

        json_begin_object(out);
        json_member_text(out, "name", arena_copy(a, at, n));
        json_member_text(out, "in", "path");
        json_member_put_bool(out, "required", true);
        json_name(out, "schema");
        json_put_raw(out, bytes_of("{\"type\":\"string\"}"));
        json_end_object(out);
    }
    json_end_array(out);
}

static void put_responses(struct json_out *out, const struct route *route)
{
    json_name(out, "responses");
    json_begin_object(out);
    json_name(out, "2XX");
    json_begin_object(out);
    json_member_text(out, "description", "OK");
    if (route->view) {
        json_name(out, "content");
        json_begin_object(out);
        json_name(out, "application/json");
        json_begin_object(out);
        json_name(out, "schema");
        json_begin_object(out);
        put_row_schema(out, route->view);
        json_end_object(out);
        json_end_object(out);
        json_end_object(out);
    }
    json_end_object(out);
    json_name(out, "default");
    json_put_raw(out, bytes_of("{\"$ref\":\"#/components/responses/error\"}"));
    json_end_object(out);
}

static void put_operation(struct listing *l, const struct address *at)
{
    static const char *const methods[] = {[GET] = "get", [POST] = "post", [PUT] = "put", [PATCH] = "patch", [DELETE] = "delete"};
    struct json_out *out = l->out;

    json_name(out, methods[at->method]);
    json_begin_object(out);
    json_member_text(out, "summary", request_message(l->rq, at->route->help, NULL));
    put_parameters(out, at->path, l->rq->arena);
    put_body(out, at->route);
    put_responses(out, at->route);
    if (at->route->may == ANYONE) {
        json_name(out, "security");
        json_begin_array(out);
        json_end_array(out);
    }
    json_end_object(out);
}

struct collected {
    struct address at[256];
    size_t n;
};

static void collect(void *arg, const struct route *route, enum method method, const char *path, enum face face)
{
    struct collected *c = arg;

    if (route->help && face != FACE_HTML && method <= DELETE && c->n < COUNT(c->at))
        c->at[c->n++] = (struct address){route, method, path, NULL, face};
}

static bool seen_before(const struct collected *c, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(c->at[k].shown, c->at[i].shown) == 0)
            return true;
    return false;
}

static void put_paths(struct listing *l, const struct collected *c)
{
    json_name(l->out, "paths");
    json_begin_object(l->out);
    for (size_t i = 0; i < c->n; i++) {
        if (seen_before(c, i))
            continue;
        json_name(l->out, c->at[i].shown);
        json_begin_object(l->out);
        for (size_t k = i; k < c->n; k++)
            if (strcmp(c->at[k].shown, c->at[i].shown) == 0)
                put_operation(l, &c->at[k]);
        json_end_object(l->out);
    }
    json_end_object(l->out);
}

static const char components[] =
    "{\"securitySchemes\":{\"key\":{\"type\":\"http\",\"scheme\":\"bearer\"}},"
    "\"responses\":{\"error\":{\"description\":\"Error\",\"content\":{\"application/json\":{\"schema\":{\"type\":\"object\",\"properties\":"
    "{\"error\":{\"type\":\"object\",\"properties\":{\"code\":{\"type\":\"string\"},\"message\":{\"type\":\"string\"},"
    "\"field\":{\"type\":\"string\"},\"value\":{\"type\":\"string\"},\"allowed\":{\"type\":\"string\"},"
    "\"request_id\":{\"type\":\"string\"}}}}}}}}}}";

bool openapi_page(struct request *rq)
{
    struct buf buf = buf_new(rq->arena, 4 << 20);
    struct json_out out = json_out(&buf);
    struct listing listing = {.rq = rq, .out = &out};
    struct collected *c = NEW(rq->arena, struct collected);
    const char *text;

    router_each(routes, collect, c);
    for (size_t i = 0; i < c->n; i++)
        c->at[i].shown = braced(c->at[i].path, rq->arena);
    json_begin_object(&out);
    json_member_text(&out, "openapi", "3.0.3");
    json_name(&out, "info");
    json_put_raw(&out, bytes_of("{\"title\":\"Moongate\",\"version\":\"1\"}"));
    json_name(&out, "security");
    json_put_raw(&out, bytes_of("[{\"key\":[]}]"));
    put_paths(&listing, c);
    json_name(&out, "components");
    json_put_raw(&out, bytes_of(components));
    json_end_object(&out);
    return buf_done(&buf, &text, &rq->err) && response_text(rq, 200, "application/json", buf_view(&buf));
}
