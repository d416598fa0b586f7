/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_ENTRY_H
#define SPOOL_ENTRY_H
/* entry: how one record looks on disk. Pure functions over memory; files are segment.h's. Integers are little-endian.
 *
 *    0 u32 bytes that follow the head, without padding; 0 = end of the segment    8 u64 seq     32 i64 at, wall µs
 *    4 u8  type; 0 is the spool's own     5 u8 seqs given up just before          16 id, 16 B   40 u32 CRC-32C of what follows
 *    6 u16 mark, by which a search after damage finds entries                                  44 u32 CRC-32C of bytes 0–43
 *   48 nonce ‖ ciphertext ‖ tag (AES-256-GCM under the segment's key, bound to type, id and at), zeros up to a multiple of 8 */
#include "base/base.h"
#include "base/crypto.h"

struct arena;
struct err;
struct spool_record;

enum {
    ENTRY_HEAD = 48,
    ENTRY_MORE = CRYPTO_NONCE + CRYPTO_TAG,        /* a sealed payload is this much longer */
    ENTRY_PAYLOAD = 1 << 20,                       /* the longest payload */
    ENTRY_MAX = ENTRY_HEAD + ENTRY_PAYLOAD + ((ENTRY_MORE + 7) & ~7)
};

struct entry {
    uint32_t sealed;                               /* bytes of the sealed payload */
    uint8_t type, skipped;
    uint64_t seq;
    uint8_t id[16];
    int64_t at;
    uint32_t crc;                                  /* of the sealed payload */
};

/* Bytes on disk of an entry with ${n} payload bytes; of an entry that was read. */
size_t entry_size(size_t n);
size_t entry_length(const struct entry *);
/* Seal ${payload} into ${out} after the room for the head (${out} has entry_size bytes) and note length and CRC. */
void entry_seal(struct entry *, const uint8_t key[CRYPTO_KEY], struct bytes payload, uint8_t *out);
/* Write the head before it; cheap, so that ${seq} can be given under a lock. */
void entry_write(const struct entry *, uint8_t *out);

/* Read ENTRY_HEAD bytes; false if they are no head (mark, CRC and bounds). */
must_check bool entry_read(const uint8_t *p, struct entry *entry_r);
/* Whether the sealed payload at ${sealed} is what was written. */
bool entry_sound(const struct entry *, const uint8_t *sealed);
/* Decrypt into ${a}. ERR_INTERNAL if key, head or payload were exchanged. */
must_check bool entry_open(const struct entry *, const uint8_t key[CRYPTO_KEY], const uint8_t *sealed, struct arena *a,
                           struct spool_record *record_r, struct err *);

/* A UUID text as its 16 bytes, and back (37 characters). */
must_check bool entry_id_read(const char *text, uint8_t id_r[16]);
void entry_id_write(const uint8_t id[16], char *out);

/* Little-endian integers of ${n} bytes. */
static inline void put_le(uint8_t *p, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static inline uint64_t get_le(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

#endif
