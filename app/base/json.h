/* SPDX-License-Identifier: MIT */
#ifndef BASE_JSON_H
#define BASE_JSON_H
/* json: reading. A text is checked once, strictly (RFC 8259: no duplicate names, valid UTF-8, no lone
 * surrogates, bounded depth, nothing after the value), and then walked as slices of the checked text: no tree,
 * no copies, so a request of megabytes costs one pass. Trees for configuration and catalogues come from json-c, after the
 * same check (json_tree). Writing is json_write.h. */
#include "base/base.h"

struct arena;
struct err;
struct json_object;                 /* json-c's */

enum json_kind { JSON_NONE, JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* A value inside a checked text. The zero value (JSON_NONE) is "not there" and can be asked anything. */
struct json {
    const char *p;                  /* its first byte: {, [, ", a digit, … */
    size_t n;                       /* bytes, without white space around */
};

struct json_limits {
    size_t depth;                   /* objects and arrays inside each other; 0 = 64, at most 512 */
    bool allow_nul;                 /* \u0000 in strings; refused unless set, since C and SQL texts end there */
};

/* Check ${text} and give its outermost value. ERR_NOT_UTF8 or ERR_NOT_JSON with line, column and reason.
 * The slice points into ${text}, which must outlive it. ${limits} NULL = defaults. Takes time in proportion to the
 * text whatever stands in it; no memory, except that very many names in open objects take up to 24 bytes each until
 * it returns. */
must_check bool json_check(struct bytes text, const struct json_limits *limits, struct json *value_r, struct err *);

enum json_kind json_kind(struct json);
/* The member ${name} of an object, or the value with p == NULL. Names are compared decoded. */
struct json json_member(struct json object, const char *name);
/* Several members in one walk: values[i] becomes that of names[i], p == NULL where there is none. ${names} ends with NULL. */
void json_members(struct json object, const char *const names[], struct json values[]);
/* Follow a path of member names and array positions, "choices.0.delta.content"; p == NULL if any part is missing. */
struct json json_at(struct json value, const char *path);

/* Walk an object or array:  struct json_walk w = json_walk(v); while (json_next(&w)) … w.name, w.value … */
struct json_walk {
    const char *p, *end;
    struct json name;               /* of an object's member: the string slice with its quotes */
    struct json value;
    size_t i;                       /* position, from 0 */
};
struct json_walk json_walk(struct json object_or_array);
bool json_next(struct json_walk *);
size_t json_count(struct json object_or_array);

/* The decoded text of a string, length given, NUL added; without escapes it is still copied. NULL unless a string. */
const char *json_text(struct json, struct arena *, size_t *n_r);
/* As json_text for values that must not hold NUL; NULL if not a string. */
const char *json_string(struct json, struct arena *);
/* Whether a string equals ${text} when decoded. */
bool json_equal(struct json, const char *text);
/* The inside of a string as written, still escaped, for passing on unchanged. */
struct bytes json_escaped(struct json);
/* Numbers; false if not a number, not whole or out of range (no clamping). Whole is what it means, not how it is
 * written: 1000, 1e3, 1000.0. */
must_check bool json_int(struct json, int64_t min, int64_t max, int64_t *n_r);
/* False too if it is beyond a double (1e999) or written with more than 500 bytes. */
must_check bool json_real(struct json, double *n_r);
/* The value of a member that must be a number of tokens, microseconds, …: ${missing} if it is not there, null or out of range. */
int64_t json_member_int(struct json object, const char *name, int64_t missing);
bool json_is_true(struct json);
struct bytes json_bytes(struct json);

/* Check and build a json-c tree tied to ${arena}. json-c's NULL is the text "null". Integers beyond 64 bits are clamped
 * by json-c: for configuration, not for accounts. */
must_check bool json_tree(struct bytes text, struct arena *, struct json_object **tree_r, struct err *);

#endif
