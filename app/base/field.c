/* SPDX-License-Identifier: MIT */
/* field: reading a struct through its table. Asking a member for another type than it has is our own mistake,
 * so it ends the process. */
#include "base/field.h"

#include <assert.h>
#include <string.h>

const struct field *field_find(const struct field *fields, const char *name)
{
    for (const struct field *f = fields; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

static const void *member(const struct field *f, const void *row)
{
    return (const char *)row + f->offset;
}

const char *field_text(const struct field *f, const void *row)
{
    assert(f->type == FIELD_TEXT || f->type == FIELD_RAW);
    return *(const char *const *)member(f, row);
}

int64_t field_int(const struct field *f, const void *row)
{
    assert(f->type == FIELD_INT || f->type == FIELD_TIME);
    return *(const int64_t *)member(f, row);
}

double field_real(const struct field *f, const void *row)
{
    assert(f->type == FIELD_REAL);
    return *(const double *)member(f, row);
}

bool field_bool(const struct field *f, const void *row)
{
    assert(f->type == FIELD_BOOL);
    return *(const bool *)member(f, row);
}

const struct list *field_list(const struct field *f, const void *row)
{
    assert(f->type == FIELD_LIST);
    return member(f, row);
}

const void *field_struct(const struct field *f, const void *row)
{
    assert(f->type == FIELD_STRUCT);
    return member(f, row);
}
