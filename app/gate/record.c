/* SPDX-License-Identifier: MIT */
#include "gate/record.h"

#include "base/arena.h"
#include "base/pack.h"
#include "spool/spool.h"

enum { RECORD_MAX = 256 << 10 };

static const struct field record_fields[] = {
    FIELD_STRUCT(struct run_entry, run, run_fields),
    FIELD_LIST(struct run_entry, attempts, attempt_fields, struct attempt_row),
    FIELD_END,
};

bool record_write(struct spool *spool, enum record_type type, const struct run_entry *entry, struct arena *scratch, struct err *err)
{
    struct buf buf = buf_new(scratch, RECORD_MAX);
    const char *text;

    pack_row(&buf, record_fields, entry);
    return buf_done(&buf, &text, err) && spool_append(spool, (uint8_t)type, entry->run.id, buf_view(&buf), err);
}

bool record_read(struct bytes payload, struct arena *a, struct run_entry *entry_r, struct err *err)
{
    return unpack_row(payload, record_fields, a, entry_r, err);
}
