/* SPDX-License-Identifier: MIT */
#ifndef BASE_FIELD_H
#define BASE_FIELD_H
/* field: one description of a struct for database rows, templates, JSON and forms. A table of FIELD rows ends
 * with FIELD_END. A member of a type that has no row here does not compile. */
#include "base/base.h"

enum field_type {
    FIELD_TEXT,     /* const char *; NULL is SQL null, JSON null, an empty section */
    FIELD_INT,      /* int64_t */
    FIELD_REAL,     /* double */
    FIELD_BOOL,     /* bool */
    FIELD_TIME,     /* int64_t, microseconds since 1970 UTC, 0 = never; JSON RFC 3339 with Z, or null */
    FIELD_RAW,      /* const char * holding checked JSON: written as it is to JSON; jsonb in the database */
    FIELD_LIST,     /* struct list of structs described by ${item} */
    FIELD_STRUCT,   /* a struct inside, described by ${item}; templates say {{outer.inner}} */
};

enum field_face {
    FACE_BOTH,
    FACE_PAGE,      /* only templates see it: formatted texts, permissions, marks */
    FACE_JSON,      /* only JSON sees it */
};

struct field {
    const char *name;
    size_t offset;
    enum field_type type;
    enum field_face face;
    const struct field *item;
    size_t item_size;
};

#define FIELD_TYPE_OF(S, m) _Generic(((S *)0)->m, const char *: FIELD_TEXT, int64_t: FIELD_INT, \
                                     double: FIELD_REAL, bool: FIELD_BOOL)
/* One evaluated only for its type: fails to compile unless the member is of type T. */
#define FIELD_MUST_BE(S, m, T) (0 * sizeof(char[_Generic(((S *)0)->m, T: 1)]))

#define FIELD(S, m)             {.name = #m, .offset = offsetof(S, m), .type = FIELD_TYPE_OF(S, m)}
#define FIELD_AS(S, m, n)       {.name = n, .offset = offsetof(S, m), .type = FIELD_TYPE_OF(S, m)}
#define FIELD_PAGE(S, m)        {.name = #m, .offset = offsetof(S, m), .type = FIELD_TYPE_OF(S, m), .face = FACE_PAGE}
#define FIELD_TIME(S, m)        {.name = #m, .offset = offsetof(S, m) + FIELD_MUST_BE(S, m, int64_t), .type = FIELD_TIME}
#define FIELD_TIME_AS(S, m, n)  {.name = n, .offset = offsetof(S, m) + FIELD_MUST_BE(S, m, int64_t), .type = FIELD_TIME}
#define FIELD_RAW(S, m)         {.name = #m, .offset = offsetof(S, m) + FIELD_MUST_BE(S, m, const char *), .type = FIELD_RAW}
#define FIELD_RAW_AS(S, m, n)   {.name = n, .offset = offsetof(S, m) + FIELD_MUST_BE(S, m, const char *), .type = FIELD_RAW}
#define FIELD_LIST(S, m, fields, T) {.name = #m, .offset = offsetof(S, m) + FIELD_MUST_BE(S, m, struct list), \
                                     .type = FIELD_LIST, .item = fields, .item_size = sizeof(T)}
#define FIELD_LIST_PAGE(S, m, fields, T) {.name = #m, .offset = offsetof(S, m) + FIELD_MUST_BE(S, m, struct list), \
                                     .type = FIELD_LIST, .face = FACE_PAGE, .item = fields, .item_size = sizeof(T)}
#define FIELD_STRUCT(S, m, fields) {.name = #m, .offset = offsetof(S, m), .type = FIELD_STRUCT, .item = fields, \
                                    .item_size = sizeof(((S *)0)->m)}
#define FIELD_STRUCT_PAGE(S, m, fields) {.name = #m, .offset = offsetof(S, m), .type = FIELD_STRUCT, .face = FACE_PAGE, \
                                    .item = fields, .item_size = sizeof(((S *)0)->m)}
#define FIELD_END {.name = NULL}

/* The row named ${name}, or NULL. */
const struct field *field_find(const struct field *fields, const char *name);
/* Typed reads of the member a row describes, in the struct at ${row}. */
const char *field_text(const struct field *, const void *row);
int64_t field_int(const struct field *, const void *row);
double field_real(const struct field *, const void *row);
bool field_bool(const struct field *, const void *row);
const struct list *field_list(const struct field *, const void *row);
const void *field_struct(const struct field *, const void *row);

#endif
