/* SPDX-License-Identifier: MIT */
/* json_row: structs as objects, by the same FIELD rows that the database and the templates use. Declared in
 * json_write.h. */
#include "base/json_write.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/field.h"
#include "base/json.h"

static void put_member(struct json_out *out, const struct field *f, const void *row)
{
    switch (f->type) {
    case FIELD_TEXT:
        json_put_text(out, field_text(f, row));
        break;
    case FIELD_INT:
        json_put_int(out, field_int(f, row));
        break;
    case FIELD_REAL:
        json_put_real(out, field_real(f, row));
        break;
    case FIELD_BOOL:
        json_put_bool(out, field_bool(f, row));
        break;
    case FIELD_TIME:
        json_put_time(out, field_int(f, row));
        break;
    case FIELD_RAW:
        json_put_raw(out, bytes_of(field_text(f, row)));
        break;
    case FIELD_LIST:
        json_put_list(out, f->item, f->item_size, *field_list(f, row));
        break;
    case FIELD_STRUCT:
        json_put_row(out, f->item, field_struct(f, row));
        break;
    }
}

void json_put_row(struct json_out *out, const struct field *fields, const void *row)
{
    json_begin_object(out);
    for (const struct field *f = fields; f->name; f++)
        if (f->face != FACE_PAGE) {
            json_plain_name(out, f->name);
            put_member(out, f, row);
        }
    json_end_object(out);
}

void json_put_list(struct json_out *out, const struct field *fields, size_t item_size, struct list list)
{
    json_begin_array(out);
    for (size_t i = 0; i < list.n; i++)
        json_put_row(out, fields, (const char *)list.items + i * item_size);
    json_end_array(out);
}

static bool get_text(struct json value, struct arena *a, const char **text_r)
{
    return (*text_r = json_string(value, a)) != NULL;
}

static bool get_time(struct json value, struct arena *a, int64_t *micros_r)
{
    const char *text = json_string(value, a);
    return text && clock_parse(text, micros_r);
}

static bool get_bool(struct json value, bool *b_r)
{
    *b_r = json_is_true(value);
    return *b_r || json_kind(value) == JSON_FALSE;
}

static bool get_list(struct json value, const struct field *f, struct arena *a, struct list *list_r, struct err *err)
{
    struct list list = {.n = json_count(value)};
    list.items = arena_array(a, list.n, f->item_size);
    for (struct json_walk w = json_walk(value); json_next(&w);)
        if (!json_get_row(w.value, f->item, a, (char *)list.items + w.i * f->item_size, err))
            return false;
    *list_r = list;
    return true;
}

/* What a member of each type looks like in JSON, for the message. */
static const char *const looks[] = {
    [FIELD_TEXT] = "string", [FIELD_INT] = "integer", [FIELD_REAL] = "number", [FIELD_BOOL] = "true, false",
    [FIELD_TIME] = "RFC 3339", [FIELD_RAW] = "JSON", [FIELD_LIST] = "array", [FIELD_STRUCT] = "object",
};

static bool other_type(const struct field *f, struct err *err)
{
    return fail_field(err, f->name, NULL, looks[f->type]);
}

static bool get_member(struct json value, const struct field *f, struct arena *a, void *row, struct err *err)
{
    void *member = (char *)row + f->offset;
    bool ok = false;
    switch (f->type) {
    case FIELD_TEXT:
        ok = get_text(value, a, member);
        break;
    case FIELD_INT:
        ok = json_int(value, INT64_MIN, INT64_MAX, member);
        break;
    case FIELD_REAL:
        ok = json_real(value, member);
        break;
    case FIELD_BOOL:
        ok = get_bool(value, member);
        break;
    case FIELD_TIME:
        ok = get_time(value, a, member);
        break;
    case FIELD_RAW:
        *(const char **)member = arena_copy(a, value.p, value.n);
        ok = true;
        break;
    case FIELD_LIST:
        if (json_kind(value) == JSON_ARRAY)
            return get_list(value, f, a, member, err);
        break;
    case FIELD_STRUCT:
        if (json_kind(value) == JSON_OBJECT)
            return json_get_row(value, f->item, a, member, err);
        break;
    }
    return ok || other_type(f, err);
}

static const struct field *row_of(const struct field *fields, struct json name)
{
    for (const struct field *f = fields; f->name; f++)
        if (f->face != FACE_PAGE && json_equal(name, f->name))
            return f;
    return NULL;
}

bool json_get_row(struct json object, const struct field *fields, struct arena *a, void *row, struct err *err)
{
    if (json_kind(object) != JSON_OBJECT)
        return fail_field(err, "", NULL, "object");
    for (struct json_walk w = json_walk(object); json_next(&w);) {
        const struct field *f = row_of(fields, w.name);
        if (f && json_kind(w.value) != JSON_NULL && !get_member(w.value, f, a, row, err))
            return false;
    }
    return true;
}
