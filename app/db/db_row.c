/* SPDX-License-Identifier: MIT */
/* db_row: columns meet struct members by name. Rows of FIELD tables that pages add (FACE_PAGE, lists, structs) have no column. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/parse.h"
#include "db/db_private.h"

static bool has_column(const struct field *f)
{
    return f->face != FACE_PAGE && f->type != FIELD_LIST && f->type != FIELD_STRUCT;
}

static int column_named(const PGresult *result, const char *name)
{
    for (int c = 0; c < PQnfields(result); c++)
        if (strcmp(PQfname(result, c), name) == 0)
            return c;
    return -1;
}

bool columns_find(const struct sql *sql, const PGresult *result, struct columns *columns_r, struct err *err)
{
    size_t i = 0;
    for (const struct field *f = sql->row; f->name; f++, i++) {
        if (i == COUNT(columns_r->at))
            return fail(err, ERR_INTERNAL, "%s: more than %zu fields", sql->name, COUNT(columns_r->at));
        columns_r->at[i] = has_column(f) ? column_named(result, f->name) : -1;
        if (has_column(f) && columns_r->at[i] < 0)
            return fail(err, ERR_INTERNAL, "%s: no column for field %s", sql->name, f->name);
    }
    return true;
}

/* Column ${text} into the member; the values come from our own tables, so one that does not fit is our mistake. */
static bool fill(const struct field *f, const char *text, void *row, struct err *err)
{
    char *member = (char *)row + f->offset;
    switch (f->type) {
    case FIELD_TEXT:
    case FIELD_RAW:
        *(const char **)(void *)member = text;
        return true;
    case FIELD_INT:
        return parse_int(text, INT64_MIN, INT64_MAX, f->name, (int64_t *)(void *)member, err);
    case FIELD_REAL:
        *(double *)(void *)member = strtod(text, NULL);
        return true;
    case FIELD_BOOL:
        *(bool *)member = text[0] == 't';
        return true;
    case FIELD_TIME:
        return clock_parse(text, (int64_t *)(void *)member) || fail(err, ERR_INTERNAL, "field %s: no time", f->name);
    case FIELD_LIST:
    case FIELD_STRUCT:
        break;
    }
    return fail(err, ERR_INTERNAL, "field %s: no column can fill it", f->name);
}

bool columns_fill(const struct sql *sql, const struct columns *columns, const PGresult *result, int row, void *row_r,
                  struct err *err)
{
    size_t i = 0;
    for (const struct field *f = sql->row; f->name; f++, i++) {
        int c = columns->at[i];
        if (c < 0 || PQgetisnull(result, row, c))
            continue;
        if (!fill(f, PQgetvalue(result, row, c), row_r, err)) {
            err->kind = ERR_INTERNAL;
            return false;
        }
    }
    return true;
}

/* Numbers from pg_type.dat, which never change. */
bool columns_fit(enum field_type type, unsigned oid)
{
    switch (type) {
    case FIELD_TEXT: return oid == 25 || oid == 19 || oid == 1043 || oid == 2950;                /* text, name, varchar, uuid */
    case FIELD_INT:  return oid == 20 || oid == 21 || oid == 23;                                 /* int8, int2, int4 */
    case FIELD_REAL: return oid == 700 || oid == 701 || oid == 1700;                             /* float4, float8, numeric */
    case FIELD_BOOL: return oid == 16;
    case FIELD_TIME: return oid == 1184;                                                         /* timestamptz */
    case FIELD_RAW:  return oid == 114 || oid == 3802;                                           /* json, jsonb */
    case FIELD_LIST:
    case FIELD_STRUCT:
        break;
    }
    return false;
}
