/* SPDX-License-Identifier: MIT */
/* db_values: C values as the texts PostgreSQL reads. */
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/parse.h"
#include "db/db.h"

const char *db_int(struct arena *a, int64_t n)
{
    return arena_printf(a, "%" PRId64, n);
}

const char *db_bool(bool b)
{
    return b ? "t" : "f";
}

const char *db_time(struct arena *a, int64_t micros)
{
    char text[CLOCK_TEXT];
    if (micros == 0)
        return NULL;
    clock_rfc3339(micros, text);         /* to the second, and then all six digits */
    return arena_printf(a, "%.19s.%06dZ", text, (int)((micros % 1000000 + 1000000) % 1000000));
}

const char *db_id(const char *id)
{
    return !id || id_valid(id) ? id : "00000000-0000-0000-0000-000000000000";
}

const char *db_bytea(struct arena *a, struct bytes b)
{
    char *text = arena_alloc(a, 2 * b.n + 3);
    text[0] = '\\';
    text[1] = 'x';
    hex_write(b, text + 2);
    return text;
}

const char *db_text_array(struct arena *a, const char *const *texts, size_t n)
{
    size_t room = 3;
    for (size_t i = 0; i < n; i++)
        room += texts[i] ? 2 * strlen(texts[i]) + 3 : sizeof("NULL,");
    char *out = arena_alloc(a, room), *p = out;
    *p++ = '{';
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            *p++ = ',';
        if (!texts[i]) {
            memcpy(p, "NULL", 4);
            p += 4;
            continue;
        }
        *p++ = '"';
        for (const char *c = texts[i]; *c; c++) {
            if (*c == '"' || *c == '\\')
                *p++ = '\\';
            *p++ = *c;
        }
        *p++ = '"';
    }
    *p++ = '}';
    *p = '\0';
    return out;
}
