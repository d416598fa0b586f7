/* SPDX-License-Identifier: MIT */
#ifndef SERVE_SHAPE_H
#define SERVE_SHAPE_H
/* shape: what the known fields of a client API's body may hold, as a table. A wrong one is ERR_INPUT with field, value and what is allowed. null counts as
 * not given, as the SDKs mean it. */
#include "base/json.h"

enum shape_type { SHAPE_TEXT, SHAPE_BOOL, SHAPE_INT, SHAPE_NUMBER, SHAPE_OBJECT, SHAPE_ARRAY, SHAPE_TEXTS /* a string or an array of strings */,
                  SHAPE_ANY /* checked by who reads it */ };

struct shape_field {
    const char *name;
    enum shape_type type;
    bool required;
    int64_t min, max;                    /* of a number; characters of a text; items of an array */
};

/* At most 64 fields. Those of the table that are in ${object}; others are not looked at. */
must_check bool shape_check(struct json object, const struct shape_field *fields, struct arena *, struct err *);
/* As shape_check, and every other field is ERR_UNKNOWN_FIELD naming the known ones. */
must_check bool shape_check_all(struct json object, const struct shape_field *fields, struct arena *, struct err *);
const struct shape_field *shape_find(const struct shape_field *fields, struct json name);
/* The table as a JSON Schema, into an object that is open; ${closed}: other fields are refused. */
struct json_out;
void shape_schema(struct json_out *, const struct shape_field *fields, bool closed);
/* Set ${n} or ${x} if the value is such a number; else leave it. */
void shape_int(struct json, int64_t *n);
void shape_real(struct json, double *x);
/* A value shortened for an error. */
const char *shape_excerpt(struct json, struct arena *);

#endif
