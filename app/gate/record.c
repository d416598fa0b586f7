/* SPDX-License-Identifier: MIT */
#include "gate/record.h"

#include "base/arena.h"
#include "base/json_write.h"
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
    struct json_out out = json_out(&buf);
    const char *text;

    json_put_row(&out, record_fields, entry);
    return buf_done(&buf, &text, err) && spool_append(spool, (uint8_t)type, entry->run.id, buf_view(&buf), err);
}

bool record_read(struct bytes payload, struct arena *a, struct run_entry *entry_r, struct err *err)
{
    struct json entry;

    return json_check(payload, &(struct json_limits){.allow_nul = true}, &entry, err)
        && json_get_row(entry, record_fields, a, entry_r, err);
}
