/* SPDX-License-Identifier: MIT */
#include "db/audit.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/parse.h"

const struct field audit_fields[] = {
    FIELD(struct audit_row, seq),         FIELD_TIME(struct audit_row, at),    FIELD(struct audit_row, actor),
    FIELD(struct audit_row, actor_role),  FIELD(struct audit_row, action),     FIELD(struct audit_row, object),
    FIELD(struct audit_row, object_id),   FIELD_RAW(struct audit_row, before), FIELD_RAW(struct audit_row, after),
    FIELD(struct audit_row, remote_addr), FIELD(struct audit_row, request_id), FIELD(struct audit_row, hash),
    FIELD_END,
};
static const struct field last_fields[] = {FIELD(struct audit_row, seq), FIELD(struct audit_row, hash), FIELD_END};

#define COLUMNS \
    "seq, at, actor, actor_role, action, object, object_id, before, after, remote_addr, request_id, encode(hash, 'hex') as hash"
#define FILTER \
    " where ($1::text is null or actor = $1) and ($2::text is null or action = $2) and ($3::text is null or object = $3)" \
    " and ($4::text is null or object_id = $4)"

static const struct sql LOCK = {
    "audit.lock", "select pg_advisory_xact_lock(7310579571302703208)", .changes = true,
};
static const struct sql LAST = {
    "audit.last", "select seq, encode(hash, 'hex') as hash from audit order by seq desc limit 1",
    SQL_ROW(struct audit_row, last_fields),
};
static const struct sql INSERT = {
    "audit.insert",
    "insert into audit (seq, at, actor, actor_role, action, object, object_id, before, after, remote_addr, request_id, hash)"
    " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, decode($12, 'hex'))",
    SQL_NO_ROWS,
};
static const struct sql OLDER = {
    "audit.older", "select " COLUMNS " from audit" FILTER " and ($5::bigint is null or seq < $5) order by seq desc limit $6",
    SQL_ROW(struct audit_row, audit_fields),
};
static const struct sql NEWER = {
    "audit.newer",
    "select " COLUMNS " from (select * from audit" FILTER " and seq > $5 order by seq limit $6) as next_to_it order by seq desc",
    SQL_ROW(struct audit_row, audit_fields),
};
static const struct sql GET = {
    "audit.get", "select " COLUMNS " from audit where seq = $1", SQL_ROW(struct audit_row, audit_fields),
};
static const struct sql ALL = {
    "audit.all", "select " COLUMNS " from audit order by seq", SQL_ROW(struct audit_row, audit_fields),
};

const struct sql *const audit_statements[] = {&LOCK, &LAST, &INSERT, &OLDER, &NEWER, &GET, &ALL, NULL};

/* ---- the chain ---- */

/* A string as RFC 8785 writes it, so that anyone can rebuild the record. */
static void put_string(struct buf *b, const char *text)
{
    static const char short_forms[] = "\bb\tt\nn\ff\rr\"\"\\\\";
    buf_char(b, '"');
    for (const char *c = text; *c; c++) {
        const char *form = NULL;
        for (size_t i = 0; i + 1 < sizeof(short_forms); i += 2)
            if (short_forms[i] == *c)
                form = &short_forms[i + 1];
        if (form)
            buf_printf(b, "\\%c", *form);
        else if ((unsigned char)*c < 0x20)
            buf_printf(b, "\\u%04x", (unsigned)*c);
        else
            buf_char(b, *c);
    }
    buf_char(b, '"');
}

static void put_member(struct buf *b, const char *name, const char *text)
{
    buf_printf(b, ",\"%s\":", name);
    put_string(b, text ? text : "");
}

static void put_raw(struct buf *b, const char *name, const char *json)
{
    buf_printf(b, ",\"%s\":%s", name, json ? "" : "null");
    if (json)
        buf_text(b, json);
}

bool audit_hash(const uint8_t before[CRYPTO_HASH], const struct audit_row *row, struct arena *a, uint8_t hash_r[CRYPTO_HASH],
                struct err *err)
{
    struct buf b = buf_new(a, 16 << 20);
    const char *text;
    buf_add(&b, before, CRYPTO_HASH);
    buf_printf(&b, "{\"seq\":%lld,\"at\":%lld", (long long)row->seq, (long long)row->at);
    put_member(&b, "actor", row->actor);
    put_member(&b, "actor_role", row->actor_role);
    put_member(&b, "action", row->action);
    put_member(&b, "object", row->object);
    put_member(&b, "object_id", row->object_id);
    put_raw(&b, "before", row->before);
    put_raw(&b, "after", row->after);
    put_member(&b, "remote_addr", row->remote_addr);
    put_member(&b, "request_id", row->request_id);
    buf_char(&b, '}');
    if (!buf_done(&b, &text, err))
        return false;
    crypto_sha256(buf_view(&b), hash_r);
    return true;
}

