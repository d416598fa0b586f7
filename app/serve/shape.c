/* SPDX-License-Identifier: MIT */
#include "serve/shape.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json_write.h"
#include "base/utf8.h"

enum { NAME_LONGEST = 300 };             /* bytes of a name as written: every letter of a known one may be an escape */

static const char *const type_words[] = {"string", "true, false", "integer", "number", "object", "array", "string, array of strings", ""};

const char *shape_excerpt(struct json value, struct arena *a)
{
    size_t n = value.n > 60 ? 60 : value.n;

    if (!value.p)
        return "";
    while (n && n < value.n && ((unsigned char)value.p[n] & 0xc0) == 0x80)
        n--;
    return arena_printf(a, "%.*s%s", (int)n, value.p, n < value.n ? "…" : "");
}

static const char *range_text(const struct shape_field *f, struct arena *a)
{
    if (f->type == SHAPE_INT && f->max == INT64_MAX)
        return type_words[f->type];
    if (f->max)
        return arena_printf(a, "%s, %" PRId64 "–%" PRId64, type_words[f->type], f->min, f->max);
    return type_words[f->type];
}

static bool text_fits(struct json value, const struct shape_field *f, struct arena *a)
{
    const char *text = json_string(value, a);
    size_t n = text ? utf8_count(text) : 0;

    return text && (!f->max || ((int64_t)n >= f->min && (int64_t)n <= f->max));
}

static bool texts_fit(struct json value, const struct shape_field *f, struct arena *a)
{
    struct json_walk w = json_walk(value);
    int64_t n = (int64_t)json_count(value);

    if (json_kind(value) == JSON_STRING)
        return json_string(value, a) != NULL;
    if (json_kind(value) != JSON_ARRAY || n > f->max)
        return false;
    while (json_next(&w))
        if (!json_string(w.value, a))
            return false;
    return true;
}

static bool fits(struct json value, const struct shape_field *f, struct arena *a)
{
    double x;
    int64_t n;

    switch (f->type) {
    case SHAPE_TEXT:
        return text_fits(value, f, a);
    case SHAPE_BOOL:
        return json_kind(value) == JSON_TRUE || json_kind(value) == JSON_FALSE;
    case SHAPE_INT:
        return json_int(value, f->min, f->max, &n);
    case SHAPE_NUMBER:
        return json_real(value, &x) && x >= (double)f->min && x <= (double)f->max;
    case SHAPE_OBJECT:
        return json_kind(value) == JSON_OBJECT;
    case SHAPE_ARRAY:
        return json_kind(value) == JSON_ARRAY && (int64_t)json_count(value) >= f->min && (int64_t)json_count(value) <= f->max;
    case SHAPE_TEXTS:
        return texts_fit(value, f, a);
    case SHAPE_ANY:
        return true;
    }
    return false;
}

/* Whether ${text} is ${name}, which is in small letters, but for the case: as Unicode folds it, there are two letters beyond ASCII that become s and k. */
static bool folds_to(const char *text, const char *name)
{
    for (; *text && *name; name++) {
        bool s = strncmp(text, "\xc5\xbf", 2) == 0, k = strncmp(text, "\xe2\x84\xaa", 3) == 0;

        if ((s ? 's' : k ? 'k' : tolower((unsigned char)*text)) != *name)
            return false;
        text += s ? 2 : k ? 3 : 1;
    }
    return !*text && !*name;
}

/* A known name in other letters. Programs that do not mind the case (Go's encoding/json does not) would take it for the field itself, and in place of
 * the one that was checked: "Model" beside "model" would choose a model that nobody allowed. */
static const struct shape_field *find_in_other_case(const struct shape_field *fields, struct json name, struct arena *a)
{
    const char *text = name.n <= NAME_LONGEST ? json_string(name, a) : NULL;

    for (const struct shape_field *f = fields; text && f->name; f++)
        if (folds_to(text, f->name))
            return f;
    return NULL;
}

