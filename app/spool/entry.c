/* SPDX-License-Identifier: MIT */
/* entry: see entry.h for the layout. The payload is sealed outside of any lock, so its associated data leaves out what is only
 * known under the lock (seq); the head's CRC covers that. */
#include "spool/entry.h"

#include <string.h>

#include "base/id.h"
#include "base/parse.h"
#include "spool/spool.h"

enum { MARK = 0x676d };                            /* "mg" */

static size_t padded(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

size_t entry_size(size_t n)
{
    return ENTRY_HEAD + padded(n + ENTRY_MORE);
}

size_t entry_length(const struct entry *entry)
{
    return ENTRY_HEAD + padded(entry->sealed);
}

/* What a payload is bound to. */
enum { BOUND = 25 };
static void bound_write(const struct entry *entry, uint8_t out[BOUND])
{
    out[0] = entry->type;
    memcpy(out + 1, entry->id, sizeof(entry->id));
    put_le(out + 17, (uint64_t)entry->at, 8);
}

void entry_seal(struct entry *entry, const uint8_t key[CRYPTO_KEY], struct bytes payload, uint8_t *out)
{
    uint8_t bound[BOUND], *sealed = out + ENTRY_HEAD;
    bound_write(entry, bound);
    entry->sealed = (uint32_t)(payload.n + ENTRY_MORE);
    crypto_seal_into(key, payload, (struct bytes){bound, sizeof(bound)}, sealed);
    memset(sealed + entry->sealed, 0, padded(entry->sealed) - entry->sealed);
    entry->crc = crypto_crc32c(0, sealed, entry->sealed);
}

void entry_write(const struct entry *entry, uint8_t *out)
{
    put_le(out, entry->sealed, 4);
    out[4] = entry->type;
    out[5] = entry->skipped;
    put_le(out + 6, MARK, 2);
    put_le(out + 8, entry->seq, 8);
    memcpy(out + 16, entry->id, sizeof(entry->id));
    put_le(out + 32, (uint64_t)entry->at, 8);
    put_le(out + 40, entry->crc, 4);
    put_le(out + 44, crypto_crc32c(0, out, 44), 4);
}

bool entry_read(const uint8_t *p, struct entry *entry_r)
{
    if (get_le(p + 6, 2) != MARK || get_le(p + 44, 4) != crypto_crc32c(0, p, 44))
        return false;
    *entry_r = (struct entry){
        .sealed = (uint32_t)get_le(p, 4), .type = p[4], .skipped = p[5], .seq = get_le(p + 8, 8),
        .at = (int64_t)get_le(p + 32, 8), .crc = (uint32_t)get_le(p + 40, 4),
    };
    memcpy(entry_r->id, p + 16, sizeof(entry_r->id));
    return entry_r->sealed >= ENTRY_MORE && entry_r->sealed <= ENTRY_PAYLOAD + ENTRY_MORE && entry_r->seq > 0;
}

bool entry_sound(const struct entry *entry, const uint8_t *sealed)
{
    return crypto_crc32c(0, sealed, entry->sealed) == entry->crc;
}

bool entry_open(const struct entry *entry, const uint8_t key[CRYPTO_KEY], const uint8_t *sealed, struct arena *a,
                struct spool_record *record_r, struct err *err)
{
    uint8_t bound[BOUND];
    bound_write(entry, bound);
    *record_r = (struct spool_record){.type = entry->type, .seq = entry->seq, .at = entry->at};
    entry_id_write(entry->id, record_r->id);
    return crypto_open(a, key, (struct bytes){sealed, entry->sealed}, (struct bytes){bound, sizeof(bound)}, &record_r->payload,
                       err);
}

bool entry_id_read(const char *text, uint8_t id_r[16])
{
    char digits[33];
    size_t n = 0;
    if (!text || !id_valid(text))
        return false;
    for (const char *p = text; *p; p++)
        if (*p != '-')
            digits[n++] = *p;
    digits[n] = 0;
    return hex_read(digits, id_r, 16);
}

void entry_id_write(const uint8_t id[16], char *out)
{
    static const uint8_t dash_before[] = {4, 6, 8, 10};
    size_t dash = 0;
    for (size_t i = 0; i < 16; i++) {
        if (dash < COUNT(dash_before) && dash_before[dash] == i) {
            *out++ = '-';
            dash++;
        }
        hex_write((struct bytes){id + i, 1}, out);
        out += 2;
    }
}