static bool append(struct db *tx, struct arena *a, struct audit_row *row, const char *last_hash, struct err *err)
{
    uint8_t hash[CRYPTO_HASH] = {0};
    char hex[2 * CRYPTO_HASH + 1];
    if (last_hash && !hex_read(last_hash, hash, sizeof(hash)))
        return fail(err, ERR_INTERNAL, "the hash of the last audit row is no hash");
    if (!audit_hash(hash, row, a, hash, err))
        return false;
    hex_write((struct bytes){hash, sizeof(hash)}, hex);
    return db_exec(tx, a, &INSERT,
                   DB(db_int(a, row->seq), db_time(a, row->at), row->actor, row->actor_role, row->action, row->object,
                      row->object_id, row->before, row->after, row->remote_addr, row->request_id, hex), NULL, err);
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

bool audit_append(struct db *tx, struct arena *a, const struct audit_row *given, int64_t *seq_r, struct err *err)
{
    struct audit_row last, row = *given;
    bool any;
    if (!db_is_transaction(tx))
        return fail(err, ERR_INTERNAL, "an audit row is appended in a transaction");
    if (!db_exec(tx, a, &LOCK, DB_NONE, NULL, err) || !db_find(tx, a, &LAST, DB_NONE, &last, &any, err))
        return false;
    row.seq = last.seq + 1;
    row.at = clock_wall();
    row.actor = or_empty(row.actor);
    row.actor_role = or_empty(row.actor_role);
    row.action = or_empty(row.action);
    row.object = or_empty(row.object);
    row.object_id = or_empty(row.object_id);
    row.remote_addr = or_empty(row.remote_addr);
    row.request_id = or_empty(row.request_id);
    if (!append(tx, a, &row, any ? last.hash : NULL, err))
        return false;
    if (seq_r)
        *seq_r = row.seq;
    return true;
}

/* ---- reading ---- */

bool audit_list(struct db *db, struct arena *a, const struct audit_filter *f, struct list *rows_r, struct err *err)
{
    bool newer = f->before_seq == 0 && f->after_seq > 0;
    int64_t cursor = newer ? f->after_seq : f->before_seq;
    return db_all(db, a, newer ? &NEWER : &OLDER,
                  DB(f->actor, f->action, f->object, f->object_id, cursor > 0 ? db_int(a, cursor) : NULL,
                     db_int(a, f->limit > 0 ? f->limit : 50)), rows_r, err);
}

bool audit_get(struct db *db, struct arena *a, int64_t seq, struct audit_row *row_r, struct err *err)
{
    return db_one(db, a, &GET, DB(db_int(a, seq)), row_r, err);
}

struct walk {
    struct audit_verdict *verdict;
    struct arena *scratch;
    uint8_t hash[CRYPTO_HASH];
};

static bool break_at(struct audit_verdict *v, const char *why)
{
    v->broken_seq = v->rows + 1;
    v->why = why;
    return false;
}

static bool check_row(void *arg, const void *p)
{
    struct walk *w = arg;
    const struct audit_row *row = p;
    struct err unused;
    uint8_t stored[CRYPTO_HASH];
    if (row->seq != w->verdict->rows + 1)
        return break_at(w->verdict, "gap");
    if (!hex_read(row->hash, stored, sizeof(stored)) || !audit_hash(w->hash, row, w->scratch, w->hash, &unused) ||
        !crypto_equal(stored, w->hash, sizeof(stored)))
        return break_at(w->verdict, "hash");
    w->verdict->rows++;
    hex_write((struct bytes){w->hash, sizeof(w->hash)}, w->verdict->hash);
    return true;
}

bool audit_verify(struct db *db, struct arena *scratch, struct audit_verdict *verdict_r, struct err *err)
{
    *verdict_r = (struct audit_verdict){0};
    struct walk w = {.verdict = verdict_r, .scratch = scratch};
    return db_each(db, scratch, &ALL, DB_NONE, check_row, &w, err);
}