/* One walk, whatever the number of fields: a body may be megabytes. */
bool shape_check(struct json object, const struct shape_field *fields, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(object);
    uint64_t given = 0;

    while (json_next(&w)) {
        const struct shape_field *f = shape_find(fields, w.name), *meant = f ? NULL : find_in_other_case(fields, w.name, a);

        if (meant)
            return fail_field(err, json_string(w.name, a), shape_excerpt(w.value, a), meant->name);
        if (!f || json_kind(w.value) == JSON_NULL)
            continue;
        if (!fits(w.value, f, a))
            return fail_field(err, f->name, shape_excerpt(w.value, a), range_text(f, a));
        given |= (uint64_t)1 << (f - fields);
    }
    for (const struct shape_field *f = fields; f->name; f++)
        if (f->required && !(given >> (f - fields) & 1))
            return fail_field_as(err, "error.missing_field", f->name, "", range_text(f, a));
    return true;
}

const struct shape_field *shape_find(const struct shape_field *fields, struct json name)
{
    for (const struct shape_field *f = fields; f->name; f++)
        if (json_equal(name, f->name))
            return f;
    return NULL;
}

static bool fail_unknown(struct json name, const struct shape_field *fields, struct arena *a, struct err *err)
{
    const char *known = "";

    for (const struct shape_field *f = fields; f->name; f++)
        known = arena_printf(a, "%s%s%s", known, *known ? ", " : "", f->name);
    fail_field(err, json_string(name, a), "", known);
    err->kind = ERR_UNKNOWN_FIELD;
    return false;
}

bool shape_check_all(struct json object, const struct shape_field *fields, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(object);

    while (json_next(&w))
        if (!shape_find(fields, w.name))
            return fail_unknown(w.name, fields, a, err);
    return shape_check(object, fields, a, err);
}

void shape_int(struct json value, int64_t *n)
{
    int64_t found;

    if (value.p && json_int(value, INT64_MIN + 1, INT64_MAX, &found))
        *n = found;
}

void shape_real(struct json value, double *x)
{
    double found;

    if (value.p && json_real(value, &found))
        *x = found;
}

static void put_range(struct json_out *out, const struct shape_field *f)
{
    static const char *const names[][2] = {
        [SHAPE_TEXT] = {"minLength", "maxLength"}, [SHAPE_INT] = {"minimum", "maximum"}, [SHAPE_NUMBER] = {"minimum", "maximum"},
        [SHAPE_ARRAY] = {"minItems", "maxItems"}, [SHAPE_TEXTS] = {NULL, NULL},
    };

    if (!f->max || f->max == INT64_MAX || f->type == SHAPE_BOOL || f->type == SHAPE_OBJECT || f->type == SHAPE_TEXTS)
        return;
    json_member_put_int(out, names[f->type][0], f->min);
    json_member_put_int(out, names[f->type][1], f->max);
}

static void put_field(struct json_out *out, const struct shape_field *f)
{
    static const char *const types[] = {
        [SHAPE_TEXT] = "string", [SHAPE_BOOL] = "boolean", [SHAPE_INT] = "integer", [SHAPE_NUMBER] = "number",
        [SHAPE_OBJECT] = "object", [SHAPE_ARRAY] = "array",
    };

    json_name(out, f->name);
    if (f->type == SHAPE_TEXTS) {
        json_put_raw(out, bytes_of("{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"items\":{\"type\":\"string\"}}]}"));
        return;
    }
    json_begin_object(out);
    if (f->type == SHAPE_ANY) {
        json_end_object(out);
        return;
    }
    json_member_text(out, "type", types[f->type]);
    if (f->type == SHAPE_ARRAY) {
        json_name(out, "items");
        json_put_raw(out, bytes_of("{\"type\":\"object\"}"));
    }
    put_range(out, f);
    json_end_object(out);
}

void shape_schema(struct json_out *out, const struct shape_field *fields, bool closed)
{
    json_member_text(out, "type", "object");
    json_member_put_bool(out, "additionalProperties", !closed);
    json_name(out, "properties");
    json_begin_object(out);
    for (const struct shape_field *f = fields; f->name; f++)
        put_field(out, f);
    json_end_object(out);
    json_name(out, "required");
    json_begin_array(out);
    for (const struct shape_field *f = fields; f->name; f++)
        if (f->required)
            json_put_text(out, f->name);
    json_end_array(out);
}
