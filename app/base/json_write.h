/* SPDX-License-Identifier: MIT */
#ifndef BASE_JSON_WRITE_H
#define BASE_JSON_WRITE_H
/* json_write: JSON onto a buf; commas are its own business. Strings are escaped so that the text is also safe
 * inside <script type="application/json"> (< > & U+2028 U+2029 as \u escapes). Invalid UTF-8 becomes U+FFFD. */
#include "base/buf.h"
#include "base/json.h"

struct field;

struct json_out {
    struct buf *buf;
    bool comma;
};

struct json_out json_out(struct buf *);
void json_begin_object(struct json_out *);
void json_end_object(struct json_out *);
void json_begin_array(struct json_out *);
void json_end_array(struct json_out *);
void json_name(struct json_out *, const char *name);
/* The same for a name of ours that needs no escapes, as those of FIELD rows: half the cost. */
void json_plain_name(struct json_out *, const char *name);
/* Values; text NULL is null. */
void json_put_text(struct json_out *, const char *text);
void json_put_bytes(struct json_out *, struct bytes);      /* as a string */
void json_put_pieces(struct json_out *, const struct bytes pieces[], size_t n);     /* as one string; none is cut inside a character */
void json_put_int(struct json_out *, int64_t);
void json_put_real(struct json_out *, double);             /* shortest text that reads back the same; not finite = null */
void json_put_float(struct json_out *, float);
void json_put_bool(struct json_out *, bool);
void json_put_time(struct json_out *, int64_t micros);     /* RFC 3339 UTC with milliseconds and Z; 0 = null */
void json_put_raw(struct json_out *, struct bytes json);   /* checked JSON, as it is; empty = null */
/* A member as another text wrote it: its name (a string slice) and value, both checked. */
void json_put_pair(struct json_out *, struct json name, struct json value);
/* A struct as an object, by its FIELD rows (rows with FACE_PAGE are left out); and a list as an array. */
void json_put_row(struct json_out *, const struct field *fields, const void *row);
void json_put_list(struct json_out *, const struct field *fields, size_t item_size, struct list);
/* name + value in one call, for short objects. */
void json_member_text(struct json_out *, const char *name, const char *text);
void json_member_put_int(struct json_out *, const char *name, int64_t);
void json_member_put_bool(struct json_out *, const char *name, bool);

/* Read an object back into a struct by its FIELD rows: the reverse of json_put_row, used by the spool. Members
 * without a row are skipped, rows without a member stay zero; texts are copied into ${arena}.
 * ERR_INPUT with the field if a member has another type. */
must_check bool json_get_row(struct json object, const struct field *fields, struct arena *, void *row, struct err *);

#endif
